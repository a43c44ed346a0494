/* What a machine boots now, and why. Pure. */
#pragma once

#include "tftp/request.h"
#include "tftp/snapshot.h"

#define DECISION_REASONS_MAX 8

struct decision {
        const struct node *node;       /* NULL: not known */
        const struct profile *profile; /* NULL: none, `reasons` says why */
        bool ignored;                  /* no profile because the network's policy says so */
        bool assigned;                 /* the profile is that of the node's assignment */
        uint64_t assignment;           /* its revision where it is, else 0 */
        bool once;
        char reasons[384]; /* for a person, the deciding one last */
        unsigned n_reasons, ends[DECISION_REASONS_MAX]; /* where each of them ends in `reasons` */
        char remedy[256];  /* without a profile: what to do about it */
};

/*
 * The machine is found by MAC, then by UUID. An inspection that is asked for goes before the assignment; an assignment to
 * boot once that `consumed` says was consumed counts as none. What `ret` points to is borrowed from the snapshot.
 */
void decide(const struct boot_request *request, const struct snapshot *snapshot, const struct network *network,
            bool (*consumed)(const struct uuid *node, uint64_t assignment, void *userdata), void *userdata,
            struct decision *ret);

/* One of its reasons, not terminated; NULL past the last. */
const char *decision_reason(const struct decision *decision, unsigned index, int *ret_length);
