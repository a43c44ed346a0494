#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/input.h"
#include "pxed/ctl/json_place.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

#define INPUT_MAX ((size_t) 1024 * 1024)

/* A file of one rule, or of a list of them; also as 'rule show' and 'rule list' print them with --json. */
struct rule_file {
        const char *name;
        char *text;
        json_t *json;       /* as it is */
        json_t *rules;      /* in it: one, or a list */
        const char *within; /* the member that has them, with what stands between it and a place in it: "", "rule.", "rules" */
};

static void rule_file_clear(struct rule_file *file) {
        free(file->text);
        json_decref(file->json);
}

static size_t count_rules(const struct rule_file *file) {
        return json_is_array(file->rules) ? json_array_size(file->rules) : 1;
}

static json_t *rule_at(const struct rule_file *file, size_t index) {
        return json_is_array(file->rules) ? json_array_get(file->rules, index) : file->rules;
}

static void find_rules(struct rule_file *file) {
        json_t *one = json_get_object(file->json, "rule"), *list = json_get_array(file->json, "rules");

        file->rules = one ? one : list ? list : file->json;
        file->within = one ? "rule." : list ? "rules" : "";
}

/* Fails at a place of one of the rules, with its line. */
static int fail_at(struct ctl *ctl, int status, const struct rule_file *file, size_t index, const char *field, const char *reason) {
        char place[256];

        if (json_is_array(file->rules))
                snprintf(place, sizeof place, "%s[%zu].%s", file->within, index, field);
        else
                snprintf(place, sizeof place, "%s%s", file->within, field);
        return ctl_fail(ctl, status, "%s:%u: %s%s%s", file->name, json_place_line(file->text, place), place, *place ? ": " : "", reason);
}

/* Of two with one name the first would be gone without a word. */
static int check_names(struct ctl *ctl, const struct rule_file *file) {
        for (size_t i = 0; i < count_rules(file); i++) {
                const char *name = json_get_string(rule_at(file, i), "name");
                for (size_t k = 0; name && k < i; k++) {
                        const char *other = json_get_string(rule_at(file, k), "name");
                        if (other && strcmp(name, other) == 0)
                                return fail_at(ctl, EXIT_USAGE, file, i, "name", "a rule before it has this name too");
                }
        }
        return 0;
}

static int read_rules(struct ctl *ctl, const char *path, struct rule_file *ret) {
        size_t size;
        json_error_t error;
        json_t *rule;
        size_t i;

        ret->name = strcmp(path, "-") == 0 ? "standard input" : path;
        int r = input_read(path, INPUT_MAX, &ret->text, &size);
        if (r < 0)
                return ctl_fail(ctl, EXIT_USAGE, "%s: %s", ret->name, r == -EFBIG ? "it has more than 1 MiB" : strerror(-r));
        ret->json = json_loadb(ret->text, size, JSON_REJECT_DUPLICATES, &error);
        if (!ret->json)
                return ctl_fail(ctl, EXIT_USAGE, "%s:%d:%d: %s", ret->name, error.line, error.column, error.text);
        find_rules(ret);
        if (count_rules(ret) == 0)
                return ctl_fail(ctl, EXIT_USAGE, "%s: there is no rule in it", ret->name);
        json_array_foreach(ret->rules, i, rule)
                if (!json_is_object(rule))
                        return ctl_fail(ctl, EXIT_USAGE, "%s: it has to be a rule, or a list of rules: objects as pxed-rules(7) has them", ret->name);
        return check_names(ctl, ret);
}

/* A refusal of one of the rules, with the line where its place is. `set`: how many before it have been set nevertheless. */
static int fail_rule(struct ctl *ctl, const struct rule_file *file, size_t index, size_t set, const char *error, const json_t *parameters) {
        const char *field = json_get_string(parameters, "field"), *parameter = json_get_string(parameters, "parameter");

        if (!field && parameter)
                field = strncmp(parameter, "rule.", 5) == 0 ? parameter + 5 : "";
        const char *reason = json_get_string(parameters, "reason");
        char before[64] = "", whole[512];
        if (set > 0)
                snprintf(before, sizeof before, "the %zu before it in the file %s set", set, set == 1 ? "is" : "are");
        if (!field)
                return set > 0 ? ctl_fail_error_of(ctl, before, error, parameters) : ctl_fail_error(ctl, error, parameters);
        snprintf(whole, sizeof whole, "%s%s%s%s", reason ? reason : "it is missing, not known, or of another type than org.pxed.Rule says", set > 0 ? " (" : "", before,
                 set > 0 ? ")" : "");
        return fail_at(ctl, EXIT_REFUSED, file, index, field, whole);
}

/* Calls a method with each of the rules; it fails as one of a file. *ret are the replies; NULL: it sets nothing. */
static int call_each(struct ctl *ctl, const struct rule_file *file, const char *method, const json_t *more, json_t **ret) {
        _cleanup_json_ json_t *replies = json_array();

        for (size_t i = 0; i < count_rules(file); i++) {
                _cleanup_free_ char *error = NULL;
                _cleanup_json_ json_t *reply = NULL, *request = json_pack("{s:O}", "rule", rule_at(file, i));
                json_object_update(request, (json_t *) more);
                int r = ctl_try(ctl, method, TAKE_POINTER(request), ctl_reply_timeout(ctl), &error, &reply);
                if (r < 0) {
                        _cleanup_free_ char *path = ctl_bus_socket(ctl);
                        return ctl_fail_connection(ctl, r, path ? path : "?");
                }
                if (error)
                        return fail_rule(ctl, file, i, ret ? i : 0, error, reply);
                json_array_append(replies, reply);
        }
        if (ret)
                *ret = TAKE_POINTER(replies);
        return 0;
}

