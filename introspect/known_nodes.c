#include "introspect/known_nodes.h"

#include <stdlib.h>
#include <string.h>

static size_t bucket_of(const void *bytes, size_t size) {
        uint32_t hash = 2166136261u; /* FNV-1a */

        for (size_t i = 0; i < size; i++)
                hash = (hash ^ ((const uint8_t *) bytes)[i]) * 16777619u;
        return hash % KNOWN_NODES_BUCKETS;
}

static struct known_node **id_bucket(const struct known_nodes *nodes, const struct uuid *id) {
        return (struct known_node **) &nodes->by_id[bucket_of(id->bytes, sizeof(id->bytes))];
}

static struct known_node **uuid_bucket(const struct known_nodes *nodes, const struct uuid *uuid) {
        return (struct known_node **) &nodes->by_uuid[bucket_of(uuid->bytes, sizeof(uuid->bytes))];
}

static struct known_node **bmc_bucket(const struct known_nodes *nodes, const struct ip *bmc) {
        char text[IP_TEXT_SIZE];

        ip_format(bmc, text);
        return (struct known_node **) &nodes->by_bmc[bucket_of(text, strlen(text))];
}

static struct known_port **mac_bucket(const struct known_nodes *nodes, const struct mac *mac) {
        return (struct known_port **) &nodes->by_mac[bucket_of(mac->bytes, sizeof(mac->bytes))];
}

static void free_node(struct known_nodes *nodes, struct known_node *node) {
        for (unsigned i = 0; i < node->ports_size; i++) {
                struct known_port **link = mac_bucket(nodes, &node->ports[i].mac);
                while (*link != &node->ports[i])
                        link = &(*link)->next;
                *link = node->ports[i].next;
        }
        if (node->has_uuid) {
                struct known_node **link = uuid_bucket(nodes, &node->uuid);
                while (*link != node)
                        link = &(*link)->next_uuid;
                *link = node->next_uuid;
        }
        if (node->has_bmc) {
                struct known_node **link = bmc_bucket(nodes, &node->bmc);
                while (*link != node)
                        link = &(*link)->next_bmc;
                *link = node->next_bmc;
        }
        nodes->size--;
        free(node);
}

static void remove_node(struct known_nodes *nodes, const struct uuid *id) {
        for (struct known_node **link = id_bucket(nodes, id), *node; (node = *link); link = &node->next) {
                if (memcmp(&node->facts.id, id, sizeof(*id)) != 0)
                        continue;
                *link = node->next;
                free_node(nodes, node);
                return;
        }
}

void known_nodes_keep(struct known_nodes *nodes, unsigned generation) {
        for (size_t i = 0; i < KNOWN_NODES_BUCKETS; i++) {
                struct known_node **link = &nodes->by_id[i], *node;
                while ((node = *link)) {
                        if (node->generation == generation) {
                                link = &node->next;
                                continue;
                        }
                        *link = node->next;
                        free_node(nodes, node);
                }
        }
}

static void set_uuid(struct known_nodes *nodes, struct known_node *node, const char *text) {
        node->has_uuid = text && uuid_parse(text, &node->uuid) == 0;
        if (!node->has_uuid)
                return;
        struct known_node **bucket = uuid_bucket(nodes, &node->uuid);
        node->next_uuid = *bucket;
        *bucket = node;
}

static void set_bmc(struct known_nodes *nodes, struct known_node *node, const char *text) {
        node->has_bmc = text && ip_parse(text, &node->bmc) == 0;
        if (!node->has_bmc)
                return;
        struct known_node **bucket = bmc_bucket(nodes, &node->bmc);
        node->next_bmc = *bucket;
        *bucket = node;
}

void known_nodes_set(struct known_nodes *nodes, const char *id_text, const json_t *entry, unsigned generation) {
        const json_t *macs = json_get_array(entry, "macs"), *mac;
        struct uuid id;
        size_t i;

        if (uuid_parse(id_text, &id) < 0)
                return;
        remove_node(nodes, &id);
        struct known_node *node = entry ? calloc(1, sizeof(*node) + json_array_size(macs) * sizeof(node->ports[0])) : NULL;
        if (!node)
                return;
        node->facts = (struct state_node) {
                .id = id,
                .assignment = (uint64_t) json_get_int(entry, "assignment", 0),
                .inspect = json_get_bool(entry, "inspect", false),
                .started = (uint64_t) json_get_int(entry, "inspectionStarted", 0),
                .aborting = json_get_bool(entry, "aborting", false),
        };
        node->generation = generation;
        json_array_foreach(macs, i, mac) {
                struct known_port *port = &node->ports[node->ports_size];
                if (!json_is_string(mac) || mac_parse(json_string_value(mac), &port->mac) < 0)
                        continue;
                struct known_port **bucket = mac_bucket(nodes, &port->mac);
                port->node = node;
                port->next = *bucket;
                *bucket = port;
                node->ports_size++;
        }
        set_uuid(nodes, node, json_get_string(entry, "uuid"));
        set_bmc(nodes, node, json_get_string(entry, "bmcAddress"));
        struct known_node **bucket = id_bucket(nodes, &id);
        node->next = *bucket;
        *bucket = node;
        nodes->size++;
}

const struct known_node *known_nodes_by_id(const struct known_nodes *nodes, const struct uuid *id) {
        const struct known_node *node = *id_bucket(nodes, id);

        while (node && memcmp(&node->facts.id, id, sizeof(*id)) != 0)
                node = node->next;
        return node;
}

const struct known_node *known_nodes_by_mac(const struct known_nodes *nodes, const struct mac *mac) {
        const struct known_port *port = *mac_bucket(nodes, mac);

        while (port && memcmp(&port->mac, mac, sizeof(*mac)) != 0)
                port = port->next;
        return port ? port->node : NULL;
}

const struct known_node *known_nodes_by_uuid(const struct known_nodes *nodes, const struct uuid *uuid) {
        const struct known_node *node = *uuid_bucket(nodes, uuid);

        while (node && memcmp(&node->uuid, uuid, sizeof(*uuid)) != 0)
                node = node->next_uuid;
        return node;
}

static const struct known_node *find_by_bmc(const struct known_node *node, const struct ip *bmc) {
        while (node && !ip_equal(&node->bmc, bmc))
                node = node->next_bmc;
        return node;
}

const struct known_node *known_nodes_by_bmc(const struct known_nodes *nodes, const struct ip *bmc) {
        const struct known_node *found = find_by_bmc(*bmc_bucket(nodes, bmc), bmc);

        return found && !find_by_bmc(found->next_bmc, bmc) ? found : NULL;
}
