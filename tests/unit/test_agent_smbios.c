/* The SMBIOS reader, on tables put together here from DSP0134 and on tables that are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "introspect/agent/smbios.h"

static unsigned char table[4096];
static size_t table_size;

static int reset(void **state) {
        memset(table, 0, sizeof table);
        table_size = 0;
        return 0;
}

/* Adds a structure: formatted bytes after the header, then the strings, ended by NULL. */
static void add(uint8_t type, const void *formatted, size_t size, const char *const strings[]) {
        unsigned char *at = table + table_size;
        at[0] = type;
        at[1] = (uint8_t) (size + 4);
        memcpy(at + 4, formatted, size);
        at += 4 + size;
        for (; strings && *strings; strings++)
                at = (unsigned char *) stpcpy((char *) at, *strings) + 1;
        *at++ = 0;
        if (at[-2] != 0 || at == table + table_size + 4 + size + 1)
                *at++ = 0;
        table_size = (size_t) (at - table);
}

static struct smbios_summary parse(unsigned version, json_t **parts) {
        struct smbios_summary summary;
        smbios_parse(table, table_size, version, &summary, parts);
        return summary;
}

static void add_system(const uint8_t uuid[16]) {
        uint8_t formatted[23] = { 1, 2, 3, 4 };
        memcpy(formatted + 4, uuid, 16);
        add(1, formatted, sizeof formatted, (const char *const[]){ "ACME", " Box 1 ", "v1", "SER123", NULL });
}

