/*
 * What the ramdisk heard by LLDP on an interface (IEEE 802.1AB-2016, clause 8.5): TLVs as [type, "hexadecimal value"], the header
 * stripped. Pure.
 */
#pragma once

#include "lib/json.h"
#include "lib/lldp.h"

/* Reads a list of TLVs into *ret; anything that is none is passed over. */
void lldp_read(const json_t *tlvs, struct lldp *ret);

/* The members switchChassis, switchPort, switchName, switchVlan and switchVlans of type Interface in org.pxed.Inventory: the chassis is
 * named only by its MAC, the port only by words or a MAC. */
void lldp_describe(const struct lldp *lldp, json_t *interface);
