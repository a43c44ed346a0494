/* Plans of interfaces: each difference and each fault by itself, and what holds for any state. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "netcfg/plan.h"
#include "netcfg/repair_pace.h"

static struct ip_prefix prefix(const char *text) {
        struct ip_prefix parsed;

        assert_int_equal(ip_prefix_parse(text, &parsed), 0);
        return parsed;
}

/* ---- a state of the kernel, from text: "1 eth0 up mtu=1500 a=192.0.2.1/24 ..." a line */

static void take_word(struct link_table *table, struct link *link, const char *word) {
        unsigned number;
        struct link_address *address;

        if (strcmp(word, "up") == 0) {
                link->up = true;
        } else if (strcmp(word, "bridge") == 0) {
                link->kind = LINK_BRIDGE;
        } else if (strcmp(word, "promotes") == 0) {
                link->promotes = true;
        } else if (sscanf(word, "mtu=%u", &number) == 1) {
                link->mtu = number;
        } else if (sscanf(word, "max=%u", &number) == 1) {
                link->mtu_max = number;
        } else if (sscanf(word, "on=%u", &number) == 1) {
                link->parent = (int) number;
        } else if (sscanf(word, "master=%u", &number) == 1) {
                link->master = (int) number;
        } else if (sscanf(word, "vlan=%u", &number) == 1) {
                link->kind = LINK_VLAN;
                link->vlan = (uint16_t) number;
        } else if (strncmp(word, "of=", 3) == 0) {
                link_alias(word + 3, link->alias);
        } else {
                /* a=foreign o=ours s=foreign secondary p=ours secondary d=ours, but another machine's r=by a router */
                assert_true(word[0] && word[1] == '=');
                int index = link->index;
                assert_non_null(address = link_table_add_address(table));
                address->link = index;
                address->prefix = prefix(word + 2);
                address->origin = strchr("opd", word[0]) ? ADDRESS_ORIGIN_PXED : 0;
                address->secondary = word[0] == 's' || word[0] == 'p';
                address->duplicate = word[0] == 'd';
                address->automatic = word[0] == 'r';
        }
}

static void make_table(const char *text, struct link_table *ret) {
        char copy[1024], *line_state, *word_state;

        *ret = (struct link_table) {};
        snprintf(copy, sizeof(copy), "%s", text);
        for (char *line = strtok_r(copy, "\n", &line_state); line; line = strtok_r(NULL, "\n", &line_state)) {
                struct link *link = link_table_add_link(ret);
                assert_non_null(link);
                link->index = atoi(strtok_r(line, " ", &word_state));
                link->mtu = 1500;
                snprintf(link->name, sizeof(link->name), "%s", strtok_r(NULL, " ", &word_state));
                for (char *word; (word = strtok_r(NULL, " ", &word_state));)
                        take_word(ret, link, word);
        }
}

static struct link_wanted want(const char *interface, const char *parent, unsigned vlan) {
        struct link_wanted wanted = { .network = "lab", .vlan = (uint16_t) vlan, .address = prefix("192.0.2.1/24") };

        snprintf(wanted.interface, sizeof(wanted.interface), "%s", interface);
        snprintf(wanted.parent, sizeof(wanted.parent), "%s", parent);
        return wanted;
}

/* Deeds, then faults after "! ", joined by "; ". */
static const char *show(const struct plan *plan, char *buffer, size_t size) {
        struct action_text text;
        size_t used = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < plan->action_count; i++) {
                action_describe(&plan->actions[i], &text);
                used += (size_t) snprintf(buffer + used, size - used, "%s%s", used ? "; " : "", text.deed);
        }
        for (size_t i = 0; i < plan->fault_count; i++)
                used += (size_t) snprintf(buffer + used, size - used, "%s! %s", used ? "; " : "", plan->faults[i]);
        return buffer;
}

/* `expected`: the whole text of `show`, or its beginning where it ends in "...". */
static void check(const char *name, const struct plan *plan, const char *expected) {
        char shown[4096];
        size_t size = strlen(expected);

        show(plan, shown, sizeof(shown));
        bool beginning = size > 3 && strcmp(expected + size - 3, "...") == 0;
        if (beginning ? strncmp(shown, expected, size - 3) != 0 : strcmp(shown, expected) != 0)
                fail_msg("%s:\n  is       %s\n  expected %s", name, shown, expected);
}

