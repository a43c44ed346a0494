#include "introspect/agent/smbios.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/sysfs.h"

#define HEADER_SIZE 4 /* type, length, handle (2) */
#define STRUCTURES_MAX 10000

enum {
        TYPE_BIOS = 0,
        TYPE_SYSTEM = 1,
        TYPE_BOARD = 2,
        TYPE_CHASSIS = 3,
        TYPE_MEMORY_DEVICE = 17,
        TYPE_MEMORY_RANGE = 19,
        TYPE_IPMI = 38,
        TYPE_END = 127,
};

/* One structure: the formatted area and, behind it, the strings, each NUL-terminated, ended by one more NUL. */
struct record {
        uint8_t type;
        const unsigned char *formatted;
        size_t formatted_size;
        const char *strings;
        size_t strings_size;
};

struct summary_state {
        struct smbios_summary *summary;
        json_t *memory;
        unsigned version;
        uint64_t device_kb, range_kb;
};

/* Takes the structure at *offset. False at the end of the table, also in the middle of a structure. */
static bool next_record(const unsigned char *table, size_t size, size_t *offset, struct record *ret) {
        if (size - *offset < HEADER_SIZE)
                return false;
        const unsigned char *at = table + *offset;
        size_t left = size - *offset, length = at[1];
        if (length < HEADER_SIZE || length > left)
                return false;
        size_t end = length;
        while (end + 1 < left && (at[end] != 0 || at[end + 1] != 0))
                end++;
        if (end + 1 >= left)
                return false;
        *ret = (struct record){ at[0], at, length, (const char *) at + length, end + 1 - length };
        *offset += end + 2;
        return true;
}

/* A field beyond the formatted area is one that the firmware's older version does not have: 0. */
static uint64_t field(const struct record *record, size_t offset, size_t bytes) {
        uint64_t value = 0;
        if (offset + bytes > record->formatted_size)
                return 0;
        for (size_t i = 0; i < bytes; i++)
                value |= (uint64_t) record->formatted[offset + i] << (8 * i);
        return value;
}

/* The string whose number (from 1) stands at `offset`; firmware pads with blanks. */
static void string_field(const struct record *record, size_t offset, smbios_text ret) {
        uint64_t number = field(record, offset, 1);
        const char *text = record->strings, *end = text + record->strings_size;
        ret[0] = '\0';
        if (number == 0)
                return;
        while (--number > 0 && text < end)
                text += strnlen(text, (size_t) (end - text)) + 1;
        if (text >= end)
                return;
        size_t length = strnlen(text, (size_t) (end - text));
        while (length > 0 && text[length - 1] == ' ')
                length--;
        while (length > 0 && *text == ' ')
                text++, length--;
        if (length >= SMBIOS_TEXT_MAX)
                length = SMBIOS_TEXT_MAX - 1;
        memcpy(ret, text, length);
        ret[length] = '\0';
}

/* DSP0134 7.2.1: all ones and all zeros mean "none"; from version 2.6 the first three fields are little-endian. */
static void read_uuid(const struct record *record, unsigned version, char ret[static 37]) {
        static const unsigned char swapped[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
        const unsigned char *uuid = record->formatted + 8;
        bool zeros = true, ones = true;
        ret[0] = '\0';
        if (record->formatted_size < 8 + 16)
                return;
        for (int i = 0; i < 16; i++) {
                zeros = zeros && uuid[i] == 0x00;
                ones = ones && uuid[i] == 0xff;
        }
        if (zeros || ones)
                return;
        bool swap = version == 0 || version >= 0x0206;
        for (int i = 0, at = 0; i < 16; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        ret[at++] = '-';
                snprintf(ret + at, 3, "%02x", uuid[swap ? swapped[i] : i]);
                at += 2;
        }
}

static void read_bios(const struct record *record, struct summary_state *state) {
        string_field(record, 0x04, state->summary->bios_vendor);
        string_field(record, 0x05, state->summary->bios_version);
        string_field(record, 0x08, state->summary->bios_date);
}

static void read_system(const struct record *record, struct summary_state *state) {
        struct smbios_summary *summary = state->summary;
        string_field(record, 0x04, summary->manufacturer);
        string_field(record, 0x05, summary->product);
        string_field(record, 0x06, summary->version);
        string_field(record, 0x07, summary->serial);
        string_field(record, 0x19, summary->sku);
        string_field(record, 0x1a, summary->family);
        read_uuid(record, state->version, summary->uuid);
}

static void read_board(const struct record *record, struct summary_state *state) {
        if (state->summary->board_manufacturer[0] || state->summary->board_product[0])
                return; /* blades list several; the first is the main board */
        string_field(record, 0x04, state->summary->board_manufacturer);
        string_field(record, 0x05, state->summary->board_product);
        string_field(record, 0x07, state->summary->board_serial);
}

static void read_chassis(const struct record *record, struct summary_state *state) {
        if (state->summary->chassis_manufacturer[0] || state->summary->chassis_serial[0])
                return;
        string_field(record, 0x04, state->summary->chassis_manufacturer);
        string_field(record, 0x07, state->summary->chassis_serial);
        string_field(record, 0x08, state->summary->chassis_asset_tag);
}

/* DSP0134 7.18.3, table 78; only what is sold. */
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

/* DSP0134 7.18.1: 0 is an empty slot, 0xffff not known, 0x7fff "see the extended size"; bit 15 says kilobytes. */
static uint64_t memory_device_kb(const struct record *record) {
        uint64_t size = field(record, 0x0c, 2);
        if (size == 0 || size == 0xffff)
                return 0;
        if (size == 0x7fff)
                return (field(record, 0x1c, 4) & 0x7fffffff) * 1024;
        return size & 0x8000 ? size & 0x7fff : size * 1024;
}

static void read_memory_device(const struct record *record, struct summary_state *state) {
        smbios_text locator, bank, maker, serial, part;
        uint64_t kb = memory_device_kb(record), speed = field(record, 0x15, 2);
        state->device_kb += kb;
        string_field(record, 0x10, locator);
        string_field(record, 0x11, bank);
        string_field(record, 0x17, maker);
        string_field(record, 0x18, serial);
        string_field(record, 0x1a, part);
        json_array_append_new(state->memory,
                              json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "locator", json_text(locator), "bank",
                                        json_text(bank), "size_mb", (json_int_t) (kb / 1024), "type",
                                        json_text(memory_type(field(record, 0x12, 1))), "speed_mts",
                                        speed == 0 || speed == 0xffff ? json_null() : json_integer((json_int_t) speed),
                                        "manufacturer", json_text(maker), "serial_number", json_text(serial), "part_number",
                                        json_text(part)));
}

