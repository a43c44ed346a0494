/*
 * What the daemon answers, without HTTP: the routes, the check of the token, and what is done with a body. Knows no socket;
 * its effects are what it stores in the spool and the notes that it leaves for the main thread. Any thread may call it.
 *
 * A request goes through api_begin with its head, and where that leaves no answer, through api_finish with its body.
 * Errors are {"error": {"message": ...}}, as ironic-inspector's.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "introspect/agents.h"
#include "introspect/beats.h"
#include "introspect/body.h"
#include "introspect/mailbox.h"
#include "introspect/post_rate.h"
#include "introspect/spool.h"
#include "introspect/state.h"
#include "introspect/target.h"
#include "lib/payload_nuls.h"
#include "lib/token.h"

/* Of one inventory, as Ironic has it. */
#define API_INVENTORY_MAX (16 * 1024 * 1024)
/* Of what all requests are sending at once. */
#define API_BODIES_MAX (64 * 1024 * 1024)

struct api {
        struct state *state;
        struct spool *spool;
        struct beats *beats;
        struct agents *agents;
        struct mailbox *mailbox;
        struct post_rate *rate;
        struct body_budget budget;
        pthread_mutex_t large; /* one large inventory is parsed at a time, since it takes several times its size */
};

struct api_answer {
        unsigned status; /* 0: none yet */
        char *body;      /* JSON, owned */
        size_t size;
        const char *allow;    /* header of 405; NULL */
        unsigned retry_after; /* seconds; 0: no such header */
};

/* An inventory that is acceptable: the body's text is what is to be stored. */
struct api_inventory {
        struct spool_post post;
        char words[NOTE_DETAIL_SIZE]; /* what is told of it once it is on disk */
};

struct api_route;

struct api_request {
        /* set by the caller before api_begin, borrowed until the end */
        const char *method;
        const char *path;
        const char *token_text; /* of the query, NULL: none; api_begin puts that of the path in its place */
        const char *addresses, *node_uuid; /* likewise of the query */
        const char *version;    /* of Ironic's API, as the header has it; NULL: none */
        uint64_t now;           /* microseconds of realtime */
        uint64_t monotonic;
        char network[STATE_NAME_SIZE]; /* where it came in; "": not known */
        char peer[IP_TEXT_SIZE];
        /* set by api_begin */
        const struct api_route *route;
        struct target target;
        const char *id; /* what follows a route's path */
        struct token token;
        bool names_mac; /* the token's MAC can be read, though the token may not be good */
        bool without_token; /* then `token` is what the body says */
        uint64_t run;       /* without a token: when the inspection began that waits for it; 0: of a machine that nobody knows */
        struct body body;
        struct payload_nuls nuls;       /* of the body, once it is read */
        struct api_inventory inventory; /* of a route that takes them */
        struct api_answer answer;
};

int api_init(struct api *api, struct state *state, struct spool *spool, struct mailbox *mailbox);
void api_clear(struct api *api);

/* Answers what needs no body and refuses what will not be done. `length`: of the body as announced, UINT64_MAX when it is not. */
void api_begin(struct api *api, struct api_request *request, uint64_t length);
/* A piece of the body. What does not fit ends in an answer; the rest of the body is then not wanted. */
void api_receive(struct api *api, struct api_request *request, const void *data, size_t size);
/* The body is complete: the answer is there when this returns. */
void api_finish(struct api *api, struct api_request *request);
/* Frees what the request holds. */
void api_end(struct api_request *request);