static void check_network(const char *kernel, const struct link_wanted *wanted, const char *expected) {
        struct link_table table;
        struct plan plan;

        make_table(kernel, &table);
        plan_network(&table, wanted, &plan);
        check(kernel, &plan, expected);
        link_table_clear(&table);
}

/* ---- tables */

static void test_untagged(void **state) {
        static const struct {
                const char *kernel, *expected;
        } cases[] = {
                { "1 lo up", "! There is no interface eth1: create it, or name another one in the network's section of the configuration" },
                { "1 eth1 up a=192.0.2.1/24", "" },
                { "1 eth1 up o=192.0.2.1/24", "" },
                { "1 eth1 a=192.0.2.1/24", "set eth1 up" },
                { "1 eth1 up", "add the address 192.0.2.1/24 to eth1" },
                { "1 eth1", "set eth1 up; add the address 192.0.2.1/24 to eth1" },
                /* a foreign address stays, also with another prefix length; one of ours goes */
                { "1 eth1 up a=192.0.2.1/16 a=198.51.100.1/24", "add the address 192.0.2.1/24 to eth1" },
                { "1 eth1 up o=192.0.2.1/16", "delete the address 192.0.2.1/16 from eth1; add the address 192.0.2.1/24 to eth1" },
                { "1 eth1 up a=192.0.2.1/24 o=192.0.2.9/24 o=2001:db8::1/64",
                  "delete the address 192.0.2.9/24 from eth1; delete the address 2001:db8::1/64 from eth1" },
                /* the wanted one would go with the old one: it is added again */
                { "1 eth1 up o=192.0.2.9/24 p=192.0.2.1/24", "delete the address 192.0.2.9/24 from eth1; add the address 192.0.2.1/24 to eth1" },
                /* a foreign one would go with it */
                { "1 eth1 up o=192.0.2.9/24 s=192.0.2.7/24 a=192.0.2.1/32",
                  "add the address 192.0.2.1/24 to eth1; ! The address 192.0.2.9/24 of eth1 is wanted no more, but is not deleted because the kernel "
                  "would delete 192.0.2.7/24 with it: sysctl -w net.ipv4.conf.eth1.promote_secondaries=1; ip address del 192.0.2.9/24 dev eth1" },
                { "1 eth1 up promotes o=192.0.2.9/24 s=192.0.2.7/24 a=192.0.2.1/24", "delete the address 192.0.2.9/24 from eth1" },
                { "1 eth1 up\n2 br0 up bridge a=192.0.2.1/24",
                  "! The network's address is on the interface br0 instead of eth1: say interface = br0 in the network's section of the configuration, "
                  "or ip address del 192.0.2.1/24 dev br0" },
                { "1 eth1 up\n2 eth2 up o=192.0.2.1/24", "add the address 192.0.2.1/24 to eth1" },
                { "1 eth1 up master=2\n2 br0 up bridge", "! The interface eth1 is a port of the bridge br0, which takes its packets: ..." },
                { "1 eth1 up master=2 a=192.0.2.1/24\n2 bond0 up", "" },
        };
        struct link_wanted wanted = want("eth1", "", 0);

        for (size_t i = 0; i < ELEMENTS(cases); i++)
                check_network(cases[i].kernel, &wanted, cases[i].expected);
}

