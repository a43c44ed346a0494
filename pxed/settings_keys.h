/* The table of keys: what each key of a section means, and into which member it goes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define KEY_REASON_SIZE 160

/* A network's `probe` until all keys are read: what follows from `dhcp`. */
#define PROBE_BY_MODE UINT64_MAX

struct settings_key {
        const char *section; /* "pxed", "inspection", "bus", "network", "physical-network", "host" */
        const char *key;
        /* Sets the member at `offset` of the section's object. On a bad value -EINVAL and `reason`. */
        int (*set)(void *object, size_t offset, const char *value, char reason[static KEY_REASON_SIZE]);
        size_t offset;
};

/* NULL: the section has no such key, or (key NULL) there is no such section. */
const struct settings_key *settings_key_find(const char *section, const char *key);
