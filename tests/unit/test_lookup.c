/* Which node a machine is, by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/lookup.h"
#include "lib/macro.h"

/* Nodes are letters here; '-' is none. */
static struct uuid node_of(char letter) {
        return (struct uuid) { { 0x6d, [15] = (uint8_t) letter } };
}

struct look {
        const char *name;
        const char *macs;  /* of each MAC its node; '-': no node's; lower case: shared, and that node's; after '|' whose BMC has its BMC's address */
        char token;        /* the node of the boot token; '-': it names none; lower case: which is gone */
        const char *uuid;  /* "": not given; "-": no node's; "junk"; else its node; after '+' what the firmware says */
        enum lookup_verdict verdict;
        char node;
        const char *reason;
};

static const struct look looks[] = {
        { "by its MACs", "AA-", '-', "", LOOKUP_FOUND, 'A', "" },
        { "by one MAC of many", "----A", '-', "", LOOKUP_FOUND, 'A', "" },
        { "by its token", "--", 'A', "", LOOKUP_FOUND, 'A', "" },
        { "by its UUID", "-", '-', "A", LOOKUP_FOUND, 'A', "" },
        { "all agree", "AA", 'A', "A", LOOKUP_FOUND, 'A', "" },
        { "most MACs", "AAB", '-', "", LOOKUP_FOUND, 'A', "" },
        { "most MACs, the later", "ABB", '-', "", LOOKUP_FOUND, 'B', "" },
        { "most MACs and the token", "ABB", 'B', "", LOOKUP_FOUND, 'B', "" },
        { "nothing known", "--", '-', "", LOOKUP_UNKNOWN, 0, "no node: 2 of its MACs no node's, 0 left out as shared" },
        { "no MAC at all", "", '-', "", LOOKUP_UNKNOWN, 0, "no node: 0 of its MACs" },
        { "a tie", "AB", '-', "", LOOKUP_TIE, 0,
          "several nodes match alike: 1 MAC (52:54:00:00:00:00) of node 6d000000-0000-0000-0000-000000000041; "
          "1 MAC (52:54:00:00:00:01) of node 6d000000-0000-0000-0000-000000000042; 0 of" },
        { "a tie of three", "AABBC", '-', "", LOOKUP_TIE, 0, "2 MACs (52:54:00:00:00:02, ...) of node" },
        { "a token does not break a tie", "AB", 'A', "", LOOKUP_TIE, 0, "the boot token is of node 6d000000-0000-0000-0000-000000000041;" },
        { "a UUID does not break a tie", "AB", '-', "A", LOOKUP_TIE, 0, "node_uuid is of node" },
        { "not a tie once one is more", "ABCC", '-', "", LOOKUP_FOUND, 'C', "" },
        { "nine nodes", "ABCDEFGHI", '-', "", LOOKUP_TIE, 0, "several nodes" },
        { "nine nodes, one of them more often", "AABCDEFGHI", 'A', "", LOOKUP_TIE, 0, "several nodes" },
        { "token against MACs", "BB-", 'A', "", LOOKUP_DISAGREES, 0, "different nodes match: the boot token is of node" },
        { "token against most MACs", "ABB", 'A', "", LOOKUP_DISAGREES, 0, "different nodes" },
        { "UUID against MACs", "BB", '-', "A", LOOKUP_DISAGREES, 0, "node_uuid is of node 6d000000-0000-0000-0000-000000000041; 2 MACs" },
        { "token against UUID", "-", 'A', "B", LOOKUP_DISAGREES, 0, "node_uuid is of node 6d000000-0000-0000-0000-000000000042;" },
        { "token and MACs against UUID", "AA", 'A', "B", LOOKUP_DISAGREES, 0, "different nodes" },
        { "the token's node is gone", "BB", 'a', "", LOOKUP_UNKNOWN, 0, "of node 6d000000-0000-0000-0000-000000000041, which is gone;" },
        { "a UUID of no node", "AA", '-', "-", LOOKUP_UNKNOWN, 0, "is no node's;" },
        { "a UUID of no node, with a token", "AA", 'A', "-", LOOKUP_UNKNOWN, 0, "is no node's;" },
        { "a junk UUID does not count", "AA", '-', "junk", LOOKUP_FOUND, 'A', "" },
        { "a junk UUID alone", "-", '-', "junk", LOOKUP_UNKNOWN, 0, "is that of many machines;" },
        { "a shared MAC does not count", "bA", '-', "", LOOKUP_FOUND, 'A', "" },
        { "nor against a token", "bb", 'A', "", LOOKUP_FOUND, 'A', "" },
        { "by its BMC", "--|A", '-', "", LOOKUP_FOUND, 'A', "" },
        { "a BMC's address of no node", "A|-", '-', "", LOOKUP_FOUND, 'A', "" },
        { "its BMC breaks a tie", "AB|B", '-', "", LOOKUP_FOUND, 'B', "" },
        { "more MACs than its BMC", "AAAB|B", '-', "", LOOKUP_FOUND, 'A', "" },
        { "its BMC makes a tie", "AAB|B", '-', "", LOOKUP_TIE, 0, "its BMC's address 192.0.2.9 is that of node 6d000000-0000-0000-0000-000000000042;" },
        { "its BMC against the token", "--|B", 'A', "", LOOKUP_DISAGREES, 0, "its BMC's address" },
        { "a firmware's UUID that nobody has", "AA", '-', "+-", LOOKUP_FOUND, 'A', "" },
        { "a firmware's UUID that nobody has, alone", "--", '-', "+-", LOOKUP_UNKNOWN, 0, "no node:" },
        { "a firmware's UUID against MACs", "BB", '-', "+A", LOOKUP_DISAGREES, 0, "node_uuid is of node" },
        { "nor alone", "b", '-', "", LOOKUP_UNKNOWN, 0, "0 of its MACs no node's, 1 left out as shared" },
};

