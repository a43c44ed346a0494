/* A node as a document and back. */
#include "tests/unit/pxed_fixture.h"

#include <errno.h>

#include "pxed/identity.h"
#include "pxed/node_document.h"
#include "tests/unit/inspection_fixture.h"

static struct registry nodes;
static const struct junk no_junk;

static struct node *make(unsigned n) {
        struct mac mac = mac_of(n);
        struct node *node, *old;
        assert_int_equal(identity_new_node(&nodes, &no_junk, &mac, NULL, NOW, &node), 0);
        assert_int_equal(registry_put(&nodes, node, &old), 0);
        return node;
}

static int setup_nodes(void **state) {
        make(1);
        make(2);
        return 0;
}

static int teardown_nodes(void **state) {
        registry_clear(&nodes);
        return 0;
}

/* Takes over the document of node 1 with other members. */
static int apply(const char *members, struct node **ret, char reason[static 300], size_t *ret_conflicts) {
        struct mac mac = mac_of(1);
        struct document_conflict conflicts[4];
        struct node *copy = node_copy(registry_by_mac(&nodes, &mac));
        _cleanup_json_ json_t *document = node_document(copy), *more = quoted(members);
        json_object_update(document, more);
        *ret = copy;
        *reason = '\0';
        return node_document_apply(&nodes, copy, document, conflicts, 4, ret_conflicts, reason, 300);
}

static void test_round_trip(void **state) {
        const char *members =
                "{'name': 'one', 'uuid': '01234567-89ab-4cde-8f01-23456789abcd', 'serial': 'S', 'manufacturer': 'M', 'product': 'P',"
                "'architecture': 'x86_64', 'bootMode': 'uefi', 'cpus': 4, 'memory': 1099511627776, 'bmcAddress': '192.0.2.9',"
                "'tags': ['t'], 'labels': {'a': 'b'}, 'properties': {'cpus': 4, 'x': [1, {'y': null}]}, 'capabilities': {'boot_mode': 'uefi'},"
                "'traits': ['CUSTOM_X'], 'extra': {'k': 1.5}, 'rootDeviceHints': {'size': 10}, 'rootDevice': {'name': '/dev/sda', 'size': 7},"
                "'accelerators': [{'name': 'n', 'type': 'GPU', 'vendorId': '10de', 'productId': '1eb8', 'pciAddress': '0000:01:00.0'}],"
                "'ports': [{'mac': '52:54:00:00:00:05', 'boots': true, 'interface': 'eth5', 'switchChassis': 'c', 'switchPort': 'p',"
                "'switchName': 'n', 'switchVlan': 7, 'switchVlans': [7, 9], 'physicalNetwork': 'physnet1', 'expectedChassis': 'e',"
                "'expectedPort': 'f', 'portGroup': 'g', 'attachment': 'h', 'addresses': ['192.0.2.5', '2001:db8::5']}]}";
        struct node *node;
        char reason[300];
        size_t conflicts = 9;
        if (apply(members, &node, reason, &conflicts) != 0)
                fail_msg("%s", reason);
        assert_int_equal(conflicts, 0);
        assert_int_equal(node->n_ports, 1);
        assert_string_equal(node->ports[0].switch_vlans, "7 9");
        _cleanup_json_ json_t *document = node_document(node), *expected = quoted(members), *subset = json_object();
        const char *member;
        json_t *value;
        json_object_foreach(expected, member, value)
                json_object_set(subset, member, json_object_get(document, member));
        assert_json(subset, members);
        node_free(node);
        /* null and what is empty take away. */
        assert_int_equal(apply("{'serial': null, 'properties': {}, 'traits': [], 'tags': [], 'bootMode': null, 'uuid': '00000000-0000-0000-0000-000000000000'}",
                               &node, reason, &conflicts), 0);
        assert_null(node->properties);
        assert_null(node->traits);
        assert_null(node->tags);
        assert_false(node->has_uuid);
        node_free(node);
}

static void test_conflicts(void **state) {
        struct node *node;
        char reason[300];
        size_t conflicts;
        struct mac own = mac_of(1), added = mac_of(3), foreign = mac_of(2);
        assert_int_equal(apply("{'ports': [{'mac': '52:54:00:00:00:02', 'boots': true}, {'mac': '52:54:00:00:00:03', 'boots': false}]}", &node, reason,
                               &conflicts), 0);
        assert_int_equal(conflicts, 1);
        assert_null(node_port(node, &own));
        assert_null(node_port(node, &foreign));
        assert_non_null(node_port(node, &added));
        node_free(node);
}

