/* The disk that an operating system goes to. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/payload.h"
#include "lib/text.h"
#include "pxed/inspection/hint.h"
#include "pxed/inspection/hook_list.h"

#define GIB ((int64_t) 1 << 30)
/* What ironic-python-agent takes where nobody says which. */
#define DEFAULT_SIZE_MIN (4 * GIB)

static const json_t *disks_of(const json_t *inventory) {
        return json_get_array(inventory, "disks");
}

static bool has_serial(const json_t *inventory, const char *serial) {
        const json_t *disk;
        size_t i;

        json_array_foreach((json_t *) disks_of(inventory), i, disk) {
                const char *other = json_get_string(disk, "serial");
                if (other && strcmp(other, serial) == 0)
                        return true;
        }
        return false;
}

/* Whether the root device was chosen before this hook had its turn. */
static bool is_chosen_before(const struct hook_run *run) {
        for (size_t i = 0; i < run->options->n_hooks && run->options->hooks[i]->run != hook_raid_device; i++)
                if (run->options->hooks[i]->run == hook_root_device)
                        return true;
        return false;
}

/* A RAID that was made between two inspections is known by its serial number, which no disk had before. Its hint counts at once. */
bool hook_raid_device(struct hook_run *run) {
        const char *new = NULL;
        const json_t *disk;
        size_t i, count = 0;

        if (!run->previous || json_object_size(json_object_get(run->node, "rootDeviceHints")) > 0)
                return true;
        json_array_foreach((json_t *) disks_of(run->inventory), i, disk) {
                const char *serial = json_get_string(disk, "serial");
                if (!serial || !*serial || strlen(serial) > HINT_TEXT_MAX - 4 || has_serial(run->previous, serial))
                        continue;
                new = serial;
                count++;
        }
        if (count != 1)
                return true;
        hook_set(run, "rootDeviceHints", json_pack("{s:o}", "serial", json_sprintf("s== %s", new)));
        hook_set_plugin_data(run, "raid_device", json_string(new));
        return !is_chosen_before(run) || hook_root_device(run);
}

/* By name where they are of the same size, as ironic-python-agent has it. */
static bool goes_before(const json_t *a, const json_t *b) {
        int64_t size_a = json_get_int(a, "size", 0), size_b = json_get_int(b, "size", 0);
        if (size_a != size_b)
                return size_a < size_b;
        return strcmp(json_get_string(a, "name"), json_get_string(b, "name")) < 0;
}

static bool is_usb(const json_t *disk) {
        const char *transport = json_get_string(disk, "transport");
        return transport && strcmp(transport, "usb") == 0;
}

/* The one that the ramdisk has chosen, or else the smallest one that is large enough; NULL: none. */
static const json_t *default_disk(const struct hook_run *run) {
        const char *chosen = json_string_value(payload_field(payload_field(run->raw, "root_disk"), "name"));
        const json_t *disk, *best = NULL;
        size_t i;

        json_array_foreach((json_t *) disks_of(run->inventory), i, disk) {
                const char *name = json_get_string(disk, "name");
                if (name && chosen && strcmp(name, chosen) == 0)
                        return disk;
                if (name && !is_usb(disk) && json_get_int(disk, "size", 0) >= DEFAULT_SIZE_MIN && (!best || goes_before(disk, best)))
                        best = disk;
        }
        return best;
}

/* What was asked for, and of each disk why it is not that. */
static bool fail_unmatched(struct hook_run *run, const struct hints *hints) {
        _cleanup_free_ char *told = NULL;
        char asked[400], why[HINT_REASON_SIZE], shown[80];
        const json_t *disk;
        size_t size, i;
        FILE *text = open_memstream(&told, &size);

        if (!text)
                return hook_fail(run, "no disk is as the hints say");
        json_array_foreach((json_t *) disks_of(run->inventory), i, disk) {
                const char *name = json_get_string(disk, "name") ?: "?";
                text_clean(shown, sizeof shown, name, strlen(name));
                if (!hints_match(hints, disk, why) && ftell(text) < HOOK_REASON_SIZE)
                        fprintf(text, "%s%s: %s", i ? "; " : "", shown, why);
        }
        fclose(text);
        return hook_fail(run, "no disk has %s%s%s", hints_describe(hints, asked, sizeof asked), size ? ". " : "; there are none", told ?: "");
}

static const json_t *hinted_disk(struct hook_run *run, const struct hints *hints) {
        char why[HINT_REASON_SIZE];
        const json_t *disk;
        size_t i;

        json_array_foreach((json_t *) disks_of(run->inventory), i, disk)
                if (json_get_string(disk, "name") && hints_match(hints, disk, why))
                        return disk;
        (void) fail_unmatched(run, hints);
        return NULL;
}

/* False: it failed. *ret NULL: a machine without a disk. */
static bool choose(struct hook_run *run, const json_t **ret) {
        const json_t *json = json_get_object(run->node, "rootDeviceHints");
        _cleanup_(hints_freep) struct hints *hints = NULL;
        char reason[HINT_REASON_SIZE];
        const char *name = NULL;

        if (json_object_size(json) == 0) {
                *ret = default_disk(run);
                return true;
        }
        if (hints_parse(json, &hints, &name, reason) < 0)
                return hook_fail(run, "hint %.64s: %s", name ?: "?", reason);
        *ret = hinted_disk(run, hints);
        return *ret != NULL;
}

bool hook_root_device(struct hook_run *run) {
        static const char *const members[] = { "name", "size", "model", "serial", "wwn", "byPath" };
        const json_t *disk = NULL;

        if (!choose(run, &disk))
                return false;
        json_t *root = disk ? json_object() : json_null();
        for (size_t i = 0; disk && i < ELEMENTS(members); i++)
                json_object_set_new(root, members[i], json_incref(json_object_get(disk, members[i]) ?: json_null()));
        hook_set(run, "rootDevice", root);

        /* Less one for what partitioning takes, as Ironic reckons. */
        int64_t local = json_get_int(disk, "size", 0) / GIB;
        hook_set_property(run, "local_gb", json_integer(local > 0 ? local - 1 : 0));
        return true;
}