static bool is_lower(char letter) {
        return letter >= 'a' && letter <= 'z';
}

static void fill(const struct look *look, struct lookup_facts *facts) {
        memset(facts, 0, sizeof(*facts));
        facts->token_names_node = look->token != '-';
        facts->token_node_known = facts->token_names_node && !is_lower(look->token);
        facts->token_node = node_of((char) (look->token & ~0x20));
        facts->has_uuid = look->uuid[0] != '\0';
        const char *bmc = strchr(look->macs, '|'), *uuid = look->uuid + (look->uuid[0] == '+');
        facts->uuid_may_be_new = look->uuid[0] == '+';
        facts->has_bmc = bmc != NULL;
        facts->bmc_known = bmc && bmc[1] != '-';
        facts->bmc_node = node_of(bmc ? bmc[1] : '-');
        assert_int_equal(ip_parse("192.0.2.9", &facts->bmc), 0);
        facts->uuid = node_of('U');
        facts->uuid_known = facts->has_uuid && uuid[0] != '-';
        facts->uuid_node = node_of(uuid[0]);
        if (strcmp(look->uuid, "junk") == 0) {
                facts->uuid_known = false;
                memset(&facts->uuid, 0xff, sizeof(facts->uuid));
        }
        for (const char *at = look->macs; *at && *at != '|'; at++)
                facts->macs[facts->n_macs] = (struct lookup_mac) {
                        .mac = { { 0x52, 0x54, 0, 0, 0, (uint8_t) facts->n_macs } },
                        .shared = is_lower(*at),
                        .has_node = *at != '-',
                        .node = node_of((char) (*at & ~0x20)),
                }, facts->n_macs++;
}

static void test_looks(void **state) {
        for (size_t i = 0; i < ELEMENTS(looks); i++) {
                const struct look *look = &looks[i];
                char reason[LOOKUP_REASON_SIZE] = "";
                struct lookup_facts facts;
                struct uuid node = { 0 };

                fill(look, &facts);
                enum lookup_verdict verdict = lookup_decide(&facts, &node, reason);
                struct uuid wanted = look->node ? node_of(look->node) : (struct uuid) { 0 };
                if (verdict != look->verdict || memcmp(&node, &wanted, sizeof(node)) != 0 || !strstr(reason, look->reason))
                        fail_msg("%s: verdict %d, node %c, \"%s\"", look->name, (int) verdict, node.bytes[15], reason);
        }
}

static void test_shared_macs(void **state) {
        static const struct mac_prefix own[] = { { { 0x0a, 0x94, 0xef }, 3 } };
        static const struct {
                const char *mac;
                bool shared;
        } cases[] = {
                { "be:3a:f2:b6:05:9f", true },  { "be:3a:f2:b6:05:9e", false }, { "02:21:28:57:47:17", true }, { "00:e0:4c:53:44:58", true },
                { "00:e0:4c:68:00:01", false }, { "0a:94:ef:01:02:03", true },  { "0a:94:ee:01:02:03", false },
        };
        struct mac mac;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                assert_int_equal(mac_parse(cases[i].mac, &mac), 0);
                assert_int_equal(lookup_mac_is_shared(&mac, own, ELEMENTS(own)), cases[i].shared);
        }
        assert_int_equal(mac_parse("0a:94:ef:01:02:03", &mac), 0);
        assert_false(lookup_mac_is_shared(&mac, NULL, 0));
}

static void test_junk_serials(void **state) {
        static const char *const junk[] = { "", "0", "0000000000", "xxxx", "To be filled by O.E.M.", "Default string", "1234567890", "NOT SPECIFIED" };
        static const char *const good[] = { "CZ1234", "S3X0", "12345678901", "0000001", "J3XYZ" };

        for (size_t i = 0; i < ELEMENTS(junk); i++)
                assert_true(lookup_serial_is_junk(junk[i]));
        for (size_t i = 0; i < ELEMENTS(good); i++)
                assert_false(lookup_serial_is_junk(good[i]));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_looks),
                cmocka_unit_test(test_shared_macs),
                cmocka_unit_test(test_junk_serials),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
