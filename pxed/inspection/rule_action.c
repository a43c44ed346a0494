/* Actions: a table of what there is, with the args that each takes, how it is prepared and what it does. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"
#include "lib/json_pointer.h"
#include "lib/text.h"
#include "pxed/inspection/rule_internal.h"

#define LIST_MAX 1024
#define MESSAGE_SIZE 384

struct operation {
        const char *name;
        struct rule_argument arguments[RULE_ARGUMENTS_MAX];
        int (*check)(const struct rule_reader *reader, struct rule_action *action);
        int (*run)(const struct rule_action *action, struct rule_run *run, char *reason, size_t size);
};

struct rule_action {
        const struct operation *operation;
        json_t *args;
        char *path; /* into the node; NULL: the operation has none */
        bool has_mac;
};

static int _printf_(3, 4) cancel(char *reason, size_t size, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(reason, size, format, arguments);
        va_end(arguments);
        return -ECANCELED;
}

/* How each is prepared. */

static int check_texts(const struct rule_reader *reader, const json_t *args) {
        char member[80], reason[200];
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) args, key, value)
                if (rule_references(value, reason, sizeof reason) < 0) {
                        snprintf(member, sizeof member, "args.%.64s", key);
                        return rule_refuse(reader, member, "%s", reason);
                }
        return 0;
}

static bool has_references(const json_t *value) {
        char ignored[8];

        return rule_references(value, ignored, sizeof ignored) > 0;
}

static int check_log(const struct rule_reader *reader, struct rule_action *action) {
        static const char *const levels[] = { "debug", "info", "warning", "error" };
        const char *level = json_get_string(action->args, "level");

        if (level && name_to_enum(levels, ELEMENTS(levels), level) < 0)
                return rule_refuse(reader, "args.level", "\"%.32s\" is none of debug, info, warning, error", level);
        return 0;
}

static int check_edit(const struct rule_reader *reader, struct rule_action *action, enum rule_edit edit) {
        const json_t *value = json_object_get(action->args, "value");
        const char *problem = rule_attribute_problem(action->path, edit);
        char why[NODE_REASON_SIZE];

        if (problem)
                return rule_refuse(reader, "args.path", "%s", problem);
        if (edit != EDIT_DELETE && !has_references(value))
                problem = rule_attribute_value_problem(action->path, edit, value, why);
        return problem ? rule_refuse(reader, "args.value", "%s", problem) : 0;
}

static int check_set(const struct rule_reader *reader, struct rule_action *action) {
        return check_edit(reader, action, EDIT_SET);
}

static int check_extend(const struct rule_reader *reader, struct rule_action *action) {
        return check_edit(reader, action, EDIT_EXTEND);
}

static int check_delete(const struct rule_reader *reader, struct rule_action *action) {
        return check_edit(reader, action, EDIT_DELETE);
}

/* Of an action with a name, the pointer to the capability that it is about. */
static int check_capability(const struct rule_reader *reader, struct rule_action *action) {
        _cleanup_json_ json_t *any = json_string("x");
        json_t *value = json_object_get(action->args, "value");
        char part[2 * 256 + 1], why[NODE_REASON_SIZE];
        const char *name = json_get_string(action->args, "name");

        if (strlen(name) < 256 && asprintf(&action->path, "/capabilities/%s", json_pointer_escape(name, part, sizeof part)) < 0) {
                action->path = NULL;
                return -ENOMEM;
        }
        const char *problem = action->path ? rule_attribute_problem(action->path, EDIT_SET) : "it has more than 255 bytes";
        if (!problem)
                problem = rule_attribute_value_problem(action->path, EDIT_SET, any, why);
        if (problem)
                return rule_refuse(reader, "args.name", "%s", problem);
        problem = value && !has_references(value) ? rule_attribute_value_problem(action->path, EDIT_SET, value, why) : NULL;
        return problem ? rule_refuse(reader, "args.value", "%s", problem) : 0;
}

