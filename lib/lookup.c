#include "lib/lookup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/macro.h"

/* MACs of more nodes than these are no machine's. */
#define CANDIDATES_MAX 8

struct candidate {
        const struct uuid *node;
        const struct mac *first; /* NULL: none of its MACs */
        unsigned macs;
        bool bmc;
};

struct tally {
        struct candidate candidates[CANDIDATES_MAX];
        size_t size;
        unsigned shared, unknown;
        bool overflow;
};

bool lookup_mac_is_shared(const struct mac *mac, const struct mac_prefix *prefixes, size_t size) {
        static const struct mac_prefix known[] = {
                /* the host's end of the USB network of a BMC: AMI's (Supermicro, ASRock Rack, Gigabyte), and Oracle's ILOM */
                { { 0xbe, 0x3a, 0xf2, 0xb6, 0x05, 0x9f }, 6 },
                { { 0xb0, 0x3a, 0xf2, 0xb6, 0x05, 0x9f }, 6 },
                { { 0x02, 0x21, 0x28, 0x57, 0x47 }, 5 },
                /* USB dongles with an SR9700 and nothing in their memory */
                { { 0x00, 0xe0, 0x4c, 0x53, 0x44, 0x58 }, 6 },
                /* written by hand */
                { { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55 }, 6 },
                { { 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff }, 6 },
        };

        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (mac_has_prefix(mac, &known[i]))
                        return true;
        for (size_t i = 0; i < size; i++)
                if (mac_has_prefix(mac, &prefixes[i]))
                        return true;
        return false;
}

bool lookup_serial_is_junk(const char *serial) {
        static const char *const known[] = {
                "none",           "null",           "unknown",      "n/a",          "na",
                "not specified",  "not available",  "not present",  "not applicable", "invalid",
                "default string", "default",        "empty",        "o.e.m.",       "oem",
                "system serial number", "serial number", "chassis serial number", "base board serial number", "sernum0",
                "to be filled by o.e.m.", "to be filled by oem", "to be filled", "fill by oem", "empty by oem",
                "1234567890", "0123456789", "123456789", "12345678", "01234567890123456789ab",
        };
        bool same = true;

        /* One character again and again: "0", "0000000", "xxxx", "........" */
        for (const char *at = serial; *at; at++)
                same = same && *at == *serial;
        for (size_t i = 0; i < ELEMENTS(known) && !same; i++)
                same = strcasecmp(serial, known[i]) == 0;
        return same;
}

static bool uuid_equal(const struct uuid *a, const struct uuid *b) {
        return memcmp(a, b, sizeof(*a)) == 0;
}

/* NULL: there are too many. */
static struct candidate *candidate_of(struct tally *tally, const struct uuid *node) {
        size_t i = 0;

        while (i < tally->size && !uuid_equal(tally->candidates[i].node, node))
                i++;
        if (i == CANDIDATES_MAX) {
                tally->overflow = true;
                return NULL;
        }
        if (i == tally->size)
                tally->candidates[tally->size++] = (struct candidate) { .node = node };
        return &tally->candidates[i];
}

static void count_mac(struct tally *tally, const struct lookup_mac *mac) {
        struct candidate *candidate;

        if (mac->shared)
                tally->shared++;
        else if (!mac->has_node)
                tally->unknown++;
        else if ((candidate = candidate_of(tally, &mac->node))) {
                candidate->first = candidate->first ?: &mac->mac;
                candidate->macs++;
        }
}

static void count_all(const struct lookup_facts *facts, struct tally *tally) {
        struct candidate *candidate;

        for (size_t i = 0; i < facts->n_macs; i++)
                count_mac(tally, &facts->macs[i]);
        if (facts->has_bmc && facts->bmc_known && (candidate = candidate_of(tally, &facts->bmc_node)))
                candidate->bmc = true;
}

static unsigned score(const struct candidate *candidate) {
        return candidate->macs + candidate->bmc;
}

