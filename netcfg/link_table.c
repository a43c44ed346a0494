#include "netcfg/link_table.h"

#include <stdio.h>
#include <string.h>

void link_table_clear(struct link_table *table) {
        free(table->links);
        free(table->addresses);
        *table = (struct link_table) {};
}

/* Room for one more of `size` bytes: sizes are powers of two, so `count` says how much there is. */
static void *grow(void *array, size_t count, size_t size) {
        return count == 0 || (count & (count - 1)) == 0 ? reallocarray(array, count ? count * 2 : 1, size) : array;
}

struct link *link_table_add_link(struct link_table *table) {
        struct link *links = grow(table->links, table->link_count, sizeof(*links));

        if (!links)
                return NULL;
        table->links = links;
        links += table->link_count++;
        *links = (struct link) {};
        return links;
}

struct link_address *link_table_add_address(struct link_table *table) {
        struct link_address *addresses = grow(table->addresses, table->address_count, sizeof(*addresses));

        if (!addresses)
                return NULL;
        table->addresses = addresses;
        addresses += table->address_count++;
        *addresses = (struct link_address) {};
        return addresses;
}

const struct link *link_table_find(const struct link_table *table, const char *name) {
        for (size_t i = 0; i < table->link_count; i++)
                if (strcmp(table->links[i].name, name) == 0)
                        return &table->links[i];
        return NULL;
}

const struct link *link_table_at(const struct link_table *table, int index) {
        for (size_t i = 0; index != 0 && i < table->link_count; i++)
                if (table->links[i].index == index)
                        return &table->links[i];
        return NULL;
}

bool link_is_ours(const struct link *link) {
        return strncmp(link->alias, LINK_ALIAS_PREFIX, strlen(LINK_ALIAS_PREFIX)) == 0;
}

bool address_is_ours(const struct link_address *address) {
        return address->origin == ADDRESS_ORIGIN_PXED;
}

bool address_is_kernels(const struct link_address *address) {
        const struct ip *ip = &address->prefix.address;

        return (address->origin > 0 && address->origin <= ADDRESS_ORIGIN_KERNEL_MAX) || address->automatic ||
               (ip->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&ip->v6));
}

char *link_alias(const char *network, char buffer[static LINK_ALIAS_SIZE]) {
        snprintf(buffer, LINK_ALIAS_SIZE, LINK_ALIAS_PREFIX "%s", network);
        return buffer;
}
