#include "lib/inventory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/inventory_reader.h"
#include "lib/payload.h"

#define NULS_ERROR "text: NULs were taken out of "

const struct reader inventory_readers[] = {
        { "ramdisk-error", false, reader_ramdisk_errors },
        { "validate-interfaces", true, reader_validate_interfaces },
        { "ports", false, reader_ports },
        { "local-link-connection", false, reader_local_link },
        { "cpu", false, reader_cpu },
        { "memory", false, reader_memory },
        { "disks", false, reader_disks },
        { "system", false, reader_system },
        { "boot-mode", false, reader_boot_mode },
        { "bmc", false, reader_bmc },
        { "devices", false, reader_devices },
        { 0 },
};

bool reader_fail(struct reader_input *input, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(input->reason, INVENTORY_REASON_SIZE, format, arguments);
        va_end(arguments);
        return false;
}

void reader_add_error(struct reader_input *input, json_t *text) {
        json_array_append_new(json_object_get(input->normalized, "errors"), text);
}

void reader_set(struct reader_input *input, const char *key, json_t *value) {
        json_object_set_new(input->normalized, key, value);
}

const json_t *reader_list(struct reader_input *input, const char *key) {
        const json_t *list = json_get_array(input->inventory, key);

        if (json_array_size(list) > INVENTORY_LIST_MAX)
                reader_add_error(input, json_sprintf("%s: only the first %d of %zu are kept", key, INVENTORY_LIST_MAX, json_array_size(list)));
        return list;
}

void inventory_result_clear(struct inventory_result *result) {
        json_decref(result->normalized);
        json_decref(result->failure);
        *result = (struct inventory_result) { 0 };
}

/* The ramdisk's `error`, in whatever form; NULL: it says that all went well. */
static json_t *ramdisk_failure(const json_t *raw) {
        json_t *error = payload_field(raw, "error");

        if (!error || json_is_false(error))
                return NULL;
        json_t *text = payload_clean_text(error);
        if (!json_is_null(text))
                return text;
        return json_is_string(error) ? NULL : json_string("the ramdisk says that it failed, and not in words");
}

int inventory_normalize(const json_t *raw, const struct mac *boot_mac, struct inventory_result *ret,
                        char reason[static INVENTORY_REASON_SIZE]) {
        _cleanup_inventory_ struct inventory_result result = {
                .normalized = json_pack("{s:[], s:[], s:[]}", "errors", "interfaces", "disks"),
                .failure = ramdisk_failure(raw),
        };
        char why[INVENTORY_REASON_SIZE - 32] = "";
        struct reader_input input = {
                .raw = raw,
                .inventory = json_get_object(raw, "inventory"),
                .boot_mac = boot_mac,
                .normalized = result.normalized,
                .reason = reason,
        };

        if (!result.normalized)
                return -ENOMEM;
        for (const struct reader *reader = inventory_readers; reader->name; reader++) {
                reason[0] = 0;
                if (reader->run(&input))
                        continue;
                memcpy(why, reason, sizeof(why) - 1);
                /* A ramdisk that failed is recorded with what little it has. */
                if (reader->required && !result.failure) {
                        snprintf(reason, INVENTORY_REASON_SIZE, "%s: %s", reader->name, why);
                        return -EINVAL;
                }
                reader_add_error(&input, json_sprintf("%s: %s", reader->name, why));
        }
        *ret = result;
        result = (struct inventory_result) { 0 };
        return 0;
}

void inventory_tell_nuls(json_t *normalized, const struct payload_nuls *nuls) {
        if (nuls->texts > 0)
                json_array_append_new(json_object_get(normalized, "errors"),
                                      json_sprintf(NULS_ERROR "%zu text%s, the first at %s", nuls->texts, nuls->texts == 1 ? "" : "s",
                                                   nuls->first));
}

void inventory_retell_nuls(json_t *normalized, const json_t *before) {
        json_t *error;
        size_t i;

        json_array_foreach(json_get_array(before, "errors"), i, error)
                if (json_is_string(error) && strncmp(json_string_value(error), NULS_ERROR, strlen(NULS_ERROR)) == 0)
                        json_array_append(json_object_get(normalized, "errors"), error);
}

enum inventory_owner inventory_owner(const json_t *raw, const struct mac *mac) {
        const json_t *inventory = json_get_object(raw, "inventory");
        const json_t *boot = json_get_object(inventory, "boot");
        const json_t *interface;
        struct mac found;
        bool any = false;
        size_t i;

        json_array_foreach(json_get_array(inventory, "interfaces"), i, interface) {
                if (!payload_mac(interface, "mac_address", &found))
                        continue;
                if (memcmp(&found, mac, sizeof(found)) == 0)
                        return INVENTORY_HAS_MAC;
                any = true;
        }
        /* Some agents leave out the very card that the machine booted by. */
        if (payload_mac(raw, "boot_interface", &found) || payload_mac(boot, "pxe_interface", &found)) {
                if (memcmp(&found, mac, sizeof(found)) == 0)
                        return INVENTORY_HAS_MAC;
                any = true;
        }
        return any ? INVENTORY_HAS_OTHERS : INVENTORY_HAS_NO_MACS;
}

char *inventory_summary(const json_t *normalized, char *buffer, size_t size) {
        size_t disks = json_array_size(json_object_get(normalized, "disks"));
        size_t interfaces = json_array_size(json_object_get(normalized, "interfaces"));
        int64_t cpus = json_get_int(normalized, "cpus", 0), memory = json_get_int(normalized, "memory", 0);

        snprintf(buffer, size, "%lld CPU%s, %lld MiB, %zu disk%s, %zu interface%s, %s", (long long) cpus, cpus == 1 ? "" : "s",
                 (long long) (memory >> 20), disks, disks == 1 ? "" : "s", interfaces, interfaces == 1 ? "" : "s",
                 json_get_string(normalized, "bootMode") ?: "boot mode not known");
        return buffer;
}
