/* The members of two lists that are the same thing. Pure. */
#pragma once

#include "lib/json.h"

#define PAIR_KEYS 3

/* By which members two are the same. */
struct pair_rule {
        const char *keys[PAIR_KEYS];  /* texts that both have, and have alike; NULL ends them */
        const char *unless[PAIR_KEYS]; /* but not where both have a text for one of these, and another one */
};

#define PAIR_NONE SIZE_MAX

/*
 * Finds the partner of each object of `before` in `after`: by the first rule, then what is left by the second, and so on (the last has a NULL first
 * key); within a rule in the order of the lists. *ret_partners: as many as `before` has, PAIR_NONE where there is none; *ret_taken: by place in `after`,
 * whether it is a partner. Both are the caller's to free. -ENOMEM.
 */
int pair_up(const json_t *before, const json_t *after, const struct pair_rule *rules, size_t **ret_partners, bool **ret_taken);
