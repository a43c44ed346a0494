#include "netcfg/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a plan is made of. `link` is NULL where the interface does not exist, or will not once the plan is applied so far. */
struct planning {
        const struct link_table *table;
        const struct link_wanted *wanted;
        const struct link *link, *parent;
        struct plan *plan;
};

static struct action *add_action(struct plan *plan, enum action_kind kind, const char *link) {
        static struct action overflow; /* written, never read */

        if (plan->action_count == PLAN_ACTIONS_MAX)
                return &overflow;
        struct action *action = &plan->actions[plan->action_count++];
        *action = (struct action) { .kind = kind };
        snprintf(action->link, sizeof(action->link), "%s", link);
        return action;
}

static void _printf_(2, 3) add_fault(struct plan *plan, const char *format, ...) {
        va_list arguments;

        if (plan->fault_count == PLAN_FAULTS_MAX)
                return;
        va_start(arguments, format);
        vsnprintf(plan->faults[plan->fault_count++], PLAN_FAULT_SIZE, format, arguments);
        va_end(arguments);
}

static bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b) {
        return a->length == b->length && ip_equal(&a->address, &b->address);
}

/* ---- what may be deleted */

#define FOREACH_ADDRESS(table, a, index) \
        for (const struct link_address *a = (table)->addresses; a < (table)->addresses + (table)->address_count; a++) \
                if (a->link == (index))

/* Whether only what pxed-netcfg or the kernel itself made goes with the link. */
static bool may_delete_link(const struct link_table *table, const struct link *link, struct plan *plan) {
        char text[IP_PREFIX_TEXT_SIZE];

        FOREACH_ADDRESS(table, address, link->index)
                if (!address_is_ours(address) && !address_is_kernels(address)) {
                        add_fault(plan, "The interface %s is wanted no more as pxed-netcfg made it, but is not deleted because it has the address %s, "
                                        "which something else gave it: ip link delete %s",
                                  link->name, ip_prefix_format(&address->prefix, text), link->name);
                        return false;
                }
        for (size_t i = 0; i < table->link_count; i++)
                if (table->links[i].parent == link->index) {
                        add_fault(plan, "The interface %s is wanted no more as pxed-netcfg made it, but is not deleted because %s, which lies on it, "
                                        "would go with it: ip link delete %s",
                                  link->name, table->links[i].name, link->name);
                        return false;
                }
        return true;
}

/* Whether `other` goes when `address` is deleted: the kernel deletes secondary addresses of a subnet with its first one. */
static bool goes_with(const struct link_address *other, const struct link_address *address, const struct link *link) {
        return !link->promotes && address->prefix.address.family == AF_INET && !address->secondary && other != address &&
               other->link == address->link && other->prefix.address.family == AF_INET && other->secondary &&
               other->prefix.length == address->prefix.length && ip_in_prefix(&other->prefix.address, &address->prefix);
}

static bool may_delete_address(const struct link_table *table, const struct link *link, const struct link_address *address, struct plan *plan) {
        char text[IP_PREFIX_TEXT_SIZE], foreign[IP_PREFIX_TEXT_SIZE];

        FOREACH_ADDRESS(table, other, link->index)
                if (goes_with(other, address, link) && !address_is_ours(other)) {
                        add_fault(plan, "The address %s of %s is wanted no more, but is not deleted because the kernel would delete %s with it: "
                                        "sysctl -w net.ipv4.conf.%s.promote_secondaries=1; ip address del %s dev %s",
                                  ip_prefix_format(&address->prefix, text), link->name, ip_prefix_format(&other->prefix, foreign),
                                  link->name, text, link->name);
                        return false;
                }
        return true;
}

static void delete_address(const struct link_table *table, const struct link *link, const struct link_address *address, struct plan *plan) {
        if (may_delete_address(table, link, address, plan))
                add_action(plan, ACTION_DELETE_ADDRESS, link->name)->address = address->prefix;
}

/* ---- the link */

/* The VLAN may be there under another name: the kernel has each one once. */
static const struct link *find_vlan(const struct planning *p) {
        for (size_t i = 0; i < p->table->link_count; i++) {
                const struct link *link = &p->table->links[i];
                if (link->kind == LINK_VLAN && link->parent == p->parent->index && link->vlan == p->wanted->vlan)
                        return link;
        }
        return NULL;
}

static void create_vlan(struct planning *p) {
        const struct link_wanted *wanted = p->wanted;
        struct action *action = add_action(p->plan, ACTION_CREATE_VLAN, wanted->interface);

        snprintf(action->parent, sizeof(action->parent), "%s", wanted->parent);
        action->vlan = wanted->vlan;
        link_alias(wanted->network, action->alias);
}

static bool is_wanted_vlan(const struct planning *p) {
        return p->link->kind == LINK_VLAN && p->link->vlan == p->wanted->vlan && p->link->parent == p->parent->index;
}

