#include "netcfg/sighting.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netcfg/hash.h"

#define SLAB 256U
#define DUE_MAX 4096U
#define NONE 0U /* entries are numbered from 1 */

/* In use it is in a chain of the hash table and in the list of all by age; free it is in the chain of free ones. */
struct entry {
        uint64_t key; /* network << 48 | MAC; 0: free */
        uint32_t details; /* number in the store of details; 0: none */
        int16_t vlan;
        uint64_t first, last, reported; /* reported: 0: never */
        struct in6_addr addresses[SIGHTING_ADDRESSES_MAX]; /* IPv4 as ::ffff:a.b.c.d */
        uint32_t chain, newer, older;
        uint16_t protocols;
        uint8_t address_count;
        bool lined_up;
};

_Static_assert(sizeof(struct entry) <= SIGHTING_ENTRY_SIZE, "the stated bound of memory");

struct sightings {
        uint32_t max, count;
        uint64_t seed;
        struct details_store *details;
        struct entry **slabs;
        uint32_t slab_count;
        uint32_t free; /* chain */
        uint32_t *table;
        uint32_t table_size; /* power of two */
        uint32_t newest, oldest;
        uint32_t due[DUE_MAX]; /* ring; an entry that was forgotten meanwhile is not lined_up any more */
        uint32_t due_first, due_count;
};

static struct entry *at(const struct sightings *s, uint32_t number) {
        return &s->slabs[(number - 1) / SLAB][(number - 1) % SLAB];
}

static uint64_t make_key(uint16_t network, const struct mac *mac) {
        return (uint64_t) network << 48 | mac_to_u64(mac);
}

static uint32_t slot_of(const struct sightings *s, uint64_t key, int vlan) {
        uint64_t x = hash_mix(key ^ s->seed ^ (uint64_t) (vlan + 1) << 48, s->seed);

        return (uint32_t) (x >> 32) & (s->table_size - 1);
}

int sightings_new(uint32_t max, uint64_t seed, struct sightings **ret) {
        _cleanup_(sightings_freep) struct sightings *s = calloc(1, sizeof(*s));

        if (max < 1 || max > SIGHTINGS_MAX)
                return -EINVAL;
        if (!s)
                return -ENOMEM;
        s->max = max;
        s->seed = seed;
        s->table_size = 256;
        s->table = calloc(s->table_size, sizeof(*s->table));
        s->slabs = calloc((max + SLAB - 1) / SLAB, sizeof(*s->slabs));
        if (!s->table || !s->slabs)
                return -ENOMEM;
        int r = details_store_new(max < DETAILS_MAX ? max : DETAILS_MAX, &s->details);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(s);
        return 0;
}

struct sightings *sightings_free(struct sightings *s) {
        if (!s)
                return NULL;
        for (uint32_t i = 0; i < s->slab_count; i++)
                free(s->slabs[i]);
        free(s->slabs);
        free(s->table);
        details_store_free(s->details);
        free(s);
        return NULL;
}

static uint32_t find(const struct sightings *s, uint64_t key, int vlan) {
        uint32_t number = s->table[slot_of(s, key, vlan)];

        while (number != NONE && (at(s, number)->key != key || at(s, number)->vlan != vlan))
                number = at(s, number)->chain;
        return number;
}

static void list_remove(struct sightings *s, struct entry *e) {
        *(e->newer ? &at(s, e->newer)->older : &s->newest) = e->older;
        *(e->older ? &at(s, e->older)->newer : &s->oldest) = e->newer;
}

static void list_add(struct sightings *s, uint32_t number) {
        struct entry *e = at(s, number);

        e->newer = NONE;
        e->older = s->newest;
        *(s->newest ? &at(s, s->newest)->newer : &s->oldest) = number;
        s->newest = number;
}

static void forget(struct sightings *s, uint32_t number) {
        struct entry *e = at(s, number);
        uint32_t *link = &s->table[slot_of(s, e->key, e->vlan)];

        while (*link != number)
                link = &at(s, *link)->chain;
        *link = e->chain;
        list_remove(s, e);
        if (e->details)
                details_store_remove(s->details, e->details);
        *e = (struct entry) { .chain = s->free };
        s->free = number;
        s->count--;
}

/* Without memory the table stays as it is, only slower. */
static void grow_table(struct sightings *s) {
        uint32_t *table = calloc((size_t) s->table_size * 2, sizeof(*table));

        if (!table)
                return;
        free(s->table);
        s->table = table;
        s->table_size *= 2;
        for (uint32_t number = s->newest; number != NONE; number = at(s, number)->older) {
                uint32_t slot = slot_of(s, at(s, number)->key, at(s, number)->vlan);
                at(s, number)->chain = s->table[slot];
                s->table[slot] = number;
        }
}

static int add_slab(struct sightings *s) {
        struct entry *slab = calloc(SLAB, sizeof(*slab));

        if (!slab)
                return -ENOMEM;
        s->slabs[s->slab_count++] = slab;
        for (uint32_t i = SLAB; i > 0; i--) {
                slab[i - 1].chain = s->free;
                s->free = (s->slab_count - 1) * SLAB + i;
        }
        return 0;
}

