#include "introspect/state.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define NETWORKS_MAX 4096
#define SHARED_MAX 1024

struct state {
        pthread_rwlock_t lock;
        unsigned generation; /* counts whole states: what a new one did not name is gone when it is complete */
        bool renewing; /* a whole state is on its way */
        bool has_secret;
        uint8_t secret[TOKEN_SECRET_SIZE];
        uint16_t port;
        char *inspector; /* NULL: nowhere */
        struct state_network *networks;
        size_t networks_size;
        struct known_nodes nodes;
        struct mac_prefix *shared;
        size_t shared_size;
};

int state_new(struct state **ret) {
        struct state *state = calloc(1, sizeof(*state));

        if (!state)
                return -ENOMEM;
        pthread_rwlock_init(&state->lock, NULL);
        *ret = state;
        return 0;
}

struct state *state_free(struct state *state) {
        if (!state)
                return NULL;
        known_nodes_keep(&state->nodes, state->generation + 1);
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
                known_nodes_set(&state->nodes, key + 5, json_get_object(entry, "node"), state->generation);
        pthread_rwlock_unlock(&state->lock);
}

void state_commit(struct state *state) {
        if (!state->renewing)
                return;
        state->renewing = false;
        pthread_rwlock_wrlock(&state->lock);
        known_nodes_keep(&state->nodes, state->generation);
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

bool state_has_node(struct state *state, const struct uuid *id) {
        pthread_rwlock_rdlock(&state->lock);
        bool found = known_nodes_by_id(&state->nodes, id) != NULL;
        pthread_rwlock_unlock(&state->lock);
        return found;
}

static void look_up_mac(struct state *state, const struct mac *mac, struct lookup_facts *facts) {
        struct lookup_mac *fact = &facts->macs[facts->n_macs++];
        const struct known_node *node = known_nodes_by_mac(&state->nodes, mac);

        *fact = (struct lookup_mac) {
                .mac = *mac,
                .shared = lookup_mac_is_shared(mac, state->shared, state->shared_size),
                .has_node = node != NULL,
        };
        if (node)
                fact->node = node->facts.id;
}

static void look_up_bmc(struct state *state, const struct lookup_query *query, struct lookup_facts *facts) {
        const struct known_node *node = query->has_bmc ? known_nodes_by_bmc(&state->nodes, &query->bmc) : NULL;

        facts->has_bmc = query->has_bmc;
        facts->bmc = query->bmc;
        facts->bmc_known = node != NULL;
        if (node)
                facts->bmc_node = node->facts.id;
}

void state_look_up(struct state *state, const struct token *token, const struct lookup_query *query, struct lookup_facts *ret) {
        const struct known_node *node;
        bool listed = false;

        ret->n_macs = 0;
        ret->token_names_node = token->has_node;
        ret->token_node = token->node;
        ret->has_uuid = query->has_uuid;
        ret->uuid = query->uuid;
        pthread_rwlock_rdlock(&state->lock);
        ret->token_node_known = token->has_node && known_nodes_by_id(&state->nodes, &token->node);
        node = query->has_uuid && !query->uuid_is_firmware ? known_nodes_by_id(&state->nodes, &query->uuid) : NULL;
        if (query->has_uuid && !node)
                node = known_nodes_by_uuid(&state->nodes, &query->uuid);
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
        const struct known_node *node = NULL;

        pthread_rwlock_rdlock(&state->lock);
        if (token->has_node)
                node = known_nodes_by_id(&state->nodes, &token->node);
        if (!node && !lookup_mac_is_shared(&token->mac, state->shared, state->shared_size))
                node = known_nodes_by_mac(&state->nodes, &token->mac);
        if (node)
                *ret = node->facts;
        pthread_rwlock_unlock(&state->lock);
        return node != NULL;
}

bool state_get_node(struct state *state, const struct uuid *id, struct state_node *ret) {
        pthread_rwlock_rdlock(&state->lock);
        const struct known_node *node = known_nodes_by_id(&state->nodes, id);
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
        return state->nodes.size;
}
