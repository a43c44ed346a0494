/*
 * The readers, each of which reads one part of a payload into the normalized inventory. They run in the order of the table
 * `inventory_readers`; what a reader reads may be missing or of any type. Pure.
 */
#pragma once

#include <stdbool.h>

#include "lib/address.h"
#include "lib/inventory.h"
#include "lib/json.h"

struct reader_input {
        const json_t *raw;          /* the payload */
        const json_t *inventory;    /* its `inventory`; NULL: none */
        const struct mac *boot_mac; /* of the boot script; NULL: not known */
        json_t *normalized;         /* what the readers before have made, to be added to */
        char *reason;               /* INVENTORY_REASON_SIZE bytes: why the reader failed */
};

struct reader {
        const char *name;
        bool required; /* its failure is that of the whole post */
        /* False: it failed, and `reason` says why. */
        bool (*run)(struct reader_input *input);
};

extern const struct reader inventory_readers[]; /* ends with a NULL name */

/* One per row. */
bool reader_ramdisk_errors(struct reader_input *input);
bool reader_validate_interfaces(struct reader_input *input);
bool reader_ports(struct reader_input *input);
bool reader_local_link(struct reader_input *input);
bool reader_cpu(struct reader_input *input);
bool reader_memory(struct reader_input *input);
bool reader_disks(struct reader_input *input);
bool reader_system(struct reader_input *input);
bool reader_boot_mode(struct reader_input *input);
bool reader_bmc(struct reader_input *input);
bool reader_devices(struct reader_input *input);

/* Fails a reader: writes the reason and returns false. */
bool reader_fail(struct reader_input *input, const char *format, ...) _printf_(2, 3);
/* Adds a text to the normalized `errors`; takes over the reference. */
void reader_add_error(struct reader_input *input, json_t *text);
/* Sets a member of the normalized inventory; takes over the reference. Null is set too, so that each member is there. */
void reader_set(struct reader_input *input, const char *key, json_t *value);
/* A list of the payload's inventory; one longer than INVENTORY_LIST_MAX is told in `errors`. NULL: none. */
const json_t *reader_list(struct reader_input *input, const char *key);