static const uint8_t uuid_bytes[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

static void test_system(void **state) {
        add_system(uuid_bytes);
        struct smbios_summary summary = parse(0x0300, NULL);
        assert_string_equal(summary.manufacturer, "ACME");
        assert_string_equal(summary.product, "Box 1");
        assert_string_equal(summary.serial, "SER123");
        assert_string_equal(summary.uuid, "00112233-4455-6677-8899-aabbccddeeff");
        assert_string_equal(summary.sku, "");
        assert_false(summary.has_ipmi);
        /* before 2.6 the bytes stand as they are written */
        assert_string_equal(parse(0x0203, NULL).uuid, "33221100-5544-7766-8899-aabbccddeeff");
}

static void test_uuid_not_set(void **state) {
        uint8_t none[16];
        memset(none, 0xff, sizeof none);
        add_system(none);
        assert_string_equal(parse(0x0300, NULL).uuid, "");
        reset(NULL);
        memset(none, 0, sizeof none);
        add_system(none);
        assert_string_equal(parse(0x0300, NULL).uuid, "");
}

static void add_memory(uint16_t size, uint32_t extended, const char *locator) {
        uint8_t formatted[28] = { 0 };
        formatted[8] = (uint8_t) size;
        formatted[9] = (uint8_t) (size >> 8);
        formatted[12] = 1;
        formatted[14] = 0x1a;
        for (int i = 0; i < 4; i++)
                formatted[24 + i] = (uint8_t) (extended >> (8 * i));
        add(17, formatted, sizeof formatted, (const char *const[]){ locator, NULL });
}

static void add_range(uint32_t start, uint32_t end) {
        uint32_t formatted[3] = { start, end, 0 };
        add(19, formatted, 11, NULL);
}

static json_t *member(json_t *list, size_t index, const char *key) {
        return json_object_get(json_array_get(list, index), key);
}

static void test_memory_devices(void **state) {
        json_t *parts;
        add_memory(512, 0, "A1");
        add_memory(0, 0, "A2");
        add_memory(0xffff, 0, "A3");
        add_memory(0x7fff, 65536, "B1");
        add_memory(0x8000 | 2048, 0, "ROM");
        add_memory(1536, 0, "B2");
        add_range(0, 1024 * 1024 - 1);
        assert_int_equal(parse(0x0300, &parts).installed_kb, (512ULL + 65536 + 2 + 1536) * 1024);
        json_t *memory = json_object_get(parts, "memory"), *devices = json_object_get(memory, "devices");
        static const char *const sizes[] = { "512 MB", "No Module Installed", "No Module Installed", "64 GB", "2 MB", "1536 MB" };
        assert_int_equal(json_array_size(devices), 6);
        for (size_t i = 0; i < 6; i++)
                assert_string_equal(json_string_value(member(devices, i, "Size")), sizes[i]);
        assert_string_equal(json_string_value(member(devices, 3, "Locator")), "B1");
        assert_string_equal(json_string_value(member(devices, 3, "Type")), "DDR4");
        assert_true(json_is_null(member(devices, 3, "Speed")));
        assert_int_equal(json_integer_value(json_object_get(memory, "Number Of Devices")), 6);
        assert_true(json_is_null(json_object_get(memory, "Maximum Capacity")));
        json_decref(parts);
}

static void add_array(uint8_t use, uint32_t capacity, uint64_t extended, uint16_t slots) {
        uint8_t formatted[19] = { 3, use, 6 };
        for (int i = 0; i < 4; i++)
                formatted[3 + i] = (uint8_t) (capacity >> (8 * i));
        formatted[9] = (uint8_t) slots;
        formatted[10] = (uint8_t) (slots >> 8);
        for (int i = 0; i < 8; i++)
                formatted[11 + i] = (uint8_t) (extended >> (8 * i));
        add(16, formatted, sizeof formatted, NULL);
}

static void test_memory_arrays(void **state) {
        json_t *parts;
        add_array(3, 16 << 20, 0, 4);
        add_array(3, 0x80000000, 3ULL << 40, 24);
        add_array(4, 1 << 20, 0, 1); /* a video card's */
        parse(0x0300, &parts);
        json_t *memory = json_object_get(parts, "memory");
        assert_int_equal(json_integer_value(json_object_get(memory, "Number Of Devices")), 28);
        assert_string_equal(json_string_value(json_object_get(memory, "Maximum Capacity")), "3088 GB");
        json_decref(parts);
}

static void test_processors(void **state) {
        json_t *parts;
        uint8_t formatted[44] = { [0] = 1, [3] = 2, [0x0c] = 3, [0x10] = 0xa0, [0x11] = 0x0f, [0x14] = 0x41, [0x1f] = 0xff, [0x20] = 8, [0x21] = 16 };
        formatted[0x2a - 4] = 0x80;
        formatted[0x2b - 4] = 1;
        add(4, formatted, sizeof formatted, (const char *const[]){ "CPU 0", "ACME", "ACME Processor 9000", NULL });
        const uint8_t empty[2] = { 1, 0 };
        add(4, empty, sizeof empty, (const char *const[]){ "CPU 1", NULL }); /* shorter than any version has it */
        parse(0x0300, &parts);
        json_t *sockets = json_object_get(parts, "cpu");
        assert_int_equal(json_array_size(sockets), 2);
        assert_string_equal(json_string_value(member(sockets, 0, "Socket Designation")), "CPU 0");
        assert_string_equal(json_string_value(member(sockets, 0, "Version")), "ACME Processor 9000");
        assert_string_equal(json_string_value(member(sockets, 0, "Max Speed")), "4000 MHz");
        assert_string_equal(json_string_value(member(sockets, 0, "Status")), "Populated");
        assert_string_equal(json_string_value(member(sockets, 0, "Core Count")), "384");
        assert_string_equal(json_string_value(member(sockets, 0, "Core Enabled")), "8");
        assert_string_equal(json_string_value(member(sockets, 0, "Thread Count")), "16");
        assert_string_equal(json_string_value(member(sockets, 1, "Socket Designation")), "CPU 1");
        assert_string_equal(json_string_value(member(sockets, 1, "Status")), "Unpopulated");
        assert_true(json_is_null(member(sockets, 1, "Core Count")));
        json_decref(parts);
}

static void test_memory_ranges(void **state) {
        add_range(0, 3 * 1024 * 1024 - 1);
        add_range(4 * 1024 * 1024, 5 * 1024 * 1024 - 1);
        add_range(5, 3); /* backwards: nonsense */
        assert_int_equal(parse(0x0300, NULL).installed_kb, 4ULL * 1024 * 1024);
}

static void test_ipmi_and_end(void **state) {
        const uint8_t zeros[14] = { 0 };
        add(38, zeros, sizeof zeros, NULL);
        add(127, zeros, 0, NULL);
        add_system(uuid_bytes); /* behind the end: leftovers of the firmware */
        struct smbios_summary summary = parse(0x0300, NULL);
        assert_true(summary.has_ipmi);
        assert_string_equal(summary.serial, "");
}

/* Every length of a good table is read without a crash, and gives only whole structures. */
static void test_cut(void **state) {
        add_memory(512, 0, "A1");
        size_t first = table_size;
        add_system(uuid_bytes);
        size_t all = table_size;
        for (size_t size = 0; size <= all; size++) {
                struct smbios_summary summary;
                size_t count = smbios_parse(table, size, 0x0300, &summary, NULL);
                assert_int_equal(count, size < first ? 0 : size < all ? 1 : 2);
        }
}

static void test_string_out_of_range(void **state) {
        const uint8_t formatted[4] = { 7, 200, 1, 0 };
        add(1, formatted, sizeof formatted, (const char *const[]){ "only", NULL });
        struct smbios_summary summary = parse(0x0300, NULL);
        assert_string_equal(summary.manufacturer, "");
        assert_string_equal(summary.product, "");
        assert_string_equal(summary.version, "only");
        assert_string_equal(summary.uuid, "");
}

static void test_entry_version(void **state) {
        assert_int_equal(smbios_entry_version((const unsigned char *) "_SM3_\1\x18\3\1", 9), 0x0301);
        assert_int_equal(smbios_entry_version((const unsigned char *) "_SM_\1\x1f\2\x8", 8), 0x0208);
        assert_int_equal(smbios_entry_version((const unsigned char *) "_SM3_\1\x18\3\1", 8), 0);
        assert_int_equal(smbios_entry_version((const unsigned char *) "junkjunk", 8), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_system, reset),         cmocka_unit_test_setup(test_uuid_not_set, reset),
                cmocka_unit_test_setup(test_memory_devices, reset), cmocka_unit_test_setup(test_memory_ranges, reset),
                cmocka_unit_test_setup(test_memory_arrays, reset),  cmocka_unit_test_setup(test_processors, reset),
                cmocka_unit_test_setup(test_ipmi_and_end, reset),   cmocka_unit_test_setup(test_cut, reset),
                cmocka_unit_test_setup(test_string_out_of_range, reset), cmocka_unit_test_setup(test_entry_version, reset),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
