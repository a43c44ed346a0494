/* Whose an address is: what is a conflict, and what only looks like one. */
#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/claims.h"

#define SECOND USEC_PER_SEC
#define START (1000000 * SECOND)
#define NETWORK 1
#define OWN_VLAN (-1)

static struct mac machine(char letter) {
        return (struct mac) { { 0x52, 0x54, 0, 0, 0, (uint8_t) letter } };
}

static struct ip address(uint32_t number) {
        return (struct ip) { .family = AF_INET, .v4.s_addr = htonl(0xc0000200 + number) };
}

/*
 * Plays a script for the address 192.0.2.5: a capital letter is that machine's claim, a small one is its lease, '-' before a letter: it
 * declines; each step is 10 seconds after the one before, '.' only passes the time.
 */
static uint64_t play(struct claims *c, const char *script, uint64_t now) {
        struct ip ip = address(5);

        for (; *script; script++, now += 10 * SECOND) {
                bool decline = *script == '-';
                script += decline;
                struct mac mac = machine((char) (*script & ~0x20));
                if (decline)
                        claims_declined(c, NETWORK, OWN_VLAN, &ip, &mac, now);
                else if (*script >= 'a')
                        claims_leased(c, NETWORK, OWN_VLAN, &ip, &mac, now);
                else if (*script >= 'A')
                        claims_note(c, NETWORK, OWN_VLAN, &ip, &mac, now);
        }
        return now;
}

/* "BA": the machines of the next conflict, sorted as told; "": there is none. */
static const char *next(struct claims *c) {
        static char letters[CLAIMERS_MAX + 1];
        struct address_conflict conflict = {};

        if (claims_take(c, &conflict))
                assert_int_equal(conflict.network, NETWORK);
        for (unsigned i = 0; i < conflict.mac_count; i++)
                letters[i] = (char) conflict.macs[i].bytes[5];
        letters[conflict.mac_count] = 0;
        return letters;
}

