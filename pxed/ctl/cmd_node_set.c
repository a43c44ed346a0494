/* node set: members of lists and objects one by one, where the bus knows only the whole. */
#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"

/* Somebody else changed the node between reading and writing: read again. */
#define ATTEMPTS 5

/* Lists, one value at a time. */
static const struct {
        const char *key, *add, *remove;
} lists[] = {
        { "tags", "tag", "untag" },
        { "traits", "trait", "untrait" },
};

/* Members of objects, one at a time. */
static const struct {
        const char *key, *set, *unset;
        bool any; /* a value may be anything, not only a text */
} maps[] = {
        { "labels", "label", "unlabel", false },
        { "properties", "property", "unproperty", true },
        { "capabilities", "capability", "uncapability", false },
        { "extra", "extra", "unextra", true },
        { "rootDeviceHints", "root-device-hint", "unroot-device-hint", false },
};

static void remove_text(json_t *array, const char *text) {
        for (size_t i = json_array_size(array); i > 0; i--)
                if (strcmp(json_string_value(json_array_get(array, i - 1)), text) == 0)
                        json_array_remove(array, i - 1);
}

static void change_list(const json_t *node, size_t which, const struct arguments *arguments, json_t *request) {
        const json_t *before = json_get_array(node, lists[which].key);
        json_t *list = before ? json_copy((json_t *) before) : json_array();
        const char *text;
        for (size_t position = 0; (text = arguments_next(arguments, lists[which].remove, &position));)
                remove_text(list, text);
        for (size_t position = 0; (text = arguments_next(arguments, lists[which].add, &position));) {
                remove_text(list, text);
                json_array_append_new(list, json_string(text));
        }
        json_object_set_new(request, lists[which].key, list);
}

/* What is JSON by itself is taken as such: 5, true, null, {"a": 1}, "5". */
static json_t *read_value(const char *text) {
        json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        return value ? value : json_string(text);
}

static int change_map(struct ctl *ctl, const json_t *node, size_t which, const struct arguments *arguments, json_t *request) {
        const json_t *before = json_get_object(node, maps[which].key);
        _cleanup_json_ json_t *map = before ? json_copy((json_t *) before) : json_object();
        const char *name;
        json_t *text;
        int status = request_map(ctl, request, maps[which].key, arguments, maps[which].set);
        if (status != 0)
                return status;
        for (size_t position = 0; (name = arguments_next(arguments, maps[which].unset, &position));)
                json_object_del(map, name);
        json_object_foreach(json_get_object(request, maps[which].key), name, text)
                json_object_set_new(map, name, maps[which].any ? read_value(json_string_value(text)) : json_incref(text));
        json_object_set(request, maps[which].key, map);
        return 0;
}

/* The Update that makes the node what the options want, on the condition that it still is what was read. */
static int build(struct ctl *ctl, const json_t *node, const struct arguments *arguments, json_t **ret) {
        _cleanup_json_ json_t *request = json_pack("{s:s, s:I}", "node", json_get_string(node, "id"), "ifRevision", json_get_int(node, "revision", 0));
        int status = 0;
        request_text(request, "name", arguments, "name");
        for (size_t i = 0; i < ELEMENTS(lists); i++)
                if (arguments_given(arguments, lists[i].add) || arguments_given(arguments, lists[i].remove))
                        change_list(node, i, arguments, request);
        for (size_t i = 0; status == 0 && i < ELEMENTS(maps); i++)
                if (arguments_given(arguments, maps[i].set) || arguments_given(arguments, maps[i].unset))
                        status = change_map(ctl, node, i, arguments, request);
        if (status == 0)
                status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                *ret = TAKE_POINTER(request);
        return status;
}

/* 0, an exit status, or -1: read again. */
static int attempt(struct ctl *ctl, const struct arguments *arguments, bool last) {
        _cleanup_json_ json_t *got = NULL, *request = NULL, *reply = NULL;
        _cleanup_free_ char *error = NULL;
        int status = ctl_call(ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", arguments_word(arguments, 0)), &got);
        if (status == 0)
                status = build(ctl, json_get_object(got, "node"), arguments, &request);
        if (status != 0)
                return status;

        int r = ctl_try(ctl, "org.pxed.Node.Update", TAKE_POINTER(request), ctl_reply_timeout(ctl), &error, &reply);
        if (r < 0) {
                _cleanup_free_ char *path = ctl_bus_socket(ctl);
                return ctl_fail_connection(ctl, r, path ? path : "?");
        }
        if (error && !last && strcmp(error, "org.pxed.Node.Conflict") == 0)
                return -1;
        if (error)
                return ctl_fail_error(ctl, error, reply);
        if (ctl->json)
                ctl_print_json(ctl, reply);
        return 0;
}

int cmd_node_set(struct ctl *ctl, const struct arguments *arguments) {
        bool any = arguments_given(arguments, "name");
        for (size_t i = 0; i < ELEMENTS(lists); i++)
                any = any || arguments_given(arguments, lists[i].add) || arguments_given(arguments, lists[i].remove);
        for (size_t i = 0; i < ELEMENTS(maps); i++)
                any = any || arguments_given(arguments, maps[i].set) || arguments_given(arguments, maps[i].unset);
        if (!any)
                return ctl_fail(ctl, EXIT_USAGE, "nothing to change: give --name, --tag, --label, --property, --capability, --trait, --extra, "
                                                 "--root-device-hint, or one of them with un before its name");

        /* What is wrong with the options is said before anybody is asked. */
        _cleanup_json_ json_t *checked = json_object();
        int wrong = 0;
        for (size_t i = 0; wrong == 0 && i < ELEMENTS(maps); i++)
                wrong = request_map(ctl, checked, maps[i].key, arguments, maps[i].set);
        if (wrong == 0)
                wrong = request_number(ctl, checked, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (wrong != 0)
                return wrong;

        /* With --if-revision the caller wants to hear of the conflict. */
        bool once = arguments_given(arguments, "if-revision");
        for (int i = 1;; i++) {
                int status = attempt(ctl, arguments, once || i == ATTEMPTS);
                if (status >= 0)
                        return status;
        }
}