/* A link of the wanted name that is none of the wanted kind goes if it is ours. */
static bool replace_link(struct planning *p) {
        const struct link_wanted *wanted = p->wanted;

        if (!link_is_ours(p->link)) {
                add_fault(p->plan, "The interface %s is there, but is not VLAN %u on %s, and pxed-netcfg did not make it: name another one by "
                                   "vlan-interface in the network's section of the configuration, or ip link delete %s",
                          wanted->interface, wanted->vlan, wanted->parent, wanted->interface);
                return false;
        }
        if (!may_delete_link(p->table, p->link, p->plan))
                return false;
        add_action(p->plan, ACTION_DELETE_LINK, wanted->interface);
        p->link = NULL;
        return true;
}

static void keep_alias(struct planning *p) {
        char alias[LINK_ALIAS_SIZE];

        if (link_is_ours(p->link) && strcmp(p->link->alias, link_alias(p->wanted->network, alias)) != 0)
                memcpy(add_action(p->plan, ACTION_SET_ALIAS, p->link->name)->alias, alias, sizeof(alias));
}

/* Returns whether the interface is there once the plan is applied. */
static bool plan_vlan(struct planning *p) {
        const struct link_wanted *wanted = p->wanted;

        if (!p->parent) {
                add_fault(p->plan, "There is no interface %s, which VLAN %u is on: create it, or name another one in the network's section of the "
                                   "configuration", wanted->parent, wanted->vlan);
                return false;
        }
        if (p->link && is_wanted_vlan(p)) {
                keep_alias(p);
                return true;
        }
        if (p->link && !replace_link(p))
                return false;
        const struct link *holder = find_vlan(p);
        if (holder) {
                add_fault(p->plan, "VLAN %u on %s is the interface %s already: say vlan-interface = %s in the network's section of the "
                                   "configuration, or ip link delete %s",
                          wanted->vlan, wanted->parent, holder->name, holder->name, holder->name);
                return false;
        }
        create_vlan(p);
        return true;
}

static bool plan_link(struct planning *p) {
        const char *interface = p->wanted->interface;

        if (p->wanted->vlan)
                return plan_vlan(p);
        if (!p->link) {
                add_fault(p->plan, "There is no interface %s: create it, or name another one in the network's section of the configuration",
                          interface);
                return false;
        }
        const struct link *master = link_table_at(p->table, p->link->master);
        if (master && master->kind == LINK_BRIDGE) {
                add_fault(p->plan, "The interface %s is a port of the bridge %s, which takes its packets: say interface = %s in the network's "
                                   "section of the configuration, or ip link set %s nomaster",
                          interface, master->name, master->name, interface);
                return false;
        }
        return true;
}

/* ---- MTU and up */

static void plan_mtu(struct planning *p) {
        const struct link_wanted *wanted = p->wanted;
        unsigned mtu = p->link ? p->link->mtu : p->parent->mtu; /* a new VLAN has that of the link below */

        if (wanted->mtu == 0 || wanted->mtu == mtu)
                return;
        if (p->parent && wanted->mtu > p->parent->mtu) {
                add_fault(p->plan, "The MTU of %s cannot be %u because that of %s, which it is on, is %u: ip link set %s mtu %u",
                          wanted->interface, wanted->mtu, wanted->parent, p->parent->mtu, wanted->parent, wanted->mtu);
                return;
        }
        if (p->link && p->link->mtu_max && wanted->mtu > p->link->mtu_max) {
                add_fault(p->plan, "The MTU of %s cannot be %u because the card takes %u at most: say so in the network's section of the "
                                   "configuration", wanted->interface, wanted->mtu, p->link->mtu_max);
                return;
        }
        struct action *action = add_action(p->plan, ACTION_SET_MTU, wanted->interface);
        action->mtu = wanted->mtu;
        action->mtu_before = mtu;
}

/* The kernel sets a VLAN up only after the link below. */
static void plan_up(struct planning *p) {
        if (p->parent && !p->parent->up)
                add_action(p->plan, ACTION_SET_UP, p->wanted->parent);
        if (!p->link || !p->link->up)
                add_action(p->plan, ACTION_SET_UP, p->wanted->interface);
}

/* ---- addresses */

static bool is_wanted_address(const struct link_wanted *wanted, const struct ip_prefix *address) {
        return prefix_equal(&wanted->address, address) || (wanted->has_address6 && prefix_equal(&wanted->address6, address));
}

/* Whether the plan so far deletes it, or deletes what it goes with. */
static bool is_deleted(const struct planning *p, const struct link_address *address) {
        FOREACH_ADDRESS(p->table, other, address->link)
                for (size_t i = 0; i < p->plan->action_count; i++) {
                        const struct action *action = &p->plan->actions[i];
                        if (action->kind == ACTION_DELETE_ADDRESS && prefix_equal(&action->address, &other->prefix) &&
                            (other == address || goes_with(address, other, p->link)))
                                return true;
                }
        return false;
}

