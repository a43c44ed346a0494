/*
 * What a request asks for, of the parts that libmicrohttpd has taken apart and unescaped: nothing else of it has been checked. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/lookup.h"
#include "lib/token.h"

/* The newest API of Ironic that is answered as it should be, and the oldest one; and the one that is recommended: agents of newer ones are answered, but
 * what these versions have added to what agents do is not needed here. */
#define TARGET_VERSION_NEWEST "1.84"
#define TARGET_VERSION "1.82"
#define TARGET_VERSION_OLDEST "1.1"
#define TARGET_VERSION_SIZE 8

struct target {
        const char *path; /* what is asked for, borrowed; begins with '/' */
        bool has_token;
        char token[TOKEN_TEXT_SIZE]; /* as much of it as fits: more than a token has is damaged all the same */
};

/* "/t/TOKEN/v1/lookup" is "/v1/lookup" with a token, "/t/TOKEN" is "/"; any other path stands for itself. */
void target_split(const char *path, struct target *ret);

/*
 * The arguments of a lookup, each NULL where it is missing. MACs that are none (those of InfiniBand) are left out, those that are there twice count once.
 * -EINVAL: nothing is left to look up by; -EBADMSG: node_uuid is no UUID; -E2BIG: more than LOOKUP_MACS_MAX.
 */
int target_parse_lookup(const char *addresses, const char *node_uuid, struct lookup_query *ret);

/* What X-OpenStack-Ironic-API-Version of the answer is, where that of the request was `asked` (NULL: none). Returns `buffer`. */
char *target_version(const char *asked, char buffer[static TARGET_VERSION_SIZE]);
/* Whether that is 1.84 or newer, by which a post is answered as a lookup is. */
bool target_answers_posts(const char *asked);
