#include <string.h>

#include "lib/inventory_reader.h"
#include "lib/payload.h"

#define ERRORS_MAX 64

/* ironic-python-agent puts all that went wrong into one text. */
#define IPA_ERRORS "The following errors were encountered:"

static void add_ipa_errors(struct reader_input *input, const char *text) {
        if (strncmp(text, IPA_ERRORS, strlen(IPA_ERRORS)) == 0)
                text += strlen(IPA_ERRORS);
        for (int n = 0; *text && n < ERRORS_MAX; n++) {
                if (strncmp(text, "\n* ", 3) == 0)
                        text += 3;
                const char *end = strstr(text, "\n* ") ?: text + strlen(text);
                _cleanup_json_ json_t *whole = json_stringn(text, (size_t) (end - text));
                json_t *error = payload_clean_text(whole);
                if (!json_is_null(error))
                        reader_add_error(input, error);
                text = end;
        }
}

/* pxed-agent lists the collectors that failed; ironic-python-agent tells of them in its `error`. */
bool reader_ramdisk_errors(struct reader_input *input) {
        const json_t *collected = json_get_array(json_get_object(input->raw, "pxed_agent"), "collector_errors"), *failed;
        const char *error = json_get_string(input->raw, "error");
        size_t i;

        json_array_foreach((json_t *) collected, i, failed) {
                _cleanup_json_ json_t *collector = payload_text(failed, "collector"), *message = payload_text(failed, "message");
                if (i < ERRORS_MAX && json_is_string(message))
                        reader_add_error(input, json_sprintf("%s: %s", json_string_value(collector) ?: "collector", json_string_value(message)));
        }
        if (error && json_array_size(collected) == 0)
                add_ipa_errors(input, error);
        return true;
}

/* Null where the ramdisk lists none. */
static json_t *read_cpu_flags(struct reader_input *input, const json_t *cpu) {
        const json_t *list = json_get_array(cpu, "flags"), *flag;
        json_t *flags = list ? json_array() : json_null();
        size_t i;

        json_array_foreach((json_t *) list, i, flag) {
                if (i >= INVENTORY_LIST_MAX) {
                        reader_add_error(input, json_sprintf("cpu: only the first %d of %zu flags are kept", INVENTORY_LIST_MAX,
                                                             json_array_size(list)));
                        break;
                }
                _cleanup_json_ json_t *text = payload_clean_text(flag);
                if (json_is_string(text))
                        json_array_append(flags, text);
        }
        return flags;
}

bool reader_cpu(struct reader_input *input) {
        const json_t *cpu = json_get_object(input->inventory, "cpu");
        json_t *count = payload_count_or_null(cpu, "count"), *architecture = payload_text(cpu, "architecture");

        reader_set(input, "cpus", count);
        reader_set(input, "architecture", architecture);
        reader_set(input, "cpuModel", payload_text(cpu, "model_name"));
        reader_set(input, "cpuSockets", payload_count_or_null(cpu, "socket_count"));
        reader_set(input, "cpuFlags", read_cpu_flags(input, cpu));
        if (json_is_null(count))
                return reader_fail(input, "the ramdisk did not tell how many CPUs there are");
        if (json_is_null(architecture))
                return reader_fail(input, "the ramdisk did not tell the architecture");
        return true;
}

/* Nodes of the numa_topology that have memory. */
static json_t *count_numa_nodes(const json_t *topology) {
        const json_t *ram = json_get_array(topology, "ram"), *entry;
        bool seen[INVENTORY_LIST_MAX] = { 0 };
        int64_t node;
        int count = 0;
        size_t i;

        json_array_foreach((json_t *) ram, i, entry) {
                if (!payload_count(entry, "numa_node", &node) || node >= INVENTORY_LIST_MAX || seen[node])
                        continue;
                seen[node] = true;
                count++;
        }
        return json_int_or_null(count > 0, count);
}

bool reader_memory(struct reader_input *input) {
        const json_t *memory = json_get_object(input->inventory, "memory");
        int64_t bytes = 0, mib = 0;

        if (payload_count(memory, "physical_mb", &mib) && mib > 0 && mib < INT64_MAX >> 20)
                bytes = mib << 20;
        else if (!payload_count(memory, "total", &bytes))
                bytes = 0;
        reader_set(input, "memory", json_int_or_null(bytes > 0, bytes));
        reader_set(input, "numaNodes", count_numa_nodes(json_get_object(input->raw, "numa_topology")));
        return bytes > 0 || reader_fail(input, "the ramdisk did not tell how much memory there is");
}

