#include "netcfg/neighbours.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct neighbours {
        struct neighbour *list[NEIGHBOURS_MAX]; /* in the order in which they were heard first */
        unsigned count;
        void (*changed)(const char *interface, void *userdata);
        void *userdata;
};

int neighbours_new(struct neighbours **ret) {
        struct neighbours *neighbours = calloc(1, sizeof(*neighbours));

        if (!neighbours)
                return -ENOMEM;
        *ret = neighbours;
        return 0;
}

struct neighbours *neighbours_free(struct neighbours *neighbours) {
        if (!neighbours)
                return NULL;
        for (unsigned i = 0; i < neighbours->count; i++)
                free(neighbours->list[i]);
        free(neighbours);
        return NULL;
}

void neighbours_listen(struct neighbours *neighbours, void (*changed)(const char *interface, void *userdata), void *userdata) {
        neighbours->changed = changed;
        neighbours->userdata = userdata;
}

static void tell(const struct neighbours *neighbours, const char *interface) {
        if (neighbours->changed)
                neighbours->changed(interface, neighbours->userdata);
}

static void remove_at(struct neighbours *neighbours, unsigned i) {
        _cleanup_free_ struct neighbour *gone = neighbours->list[i];

        neighbours->count--;
        memmove(neighbours->list + i, neighbours->list + i + 1, (neighbours->count - i) * sizeof(neighbours->list[0]));
        tell(neighbours, gone->interface);
}

/* ---- those that are heard */

static bool is_same(const struct neighbour *a, const struct neighbour *b) {
        return a->protocol == b->protocol && strcmp(a->interface, b->interface) == 0 && strcmp(a->chassis, b->chassis) == 0 &&
               strcmp(a->port, b->port) == 0;
}

static bool says_the_same(const struct neighbour *a, const struct neighbour *b) {
        if (strcmp(a->port_description, b->port_description) != 0 || strcmp(a->system_name, b->system_name) != 0 ||
            strcmp(a->system_description, b->system_description) != 0 || a->vlan != b->vlan || a->ttl != b->ttl ||
            a->management_count != b->management_count)
                return false;
        for (unsigned i = 0; i < a->management_count; i++)
                if (strcmp(a->management[i], b->management[i]) != 0)
                        return false;
        return true;
}

/* Of the interface, or of all (NULL). There must be one. */
static unsigned find_most_silent(const struct neighbours *neighbours, const char *interface) {
        const struct neighbour *found = NULL;
        unsigned place = 0;

        for (unsigned i = 0; i < neighbours->count; i++) {
                const struct neighbour *each = neighbours->list[i];
                if (interface && strcmp(each->interface, interface) != 0)
                        continue;
                if (!found || each->last < found->last) {
                        found = each;
                        place = i;
                }
        }
        return place;
}

static void make_room(struct neighbours *neighbours, const char *interface) {
        unsigned count = 0;

        for (unsigned i = 0; i < neighbours->count; i++)
                count += strcmp(neighbours->list[i]->interface, interface) == 0;
        if (count >= NEIGHBOURS_PER_INTERFACE)
                remove_at(neighbours, find_most_silent(neighbours, interface));
        else if (neighbours->count == NEIGHBOURS_MAX)
                remove_at(neighbours, find_most_silent(neighbours, NULL));
}

static void add(struct neighbours *neighbours, const struct neighbour *heard) {
        struct neighbour *copy = malloc(sizeof(*copy));

        if (!copy)
                return;
        *copy = *heard;
        make_room(neighbours, heard->interface);
        neighbours->list[neighbours->count++] = copy;
        tell(neighbours, copy->interface);
}

static void note(struct neighbours *neighbours, struct neighbour *heard) {
        unsigned i = 0;

        while (i < neighbours->count && !is_same(neighbours->list[i], heard))
                i++;
        if (i == neighbours->count) {
                if (heard->ttl > 0)
                        add(neighbours, heard);
                return;
        }
        if (heard->ttl == 0) {
                remove_at(neighbours, i);
                return;
        }
        bool new = !says_the_same(neighbours->list[i], heard);
        if (neighbours->list[i]->first < heard->first)
                heard->first = neighbours->list[i]->first;
        *neighbours->list[i] = *heard;
        if (new)
                tell(neighbours, heard->interface);
}

