/*
 * The hooks, each of which reads one part of a payload into the normalized inventory. They run in the order of the table
 * `hooks`; what a hook reads may be missing or of any type. Pure.
 */
#pragma once

#include <stdbool.h>

#include "introspect/inventory.h"
#include "lib/address.h"
#include "lib/json.h"

struct hook_input {
        const json_t *raw;       /* the payload */
        const json_t *inventory; /* its `inventory`; NULL: none */
        struct mac boot_mac;     /* of the boot script */
        json_t *normalized;      /* what the hooks before have made, to be added to */
        char *reason;            /* INVENTORY_REASON_SIZE bytes: why the hook failed */
};

struct hook {
        const char *name;
        bool required; /* its failure is that of the whole post */
        /* False: it failed, and `reason` says why. */
        bool (*run)(struct hook_input *input);
};

extern const struct hook hooks[]; /* ends with a NULL name */

/* One per hook. */
bool hook_ramdisk_errors(struct hook_input *input);
bool hook_validate_interfaces(struct hook_input *input);
bool hook_ports(struct hook_input *input);
bool hook_local_link(struct hook_input *input);
bool hook_cpu(struct hook_input *input);
bool hook_memory(struct hook_input *input);
bool hook_disks(struct hook_input *input);
bool hook_system(struct hook_input *input);
bool hook_boot_mode(struct hook_input *input);
bool hook_bmc(struct hook_input *input);
bool hook_devices(struct hook_input *input);

/* Fails a hook: writes the reason and returns false. */
bool hook_fail(struct hook_input *input, const char *format, ...) _printf_(2, 3);
/* Adds a text to the normalized `errors`; takes over the reference. */
void hook_add_error(struct hook_input *input, json_t *text);
/* Sets a member of the normalized inventory; takes over the reference. Null is set too, so that each member is there. */
void hook_set(struct hook_input *input, const char *key, json_t *value);
/* A list of the payload's inventory; one longer than INVENTORY_LIST_MAX is told in `errors`. NULL: none. */
const json_t *hook_list(struct hook_input *input, const char *key);