/* A foreign address elsewhere: two interfaces with one address answer each other's machines. */
static bool is_elsewhere(const struct planning *p, const struct ip_prefix *address) {
        char text[IP_PREFIX_TEXT_SIZE];

        for (size_t i = 0; i < p->table->address_count; i++) {
                const struct link_address *other = &p->table->addresses[i];
                const struct link *holder = link_table_at(p->table, other->link);
                if (!holder || (p->link && other->link == p->link->index) || address_is_ours(other) ||
                    !ip_equal(&other->prefix.address, &address->address))
                        continue;
                add_fault(p->plan, "The network's address is on the interface %s instead of %s: say interface = %s in the network's section of the "
                                   "configuration, or ip address del %s dev %s",
                          holder->name, p->wanted->interface, holder->name, ip_prefix_format(&other->prefix, text), holder->name);
                return true;
        }
        return false;
}

/* Returns whether an action is needed; *ret_length is another prefix length that it is there with, or 0. */
static bool is_missing(const struct planning *p, const struct ip_prefix *address, unsigned *ret_length) {
        char text[IP_PREFIX_TEXT_SIZE];
        unsigned length = 0;

        if (p->link)
                FOREACH_ADDRESS(p->table, other, p->link->index) {
                        if (!ip_equal(&other->prefix.address, &address->address) || is_deleted(p, other))
                                continue;
                        if (other->duplicate)
                                add_fault(p->plan, "The address %s of %s is not used because another machine has it too: give one of them another address",
                                          ip_prefix_format(&other->prefix, text), p->wanted->interface);
                        if (other->prefix.length == address->length)
                                return false;
                        length = other->prefix.length;
                }
        *ret_length = length;
        return true;
}

static void plan_address(struct planning *p, const struct ip_prefix *address) {
        char text[IP_PREFIX_TEXT_SIZE];
        unsigned length;

        if (!is_missing(p, address, &length) || is_elsewhere(p, address))
                return;
        /* The kernel takes an IPv6 address once, whatever its prefix length. */
        if (length && address->address.family == AF_INET6) {
                ip_format(&address->address, text);
                add_fault(p->plan, "The interface %s has the network's address with prefix length %u instead of %u: ip address del %s/%u dev %s",
                          p->wanted->interface, length, address->length, text, length, p->wanted->interface);
                return;
        }
        struct action *action = add_action(p->plan, ACTION_ADD_ADDRESS, p->wanted->interface);
        action->address = *address;
        action->length_found = length;
}

static void plan_addresses(struct planning *p) {
        if (p->link)
                FOREACH_ADDRESS(p->table, address, p->link->index)
                        if (address_is_ours(address) && !is_wanted_address(p->wanted, &address->prefix))
                                delete_address(p->table, p->link, address, p->plan);
        plan_address(p, &p->wanted->address);
        if (p->wanted->has_address6)
                plan_address(p, &p->wanted->address6);
}

/* ---- plans */

void plan_network(const struct link_table *table, const struct link_wanted *wanted, struct plan *ret) {
        struct planning p = {
                .table = table,
                .wanted = wanted,
                .link = link_table_find(table, wanted->interface),
                .parent = wanted->vlan ? link_table_find(table, wanted->parent) : NULL,
                .plan = ret,
        };

        *ret = (struct plan) {};
        if (!plan_link(&p))
                return;
        plan_mtu(&p);
        plan_up(&p);
        plan_addresses(&p);
}

static bool is_kept(const char *name, const char *const *kept, size_t count) {
        for (size_t i = 0; i < count; i++)
                if (strcmp(kept[i], name) == 0)
                        return true;
        return false;
}

void plan_leftovers(const struct link_table *table, const char *const *kept, size_t kept_count, struct plan *ret) {
        *ret = (struct plan) {};
        for (size_t i = 0; i < table->link_count; i++) {
                const struct link *link = &table->links[i];
                if (is_kept(link->name, kept, kept_count))
                        continue;
                if (link_is_ours(link)) {
                        if (may_delete_link(table, link, ret))
                                add_action(ret, ACTION_DELETE_LINK, link->name);
                        continue;
                }
                FOREACH_ADDRESS(table, address, link->index)
                        if (address_is_ours(address))
                                delete_address(table, link, address, ret);
        }
}

static void plan_limits(const struct neighbour_limits *limits, uint64_t machines, int family, struct plan *plan) {
        unsigned soft = machines < NEIGHBOURS_MAX ? (unsigned) machines : NEIGHBOURS_MAX;

        if (limits->hard == 0 || limits->soft >= soft)
                return;
        struct action *action = add_action(plan, ACTION_RAISE_NEIGHBOURS, "");
        action->family = family;
        action->limits_before = *limits;
        /* As many again for what else the kernel talks to. */
        action->limits.soft = soft;
        action->limits.hard = limits->hard > 2 * soft ? limits->hard : 2 * soft;
}

void plan_neighbours(const struct link_table *table, uint64_t machines4, uint64_t machines6, struct plan *ret) {
        *ret = (struct plan) {};
        plan_limits(&table->neighbours4, machines4, AF_INET, ret);
        plan_limits(&table->neighbours6, machines6, AF_INET6, ret);
}