static int check_trait(const struct rule_reader *reader, struct rule_action *action) {
        const json_t *name = json_object_get(action->args, "name");
        char why[NODE_REASON_SIZE];
        const char *problem = has_references(name) ? NULL : rule_attribute_value_problem("/traits", EDIT_EXTEND, name, why);

        if (problem)
                return rule_refuse(reader, "args.name", "%s", problem);
        action->path = strdup("/traits");
        return action->path ? 0 : -ENOMEM;
}

/* A place below /pluginData is bounded as one below /extra is. */
static int check_plugin_data(const struct rule_reader *reader, struct rule_action *action) {
        char below[JSON_POINTER_MAX + 16];

        snprintf(below, sizeof below, "/extra%s", action->path);
        const char *problem = action->path[0] != '/' ? "a pointer begins with '/'" : rule_attribute_problem(below, EDIT_SET);
        return problem ? rule_refuse(reader, "args.path", "%s", problem) : 0;
}

static int check_port(const struct rule_reader *reader, struct rule_action *action) {
        const json_t *value = json_object_get(action->args, "value"), *mac = json_object_get(action->args, "mac");
        const char *problem = rule_port_attribute_problem(action->path);
        char why[NODE_REASON_SIZE];
        struct mac ignored;

        if (problem)
                return rule_refuse(reader, "args.path", "%s", problem);
        action->has_mac = json_is_string(mac);
        if (action->has_mac && !has_references(mac) && mac_parse(json_string_value(mac), &ignored) < 0)
                return rule_refuse(reader, "args.mac", "\"%.64s\" is no MAC address", json_string_value(mac));
        if (!has_references(value))
                problem = rule_port_attribute_value_problem(action->path, value, why);
        return problem ? rule_refuse(reader, "args.value", "%s", problem) : 0;
}

/* What each does. */

/* The value of an argument, with what it refers to filled in, and taken from what the run may still set. */
static int fill(const struct rule_action *action, struct rule_run *run, const char *name, bool text, json_t **ret, char *reason, size_t size) {
        int r = rule_fill(run->document, json_object_get(action->args, name), text ? FILL_TEXT : FILL_VALUE, run->work, ret, reason, size);

        if (r < 0)
                return r == -ENOMEM ? r : -ECANCELED;
        size_t taken = rule_value_size(*ret, RULE_VALUE_MAX, RULE_VALUE_DEPTH);
        if (taken <= run->left) {
                run->left -= taken;
                return 0;
        }
        json_decref(*ret);
        *ret = NULL;
        if (taken == SIZE_MAX)
                return cancel(reason, size, "%s is larger than %d bytes, or deeper than %d levels", name, RULE_VALUE_MAX, RULE_VALUE_DEPTH);
        return cancel(reason, size, "the rules set more than %d bytes", RULE_RUN_MAX);
}

static int run_fail(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        if (run->sensitive)
                return cancel(reason, size, "it says why, but is sensitive");
        rule_fill_line(run->document, json_get_string(action->args, "message"), run->work, reason, size);
        return -ECANCELED;
}

static int run_log(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        const char *level = json_get_string(action->args, "level");
        char message[MESSAGE_SIZE] = "(what it says is sensitive)";

        if (json_array_size(run->outcome->logs) >= RULE_LOGS_MAX)
                return 0;
        if (!run->sensitive)
                rule_fill_line(run->document, json_get_string(action->args, "message"), run->work, message, sizeof message);
        json_t *line = json_pack("{s:s, s:s, s:s}", "rule", run->rule, "level", level ? level : "info", "message", message);
        return line && json_array_append_new(run->outcome->logs, line) == 0 ? 0 : -ENOMEM;
}

/* Puts a value (taken over) where a pointer says. */
static int put(json_t *document, const char *path, json_t *value, char *reason, size_t size) {
        int r = json_pointer_set(document, path, value);

        if (r == -ENOTDIR)
                return cancel(reason, size, "%.100s cannot be set: what is there has no members", path);
        if (r == -ENOENT)
                return cancel(reason, size, "%.100s cannot be set: the list is not so long", path);
        return r == 0 || r == -ENOMEM ? r : cancel(reason, size, "%.100s cannot be set", path);
}

