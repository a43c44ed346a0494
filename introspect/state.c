#include "introspect/state.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define BUCKETS 4096
#define NETWORKS_MAX 4096
#define SHARED_MAX 1024

struct port {
        struct port *next; /* of the bucket */
        struct node *node;
        struct mac mac;
};

struct node {
        struct node *next; /* of the bucket */
        struct node *next_uuid, *next_bmc; /* likewise */
        struct state_node facts;
        bool has_uuid, has_bmc;
        struct uuid uuid;
        struct ip bmc;
        unsigned generation;
        unsigned ports_size;
        struct port ports[];
};

struct state {
        pthread_rwlock_t lock;
        unsigned generation; /* counts whole states: what a new one did not name is gone when it is complete */
        bool renewing; /* a whole state is on its way */
        bool has_secret;
        uint8_t secret[TOKEN_SECRET_SIZE];
        uint16_t port;
        char *inspector; /* NULL: nowhere */
        struct state_network *networks;
        size_t networks_size, nodes_size;
        struct mac_prefix *shared;
        size_t shared_size;
        struct node *by_id[BUCKETS];
        struct node *by_uuid[BUCKETS], *by_bmc[BUCKETS];
        struct port *by_mac[BUCKETS];
};

static size_t bucket_of(const void *bytes, size_t size) {
        uint32_t hash = 2166136261u; /* FNV-1a */

        for (size_t i = 0; i < size; i++)
                hash = (hash ^ ((const uint8_t *) bytes)[i]) * 16777619u;
        return hash % BUCKETS;
}

static struct node **id_bucket(struct state *state, const struct uuid *id) {
        return &state->by_id[bucket_of(id->bytes, sizeof(id->bytes))];
}

static struct node **uuid_bucket(struct state *state, const struct uuid *uuid) {
        return &state->by_uuid[bucket_of(uuid->bytes, sizeof(uuid->bytes))];
}

static struct node **bmc_bucket(struct state *state, const struct ip *bmc) {
        char text[IP_TEXT_SIZE];

        ip_format(bmc, text);
        return &state->by_bmc[bucket_of(text, strlen(text))];
}

static struct port **mac_bucket(struct state *state, const struct mac *mac) {
        return &state->by_mac[bucket_of(mac->bytes, sizeof(mac->bytes))];
}

int state_new(struct state **ret) {
        struct state *state = calloc(1, sizeof(*state));

        if (!state)
                return -ENOMEM;
        pthread_rwlock_init(&state->lock, NULL);
        *ret = state;
        return 0;
}

static void free_node(struct state *state, struct node *node) {
        for (unsigned i = 0; i < node->ports_size; i++) {
                struct port **link = mac_bucket(state, &node->ports[i].mac);
                while (*link != &node->ports[i])
                        link = &(*link)->next;
                *link = node->ports[i].next;
        }
        if (node->has_uuid) {
                struct node **link = uuid_bucket(state, &node->uuid);
                while (*link != node)
                        link = &(*link)->next_uuid;
                *link = node->next_uuid;
        }
        if (node->has_bmc) {
                struct node **link = bmc_bucket(state, &node->bmc);
                while (*link != node)
                        link = &(*link)->next_bmc;
                *link = node->next_bmc;
        }
        state->nodes_size--;
        free(node);
}

static void remove_node(struct state *state, const struct uuid *id) {
        for (struct node **link = id_bucket(state, id), *node; (node = *link); link = &node->next) {
                if (memcmp(&node->facts.id, id, sizeof(*id)) != 0)
                        continue;
                *link = node->next;
                free_node(state, node);
                return;
        }
}

/* All nodes that are not of this generation. */
static void remove_others(struct state *state, unsigned generation) {
        for (size_t i = 0; i < BUCKETS; i++) {
                struct node **link = &state->by_id[i], *node;
                while ((node = *link)) {
                        if (node->generation == generation) {
                                link = &node->next;
                                continue;
                        }
                        *link = node->next;
                        free_node(state, node);
                }
        }
}

