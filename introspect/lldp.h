/*
 * What the ramdisk heard by LLDP on an interface (IEEE 802.1AB-2016, clause 8.5): TLVs as [type, "hexadecimal value"], the header
 * stripped. Pure.
 */
#pragma once

#include "lib/json.h"

struct lldp_neighbour {
        json_t *chassis; /* MAC in lower case, of a chassis id of subtype MAC address; NULL: none */
        json_t *port;    /* the port id as text; NULL: none, or of a subtype that is no text */
};

/* Reads a list of TLVs; anything that is none is passed over, and the first of a type counts. The caller owns what it gets: new references. */
void lldp_read(const json_t *tlvs, struct lldp_neighbour *ret);
