#include "introspect/agents.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

#define SETS 4096
#define WAYS 4
/* So that what is derived here is never what lib/token.c signs. */
#define PURPOSE "agent_token"

struct agent {
        uint64_t token; /* its first 16 digits; 0: free */
        uint64_t url;   /* of its digest; 0: none yet */
        bool given;
};

struct agents {
        pthread_mutex_t lock;
        struct agent agents[SETS][WAYS]; /* of each set the newest first */
};

int agents_new(struct agents **ret) {
        struct agents *agents = calloc(1, sizeof(*agents));

        if (!agents)
                return -ENOMEM;
        pthread_mutex_init(&agents->lock, NULL);
        *ret = agents;
        return 0;
}

struct agents *agents_free(struct agents *agents) {
        if (agents)
                pthread_mutex_destroy(&agents->lock);
        free(agents);
        return NULL;
}

char *agent_token_make(const uint8_t secret[static TOKEN_SECRET_SIZE], const struct uuid *node, const char *boot_token,
                       char buffer[static AGENT_TOKEN_SIZE]) {
        uint8_t digest[SHA256_DIGEST_SIZE];
        struct hmac_sha256_ctx context;

        hmac_sha256_set_key(&context, TOKEN_SECRET_SIZE, secret);
        hmac_sha256_update(&context, sizeof(PURPOSE), (const uint8_t *) PURPOSE);
        hmac_sha256_update(&context, sizeof(node->bytes), node->bytes);
        hmac_sha256_update(&context, strlen(boot_token), (const uint8_t *) boot_token);
        hmac_sha256_digest(&context, sizeof(digest), digest);
        explicit_bzero(&context, sizeof(context));
        return text_hex(buffer, AGENT_TOKEN_SIZE, digest, sizeof(digest));
}

bool agent_token_equal(const char token[static AGENT_TOKEN_SIZE], const char *given) {
        return given && strlen(given) == AGENT_TOKEN_SIZE - 1 && memeql_sec(token, given, AGENT_TOKEN_SIZE - 1);
}

static uint64_t hash_url(const char *url) {
        uint8_t digest[sizeof(uint64_t)];
        struct sha256_ctx context;
        uint64_t hash;

        sha256_init(&context);
        sha256_update(&context, strlen(url), (const uint8_t *) url);
        sha256_digest(&context, sizeof(digest), digest);
        memcpy(&hash, digest, sizeof(hash));
        return hash | 1;
}

/* The agent's own place, in front of its set; what was there longest makes room. With the lock held. */
static struct agent *find(struct agents *agents, const char *text) {
        char digits[17];

        snprintf(digits, sizeof(digits), "%s", text);
        uint64_t token = strtoull(digits, NULL, 16);
        struct agent *set = agents->agents[token % SETS], found;
        size_t at = 0;
        while (at < WAYS - 1 && set[at].token != token)
                at++;
        found = set[at].token == token ? set[at] : (struct agent) { .token = token };
        memmove(set + 1, set, at * sizeof(*set));
        set[0] = found;
        return set;
}

bool agents_give(struct agents *agents, const char token[static AGENT_TOKEN_SIZE]) {
        pthread_mutex_lock(&agents->lock);
        struct agent *agent = find(agents, token);
        bool first = !agent->given;
        agent->given = true;
        pthread_mutex_unlock(&agents->lock);
        return first;
}

bool agents_keep_url(struct agents *agents, const char token[static AGENT_TOKEN_SIZE], const char *url) {
        uint64_t hash = hash_url(url);

        pthread_mutex_lock(&agents->lock);
        struct agent *agent = find(agents, token);
        if (agent->url == 0)
                agent->url = hash;
        bool same = agent->url == hash;
        pthread_mutex_unlock(&agents->lock);
        return same;
}
