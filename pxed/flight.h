/* Boot attempts as they go on: which one a step belongs to, and what is told of how it goes. */
#pragma once

#include "pxed/change.h"

/* A step of a machine. `node`: the one it is (NULL: nobody knows it). */
int flight_step(struct state *state, struct change *change, const struct mac *mac, const char *network,
                const struct node *node, const struct boot_step *step);
/* The ramdisk of the machine's latest attempt said that it failed. */
int flight_failed(struct state *state, struct change *change, const struct mac *mac, const struct node *node,
                  const char *reason, uint64_t time);
/* Ends those that have been silent for too long. */
int flight_check_silence(struct state *state, struct change *change);
/* Looks for those in flight that have got stuck, and tells each of them once. */
int flight_check_stuck(struct state *state, struct change *change);
/* A file with the packets of a boot is there; path NULL: nothing was left of them. */
int flight_captured(struct state *state, struct change *change, uint64_t boot, const char *path);
/* Drops from memory what ended more than a minute ago and is stored. */
void flight_forget(struct state *state, uint64_t now);
