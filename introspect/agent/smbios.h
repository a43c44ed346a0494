/* A bounded, pure reader of the SMBIOS structure table (DMTF DSP0134), fuzzed by tests/fuzz/fuzz_agent_smbios.c. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMBIOS_TEXT_MAX 128
#define SMBIOS_TABLE_MAX (1024 * 1024)

/* A text is "" if the firmware gives none; longer ones are cut. */
typedef char smbios_text[SMBIOS_TEXT_MAX];

struct smbios_summary {
        smbios_text bios_vendor, bios_version, bios_date;                /* type 0 */
        smbios_text manufacturer, product, version, serial, sku, family; /* type 1 */
        char uuid[37]; /* type 1, lower case, as DMI and ${uuid} of iPXE write it; "" if not set */
        smbios_text board_manufacturer, board_product, board_serial;         /* type 2, the first */
        smbios_text chassis_manufacturer, chassis_serial, chassis_asset_tag; /* type 3, the first */
        bool has_ipmi;                                                       /* a type 38 structure exists */
        uint64_t installed_kb; /* sum of type 17 sizes; if none, of type 19 ranges; 0: not said */
};

/* Reads a table of `size` bytes. `version` is major << 8 | minor of the entry point (it decides the byte order of the UUID: DSP0134
 * 7.2.1; 0 means not known and is taken as new). A table that ends in the middle of a structure gives what stands before it.
 * Fills every member of *ret. If `ret_parts` is not NULL it gets a new JSON object, as an ironic-python-agent's collector dmi-decode has it:
 * {"cpu": [...], "memory": {"Maximum Capacity", "Number Of Devices", "devices": [...]}} with an entry for each socket (type 4) and each slot (type 17),
 * populated or not, whose members have dmidecode's names and texts ("Locator", "Size": "16 GB"). Returns how many structures were read. */
size_t smbios_parse(const unsigned char *table, size_t size, unsigned version, struct smbios_summary *ret, json_t **ret_parts);

/* major << 8 | minor of an entry point ("_SM_" or "_SM3_", DSP0134 5.2), 0 if it is neither. */
unsigned smbios_entry_version(const unsigned char *entry, size_t size);

/* smbios_parse() of /sys/firmware/dmi/tables below `root`, which only root may read. Returns 0, or a negative errno with *ret
 * empty and *ret_parts with empty lists. */
int smbios_read(const char *root, struct smbios_summary *ret, json_t **ret_parts);
