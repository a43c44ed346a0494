#include "pxed/observed.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

const char *const protocol_names[PROTOCOLS] = { "dhcp", "arp", "tftp", "neighbour", "nd", "lldp", "cdp", "http",
                                                "dhcp6" };

#define MOVED_USEC (3600 * USEC_PER_SEC)

struct sighting *sighting_new(const struct mac *mac, const char *network, int vlan, const struct ip *addresses,
                              size_t n_addresses, const char *facts) {
        if (n_addresses > SIGHTING_ADDRESSES_MAX)
                n_addresses = SIGHTING_ADDRESSES_MAX;
        size_t addresses_size = n_addresses * sizeof *addresses, name_size = strlen(network) + 1;
        size_t facts_size = facts ? strlen(facts) + 1 : 0;
        struct sighting *s = calloc(1, sizeof *s + addresses_size + name_size + facts_size);
        if (!s)
                return NULL;
        s->mac = *mac;
        s->vlan = (int16_t) vlan;
        s->n_addresses = (uint8_t) n_addresses;
        if (n_addresses > 0)
                memcpy(s->addresses, addresses, addresses_size);
        s->network = memcpy((char *) s->addresses + addresses_size, network, name_size);
        s->facts = facts ? memcpy(s->network + name_size, facts, facts_size) : NULL;
        return s;
}

struct sighting *sighting_free(struct sighting *s) {
        free(s);
        return NULL;
}

static void add_addresses(struct ip *list, size_t *count, const struct sighting *from) {
        for (size_t i = 0; i < from->n_addresses; i++) {
                bool known = false;
                for (size_t k = 0; k < *count; k++)
                        known = known || ip_equal(&list[k], &from->addresses[i]);
                if (!known && *count < SIGHTING_ADDRESSES_MAX)
                        list[(*count)++] = from->addresses[i];
        }
}

struct sighting *sighting_merge(const struct sighting *older, const struct sighting *newer) {
        const struct sighting *first = newer->last >= older->last ? newer : older, *second = first == newer ? older : newer;
        struct ip list[SIGHTING_ADDRESSES_MAX];
        size_t count = 0;

        add_addresses(list, &count, first);
        add_addresses(list, &count, second);
        struct sighting *s = sighting_new(&newer->mac, newer->network, newer->vlan, list, count,
                                          first->facts ? first->facts : second->facts);
        if (!s)
                return NULL;
        s->moved = older->moved > newer->moved ? older->moved : newer->moved;
        s->protocols = older->protocols | newer->protocols;
        s->first = older->first < newer->first ? older->first : newer->first;
        s->last = older->last > newer->last ? older->last : newer->last;
        s->stored = older->stored;
        return s;
}

bool sighting_differs(const struct sighting *a, const struct sighting *b) {
        if (a->n_addresses != b->n_addresses || a->protocols != b->protocols || a->first != b->first || a->moved != b->moved ||
            !text_equal(a->facts, b->facts))
                return true;
        for (size_t i = 0; i < a->n_addresses; i++)
                if (!ip_equal(&a->addresses[i], &b->addresses[i]))
                        return true;
        return false;
}

struct lease *lease_new(const char *network, const struct mac *mac, const struct ip *address, const char *hostname,
                        uint64_t expires) {
        size_t name_size = strlen(network) + 1;
        struct lease *lease = calloc(1, sizeof *lease + name_size);
        if (!lease || text_set_max(&lease->hostname, hostname, 253) < 0) {
                free(lease);
                return NULL;
        }
        lease->network = memcpy(lease + 1, network, name_size);
        lease->mac = *mac;
        lease->address = *address;
        lease->expires = expires;
        return lease;
}

struct lease *lease_free(struct lease *lease) {
        if (lease)
                free(lease->hostname);
        free(lease);
        return NULL;
}

static uint64_t hash_mac(const struct mac *mac) {
        return index_hash(mac, sizeof *mac);
}

static uint64_t hash_sighting(const struct mac *mac, const char *network, int vlan) {
        return hash_mac(mac) ^ index_hash(network, strlen(network)) ^ index_hash(&vlan, sizeof vlan);
}

static uint64_t hash_lease(const char *network, const struct ip *address) {
        const void *bytes = address->family == AF_INET ? (const void *) &address->v4 : &address->v6;
        return index_hash(bytes, address->family == AF_INET ? 4 : 16) ^ index_hash(network, strlen(network));
}

static int reserve(struct observed *t) {
        return index_reserve(&t->by_key, 1) < 0 || index_reserve(&t->by_mac, 1) < 0 ? -ENOMEM : 0;
}

static void link_value(struct observed *t, uint64_t key, uint64_t mac, void *value) {
        (void) index_add(&t->by_key, key, value);
        (void) index_add(&t->by_mac, mac, value);
        t->count++;
        t->by_order.valid = false;
}

static void unlink_value(struct observed *t, uint64_t key, uint64_t mac, const void *value) {
        index_remove(&t->by_key, key, value);
        index_remove(&t->by_mac, mac, value);
        t->count--;
        t->by_order.valid = false;
}

static void clear(struct observed *t) {
        index_clear(&t->by_key);
        index_clear(&t->by_mac);
        sorted_clear(&t->by_order);
        *t = (struct observed) { 0 };
}

int sightings_put(struct observed *t, struct sighting *s, struct sighting **ret_old) {
        if (reserve(t) < 0)
                return -ENOMEM;
        struct sighting *old = sightings_find(t, &s->mac, s->network, s->vlan);
        if (old)
                sightings_remove(t, old);
        link_value(t, hash_sighting(&s->mac, s->network, s->vlan), hash_mac(&s->mac), s);
        *ret_old = old;
        return 0;
}

