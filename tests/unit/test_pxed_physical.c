/* Physical networks of ports: how they are known, what speaks against them, and which ports may be attached. */
#include "tests/unit/pxed_fixture.h"

#include <stdlib.h>

#include "lib/text.h"
#include "pxed/ageing.h"
#include "pxed/glob.h"
#include "pxed/identity.h"
#include "pxed/port_review.h"
#include "pxed/select_port.h"
#include "pxed/shared.h"

static const struct junk no_junk = { 0 };

#define HOUR (3600 * USEC_PER_SEC)

static void test_glob(void **state) {
        static const struct {
                const char *pattern, *text;
                bool matches;
        } cases[] = {
                { "", "", true },          { "", "a", false },         { "*", "", true },           { "*", "anything", true },
                { "leaf1", "leaf1", true }, { "leaf1", "LEAF1", true }, { "leaf1", "leaf10", false }, { "leaf?", "leaf1", true },
                { "leaf?", "leaf", false }, { "leaf*", "leaf", true },  { "*leaf", "a-leaf", true }, { "*leaf", "leaf-a", false },
                { "*a*b*", "xaxbx", true }, { "*a*b", "ab-ab", true },  { "a*b*c", "abbbc", true },  { "a*b*c", "acb", false },
                { "l[1-3]", "l2", true },  { "l[1-3]", "l4", false },  { "l[!1-3]", "l4", true },   { "l[^1-3]", "l2", false },
                { "l[ab]", "lB", true },   { "l[]x]", "l]", true },    { "l[a-]", "l-", true },     { "\\*", "*", true },
                { "\\*", "a", false },     { "Eth1/[1-9]", "Eth1/7", true }, { "Gi*/0/*", "Gi1/0/24", true },
                { "00:11:*", "00:11:22:33:44:55", true },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (!glob_is_valid(cases[i].pattern) || glob_match(cases[i].pattern, cases[i].text) != cases[i].matches)
                        fail_msg("%s against %s", cases[i].pattern, cases[i].text);
        static const char *const bad[] = { "[", "a[", "[]", "[!]", "a[b", "\\", "a\\" };
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                if (glob_is_valid(bad[i]))
                        fail_msg("%s is taken", bad[i]);
        assert_true(glob_is_valid("\\["));
        assert_true(glob_match("\\[a", "[a"));
        /* Whoever chooses the text does not choose how long it takes. */
        char text[256];
        memset(text, 'a', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static int setup_physical(void **state) {
        struct fixture *f;
        int r = setup((void **) &f);
        f->more = "physical-network=rack1\n"
                  "[network other]\ninterface=eth1\naddress=198.51.100.1/25\ndhcp=off\nphysical-network=rack2\n"
                  "[network plain]\ninterface=eth2\naddress=198.51.100.129/25\ndhcp=off\n"
                  "[physical-network storage]\nports = p4[5-8]@leaf*\nsubnets = 203.0.113.0/25 2001:db8:1::/48\n"
                  "[physical-network rack1]\nswitches = leaf1 00:11:22:*\n"
                  "[physical-network rack2]\nswitches = leaf*\nsubnets = 203.0.113.0/24\n";
        reopen(f);
        *state = f;
        return r;
}

/* Node n with a port for each MAC n * 16 + 0, 1, ... */
static struct node *add_node(struct fixture *f, unsigned n, unsigned ports) {
        _cleanup_(change_freep) struct change *change = NULL;
        struct mac mac = mac_of(n * 16);
        struct node *node;
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(identity_new_node(&f->state->nodes, &no_junk, &mac, NULL, NOW, &node), 0);
        for (unsigned i = 1; i < ports; i++) {
                mac = mac_of(n * 16 + i);
                assert_int_equal(node_add_port(node, &mac, NULL), 0);
        }
        assert_int_equal(change_put_node(change, node, true), 0);
        assert_int_equal(change_commit(change), 0);
        return node_at(f, n * 16);
}

/* What an inventory or SetPort would have set. */
static void set_port(struct fixture *f, unsigned n, const char *name, const char *chassis, const char *switch_port, const char *assigned) {
        _cleanup_(change_freep) struct change *change = NULL;
        struct node *copy = node_copy(node_at(f, n));
        struct mac mac = mac_of(n);
        struct port *port = node_port(copy, &mac);
        shared_set(&port->switch_name, name, 99);
        shared_set(&port->switch_chassis, chassis, 99);
        shared_set(&port->switch_port, switch_port, 99);
        shared_set(&port->physical_network, assigned, 99);
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(change_put_node(change, copy, true), 0);
        assert_int_equal(change_commit(change), 0);
}

static void set_addresses(struct fixture *f, unsigned n, const char *addresses) {
        _cleanup_(change_freep) struct change *change = NULL;
        struct node *copy = node_copy(node_at(f, n));
        shared_set(&copy->ports[0].addresses, addresses, 99);
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(change_put_node(change, copy, true), 0);
        assert_int_equal(change_commit(change), 0);
}

static void see(struct fixture *f, unsigned n, const char *network, uint64_t when, const char *address, const char *more) {
        char text[512];
        snprintf(text, sizeof text,
                 "[{\"time\":1,\"sighting\":{\"mac\":\"52:54:00:00:%02x:%02x\",\"network\":\"%s\",\"addresses\":[%s],\"firstSeen\":%llu,"
                 "\"lastSeen\":%llu,\"protocols\":[\"arp\"]%s}}]",
                 n >> 8, n & 255, network, address, (unsigned long long) when, (unsigned long long) when, more);
        assert_int_equal(report(f, when, text, NULL), 0);
}

static struct port_place place_of(struct fixture *f, unsigned n, uint64_t now) {
        struct port_place place;
        const struct node *node = node_at(f, n);
        struct mac mac = mac_of(n);
        port_locate(f->state->settings, &f->state->sightings, &f->state->nodes, node, node_port(node, &mac), now, &place);
        return place;
}

static void assert_place(struct fixture *f, unsigned n, uint64_t now, const char *physical_network, enum physical_source source,
                         const char *conflict) {
        struct port_place place = place_of(f, n, now);
        if (!text_equal(place.physical_network, physical_network) || (physical_network && place.source != source))
                fail_msg("port %u is on %s by %s", n, place.physical_network, physical_source_names[place.source]);
        if (!conflict && place.n_conflicts > 0)
                fail_msg("port %u: %s", n, place.conflicts[0]);
        if (conflict && (place.n_conflicts == 0 || !strstr(place.conflicts[place.n_conflicts - 1], conflict)))
                fail_msg("port %u does not say \"%s\" but \"%s\"", n, conflict, place.conflicts[0]);
}

static void test_order(void **state) {
        struct fixture *f = *state;
        add_node(f, 1, 1);
        assert_place(f, 16, NOW, NULL, 0, NULL);
        /* On a network without a label its address tells; the sections are asked in order. */
        see(f, 16, "plain", NOW, "\"203.0.113.9\"", "");
        assert_place(f, 16, NOW, "storage", PHYSICAL_ADDRESS, NULL);
        see(f, 16, "plain", NOW + 1, "\"203.0.113.200\"", "");
        assert_place(f, 16, NOW, "storage", PHYSICAL_ADDRESS, NULL);
        add_node(f, 2, 1);
        see(f, 32, "plain", NOW, "\"198.51.100.7\",\"203.0.113.200\"", "");
        assert_place(f, 32, NOW, "rack2", PHYSICAL_ADDRESS, NULL);
        add_node(f, 3, 1);
        see(f, 48, "plain", NOW, "\"2001:db8:1::7\"", "");
        assert_place(f, 48, NOW, "storage", PHYSICAL_ADDRESS, NULL);
        /* What it had when it was inspected tells where it was not seen, or where what it was seen with tells nothing; IPv4 before IPv6. */
        add_node(f, 4, 1);
        set_addresses(f, 64, "2001:db8:1::9 203.0.113.200");
        assert_place(f, 64, NOW, "rack2", PHYSICAL_ADDRESS, NULL);
        see(f, 64, "plain", NOW, "\"198.51.100.200\"", "");
        assert_place(f, 64, NOW, "rack2", PHYSICAL_ADDRESS, NULL);
        see(f, 64, "plain", NOW + 1, "\"203.0.113.9\"", "");
        assert_place(f, 64, NOW, "storage", PHYSICAL_ADDRESS, NULL);
        /* The switch goes before the address, a port of it before the switch. */
        set_port(f, 16, "leaf2", NULL, "p1", NULL);
        assert_place(f, 16, NOW, "rack2", PHYSICAL_LLDP, NULL);
        set_port(f, 16, "leaf1", NULL, "p1", NULL);
        assert_place(f, 16, NOW, "rack1", PHYSICAL_LLDP, NULL);
        set_port(f, 16, "spine1", "00:11:22:33:44:55", "p1", NULL);
        assert_place(f, 16, NOW, "rack1", PHYSICAL_LLDP, NULL);
        set_port(f, 16, "leaf1", NULL, "p46", NULL);
        assert_place(f, 16, NOW, "storage", PHYSICAL_LLDP, NULL);
        set_port(f, 16, "spine1", NULL, "p46", NULL);
        assert_place(f, 16, NOW, "storage", PHYSICAL_ADDRESS, NULL);
        /* What is seen goes before the switch, what is set before all. */
        see(f, 16, "other", NOW + 2, "", "");
        assert_place(f, 16, NOW, "rack2", PHYSICAL_SIGHTING, NULL);
        assert_string_equal(place_of(f, 16, NOW).network, "other");
        /* On another VLAN of the interface it is on no network of ours. */
        see(f, 16, "lab", NOW + 3, "", ",\"vlan\":7");
        assert_place(f, 16, NOW, "rack2", PHYSICAL_SIGHTING, NULL);
        set_port(f, 16, "spine1", NULL, "p46", "rack2");
        assert_place(f, 16, NOW, "rack2", PHYSICAL_ASSIGNED, NULL);
}

static void test_conflicts(void **state) {
        struct fixture *f = *state;
        add_node(f, 1, 1);
        add_node(f, 2, 1);
        see(f, 16, "lab", NOW, "", "");
        set_port(f, 16, "leaf2", NULL, "p1", NULL);
        assert_place(f, 16, NOW, "rack1", PHYSICAL_SIGHTING,
                     "seen on physical network rack1 (network lab), and port p1 of leaf2 is of rack2 by [physical-network rack2]");
        set_port(f, 16, NULL, NULL, NULL, "rack3");
        assert_place(f, 16, NOW, "rack3", PHYSICAL_ASSIGNED, "rack3 is assigned, and it was seen on rack1 (network lab)");
        set_port(f, 32, "leaf2", NULL, "p1", "rack1");
        assert_place(f, 32, NOW, "rack1", PHYSICAL_ASSIGNED, "rack1 is assigned, and port p1 of leaf2 is of rack2");
        set_port(f, 32, NULL, NULL, NULL, NULL);
        /* Here and there within an hour; the same words whichever was last. */
        set_port(f, 16, NULL, NULL, NULL, NULL);
        see(f, 16, "other", NOW + HOUR / 2, "", "");
        const char *both = "seen on physical network rack1 (network lab) and on rack2 (network other) within an hour";
        assert_place(f, 16, NOW + HOUR / 2, "rack2", PHYSICAL_SIGHTING, both);
        see(f, 16, "lab", NOW + HOUR / 2 + 1, "", "");
        assert_place(f, 16, NOW + HOUR / 2 + 1, "rack1", PHYSICAL_SIGHTING, both);
        /* And nothing else is told of what it was seen on last. */
        set_port(f, 16, "leaf2", NULL, "p1", "rack2");
        assert_int_equal(place_of(f, 16, NOW + HOUR / 2 + 1).n_conflicts, 1);
        assert_int_equal(place_of(f, 16, NOW + HOUR + HOUR / 2).n_conflicts, 2);
        set_port(f, 16, NULL, NULL, NULL, NULL);
        assert_place(f, 16, NOW + HOUR + HOUR / 2, "rack1", PHYSICAL_SIGHTING, NULL);
        /* Networks without a label, and others with the same, are no conflict. */
        see(f, 16, "plain", NOW + HOUR / 2 + 2, "", "");
        assert_place(f, 16, NOW + HOUR / 2 + 2, NULL, 0, NULL);
        /* Where the cable should end. */
        _cleanup_(change_freep) struct change *change = NULL;
        struct node *copy = node_copy(node_at(f, 32));
        shared_set(&copy->ports[0].switch_name, "leaf1", 99);
        shared_set(&copy->ports[0].switch_chassis, "00:11:22:33:44:55", 99);
        shared_set(&copy->ports[0].switch_port, "p2", 99);
        shared_set(&copy->ports[0].expected_chassis, "LEAF1", 99);
        shared_set(&copy->ports[0].expected_port, "P2", 99);
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(change_put_node(change, copy, true), 0);
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP, NULL);
        shared_set(&copy->ports[0].expected_chassis, "00:11:22:33:44:55", 99);
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP, NULL);
        shared_set(&copy->ports[0].expected_port, "p3", 99);
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP,
                     "expected at port p3 of 00:11:22:33:44:55, and LLDP says port p2 of leaf1 (00:11:22:33:44:55)");
        shared_set(&copy->ports[0].expected_port, NULL, 99);
        shared_set(&copy->ports[0].expected_chassis, "leaf9", 99);
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP, "expected at switch leaf9, and LLDP says port p2 of leaf1");
}

