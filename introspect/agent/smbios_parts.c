/* Processors and memory, under the names that dmidecode(8), and so an ironic-python-agent, gives their fields; the texts too are dmidecode's. */
#include <stdio.h>

#include "introspect/agent/smbios_internal.h"
#include "introspect/agent/sysfs.h"

#define USE_MEMORY_SYSTEM 3
#define STATUS_POPULATED 0x40
#define EXTENDED 0x7fff

static json_t *text_at(const struct smbios_record *record, size_t offset) {
        smbios_text text;
        smbios_string(record, offset, text);
        return json_text(text);
}

/* "2666 MT/s"; 0 and all ones say that it is not known. */
static json_t *speed_at(const struct smbios_record *record, size_t offset, const char *unit) {
        unsigned speed = (unsigned) smbios_field(record, offset, 2);
        return speed == 0 || speed == 0xffff ? json_null() : json_sprintf("%u %s", speed, unit);
}

/* A count in one byte, all ones of which say that it stands in two bytes elsewhere. */
static json_t *count_at(const struct smbios_record *record, size_t offset, size_t wide_offset) {
        unsigned count = (unsigned) smbios_field(record, offset, 1);
        if (count == 0xff)
                count = (unsigned) smbios_field(record, wide_offset, 2);
        return count == 0 ? json_null() : json_sprintf("%u", count);
}

/* In the largest unit of which it is a whole number. */
static json_t *size_text(uint64_t kb) {
        static const char *const units[] = { "kB", "MB", "GB", "TB" };
        size_t unit = 0;
        while (unit + 1 < sizeof units / sizeof *units && kb >= 1024 && kb % 1024 == 0) {
                kb /= 1024;
                unit++;
        }
        return json_sprintf("%llu %s", (unsigned long long) kb, units[unit]);
}

/* DSP0134 7.5. An empty socket has a structure too. */
void smbios_read_processor(const struct smbios_record *record, struct smbios_state *state) {
        const char *status = smbios_field(record, 0x18, 1) & STATUS_POPULATED ? "Populated" : "Unpopulated";
        json_array_append_new(state->processors,
                              json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "Socket Designation",
                                        text_at(record, 0x04), "Manufacturer", text_at(record, 0x07), "Version", text_at(record, 0x10),
                                        "Max Speed", speed_at(record, 0x14, "MHz"), "Current Speed", speed_at(record, 0x16, "MHz"),
                                        "Status", status, "Serial Number", text_at(record, 0x20), "Part Number", text_at(record, 0x22),
                                        "Core Count", count_at(record, 0x23, 0x2a), "Core Enabled", count_at(record, 0x24, 0x2c),
                                        "Thread Count", count_at(record, 0x25, 0x2e)));
}

/* DSP0134 7.17: an all but full capacity says that the extended one, in bytes, counts. Memory of a video card is no part of it. */
void smbios_read_memory_array(const struct smbios_record *record, struct smbios_state *state) {
        uint64_t kb = smbios_field(record, 0x07, 4);
        if (smbios_field(record, 0x05, 1) != USE_MEMORY_SYSTEM)
                return;
        state->slots += smbios_field(record, 0x0d, 2);
        state->capacity_kb += kb == 0x80000000 ? smbios_field(record, 0x0f, 8) / 1024 : kb;
}

/* DSP0134 7.18.2; only what is sold. */
static const char *memory_type(uint64_t type) {
        static const struct {
                uint8_t type;
                const char *name;
        } names[] = { { 0x07, "RAM" },  { 0x0f, "SDRAM" }, { 0x12, "DDR" },    { 0x13, "DDR2" },
                      { 0x18, "DDR3" }, { 0x1a, "DDR4" },  { 0x1d, "LPDDR3" }, { 0x1e, "LPDDR4" },
                      { 0x20, "HBM" },  { 0x21, "HBM2" },  { 0x22, "DDR5" },   { 0x23, "LPDDR5" } };
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (names[i].type == type)
                        return names[i].name;
        return NULL;
}

/* DSP0134 7.18.1: 0 is an empty slot, 0xffff not known, EXTENDED "see the extended size"; bit 15 says kilobytes. */
static uint64_t memory_device_kb(const struct smbios_record *record) {
        uint64_t size = smbios_field(record, 0x0c, 2);
        if (size == 0 || size == 0xffff)
                return 0;
        if (size == EXTENDED)
                return (smbios_field(record, 0x1c, 4) & 0x7fffffff) * 1024;
        return size & 0x8000 ? size & 0x7fff : size * 1024;
}

void smbios_read_memory_device(const struct smbios_record *record, struct smbios_state *state) {
        uint64_t kb = memory_device_kb(record);
        state->device_kb += kb;
        json_array_append_new(state->memory_devices,
                              json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "Locator", text_at(record, 0x10), "Bank Locator",
                                        text_at(record, 0x11), "Size", kb > 0 ? size_text(kb) : json_string("No Module Installed"), "Type",
                                        json_text(memory_type(smbios_field(record, 0x12, 1))), "Speed",
                                        speed_at(record, 0x15, "MT/s"), "Manufacturer", text_at(record, 0x17), "Serial Number",
                                        text_at(record, 0x18), "Part Number", text_at(record, 0x1a)));
}

json_t *smbios_parts(struct smbios_state *state) {
        json_int_t slots = state->slots > 0 ? (json_int_t) state->slots : (json_int_t) json_array_size(state->memory_devices);
        return json_pack("{s:o, s:{s:o, s:I, s:o}}", "cpu", state->processors, "memory", "Maximum Capacity",
                         state->capacity_kb > 0 ? size_text(state->capacity_kb) : json_null(), "Number Of Devices", slots, "devices",
                         state->memory_devices);
}
