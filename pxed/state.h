/*
 * The working set: everything that answers and decisions are made from. Changes go through pxed/change.h only.
 */
#pragma once

#include <jansson.h>

#include "lib/token.h"
#include "pxed/boots.h"
#include "pxed/captures.h"
#include "pxed/decision.h"
#include "pxed/feed.h"
#include "pxed/inspection/rule.h"
#include "pxed/observed.h"
#include "pxed/profiles.h"
#include "pxed/registry.h"
#include "pxed/settings.h"
#include "pxed/store.h"

#define SIGHTINGS_MAX 100000
#define LEASES_MAX 100000

/* Kinds of the desired state: bits, of feed items and of what a role wants. */
enum {
        DESIRED_SETTINGS = 1 << 0,
        DESIRED_NETWORK = 1 << 1,
        DESIRED_PROFILE = 1 << 2,
        DESIRED_NODE = 1 << 3,
        DESIRED_HOST = 1 << 4,
        DESIRED_CAPTURE = 1 << 5,
};

struct state {
        struct store *store;
        struct settings *settings;
        struct registry nodes;
        struct profiles profiles;
        struct observed sightings, leases;
        struct boots boots;
        struct captures captures;
        struct rules *rules; /* of inspections; NULL: none */
        json_t *lost_rules;  /* by name, as text, why a rule of the store cannot be evaluated: it does not run until it is set again */
        json_t *seen;        /* by a network's name what was seen of it: see pxed/network_seen.h */
        json_t *agents;      /* by a node's id, as text, what org.pxed.Node.GetAgent tells: see pxed/observe_heartbeat.c */
        json_t *dhcp_problems; /* of pxed-dhcp as it told last, array of org.pxed.Worker.Problem; NULL: it never did */
        struct feed desired; /* keys of org.pxed.Worker's entries */
        struct feed flights; /* boots, by id */
        size_t reviewed;     /* how far the ports of nodes have been looked at: see pxed/port_review.h */
        uint64_t revision;
        uint64_t event_oldest, event_newest; /* numbers; 0: there are none */
        uint64_t boot_newest;                /* id */
        uint64_t changes;                    /* made since the start: identifies them */
        uint8_t secret[TOKEN_SECRET_SIZE];
        /* Called after each commit, to wake streams. */
        void (*committed)(void *userdata);
        /* Called for each event once it is stored; may be NULL. */
        void (*happened)(const struct event *event, void *userdata);
        /* The store took a write (error 0) or refused one. */
        void (*stored)(int error, const char *reason, void *userdata);
        void *userdata;
};

/* Opens the store in a folder and reads it. Takes over the settings on success. *reason says what failed. */
int state_new(const char *folder, struct settings *settings, uint64_t now, struct state **ret, char *reason,
              size_t reason_size);
struct state *state_free(struct state *state);
DEFINE_CLEANUP(struct state *, state_free);

/* Puts new settings in the old one's place (freed) and tells the workers what differs. Returns 1 when anything did. */
int state_set_settings(struct state *state, struct settings *settings);

/* A boot is as it is now: whether its packets are to be kept. */
void state_note_capture(struct state *state, const struct boot *boot);

/* What the machine would boot. `network` NULL: where its ports were seen last, or the only one there is. */
void state_decide(const struct state *state, const struct node *node, const struct mac *mac, const char *network,
                  struct decision *ret);
/* Where the node would boot from; NULL: not known. */
const struct network *state_network_of(const struct state *state, const struct node *node);
