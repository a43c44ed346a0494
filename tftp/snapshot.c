#include "tftp/snapshot.h"

#include <errno.h>
#include <string.h>

int snapshot_new(struct snapshot **ret) {
        struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

        if (!snapshot)
                return -ENOMEM;
        atomic_init(&snapshot->references, 1);
        *ret = snapshot;
        return 0;
}

int snapshot_copy(const struct snapshot *from, struct snapshot **ret) {
        _cleanup_(snapshot_unrefp) struct snapshot *copy = NULL;
        int r = snapshot_new(&copy);

        if (r < 0)
                return r;
        copy->settings = from->settings ? settings_ref(from->settings) : NULL;
        copy->networks = calloc(from->n_networks + 1, sizeof(*copy->networks));
        copy->profiles = calloc(from->n_profiles + 1, sizeof(*copy->profiles));
        if (!copy->networks || !copy->profiles)
                return -ENOMEM;
        for (; copy->n_networks < from->n_networks; copy->n_networks++)
                copy->networks[copy->n_networks] = network_ref(from->networks[copy->n_networks]);
        for (; copy->n_profiles < from->n_profiles; copy->n_profiles++)
                copy->profiles[copy->n_profiles] = profile_ref(from->profiles[copy->n_profiles]);
        copy->n_nodes = from->n_nodes;
        node_map_copy(&copy->by_id, &from->by_id);
        node_map_copy(&copy->by_mac, &from->by_mac);
        node_map_copy(&copy->by_uuid, &from->by_uuid);
        *ret = TAKE_POINTER(copy);
        return 0;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot) {
        atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
        return snapshot;
}

struct snapshot *snapshot_unref(struct snapshot *snapshot) {
        if (!snapshot || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
                return NULL;
        settings_unref(snapshot->settings);
        for (size_t i = 0; i < snapshot->n_networks; i++)
                network_unref(snapshot->networks[i]);
        for (size_t i = 0; i < snapshot->n_profiles; i++)
                profile_unref(snapshot->profiles[i]);
        free(snapshot->networks);
        free(snapshot->profiles);
        node_map_clear(&snapshot->by_id);
        node_map_clear(&snapshot->by_mac);
        node_map_clear(&snapshot->by_uuid);
        free(snapshot);
        return NULL;
}

int snapshot_set_settings(struct snapshot *snapshot, struct settings *settings) {
        settings_unref(snapshot->settings);
        snapshot->settings = settings;
        return 0;
}

/* Networks and profiles are few: arrays in no order. */
#define DEFINE_NAMED(type)                                                                                             \
        static size_t type##_index(const struct snapshot *snapshot, const char *name) {                               \
                size_t i = 0;                                                                                          \
                while (i < snapshot->n_##type##s && strcmp(snapshot->type##s[i]->name, name) != 0)                     \
                        i++;                                                                                           \
                return i;                                                                                              \
        }                                                                                                              \
        struct type *snapshot_##type(const struct snapshot *snapshot, const char *name) {                             \
                size_t i = type##_index(snapshot, name);                                                               \
                return i < snapshot->n_##type##s ? snapshot->type##s[i] : NULL;                                        \
        }                                                                                                              \
        int snapshot_set_##type(struct snapshot *snapshot, struct type *object) {                                      \
                size_t i = type##_index(snapshot, object->name);                                                       \
                if (i < snapshot->n_##type##s) {                                                                       \
                        type##_unref(snapshot->type##s[i]);                                                            \
                        snapshot->type##s[i] = object;                                                                 \
                        return 0;                                                                                      \
                }                                                                                                      \
                struct type **more = reallocarray(snapshot->type##s, i + 1, sizeof(*more));                            \
                if (!more) {                                                                                           \
                        type##_unref(object);                                                                          \
                        return -ENOMEM;                                                                                \
                }                                                                                                      \
                snapshot->type##s = more;                                                                              \
                snapshot->type##s[snapshot->n_##type##s++] = object;                                                   \
                return 0;                                                                                              \
        }                                                                                                              \
        int snapshot_remove_##type(struct snapshot *snapshot, const char *name) {                                      \
                size_t i = type##_index(snapshot, name);                                                               \
                if (i == snapshot->n_##type##s)                                                                        \
                        return 0;                                                                                      \
                type##_unref(snapshot->type##s[i]);                                                                    \
                snapshot->type##s[i] = snapshot->type##s[--snapshot->n_##type##s];                                     \
                return 0;                                                                                              \
        }

DEFINE_NAMED(network)
DEFINE_NAMED(profile)

struct network *snapshot_network_by_address(const struct snapshot *snapshot, const struct ip *address) {
        for (size_t i = 0; i < snapshot->n_networks; i++)
                if (ip_equal(&snapshot->networks[i]->address, address))
                        return snapshot->networks[i];
        return NULL;
}

