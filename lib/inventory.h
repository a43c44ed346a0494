/*
 * An inventory as a ramdisk posted it (ironic-python-agent of any version, or pxed-agent) into the members of type Inventory of
 * org.pxed.Inventory, less node, number and received. Pure: the same payload always gives the same result.
 */
#pragma once

#include "lib/address.h"
#include "lib/json.h"
#include "lib/payload_nuls.h"

#define INVENTORY_REASON_SIZE 256

/* How deep a payload may be nested, as Ironic has it. */
#define INVENTORY_DEPTH 25

/* Lists longer than this are cut, and `errors` says so. */
#define INVENTORY_LIST_MAX 1024

struct inventory_result {
        json_t *normalized;
        json_t *failure; /* a text: the ramdisk's own word that it failed; NULL */
};

void inventory_result_clear(struct inventory_result *result);
#define _cleanup_inventory_ _cleanup_(inventory_result_clear)

/*
 * Runs the readers (lib/inventory_reader.h) over a payload. `boot_mac`: the MAC that the boot script was made for, which boots where
 * the payload names none; NULL: not known.
 * -EINVAL: a reader that has to succeed did not, `reason` is "NAME: why"; those that need not succeed put the same into `errors`.
 * -ENOMEM. *ret is written on success only.
 */
int inventory_normalize(const json_t *raw, const struct mac *boot_mac, struct inventory_result *ret,
                        char reason[static INVENTORY_REASON_SIZE]);

/* Says among the errors that NULs were taken out of its texts, where they were. */
void inventory_tell_nuls(json_t *normalized, const struct payload_nuls *nuls);
/* The same, as it is said in `before`: what is kept as raw has no NULs any more, so that reading it anew does not tell of them. NULL: nothing. */
void inventory_retell_nuls(json_t *normalized, const json_t *before);

/* Whose machine a payload is about. */
enum inventory_owner {
        INVENTORY_HAS_MAC,     /* an interface, or what it booted by, has that MAC */
        INVENTORY_HAS_OTHERS,  /* there are MACs, and that is none of them */
        INVENTORY_HAS_NO_MACS, /* of a ramdisk that failed early there may be just an `error` */
};
enum inventory_owner inventory_owner(const json_t *raw, const struct mac *mac);

/* "2 CPUs, 24576 MiB, 1 disk, 2 interfaces, bios". Returns `buffer`. */
char *inventory_summary(const json_t *normalized, char *buffer, size_t size);
