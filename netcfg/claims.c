#include "netcfg/claims.h"

#include <errno.h>
#include <string.h>

#include "netcfg/hash.h"

/* A MAC that has the address; `said`: it claimed it itself, otherwise it was only given it. */
struct claimer {
        struct mac mac;
        bool said;
        uint64_t last;
};

struct claim {
        struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
        uint16_t network;
        int16_t vlan;
        uint8_t count;                         /* 0: the place is free */
        struct claimer claimers[CLAIMERS_MAX]; /* newest first */
        uint64_t reported;                     /* 0: never */
};

_Static_assert(sizeof(struct claim) <= 96, "the stated bound of memory");

struct claims {
        struct claim *entries; /* sets of CLAIMS_WAYS */
        uint32_t sets;
        uint64_t seed;
        struct bucket bucket;
        struct address_conflict due[CLAIMS_DUE_MAX]; /* ring */
        unsigned due_first, due_count;
};

int claims_new(uint32_t max, uint64_t seed, struct claims **ret) {
        _cleanup_(claims_freep) struct claims *claims = calloc(1, sizeof(*claims));

        if (max < CLAIMS_WAYS || max > CLAIMS_MAX)
                return -EINVAL;
        if (!claims)
                return -ENOMEM;
        claims->seed = seed;
        claims->sets = max / CLAIMS_WAYS;
        if (!(claims->entries = calloc((size_t) claims->sets * CLAIMS_WAYS, sizeof(*claims->entries))))
                return -ENOMEM;
        *ret = TAKE_POINTER(claims);
        return 0;
}

struct claims *claims_free(struct claims *claims) {
        if (!claims)
                return NULL;
        free(claims->entries);
        free(claims);
        return NULL;
}

static struct claim *set_of(struct claims *c, uint16_t network, int vlan, const struct in6_addr *address) {
        uint64_t high, low;

        memcpy(&high, address, 8);
        memcpy(&low, address->s6_addr + 8, 8);
        uint64_t x = hash_mix(high ^ c->seed, c->seed) ^ ((uint64_t) network << 16 | (uint16_t) vlan);
        x = hash_mix(low ^ x, c->seed);
        return &c->entries[(x >> 32) % c->sets * CLAIMS_WAYS];
}

/* Its place, with what is known of it; for a new one that of another. */
static struct claim *find_claim(struct claims *c, uint16_t network, int vlan, const struct ip *address) {
        struct in6_addr mapped = ip_to_mapped(address);
        struct claim *set = set_of(c, network, vlan, &mapped), *oldest = set;

        for (unsigned i = 0; i < CLAIMS_WAYS; i++) {
                if (set[i].count > 0 && set[i].network == network && set[i].vlan == vlan &&
                    memcmp(&set[i].address, &mapped, sizeof(mapped)) == 0)
                        return &set[i];
                if (set[i].claimers[0].last < oldest->claimers[0].last) /* 0: free */
                        oldest = &set[i];
        }
        *oldest = (struct claim) { .address = mapped, .network = network, .vlan = (int16_t) vlan };
        return oldest;
}

static unsigned find_claimer(const struct claim *claim, const struct mac *mac) {
        unsigned i = 0;

        while (i < claim->count && memcmp(&claim->claimers[i].mac, mac, sizeof(*mac)) != 0)
                i++;
        return i;
}

/* Puts it first; the oldest gives way. `i`: as found; claim->count: it is new. */
static void put_first(struct claim *claim, unsigned i, const struct claimer *claimer) {
        if (i == claim->count && claim->count < CLAIMERS_MAX)
                claim->count++;
        else if (i == claim->count)
                i--;
        memmove(claim->claimers + 1, claim->claimers, i * sizeof(*claimer));
        claim->claimers[0] = *claimer;
}

static bool is_claimed_by(const struct claim *claim, const struct mac *mac, uint64_t now) {
        unsigned i = find_claimer(claim, mac);

        return i < claim->count && now - claim->claimers[i].last <= CLAIMS_PROXY_WINDOW;
}

