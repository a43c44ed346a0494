/* What a machine boots, and why. Pure. */
#pragma once

#include "pxed/model.h"
#include "pxed/settings.h"

#define REASONS_MAX 6
#define REASON_SIZE 200

struct decision {
        const char *profile; /* NULL: no boot script; borrowed from the inputs */
        size_t n_reasons;
        char reasons[REASONS_MAX][REASON_SIZE]; /* the deciding one last */
};

/* What is known of the machine that is asked about. */
struct decision_input {
        const struct node *node;       /* NULL: none is known */
        const struct network *network; /* where it asks; NULL: not known */
        const struct host *host;       /* its section of the configuration; NULL: none */
        const char *mac;               /* for the words */
        /* Whether there is a profile of that name. */
        bool (*has_profile)(const char *name, void *userdata);
        void *userdata;
};

void decide(const struct decision_input *input, struct decision *ret);