struct state *state_free(struct state *state) {
        if (!state)
                return NULL;
        remove_others(state, state->generation + 1);
        free(state->inspector);
        free(state->networks);
        free(state->shared);
        explicit_bzero(state->secret, sizeof(state->secret));
        pthread_rwlock_destroy(&state->lock);
        free(state);
        return NULL;
}

static void set_shared(struct state *state, const json_t *texts) {
        size_t size = json_array_size(texts) < SHARED_MAX ? json_array_size(texts) : SHARED_MAX;
        struct mac_prefix *shared = size > 0 ? calloc(size, sizeof(*shared)) : NULL;

        free(state->shared);
        state->shared = shared;
        state->shared_size = 0;
        for (size_t i = 0; shared && i < size; i++) {
                const char *text = json_string_value(json_array_get(texts, i));
                if (text && mac_prefix_parse(text, &shared[state->shared_size]) == 0)
                        state->shared_size++;
        }
}

static void set_settings(struct state *state, const json_t *settings) {
        const char *secret = json_get_string(settings, "secret");
        int64_t port = json_get_int(settings, "introspectPort", 0);

        state->has_secret = secret && secret_parse(secret, state->secret) == 0;
        set_shared(state, json_get_array(settings, "sharedMacs"));
        (void) text_set(&state->inspector, json_get_string(settings, "inspectorListen"));
        state->port = port > 0 && port <= UINT16_MAX ? (uint16_t) port : 0;
}

static void remove_network_at(struct state *state, size_t i) {
        state->networks[i] = state->networks[--state->networks_size];
}

static void set_network(struct state *state, const char *name, const json_t *network) {
        const char *address = json_get_string(network, "address");
        struct state_network new = { .generation = state->generation };
        struct ip_prefix prefix;
        size_t i = 0;

        while (i < state->networks_size && strcmp(state->networks[i].name, name) != 0)
                i++;
        if (!address || strlen(name) >= sizeof(new.name) || ip_prefix_parse(address, &prefix) < 0) {
                if (i < state->networks_size)
                        remove_network_at(state, i);
                return;
        }
        strcpy(new.name, name);
        new.address = prefix.address;
        const char *without_token = json_get_string(network, "withoutToken");
        new.without_token = without_token && strcmp(without_token, "accept") == 0;
        if (i == state->networks_size) {
                struct state_network *larger =
                        i < NETWORKS_MAX ? reallocarray(state->networks, i + 1, sizeof(*larger)) : NULL;
                if (!larger)
                        return;
                state->networks = larger;
                state->networks_size++;
        }
        state->networks[i] = new;
}

static void set_uuid(struct state *state, struct node *node, const char *text) {
        node->has_uuid = text && uuid_parse(text, &node->uuid) == 0;
        if (!node->has_uuid)
                return;
        struct node **bucket = uuid_bucket(state, &node->uuid);
        node->next_uuid = *bucket;
        *bucket = node;
}

static void set_bmc(struct state *state, struct node *node, const char *text) {
        node->has_bmc = text && ip_parse(text, &node->bmc) == 0;
        if (!node->has_bmc)
                return;
        struct node **bucket = bmc_bucket(state, &node->bmc);
        node->next_bmc = *bucket;
        *bucket = node;
}