static bool answers_for_others(const struct claims *c, uint16_t network, const struct mac *mac, uint64_t now) {
        unsigned addresses = 0;

        for (uint32_t i = 0; i < c->sets * CLAIMS_WAYS && addresses < CLAIMS_PROXY; i++)
                addresses += c->entries[i].network == network && is_claimed_by(&c->entries[i], mac, now);
        return addresses == CLAIMS_PROXY;
}

static bool is_told(const struct claim *claim, uint64_t now) {
        return claim->reported != 0 && now >= claim->reported && now - claim->reported < CLAIMS_REPEAT;
}

/* Lines up a conflict of the first `count` claimers. */
static void tell(struct claims *c, struct claim *claim, unsigned count, uint64_t now) {
        if (c->due_count == CLAIMS_DUE_MAX)
                return;
        struct address_conflict *conflict = &c->due[(c->due_first + c->due_count++) % CLAIMS_DUE_MAX];

        *conflict = (struct address_conflict) {
                .network = claim->network,
                .vlan = claim->vlan,
                .address = ip_from_mapped(&claim->address),
                .mac_count = count,
                .time = now,
        };
        for (unsigned i = 0; i < count; i++)
                conflict->macs[i] = claim->claimers[i].mac;
        claim->reported = now;
}

void claims_note(struct claims *c, uint16_t network, int vlan, const struct ip *address, const struct mac *mac, uint64_t now) {
        struct claim *claim = find_claim(c, network, vlan, address);
        unsigned i = find_claimer(claim, mac);
        struct claimer before = i < claim->count ? claim->claimers[i] : (struct claimer) {};
        bool back = i > 0 && before.said && claim->claimers[0].said && now >= before.last && now - before.last <= CLAIMS_WINDOW;

        put_first(claim, i, &(struct claimer) { .mac = *mac, .said = true, .last = now });
        /* The reading of all claims costs time: no more often than something may be told. */
        if (!back || is_told(claim, now) || !bucket_take(&c->bucket, CLAIMS_RATE, CLAIMS_BURST, now) ||
            answers_for_others(c, network, mac, now) || answers_for_others(c, network, &claim->claimers[1].mac, now))
                return;
        tell(c, claim, i + 1, now);
}

void claims_leased(struct claims *c, uint16_t network, int vlan, const struct ip *address, const struct mac *mac, uint64_t now) {
        struct claim *claim = find_claim(c, network, vlan, address);

        if (claim->count > 0 && find_claimer(claim, mac) == 0) /* it goes on having it */
                return;
        claim->count = 1;
        claim->claimers[0] = (struct claimer) { .mac = *mac, .last = now };
}

void claims_declined(struct claims *c, uint16_t network, int vlan, const struct ip *address, const struct mac *mac, uint64_t now) {
        struct claim *claim = find_claim(c, network, vlan, address);

        put_first(claim, find_claimer(claim, mac), &(struct claimer) { .mac = *mac, .last = now });
        if (is_told(claim, now) || !bucket_take(&c->bucket, CLAIMS_RATE, CLAIMS_BURST, now))
                return;
        bool heard = claim->count > 1 && claim->claimers[1].said && now - claim->claimers[1].last <= CLAIMS_WINDOW;
        tell(c, claim, heard ? 2 : 1, now);
}

bool claims_take(struct claims *c, struct address_conflict *ret) {
        if (c->due_count == 0)
                return false;
        *ret = c->due[c->due_first];
        c->due_first = (c->due_first + 1) % CLAIMS_DUE_MAX;
        c->due_count--;
        return true;
}

void claims_forget(struct claims *c, uint16_t network) {
        for (uint32_t i = 0; i < c->sets * CLAIMS_WAYS; i++)
                if (c->entries[i].network == network)
                        c->entries[i] = (struct claim) {};
        unsigned count = c->due_count;
        for (unsigned i = 0; i < count; i++) {
                struct address_conflict conflict;
                claims_take(c, &conflict);
                if (conflict.network != network)
                        c->due[(c->due_first + c->due_count++) % CLAIMS_DUE_MAX] = conflict;
        }
}