static void test_same_switch_port(void **state) {
        struct fixture *f = *state;
        add_node(f, 1, 2);
        add_node(f, 2, 1);
        set_port(f, 16, "leaf1", "00:11:22:33:44:55", "p1", NULL);
        set_port(f, 17, "leaf1", "00:11:22:33:44:55", "p1", NULL);
        assert_place(f, 16, NOW, "rack1", PHYSICAL_LLDP, NULL); /* both are its own */
        set_port(f, 32, "leaf1", "00:11:22:33:44:55", "p1", NULL);
        assert_place(f, 16, NOW, "rack1", PHYSICAL_LLDP, "and so it says of 52:54:00:00:00:20 of node-525400000020");
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP, "and so it says of 52:54:00:00:00:10 of node-525400000010");
        reopen(f);
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP, "and so it says of 52:54:00:00:00:10 of node-525400000010");
        /* The other was moved, and inspected again. */
        set_port(f, 16, "leaf1", "00:11:22:33:44:55", "p2", NULL);
        set_port(f, 17, "leaf1", "00:11:22:33:44:55", "p3", NULL);
        assert_place(f, 32, NOW, "rack1", PHYSICAL_LLDP, NULL);
        /* A chassis id that is no MAC is not told: the name stands for it. */
        set_port(f, 16, "leaf2", NULL, "p7", NULL);
        set_port(f, 32, "leaf2", NULL, "p7", NULL);
        assert_place(f, 16, NOW, "rack2", PHYSICAL_LLDP, "port p7 of leaf2, and so it says of");
}