static void test_mtu_and_ipv6(void **state) {
        static const struct {
                const char *kernel, *expected;
        } cases[] = {
                { "1 eth1 up mtu=9000 a=192.0.2.1/24 a=2001:db8::1/64", "" },
                { "1 eth1 up a=192.0.2.1/24", "set the MTU of eth1 to 9000 (it was 1500); add the address 2001:db8::1/64 to eth1" },
                { "1 eth1 up max=1500 a=192.0.2.1/24 a=2001:db8::1/64", "! The MTU of eth1 cannot be 9000 because the card takes 1500 at most: ..." },
                { "1 eth1 up mtu=9000 a=192.0.2.1/24 a=2001:db8::1/48",
                  "! The interface eth1 has the network's address with prefix length 48 instead of 64: ip address del 2001:db8::1/48 dev eth1" },
                { "1 eth1 up mtu=9000 a=192.0.2.1/24 o=2001:db8::1/48",
                  "delete the address 2001:db8::1/48 from eth1; add the address 2001:db8::1/64 to eth1" },
                { "1 eth1 up mtu=9000 a=192.0.2.1/24 d=2001:db8::1/64",
                  "! The address 2001:db8::1/64 of eth1 is not used because another machine has it too: give one of them another address" },
        };
        struct link_wanted wanted = want("eth1", "", 0);

        wanted.mtu = 9000;
        wanted.address6 = prefix("2001:db8::1/64");
        wanted.has_address6 = true;
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                check_network(cases[i].kernel, &wanted, cases[i].expected);
}

static void test_vlan(void **state) {
        static const struct {
                const char *kernel, *expected;
                unsigned mtu;
        } cases[] = {
                { "1 lo up", "! There is no interface eth1, which VLAN 42 is on: ...", 0 },
                { "1 eth1 up", "create eth1.42 on eth1 (VLAN 42); set eth1.42 up; add the address 192.0.2.1/24 to eth1.42", 0 },
                { "1 eth1", "create eth1.42 on eth1 (VLAN 42); set eth1 up; set eth1.42 up; add the address 192.0.2.1/24 to eth1.42", 0 },
                { "1 eth1 up mtu=9000", "create eth1.42 on eth1 (VLAN 42); set the MTU of eth1.42 to 1400 (it was 9000); set eth1.42 up; "
                                        "add the address 192.0.2.1/24 to eth1.42", 1400 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=42 of=lab o=192.0.2.1/24",
                  "! The MTU of eth1.42 cannot be 9000 because that of eth1, which it is on, is 1500: ip link set eth1 mtu 9000", 9000 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=42 of=lab o=192.0.2.1/24", "", 0 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=42 a=192.0.2.1/24", "", 0 }, /* somebody else's does as well */
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=42 of=old a=192.0.2.1/24", "give eth1.42 the alias \"pxed: network lab\"", 0 },
                /* another kind, id or parent: anew if ours */
                { "1 eth1 up\n2 eth1.42 up", "! The interface eth1.42 is there, but is not VLAN 42 on eth1, and pxed-netcfg did not make it: ...", 0 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=43", "! The interface eth1.42 is there, but is not VLAN 42 on eth1, and ...", 0 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=43 of=lab o=192.0.2.1/24 a=fe80::1/64 r=2001:db8::9/64",
                  "delete eth1.42; create eth1.42 on eth1 (VLAN 42); set eth1.42 up; add the address 192.0.2.1/24 to eth1.42", 0 },
                { "1 eth1 up\n2 eth1.42 up on=3 vlan=42 of=lab\n3 eth2 up",
                  "delete eth1.42; create eth1.42 on eth1 (VLAN 42); set eth1.42 up; add the address 192.0.2.1/24 to eth1.42", 0 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=43 of=lab a=10.0.0.1/8",
                  "! The interface eth1.42 is wanted no more as pxed-netcfg made it, but is not deleted because it has the address 10.0.0.1/8, ...", 0 },
                { "1 eth1 up\n2 eth1.42 up on=1 vlan=43 of=lab\n3 macvlan0 on=2",
                  "! The interface eth1.42 is wanted no more as pxed-netcfg made it, but is not deleted because macvlan0, which lies on it, ...", 0 },
                { "1 eth1 up\n2 vlan42 up on=1 vlan=42", "! VLAN 42 on eth1 is the interface vlan42 already: say vlan-interface = vlan42 in ...", 0 },
                { "1 eth1 up\n2 eth2.42 up on=3 vlan=42\n3 eth2 up",
                  "create eth1.42 on eth1 (VLAN 42); set eth1.42 up; add the address 192.0.2.1/24 to eth1.42", 0 },
        };
        struct link_wanted wanted = want("eth1.42", "eth1", 42);

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                wanted.mtu = cases[i].mtu;
                check_network(cases[i].kernel, &wanted, cases[i].expected);
        }
}

