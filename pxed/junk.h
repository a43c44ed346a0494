/*
 * Values that say nothing about whose they are, since many machines have them: MACs of USB network cards and of BMCs' host interfaces, UUIDs and serial numbers that
 * nobody filled in. Some are known everywhere (lib/lookup.h, lib/address.h), more are configured. Pure.
 */
#pragma once

#include <stdbool.h>

#include "lib/json.h"
#include "lib/lookup.h"
#include "pxed/settings_keys.h"

#define JUNK_MAX 256
#define JUNK_SERIAL_MAX 64

struct junk {
        struct mac_prefix macs[JUNK_MAX];
        struct uuid uuids[JUNK_MAX];
        char serials[JUNK_MAX][JUNK_SERIAL_MAX + 1];
        size_t n_macs, n_uuids, n_serials;
};

/* Values of the keys shared-macs, shared-uuids, shared-serials: see pxed.conf(5). -EINVAL with a reason, -ENOMEM. */
int junk_set_macs(struct junk *junk, const char *value, char reason[static KEY_REASON_SIZE]);
int junk_set_uuids(struct junk *junk, const char *value, char reason[static KEY_REASON_SIZE]);
int junk_set_serials(struct junk *junk, const char *value, char reason[static KEY_REASON_SIZE]);

bool junk_has_mac(const struct junk *junk, const struct mac *mac);
bool junk_has_uuid(const struct junk *junk, const struct uuid *uuid);
bool junk_has_serial(const struct junk *junk, const char *serial);

/* Makes uuid and serial of an inventory (type Inventory of org.pxed.Inventory) null where they are such. */
void junk_clear(const struct junk *junk, json_t *inventory);

bool junk_macs_equal(const struct junk *a, const struct junk *b);
bool junk_uuids_equal(const struct junk *a, const struct junk *b);
