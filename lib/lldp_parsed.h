/*
 * All that was understood of a neighbour's LLDP, under the names and with the words that ironic-inspector's parse_lldp hook uses, so that
 * what reads its results reads these. Pure.
 *
 * Otherwise than there: "10BASE-T fdx" follows its own bit; a MAU type that RFC 4836 does not have yet is its number as text, where the hook
 * leaves the whole TLV out; control characters and what is no UTF-8 are made fit to be shown (lib/text.h).
 */
#pragma once

#include "lib/json.h"
#include "lib/lldp.h"

/* Member `lldp` of type Interface in org.pxed.Inventory: an object with a member for each thing said; null: nothing was. A new reference. */
json_t *lldp_parsed(const struct lldp *lldp);