void neighbours_note_lldp(struct neighbours *neighbours, const char *interface, const struct lldp *lldp, uint64_t now) {
        struct neighbour heard = { .protocol = NEIGHBOUR_LLDP, .ttl = lldp->ttl, .first = now, .last = now };

        snprintf(heard.interface, sizeof(heard.interface), "%s", interface);
        memcpy(heard.chassis, lldp->chassis.text, sizeof(heard.chassis));
        memcpy(heard.port, lldp->port.text, sizeof(heard.port));
        memcpy(heard.port_description, lldp->port_description, sizeof(heard.port_description));
        memcpy(heard.system_name, lldp->system_name, sizeof(heard.system_name));
        memcpy(heard.system_description, lldp->system_description, sizeof(lldp->system_description));
        heard.vlan = lldp->has_vlan ? lldp->vlan : 0;
        for (unsigned i = 0; i < lldp->management_count; i++)
                if (lldp->management[i].form != LLDP_BYTES)
                        memcpy(heard.management[heard.management_count++], lldp->management[i].text, sizeof(heard.management[0]));
        note(neighbours, &heard);
}

/* What a device says in its last message may be no more than its name. */
static void forget_device(struct neighbours *neighbours, const char *interface, const char *device) {
        for (unsigned i = neighbours->count; i > 0; i--) {
                const struct neighbour *each = neighbours->list[i - 1];
                if (each->protocol == NEIGHBOUR_CDP && strcmp(each->interface, interface) == 0 && strcmp(each->chassis, device) == 0)
                        remove_at(neighbours, i - 1);
        }
}

void neighbours_note_cdp(struct neighbours *neighbours, const char *interface, const struct cdp *cdp, uint64_t now) {
        struct neighbour heard = { .protocol = NEIGHBOUR_CDP, .ttl = cdp->ttl, .first = now, .last = now };
        const struct ip *addresses = cdp->management_count > 0 ? cdp->management : cdp->addresses;
        bool both = cdp->platform[0] && cdp->software[0];

        snprintf(heard.interface, sizeof(heard.interface), "%s", interface);
        memcpy(heard.chassis, cdp->device, sizeof(heard.chassis));
        memcpy(heard.port, cdp->port, sizeof(heard.port));
        memcpy(heard.system_name, cdp->system_name, sizeof(heard.system_name));
        snprintf(heard.system_description, sizeof(heard.system_description), "%s%s%s", cdp->platform, both ? " " : "", cdp->software);
        heard.vlan = cdp->has_vlan ? cdp->vlan : 0;
        heard.management_count = cdp->management_count > 0 ? cdp->management_count : cdp->address_count;
        for (unsigned i = 0; i < heard.management_count; i++)
                ip_format(&addresses[i], heard.management[i]);
        if (heard.ttl == 0 && !heard.port[0])
                forget_device(neighbours, heard.interface, heard.chassis);
        else
                note(neighbours, &heard);
}

/* ---- those that are heard no more */

void neighbours_forget(struct neighbours *neighbours, const char *interface) {
        for (unsigned i = neighbours->count; i > 0; i--)
                if (strcmp(neighbours->list[i - 1]->interface, interface) == 0)
                        remove_at(neighbours, i - 1);
}

static uint64_t expiry(const struct neighbour *neighbour) {
        return neighbour->last + neighbour->ttl * USEC_PER_SEC;
}

void neighbours_expire(struct neighbours *neighbours, uint64_t now) {
        for (unsigned i = neighbours->count; i > 0; i--) {
                struct neighbour *each = neighbours->list[i - 1];
                if (each->last > now) /* the clock was set back */
                        each->last = now;
                if (each->first > each->last)
                        each->first = each->last;
                if (now >= expiry(each))
                        remove_at(neighbours, i - 1);
        }
}

uint64_t neighbours_next_expiry(const struct neighbours *neighbours) {
        uint64_t next = UINT64_MAX;

        for (unsigned i = 0; i < neighbours->count; i++)
                if (expiry(neighbours->list[i]) < next)
                        next = expiry(neighbours->list[i]);
        return next;
}

const struct neighbour *neighbours_get(const struct neighbours *neighbours, unsigned n) {
        return n < neighbours->count ? neighbours->list[n] : NULL;
}
