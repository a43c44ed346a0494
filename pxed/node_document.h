/* A node as the document that hooks and rules work on (pxed/inspection/hook.h), and back. Pure. */
#pragma once

#include <jansson.h>

#include "pxed/registry.h"

/* A MAC that is another node's: it stays that one's. */
struct document_conflict {
        struct mac mac;
        const struct node *owner;
};

/* What a document has of one port. A new reference. */
json_t *node_document_port(const struct port *port);
/* A new reference; NULL without memory. */
json_t *node_document(const struct node *node);

/*
 * Takes over into a node what a run has changed in its document. What is of the wrong type or too large is refused: -EINVAL, and `reason` names it; the
 * node may be half done then and is of no use. Texts are cut as the machine's firmware may have them too long. MACs that are other
 * nodes' are left out and told in `conflicts` (at most `max`), whose number is *ret_conflicts. -ENOMEM.
 */
int node_document_apply(const struct registry *nodes, struct node *node, const json_t *document, struct document_conflict *conflicts, size_t max,
                        size_t *ret_conflicts, char *reason, size_t reason_size);
