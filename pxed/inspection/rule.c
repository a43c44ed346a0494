#include "pxed/inspection/rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/idl.h"
#include "lib/json_pointer.h"
#include "lib/text.h"
#include "pxed/inspection/rule_internal.h"

#define DESCRIPTION_MAX 1024
/* Levels of a rule as JSON. */
#define DEPTH_MAX 24

struct rule {
        unsigned references;
        json_t *json; /* type Rule, whole */
        const char *name;
        size_t size; /* as JSON text, about */
        int64_t priority;
        uint64_t revision;
        bool sensitive;
        struct rule_condition *conditions[RULE_CONDITIONS_MAX];
        struct rule_action *actions[RULE_ACTIONS_MAX];
        size_t n_conditions, n_actions;
};

struct rules {
        size_t count;
        struct rule *rule[];
};

int rule_refuse(const struct rule_reader *reader, const char *member, const char *format, ...) {
        struct rule_error *error = reader->error;
        va_list arguments;

        snprintf(error->place, sizeof error->place, "%s%s%s", reader->at, *reader->at && member ? "." : "", member ? member : "");
        va_start(arguments, format);
        vsnprintf(error->reason, sizeof error->reason, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

static const struct rule_argument *find_argument(const struct rule_argument *arguments, const char *name) {
        for (; arguments->name; arguments++)
                if (strcmp(arguments->name, name) == 0)
                        return arguments;
        return NULL;
}

static bool is_of_type(const json_t *value, enum rule_argument_type type) {
        return type == ARGUMENT_ANY || (type == ARGUMENT_TEXT && json_is_string(value)) || (type == ARGUMENT_BOOL && json_is_boolean(value));
}

int rule_check_arguments(const struct rule_reader *reader, const char *op, const json_t *args, const struct rule_argument *arguments) {
        char member[80], known[80] = "";
        const char *key;
        json_t *value;

        for (const struct rule_argument *a = arguments; a->name; a++) {
                size_t length = strlen(known);
                snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "", a->name);
                snprintf(member, sizeof member, "args.%s", a->name);
                value = json_object_get(args, a->name);
                if (!value && !a->optional)
                        return rule_refuse(reader, member, "%s needs it", op);
                if (value && !is_of_type(value, a->type) && !(a->optional && json_is_null(value)))
                        return rule_refuse(reader, member, "it has to be %s", a->type == ARGUMENT_BOOL ? "true or false" : "a text");
        }
        json_object_foreach((json_t *) args, key, value)
                if (!find_argument(arguments, key)) {
                        snprintf(member, sizeof member, "args.%.64s", key);
                        return rule_refuse(reader, member, "%s knows only %s", op, known);
                }
        return 0;
}

static bool is_node_member(const char *name) {
        static const char *const members[] = {
                "id",   "name",       "uuid",         "serial", "manufacturer", "product",         "architecture", "bootMode",     "cpus",  "memory", "bmcAddress",
                "tags", "properties", "capabilities", "traits", "extra",        "rootDeviceHints", "rootDevice",   "accelerators", "ports", "labels",
        };

        return name_to_enum(members, ELEMENTS(members), name) >= 0;
}

const char *rule_field_problem(const char *pointer, char *buffer, size_t size) {
        const char *reason = NULL;
        char root[16], member[64] = "";

        if (json_pointer_check(pointer, &reason) < 0)
                return reason;
        if (sscanf(pointer, "/%15[^/]/%63[^/]", root, member) < 1)
                return "it begins with /node, /inventory or /raw";
        if (strcmp(root, "raw") == 0)
                return NULL;
        if (strcmp(root, "node") != 0 && strcmp(root, "inventory") != 0)
                return "it begins with /node, /inventory or /raw";
        bool is_node = strcmp(root, "node") == 0;
        if (!*member || strcmp(member, "*") == 0 ||
            (is_node ? is_node_member(member) : idl_has_member(idl_find("org.pxed.Inventory"), "Inventory", member)))
                return NULL;
        snprintf(buffer, size, "there is no \"%s\" in %s (type %s)", member, is_node ? "a node" : "an inventory",
                 is_node ? "Node of org.pxed.Node" : "Inventory of org.pxed.Inventory");
        return buffer;
}

/* Types and members, by the interface itself. */
static int check_shape(const struct rule_reader *reader, const json_t *json) {
        const struct idl *idl = idl_find("org.pxed.Rule");
        _cleanup_json_ json_t *call = json_pack("{s:O}", "rule", json);
        char path[128];

        if (!idl || !call)
                return -ENOMEM;
        if (rule_value_size(json, RULE_SIZE_MAX, DEPTH_MAX) == SIZE_MAX)
                return rule_refuse(reader, NULL, "a rule has at most %d bytes as JSON, and %d levels", RULE_SIZE_MAX, DEPTH_MAX);
        if (idl_check(idl, idl_method(idl, "Set")->in, call, path, sizeof path) < 0)
                return rule_refuse(reader, strncmp(path, "rule.", 5) == 0 ? path + 5 : NULL,
                                   "it is missing, not known, or of another type than org.pxed.Rule says");
        return 0;
}

static int check_head(const struct rule_reader *reader, const json_t *json) {
        const char *description = json_get_string(json, "description");

        if (!name_is_valid(json_get_string(json, "name")))
                return rule_refuse(reader, "name", "1 to 63 letters, digits, '.', '_', '-', the first a letter or digit");
        if (description && strlen(description) > DESCRIPTION_MAX)
                return rule_refuse(reader, "description", "it has more than %d bytes", DESCRIPTION_MAX);
        if (json_array_size(json_object_get(json, "conditions")) > RULE_CONDITIONS_MAX)
                return rule_refuse(reader, "conditions", "there are more than %d", RULE_CONDITIONS_MAX);
        if (json_array_size(json_object_get(json, "actions")) > RULE_ACTIONS_MAX)
                return rule_refuse(reader, "actions", "there are more than %d", RULE_ACTIONS_MAX);
        return 0;
}

static int read_parts(struct rule *rule, struct rule_error *error) {
        struct rule_reader reader = { .error = error };
        json_t *part;
        size_t i;

        json_array_foreach(json_object_get(rule->json, "conditions"), i, part) {
                snprintf(reader.at, sizeof reader.at, "conditions[%zu]", i);
                int r = rule_condition_parse(&reader, part, &rule->conditions[i]);
                if (r < 0)
                        return r;
                rule->n_conditions++;
        }
        json_array_foreach(json_object_get(rule->json, "actions"), i, part) {
                snprintf(reader.at, sizeof reader.at, "actions[%zu]", i);
                int r = rule_action_parse(&reader, part, &rule->actions[i]);
                if (r < 0)
                        return r;
                rule->n_actions++;
        }
        return 0;
}

/* Told rules of a sensitive one have no args: one of those cannot be set again. */
static void explain_missing_arguments(const struct rule *rule, struct rule_error *error) {
        size_t length = strlen(error->reason);

        if (rule->sensitive && strstr(error->place, "args."))
                snprintf(error->reason + length, sizeof error->reason - length, " (the args of a sensitive rule are never told: all have to be given again)");
}

int rule_parse(const json_t *json, uint64_t revision, struct rule **ret, struct rule_error *error) {
        const struct rule_reader reader = { .error = error };
        _cleanup_(rule_unrefp) struct rule *rule = NULL;

        int r = check_shape(&reader, json);
        if (r == 0)
                r = check_head(&reader, json);
        if (r < 0)
                return r;
        rule = calloc(1, sizeof *rule);
        if (!rule)
                return -ENOMEM;
        rule->references = 1;
        rule->json = json_deep_copy(json);
        if (!rule->json || json_object_set_new(rule->json, "revision", json_integer((json_int_t) revision)) < 0)
                return -ENOMEM;
        rule->name = json_get_string(rule->json, "name");
        rule->size = rule_value_size(json, RULE_SIZE_MAX, DEPTH_MAX);
        rule->priority = json_get_int(rule->json, "priority", 0);
        rule->sensitive = json_get_bool(rule->json, "sensitive", false);
        rule->revision = revision;
        r = read_parts(rule, error);
        if (r == -EINVAL)
                explain_missing_arguments(rule, error);
        if (r == 0)
                *ret = TAKE_POINTER(rule);
        return r;
}

struct rule *rule_unref(struct rule *rule) {
        if (!rule || --rule->references > 0)
                return NULL;
        for (size_t i = 0; i < rule->n_conditions; i++)
                rule_condition_free(rule->conditions[i]);
        for (size_t i = 0; i < rule->n_actions; i++)
                rule_action_free(rule->actions[i]);
        json_decref(rule->json);
        free(rule);
        return NULL;
}

const char *rule_name(const struct rule *rule) {
        return rule->name;
}

uint64_t rule_revision(const struct rule *rule) {
        return rule->revision;
}

bool rule_is_sensitive(const struct rule *rule) {
        return rule->sensitive;
}

static void drop_arguments(json_t *parts) {
        json_t *part;
        size_t i;

        json_array_foreach(parts, i, part)
                json_object_clear(json_object_get(part, "args"));
}

json_t *rule_to_json(const struct rule *rule) {
        json_t *json = json_deep_copy(rule->json);

        if (rule->sensitive) {
                drop_arguments(json_object_get(json, "conditions"));
                drop_arguments(json_object_get(json, "actions"));
        }
        return json;
}

char *rule_text(const struct rule *rule) {
        return json_dumps(rule->json, JSON_COMPACT);
}

struct rules *rules_free(struct rules *rules) {
        for (size_t i = 0; rules && i < rules->count; i++)
                rule_unref(rules->rule[i]);
        free(rules);
        return NULL;
}

/* Higher priorities first, then by name. */
static bool runs_before(const struct rule *a, const struct rule *b) {
        return a->priority != b->priority ? a->priority > b->priority : strcmp(a->name, b->name) < 0;
}

/* A copy without the rule of a name, and with another one in its order (NULL: none). */
static int rules_copy(const struct rules *rules, const char *without, struct rule *with, struct rules **ret) {
        size_t count = rules ? rules->count : 0;
        struct rules *copy = calloc(1, sizeof *copy + (count + 1) * sizeof copy->rule[0]);

        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                if (strcmp(rules->rule[i]->name, without) == 0)
                        continue;
                if (with && runs_before(with, rules->rule[i])) {
                        copy->rule[copy->count++] = with;
                        with = NULL;
                }
                copy->rule[copy->count++] = rules->rule[i];
        }
        if (with)
                copy->rule[copy->count++] = with;
        for (size_t i = 0; i < copy->count; i++)
                copy->rule[i]->references++;
        if (copy->count > RULES_MAX && copy->count > count) {
                rules_free(copy);
                return -ENOSPC;
        }
        *ret = copy;
        return 0;
}