static int run_set(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        char why[NODE_REASON_SIZE];
        json_t *value = NULL;
        int r = fill(action, run, "value", rule_attribute_is_text(action->path), &value, reason, size);

        if (r < 0)
                return r;
        const char *problem = rule_attribute_value_problem(action->path, EDIT_SET, value, why);
        if (problem) {
                json_decref(value);
                return cancel(reason, size, "%.100s: %s", action->path, problem);
        }
        return put(run->outcome->node, action->path, value, reason, size);
}

static bool has_member(const json_t *list, const json_t *value) {
        const json_t *other;
        size_t i;

        json_array_foreach((json_t *) list, i, other)
                if (json_equal((json_t *) other, (json_t *) value))
                        return true;
        return false;
}

/* `value` is taken over. */
static int extend(const struct rule_action *action, struct rule_run *run, json_t *value, bool unique, char *reason, size_t size) {
        _cleanup_json_ json_t *added = value;
        json_t *list = json_pointer_get(run->outcome->node, action->path);
        char why[NODE_REASON_SIZE];
        const char *problem = rule_attribute_value_problem(action->path, EDIT_EXTEND, value, why);

        if (problem)
                return cancel(reason, size, "%.100s: %s", action->path, problem);
        if (!list || json_is_null(list))
                return put(run->outcome->node, action->path, json_pack("[O]", added), reason, size);
        if (!json_is_array(list))
                return cancel(reason, size, "%.100s cannot be extended: it is no list", action->path);
        if (unique && has_member(list, added))
                return 0;
        if (json_array_size(list) >= LIST_MAX)
                return cancel(reason, size, "%.100s has %zu members already", action->path, json_array_size(list));
        if (json_array_append(list, added) < 0)
                return -ENOMEM;
        problem = rule_attribute_value_problem(action->path, EDIT_SET, list, why);
        return problem ? cancel(reason, size, "%.100s: %s", action->path, problem) : 0;
}

static int run_extend(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        bool is_words = rule_attribute_is_text(action->path);
        json_t *value = NULL;
        int r = fill(action, run, "value", is_words, &value, reason, size);

        return r < 0 ? r : extend(action, run, value, is_words || json_get_bool(action->args, "unique", false), reason, size);
}

static int run_delete(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        json_t *empty = rule_attribute_empty(action->path);

        if (empty)
                return put(run->outcome->node, action->path, empty, reason, size);
        return json_pointer_delete(run->outcome->node, action->path) == -ENOMEM ? -ENOMEM : 0;
}

static int run_add_trait(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        json_t *value = NULL;
        int r = fill(action, run, "name", true, &value, reason, size);

        return r < 0 ? r : extend(action, run, value, true, reason, size);
}

static int run_remove_trait(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        _cleanup_json_ json_t *value = NULL;
        json_t *list = json_pointer_get(run->outcome->node, action->path);
        int r = fill(action, run, "name", true, &value, reason, size);

        for (size_t i = json_array_size(list); r == 0 && i-- > 0;)
                if (json_equal(json_array_get(list, i), value))
                        r = json_array_remove(list, i) < 0 ? -ENOMEM : 0;
        return r;
}

static int run_plugin_data(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        json_t *value = NULL;
        int r = fill(action, run, "value", false, &value, reason, size);

        return r < 0 ? r : put(run->outcome->plugin_data, action->path, value, reason, size);
}