/* NULL: nothing scores. *ret_tie: another has as much. */
static const struct candidate *find_best(const struct tally *tally, bool *ret_tie) {
        const struct candidate *best = NULL;

        *ret_tie = tally->overflow;
        for (size_t i = 0; i < tally->size; i++) {
                const struct candidate *at = &tally->candidates[i];
                if (best && score(at) < score(best))
                        continue;
                *ret_tie = tally->overflow || (best && score(at) == score(best));
                best = at;
        }
        return best;
}

struct words {
        char *text;
        size_t length;
};

static void add(struct words *words, const char *format, ...) _printf_(2, 3);
static void add(struct words *words, const char *format, ...) {
        size_t room = LOOKUP_REASON_SIZE - words->length;
        va_list arguments;

        va_start(arguments, format);
        int length = vsnprintf(words->text + words->length, room, format, arguments);
        va_end(arguments);
        words->length += (size_t) length < room ? (size_t) length : room - 1;
}

/* What matched what. */
static void describe(const struct lookup_facts *facts, const struct tally *tally, const char *fault, char *reason) {
        char id[UUID_TEXT_SIZE], mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        struct words words = { reason, 0 };

        add(&words, "%s:", fault);
        if (facts->token_names_node)
                add(&words, " the boot token is of node %s%s;", uuid_format(&facts->token_node, id), facts->token_node_known ? "" : ", which is gone");
        if (facts->has_uuid && uuid_is_junk(&facts->uuid))
                add(&words, " node_uuid %s is that of many machines;", uuid_format(&facts->uuid, id));
        else if (facts->has_uuid && !facts->uuid_known)
                add(&words, " node_uuid %s is no node's;", uuid_format(&facts->uuid, id));
        else if (facts->has_uuid)
                add(&words, " node_uuid is of node %s;", uuid_format(&facts->uuid_node, id));
        for (size_t i = 0; i < tally->size; i++) {
                const struct candidate *at = &tally->candidates[i];
                if (at->macs > 0)
                        add(&words, " %u MAC%s (%s%s) of node %s;", at->macs, at->macs == 1 ? "" : "s", mac_format(at->first, mac),
                            at->macs == 1 ? "" : ", ...", uuid_format(at->node, id));
        }
        if (facts->has_bmc && facts->bmc_known)
                add(&words, " its BMC's address %s is that of node %s;", ip_format(&facts->bmc, address), uuid_format(&facts->bmc_node, id));
        add(&words, "%s %u of its MACs no node's, %u left out as shared", tally->overflow ? " and others;" : "", tally->unknown, tally->shared);
}

static bool uuid_counts(const struct lookup_facts *facts) {
        return facts->has_uuid && !uuid_is_junk(&facts->uuid) && (facts->uuid_known || !facts->uuid_may_be_new);
}

enum lookup_verdict lookup_decide(const struct lookup_facts *facts, struct uuid *ret, char reason[static LOOKUP_REASON_SIZE]) {
        struct tally tally = { 0 };
        bool by_uuid = uuid_counts(facts), tie;

        count_all(facts, &tally);
        const struct candidate *best = find_best(&tally, &tie);
        const struct uuid *node = facts->token_names_node ? &facts->token_node
                                  : by_uuid               ? &facts->uuid_node
                                  : best                  ? best->node
                                                          : NULL;
        if (!node || (facts->token_names_node && !facts->token_node_known) || (by_uuid && !facts->uuid_known)) {
                describe(facts, &tally, "no node", reason);
                return LOOKUP_UNKNOWN;
        }
        if (tie) {
                describe(facts, &tally, "several nodes match alike", reason);
                return LOOKUP_TIE;
        }
        if ((by_uuid && !uuid_equal(&facts->uuid_node, node)) || (best && !uuid_equal(best->node, node))) {
                describe(facts, &tally, "different nodes match", reason);
                return LOOKUP_DISAGREES;
        }
        *ret = *node;
        return LOOKUP_FOUND;
}
