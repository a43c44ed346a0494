/* node set: tags and labels one by one, where the bus knows only the whole lists. */
#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"

/* Somebody else changed the node between reading and writing: read again. */
#define ATTEMPTS 5

static void remove_text(json_t *array, const char *text) {
        for (size_t i = json_array_size(array); i > 0; i--)
                if (strcmp(json_string_value(json_array_get(array, i - 1)), text) == 0)
                        json_array_remove(array, i - 1);
}

static json_t *changed_tags(const json_t *node, const struct arguments *arguments) {
        json_t *tags = json_get_array(node, "tags") ? json_copy(json_get_array(node, "tags")) : json_array();
        const char *tag;
        for (size_t position = 0; (tag = arguments_next(arguments, "untag", &position));)
                remove_text(tags, tag);
        for (size_t position = 0; (tag = arguments_next(arguments, "tag", &position));) {
                remove_text(tags, tag);
                json_array_append_new(tags, json_string(tag));
        }
        return tags;
}

static int changed_labels(struct ctl *ctl, const json_t *node, const struct arguments *arguments, json_t *request) {
        _cleanup_json_ json_t *labels = json_get_object(node, "labels") ? json_copy(json_get_object(node, "labels")) : json_object();
        int status = request_map(ctl, request, "labels", arguments, "label");
        if (status != 0)
                return status;
        const char *key;
        for (size_t position = 0; (key = arguments_next(arguments, "unlabel", &position));)
                json_object_del(labels, key);
        if (json_get_object(request, "labels"))
                json_object_update(labels, json_get_object(request, "labels"));
        json_object_set(request, "labels", labels);
        return 0;
}

/* The Update that makes the node what the options want, on the condition that it still is what was read. */
static int build(struct ctl *ctl, const json_t *node, const struct arguments *arguments, json_t **ret) {
        _cleanup_json_ json_t *request = json_pack("{s:s, s:I}", "node", json_get_string(node, "id"), "ifRevision", json_get_int(node, "revision", 0));
        int status = 0;
        request_text(request, "name", arguments, "name");
        if (arguments_given(arguments, "tag") || arguments_given(arguments, "untag"))
                json_object_set_new(request, "tags", changed_tags(node, arguments));
        if (arguments_given(arguments, "label") || arguments_given(arguments, "unlabel"))
                status = changed_labels(ctl, node, arguments, request);
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
        static const char *const changes[] = { "name", "tag", "untag", "label", "unlabel" };
        bool any = false;
        for (size_t i = 0; i < ELEMENTS(changes); i++)
                any = any || arguments_given(arguments, changes[i]);
        if (!any)
                return ctl_fail(ctl, EXIT_USAGE, "nothing to change: give --name, --tag, --untag, --label or --unlabel");

        /* What is wrong with the options is said before anybody is asked. */
        _cleanup_json_ json_t *checked = json_object();
        int wrong = request_map(ctl, checked, "labels", arguments, "label");
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
