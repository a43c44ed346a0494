/*
 * The desired state of role introspect, reduced to what answering machines takes: the secret of the tokens, the MACs that many machines share, the networks'
 * addresses, and of each node which MACs and UUID it has and what it is wanted to boot.
 *
 * The main thread writes, the HTTP threads read: whatever a reader gets is a copy.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "introspect/known_nodes.h"
#include "lib/address.h"
#include "lib/json.h"
#include "lib/lookup.h"
#include "lib/token.h"

#define STATE_NAME_SIZE 64

struct state;

struct state_network {
        char name[STATE_NAME_SIZE];
        struct ip address;
        bool without_token;  /* takes inventories that have no boot token */
        unsigned generation; /* the state's own */
};

int state_new(struct state **ret);
struct state *state_free(struct state *state);
DEFINE_CLEANUP(struct state *, state_free);

/* The three steps of struct worker_options. */
void state_begin(struct state *state);
void state_apply(struct state *state, const char *key, const json_t *entry);
void state_commit(struct state *state);

/* False before the settings have come. */
bool state_secret(struct state *state, uint8_t ret[static TOKEN_SECRET_SIZE]);
/* The node that a token was made for; where it is gone or the token names none, the one that has its MAC, unless many machines share that. False: none. */
bool state_find_node(struct state *state, const struct token *token, struct state_node *ret);
/* False: there is none with this id. */
bool state_has_node(struct state *state, const struct uuid *id);
/* What is known of what a machine says that came with this token. */
void state_look_up(struct state *state, const struct token *token, const struct lookup_query *query, struct lookup_facts *ret);
/* False: there is none with this id. */
bool state_get_node(struct state *state, const struct uuid *id, struct state_node *ret);
/* The network of this name takes inventories that have no boot token. */
bool state_accepts_without_token(struct state *state, const char *network);
/* The network whose address `ip` is. False: none. */
bool state_find_network(struct state *state, const struct ip *ip, char ret[static STATE_NAME_SIZE]);

/* From the main thread only; borrowed until the next state_begin or state_apply. */
size_t state_networks(const struct state *state, const struct state_network **ret);
/* 0 before the settings have come. */
uint16_t state_port(const struct state *state);
/* Where controllers are listened to, "ADDRESS:PORT"; "": nowhere. */
const char *state_inspector(const struct state *state);
size_t state_nodes(const struct state *state);
