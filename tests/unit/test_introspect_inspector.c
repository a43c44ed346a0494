/* introspect/inspector_target, inspector_document: what a controller asks for, and how nodes and inventories are told to it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "introspect/inspector_document.h"
#include "introspect/inspector_target.h"

static void test_paths(void **state) {
        static const struct {
                const char *pattern, *path, *node; /* NULL: it is another path */
        } cases[] = {
                { "/", "/", "" },
                { "/", "", NULL },
                { "/v1", "/v1", "" },
                { "/v1", "/v1/", "" },
                { "/v1", "/v1//", NULL },
                { "/v1", "/v11", NULL },
                { "/v1/introspection", "/v1/introspection/x", NULL },
                { "/v1/introspection/*", "/v1/introspection", NULL },
                { "/v1/introspection/*", "/v1/introspection/", NULL },
                { "/v1/introspection/*", "/v1/introspection/n-1_a.b", "n-1_a.b" },
                { "/v1/introspection/*", "/v1/introspection/52:54:00:00:00:01/", "52:54:00:00:00:01" },
                { "/v1/introspection/*", "/v1/introspection/n/data", NULL },
                { "/v1/introspection/*/data", "/v1/introspection/n/data", "n" },
                { "/v1/introspection/*/data", "/v1/introspection//data", NULL },
                { "/v1/introspection/*/data", "/v1/introspection/a b/data", "" },
                { "/v1/introspection/*/data", "/v1/introspection/a\xff/data", "" },
                { "/v1/introspection/*/data",
                  "/v1/introspection/x123456789012345678901234567890123456789012345678901234567890123/data", "" },
                { "/v1/introspection/*/data",
                  "/v1/introspection/x12345678901234567890123456789012345678901234567890123456789012/data",
                  "x12345678901234567890123456789012345678901234567890123456789012" },
        };
        char node[INSPECTOR_NODE_SIZE];

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                bool matches = inspector_match(cases[i].pattern, cases[i].path, node);
                if (matches != (cases[i].node != NULL) || (matches && strcmp(node, cases[i].node) != 0))
                        fail_msg("case %zu: %d '%s'", i, matches, node);
        }
}

