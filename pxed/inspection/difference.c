#include "pxed/inspection/difference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json_pointer.h"
#include "pxed/inspection/difference_pairs.h"
#include "pxed/inspection/difference_words.h"

/* Of the names of members within members that a text tells. */
#define TITLE_MAX 128

/* Where a comparison is in one of the two. */
struct place {
        char pointer[JSON_POINTER_MAX + 1];
        size_t length;
};

struct comparison {
        json_t *differences;
        struct place before, after;
        int error;
};

/* A member that is told in words, or counts as hardware; what is not listed is told by its own name. */
struct member {
        const char *key; /* NULL ends the table */
        const char *title;
        enum value_form form;
        bool hardware;
};

static const struct member machine_members[] = {
        { "uuid", "UUID", VALUE_PLAIN, true },
        { "serial", "serial number", VALUE_PLAIN, true },
        { "manufacturer", "manufacturer", VALUE_PLAIN, true },
        { "product", "product", VALUE_PLAIN, true },
        { "firmwareVendor", "firmware vendor", VALUE_PLAIN, true },
        { "firmwareVersion", "firmware version", VALUE_PLAIN, true },
        { "firmwareDate", "firmware date", VALUE_PLAIN, false },
        { "bootMode", "boot mode", VALUE_PLAIN, true },
        { "architecture", "architecture", VALUE_PLAIN, true },
        { "cpuModel", "CPU model", VALUE_PLAIN, true },
        { "cpus", "number of CPUs", VALUE_PLAIN, true },
        { "cpuSockets", "number of CPU sockets", VALUE_PLAIN, true },
        { "cpuFlags", "CPU flags", VALUE_PLAIN, false },
        { "memory", "memory", VALUE_MEMORY, true },
        { "numaNodes", "number of NUMA nodes", VALUE_PLAIN, true },
        { "pciDevices", "number of PCI devices", VALUE_PLAIN, true },
        { "usbDevices", "number of USB devices", VALUE_PLAIN, false },
        { "bmcAddress", "BMC address", VALUE_PLAIN, true },
        { "bmcAddress6", "BMC address (IPv6)", VALUE_PLAIN, true },
        { "bmcMac", "BMC MAC", VALUE_PLAIN, true },
        { "pluginData", "found", VALUE_PLAIN, false },
        { 0 },
};

static const struct member disk_members[] = {
        { "name", "name", VALUE_PLAIN, false },
        { "size", "size", VALUE_DISK_SIZE, true },
        { "serial", "serial number", VALUE_PLAIN, true },
        { "model", "model", VALUE_PLAIN, true },
        { "vendor", "vendor", VALUE_PLAIN, true },
        { "wwn", "WWN", VALUE_PLAIN, true },
        { "byPath", "path", VALUE_PLAIN, false },
        { "hctl", "SCSI address", VALUE_PLAIN, false },
        { "wwnWithExtension", "WWN with extension", VALUE_PLAIN, false },
        { "wwnVendorExtension", "WWN extension", VALUE_PLAIN, false },
        { "logicalSectorSize", "logical sector size", VALUE_PLAIN, false },
        { "physicalSectorSize", "physical sector size", VALUE_PLAIN, false },
        { 0 },
};

static const struct member interface_members[] = {
        { "pciAddress", "PCI address", VALUE_PLAIN, true },
        { "switchChassis", "switch", VALUE_PLAIN, true },
        { "switchPort", "switch port", VALUE_PLAIN, true },
        { "switchName", "switch name", VALUE_PLAIN, false },
        { "switchVlan", "VLAN", VALUE_PLAIN, false },
        { "switchVlans", "VLANs", VALUE_PLAIN, false },
        { "speedMbps", "speed (Mb/s)", VALUE_PLAIN, false },
        { "lldp", "LLDP", VALUE_PLAIN, false },
        { "clientId", "client id", VALUE_PLAIN, false },
        { 0 },
};

static const struct pair_rule disk_pairs[] = {
        { .keys = { "serial", "wwn", "name" } },
        { .keys = { "serial", "wwn" } },
        /* The LUNs of a RAID controller may have one serial number. */
        { .keys = { "serial" }, .unless = { "wwn" } },
        { .keys = { "wwn" }, .unless = { "serial" } },
        { .keys = { "name" }, .unless = { "serial", "wwn" } },
        { .keys = { NULL } },
};

static const struct pair_rule interface_pairs[] = {
        { .keys = { "mac", "name" } },
        { .keys = { "mac" } },
        { .keys = { NULL } },
};

static const struct member *find_member(const struct member *table, const char *key) {
        for (; table && table->key; table++)
                if (strcmp(table->key, key) == 0)
                        return table;
        return NULL;
}

static json_t *encoded(const json_t *value) {
        _cleanup_free_ char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        return json_text(text);
}