static void test_what_is_a_conflict(void **state) {
        static const struct {
                const char *script, *told, *what;
        } cases[] = {
                { "ABA", "AB", "two machines in turn" },
                { "AAAA", "", "one machine" },
                { "AB", "", "a machine takes over" },
                { "AAABBBB", "", "failover, once" },
                { "ABCA", "ACB", "three machines" },
                { "A............B...A", "", "an address that comes back after more than two minutes" },
                { "A.....BA", "AB", "within two minutes" },
                { "aAbBB", "", "a lease that moved" },
                { "aAbBaA", "", "a lease that moved and came back: each time by the server" },
                { "bBABA", "BA", "a machine with the address of another's lease" },
                { "aAaAaA", "", "firmware, loader and system of one machine, each with its lease" },
                { "bAB", "", "what was only given was not claimed yet" },
                { "bABA", "AB", "but then it was" },
                { "-B", "B", "declined, and nobody heard" },
                { "bA-B", "BA", "declined, and the other one heard" },
                { "bA.............-B", "B", "heard long ago" },
                { "b-B-B-B", "B", "told once" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_(claims_freep) struct claims *c = NULL;
                assert_int_equal(claims_new(CLAIMS_MAX, 0x1234567890abcdef, &c), 0);
                play(c, cases[i].script, START);
                const char *told = next(c);
                if (strcmp(told, cases[i].told) != 0)
                        fail_msg("%s: %s told as \"%s\"", cases[i].what, cases[i].script, told);
                assert_string_equal(next(c), "");
        }
}

static void test_once_an_hour_while_it_lasts(void **state) {
        _cleanup_(claims_freep) struct claims *c = NULL;
        unsigned told = 0;

        assert_int_equal(claims_new(CLAIMS_MAX, 1, &c), 0);
        for (uint64_t now = START; now < START + 4 * 3600 * SECOND - 1000 * SECOND;) {
                now = play(c, "AB", now);
                told += next(c)[0] != 0;
        }
        assert_int_equal(told, 4);
        play(c, "AB", 1000 * SECOND); /* the clock was set back */
        play(c, "AB", 1020 * SECOND);
        assert_string_not_equal(next(c), "");
}

static void test_proxy_arp_is_none(void **state) {
        struct mac router = machine('R');

        for (unsigned others = CLAIMS_PROXY - 2; others <= CLAIMS_PROXY - 1; others++) {
                _cleanup_(claims_freep) struct claims *c = NULL;
                assert_int_equal(claims_new(CLAIMS_MAX, 1, &c), 0);
                for (unsigned i = 0; i < others; i++) {
                        struct ip ip = address(100 + i);
                        claims_note(c, NETWORK, OWN_VLAN, &ip, &router, START - 10 * SECOND);
                }
                play(c, "ARA", START);
                assert_string_equal(next(c), others < CLAIMS_PROXY - 1 ? "AR" : "");
        }
        /* addresses of long ago count no more */
        _cleanup_(claims_freep) struct claims *c = NULL;
        assert_int_equal(claims_new(CLAIMS_MAX, 1, &c), 0);
        for (unsigned i = 0; i < 100; i++) {
                struct ip ip = address(100 + i);
                claims_note(c, NETWORK, OWN_VLAN, &ip, &router, START - 4000 * SECOND);
        }
        play(c, "ARA", START);
        assert_string_equal(next(c), "AR");
}

static void test_networks_vlans_and_families_are_apart(void **state) {
        _cleanup_(claims_freep) struct claims *c = NULL;
        struct mac a = machine('A'), b = machine('B');
        struct ip four = address(5), six;

        assert_int_equal(claims_new(CLAIMS_MAX, 1, &c), 0);
        assert_int_equal(ip_parse("2001:db8::5", &six), 0);
        claims_note(c, 1, OWN_VLAN, &four, &a, START);
        claims_note(c, 2, OWN_VLAN, &four, &b, START);
        claims_note(c, 1, 100, &four, &b, START);
        claims_note(c, 1, OWN_VLAN, &six, &b, START);
        claims_note(c, 1, OWN_VLAN, &four, &a, START);
        assert_string_equal(next(c), "");
        claims_note(c, 1, OWN_VLAN, &six, &a, START);
        claims_note(c, 1, OWN_VLAN, &six, &b, START);
        assert_string_equal(next(c), "BA");

        claims_note(c, 1, OWN_VLAN, &four, &b, START);
        claims_note(c, 2, OWN_VLAN, &four, &a, START);
        claims_note(c, 1, OWN_VLAN, &four, &a, START);
        claims_forget(c, 1); /* also what was found there already */
        assert_string_equal(next(c), "");
        claims_note(c, 1, OWN_VLAN, &four, &b, START);
        assert_string_equal(next(c), "");
        claims_note(c, 2, OWN_VLAN, &four, &b, START);
        struct address_conflict conflict;
        assert_true(claims_take(c, &conflict));
        assert_int_equal(conflict.network, 2);
}

/* Forged conflicts of ever new addresses: a bounded number is told, and the table goes on working. */
static void test_forged_conflicts_are_bounded(void **state) {
        _cleanup_(claims_freep) struct claims *c = NULL;
        struct address_conflict conflict;
        unsigned told = 0;

        assert_int_equal(claims_new(CLAIMS_MAX, 1, &c), 0);
        for (uint32_t i = 0; i < 100000; i++) {
                struct ip ip = address(i);
                struct mac a = { { 2, 0, 0, (uint8_t) (i >> 16), (uint8_t) (i >> 8), (uint8_t) i } }, b = a;
                b.bytes[1] = 1;
                claims_note(c, NETWORK, OWN_VLAN, &ip, &a, START);
                claims_note(c, NETWORK, OWN_VLAN, &ip, &b, START);
                claims_note(c, NETWORK, OWN_VLAN, &ip, &a, START);
                if (i % 10 == 0)
                        while (claims_take(c, &conflict))
                                told++;
        }
        assert_int_equal(told, CLAIMS_BURST);
        play(c, "CDC", START + 4000 * SECOND);
        assert_string_equal(next(c), "CD");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_a_conflict),
                cmocka_unit_test(test_once_an_hour_while_it_lasts),
                cmocka_unit_test(test_proxy_arp_is_none),
                cmocka_unit_test(test_networks_vlans_and_families_are_apart),
                cmocka_unit_test(test_forged_conflicts_are_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