static void test_events(void **state) {
        struct fixture *f = *state;
        add_node(f, 1, 1);
        uint64_t revision = node_at(f, 16)->revision;
        see(f, 16, "lab", NOW, "", "");
        assert_int_equal(count_events(f, "port.physical-network"), 1);
        see(f, 16, "lab", NOW + 1, "", "");
        assert_int_equal(ageing_tick(f->state, NOW + 2), 0);
        assert_int_equal(count_events(f, "port.physical-network"), 1);
        assert_int_equal(count_events(f, "port.conflict"), 0);
        /* Here and there: told once, and no other physical network each time. */
        for (unsigned i = 0; i < 20; i++)
                see(f, 16, i % 2 ? "lab" : "other", NOW + 10 + i, "", "");
        assert_int_equal(count_events(f, "port.conflict"), 1);
        assert_int_equal(count_events(f, "port.physical-network"), 1);
        reopen(f);
        see(f, 16, "other", NOW + 40, "", "");
        assert_int_equal(ageing_tick(f->state, NOW + 41), 0);
        assert_int_equal(count_events(f, "port.conflict"), 1);
        /* An hour later it is where it was seen last; time alone tells. */
        assert_int_equal(ageing_tick(f->state, NOW + HOUR + 30), 0);
        assert_int_equal(count_events(f, "port.physical-network"), 2);
        assert_null(node_at(f, 16)->ports[0].told_conflicts);
        see(f, 16, "lab", NOW + HOUR + 31, "", "");
        assert_int_equal(count_events(f, "port.conflict"), 2);
        assert_int_equal(node_at(f, 16)->revision, revision);
}