static void add(struct comparison *c, const json_t *before, const json_t *after, bool hardware, const char *text) {
        const char *change = !before ? "added" : !after ? "removed" : "changed";
        if (c->error < 0 || json_array_size(c->differences) >= DIFFERENCES_MAX)
                return;
        if (json_array_append_new(c->differences, json_pack("{s:s, s:s, s:o, s:o, s:b, s:o}", "pointer", after ? c->after.pointer : c->before.pointer, "change", change, "before",
                                                            encoded(before), "after", encoded(after), "hardware", (int) hardware, "text",
                                                            json_text(text))) < 0)
                c->error = -ENOMEM;
}

/* False: the pointer would be too long. */
static bool enter_one(struct place *place, const char *key) {
        if (2 * strlen(key) + 2 > sizeof place->pointer - place->length)
                return false;
        place->pointer[place->length] = '/';
        json_pointer_escape(key, place->pointer + place->length + 1, sizeof place->pointer - place->length - 1);
        place->length += strlen(place->pointer + place->length);
        return true;
}

/* Goes to a member; false: one of the two has no room for it, and nothing is changed. */
static bool enter(struct comparison *c, const char *key) {
        struct place before = c->before;
        if (!enter_one(&c->before, key))
                return false;
        if (enter_one(&c->after, key))
                return true;
        c->before = before;
        return false;
}

static void enter_list(struct comparison *c, const char *list, size_t before, size_t after) {
        char number[24];
        (void) enter(c, list);
        snprintf(number, sizeof number, "%zu", before);
        (void) enter_one(&c->before, number);
        snprintf(number, sizeof number, "%zu", after);
        (void) enter_one(&c->after, number);
}

struct places {
        size_t before, after;
};

static struct places where(const struct comparison *c) {
        return (struct places) { c->before.length, c->after.length };
}

static void leave(struct comparison *c, struct places to) {
        c->before.pointer[c->before.length = to.before] = '\0';
        c->after.pointer[c->after.length = to.after] = '\0';
}

static const json_t *value_of(const json_t *object, const char *key) {
        const json_t *value = json_object_get(object, key);
        return json_is_null(value) ? NULL : value;
}

/* The kernel's idea of the memory differs a little from one kernel to the next. */
static bool memory_differs(int64_t before, int64_t after) {
        int64_t larger = before > after ? before : after, smaller = before > after ? after : before, least = (int64_t) 128 << 20;
        return larger - smaller >= (larger / 16 < least ? larger / 16 : least);
}

static bool is_hardware(const struct member *member, const json_t *before, const json_t *after) {
        if (!member || !member->hardware || !before || !after)
                return false;
        return member->form != VALUE_MEMORY || memory_differs(json_integer_value(before), json_integer_value(after));
}

static void compare_objects(struct comparison *c, const struct member *table, const char *subject, const char *title, const json_t *before,
                            const json_t *after);

/* `title`: of what is around it, "" for a member of the machine, a disk or an interface itself. */
static void compare_member(struct comparison *c, const struct member *table, const char *subject, const char *title, const char *key,
                           const json_t *before, const json_t *after) {
        const struct member *member = find_member(table, key);
        char own[TITLE_MAX], text[WORDS_SIZE];
        struct places here = where(c);

        if (before == after || (before && after && words_equal(before, after)) || json_array_size(c->differences) >= DIFFERENCES_MAX)
                return;
        words_join(own, sizeof own, title, member ? member->title : key);
        /* What is too deep for a pointer is told at the last place that has one. */
        if (enter(c, key) && json_is_object(before) && json_is_object(after))
                compare_objects(c, NULL, subject, own, before, after);
        else
                add(c, before, after, is_hardware(member, before, after),
                    words_of_value(text, subject, own, member ? member->form : VALUE_PLAIN, before, after));
        leave(c, here);
}

static bool is_compared_apart(const struct comparison *c, const char *key) {
        static const char *const keys[] = { "node", "number", "received", "disks", "interfaces", "errors", "failure" };
        for (size_t i = 0; c->after.length == 0 && i < ELEMENTS(keys); i++)
                if (strcmp(key, keys[i]) == 0)
                        return true;
        /* A hook's copy of what the interfaces say. */
        return strcmp(key, "parsed_lldp") == 0 && strcmp(c->after.pointer, "/pluginData") == 0;
}

static void compare_objects(struct comparison *c, const struct member *table, const char *subject, const char *title, const json_t *before,
                            const json_t *after) {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) before, key, value)
                if (!is_compared_apart(c, key))
                        compare_member(c, table, subject, title, key, json_is_null(value) ? NULL : value, value_of(after, key));
        json_object_foreach((json_t *) after, key, value)
                if (!json_object_get(before, key) && !json_is_null(value) && !is_compared_apart(c, key))
                        compare_member(c, table, subject, title, key, NULL, value);
}

struct list {
        const char *key, *identity; /* a member that all of them have */
        const struct pair_rule *pairs;
        const struct member *members;
        void (*name)(char buffer[static WORDS_SIZE], const json_t *object, bool in_full);
};