/* Whether each of them can be evaluated: by a test of one node, of which nothing comes. */
static int check_rules(struct ctl *ctl, const struct rule_file *file) {
        _cleanup_json_ json_t *one = json_pack("{s:i}", "limit", 1);

        return call_each(ctl, file, "org.pxed.Rule.Test", one, NULL);
}

int cmd_rule_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Rule.List", json_object(), &reply);

        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0 && json_array_size(json_get_array(reply, "rules")) == 0)
                ctl_note(ctl, "There are no inspection rules; pxed-rules(7) has examples for 'pxectl rule set'.");
        else if (status == 0)
                show_rules(json_get_array(reply, "rules"), &ctl->look, ctl->out);
        return status;
}

static int get_rule(struct ctl *ctl, const char *name, json_t **ret) {
        return ctl_call(ctl, "org.pxed.Rule.Get", json_pack("{s:s}", "rule", name), ret);
}

int cmd_rule_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = get_rule(ctl, arguments_word(arguments, 0), &reply);

        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0)
                show_rule(json_get_object(reply, "rule"), &ctl->look, ctl->out);
        return status;
}

int cmd_rule_set(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_(rule_file_clear) struct rule_file file = { 0 };
        _cleanup_json_ json_t *replies = NULL, *more = json_object();
        json_t *reply;
        size_t i;

        int status = read_rules(ctl, arguments_word(arguments, 0), &file);
        if (status == 0 && arguments_get(arguments, "if-revision") && count_rules(&file) != 1)
                status = ctl_fail(ctl, EXIT_USAGE, "--if-revision is of one rule; %s has %zu", file.name, count_rules(&file));
        if (status == 0)
                status = request_number(ctl, more, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        /* Of many, one that is wrong keeps all of them from being set. */
        if (status == 0 && count_rules(&file) > 1)
                status = check_rules(ctl, &file);
        if (status == 0)
                status = call_each(ctl, &file, "org.pxed.Rule.Set", more, &replies);
        if (status != 0)
                return status;
        _cleanup_json_ json_t *rules = json_array();
        json_array_foreach(replies, i, reply)
                json_array_append(rules, json_object_get(reply, "rule"));
        _cleanup_json_ json_t *told = json_pack("{s:O}", "rules", rules);
        if (ctl->json)
                ctl_print_json(ctl, told);
        else
                show_rules(rules, &ctl->look, ctl->out);
        return 0;
}

int cmd_rule_delete(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "rule", arguments_word(arguments, 0)), *reply = NULL;
        int status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);

        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Rule.Delete", TAKE_POINTER(request), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        return status;
}

/* One rule alone, or (NULL) all that are set. */
static int test(struct ctl *ctl, json_t *rule, const char *node, json_t **ret) {
        json_t *request = json_pack("{s:O?}", "rule", rule);

        if (!node) {
                json_object_set_new(request, "limit", json_integer(200));
                return ctl_call_pages(ctl, "org.pxed.Rule.Test", request, "results", ret);
        }
        json_object_set_new(request, "node", json_string(node));
        return ctl_call(ctl, "org.pxed.Rule.Test", request, ret);
}

static int print_results(struct ctl *ctl, const json_t *reply) {
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show_rule_results(json_get_array(reply, "results"), &ctl->look, ctl->out);
        return 0;
}

static int test_file(struct ctl *ctl, const char *path, const char *node) {
        _cleanup_(rule_file_clear) struct rule_file file = { 0 };
        _cleanup_json_ json_t *reply = NULL;

        int status = read_rules(ctl, path, &file);
        if (status == 0 && count_rules(&file) != 1)
                status = ctl_fail(ctl, EXIT_USAGE, "one rule is tested at a time; %s has %zu. Without a file those that are set are tested together", file.name,
                                  count_rules(&file));
        if (status == 0)
                status = check_rules(ctl, &file);
        if (status == 0)
                status = test(ctl, rule_at(&file, 0), node, &reply);
        return status != 0 ? status : print_results(ctl, reply);
}

static int test_stored(struct ctl *ctl, const char *name, const char *node) {
        _cleanup_json_ json_t *got = NULL, *reply = NULL;
        int status = name ? get_rule(ctl, name, &got) : 0;
        json_t *rule = json_object_get(got, "rule");

        if (status == 0 && json_get_bool(rule, "sensitive", false))
                status = ctl_fail(ctl, EXIT_REFUSED, "rule %s is sensitive, its values are told to nobody: test it from its file, or all rules together", name);
        if (status == 0)
                status = test(ctl, rule, node, &reply);
        return status != 0 ? status : print_results(ctl, reply);
}

int cmd_rule_test(struct ctl *ctl, const struct arguments *arguments) {
        const char *name = arguments_get(arguments, "rule"), *node = arguments_get(arguments, "node");

        if (arguments_count(arguments) == 0)
                return test_stored(ctl, name, node);
        if (name)
                return ctl_fail(ctl, EXIT_USAGE, "give a file or --rule, not both");
        return test_file(ctl, arguments_word(arguments, 0), node);
}