void sightings_remove(struct observed *t, struct sighting *s) {
        unlink_value(t, hash_sighting(&s->mac, s->network, s->vlan), hash_mac(&s->mac), s);
}

struct sighting *sightings_find(const struct observed *t, const struct mac *mac, const char *network, int vlan) {
        struct sighting *s;
        size_t position = 0;
        while ((s = index_next(&t->by_key, hash_sighting(mac, network, vlan), &position)))
                if (mac_to_u64(&s->mac) == mac_to_u64(mac) && s->vlan == vlan && strcmp(s->network, network) == 0)
                        return s;
        return NULL;
}

struct sighting *sightings_next(const struct observed *t, const struct mac *mac, size_t *position) {
        struct sighting *s;
        while ((s = index_next(&t->by_mac, hash_mac(mac), position)))
                if (mac_to_u64(&s->mac) == mac_to_u64(mac))
                        return s;
        return NULL;
}

const struct sighting *sightings_last(const struct observed *t, const struct mac *mac) {
        struct sighting *s, *newest = NULL;
        size_t position = 0;
        while ((s = sightings_next(t, mac, &position)))
                if (s->vlan == VLAN_NONE && (!newest || s->last > newest->last))
                        newest = s;
        return newest;
}

const struct sighting *sightings_moved_from(const struct observed *t, const struct sighting *seen) {
        const struct sighting *s, *before = NULL, *newest = NULL;
        size_t position = 0;

        while (seen->vlan == VLAN_NONE && (s = sightings_next(t, &seen->mac, &position))) {
                if (s->moved != 0 && seen->last < s->moved + MOVED_USEC)
                        return NULL;
                if (s->vlan != VLAN_NONE)
                        continue;
                if (strcmp(s->network, seen->network) == 0)
                        before = s;
                else if (!newest || s->last > newest->last)
                        newest = s;
        }
        if (!newest || newest->last > seen->last || (before && before->last + MOVED_USEC > newest->last))
                return NULL;
        return newest;
}

static int compare_last(const void *a, const void *b) {
        const struct sighting *x = *(struct sighting *const *) a, *y = *(struct sighting *const *) b;
        return x->last < y->last ? -1 : x->last > y->last;
}

size_t sightings_oldest(struct observed *t, struct sighting **ret, size_t max) {
        size_t count, wanted = t->count / 8 < max ? t->count / 8 : max;
        t->by_order.valid = false;
        void *const *list = index_sorted(&t->by_key, &t->by_order, compare_last, &count);
        t->by_order.valid = false;
        if (!list)
                return 0;
        memcpy(ret, list, wanted * sizeof *ret);
        return wanted;
}

int sighting_compare(const struct sighting *x, const struct sighting *y) {
        int r = memcmp(&x->mac, &y->mac, sizeof x->mac);
        if (r == 0)
                r = strcmp(x->network, y->network);
        return r ? r : x->vlan - y->vlan;
}

static int compare_sightings(const void *a, const void *b) {
        return sighting_compare(*(struct sighting *const *) a, *(struct sighting *const *) b);
}

struct sighting *const *sightings_sorted(struct observed *t, size_t *ret_count) {
        return (struct sighting *const *) index_sorted(&t->by_key, &t->by_order, compare_sightings, ret_count);
}

void sightings_clear(struct observed *t) {
        for (size_t i = 0; i < t->by_key.size; i++)
                sighting_free(t->by_key.values[i]);
        clear(t);
}

int leases_put(struct observed *t, struct lease *lease, struct lease **ret_old) {
        if (reserve(t) < 0)
                return -ENOMEM;
        struct lease *old = leases_find(t, lease->network, &lease->address);
        if (old)
                leases_remove(t, old);
        link_value(t, hash_lease(lease->network, &lease->address), hash_mac(&lease->mac), lease);
        *ret_old = old;
        return 0;
}

void leases_remove(struct observed *t, struct lease *lease) {
        unlink_value(t, hash_lease(lease->network, &lease->address), hash_mac(&lease->mac), lease);
}

struct lease *leases_find(const struct observed *t, const char *network, const struct ip *address) {
        struct lease *lease;
        size_t position = 0;
        while ((lease = index_next(&t->by_key, hash_lease(network, address), &position)))
                if (strcmp(lease->network, network) == 0 && ip_equal(&lease->address, address))
                        return lease;
        return NULL;
}

int lease_compare(const struct lease *x, const struct lease *y) {
        int r = strcmp(x->network, y->network);
        if (r == 0)
                r = memcmp(&x->mac, &y->mac, sizeof x->mac);
        if (r == 0 && x->address.family != y->address.family)
                return x->address.family < y->address.family ? -1 : 1;
        return r ? r : memcmp(&x->address.v6, &y->address.v6, x->address.family == AF_INET ? 4 : 16);
}

static int compare_leases(const void *a, const void *b) {
        return lease_compare(*(struct lease *const *) a, *(struct lease *const *) b);
}

struct lease *const *leases_sorted(struct observed *t, size_t *ret_count) {
        return (struct lease *const *) index_sorted(&t->by_key, &t->by_order, compare_leases, ret_count);
}

void leases_clear(struct observed *t) {
        for (size_t i = 0; i < t->by_key.size; i++)
                lease_free(t->by_key.values[i]);
        clear(t);
}
