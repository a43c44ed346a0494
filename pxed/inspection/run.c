#include "pxed/inspection/run.h"

#include <errno.h>
#include <stdio.h>

#include "pxed/inspection/options.h"
#include "pxed/inspection/rule.h"

void run_outcome_clear(struct run_outcome *outcome) {
        json_decref(outcome->node);
        json_decref(outcome->plugin_data);
        json_decref(outcome->matched);
        json_decref(outcome->logs);
        *outcome = (struct run_outcome) { 0 };
}

/* False: one of them failed. */
static bool run_hooks(const struct run_input *in, struct run_outcome *outcome) {
        struct hook_run run = {
                .inventory = in->inventory,
                .raw = in->raw,
                .previous = in->previous,
                .failure = in->failure,
                .options = in->options,
                .node = outcome->node,
                .plugin_data = outcome->plugin_data,
                .reason = outcome->reason,
        };

        for (size_t i = 0; i < in->options->n_hooks; i++)
                if (!in->options->hooks[i]->run(&run)) {
                        snprintf(outcome->failed, sizeof outcome->failed, "%s", in->options->hooks[i]->name);
                        return false;
                }
        return true;
}

int inspection_run(const struct run_input *in, struct run_outcome *ret) {
        struct run_outcome outcome = {
                .node = json_deep_copy(in->node),
                .plugin_data = json_object(),
                .matched = json_array(),
                .logs = json_array(),
        };

        if (!outcome.node || !outcome.plugin_data || !outcome.matched || !outcome.logs) {
                run_outcome_clear(&outcome);
                return -ENOMEM;
        }
        int r = 0;
        if (run_hooks(in, &outcome))
                r = rules_run(in->rules, in->inventory, in->raw, &outcome);
        else {
                json_decref(outcome.node);
                json_decref(outcome.plugin_data);
                outcome.node = outcome.plugin_data = NULL;
        }
        if (r < 0) {
                run_outcome_clear(&outcome);
                return r;
        }
        *ret = outcome;
        return 0;
}

void run_fail_node(const struct rules *rules, struct run_outcome *outcome) {
        snprintf(outcome->failed, sizeof outcome->failed, "node");
        if (rules_any_is_sensitive(rules, outcome->matched))
                snprintf(outcome->reason, sizeof outcome->reason, "what the rules set cannot be; one of them is sensitive");
}