static uint64_t uuid_hash(const struct uuid *uuid) {
        uint64_t half[2];
        memcpy(half, uuid->bytes, sizeof(half));
        return half[0] * UINT64_C(0xff51afd7ed558ccd) ^ half[1];
}

static bool node_has_id(const struct node *node, const void *id) {
        return memcmp(&node->id, id, sizeof(node->id)) == 0;
}

static bool node_has_uuid(const struct node *node, const void *uuid) {
        return node->has_uuid && memcmp(&node->uuid, uuid, sizeof(node->uuid)) == 0;
}

static bool node_has_mac(const struct node *node, const void *mac) {
        for (unsigned i = 0; i < node->n_macs; i++)
                if (memcmp(&node->macs[i], mac, sizeof(*node->macs)) == 0)
                        return true;
        return false;
}

struct node *snapshot_node(const struct snapshot *snapshot, const struct uuid *id) {
        return node_map_find(&snapshot->by_id, uuid_hash(id), node_has_id, id);
}

struct node *snapshot_node_by_mac(const struct snapshot *snapshot, const struct mac *mac) {
        return node_map_find(&snapshot->by_mac, mac_to_u64(mac), node_has_mac, mac);
}

struct node *snapshot_node_by_uuid(const struct snapshot *snapshot, const struct uuid *uuid) {
        return node_map_find(&snapshot->by_uuid, uuid_hash(uuid), node_has_uuid, uuid);
}

int snapshot_remove_node(struct snapshot *snapshot, const struct uuid *id) {
        struct node *found = snapshot_node(snapshot, id);
        int r = 0, k;

        if (!found)
                return 0;
        _cleanup_(node_unrefp) struct node *node = node_ref(found);
        for (unsigned i = 0; i < node->n_macs; i++)
                if ((k = node_map_remove(&snapshot->by_mac, mac_to_u64(&node->macs[i]), node)) < 0)
                        r = k;
        if (node->has_uuid && (k = node_map_remove(&snapshot->by_uuid, uuid_hash(&node->uuid), node)) < 0)
                r = k;
        if ((k = node_map_remove(&snapshot->by_id, uuid_hash(&node->id), node)) < 0)
                r = k;
        snapshot->n_nodes--;
        return r;
}

int snapshot_set_node(struct snapshot *snapshot, struct node *object) {
        _cleanup_(node_unrefp) struct node *node = object;
        int r = snapshot_remove_node(snapshot, &node->id);

        for (unsigned i = 0; r >= 0 && i < node->n_macs; i++)
                r = node_map_add(&snapshot->by_mac, mac_to_u64(&node->macs[i]), node);
        if (r >= 0 && node->has_uuid)
                r = node_map_add(&snapshot->by_uuid, uuid_hash(&node->uuid), node);
        if (r >= 0)
                r = node_map_add(&snapshot->by_id, uuid_hash(&node->id), node);
        if (r >= 0)
                snapshot->n_nodes++;
        return r;
}

static int apply_settings(struct snapshot *snapshot, const json_t *value) {
        struct settings *settings = NULL;
        int r = value ? settings_new(value, &settings) : 0;

        return r < 0 ? r : snapshot_set_settings(snapshot, settings);
}

static int apply_network(struct snapshot *snapshot, const char *name, const json_t *value) {
        struct network *network;
        int r = snapshot_remove_network(snapshot, name);

        if (r < 0 || !value || (r = network_new(value, &network)) < 0)
                return r;
        return snapshot_set_network(snapshot, network);
}

static int apply_profile(struct snapshot *snapshot, const char *name, const json_t *value) {
        struct profile *profile;
        int r = snapshot_remove_profile(snapshot, name);

        if (r < 0 || !value || (r = profile_new(value, &profile)) < 0)
                return r;
        return snapshot_set_profile(snapshot, profile);
}

static int apply_node(struct snapshot *snapshot, const char *id, const json_t *value) {
        struct uuid uuid;
        struct node *node;
        int r = uuid_parse(id, &uuid);

        if (r >= 0)
                r = snapshot_remove_node(snapshot, &uuid);
        if (r < 0 || !value || (r = node_new(value, &node)) < 0)
                return r;
        return snapshot_set_node(snapshot, node);
}

int snapshot_apply(struct snapshot *snapshot, const char *key, const json_t *entry) {
        if (strcmp(key, "settings") == 0)
                return apply_settings(snapshot, json_get_object(entry, "settings"));
        if (strncmp(key, "network/", 8) == 0)
                return apply_network(snapshot, key + 8, json_get_object(entry, "network"));
        if (strncmp(key, "profile/", 8) == 0)
                return apply_profile(snapshot, key + 8, json_get_object(entry, "profile"));
        if (strncmp(key, "node/", 5) == 0)
                return apply_node(snapshot, key + 5, json_get_object(entry, "node"));
        return -EINVAL;
}