static void test_leftovers(void **state) {
        static const char *const kept[] = { "eth1", "eth1.42" };
        static const struct {
                const char *kernel, *expected;
        } cases[] = {
                { "1 eth1 up o=192.0.2.1/24\n2 eth1.42 up on=1 vlan=42 of=lab o=198.51.100.1/24", "" },
                { "1 eth2 up a=192.0.2.1/24\n2 eth2.42 up on=1 vlan=42 a=198.51.100.1/24", "" },
                { "1 eth2 up a=192.0.2.1/24 o=192.0.3.1/24\n2 eth2.42 up on=1 vlan=42 of=old o=198.51.100.1/24",
                  "delete the address 192.0.3.1/24 from eth2; delete eth2.42" },
                { "1 eth2 up\n2 eth2.42 up on=1 vlan=42 of=old a=198.51.100.1/24",
                  "! The interface eth2.42 is wanted no more as pxed-netcfg made it, but is not deleted because it has the address 198.51.100.1/24, "
                  "which something else gave it: ip link delete eth2.42" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct link_table table;
                struct plan plan;
                make_table(cases[i].kernel, &table);
                plan_leftovers(&table, kept, ELEMENTS(kept), &plan);
                check(cases[i].kernel, &plan, cases[i].expected);
                link_table_clear(&table);
        }
}

static void test_neighbour_limits(void **state) {
        struct link_table table = { .neighbours4 = { 512, 1024 }, .neighbours6 = { 512, 1024 } };
        struct plan plan;

        plan_neighbours(&table, 512, 0, &plan);
        check("enough", &plan, "");
        plan_neighbours(&table, 600, 512, &plan);
        check("hard one is raised too", &plan, "raise the kernel's limits of IPv4 neighbours to 600 and 1200 (they were 512 and 1024)");
        table.neighbours4 = (struct neighbour_limits) { 512, 100000 };
        plan_neighbours(&table, 600, 1000, &plan);
        check("never lowered", &plan, "raise the kernel's limits of IPv4 neighbours to 600 and 100000 (they were 512 and 100000); "
                                      "raise the kernel's limits of IPv6 neighbours to 1000 and 2000 (they were 512 and 1024)");
        plan_neighbours(&table, 0, UINT64_MAX, &plan);
        check("bounded", &plan, "raise the kernel's limits of IPv6 neighbours to 262144 and 524288 (they were 512 and 1024)");
        table = (struct link_table) {};
        plan_neighbours(&table, 600, 1000, &plan);
        check("unknown", &plan, "");
}

static void test_wanted(void **state) {
        static const struct {
                const char *changes; /* of a good entry */
                uint64_t machines;
                int result;
        } cases[] = {
                { "{}", 0, 0 },
                { "{'poolStart': '192.0.2.10', 'poolEnd': '192.0.2.10'}", 1, 0 },
                { "{'poolStart': '0.0.0.0', 'poolEnd': '255.255.255.255'}", 1ull << 32, 0 },
                { "{'poolStart': '192.0.2.11', 'poolEnd': '192.0.2.10'}", 0, 0 },
                { "{'poolStart': '2001:db8::1', 'poolEnd': '2001:db8::2'}", 0, 0 },
                { "{'vlan': 4094, 'parent': 'eth1', 'mtu': 9000, 'address6': '2001:db8::1/64', 'manage': 'repair'}", 0, 0 },
                { "{'vlan': 4095, 'parent': 'eth1'}", 0, -EINVAL },
                { "{'vlan': 65536, 'parent': 'eth1'}", 0, -EINVAL },
                { "{'vlan': 42}", 0, -EINVAL },
                { "{'vlan': 42, 'parent': 'a-name-of-16-cha'}", 0, -EINVAL },
                { "{'mtu': -1}", 0, -EINVAL },
                { "{'mtu': 4294968796}", 0, -EINVAL },
                { "{'interface': ''}", 0, -EINVAL },
                { "{'interface': 'a-name-of-16-cha'}", 0, -EINVAL },
                { "{'address': '192.0.2.1'}", 0, -EINVAL },
                { "{'address6': 'nonsense'}", 0, -EINVAL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *entry = json_pack("{s:s, s:s, s:s}", "name", "lab", "interface", "eth1.42", "address", "192.0.2.1/24");
                char text[256];
                snprintf(text, sizeof(text), "%s", cases[i].changes);
                for (char *quote; (quote = strchr(text, '\''));)
                        *quote = '"';
                _cleanup_json_ json_t *changes = json_parse(text, strlen(text), JSON_DEPTH_MAX, NULL);
                assert_int_equal(json_object_update(entry, changes), 0);
                struct link_wanted wanted = {};
                assert_int_equal(link_wanted_parse(entry, &wanted), cases[i].result);
                assert_int_equal(wanted.machines, cases[i].machines);
        }
}

static void test_report(void **state) {
        struct link_wanted wanted = want("eth1.42", "eth1", 42);
        struct link_table table;
        struct plan plan;
        char text[1024], tiny[40];

        wanted.mtu = 9000;
        make_table("1 eth1", &table);
        plan_network(&table, &wanted, &plan);
        assert_string_equal(plan_report(&plan, true, text, sizeof(text)),
                            "The MTU of eth1.42 cannot be 9000 because that of eth1, which it is on, is 1500: ip link set eth1 mtu 9000; "
                            "There is no interface eth1.42: ip link add link eth1 name eth1.42 type vlan id 42; "
                            "The interface eth1 is down: ip link set eth1 up; The interface eth1.42 is down: ip link set eth1.42 up; "
                            "The interface eth1.42 does not have the network's address 192.0.2.1/24: ip address add 192.0.2.1/24 dev eth1.42");
        assert_string_equal(plan_report(&plan, false, text, sizeof(text)),
                            "The MTU of eth1.42 cannot be 9000 because that of eth1, which it is on, is 1500: ip link set eth1 mtu 9000");
        assert_string_equal(plan_report(&plan, true, tiny, sizeof(tiny)), "The MTU of eth1.42 cannot be 9000 becau");
        link_table_clear(&table);
}

/* ---- what holds for any state */

static uint32_t seed;

static unsigned draw(unsigned below) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % below;
}

static const char *const ADDRESSES[] = { "192.0.2.1/24", "192.0.2.1/16", "192.0.2.9/24", "192.0.2.7/24", "2001:db8::1/64", "2001:db8::1/48",
                                         "2001:db8::9/64", "fe80::1/64" };
static const char *const NAMES[] = { "eth1", "eth2", "eth1.42", "eth1.43", "vlan42", "up0" };

static bool has_address(const struct link_table *table, int index, const struct ip_prefix *address, bool any_length) {
        for (size_t i = 0; i < table->address_count; i++)
                if (table->addresses[i].link == index && ip_equal(&table->addresses[i].prefix.address, &address->address) &&
                    (any_length || table->addresses[i].prefix.length == address->length))
                        return true;
        return false;
}

static bool is_first_of_subnet(const struct link_table *table, int index, const struct ip_prefix *address) {
        for (size_t i = 0; i < table->address_count; i++)
                if (table->addresses[i].link == index && !table->addresses[i].secondary &&
                    table->addresses[i].prefix.length == address->length && ip_in_prefix(&table->addresses[i].prefix.address, address))
                        return false;
        return true;
}

/* As the kernel does it: an IPv6 address once, later IPv4 ones of a subnet secondary. */
static void model_add(struct link_table *table, int index, const struct ip_prefix *address, uint8_t origin) {
        bool v4 = address->address.family == AF_INET, first = !v4 || is_first_of_subnet(table, index, address);
        struct link_address *added = link_table_add_address(table);

        assert_non_null(added);
        added->link = index;
        added->prefix = *address;
        added->origin = origin;
        added->secondary = !first;
}

static void draw_table(struct link_table *ret) {
        *ret = (struct link_table) {};
        for (unsigned i = 0; i < ELEMENTS(NAMES); i++) {
                if (draw(4) == 0)
                        continue;
                struct link *link = link_table_add_link(ret);
                assert_non_null(link);
                snprintf(link->name, sizeof(link->name), "%s", NAMES[i]);
                link->index = (int) i + 1;
                link->up = draw(2);
                link->mtu = draw(2) ? 1500 : 9000;
                link->mtu_max = draw(3) ? 0 : 9000;
                link->promotes = draw(2);
                if (i >= 2 && draw(3)) {
                        link->kind = LINK_VLAN;
                        link->vlan = (uint16_t) (42 + draw(2));
                        link->parent = (int) draw(3);
                }
                if (i >= 2 && draw(2))
                        link_alias(draw(2) ? "lab" : "old", link->alias);
                for (unsigned a = draw(4); a > 0; a--) {
                        struct ip_prefix address = prefix(ADDRESSES[draw(ELEMENTS(ADDRESSES))]);
                        if (!has_address(ret, link->index, &address, address.address.family == AF_INET6))
                                model_add(ret, link->index, &address, draw(2) ? ADDRESS_ORIGIN_PXED : 0);
                }
        }
}

static void remove_address(struct link_table *table, size_t i) {
        table->addresses[i] = table->addresses[--table->address_count];
}

/* Whether what goes may go: it is ours, or the kernel's own. */
static void model_delete_address(struct link_table *table, struct link *link, const struct ip_prefix *address) {
        bool secondary = false;

        for (size_t i = 0; i < table->address_count; i++)
                if (table->addresses[i].link == link->index && table->addresses[i].prefix.length == address->length &&
                    ip_equal(&table->addresses[i].prefix.address, &address->address)) {
                        assert_true(address_is_ours(&table->addresses[i]));
                        secondary = table->addresses[i].secondary;
                        remove_address(table, i);
                        break;
                }
        for (size_t i = 0; i < table->address_count;) {
                struct link_address *other = &table->addresses[i];
                if (other->link == link->index && address->address.family == AF_INET && other->prefix.address.family == AF_INET && !secondary &&
                    other->secondary && other->prefix.length == address->length && ip_in_prefix(&other->prefix.address, address)) {
                        if (!link->promotes) {
                                assert_true(address_is_ours(other));
                                remove_address(table, i);
                                continue;
                        }
                        other->secondary = false; /* the first of them; the others then are its own secondary ones */
                        secondary = true;
                }
                i++;
        }
}

static void model_delete_link(struct link_table *table, struct link *link) {
        assert_true(link_is_ours(link));
        for (size_t i = 0; i < table->address_count;) {
                if (table->addresses[i].link != link->index) {
                        i++;
                        continue;
                }
                assert_true(address_is_ours(&table->addresses[i]) || address_is_kernels(&table->addresses[i]));
                remove_address(table, i);
        }
        for (size_t i = 0; i < table->link_count; i++)
                assert_int_not_equal(table->links[i].parent, link->index);
        *link = table->links[--table->link_count];
}

static void model_create(struct link_table *table, const struct action *action) {
        const struct link *parent = link_table_find(table, action->parent);

        assert_non_null(parent);
        assert_null(link_table_find(table, action->link));
        struct link made = { .index = 100, .kind = LINK_VLAN, .vlan = action->vlan, .parent = parent->index, .mtu = parent->mtu };
        for (size_t i = 0; i < table->link_count; i++)
                assert_false(table->links[i].kind == LINK_VLAN && table->links[i].vlan == made.vlan && table->links[i].parent == made.parent);
        snprintf(made.name, sizeof(made.name), "%s", action->link);
        snprintf(made.alias, sizeof(made.alias), "%s", action->alias);
        struct link *link = link_table_add_link(table);
        assert_non_null(link);
        *link = made;
}

/* What the kernel would refuse ends the test. */
static void model_apply(struct link_table *table, const struct action *action) {
        struct link *link = (struct link *) link_table_find(table, action->link);
        const struct link *parent = link ? link_table_at(table, link->parent) : NULL;

        if (action->kind == ACTION_CREATE_VLAN) {
                model_create(table, action);
                return;
        }
        assert_non_null(link);
        switch (action->kind) {
        case ACTION_DELETE_LINK:
                model_delete_link(table, link);
                break;
        case ACTION_SET_ALIAS:
                assert_true(link_is_ours(link));
                snprintf(link->alias, sizeof(link->alias), "%s", action->alias);
                break;
        case ACTION_SET_MTU:
                assert_true(!parent || link->kind != LINK_VLAN || action->mtu <= parent->mtu);
                assert_true(link->mtu_max == 0 || action->mtu <= link->mtu_max);
                link->mtu = action->mtu;
                break;
        case ACTION_SET_UP:
                assert_true(link->kind != LINK_VLAN || !parent || parent->up);
                link->up = true;
                break;
        case ACTION_ADD_ADDRESS:
                assert_false(has_address(table, link->index, &action->address, action->address.address.family == AF_INET6));
                model_add(table, link->index, &action->address, ADDRESS_ORIGIN_PXED);
                break;
        case ACTION_DELETE_ADDRESS:
                /* it may have gone with another one */
                if (has_address(table, link->index, &action->address, false))
                        model_delete_address(table, link, &action->address);
                break;
        default:
                fail();
        }
}

static void apply_plan(struct link_table *table, const struct plan *plan) {
        for (size_t i = 0; i < plan->action_count; i++)
                model_apply(table, &plan->actions[i]);
}

static void test_applied_plans_are_empty(void **state) {
        static const char *const kept[] = { "eth1.42" };
        char shown[4096];
        unsigned changed = 0, faulty = 0;

        for (unsigned round = 0; round < 50000; round++) {
                struct link_table table;
                struct plan plan;
                seed = round;
                draw_table(&table);
                struct link_wanted wanted = draw(2) ? want("eth1", "", 0) : want("eth1.42", "eth1", 42);
                wanted.mtu = draw(2) ? 0 : draw(2) ? 1500 : 9000;
                wanted.has_address6 = draw(2);
                wanted.address6 = prefix("2001:db8::1/64");
                bool leftovers = draw(3) == 0;
                for (int pass = 0; pass < 2; pass++) {
                        if (leftovers)
                                plan_leftovers(&table, kept, ELEMENTS(kept), &plan);
                        else
                                plan_network(&table, &wanted, &plan);
                        if (pass == 1 && plan.action_count > 0)
                                fail_msg("round %u: not empty after it was applied: %s", round, show(&plan, shown, sizeof(shown)));
                        changed += plan.action_count > 0;
                        faulty += plan.fault_count > 0;
                        apply_plan(&table, &plan);
                }
                link_table_clear(&table);
        }
        /* the states are such that there is something to see */
        assert_true(changed > 20000 && faulty > 5000);
}

/* ---- the pace of repairs */

static void test_pace(void **state) {
        static const unsigned spacings[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
        struct repair_pace pace = {};
        uint64_t now = 1000 * USEC_PER_SEC;

        assert_int_equal(repair_pace_next(&pace), 0);
        for (size_t i = 0; i < ELEMENTS(spacings); i++) {
                repair_pace_count(&pace, now);
                assert_int_equal(repair_pace_spacing(&pace), spacings[i]);
                assert_int_equal(repair_pace_next(&pace), now + spacings[i] * USEC_PER_SEC);
                assert_int_equal(repair_pace_is_fight(&pace), i >= 2);
                now = repair_pace_next(&pace);
        }
        repair_pace_settle(&pace, pace.last + 119 * USEC_PER_SEC);
        assert_true(repair_pace_is_fight(&pace));
        repair_pace_settle(&pace, pace.last + 120 * USEC_PER_SEC);
        assert_int_equal(repair_pace_next(&pace), 0);
        assert_int_equal(repair_pace_forgets(&pace), 0);

        repair_pace_count(&pace, now);
        assert_int_equal(repair_pace_forgets(&pace), now + 10 * USEC_PER_SEC);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_untagged),
                cmocka_unit_test(test_mtu_and_ipv6),
                cmocka_unit_test(test_vlan),
                cmocka_unit_test(test_leftovers),
                cmocka_unit_test(test_neighbour_limits),
                cmocka_unit_test(test_wanted),
                cmocka_unit_test(test_report),
                cmocka_unit_test(test_applied_plans_are_empty),
                cmocka_unit_test(test_pace),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
