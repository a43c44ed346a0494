/* Observations as JSON, as the types of org.pxed.Worker have them. Pure. */
#pragma once

#include "lib/json.h"
#include "netcfg/link_state.h"
#include "netcfg/observer.h"

/* Each a new reference; NULL without memory. */
json_t *report_step(const struct step *step, const char *network);
json_t *report_sighting(const struct sighting *sighting, const char *network);
json_t *report_neighbour(const struct neighbour *neighbour);
/* Takes over the reference of `neighbours`, a list of what report_neighbour gives. */
json_t *report_link(const struct link_state *link, const char *network, uint64_t captured, uint64_t dropped, json_t *neighbours);
json_t *report_foreign_server(const struct foreign_server *server, const char *network);
json_t *report_address_conflict(const struct address_conflict *conflict, const char *network);
