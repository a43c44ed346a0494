#include <stdio.h>

#include "netcfg/plan.h"

#define SAY(text, ...) snprintf(text, sizeof(text), __VA_ARGS__)

static void describe_create(const struct action *a, struct action_text *t) {
        SAY(t->deed, "create %s on %s (VLAN %u)", a->link, a->parent, a->vlan);
        SAY(t->difference, "There is no interface %s", a->link);
        SAY(t->command, "ip link add link %s name %s type vlan id %u", a->parent, a->link, a->vlan);
}

static void describe_delete(const struct action *a, struct action_text *t) {
        SAY(t->deed, "delete %s", a->link);
        SAY(t->difference, "The interface %s is wanted no more as pxed-netcfg made it", a->link);
        SAY(t->command, "ip link delete %s", a->link);
}

static void describe_alias(const struct action *a, struct action_text *t) {
        SAY(t->deed, "give %s the alias \"%s\"", a->link, a->alias);
        SAY(t->difference, "The interface %s was made for a network of another name", a->link);
        SAY(t->command, "ip link set %s alias \"%s\"", a->link, a->alias);
}

static void describe_mtu(const struct action *a, struct action_text *t) {
        SAY(t->deed, "set the MTU of %s to %u (it was %u)", a->link, a->mtu, a->mtu_before);
        SAY(t->difference, "The interface %s has MTU %u instead of %u", a->link, a->mtu_before, a->mtu);
        SAY(t->command, "ip link set %s mtu %u", a->link, a->mtu);
}

static void describe_up(const struct action *a, struct action_text *t) {
        SAY(t->deed, "set %s up", a->link);
        SAY(t->difference, "The interface %s is down", a->link);
        SAY(t->command, "ip link set %s up", a->link);
}

static void describe_add(const struct action *a, struct action_text *t) {
        char address[IP_PREFIX_TEXT_SIZE];

        ip_prefix_format(&a->address, address);
        SAY(t->deed, "add the address %s to %s", address, a->link);
        if (a->length_found)
                SAY(t->difference, "The interface %s has the network's address with prefix length %u instead of %u", a->link, a->length_found,
                    a->address.length);
        else
                SAY(t->difference, "The interface %s does not have the network's address %s", a->link, address);
        SAY(t->command, "ip address add %s dev %s", address, a->link);
}

static void describe_remove(const struct action *a, struct action_text *t) {
        char address[IP_PREFIX_TEXT_SIZE];

        ip_prefix_format(&a->address, address);
        SAY(t->deed, "delete the address %s from %s", address, a->link);
        SAY(t->difference, "The interface %s has the address %s, which pxed-netcfg gave it and which is wanted no more", a->link, address);
        SAY(t->command, "ip address del %s dev %s", address, a->link);
}

static void describe_neighbours(const struct action *a, struct action_text *t) {
        int version = a->family == AF_INET ? 4 : 6;

        SAY(t->deed, "raise the kernel's limits of IPv%d neighbours to %u and %u (they were %u and %u)", version, a->limits.soft, a->limits.hard,
            a->limits_before.soft, a->limits_before.hard);
        SAY(t->difference, "The kernel keeps %u IPv%d neighbours (%u for a moment), and the machines of the pools need %u", a->limits_before.soft,
            version, a->limits_before.hard, a->limits.soft);
        SAY(t->command, "sysctl -w net.ipv%d.neigh.default.gc_thresh2=%u net.ipv%d.neigh.default.gc_thresh3=%u", version, a->limits.soft, version,
            a->limits.hard);
}

static void (*const describe[])(const struct action *a, struct action_text *t) = {
        [ACTION_CREATE_VLAN] = describe_create,
        [ACTION_DELETE_LINK] = describe_delete,
        [ACTION_SET_ALIAS] = describe_alias,
        [ACTION_SET_MTU] = describe_mtu,
        [ACTION_SET_UP] = describe_up,
        [ACTION_ADD_ADDRESS] = describe_add,
        [ACTION_DELETE_ADDRESS] = describe_remove,
        [ACTION_RAISE_NEIGHBOURS] = describe_neighbours,
};

void action_describe(const struct action *action, struct action_text *ret) {
        describe[action->kind](action, ret);
}

static size_t append(char *buffer, size_t size, size_t used, const char *text, const char *command) {
        int n = snprintf(buffer + used, size - used, "%s%s%s%s", used ? "; " : "", text, command ? ": " : "", command ?: "");

        return used + (size_t) n < size ? used + (size_t) n : size - 1;
}

char *plan_report(const struct plan *plan, bool with_actions, char *buffer, size_t size) {
        struct action_text text;
        size_t used = 0;

        buffer[0] = '\0';
        for (size_t i = 0; i < plan->fault_count; i++)
                used = append(buffer, size, used, plan->faults[i], NULL);
        for (size_t i = 0; with_actions && i < plan->action_count; i++) {
                action_describe(&plan->actions[i], &text);
                used = append(buffer, size, used, text.difference, text.command);
        }
        return buffer;
}
