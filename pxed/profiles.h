/* Profiles: those of the store, and the built-in ones that stand where the store has none of their name. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "pxed/model.h"

#define PROFILE_TEXT_MAX 4096
#define PROFILE_INITRDS_MAX 16
#define PROFILE_PARAMETERS_MAX 64
#define PROFILE_REASON_SIZE 200

/* Where a request is wrong. */
struct profile_error {
        const char *field;
        char reason[PROFILE_REASON_SIZE];
};

struct profiles {
        struct profile **stored;
        size_t n_stored;
        struct profile *inspect, *local; /* built in */
};

/* Makes the built-in ones; inspect_arguments: of the ramdisk's kernel. May be called again. */
int profiles_set_builtin(struct profiles *profiles, const char *inspect_arguments);
void profiles_clear(struct profiles *profiles);

/* The one that counts; NULL: there is none. */
const struct profile *profiles_find(const struct profiles *profiles, const char *name);
/* Only of the store. */
struct profile *profiles_stored(const struct profiles *profiles, const char *name);
/* Puts one in, in the place of the one with its name, which is the caller's then (NULL: none). */
int profiles_put(struct profiles *profiles, struct profile *profile, struct profile **ret_old);
void profiles_remove(struct profiles *profiles, struct profile *profile);
/* By index: those that count, stored ones first; NULL past the last. */
const struct profile *profiles_at(const struct profiles *profiles, size_t index);

/* From the parameters of Profile.Set. -EINVAL: *error says which field and why. The revision is the caller's to set. */
int profile_from_json(const json_t *parameters, struct profile **ret, struct profile_error *error);
/* Whether an assignment may give these parameters (an object of texts, or NULL). -EINVAL and *error. */
int profile_check_parameters(const struct profile *profile, const json_t *parameters, struct profile_error *error);
/* Members of type Profile of org.pxed.Worker; whole: also those that only org.pxed.Profile has. */
json_t *profile_to_json(const struct profile *profile, bool whole);
