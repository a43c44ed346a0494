/* A node as the document that hooks and rules work on (pxed/inspection/hook.h), and back. Pure. */
#pragma once

#include <jansson.h>

#include "pxed/identity.h"

/* A new reference; NULL without memory. */
json_t *node_document(const struct node *node);

/*
 * Takes over into a node what a run has changed in its document. What is of the wrong type or too large is refused: -EINVAL, and `reason` names it. MACs that are other
 * nodes' are left out and told in `conflicts` (at most `max`), whose number is *ret_conflicts. -ENOMEM.
 */
int node_document_apply(const struct registry *nodes, struct node *node, const json_t *document, struct identity_conflict *conflicts, size_t max,
                        size_t *ret_conflicts, char *reason, size_t reason_size);
