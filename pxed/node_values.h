/*
 * What may be set of a node, whoever sets it: a controller by a call, or hooks and rules through the node's document. Values have been
 * checked against org.pxed.Node before; these are the bounds beyond their types. Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "pxed/registry.h"

#define NODE_REASON_SIZE 200
/* Bytes that a text of a machine's firmware is cut to. */
#define NODE_FACT_MAX 256

/* tags, labels, properties, capabilities, traits, extra, rootDeviceHints, accelerators: whether a value is allowed (NULL and null are); else false, and why. What has no
 * bounds of its own is. */
bool node_value_check(const char *member, const json_t *value, char reason[static NODE_REASON_SIZE]);

/* Whether `self` (NULL: a new node) may have the name. False with *ret_owner: another node has it. */
bool node_name_check(const struct registry *nodes, const char *name, const struct node *self, const struct node **ret_owner, char reason[static NODE_REASON_SIZE]);

/* JSON text of an array or object as a node keeps it: NULL where it is NULL, null or empty. -ENOMEM. */
int node_value_text(const json_t *value, char **ret);
/* The same for a text that is shared. */
int node_value_share(const char **field, const json_t *value);
