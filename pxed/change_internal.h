/* What pxed/change.c collects and pxed/change_commit.c writes. */
#pragma once

#include "pxed/change.h"

enum entry_kind { ENTRY_NODE, ENTRY_PROFILE, ENTRY_BOOT, ENTRY_SIGHTING, ENTRY_LEASE };

/* What was put in the place of what: NULL for nothing. */
struct entry {
        enum entry_kind kind;
        bool durable;
        void *old, *new;
};

struct change {
        struct state *state;
        uint64_t now;
        bool revises, begun;
        int error; /* of the transaction */
        struct entry *entries;
        size_t n_entries;
        struct event *events;
        size_t n_events;
};

void change_free_object(enum entry_kind kind, void *object);