static int run_port(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        _cleanup_json_ json_t *value = NULL, *mac_value = NULL;
        json_t *port;
        size_t i, found = 0;
        struct mac mac, other;
        const char *text = NULL;
        char why[NODE_REASON_SIZE];

        int r = fill(action, run, "value", rule_port_attribute_is_text(action->path), &value, reason, size);
        if (r == 0 && action->has_mac)
                r = fill(action, run, "mac", true, &mac_value, reason, size);
        if (r < 0)
                return r;
        const char *problem = rule_port_attribute_value_problem(action->path, value, why);
        if (problem)
                return cancel(reason, size, "%s of a port: %s", action->path, problem);
        if (action->has_mac && (!(text = json_string_value(mac_value)) || mac_parse(text, &mac) < 0))
                return cancel(reason, size, "\"%.64s\" is no MAC address", text ? text : "mac");
        json_array_foreach(json_get_array(run->outcome->node, "ports"), i, port) {
                const char *of_port = json_get_string(port, "mac");
                if (action->has_mac && (!of_port || mac_parse(of_port, &other) < 0 || mac_to_u64(&other) != mac_to_u64(&mac)))
                        continue;
                if (json_object_set(port, action->path + 1, value) < 0)
                        return -ENOMEM;
                found++;
        }
        return found > 0 || !action->has_mac ? 0 : cancel(reason, size, "the node has no port %.64s", text);
}

#define PATH { "path", ARGUMENT_TEXT, false }
#define VALUE { "value", ARGUMENT_ANY, false }
#define MESSAGE { "message", ARGUMENT_TEXT, false }
#define NAME { "name", ARGUMENT_TEXT, false }

static const struct operation operations[] = {
        { "fail", { MESSAGE }, NULL, run_fail },
        { "log", { MESSAGE, { "level", ARGUMENT_TEXT, true } }, check_log, run_log },
        { "set-attribute", { PATH, VALUE }, check_set, run_set },
        { "extend-attribute", { PATH, VALUE, { "unique", ARGUMENT_BOOL, true } }, check_extend, run_extend },
        { "delete-attribute", { PATH }, check_delete, run_delete },
        { "set-capability", { NAME, { "value", ARGUMENT_TEXT, false } }, check_capability, run_set },
        { "unset-capability", { NAME }, check_capability, run_delete },
        { "add-trait", { NAME }, check_trait, run_add_trait },
        { "remove-trait", { NAME }, check_trait, run_remove_trait },
        { "set-plugin-data", { PATH, VALUE }, check_plugin_data, run_plugin_data },
        { "set-port-attribute", { PATH, VALUE, { "mac", ARGUMENT_TEXT, true } }, check_port, run_port },
};

static const struct operation *find(const char *name) {
        for (size_t i = 0; i < ELEMENTS(operations); i++)
                if (strcmp(operations[i].name, name) == 0)
                        return &operations[i];
        return NULL;
}

static int read_action(const struct rule_reader *reader, const json_t *json, struct rule_action *action) {
        const char *op = json_get_string(json, "op");
        const json_t *args = json_get_object(json, "args");

        action->operation = find(op);
        if (!action->operation)
                return rule_refuse(reader, "op",
                                   "\"%.32s\" is none of fail, log, set-attribute, extend-attribute, delete-attribute, set-capability, "
                                   "unset-capability, add-trait, remove-trait, set-plugin-data, set-port-attribute",
                                   op);
        int r = rule_check_arguments(reader, op, args, action->operation->arguments);
        if (r == 0)
                r = check_texts(reader, args);
        if (r < 0)
                return r;
        action->args = json_incref((json_t *) args);
        const char *path = json_get_string(args, "path");
        if (path && text_set(&action->path, path) < 0)
                return -ENOMEM;
        return action->operation->check ? action->operation->check(reader, action) : 0;
}

int rule_action_parse(const struct rule_reader *reader, const json_t *json, struct rule_action **ret) {
        struct rule_action *action = calloc(1, sizeof *action);
        int r = action ? read_action(reader, json, action) : -ENOMEM;

        if (r < 0)
                rule_action_free(action);
        else
                *ret = action;
        return r;
}

struct rule_action *rule_action_free(struct rule_action *action) {
        if (!action)
                return NULL;
        json_decref(action->args);
        free(action->path);
        free(action);
        return NULL;
}

int rule_action_run(const struct rule_action *action, struct rule_run *run, char *reason, size_t size) {
        return action->operation->run(action, run, reason, size);
}

bool rule_action_fails(const struct rule_action *action) {
        return action->operation->run == run_fail;
}
