#include "pxed/registry.h"

#include <errno.h>
#include <string.h>

static uint64_t hash_uuid(const struct uuid *uuid) {
        return index_hash(uuid, sizeof *uuid);
}

static uint64_t hash_mac(const struct mac *mac) {
        return index_hash(mac, sizeof *mac);
}

static uint64_t hash_name(const char *name) {
        return index_hash(name, strlen(name));
}

static uint64_t hash_switch_port(const char *at, const char *port) {
        return index_hash(at, strlen(at)) * 31 + index_hash(port, strlen(port));
}

static int reserve(struct registry *r, size_t macs) {
        if (index_reserve(&r->by_id, 1) < 0 || index_reserve(&r->by_name, 1) < 0 || index_reserve(&r->by_uuid, 1) < 0 ||
            index_reserve(&r->by_bmc_mac, 1) < 0 || index_reserve(&r->by_mac, macs) < 0 || index_reserve(&r->by_switch_port, macs) < 0)
                return -ENOMEM;
        return 0;
}

static void link_node(struct registry *r, struct node *node) {
        (void) index_add(&r->by_id, hash_uuid(&node->id), node);
        (void) index_add(&r->by_name, hash_name(node->name), node);
        if (node->has_uuid)
                (void) index_add(&r->by_uuid, hash_uuid(&node->uuid), node);
        if (node->has_bmc_mac)
                (void) index_add(&r->by_bmc_mac, hash_mac(&node->bmc_mac), node);
        for (size_t i = 0; i < node->n_ports; i++) {
                const struct port *p = &node->ports[i];
                (void) index_add(&r->by_mac, hash_mac(&p->mac), node);
                if (port_switch(p) && p->switch_port)
                        (void) index_add(&r->by_switch_port, hash_switch_port(port_switch(p), p->switch_port), node);
        }
        r->count++;
}

static void unlink_node(struct registry *r, struct node *node) {
        index_remove(&r->by_id, hash_uuid(&node->id), node);
        index_remove(&r->by_name, hash_name(node->name), node);
        if (node->has_uuid)
                index_remove(&r->by_uuid, hash_uuid(&node->uuid), node);
        if (node->has_bmc_mac)
                index_remove(&r->by_bmc_mac, hash_mac(&node->bmc_mac), node);
        for (size_t i = 0; i < node->n_ports; i++) {
                const struct port *p = &node->ports[i];
                index_remove(&r->by_mac, hash_mac(&p->mac), node);
                if (port_switch(p) && p->switch_port)
                        index_remove(&r->by_switch_port, hash_switch_port(port_switch(p), p->switch_port), node);
        }
        r->count--;
}

static int compare_names(const void *a, const void *b) {
        return strcmp((*(struct node *const *) a)->name, (*(struct node *const *) b)->name);
}

/* Most changes keep the name: the list stays sorted. */
static void replace_sorted(struct registry *r, struct node *old, struct node *node) {
        struct node **place = r->by_order.valid && old && strcmp(old->name, node->name) == 0
                                      ? bsearch(&old, r->by_order.values, r->count, sizeof *r->by_order.values, compare_names)
                                      : NULL;
        if (place)
                *place = node;
        else
                r->by_order.valid = false;
}

int registry_put(struct registry *r, struct node *node, struct node **ret_old) {
        /* Room first, so that nothing can fail half way. */
        if (reserve(r, node->n_ports) < 0)
                return -ENOMEM;
        struct node *old = registry_by_id(r, &node->id);
        if (old)
                unlink_node(r, old);
        link_node(r, node);
        replace_sorted(r, old, node);
        *ret_old = old;
        return 0;
}

void registry_remove(struct registry *r, struct node *node) {
        unlink_node(r, node);
        r->by_order.valid = false;
}

void registry_clear(struct registry *r) {
        for (size_t i = 0; i < r->by_id.size; i++)
                node_free(r->by_id.values[i]);
        index_clear(&r->by_id);
        index_clear(&r->by_name);
        index_clear(&r->by_mac);
        index_clear(&r->by_uuid);
        index_clear(&r->by_bmc_mac);
        index_clear(&r->by_switch_port);
        sorted_clear(&r->by_order);
        *r = (struct registry) { 0 };
}

struct node *registry_by_id(const struct registry *r, const struct uuid *id) {
        struct node *node;
        size_t position = 0;
        while ((node = index_next(&r->by_id, hash_uuid(id), &position)))
                if (memcmp(&node->id, id, sizeof *id) == 0)
                        return node;
        return NULL;
}

struct node *registry_by_name(const struct registry *r, const char *name) {
        struct node *node;
        size_t position = 0;
        while ((node = index_next(&r->by_name, hash_name(name), &position)))
                if (strcmp(node->name, name) == 0)
                        return node;
        return NULL;
}

struct node *registry_by_mac(const struct registry *r, const struct mac *mac) {
        struct node *node;
        size_t position = 0;
        while ((node = index_next(&r->by_mac, hash_mac(mac), &position)))
                if (node_port(node, mac))
                        return node;
        return NULL;
}

struct node *registry_by_bmc_mac(const struct registry *r, const struct mac *mac) {
        struct node *node, *found = NULL;
        size_t position = 0;
        while ((node = index_next(&r->by_bmc_mac, hash_mac(mac), &position))) {
                if (mac_to_u64(&node->bmc_mac) != mac_to_u64(mac))
                        continue;
                if (found)
                        return NULL;
                found = node;
        }
        return found;
}

struct node *registry_next_at(const struct registry *r, const char *at, const char *port, size_t *position) {
        struct node *node;
        while ((node = index_next(&r->by_switch_port, hash_switch_port(at, port), position)))
                if (node_port_at(node, at, port))
                        return node;
        return NULL;
}

size_t registry_uuid_nodes(const struct registry *r, const struct uuid *uuid, struct node **ret, size_t max) {
        struct node *node;
        size_t position = 0, count = 0;
        while ((node = index_next(&r->by_uuid, hash_uuid(uuid), &position)))
                if (memcmp(&node->uuid, uuid, sizeof *uuid) == 0) {
                        if (count < max)
                                ret[count] = node;
                        count++;
                }
        return count;
}

struct node *registry_by_uuid(const struct registry *r, const struct uuid *uuid) {
        struct node *node = NULL;
        if (uuid_is_junk(uuid) || registry_uuid_nodes(r, uuid, &node, 1) != 1)
                return NULL;
        return node;
}

bool registry_uuid_identifies(const struct registry *r, const struct node *node) {
        return node->has_uuid && registry_by_uuid(r, &node->uuid) == node;
}

struct node *registry_find(const struct registry *r, const char *reference) {
        struct uuid id;
        struct mac mac;
        struct node *node = NULL;
        if (uuid_parse(reference, &id) == 0)
                node = registry_by_id(r, &id);
        if (!node)
                node = registry_by_name(r, reference);
        if (!node && mac_parse(reference, &mac) == 0)
                node = registry_by_mac(r, &mac);
        return node;
}

struct node *const *registry_sorted(struct registry *r, size_t *ret_count) {
        return (struct node *const *) index_sorted(&r->by_id, &r->by_order, compare_names, ret_count);
}

size_t registry_sorted_after(struct node *const *nodes, size_t count, const char *after) {
        size_t low = 0, high = count;
        while (after && low < high) {
                size_t middle = (low + high) / 2;
                if (strcmp(nodes[middle]->name, after) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}
