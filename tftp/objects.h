/*
 * The objects of the desired state, as org.pxed.Worker describes them, in compact C. They never change
 * once made: several snapshots and several threads hold them, and the last one that lets go frees them.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"
#include "lib/token.h"

/* Pairs of name and value: parameters of a profile or an assignment. */
struct parameter {
        const char *name, *value;
};

struct settings {
        atomic_uint references;
        uint8_t secret[TOKEN_SECRET_SIZE];
        uint16_t http_port, introspect_port;
        uint64_t token_lifetime; /* seconds */
        const char *image_directory;
};

enum finish { FINISH_POWEROFF, FINISH_REBOOT, FINISH_WAIT };

struct network {
        atomic_uint references;
        const char *name;
        struct ip address; /* the appliance's on it */
        const char *unknown; /* profile of a machine that is not known; NULL: ignore it */
        const char *known;   /* profile of a node without assignment */
        enum finish finish;
};

enum profile_kind { PROFILE_KERNEL, PROFILE_LOCAL, PROFILE_INSPECT };

/* More initrds than a script is made for; one that has more is refused. */
#define PROFILE_INITRDS_MAX 31

struct profile {
        atomic_uint references;
        const char *name;
        enum profile_kind kind;
        const char *kernel; /* NULL: none */
        const char **initrds;
        unsigned n_initrds;
        const char *arguments;
        struct parameter *parameters;
        unsigned n_parameters;
};

struct node {
        atomic_uint references;
        bool has_uuid, once, inspect;
        struct uuid id, uuid;
        uint64_t assignment; /* revision; 0: none */
        const char *name;
        const char *profile; /* of the assignment; NULL: none */
        struct mac *macs;
        unsigned n_macs;
        unsigned n_parameters;
        struct parameter *parameters;
};

/* From the member of an Entry; -EINVAL for one that cannot be used, -ENOMEM. One reference is the caller's. */
int settings_new(const json_t *json, struct settings **ret);
int network_new(const json_t *json, struct network **ret);
int profile_new(const json_t *json, struct profile **ret);
int node_new(const json_t *json, struct node **ret);

/* Any thread. _unref is NULL-safe and returns NULL. */
struct settings *settings_ref(struct settings *settings);
struct settings *settings_unref(struct settings *settings);
struct network *network_ref(struct network *network);
struct network *network_unref(struct network *network);
struct profile *profile_ref(struct profile *profile);
struct profile *profile_unref(struct profile *profile);
struct node *node_ref(struct node *node);
struct node *node_unref(struct node *node);

DEFINE_CLEANUP(struct settings *, settings_unref);
DEFINE_CLEANUP(struct network *, network_unref);
DEFINE_CLEANUP(struct profile *, profile_unref);
DEFINE_CLEANUP(struct node *, node_unref);
