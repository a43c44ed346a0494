/*
 * One run over an inventory: the hooks in their order, then the rules in theirs (pxed/inspection/rule.h). Whole or not at all. Pure: the same input always gives the
 * same outcome; a dry run is a run whose outcome is thrown away.
 */
#pragma once

#include "pxed/inspection/hook.h"

struct rules;

struct run_input {
        const json_t *node;      /* document: see pxed/inspection/hook.h */
        const json_t *inventory; /* org.pxed.Inventory.Inventory */
        const json_t *raw;
        const json_t *previous; /* NULL: none */
        const char *failure;    /* NULL */
        const struct inspection_options *options;
        const struct rules *rules; /* NULL: none */
};

struct run_outcome {
        json_t *node;        /* the document afterwards; NULL: the run failed */
        json_t *plugin_data; /* object, may be empty; NULL: the run failed */
        json_t *matched;     /* array: names of the rules whose conditions were fulfilled */
        json_t *logs;        /* array of {"rule", "level", "message"}: what rules want to be told; also of a run that failed */
        char failed[72];     /* the hook or rule that failed: "root-device", "rule NAME"; "": none */
        char reason[HOOK_REASON_SIZE];
};

void run_outcome_clear(struct run_outcome *outcome);

/* 0 also where the run failed (outcome->node is NULL then); -ENOMEM. */
int inspection_run(const struct run_input *input, struct run_outcome *ret);
/* Says of a run that a node cannot be what it has made of it: outcome->reason is why, which stays unless a sensitive rule had a part in it. */
void run_fail_node(const struct rules *rules, struct run_outcome *outcome);