/* Many nodes are looked at in turn. */
static void test_review_of_many(void **state) {
        struct fixture *f = *state;
        for (unsigned n = 0; n < 600; n++) {
                see(f, n * 16, "lab", NOW, "", "");
                add_node(f, n, 1);
        }
        for (unsigned i = 0; i < 5; i++)
                assert_int_equal(ageing_tick(f->state, NOW + i), 0);
        assert_int_equal(f->state->event_newest, 600);
        for (unsigned n = 0; n < 600; n++)
                assert_string_equal(node_at(f, n * 16)->ports[0].told_network, "rack1");
}

/* A node for the choice alone; the texts are constants. */
struct choice {
        struct node node;
        struct port ports[PORTS_MAX];
        struct port_place places[PORTS_MAX];
        struct selection selections[PORTS_MAX];
        size_t count;
};

static struct choice *choice_new(size_t ports) {
        struct choice *c = calloc(1, sizeof *c);
        c->node.ports = c->ports;
        c->node.n_ports = ports;
        for (unsigned i = 0; i < ports; i++)
                c->ports[i].mac = mac_of(i);
        return c;
}

static void choose(struct choice *c, const struct select_request *request) {
        c->count = select_ports(&c->node, c->places, request, c->selections);
}

/* As "1 0+2 | 3": candidates in order, then what is refused. */
static void assert_chosen(struct choice *c, const struct select_request *request, const char *expected) {
        char text[512] = "";
        choose(c, request);
        bool refused = false;
        for (size_t i = 0; i < c->count; i++) {
                if (!c->selections[i].candidate && !refused)
                        strcat(text, "| ");
                refused = !c->selections[i].candidate;
                for (size_t k = 0; k < c->selections[i].n_members; k++)
                        sprintf(text + strlen(text), "%s%td", k > 0 ? "+" : "", c->selections[i].members[k] - c->ports);
                strcat(text, " ");
        }
        assert_string_equal(text, expected);
}

