#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

int cmd_profile_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Profile.List", json_object(), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0)
                show_profiles(json_get_array(reply, "profiles"), &ctl->look, ctl->out);
        return status;
}

static int print_profile(struct ctl *ctl, const json_t *reply) {
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show_profile(json_get_object(reply, "profile"), &ctl->look, ctl->out);
        return 0;
}

int cmd_profile_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Profile.Get", json_pack("{s:s}", "name", arguments_word(arguments, 0)), &reply);
        return status != 0 ? status : print_profile(ctl, reply);
}

int cmd_profile_set(struct ctl *ctl, const struct arguments *arguments) {
        const char *kind = arguments_get(arguments, "kind");
        if (kind && strcmp(kind, "kernel") != 0 && strcmp(kind, "local") != 0 && strcmp(kind, "inspect") != 0)
                return ctl_fail(ctl, EXIT_USAGE, "--kind takes kernel, local or inspect, not '%s'", kind);
        _cleanup_json_ json_t *request = json_pack("{s:s, s:s}", "name", arguments_word(arguments, 0), "kind", "kernel"), *reply = NULL;
        request_text(request, "kind", arguments, "kind");
        request_text(request, "kernel", arguments, "kernel");
        request_text(request, "arguments", arguments, "arguments");
        request_text(request, "description", arguments, "description");
        request_array(request, "initrds", arguments, "initrd");
        int status = request_map(ctl, request, "parameters", arguments, "param");
        if (status == 0)
                status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Profile.Set", TAKE_POINTER(request), &reply);
        return status != 0 ? status : print_profile(ctl, reply);
}

int cmd_profile_delete(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "name", arguments_word(arguments, 0)), *reply = NULL;
        int status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Profile.Delete", TAKE_POINTER(request), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        return status;
}