static void add_whole(struct comparison *c, const struct list *list, size_t place, const json_t *before, const json_t *after, bool hardware) {
        char subject[WORDS_SIZE], text[2 * WORDS_SIZE];
        list->name(subject, before ?: after, true);
        snprintf(text, sizeof text, "%s is %s", subject, before ? "gone" : "new");
        enter_list(c, list->key, place, place);
        add(c, before, after, hardware, text);
        leave(c, (struct places) { 0 });
}

/* A list that is empty where something could not be collected was perhaps not collected. */
static bool may_be_missing(const json_t *inventory, const json_t *list) {
        return json_array_size(list) == 0 && json_array_size(json_get_array(inventory, "errors")) > 0;
}

static void compare_lists(struct comparison *c, const struct list *list, const json_t *before, const json_t *after) {
        const json_t *old = json_get_array(before, list->key), *new = json_get_array(after, list->key), *object;
        bool hardware = !may_be_missing(before, old) && !may_be_missing(after, new);
        _cleanup_free_ size_t *partners = NULL;
        _cleanup_free_ bool *taken = NULL;
        char subject[WORDS_SIZE];
        size_t i;

        if (pair_up(old, new, list->pairs, &partners, &taken) < 0) {
                c->error = -ENOMEM;
                return;
        }
        json_array_foreach((json_t *) old, i, object) {
                const json_t *partner = partners[i] != PAIR_NONE ? json_array_get(new, partners[i]) : NULL;
                if (!json_get_string(object, list->identity))
                        continue;
                if (!partner) {
                        add_whole(c, list, i, object, NULL, hardware);
                        continue;
                }
                list->name(subject, partner, false);
                enter_list(c, list->key, i, partners[i]);
                compare_objects(c, list->members, subject, "", object, partner);
                leave(c, (struct places) { 0 });
        }
        json_array_foreach((json_t *) new, i, object)
                if (!taken[i] && json_get_string(object, list->identity))
                        add_whole(c, list, i, NULL, object, hardware);
}

/* Texts of `list` that `other` has not, as many times. */
static void add_missing_errors(struct comparison *c, const json_t *list, const json_t *other, bool gone) {
        _cleanup_json_ json_t *counts = json_object();
        char text[WORDS_SIZE];
        const json_t *error;
        size_t i;

        json_array_foreach((json_t *) other, i, error)
                json_object_set_new(counts, json_string_value(error) ?: "", json_integer(json_get_int(counts, json_string_value(error) ?: "", 0) + 1));
        json_array_foreach((json_t *) list, i, error) {
                const char *words = json_string_value(error) ?: "";
                int64_t left = json_get_int(counts, words, 0);
                if (left > 0) {
                        json_object_set_new(counts, words, json_integer(left - 1));
                        continue;
                }
                words_of_error(text, words, gone);
                enter_list(c, "errors", i, i);
                add(c, gone ? error : NULL, gone ? NULL : error, false, text);
                leave(c, (struct places) { 0 });
        }
}

int inventory_difference(const json_t *before, const json_t *after, json_t *differences) {
        static const struct list disks = { "disks", "name", disk_pairs, disk_members, words_of_disk };
        static const struct list interfaces = { "interfaces", "mac", interface_pairs, interface_members, words_of_interface };
        const json_t *old_errors = json_get_array(before, "errors"), *new_errors = json_get_array(after, "errors");
        struct comparison c = { .differences = differences };

        compare_objects(&c, machine_members, "", "", before, after);
        compare_lists(&c, &disks, before, after);
        compare_lists(&c, &interfaces, before, after);
        if (!json_equal(old_errors, new_errors)) {
                add_missing_errors(&c, old_errors, new_errors, true);
                add_missing_errors(&c, new_errors, old_errors, false);
        }
        return c.error;
}

size_t inventory_difference_words(const json_t *differences, char *buffer, size_t size) {
        size_t i, total = 0, told = 0, length = 0;
        const json_t *difference;
        char more[32];

        buffer[0] = '\0';
        json_array_foreach((json_t *) differences, i, difference)
                total += json_get_bool(difference, "hardware", false);
        json_array_foreach((json_t *) differences, i, difference) {
                const char *text = json_get_string(difference, "text");
                if (!text || !json_get_bool(difference, "hardware", false))
                        continue;
                /* The first in any case, cut if it must be; then as many as leave room to tell of the others. */
                if (told > 0 && length + strlen(text) + sizeof more + 2 > size)
                        break;
                length += words_append(buffer + length, size - length - (told > 0 ? 0 : sizeof more), told > 0 ? "; " : "", text);
                told++;
        }
        if (told > 0 && told < total) {
                snprintf(more, sizeof more, "%zu more", total - told);
                (void) words_append(buffer + length, size - length, " and ", more);
        }
        return total;
}