static void assert_refused(const struct choice *c, size_t port, const char *reason) {
        for (size_t i = 0; i < c->count; i++)
                for (size_t k = 0; k < c->selections[i].n_members; k++)
                        if (c->selections[i].members[k] == &c->ports[port]) {
                                assert_false(c->selections[i].candidate);
                                if (!strstr(c->selections[i].reasons[0], reason))
                                        fail_msg("\"%s\" does not say \"%s\"", c->selections[i].reasons[0], reason);
                                return;
                        }
        fail_msg("port %zu is not there", port);
}

static void test_select(void **state) {
        const char *const one[] = { "a" }, *const two[] = { "a", "b" };
        const struct segment segments[] = { { "a", 20 }, { "b", 30 } }, untagged = { "a", 0 };
        const struct select_request any = { 0 }, any_unknown = { .allow_unknown = true };
        const struct select_request a = { one, 1, NULL, 0, false }, ab = { two, 2, NULL, 0, false };
        const struct select_request a_unknown = { one, 1, NULL, 0, true };
        const struct select_request tagged = { NULL, 0, segments, 2, false }, plain = { NULL, 0, &untagged, 1, false };
        struct choice *c = choice_new(6);

        /* The order of ports: those that boot first, then by MAC; what is not known is as good where nothing is asked for. */
        for (size_t i = 0; i < 3; i++)
                c->places[i].physical_network = "a";
        c->places[3].physical_network = "b";
        c->ports[2].boots = true;
        assert_chosen(c, &any, "2 0 1 3 4 5 ");
        assert_chosen(c, &any_unknown, "2 0 1 3 4 5 ");
        assert_chosen(c, &a, "2 0 1 | 3 4 5 ");
        assert_refused(c, 3, "on physical network b (assigned), not on a");
        assert_refused(c, 4, "not known, and a is asked for");
        assert_chosen(c, &ab, "2 0 1 3 | 4 5 ");
        assert_refused(c, 5, "a or b is asked for");
        c->ports[5].boots = true;
        assert_chosen(c, &a_unknown, "2 0 1 5 4 | 3 ");

        /* What is attached, and what conflicts. */
        c->ports[2].attachment = "port-7";
        c->places[0].n_conflicts = 1;
        strcpy(c->places[0].conflicts[0], "this against that");
        assert_chosen(c, &any, "5 1 3 4 | 0 2 ");
        assert_refused(c, 2, "port-7 is attached");
        assert_refused(c, 0, "conflict: this against that");
        c->ports[2].attachment = NULL;
        c->places[0].n_conflicts = 0;

        /* VLANs that the switch carries. */
        c->ports[0].switch_vlans = "10 200";
        c->ports[0].switch_name = "leaf1";
        c->ports[0].switch_port = "p1";
        c->ports[1].switch_vlans = "2 20";
        c->ports[3].switch_vlans = "3";
        c->ports[3].switch_vlan = 30;
        assert_chosen(c, &tagged, "2 1 3 | 0 4 5 ");
        assert_refused(c, 0, "port p1 of leaf1 carries VLANs 10 200, not VLAN 20 of a");
        assert_chosen(c, &plain, "2 0 1 | 3 4 5 ");
        assert_chosen(c, &a, "2 0 1 | 3 4 5 ");

        /* Groups go first, whole or not at all. */
        c->ports[0].group = c->ports[1].group = "bond0";
        assert_chosen(c, &a, "0+1 2 | 3 4 5 ");
        assert_int_equal(c->selections[0].n_reasons, 2);
        assert_string_equal(c->selections[0].physical_network, "a");
        assert_string_equal(c->selections[0].reasons[1], "2 ports of group bond0");
        assert_chosen(c, &tagged, "2 3 | 0+1 4 5 ");
        assert_refused(c, 1, "52:54:00:00:00:00: port p1 of leaf1 carries");
        c->ports[1].attachment = "port-8";
        assert_chosen(c, &a, "2 | 0+1 3 4 5 ");
        assert_refused(c, 0, "52:54:00:00:00:01: port-8 is attached");
        c->ports[1].attachment = NULL;
        c->ports[3].group = "bond0";
        assert_chosen(c, &ab, "2 | 0+1+3 4 5 ");
        assert_refused(c, 0, "different physical networks: a and b");
        assert_chosen(c, &any, "2 5 4 | 0+1+3 ");
        c->ports[3].group = NULL;
        c->ports[4].group = "bond0";
        assert_chosen(c, &a, "2 | 0+1+4 3 5 ");
        assert_chosen(c, &a_unknown, "2 0+1+4 5 | 3 ");
        assert_null(c->selections[1].physical_network);
        free(c);
}