static json_t *read_disk(const json_t *from) {
        json_t *name = payload_text(from, "name");

        if (json_is_null(name))
                return NULL;
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", name, "size", payload_count_or_null(from, "size"), "serial",
                         payload_text(from, "serial"), "model", payload_text(from, "model"), "vendor", payload_text(from, "vendor"), "wwn",
                         payload_text(from, "wwn"), "rotational", payload_bool_or_null(from, "rotational"), "transport",
                         payload_text(from, "tran"), "wwnWithExtension", payload_text(from, "wwn_with_extension"), "wwnVendorExtension",
                         payload_text(from, "wwn_vendor_extension"), "hctl", payload_text(from, "hctl"), "byPath",
                         payload_text(from, "by_path"), "logicalSectorSize", payload_count_or_null(from, "logical_sectors"),
                         "physicalSectorSize", payload_count_or_null(from, "physical_sectors"));
}

bool reader_disks(struct reader_input *input) {
        const json_t *list = reader_list(input, "disks"), *from;
        json_t *disks = json_object_get(input->normalized, "disks"), *disk;
        size_t i;

        json_array_foreach((json_t *) list, i, from)
                if (i < INVENTORY_LIST_MAX && (disk = read_disk(from)))
                        json_array_append_new(disks, disk);
        /* A machine without disks is a machine; one whose disks were not looked for is not told apart by an empty list. */
        return list || reader_fail(input, "the ramdisk sent no list of disks");
}

/* An identity that several machines have is none. */
static json_t *system_uuid(const json_t *raw) {
        const char *text = json_get_string(json_get_object(json_get_object(raw, "dmi"), "system"), "uuid");
        char buffer[UUID_TEXT_SIZE];
        struct uuid uuid;

        if (!text || uuid_parse(text, &uuid) < 0 || uuid_is_junk(&uuid))
                return json_null();
        return json_string(uuid_format(&uuid, buffer));
}

bool reader_system(struct reader_input *input) {
        const json_t *vendor = json_get_object(input->inventory, "system_vendor");
        const json_t *firmware = json_get_object(vendor, "firmware");

        reader_set(input, "uuid", system_uuid(input->raw));
        reader_set(input, "serial", payload_text(vendor, "serial_number"));
        reader_set(input, "manufacturer", payload_text(vendor, "manufacturer"));
        reader_set(input, "product", payload_text(vendor, "product_name"));
        reader_set(input, "firmwareVendor", payload_text(firmware, "vendor"));
        reader_set(input, "firmwareVersion", payload_text(firmware, "version"));
        reader_set(input, "firmwareDate", payload_text(firmware, "build_date"));
        return true;
}

bool reader_boot_mode(struct reader_input *input) {
        const char *mode = json_get_string(json_get_object(input->inventory, "boot"), "current_boot_mode");
        bool known = mode && (strcmp(mode, "bios") == 0 || strcmp(mode, "uefi") == 0);

        reader_set(input, "bootMode", known ? json_string(mode) : json_null());
        return known || reader_fail(input, "the ramdisk did not tell whether the firmware is bios or uefi");
}

static json_t *ip_or_null(const json_t *object, const char *key) {
        char text[IP_TEXT_SIZE];
        struct ip ip;

        return payload_ip(object, key, &ip) ? json_string(ip_format(&ip, text)) : json_null();
}

/* "0.0.0.0" and "::/0" mean none. */
bool reader_bmc(struct reader_input *input) {
        json_t *v4 = ip_or_null(input->inventory, "bmc_address"), *v6 = ip_or_null(input->inventory, "bmc_v6address");
        char text[MAC_TEXT_SIZE];
        struct mac mac;
        bool has_mac = payload_mac(input->inventory, "bmc_mac", &mac);

        reader_set(input, "bmcAddress", json_incref(json_is_null(v4) ? v6 : v4));
        reader_set(input, "bmcAddress6", v6);
        reader_set(input, "bmcMac", has_mac ? json_string(mac_format(&mac, text)) : json_null());
        json_decref(v4);
        return true;
}

static json_t *count_devices(const json_t *raw, const char *key) {
        const json_t *list = json_get_array(raw, key);

        return json_int_or_null(list != NULL, (int64_t) json_array_size(list));
}

bool reader_devices(struct reader_input *input) {
        reader_set(input, "pciDevices", count_devices(input->raw, "pci_devices"));
        reader_set(input, "usbDevices", count_devices(input->raw, "usb_devices"));
        return true;
}