static void test_versions(void **state) {
        static const struct {
                const char *own, *common;
                int result;
        } cases[] = {
                { NULL, NULL, 0 },
                { "1.0", NULL, 0 },
                { INSPECTOR_VERSION_OLDEST, NULL, 0 },
                { INSPECTOR_VERSION, NULL, 0 },
                { "latest", NULL, 0 },
                { "Latest", NULL, 0 },
                { "1.19", NULL, -ERANGE },
                { "0.9", NULL, -ERANGE },
                { "2.0", NULL, -ERANGE },
                { "99999.99999", NULL, -ERANGE },
                { "999999.1", NULL, -EINVAL },
                { "1", NULL, -EINVAL },
                { "1.", NULL, -EINVAL },
                { ".1", NULL, -EINVAL },
                { "", NULL, -EINVAL },
                { "1.5 ", NULL, -EINVAL },
                { NULL, "baremetal-introspection 1.5", 0 },
                { NULL, "baremetal-introspection 1.50", -ERANGE },
                { NULL, "baremetal-introspection", 0 },
                { NULL, "baremetal 1.90", 0 },
                { "1.5", "baremetal-introspection 1.50", 0 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (inspector_check_version(cases[i].own, cases[i].common) != cases[i].result)
                        fail_msg("case %zu", i);
}

static void test_tags(void **state) {
        static const char *const matching[] = { "*", "\"7\"", "W/\"7\"", "\"1\",\"7\"", "\"1\" , W/\"7\"", ",,\"7\"" };
        static const char *const others[] = { "", "7", "\"77\"", "\"7", "\"7-1\"", "x, \"7\"", "W/7", "\"\"" };
        static const struct {
                const char *header;
                int result;
        } cases[] = {
                { NULL, -ENODATA }, { "*", -ENODATA }, { "\"7\"", 0 },         { "\"7-3\"", 0 },     { " \"7\" ", 0 },    { "W/\"7\"", -EINVAL }, { "7", -EINVAL },
                { "", -EINVAL },    { "\"", -EINVAL }, { "\"x\"", -EINVAL },   { "\"7x\"", -EINVAL }, { "\"-3\"", -EINVAL }, { "\"\"", -EINVAL },
                { "\"7\", \"8\"", -E2BIG },            { "\"9999999999999999999\"", -EINVAL },
        };
        char etag[INSPECTOR_ETAG_SIZE];
        uint64_t revision;

        assert_string_equal(inspector_etag(UINT64_MAX, UINT64_MAX, etag), "\"18446744073709551615-18446744073709551615\"");
        assert_string_equal(inspector_etag(7, 0, etag), "\"7\"");
        assert_false(inspector_none_match(NULL, etag));
        for (size_t i = 0; i < ELEMENTS(matching); i++)
                if (!inspector_none_match(matching[i], etag))
                        fail_msg("%s", matching[i]);
        for (size_t i = 0; i < ELEMENTS(others); i++)
                if (inspector_none_match(others[i], etag))
                        fail_msg("%s", others[i]);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                revision = 7;
                if (inspector_if_match(cases[i].header, &revision) != cases[i].result || revision != 7)
                        fail_msg("case %zu", i);
        }
}

static void test_lists(void **state) {
        struct inspector_list list;

        assert_null(inspector_parse_list(NULL, NULL, NULL, &list));
        assert_int_equal(list.limit, INSPECTOR_LIST_MAX);
        assert_true(list.states == ~0u && !list.marker);
        assert_null(inspector_parse_list("0", "n1", "waiting,error,starting", &list));
        assert_int_equal(list.limit, INSPECTOR_LIST_MAX);
        assert_int_equal(list.states, 1u << 0 | 1u << 5);
        assert_null(inspector_parse_list("1000", NULL, "", &list));
        assert_int_equal(list.states, 0);
        assert_non_null(inspector_parse_list("1001", NULL, NULL, &list));
        assert_non_null(inspector_parse_list("", NULL, NULL, &list));
        assert_non_null(inspector_parse_list("5x", NULL, NULL, &list));
        assert_non_null(inspector_parse_list(NULL, "a/b", NULL, &list));
        assert_non_null(inspector_parse_list(NULL, "", NULL, &list));
        assert_non_null(inspector_parse_list(NULL, NULL, "waiting,none", &list));
        assert_non_null(inspector_parse_list(NULL, NULL, "finished-but-much-too-long", &list));
}

static void test_hosts(void **state) {
        assert_string_equal(inspector_host("[2001:db8::1]:5051"), "[2001:db8::1]:5051");
        assert_string_equal(inspector_host(NULL), "localhost");
        assert_string_equal(inspector_host(""), "localhost");
        assert_string_equal(inspector_host("a/b"), "localhost");
        assert_string_equal(inspector_host("a\"b"), "localhost");
}

static json_t *parse(const char *text) {
        json_t *value = json_loads(text, 0, NULL);

        assert_non_null(value);
        return value;
}

/* The same as `expected`, which is JSON. */
static void assert_json(json_t *value, const char *expected) {
        _cleanup_json_ json_t *wanted = json_loads(expected, 0, NULL);
        char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

        assert_non_null(wanted);
        if (!json_equal(value, wanted))
                fail_msg("%s", text);
        free(text);
}

static void test_status(void **state) {
        static const struct {
                const char *inspection, *expected; /* NULL: none was begun */
        } cases[] = {
                { "{\"state\":\"none\"}", NULL },
                { "{}", NULL },
                { "{\"state\":\"waiting\",\"started\":1790000000999999,\"finished\":null,\"error\":null}",
                  "\"finished\":false,\"state\":\"waiting\",\"started_at\":\"2026-09-21T14:13:20\",\"finished_at\":null,\"error\":null" },
                /* when the run before ended is not when this one did */
                { "{\"state\":\"reapplying\",\"started\":1790000000000000,\"finished\":1780000000000000}",
                  "\"finished\":false,\"state\":\"reapplying\",\"started_at\":\"2026-09-21T14:13:20\",\"finished_at\":null,\"error\":null" },
                { "{\"state\":\"finished\",\"started\":1790000000000000,\"finished\":1790000060000000}",
                  "\"finished\":true,\"state\":\"finished\",\"started_at\":\"2026-09-21T14:13:20\",\"finished_at\":\"2026-09-21T14:14:20\",\"error\":null" },
                { "{\"state\":\"error\",\"started\":1790000000000000,\"finished\":1790000060000000,\"error\":\"it burns\",\"hook\":\"memory\"}",
                  "\"finished\":true,\"state\":\"error\",\"started_at\":\"2026-09-21T14:13:20\",\"finished_at\":\"2026-09-21T14:14:20\",\"error\":\"it burns\"" },
                { "{\"state\":\"error\"}",
                  "\"finished\":true,\"state\":\"error\",\"started_at\":null,\"finished_at\":null,\"error\":null" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *node = json_pack("{s:s, s:o}", "id", "ID", "inspection", parse(cases[i].inspection));
                assert_int_equal(inspector_state(node) >= 0, cases[i].expected != NULL);
                if (!cases[i].expected) {
                        assert_true(inspector_has_ended(node));
                        continue;
                }
                _cleanup_json_ json_t *status = inspector_status(node, "host:1");
                _cleanup_free_ char *expected = NULL;
                assert_true(asprintf(&expected, "{\"uuid\":\"ID\",%s,\"links\":[{\"rel\":\"self\",\"href\":\"http://host:1/v1/introspection/ID\"}]}",
                                     cases[i].expected) > 0);
                assert_json(status, expected);
                assert_int_equal(json_is_true(json_object_get(status, "finished")), inspector_has_ended(node));
        }
}

#define NODE                                                                                                                                                   \
        "{\"ports\":[{\"mac\":\"52:54:00:00:00:01\"}],\"rootDevice\":{\"name\":\"/dev/sdb\"},\"properties\":{\"local_gb\":\"19\"}}"
#define INVENTORY                                                                                                                                              \
        "{\"cpus\":4,\"memory\":1073741824,\"architecture\":\"x86_64\",\"bmcAddress\":\"192.0.2.9\",\"interfaces\":["                                          \
        "{\"name\":\"e0\",\"mac\":\"52:54:00:00:00:01\",\"addresses\":[\"2001:db8::5\",\"192.0.2.5\"],\"boots\":true,\"lldp\":{\"switch_port_id\":\"p1\"}},"   \
        "{\"name\":\"e1\",\"mac\":\"52:54:00:00:00:02\",\"addresses\":[\"2001:db8::6\"],\"boots\":false}],"                                                    \
        "\"pluginData\":{\"pci_devices\":{\"GPU\":1},\"raid_device\":\"x\"}}"
#define RAW                                                                                                                                                    \
        "{\"logs\":\"L\",\"pci_devices\":[1],\"root_disk\":{\"name\":\"/dev/sda\"},\"inventory\":{\"disks\":[{\"name\":\"/dev/sda\"},"                          \
        "{\"name\":\"/dev/sdb\",\"size\":5}],\"interfaces\":[{\"name\":\"e0\",\"mac_address\":\"52:54:00:00:00:01\",\"vendor\":\"v\"}]}}"
#define E0                                                                                                                                                     \
        "\"e0\":{\"name\":\"e0\",\"mac_address\":\"52:54:00:00:00:01\",\"vendor\":\"v\",\"ip\":\"192.0.2.5\",\"mac\":\"52:54:00:00:00:01\","                    \
        "\"client_id\":null,\"pxe\":true,\"pxe_enabled\":true,\"lldp_processed\":{\"switch_port_id\":\"p1\"}}"
#define ALL                                                                                                                                                    \
        "\"all_interfaces\":{" E0 ",\"e1\":{\"ip\":\"2001:db8::6\",\"mac\":\"52:54:00:00:00:02\",\"client_id\":null,\"pxe\":false,\"pxe_enabled\":false}},"     \
        "\"macs\":[\"52:54:00:00:00:01\"],\"root_disk\":{\"name\":\"/dev/sdb\",\"size\":5},\"error\":null,\"pci_devices\":[1],\"raid_device\":\"x\""
#define POSTED                                                                                                                                                 \
        "\"inventory\":{\"disks\":[{\"name\":\"/dev/sda\"},{\"name\":\"/dev/sdb\",\"size\":5}],"                                                               \
        "\"interfaces\":[{\"name\":\"e0\",\"mac_address\":\"52:54:00:00:00:01\",\"vendor\":\"v\"}]}"

static void test_data(void **state) {
        _cleanup_json_ json_t *node = parse(NODE), *inventory = parse(INVENTORY), *raw = parse(RAW), *data = inspector_data(node, inventory, raw);

        assert_json(data, "{" POSTED "," ALL ",\"interfaces\":{" E0 "},\"cpus\":4,\"memory_mb\":1024,\"cpu_arch\":\"x86_64\",\"local_gb\":19,"
                          "\"ipmi_address\":\"192.0.2.9\"}");
}

static void test_inventory(void **state) {
        _cleanup_json_ json_t *node = parse(NODE), *inventory = parse(INVENTORY), *raw = parse(RAW), *answer = inspector_inventory(node, inventory, raw);

        assert_json(answer, "{" POSTED ",\"plugin_data\":{" ALL ",\"valid_interfaces\":{" E0 "}}}");
}

/* Of a ramdisk that failed early there is no more than its word. */
static void test_nothing_posted(void **state) {
        _cleanup_json_ json_t *node = parse("{\"ports\":[]}"), *inventory = parse("{\"interfaces\":[]}"), *raw = parse("{\"error\":\"no disk\"}");
        _cleanup_json_ json_t *other = json_deep_copy(raw), *data = inspector_data(node, inventory, raw), *answer = inspector_inventory(node, inventory, other);

        assert_json(data, "{\"error\":\"no disk\",\"all_interfaces\":{},\"interfaces\":{},\"macs\":[]}");
        assert_json(answer, "{\"inventory\":{},\"plugin_data\":{\"error\":\"no disk\",\"all_interfaces\":{},\"valid_interfaces\":{},\"macs\":[]}}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_paths),     cmocka_unit_test(test_versions),  cmocka_unit_test(test_tags),
                cmocka_unit_test(test_lists),     cmocka_unit_test(test_hosts),     cmocka_unit_test(test_status),
                cmocka_unit_test(test_data),      cmocka_unit_test(test_inventory), cmocka_unit_test(test_nothing_posted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
