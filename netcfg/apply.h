/* Does the actions of a plan, through netlink. */
#pragma once

#include "netcfg/netlink.h"
#include "netcfg/plan.h"

struct apply;

/* Negative errno. */
int apply_new(struct apply **ret);
struct apply *apply_free(struct apply *apply);
DEFINE_CLEANUP(struct apply *, apply_free);

/*
 * Does one action. What is so already, or is gone already where it is to be deleted, is no error. Else negative errno, with why for a
 * person, and what to do where that is known, in `reason`.
 */
int apply_action(struct apply *apply, const struct action *action, char *reason, size_t size);

/* To read what is true now. */
struct nl_sock *apply_socket(struct apply *apply);
