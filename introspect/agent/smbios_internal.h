/* What the readers of SMBIOS structures share. */
#pragma once

#include "introspect/agent/smbios.h"

/* One structure: the formatted area and, behind it, the strings, each NUL-terminated, ended by one more NUL. */
struct smbios_record {
        uint8_t type;
        const unsigned char *formatted;
        size_t formatted_size;
        const char *strings;
        size_t strings_size;
};

/* What is gathered while a table is read. */
struct smbios_state {
        struct smbios_summary *summary;
        json_t *processors, *memory_devices;
        unsigned version;
        uint64_t device_kb, range_kb;      /* sums of types 17 and 19 */
        uint64_t slots, capacity_kb;       /* sums of type 16 */
};

/* A little-endian number of 1 to 8 bytes. A field beyond the formatted area is one that the firmware's older version does not have: 0. */
uint64_t smbios_field(const struct smbios_record *record, size_t offset, size_t bytes);

/* The string whose number (from 1) stands at `offset`, without the blanks that firmware pads with; "" if there is none. */
void smbios_string(const struct smbios_record *record, size_t offset, smbios_text ret);

void smbios_read_processor(const struct smbios_record *record, struct smbios_state *state);    /* type 4 */
void smbios_read_memory_array(const struct smbios_record *record, struct smbios_state *state); /* type 16 */
void smbios_read_memory_device(const struct smbios_record *record, struct smbios_state *state); /* type 17 */

/* What they have gathered, as smbios_parse() gives it; takes over the lists of `state`. A new reference. */
json_t *smbios_parts(struct smbios_state *state);