static void test_refused(void **state) {
        static const struct {
                const char *members, *reason;
        } cases[] = {
                { "{'cpus': 'many'}", "node.cpus is not as org.pxed.Node says" },
                { "{'cpus': -1}", "cpus: less than none" },
                { "{'colour': 'red'}", "node.colour" },
                { "{'ports': [{'mac': '52:54:00:00:00:01', 'boots': 1}]}", "node.ports[0].boots" },
                { "{'ports': [{'mac': 'x', 'boots': true}]}", "ports[0].mac: \"x\"" },
                { "{'ports': [{'mac': '52:54:00:00:00:01', 'boots': true, 'physicalNetwork': 'a b'}]}", "ports[0].physicalNetwork" },
                { "{'id': 'other'}", "id: a node's id never changes" },
                { "{'name': 'node-525400000002'}", "name \"node-525400000002\": another node is called" },
                { "{'name': '52:54:00:00:00:09'}", "neither a MAC nor a UUID" },
                { "{'name': null}", "node.name" },
                { "{'uuid': 'x'}", "uuid: \"x\" is no UUID" },
                { "{'bootMode': 'floppy'}", "node.bootMode" },
                { "{'rootDevice': {'size': 1}}", "node.rootDevice.name" },
                { "{'traits': ['a-b']}", "traits: \"a-b\" is no trait" },
                { "{'capabilities': {'a:b': 'c'}}", "capabilities: \"a:b\" is no name" },
                { "{'capabilities': {'a': 'c,d'}}", "capabilities: a: a value" },
                { "{'capabilities': {'a': 1}}", "node.capabilities" },
                { "{'extra': {'a': [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}}", "extra: nested" },
                { "{'tags': ['']}", "tags: a tag has" },
        };
        struct node *node;
        char reason[300];
        size_t conflicts;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                assert_int_equal(apply(cases[i].members, &node, reason, &conflicts), -EINVAL);
                if (!strstr(reason, cases[i].reason))
                        fail_msg("\"%s\" does not say \"%s\"", reason, cases[i].reason);
                node_free(node);
        }
}

/* `count` members between `before` and `after`, in each of which '#' is a number of four digits. */
static char *numbered(const char *before, size_t count, const char *member, const char *after) {
        char *text;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        fputs(before, file);
        for (size_t i = 0; i < count; i++) {
                fputs(i ? "," : "", file);
                for (const char *at = member; *at; at++)
                        *at == '#' ? fprintf(file, "%04zx", i) : fputc(*at, file);
        }
        fputs(after, file);
        fclose(file);
        return text;
}

static void assert_bound(const char *before, size_t max, const char *member, const char *after, const char *expected) {
        _cleanup_free_ char *most = numbered(before, max, member, after), *more = numbered(before, max + 1, member, after);
        struct node *node;
        char reason[300];
        size_t conflicts;
        if (apply(most, &node, reason, &conflicts) != 0)
                fail_msg("%s", reason);
        node_free(node);
        assert_int_equal(apply(more, &node, reason, &conflicts), -EINVAL);
        assert_string_equal(reason, expected);
        node_free(node);
}

static void test_bounds(void **state) {
        assert_bound("{'traits':[", 50, "'T#'", "]}", "traits: more than 50");
        assert_bound("{'tags':[", 64, "'t#'", "]}", "tags: more than 64");
        assert_bound("{'capabilities':{", 64, "'c#':'x'", "}}", "capabilities: more than 64");
        assert_bound("{'properties':{", 256, "'p#':1", "}}", "properties: more than 256 members");
        assert_bound("{'ports':[", 64, "{'mac':'52540001#','boots':false}", "]}", "ports: more than 64");
        assert_bound("{'extra':{'x':[", (16384 - 8 + 1) / 7, "'#'", "]}}", "extra: more than 16384 bytes of JSON");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip), cmocka_unit_test(test_conflicts),
                cmocka_unit_test(test_refused),    cmocka_unit_test(test_bounds),
        };
        return cmocka_run_group_tests(tests, setup_nodes, teardown_nodes);
}
