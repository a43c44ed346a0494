#include "introspect/agent/inventory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/console.h"
#include "introspect/agent/ipmi.h"
#include "introspect/agent/log_archive.h"
#include "introspect/agent/sysfs.h"

static bool is_essential(const char *collector) {
        static const char *const names[] = { "cpu", "memory", "disks", "interfaces" };
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(collector, names[i]) == 0)
                        return true;
        return false;
}

void inventory_failed(struct inventory *inventory, const char *collector, int error) {
        json_t *before = json_object_get(inventory->payload, "error");
        say("collecting %s failed: %s", collector, strerror(-error));
        json_array_append_new(inventory->collector_errors,
                              json_pack("{s:s, s:s}", "collector", collector, "message", strerror(-error)));
        if (is_essential(collector))
                json_object_set_new(inventory->payload, "error",
                                    json_sprintf("%s%s%s: %s", json_is_string(before) ? json_string_value(before) : "",
                                                 json_is_string(before) ? "; " : "", collector, strerror(-error)));
}

/* Stores a collector's result under `key`, null if it failed. `value` is a pointer because arguments are evaluated in any order:
 * the collector, called for `r`, sets what it points to. */
static void store(struct inventory *inventory, json_t *object, const char *key, int r, json_t **value) {
        if (r < 0)
                inventory_failed(inventory, key, r);
        json_object_set_new(object, key, r < 0 || !*value ? json_null() : *value);
}

/* The order of the keys is IPA's. */
void inventory_start(struct inventory *inventory, const char *root, const struct agent_options *options) {
        time_t now = time(NULL);
        struct tm utc;
        *inventory = (struct inventory){ .root = root, .options = options };
        strftime(inventory->started_at, sizeof inventory->started_at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
        inventory->hardware = json_object();
        inventory->payload = json_pack("{s:o, s:n, s:o, s:n, s:{s:[s,s,s,s,s,s], s:[{s:s, s:s}]}}", "inventory",
                                       inventory->hardware, "root_disk", "boot_interface", json_text(options->bootif), "error",
                                       "configuration", "collectors", "default", "logs", "pci-devices", "numa-topology", "dmi-decode", "usb-devices",
                                       "managers", "name", "pxed_agent", "version", PXED_VERSION);
        inventory->collector_errors = json_array();
        int r = smbios_read(root, &inventory->smbios, &inventory->parts);
        if (r < 0)
                inventory_failed(inventory, "smbios", r);
        /* firmware that has forgotten the one may have the other: IPI0001 is ACPI's name for IPMI (IPMI 2.0, C3-2) */
        inventory->has_bmc = inventory->smbios.has_ipmi || sysfs_exists("%s/sys/bus/acpi/devices/IPI0001:00", root);
}

static void store_smbios(struct inventory *inventory) {
        const struct smbios_summary *s = &inventory->smbios;
        json_object_set_new(inventory->hardware, "system_vendor",
                            json_pack("{s:o, s:o, s:o, s:{s:o, s:o, s:o}}", "product_name", json_text(s->product),
                                      "serial_number", json_text(s->serial), "manufacturer", json_text(s->manufacturer),
                                      "firmware", "vendor", json_text(s->bios_vendor), "version", json_text(s->bios_version),
                                      "build_date", json_text(s->bios_date)));
        json_t *system =
                json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "manufacturer", json_text(s->manufacturer), "product_name",
                          json_text(s->product), "version", json_text(s->version), "serial_number", json_text(s->serial), "uuid",
                          json_text(s->uuid), "sku", json_text(s->sku), "family", json_text(s->family));
        json_t *board = json_pack("{s:o, s:o, s:o}", "manufacturer", json_text(s->board_manufacturer), "product_name",
                                  json_text(s->board_product), "serial_number", json_text(s->board_serial));
        json_t *chassis = json_pack("{s:o, s:o, s:o}", "manufacturer", json_text(s->chassis_manufacturer), "serial_number",
                                    json_text(s->chassis_serial), "asset_tag", json_text(s->chassis_asset_tag));
        json_t *bios = json_pack("{s:o, s:o, s:o}", "Vendor", json_text(s->bios_vendor), "Version", json_text(s->bios_version),
                                 "Release Date", json_text(s->bios_date));
        json_t *dmi = json_pack("{s:o, s:o, s:o, s:o}", "system", system, "board", board, "chassis", chassis, "bios", bios);
        json_object_update(dmi, inventory->parts);
        json_object_set_new(inventory->payload, "dmi", dmi);
}

void inventory_collect_machine(struct inventory *inventory) {
        const char *root = inventory->root;
        json_t *cpu = NULL, *memory = NULL, *boot = NULL;
        store(inventory, inventory->hardware, "cpu", collect_cpu(root, &cpu), &cpu);
        store(inventory, inventory->hardware, "memory", collect_memory(root, inventory->smbios.installed_kb, &memory), &memory);
        store(inventory, inventory->hardware, "boot", collect_boot(root, inventory->options->bootif, &boot), &boot);
        store_smbios(inventory);
}