/* DSP0134 7.20: addresses in KB, inclusive; all ones says that the extended ones, in bytes, count. */
static void read_memory_range(const struct record *record, struct summary_state *state) {
        uint64_t start = field(record, 0x04, 4), end = field(record, 0x08, 4);
        if (start == 0xffffffff) {
                start = field(record, 0x0f, 8) / 1024;
                end = field(record, 0x17, 8) / 1024;
        }
        /* 2^40 KB is more than any machine has: a sum of such nonsense must not overflow */
        if (end > start && end - start < (1ULL << 40))
                state->range_kb += end - start + 1;
}

static void read_ipmi(const struct record *record, struct summary_state *state) {
        state->summary->has_ipmi = true;
}

static const struct {
        uint8_t type;
        void (*read)(const struct record *record, struct summary_state *state);
} readers[] = {
        { TYPE_BIOS, read_bios },
        { TYPE_SYSTEM, read_system },
        { TYPE_BOARD, read_board },
        { TYPE_CHASSIS, read_chassis },
        { TYPE_MEMORY_DEVICE, read_memory_device },
        { TYPE_MEMORY_RANGE, read_memory_range },
        { TYPE_IPMI, read_ipmi },
};

size_t smbios_parse(const unsigned char *table, size_t size, unsigned version, struct smbios_summary *ret, json_t **ret_memory) {
        struct summary_state state = { ret, json_array(), version, 0, 0 };
        struct record record;
        size_t offset = 0, count = 0;
        *ret = (struct smbios_summary){ 0 };
        while (count < STRUCTURES_MAX && next_record(table, size, &offset, &record) && record.type != TYPE_END) {
                for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
                        if (readers[i].type == record.type)
                                readers[i].read(&record, &state);
                count++;
        }
        ret->installed_kb = state.device_kb > 0 ? state.device_kb : state.range_kb;
        if (ret_memory)
                *ret_memory = state.memory;
        else
                json_decref(state.memory);
        return count;
}

unsigned smbios_entry_version(const unsigned char *entry, size_t size) {
        if (size >= 9 && memcmp(entry, "_SM3_", 5) == 0)
                return (unsigned) entry[7] << 8 | entry[8];
        if (size >= 8 && memcmp(entry, "_SM_", 4) == 0)
                return (unsigned) entry[6] << 8 | entry[7];
        return 0;
}

int smbios_read(const char *root, struct smbios_summary *ret, json_t **ret_memory) {
        unsigned char *table = NULL, *entry = NULL;
        size_t size = 0, entry_size = 0;
        unsigned version = 0;
        int r = sysfs_read_binary(&table, &size, SMBIOS_TABLE_MAX, "%s/sys/firmware/dmi/tables/DMI", root);
        if (sysfs_read_binary(&entry, &entry_size, 64, "%s/sys/firmware/dmi/tables/smbios_entry_point", root) == 0)
                version = smbios_entry_version(entry, entry_size);
        smbios_parse(table ? table : (const unsigned char *) "", size, version, ret, ret_memory);
        free(table);
        free(entry);
        return r;
}
