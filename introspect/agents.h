/*
 * The tokens by which agents prove, beat by beat, that it was they who looked themselves up, and what is remembered of each.
 *
 * A token is derived of the secret, the node and the boot token, so that none is stored and each survives a restart. What is remembered
 * (that it was given, and the callback URL) is in memory only, of a bounded number of boots: where it is forgotten, by a restart or
 * because thousands of boots came since, the same token is given once more, to whoever has the boot token, and the next callback URL
 * is taken for the first. Neither lets in anybody who has not got a token that this appliance made.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"
#include "lib/token.h"

#define AGENT_TOKEN_SIZE 65 /* 64 digits; an agent takes 32 at least */

struct agents;

int agents_new(struct agents **ret);
struct agents *agents_free(struct agents *agents);
DEFINE_CLEANUP(struct agents *, agents_free);

/* Pure. Returns `buffer`. */
char *agent_token_make(const uint8_t secret[static TOKEN_SECRET_SIZE], const struct uuid *node, const char *boot_token,
                       char buffer[static AGENT_TOKEN_SIZE]);
/* Takes the same time wherever they differ. `given` may be NULL. Pure. */
bool agent_token_equal(const char token[static AGENT_TOKEN_SIZE], const char *given);

/* From any thread. True the first time. */
bool agents_give(struct agents *agents, const char token[static AGENT_TOKEN_SIZE]);
/* From any thread. False: this agent has given another one before, which stands. */
bool agents_keep_url(struct agents *agents, const char token[static AGENT_TOKEN_SIZE], const char *url);