void inventory_collect_devices(struct inventory *inventory) {
        const char *root = inventory->root;
        json_t *pci = NULL, *usb = NULL, *numa = NULL, *tpm = NULL;
        store(inventory, inventory->payload, "pci_devices", collect_pci(root, &pci), &pci);
        store(inventory, inventory->payload, "usb_devices", collect_usb(root, &usb), &usb);
        store(inventory, inventory->payload, "numa_topology", collect_numa(root, &numa), &numa);
        store(inventory, inventory->payload, "tpm", collect_tpm(root, &tpm), &tpm);
}

void inventory_collect_disks(struct inventory *inventory) {
        json_t *disks = NULL, *members = NULL;
        store(inventory, inventory->hardware, "disks", collect_disks(inventory->root, &disks), &disks);
        json_object_set_new(inventory->payload, "root_disk", collect_root_disk(disks));
        store(inventory, inventory->payload, "raid_members", collect_raid_members(inventory->root, &members), &members);
        say("disks found: %zu", json_array_size(disks));
}

void inventory_collect_bmc(struct inventory *inventory) {
        struct ipmi_lan lan = { 0 };
        int r = inventory->has_bmc ? ipmi_lan_read(&lan) : -ENODEV;
        if (r < 0 && inventory->has_bmc)
                inventory_failed(inventory, "bmc", r);
        json_object_set_new(inventory->hardware, "bmc_address", json_text(lan.ipv4));
        json_object_set_new(inventory->hardware, "bmc_v6address", json_text(lan.ipv6));
        json_object_set_new(inventory->hardware, "bmc_mac", json_text(lan.mac));
        if (r == 0)
                say("management controller: address %s", *lan.ipv4 ? lan.ipv4 : *lan.ipv6 ? lan.ipv6 : "not set");
}

void inventory_collect_nics(struct inventory *inventory) {
        struct ifaddrs *addresses = NULL;
        json_t *nics = NULL;
        char hostname[256] = "";
        gethostname(hostname, sizeof hostname - 1);
        json_object_set_new(inventory->hardware, "hostname", json_text(strcmp(hostname, "(none)") == 0 ? NULL : hostname));
        getifaddrs(&addresses);
        store(inventory, inventory->hardware, "interfaces", collect_nics(inventory->root, addresses, &nics), &nics);
        freeifaddrs(addresses);
        say("network cards found: %zu", json_array_size(nics));
}

void inventory_set_lldp(struct inventory *inventory, json_t *lldp) {
        json_t *configuration = json_object_get(inventory->payload, "configuration");
        json_object_set_new(inventory->payload, "lldp_raw", lldp);
        json_array_append_new(json_object_get(configuration, "collectors"), json_string("lldp"));
}

/* The agent's own log, a line for each step; NULL if there is no memory for it. */
static char *steps_text(size_t *ret_size) {
        char *text = NULL;
        size_t index;
        json_t *step;
        FILE *file = open_memstream(&text, ret_size);
        if (!file)
                return NULL;
        json_array_foreach(console_steps(), index, step)
                fprintf(file, "%9.2f %s\n", json_number_value(json_object_get(step, "at")), json_string_value(json_object_get(step, "text")));
        return fclose(file) == 0 ? text : (free(text), NULL);
}

void inventory_set_logs(struct inventory *inventory, const char *kernel_log, size_t kernel_log_size) {
        size_t size = 0;
        char *steps = steps_text(&size), *archive = NULL;
        struct log_file files[] = { { "pxed-agent.log", steps, size }, { "dmesg", kernel_log, kernel_log_size } };
        int r = steps ? log_archive(files, sizeof files / sizeof *files, time(NULL), &archive) : -ENOMEM;
        if (r < 0)
                inventory_failed(inventory, "logs", r);
        json_object_set_new(inventory->payload, "logs", r < 0 ? json_null() : json_string(archive));
        free(archive);
        free(steps);
}

char *inventory_text(struct inventory *inventory, const char *interface, const char *address) {
        json_object_set_new(inventory->payload, "pxed_agent",
                            json_pack("{s:s, s:s, s:o, s:o, s:O, s:O}", "version", PXED_VERSION, "started_at",
                                      inventory->started_at, "interface", json_text(interface), "address", json_text(address),
                                      "collector_errors", inventory->collector_errors, "steps", console_steps()));
        return json_dumps(inventory->payload, JSON_COMPACT);
}

void inventory_clear(struct inventory *inventory) {
        json_decref(inventory->payload);
        json_decref(inventory->parts);
        json_decref(inventory->collector_errors);
        *inventory = (struct inventory){ 0 };
}
