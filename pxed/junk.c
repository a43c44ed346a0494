#include "pxed/junk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REFUSE(...) (snprintf(reason, KEY_REASON_SIZE, __VA_ARGS__), -EINVAL)

/* Calls `add` for each word of a list. */
static int each_word(struct junk *junk, const char *value, const char *separators, int (*add)(struct junk *junk, const char *word, char *reason), char *reason) {
        _cleanup_free_ char *copy = strdup(value);
        char *rest = NULL;
        int r = copy ? 0 : -ENOMEM;

        for (char *word = copy ? strtok_r(copy, separators, &rest) : NULL; word && r == 0; word = strtok_r(NULL, separators, &rest))
                r = add(junk, word, reason);
        return r;
}

static int add_mac(struct junk *junk, const char *word, char *reason) {
        if (junk->n_macs == JUNK_MAX)
                return REFUSE("more than %d MACs", JUNK_MAX);
        if (mac_prefix_parse(word, &junk->macs[junk->n_macs]) < 0)
                return REFUSE("\"%s\" is neither a MAC nor the first bytes of one, such as 0a:94:ef", word);
        junk->n_macs++;
        return 0;
}

static int add_uuid(struct junk *junk, const char *word, char *reason) {
        if (junk->n_uuids == JUNK_MAX)
                return REFUSE("more than %d UUIDs", JUNK_MAX);
        if (uuid_parse(word, &junk->uuids[junk->n_uuids]) < 0)
                return REFUSE("\"%s\" is no UUID", word);
        junk->n_uuids++;
        return 0;
}

static int add_serial(struct junk *junk, const char *word, char *reason) {
        size_t length;

        word += strspn(word, " \t");
        length = strlen(word);
        while (length > 0 && strchr(" \t", word[length - 1]))
                length--;
        if (length == 0)
                return 0;
        if (junk->n_serials == JUNK_MAX)
                return REFUSE("more than %d serial numbers", JUNK_MAX);
        if (length > JUNK_SERIAL_MAX)
                return REFUSE("\"%.80s\" is longer than %d bytes", word, JUNK_SERIAL_MAX);
        snprintf(junk->serials[junk->n_serials++], JUNK_SERIAL_MAX + 1, "%.*s", (int) length, word);
        return 0;
}

int junk_set_macs(struct junk *junk, const char *value, char reason[static KEY_REASON_SIZE]) {
        junk->n_macs = 0;
        return each_word(junk, value, ", \t", add_mac, reason);
}

int junk_set_uuids(struct junk *junk, const char *value, char reason[static KEY_REASON_SIZE]) {
        junk->n_uuids = 0;
        return each_word(junk, value, ", \t", add_uuid, reason);
}

/* Blanks may be part of one. */
int junk_set_serials(struct junk *junk, const char *value, char reason[static KEY_REASON_SIZE]) {
        junk->n_serials = 0;
        return each_word(junk, value, ",", add_serial, reason);
}

bool junk_has_mac(const struct junk *junk, const struct mac *mac) {
        return lookup_mac_is_shared(mac, junk->macs, junk->n_macs);
}

bool junk_has_uuid(const struct junk *junk, const struct uuid *uuid) {
        bool found = uuid_is_junk(uuid);

        for (size_t i = 0; !found && i < junk->n_uuids; i++)
                found = memcmp(&junk->uuids[i], uuid, sizeof *uuid) == 0;
        return found;
}

bool junk_has_serial(const struct junk *junk, const char *serial) {
        bool found = lookup_serial_is_junk(serial);

        for (size_t i = 0; !found && i < junk->n_serials; i++)
                found = strcasecmp(junk->serials[i], serial) == 0;
        return found;
}

void junk_clear(const struct junk *junk, json_t *inventory) {
        const char *text = json_get_string(inventory, "uuid");
        struct uuid uuid;

        if (text && uuid_parse(text, &uuid) == 0 && junk_has_uuid(junk, &uuid))
                json_object_set_new(inventory, "uuid", json_null());
        text = json_get_string(inventory, "serial");
        if (text && junk_has_serial(junk, text))
                json_object_set_new(inventory, "serial", json_null());
}

bool junk_macs_equal(const struct junk *a, const struct junk *b) {
        bool equal = a->n_macs == b->n_macs;

        for (size_t i = 0; equal && i < a->n_macs; i++)
                equal = a->macs[i].size == b->macs[i].size && memcmp(a->macs[i].bytes, b->macs[i].bytes, a->macs[i].size) == 0;
        return equal;
}

bool junk_uuids_equal(const struct junk *a, const struct junk *b) {
        return a->n_uuids == b->n_uuids && memcmp(a->uuids, b->uuids, a->n_uuids * sizeof a->uuids[0]) == 0;
}