static unsigned roll(unsigned sides) {
        return (unsigned) random() % sides;
}

static bool wants(const struct select_request *q, const char *name) {
        for (size_t i = 0; i < q->n_physical_networks; i++)
                if (strcmp(q->physical_networks[i], name) == 0)
                        return true;
        for (size_t i = 0; i < q->n_segments; i++)
                if (strcmp(q->segments[i].physical_network, name) == 0)
                        return true;
        return false;
}

/* Whether the network has a part that the port can have: its physical network (NULL: not known), by a VLAN that its switch carries. */
static bool fits(const struct select_request *q, const char *name, const char *vlans) {
        char text[8];
        for (size_t i = 0; i < q->n_physical_networks; i++)
                if (!name || strcmp(q->physical_networks[i], name) == 0)
                        return true;
        for (size_t i = 0; i < q->n_segments; i++) {
                snprintf(text, sizeof text, "%d", q->segments[i].vlan);
                if ((!name || strcmp(q->segments[i].physical_network, name) == 0) && (!vlans || !q->segments[i].vlan || strstr(vlans, text)))
                        return true;
        }
        return q->n_physical_networks + q->n_segments == 0;
}

/* Whatever the node: each port once, and none of a wrong physical network, attached, in conflict, or of half a group is a candidate. */
static void test_select_any(void **state) {
        static const char *const names[] = { NULL, "a", "b", "c" }, *const groups[] = { NULL, NULL, "x", "y" };
        static const char *const vlans[] = { NULL, "10", "20 30" };
        srandom(7);
        for (unsigned round = 0; round < 20000; round++) {
                struct choice *c = choice_new(1 + roll(round % 50 ? 6 : PORTS_MAX));
                const char *asked[3];
                struct segment segments[3];
                struct select_request q = { asked, roll(3), segments, roll(3), roll(2) };
                for (size_t i = 0; i < 3; i++) {
                        asked[i] = names[1 + roll(3)];
                        segments[i] = (struct segment) { names[1 + roll(3)], (int) roll(4) * 10 };
                }
                for (size_t i = 0; i < c->node.n_ports; i++) {
                        c->places[i].physical_network = names[roll(4)];
                        c->places[i].n_conflicts = roll(8) == 0;
                        c->ports[i].attachment = roll(8) == 0 ? "something" : NULL;
                        c->ports[i].group = groups[roll(4)];
                        c->ports[i].switch_vlans = vlans[roll(3)];
                        c->ports[i].boots = roll(2);
                }
                choose(c, &q);
                bool any = q.n_physical_networks + q.n_segments == 0;
                unsigned seen[PORTS_MAX] = { 0 };
                for (size_t i = 0; i < c->count; i++) {
                        const struct selection *s = &c->selections[i];
                        assert_true(i == 0 || c->selections[i - 1].candidate >= s->candidate);
                        assert_true(s->n_reasons > 0 && *s->reasons[0]);
                        for (size_t k = 0; k < s->n_members; k++) {
                                size_t at = (size_t) (s->members[k] - c->ports);
                                seen[at]++;
                                assert_true(text_equal(c->ports[at].group, s->group) && (s->group || s->n_members == 1));
                                if (!s->candidate)
                                        continue;
                                const char *name = c->places[at].physical_network;
                                assert_null(c->ports[at].attachment);
                                assert_int_equal(c->places[at].n_conflicts, 0);
                                assert_true(any || (name ? wants(&q, name) : q.allow_unknown));
                                assert_true(fits(&q, name, c->ports[at].switch_vlans));
                                if (name && s->physical_network)
                                        assert_string_equal(name, s->physical_network);
                        }
                }
                for (size_t i = 0; i < c->node.n_ports; i++)
                        assert_int_equal(seen[i], 1);
                free(c);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_physical, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_glob),
                TEST(test_order),
                TEST(test_conflicts),
                TEST(test_same_switch_port),
                TEST(test_events),
                TEST(test_review_of_many),
                cmocka_unit_test(test_select),
                cmocka_unit_test(test_select_any),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