int rules_with(const struct rules *rules, struct rule *rule, struct rules **ret) {
        return rules_copy(rules, rule->name, rule, ret);
}

int rules_without(const struct rules *rules, const char *name, struct rules **ret) {
        return rules_copy(rules, name, NULL, ret);
}

size_t rules_size_with(const struct rules *rules, const struct rule *rule) {
        size_t size = rule->size;

        for (size_t i = 0; rules && i < rules->count; i++)
                size += strcmp(rules->rule[i]->name, rule->name) == 0 ? 0 : rules->rule[i]->size;
        return size;
}

const struct rule *rules_at(const struct rules *rules, size_t index) {
        return rules && index < rules->count ? rules->rule[index] : NULL;
}

const struct rule *rules_find(const struct rules *rules, const char *name) {
        const struct rule *rule;

        for (size_t i = 0; (rule = rules_at(rules, i)); i++)
                if (strcmp(rule->name, name) == 0)
                        return rule;
        return NULL;
}

bool rules_any_is_sensitive(const struct rules *rules, const json_t *names) {
        const struct rule *rule;
        json_t *name;
        size_t i;

        json_array_foreach((json_t *) names, i, name) {
                rule = rules_find(rules, json_string_value(name));
                if (rule && rule_is_sensitive(rule))
                        return true;
        }
        return false;
}

