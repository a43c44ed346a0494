/* What conditions of rules look at, and when they are fulfilled. */
#include "tests/unit/rule_fixture.h"

static bool matches(const char *condition) {
        char list[600];
        struct run_outcome outcome;
        snprintf(list, sizeof list, "[%s]", condition);
        _cleanup_(rules_freep) struct rules *rules = compile(make(list, "[]"));
        run(rules, &outcome);
        if (!outcome.node)
                fail_msg("%s: %s", condition, outcome.reason);
        bool matched = json_array_size(outcome.matched) == 1;
        clear(&outcome);
        return matched;
}

static void test_conditions(void **state) {
        static const struct {
                const char *condition;
                bool fulfilled;
        } cases[] = {
                { C("eq", "/inventory/serial", "'S1E5'"), true },
                { C("eq", "/inventory/serial", "'s1e5'"), false },
                { C("!eq", "/inventory/serial", "'x'"), true },
                { C("ne", "/inventory/serial", "'x'"), true },
                { C("ne", "/inventory/serial", "'S1E5'"), false },
                { C("eq", "/inventory/cpus", "8"), true },
                { C("eq", "/inventory/cpus", "'8'"), true },
                { C("eq", "/inventory/cpus", "8.0"), true },
                { C("eq", "/raw/inventory/cpu/count", "8"), true },
                { C("eq", "/raw/inventory/cpu/count", "'08'"), false }, /* two texts are compared as texts */
                { C("eq", "/raw/inventory/cpu/count", "'8'"), true },
                { C("eq", "/inventory/cpus", "'8 '"), false },
                { C("eq", "/inventory/cpus", "'0x8'"), false },
                { C("eq", "/inventory/cpus", "true"), false },
                { C("eq", "/node/tags", "['a', 'b']"), true },
                { C("eq", "/raw/none", "null"), true },
                { C("!eq", "/raw/none", "'x'"), true },
                { C("eq", "/inventory/memory", "'{/node/labels/ordered}'"), true },
                { C("lt", "/inventory/memory", "'{/node/labels/ordered}'"), false },
                { C("lt", "/inventory/memory", "'{/node/labels/none}'"), false },
                { C("lt", "/inventory/cpus", "9"), true },
                { C("lt", "/inventory/cpus", "8"), false },
                { C("le", "/inventory/cpus", "8"), true },
                { C("gt", "/inventory/cpus", "'7.5'"), true },
                { C("gt", "/inventory/cpus", "8"), false },
                { C("ge", "/raw/inventory/cpu/count", "8"), true },
                { C("ge", "/raw/half", "0.5"), true },
                { C("lt", "/inventory/serial", "5"), false }, /* has no order */
                { C("!lt", "/inventory/serial", "5"), true },
                { C("lt", "/raw/none", "5"), false },
                { C("gt", "/raw/inventory/hostname", "5"), false },
                { U("is-empty", "/inventory/errors"), true },
                { U("is-empty", "/inventory/cpuModel"), true },
                { U("is-empty", "/node/extra"), true },
                { U("is-empty", "/raw/none"), true },
                { U("is-empty", "/inventory/cpus"), false },
                { U("!is-empty", "/inventory/disks"), true },
                { C("in-net", "/node/bmcAddress", "'192.0.2.0/24'"), true },
                { C("in-net", "/node/bmcAddress", "'192.0.3.0/24'"), false },
                { C("in-net", "/node/bmcAddress", "['192.0.3.0/24', '192.0.2.7']"), true },
                { C("in-net", "/inventory/interfaces/*/addresses/*", "'2001:db8::/64'"), true },
                { C("in-net", "/inventory/bmcAddress", "'192.0.2.0/24'"), false },
                { C("!in-net", "/inventory/bmcAddress", "'192.0.2.0/24'"), true },
                { C("matches", "/inventory/product", "'PowerThing R[0-9]{3}'"), true },
                { C("matches", "/inventory/product", "'PowerThing'"), false },
                { C("matches", "/inventory/product", "'PowerThing|R640'"), false },
                { C("contains", "/inventory/product", "'PowerThing|Other'"), true },
                { C("contains", "/inventory/product", "'^R640'"), false },
                { C("contains", "/inventory/product", "'^Power'"), true },
                { C("contains", "/inventory/product", "'R640$'"), true },
                { C("contains", "/inventory/product", "'Thing$'"), false },
                { C("contains", "/inventory/cpus", "'^8$'"), true },
                { C("contains", "/node/tags", "'a'"), false },
                { C("contains", "/node/tags/*", "'^a'"), true },
                { C("one-of", "/inventory/cpus", "[4, 8]"), true },
                { C("one-of", "/inventory/cpus", "['4', '8']"), true },
                { C("one-of", "/inventory/cpus", "[]"), false },
                { C("one-of", "/inventory/serial", "['x', '{/node/serial}']"), true },
                { C("!one-of", "/inventory/serial", "['x']"), true },
                { U("is-none", "/inventory/bmcAddress"), true },
                { U("is-none", "/raw/none"), true },
                { U("is-none", "/inventory/cpuModel"), false },
                { U("!is-none", "/inventory/serial"), true },
                { U("is-true", "/node/ports/0/boots"), true },
                { U("is-true", "/raw/yes"), true },
                { U("is-true", "/raw/many"), true },
                { U("is-true", "/raw/none"), false },
                { U("is-false", "/raw/none"), false },
                { U("is-false", "/node/ports/1/boots"), true },
                { U("is-false", "/raw/yes"), false },
                { U("!is-false", "/raw/yes"), true },
                /* several values; a member that lacks it counts as null */
                { C("eq", "/inventory/disks/*/size", "1000"), true },
                { M("ge", "/inventory/disks/*/size", "500", "all"), true },
                { M("ge", "/inventory/disks/*/size", "501", "all"), false },
                { M("eq", "/inventory/disks/*/size", "500", "first"), true },
                { M("eq", "/inventory/disks/*/size", "1000", "first"), false },
                { M("eq", "/inventory/disks/*/size", "1000", "last"), true },
                { M("eq", "/inventory/disks/*/size", "500", "last"), false },
                { M("eq", "/inventory/disks/*/wwn", "'w1'", "all"), false },
                { UM("is-none", "/inventory/disks/*/wwn", "any"), true },
                { UM("is-none", "/inventory/disks/*/wwn", "all"), false },
                { UM("is-none", "/inventory/disks/*/wwn", "last"), true },
                { C("!eq", "/inventory/disks/*/size", "500"), true },
                { M("!eq", "/inventory/disks/*/size", "500", "all"), false },
                /* no member at all: one null */
                { M("ge", "/inventory/errors/*", "1", "all"), false },
                { UM("is-none", "/inventory/errors/*", "all"), true },
                { UM("is-none", "/inventory/errors/*", "last"), true },
                { C("eq", "/inventory/pluginData/pci_devices/gpu", "2"), true },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (matches(cases[i].condition) != cases[i].fulfilled)
                        fail_msg("%s should %sbe fulfilled", cases[i].condition, cases[i].fulfilled ? "" : "not ");
}

static void test_conditions_are_all_to_be_fulfilled(void **state) {
        assert_true(matches(""));
        assert_true(matches(C("eq", "/inventory/cpus", "8") ", " U("!is-none", "/inventory/serial")));
        assert_false(matches(C("eq", "/inventory/cpus", "8") ", " U("is-none", "/inventory/serial")));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_conditions_are_all_to_be_fulfilled),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
