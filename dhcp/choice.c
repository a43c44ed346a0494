#include "dhcp/choice.h"

#include <errno.h>
#include <string.h>

/* Leases and reservations, and the gateway's place: sorted. */
struct taken {
        uint32_t *addresses;
        size_t size;
};

static const struct host *find_host(const struct choice_inputs *in, const struct mac *mac) {
        for (size_t i = 0; i < in->hosts_size; i++)
                if (memcmp(&in->hosts[i].mac, mac, sizeof *mac) == 0 && host_is_of(&in->hosts[i], in->network))
                        return &in->hosts[i];
        return NULL;
}

static const struct lease *lease_at(const struct choice_inputs *in, size_t *at) {
        const struct lease *lease;

        while (in->leases && (lease = lease_table_at(in->leases, (*at)++)))
                if (lease->expires == 0 || lease->expires > in->now)
                        return lease;
        return NULL;
}

static bool is_of(const struct lease *lease, const struct mac *mac) {
        struct mac other;
        return mac_parse(lease->mac, &other) == 0 && memcmp(&other, mac, sizeof *mac) == 0;
}

static uint32_t address_of(const struct host *host, const struct network *network) {
        return !host->denied && network_can_give(network, host->address) ? host->address : 0;
}

static bool is_reserved(const struct choice_inputs *in, uint32_t address) {
        if (address == in->network->gateway)
                return true;
        for (size_t i = 0; i < in->hosts_size; i++)
                if (host_is_of(&in->hosts[i], in->network) && address_of(&in->hosts[i], in->network) == address)
                        return true;
        return false;
}

static bool is_in_pool(const struct network *network, uint32_t address) {
        return address >= network->pool_start && address <= network->pool_end;
}

static int compare(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
        return (x > y) - (x < y);
}

static void add(const struct network *network, struct taken *taken, uint32_t address) {
        if (is_in_pool(network, address))
                taken->addresses[taken->size++] = address;
}

static int collect(const struct choice_inputs *in, struct taken *ret) {
        const struct network *network = in->network;
        const struct lease *lease;
        size_t leases = in->leases ? lease_table_size(in->leases) : 0;

        *ret = (struct taken) { .addresses = calloc(leases + in->hosts_size + 2, sizeof *ret->addresses) };
        if (!ret->addresses)
                return -ENOMEM;
        for (size_t at = 0; (lease = lease_at(in, &at));)
                add(network, ret, lease->address);
        for (size_t i = 0; i < in->hosts_size; i++)
                if (host_is_of(&in->hosts[i], network))
                        add(network, ret, address_of(&in->hosts[i], network));
        add(network, ret, network->address);
        add(network, ret, network->gateway);
        qsort(ret->addresses, ret->size, sizeof *ret->addresses, compare);
        return 0;
}

/* dnsmasq keeps the ends of what were class C networks for itself: Windows does not take them. */
static bool is_shunned(uint32_t address) {
        return address >> 29 == 6 && ((address & 0xff) == 0 || (address & 0xff) == 0xff);
}

static bool is_free(const struct taken *taken, uint32_t address) {
        return !is_shunned(address) && !bsearch(&address, taken->addresses, taken->size, sizeof address, compare);
}

static uint64_t count_free(const struct network *network, const struct taken *taken) {
        uint64_t count = (uint64_t) network->pool_end - network->pool_start + 1;

        for (size_t i = 0; i < taken->size; i++)
                if (!is_shunned(taken->addresses[i]) && (i == 0 || taken->addresses[i] != taken->addresses[i - 1]))
                        count--;
        for (uint64_t at = network->pool_start & ~(uint32_t) 0xff; at <= network->pool_end; at += 0x100)
                count -= (uint64_t) (is_shunned((uint32_t) at) && is_in_pool(network, (uint32_t) at)) +
                         (uint64_t) (is_shunned((uint32_t) at | 0xff) && is_in_pool(network, (uint32_t) at | 0xff));
        return count;
}

/* From where dnsmasq looks for a free address: its hash (SDBM) of the MAC. */
static uint32_t first_of(const struct network *network, const struct mac *mac) {
        uint32_t hash = 0;

        for (size_t i = 0; i < sizeof mac->bytes; i++)
                hash = mac->bytes[i] + (hash << 6) + (hash << 16) - hash;
        uint64_t size = (uint64_t) network->pool_end - network->pool_start + 1;
        return network->pool_start + (uint32_t) ((hash == 0 ? 1 : hash) % size);
}

static int choose_of_pool(const struct choice_inputs *in, const struct mac *mac, struct choice *choice) {
        const struct network *network = in->network;
        struct taken taken;
        int r = collect(in, &taken);

        if (r < 0)
                return r;
        choice->free = count_free(network, &taken);
        choice->by = choice->free > 0 ? CHOICE_POOL : CHOICE_NONE;
        choice->address = choice->free > 0 ? first_of(network, mac) : 0;
        while (choice->free > 0 && !is_free(&taken, choice->address))
                choice->address = choice->address == network->pool_end ? network->pool_start : choice->address + 1;
        free(taken.addresses);
        return 0;
}

/* Its lease holds while its address is one of the pool's that nobody else is to have. */
static const struct lease *find_lease(const struct choice_inputs *in, const struct mac *mac) {
        const struct lease *lease;

        for (size_t at = 0; (lease = lease_at(in, &at));)
                if (is_of(lease, mac))
                        return is_in_pool(in->network, lease->address) && !is_reserved(in, lease->address) ? lease : NULL;
        return NULL;
}

static const struct lease *lease_of_another(const struct choice_inputs *in, const struct mac *mac, uint32_t address) {
        const struct lease *lease = in->leases ? lease_table_find(in->leases, address) : NULL;

        return lease && (lease->expires == 0 || lease->expires > in->now) && !is_of(lease, mac) ? lease : NULL;
}

int choose_address(const struct choice_inputs *in, const struct mac *mac, struct choice *ret) {
        const struct host *host = find_host(in, mac);
        struct choice choice = { .by = CHOICE_DENIED };
        int r = 0;

        if (host && host->denied) {
                *ret = choice;
                return 0;
        }
        if (host && in->network->mode == DHCP_SERVER)
                choice.reserved = address_of(host, in->network);
        choice.in_place = choice.reserved ? lease_of_another(in, mac, choice.reserved) : NULL;
        const struct lease *lease = find_lease(in, mac);
        if (choice.reserved && !choice.in_place) {
                choice.by = CHOICE_RESERVED;
                choice.address = choice.reserved;
        } else if (lease) {
                choice.by = CHOICE_LEASE;
                choice.address = lease->address;
        } else if (in->network->mode == DHCP_SERVER)
                r = choose_of_pool(in, mac, &choice);
        else
                choice.by = CHOICE_NONE;
        if (r == 0)
                *ret = choice;
        return r;
}
