#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

/* Seconds that the bus waits for the workers, and the most it may be asked to. */
#define WAIT_DEFAULT 10
#define WAIT_MOST 60

/* With --wait it is pxed that keeps the time and says what was not applied: the client waits a little longer than that. */
static int add_wait(struct ctl *ctl, const struct arguments *arguments, json_t *request) {
        if (!arguments_given(arguments, "wait"))
                return 0;
        uint64_t seconds = ctl->timeout == UINT64_MAX ? WAIT_DEFAULT : (ctl->timeout + USEC_PER_SEC - 1) / USEC_PER_SEC;
        if (seconds < 1 || seconds > WAIT_MOST)
                return ctl_fail(ctl, EXIT_USAGE, "--wait can wait from 1 to %d seconds (--timeout)", WAIT_MOST);
        json_object_set_new(request, "wait", json_true());
        json_object_set_new(request, "timeout", json_integer((json_int_t) seconds));
        ctl->timeout = (seconds + 10) * USEC_PER_SEC;
        return 0;
}

typedef void show_result(const json_t *node, const struct look *look, FILE *out);

/* The part that set-boot, clear-boot, inspect and abort share. Takes over `request`. */
static int change(struct ctl *ctl, const struct arguments *arguments, const char *method, json_t *request, show_result *show) {
        _cleanup_json_ json_t *taken = request, *reply = NULL;
        json_object_set_new(taken, "node", json_string(arguments_word(arguments, 0)));
        int status = request_number(ctl, taken, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                status = add_wait(ctl, arguments, taken);
        if (status == 0)
                status = ctl_call(ctl, method, TAKE_POINTER(taken), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show(json_get_object(reply, "node"), &ctl->look, ctl->out);
        return 0;
}

int cmd_node_set_boot(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "profile", arguments_word(arguments, 1));
        request_flag(request, "once", arguments, "once");
        int status = request_map(ctl, request, "parameters", arguments, "param");
        return status != 0 ? status : change(ctl, arguments, "org.pxed.Node.SetBoot", TAKE_POINTER(request), show_node_result);
}

int cmd_node_clear_boot(struct ctl *ctl, const struct arguments *arguments) {
        return change(ctl, arguments, "org.pxed.Node.ClearBoot", json_object(), show_node_result);
}

int cmd_node_inspect(struct ctl *ctl, const struct arguments *arguments) {
        return change(ctl, arguments, "org.pxed.Node.Inspect", json_object(), show_node_result);
}

int cmd_node_abort(struct ctl *ctl, const struct arguments *arguments) {
        return change(ctl, arguments, "org.pxed.Node.AbortInspection", json_object(), show_inspection_result);
}