static int _printf_(3, 4) fail_run(struct run_outcome *outcome, const struct rule *rule, const char *format, ...) {
        va_list arguments;

        snprintf(outcome->failed, sizeof outcome->failed, "rule %s", rule->name);
        va_start(arguments, format);
        vsnprintf(outcome->reason, sizeof outcome->reason, format, arguments);
        va_end(arguments);
        json_decref(TAKE_POINTER(outcome->node));
        json_decref(TAKE_POINTER(outcome->plugin_data));
        return -ECANCELED;
}

/* 1, 0, -ECANCELED, -ENOMEM */
static int is_fulfilled(const struct rule *rule, const struct rule_run *run) {
        for (size_t i = 0; i < rule->n_conditions; i++) {
                int r = rule_condition_check(rule->conditions[i], run->document, run->work);
                if (r == -EFBIG)
                        return fail_run(run->outcome, rule, "conditions[%zu]: the rules look at more than %d values and bytes of text, or an expression takes too long",
                                        i, RULE_WORK_MAX);
                if (r <= 0)
                        return r;
        }
        return 1;
}

static int run_rule(const struct rule *rule, struct rule_run *run) {
        char reason[HOOK_REASON_SIZE - 32];
        int r = is_fulfilled(rule, run);

        if (r <= 0)
                return r;
        if (json_array_append_new(run->outcome->matched, json_string(rule->name)) < 0)
                return -ENOMEM;
        run->rule = rule->name;
        run->sensitive = rule->sensitive;
        for (size_t i = 0; i < rule->n_actions; i++) {
                r = rule_action_run(rule->actions[i], run, reason, sizeof reason);
                if (r == -ECANCELED && rule_action_fails(rule->actions[i]))
                        return fail_run(run->outcome, rule, "%s", reason);
                if (r == -ECANCELED)
                        return fail_run(run->outcome, rule, "actions[%zu]: %s", i, rule->sensitive ? "it cannot be done; what it does is sensitive" : reason);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The document; the inventory has the plugin data that is edited as its own. */
static json_t *make_document(const json_t *inventory, const json_t *raw, const struct run_outcome *outcome) {
        json_t *with_data = json_copy((json_t *) inventory);

        if (!with_data || json_object_set(with_data, "pluginData", outcome->plugin_data) < 0) {
                json_decref(with_data);
                return NULL;
        }
        return json_pack("{s:O, s:o, s:O?}", "node", outcome->node, "inventory", with_data, "raw", raw);
}

int rules_run(const struct rules *rules, const json_t *inventory, const json_t *raw, struct run_outcome *outcome) {
        size_t work = RULE_WORK_MAX;
        const struct rule *rule;
        int r = 0;

        if (!outcome->matched)
                outcome->matched = json_array();
        if (!outcome->logs)
                outcome->logs = json_array();
        _cleanup_json_ json_t *document = make_document(inventory, raw, outcome);
        if (!outcome->matched || !outcome->logs || !document)
                return -ENOMEM;
        struct rule_run run = { .document = document, .outcome = outcome, .left = RULE_RUN_MAX, .work = &work };
        for (size_t i = 0; r == 0 && (rule = rules_at(rules, i)); i++)
                r = run_rule(rule, &run);
        return r == -ECANCELED ? 0 : r;
}
