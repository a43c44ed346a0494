/*
 * Inspection rules (interfaces/org.pxed.Rule.varlink): checked and prepared once, when they are added, and then run over what the hooks have
 * made of a node. Pure.
 *
 * All that a rule and an inventory can make it take is bounded: conditions, actions, values of a field, bytes of a text, of a
 * regular expression and of what is set, lines to be told.
 */
#pragma once

#include "lib/json.h"
#include "lib/macro.h"
#include "pxed/inspection/run.h"

#define RULES_MAX 256
#define RULE_CONDITIONS_MAX 64
#define RULE_ACTIONS_MAX 64
/* Of a rule as JSON text, in bytes. */
#define RULE_SIZE_MAX 65536
/* Of all rules together, since they are told in one message: clients take 256 Ki values in one (lib/json.h). */
#define RULES_SIZE_MAX (2 * 1024 * 1024)
/* Lines that the rules of one run have told; what is more is left out. */
#define RULE_LOGS_MAX 64

/* Where a rule is wrong: "conditions[1].args.value". */
struct rule_error {
        char place[96];
        char reason[256];
};

struct rule;

/*
 * From type Rule (copied). -EINVAL: it cannot be evaluated, and *error says where and why; -ENOMEM. `revision` is what it is told with.
 * The caller owns a reference.
 */
int rule_parse(const json_t *json, uint64_t revision, struct rule **ret, struct rule_error *error);
struct rule *rule_unref(struct rule *rule);
DEFINE_CLEANUP(struct rule *, rule_unref);

const char *rule_name(const struct rule *rule);
uint64_t rule_revision(const struct rule *rule);
bool rule_is_sensitive(const struct rule *rule);
/* Type Rule, as it may be told: of a sensitive one without args. A new reference; NULL without memory. */
json_t *rule_to_json(const struct rule *rule);
/* All of it as JSON text, for the store. The caller frees it; NULL without memory. */
char *rule_text(const struct rule *rule);

/* `struct rules`: in the order in which they run. A list is never changed: another one, with the same rules in it, takes its place. */
struct rules *rules_free(struct rules *rules);
DEFINE_CLEANUP(struct rules *, rules_free);
/* What `rules` (NULL: none) has, with this one besides, or in the place of the one with its name. -ENOSPC past RULES_MAX; -ENOMEM. */
int rules_with(const struct rules *rules, struct rule *rule, struct rules **ret);
/* What it has but the one of that name. -ENOMEM */
int rules_without(const struct rules *rules, const char *name, struct rules **ret);
/* Bytes that they take as JSON, about, with this one besides or in the place of the one with its name. `rules` may be NULL. */
size_t rules_size_with(const struct rules *rules, const struct rule *rule);
/* By index; NULL past the last. `rules` may be NULL. */
const struct rule *rules_at(const struct rules *rules, size_t index);
/* NULL: there is none of that name. */
const struct rule *rules_find(const struct rules *rules, const char *name);

/* Whether one of those with these names (array) is. */
bool rules_any_is_sensitive(const struct rules *rules, const json_t *names);

/*
 * Runs them (NULL: none) over outcome->node and outcome->plugin_data, as the hooks have left them, and edits these; names and lines are added to
 * outcome->matched and ->logs (made where they are NULL). `raw` may be NULL. Where a rule fails the run, it is the last one in matched, outcome->failed and ->reason
 * say which and why, and node and plugin_data are gone (NULL). 0 then too; -ENOMEM.
 */
int rules_run(const struct rules *rules, const json_t *inventory, const json_t *raw, struct run_outcome *outcome);
