/* Which address dnsmasq gives a machine that asks for none in particular. Pure. */
#pragma once

#include "dhcp/config.h"
#include "dhcp/lease_table.h"

struct choice {
        enum {
                CHOICE_DENIED,   /* by its host entry */
                CHOICE_RESERVED, /* by its host entry */
                CHOICE_LEASE,    /* it has it already */
                CHOICE_POOL,     /* a free one of the pool */
                CHOICE_NONE,     /* there is no free one */
        } by;
        uint32_t address;
        uint64_t free;                /* how many of the pool are; of CHOICE_POOL */
        const struct lease *in_place; /* holds the address that is reserved for the machine; NULL: none does. Borrowed. */
        uint32_t reserved;            /* the machine's reservation; 0: none */
};

/* Who has which address. */
struct choice_inputs {
        const struct network *network; /* of DHCP_SERVER; DHCP_PROXY: only whether it is denied */
        const struct host *hosts;
        size_t hosts_size;
        const struct lease_table *leases; /* NULL: none */
        uint64_t now;                     /* seconds since 1970 */
};

/*
 * What dnsmasq answers after a machine has declined an address differs until it is restarted: how many did is its own knowledge.
 * -ENOMEM.
 */
int choose_address(const struct choice_inputs *inputs, const struct mac *mac, struct choice *ret);
