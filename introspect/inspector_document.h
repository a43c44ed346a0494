/* What org.pxed.Node and org.pxed.Inventory tell, as ironic-inspector and Ironic tell it to controllers. Pure. */
#pragma once

#include <stdbool.h>

#include "lib/json.h"

/* The place of the node's inspection in inspector_state_names; -ENOENT: none was ever begun. */
int inspector_state(const json_t *node);
/* Whether none is on its way. */
bool inspector_has_ended(const json_t *node);

/* {uuid, finished, state, started_at, finished_at, error, links}. `host`: of the links. */
json_t *inspector_status(const json_t *node, const char *host);

/*
 * What inspector stores of a run: what was posted, without the logs, and what its hooks find. `node`, `inventory`, `raw`: as Node.Get,
 * Inventory.Get and Inventory.GetRaw give them; `raw` is changed.
 */
json_t *inspector_data(const json_t *node, const json_t *inventory, json_t *raw);
/* The same as Ironic has it: {"inventory": as posted, "plugin_data": the rest}. */
json_t *inspector_inventory(const json_t *node, const json_t *inventory, json_t *raw);

/* The answers of GET / and GET /v1. */
json_t *inspector_versions(const char *host);
json_t *inspector_resources(const char *host);
