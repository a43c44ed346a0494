/* PCI devices that the configuration has names for. They are read from what was posted, for the inventory has only their number. */
#include <stdio.h>
#include <string.h>

#include "lib/inventory.h"
#include "lib/payload.h"
#include "pxed/inspection/hook_list.h"

#define ACCELERATORS_MAX 64

/* "10de" or "0x10de"; -1: it is none. */
static int hex_of(const json_t *device, const char *member, int max) {
        const char *text = json_string_value(payload_field(device, member));
        char *end;

        if (text && strncmp(text, "0x", 2) == 0)
                text += 2;
        if (!text || strlen(text) < 1 || strlen(text) > 8 || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
                return -1;
        unsigned long number = strtoul(text, &end, 16);
        return number > (unsigned long) max ? -1 : (int) number;
}

static bool fits(const struct pci_kind *kind, const json_t *device) {
        char class[7] = "";
        int number = hex_of(device, "class", 0xffffff);

        if (number >= 0)
                snprintf(class, sizeof class, "%06x", (unsigned) number & 0xffffff);
        return (kind->vendor < 0 || kind->vendor == hex_of(device, "vendor_id", 0xffff)) &&
               (kind->product < 0 || kind->product == hex_of(device, "product_id", 0xffff)) &&
               (kind->revision < 0 || kind->revision == hex_of(device, "revision", 0xff)) &&
               strncmp(class, kind->class, strlen(kind->class)) == 0;
}

static int count_devices(const json_t *devices, const struct pci_kind *kind) {
        const json_t *device;
        int count = 0;
        size_t i;

        json_array_foreach((json_t *) devices, i, device)
                if (i < INVENTORY_LIST_MAX && fits(kind, device))
                        count++;
        return count;
}

/* Where the ramdisk lists none at all, nothing is known of them, and nothing changes. */
bool hook_pci_devices(struct hook_run *run) {
        const json_t *devices = json_get_array(run->raw, "pci_devices");
        _cleanup_json_ json_t *counts = json_object();
        char text[16];

        for (size_t i = 0; devices && i < run->options->n_aliases; i++) {
                const struct pci_kind *kind = &run->options->aliases[i];
                int count = count_devices(devices, kind);
                snprintf(text, sizeof text, "%d", count);
                hook_set_capability(run, kind->name, count > 0 ? text : NULL);
                if (count > 0)
                        json_object_set_new(counts, kind->name, json_integer(count));
        }
        if (json_object_size(counts) > 0)
                hook_set_plugin_data(run, "pci_devices", TAKE_POINTER(counts));
        return true;
}

static const struct pci_kind *find_accelerator(const struct inspection_options *options, const json_t *device) {
        for (size_t i = 0; i < options->n_accelerators; i++)
                if (fits(&options->accelerators[i], device))
                        return &options->accelerators[i];
        return NULL;
}

bool hook_accelerators(struct hook_run *run) {
        const json_t *devices = json_get_array(run->raw, "pci_devices"), *device;
        _cleanup_json_ json_t *found = json_array(), *counts = json_object();
        char vendor[8], product[8];
        size_t i;

        json_array_foreach((json_t *) devices, i, device) {
                const struct pci_kind *kind = i < INVENTORY_LIST_MAX ? find_accelerator(run->options, device) : NULL;
                if (!kind || json_array_size(found) == ACCELERATORS_MAX)
                        continue;
                _cleanup_json_ json_t *address = payload_text(device, "bus");
                snprintf(vendor, sizeof vendor, "%04x", (unsigned) kind->vendor & 0xffff);
                snprintf(product, sizeof product, "%04x", (unsigned) kind->product & 0xffff);
                json_array_append_new(found, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", kind->name, "type", kind->type, "vendorId", vendor,
                                                       "productId", product, "pciAddress", json_string_value(address) ?: ""));
                json_object_set_new(counts, kind->type, json_integer(json_get_int(counts, kind->type, 0) + 1));
        }
        if (devices)
                hook_set(run, "accelerators", json_array_size(found) > 0 ? TAKE_POINTER(found) : json_null());
        if (json_object_size(counts) > 0)
                hook_set_plugin_data(run, "accelerators", TAKE_POINTER(counts));
        return true;
}