static void set_node(struct state *state, const char *id_text, const json_t *entry) {
        const json_t *macs = json_get_array(entry, "macs"), *mac;
        struct uuid id;
        size_t i;

        if (uuid_parse(id_text, &id) < 0)
                return;
        remove_node(state, &id);
        struct node *node = entry ? calloc(1, sizeof(*node) + json_array_size(macs) * sizeof(node->ports[0])) : NULL;
        if (!node)
                return;
        node->facts = (struct state_node) {
                .id = id,
                .assignment = (uint64_t) json_get_int(entry, "assignment", 0),
                .inspect = json_get_bool(entry, "inspect", false),
                .started = (uint64_t) json_get_int(entry, "inspectionStarted", 0),
                .aborting = json_get_bool(entry, "aborting", false),
        };
        node->generation = state->generation;
        json_array_foreach(macs, i, mac) {
                struct port *port = &node->ports[node->ports_size];
                if (!json_is_string(mac) || mac_parse(json_string_value(mac), &port->mac) < 0)
                        continue;
                struct port **bucket = mac_bucket(state, &port->mac);
                port->node = node;
                port->next = *bucket;
                *bucket = port;
                node->ports_size++;
        }
        set_uuid(state, node, json_get_string(entry, "uuid"));
        set_bmc(state, node, json_get_string(entry, "bmcAddress"));
        struct node **bucket = id_bucket(state, &id);
        node->next = *bucket;
        *bucket = node;
        state->nodes_size++;
}

void state_begin(struct state *state) {
        state->generation++;
        state->renewing = true;
}

void state_apply(struct state *state, const char *key, const json_t *entry) {
        pthread_rwlock_wrlock(&state->lock);
        if (strcmp(key, "settings") == 0)
                set_settings(state, json_get_object(entry, "settings"));
        else if (strncmp(key, "network/", 8) == 0)
                set_network(state, key + 8, json_get_object(entry, "network"));
        else if (strncmp(key, "node/", 5) == 0)
                set_node(state, key + 5, json_get_object(entry, "node"));
        pthread_rwlock_unlock(&state->lock);
}

void state_commit(struct state *state) {
        if (!state->renewing)
                return;
        state->renewing = false;
        pthread_rwlock_wrlock(&state->lock);
        remove_others(state, state->generation);
        for (size_t i = state->networks_size; i-- > 0;)
                if (state->networks[i].generation != state->generation)
                        remove_network_at(state, i);
        pthread_rwlock_unlock(&state->lock);
}

bool state_secret(struct state *state, uint8_t ret[static TOKEN_SECRET_SIZE]) {
        pthread_rwlock_rdlock(&state->lock);
        bool known = state->has_secret;
        memcpy(ret, state->secret, TOKEN_SECRET_SIZE);
        pthread_rwlock_unlock(&state->lock);
        return known;
}

static const struct node *find_by_id(struct state *state, const struct uuid *id) {
        const struct node *node = *id_bucket(state, id);

        while (node && memcmp(&node->facts.id, id, sizeof(*id)) != 0)
                node = node->next;
        return node;
}

static const struct node *find_by_mac(struct state *state, const struct mac *mac) {
        const struct port *port = *mac_bucket(state, mac);

        while (port && memcmp(&port->mac, mac, sizeof(*mac)) != 0)
                port = port->next;
        return port ? port->node : NULL;
}

static const struct node *find_by_uuid(struct state *state, const struct uuid *uuid) {
        const struct node *node = *uuid_bucket(state, uuid);

        while (node && memcmp(&node->uuid, uuid, sizeof(*uuid)) != 0)
                node = node->next_uuid;
        return node;
}

static const struct node *find_by_bmc(const struct node *node, const struct ip *bmc) {
        while (node && !ip_equal(&node->bmc, bmc))
                node = node->next_bmc;
        return node;
}

bool state_has_node(struct state *state, const struct uuid *id) {
        pthread_rwlock_rdlock(&state->lock);
        bool found = find_by_id(state, id) != NULL;
        pthread_rwlock_unlock(&state->lock);
        return found;
}

static void look_up_mac(struct state *state, const struct mac *mac, struct lookup_facts *facts) {
        struct lookup_mac *fact = &facts->macs[facts->n_macs++];
        const struct node *node = find_by_mac(state, mac);

        *fact = (struct lookup_mac) {
                .mac = *mac,
                .shared = lookup_mac_is_shared(mac, state->shared, state->shared_size),
                .has_node = node != NULL,
        };
        if (node)
                fact->node = node->facts.id;
}

