/* What was understood of a capture file, for a person. */
#pragma once

#include <stdio.h>

#include "netcfg/sighting.h"
#include "netcfg/timeline.h"

/* A line for each MAC: addresses, VLAN, by which protocols, what it says of itself. `json`: type Sighting of org.pxed.Worker. */
void print_sighting(const json_t *json, FILE *out);
/* The steps of a boot with their times, and the diagnosis. */
void print_boot(const struct timeline *timeline, size_t number, uint64_t end, FILE *out);
