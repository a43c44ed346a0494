#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/field.h"

#define ASK_AGAIN (50 * USEC_PER_MSEC)

struct reapply {
        struct ctl *ctl;
        json_t *begun;    /* ids */
        json_t *finished; /* names */
        json_t *failed;   /* {"node", "error"} */
        json_t *skipped;  /* with --all: likewise */
        uint64_t deadline; /* monotonic; UINT64_MAX: none */
        int status;
};

static void reapply_clear(struct reapply *r) {
        json_decref(r->begun);
        json_decref(r->finished);
        json_decref(r->failed);
        json_decref(r->skipped);
}

static void add(json_t *list, const char *node, const char *error) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "node", node, "error", error ? error : "?"));
}

static bool ends_with(const char *error, const char *name) {
        const char *dot = strrchr(error, '.');
        return dot && strcmp(dot + 1, name) == 0;
}

/* One that cannot be is told, and the others go on. With --all it is as it is. */
static int begin(struct reapply *r, const char *node, bool all) {
        _cleanup_json_ json_t *reply = NULL;
        _cleanup_free_ char *error = NULL;
        int e = ctl_try(r->ctl, "org.pxed.Node.Reapply", json_pack("{s:s}", "node", node), ctl_reply_timeout(r->ctl), &error, &reply);
        if (e < 0) {
                _cleanup_free_ char *path = ctl_bus_socket(r->ctl);
                return ctl_fail_connection(r->ctl, e, path ? path : "?");
        }
        if (!error)
                json_array_append(r->begun, json_object_get(json_get_object(reply, "node"), "id"));
        else if (all && ends_with(error, "NotFound"))
                add(r->skipped, node, "no inventory is kept");
        else if (all && ends_with(error, "WrongState"))
                add(r->skipped, node, json_get_string(reply, "state"));
        else {
                int status = ctl_fail_error_of(r->ctl, node, error, reply);
                r->status = r->status ? r->status : status;
        }
        return 0;
}

static int begin_all(struct reapply *r) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call_pages(r->ctl, "org.pxed.Node.List", NULL, "nodes", &reply);
        json_t *node;
        size_t i;
        json_array_foreach(json_get_array(reply, "nodes"), i, node)
                if (status == 0)
                        status = begin(r, json_get_string(node, "id"), true);
        return status;
}

static void show_progress(const struct reapply *r, const char *end) {
        if (r->ctl->redraws && !r->ctl->json)
                fprintf(r->ctl->out, "\r%zu of %zu reapplied%s", json_array_size(r->finished) + json_array_size(r->failed),
                        json_array_size(r->begun), end);
        fflush(r->ctl->out);
}

/* Asks until it has ended. */
static int await(struct reapply *r, const char *id) {
        for (;;) {
                _cleanup_json_ json_t *reply = NULL;
                int status = ctl_call(r->ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", id), &reply);
                if (status != 0)
                        return status;
                const json_t *node = json_get_object(reply, "node"), *inspection = json_get_object(node, "inspection");
                const char *name = json_get_string(node, "name"), *state = json_get_string(inspection, "state");
                if (state && strcmp(state, "finished") == 0) {
                        json_array_append_new(r->finished, json_text(name));
                        return 0;
                }
                if (!state || strcmp(state, "reapplying") != 0) {
                        const char *error = json_get_string(inspection, "error");
                        add(r->failed, name ? name : id, error ? error : state);
                        return 0;
                }
                if (monotonic_us() >= r->deadline)
                        return ctl_fail(r->ctl, EXIT_TIMEOUT, "not in time: %s is still reapplied", name ? name : id);
                usleep(ASK_AGAIN);
        }
}

static void print(const struct reapply *r) {
        struct ctl *ctl = r->ctl;
        json_t *failed;
        size_t i;
        if (ctl->json) {
                _cleanup_json_ json_t *result = json_pack("{s:O, s:O, s:O}", "finished", r->finished, "failed", r->failed, "skipped", r->skipped);
                ctl_print_json(ctl, result);
                return;
        }
        fprintf(ctl->out, "%zu reapplied, %zu failed", json_array_size(r->finished), json_array_size(r->failed));
        if (json_array_size(r->skipped) > 0)
                fprintf(ctl->out, ", %zu without an inventory or in another inspection", json_array_size(r->skipped));
        fputc('\n', ctl->out);
        json_array_foreach(r->failed, i, failed) {
                field_put(ctl->out, json_get_string(failed, "node"));
                fputs(": ", ctl->out);
                field_put(ctl->out, json_get_string(failed, "error"));
                fputc('\n', ctl->out);
        }
}

int cmd_node_reapply(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_(reapply_clear) struct reapply r = {
                .ctl = ctl, .begun = json_array(), .finished = json_array(), .failed = json_array(), .skipped = json_array(),
                .deadline = ctl->timeout == UINT64_MAX ? UINT64_MAX : monotonic_us() + ctl->timeout,
        };
        bool all = arguments_given(arguments, "all");
        int status = 0;
        json_t *id;
        size_t i;

        if (all == (arguments_count(arguments) > 0))
                return ctl_fail(ctl, EXIT_USAGE, "name the nodes, or give --all");
        if (all)
                status = begin_all(&r);
        for (i = 0; status == 0 && i < arguments_count(arguments); i++)
                status = begin(&r, arguments_word(arguments, i), false);
        json_array_foreach(r.begun, i, id) {
                if (status == 0)
                        status = await(&r, json_string_value(id));
                show_progress(&r, "");
        }
        show_progress(&r, "\n");
        if (status != 0)
                return status;
        print(&r);
        return r.status ? r.status : json_array_size(r.failed) > 0 ? EXIT_REFUSED : 0;
}