/* As sightings_note. */
static int add(struct sightings *s, uint64_t key, int vlan, uint64_t now, uint32_t *ret) {
        int result = SIGHTING_NEW;

        if (s->count == s->max) {
                if (now - at(s, s->oldest)->last < SIGHTING_SQUEEZED)
                        result = SIGHTING_NEW_SQUEEZED;
                forget(s, s->oldest);
        }
        if (s->free == NONE && add_slab(s) < 0)
                return -ENOMEM;
        if (s->count >= s->table_size)
                grow_table(s);

        uint32_t number = s->free, slot = slot_of(s, key, vlan);
        struct entry *e = at(s, number);
        s->free = e->chain;
        *e = (struct entry) { .key = key, .vlan = (int16_t) vlan, .first = now, .last = now, .chain = s->table[slot] };
        s->table[slot] = number;
        list_add(s, number);
        s->count++;
        *ret = number;
        return result;
}

static unsigned find_address(const struct entry *e, const struct in6_addr *address) {
        unsigned i = 0;

        while (i < e->address_count && memcmp(&e->addresses[i], address, sizeof(*address)) != 0)
                i++;
        return i;
}

/* Puts it first; the oldest gives way. True: it was not there. */
static bool put_address(struct entry *e, const struct ip *ip) {
        struct in6_addr address = ip_to_mapped(ip);
        unsigned i = find_address(e, &address);
        bool new = i == e->address_count;

        if (new && e->address_count < SIGHTING_ADDRESSES_MAX)
                e->address_count++;
        else if (new)
                i--;
        memmove(e->addresses + 1, e->addresses, i * sizeof(e->addresses[0]));
        e->addresses[0] = address;
        return new;
}

static void line_up(struct sightings *s, uint32_t number) {
        struct entry *e = at(s, number);

        if (e->lined_up || s->due_count == DUE_MAX)
                return;
        s->due[(s->due_first + s->due_count++) % DUE_MAX] = number;
        e->lined_up = true;
}

static void make_due(struct sightings *s, uint32_t number) {
        at(s, number)->reported = 0; /* stays so until it is taken, also when it finds no place among those due */
        line_up(s, number);
}

int sightings_note(struct sightings *s, uint16_t network, int vlan, const struct mac *mac, const struct ip *address,
                   enum protocol protocol, uint64_t now) {
        int result = SIGHTING_KNOWN;

        if (!mac_is_unicast(mac))
                return -EINVAL;

        uint64_t key = make_key(network, mac);
        uint32_t number = find(s, key, vlan);
        if (number == NONE) {
                result = add(s, key, vlan, now, &number);
                if (result < 0)
                        return result;
        } else if (s->newest != number) {
                list_remove(s, at(s, number));
                list_add(s, number);
        }

        struct entry *e = at(s, number);
        bool new = (e->protocols & protocol) == 0;
        if (e->protocols == PROTOCOL_NEIGHBOUR && protocol != PROTOCOL_NEIGHBOUR)
                result = SIGHTING_NEW;
        e->protocols |= (uint16_t) protocol;
        if (address && put_address(e, address))
                new = true;
        e->last = now;
        if (now < e->first) /* the clock was set back */
                e->first = now;
        if (new || e->reported == 0)
                make_due(s, number);
        else if (now >= e->reported + SIGHTING_REPEAT || now + SIGHTING_REPEAT < e->reported)
                line_up(s, number);
        return result;
}

void sightings_describe(struct sightings *s, uint16_t network, int vlan, const struct mac *mac, const struct details *details) {
        uint32_t number = find(s, make_key(network, mac), vlan), evicted;

        if (number == NONE)
                return;
        struct entry *e = at(s, number);
        if (!e->details) {
                e->details = details_store_add(s->details, number, &evicted);
                if (evicted)
                        at(s, evicted)->details = 0;
                if (!e->details)
                        return;
        }
        if (details_merge(details_store_touch(s->details, e->details), details))
                make_due(s, number);
}

bool sightings_knows(const struct sightings *s, uint16_t network, const struct mac *mac, const struct ip *address) {
        uint32_t number = find(s, make_key(network, mac), SIGHTING_OWN_VLAN);
        struct in6_addr mapped = ip_to_mapped(address);

        return number != NONE && find_address(at(s, number), &mapped) < at(s, number)->address_count;
}

static void describe(const struct sightings *s, const struct entry *e, struct sighting *ret) {
        *ret = (struct sighting) {
                .network = (uint16_t) (e->key >> 48),
                .vlan = e->vlan,
                .address_count = e->address_count,
                .first = e->first,
                .last = e->last,
                .protocols = e->protocols,
        };
        if (e->details)
                ret->details = *details_store_get(s->details, e->details);
        for (int i = 0; i < 6; i++)
                ret->mac.bytes[i] = (uint8_t) (e->key >> (40 - 8 * i));
        for (unsigned i = 0; i < e->address_count; i++)
                ret->addresses[i] = ip_from_mapped(&e->addresses[i]);
}

bool sightings_take(struct sightings *s, struct sighting *ret) {
        while (s->due_count > 0) {
                struct entry *e = at(s, s->due[s->due_first]);

                s->due_first = (s->due_first + 1) % DUE_MAX;
                s->due_count--;
                if (!e->lined_up)
                        continue;
                e->lined_up = false;
                e->reported = e->last;
                describe(s, e, ret);
                return true;
        }
        return false;
}

bool sightings_is_due(const struct sightings *s) {
        return s->due_count > 0;
}

void sightings_forget(struct sightings *s, uint16_t network) {
        for (uint32_t number = s->newest, older; number != NONE; number = older) {
                older = at(s, number)->older;
                if (at(s, number)->key >> 48 == network)
                        forget(s, number);
        }
}

size_t sightings_count(const struct sightings *s) {
        return s->count;
}