static void look_up_bmc(struct state *state, const struct lookup_query *query, struct lookup_facts *facts) {
        const struct node *found = NULL, *other = NULL;

        facts->has_bmc = query->has_bmc;
        facts->bmc = query->bmc;
        if (query->has_bmc)
                found = find_by_bmc(*bmc_bucket(state, &query->bmc), &query->bmc);
        if (found)
                other = find_by_bmc(found->next_bmc, &query->bmc);
        /* Of several that once had this address nobody knows which has it now. */
        facts->bmc_known = found && !other;
        if (facts->bmc_known)
                facts->bmc_node = found->facts.id;
}

void state_look_up(struct state *state, const struct token *token, const struct lookup_query *query, struct lookup_facts *ret) {
        const struct node *node;
        bool listed = false;

        ret->n_macs = 0;
        ret->token_names_node = token->has_node;
        ret->token_node = token->node;
        ret->has_uuid = query->has_uuid;
        ret->uuid = query->uuid;
        pthread_rwlock_rdlock(&state->lock);
        ret->token_node_known = token->has_node && find_by_id(state, &token->node);
        node = query->has_uuid && !query->uuid_is_firmware ? find_by_id(state, &query->uuid) : NULL;
        if (query->has_uuid && !node)
                node = find_by_uuid(state, &query->uuid);
        ret->uuid_may_be_new = query->uuid_is_firmware;
        ret->uuid_known = node != NULL;
        if (node)
                ret->uuid_node = node->facts.id;
        look_up_bmc(state, query, ret);
        for (size_t i = 0; i < query->n_macs; i++) {
                listed = listed || memcmp(&query->macs[i], &token->mac, sizeof(token->mac)) == 0;
                look_up_mac(state, &query->macs[i], ret);
        }
        if (!listed)
                look_up_mac(state, &token->mac, ret);
        pthread_rwlock_unlock(&state->lock);
}

bool state_find_node(struct state *state, const struct token *token, struct state_node *ret) {
        const struct node *node = NULL;

        pthread_rwlock_rdlock(&state->lock);
        if (token->has_node)
                node = find_by_id(state, &token->node);
        if (!node)
                node = find_by_mac(state, &token->mac);
        if (node)
                *ret = node->facts;
        pthread_rwlock_unlock(&state->lock);
        return node != NULL;
}

bool state_get_node(struct state *state, const struct uuid *id, struct state_node *ret) {
        pthread_rwlock_rdlock(&state->lock);
        const struct node *node = find_by_id(state, id);
        if (node)
                *ret = node->facts;
        pthread_rwlock_unlock(&state->lock);
        return node != NULL;
}

bool state_accepts_without_token(struct state *state, const char *network) {
        bool accepts = false;

        pthread_rwlock_rdlock(&state->lock);
        for (size_t i = 0; i < state->networks_size; i++)
                accepts = accepts || (state->networks[i].without_token && strcmp(state->networks[i].name, network) == 0);
        pthread_rwlock_unlock(&state->lock);
        return accepts;
}

bool state_find_network(struct state *state, const struct ip *ip, char ret[static STATE_NAME_SIZE]) {
        bool found = false;

        pthread_rwlock_rdlock(&state->lock);
        for (size_t i = 0; i < state->networks_size && !found; i++) {
                found = ip_equal(&state->networks[i].address, ip);
                if (found)
                        strcpy(ret, state->networks[i].name);
        }
        pthread_rwlock_unlock(&state->lock);
        return found;
}

size_t state_networks(const struct state *state, const struct state_network **ret) {
        *ret = state->networks;
        return state->networks_size;
}

uint16_t state_port(const struct state *state) {
        return state->port;
}

const char *state_inspector(const struct state *state) {
        return state->inspector ?: "";
}

size_t state_nodes(const struct state *state) {
        return state->nodes_size;
}
