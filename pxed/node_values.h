/*
 * What may be set of a node, whoever sets it: a controller by a call, or hooks and rules through the node's document. Values have been
 * checked against org.pxed.Node before; these are the bounds beyond their types. Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "pxed/registry.h"

#define NODE_REASON_SIZE 320
/* Bytes that a text of a machine's firmware is cut to. */
#define NODE_FACT_MAX 256

/* tags, labels, properties, capabilities, traits, extra, rootDeviceHints, accelerators: whether a value is allowed (NULL and null are); else false, and why. What has no
 * bounds of its own is. */
bool node_value_check(const char *member, const json_t *value, char reason[static NODE_REASON_SIZE]);

/* Whether `self` (NULL: a new node) may have the name. False with *ret_owner: another node has it. */
bool node_name_check(const struct registry *nodes, const char *name, const struct node *self, const struct node **ret_owner, char reason[static NODE_REASON_SIZE]);

/* A member of org.pxed.Node's Node that a node keeps as JSON text. */
struct node_value {
        const char *member;
        size_t offset; /* of the text in struct node */
        bool shared;   /* see pxed/shared.h */
        json_t *(*empty)(void); /* how it is told that there is none */
};

/* tags, labels, properties, capabilities, traits, extra, rootDeviceHints (these may be set by a call), rootDevice, accelerators. Ends with a NULL member. */
extern const struct node_value node_values[];
#define NODE_VALUES_CALLED 7

/* A new reference. */
json_t *node_value_get(const struct node *node, const struct node_value *member);
/* NULL, null and what is empty take it away. -ENOMEM. */
int node_value_set(struct node *node, const struct node_value *member, const json_t *value);
