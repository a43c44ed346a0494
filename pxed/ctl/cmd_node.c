#include "lib/address.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

int cmd_node_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call_pages(ctl, "org.pxed.Node.List", NULL, "nodes", &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, "nodes")) == 0)
                ctl_note(ctl, "No nodes yet: they come by themselves when machines are inspected, or with 'pxectl node create'.");
        else
                return show_nodes(json_get_array(reply, "nodes"), &ctl->look, ctl->out) < 0 ? EXIT_REFUSED : 0;
        return 0;
}

static int print_node(struct ctl *ctl, const json_t *reply) {
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show_node(json_get_object(reply, "node"), &ctl->look, ctl->out);
        return 0;
}

int cmd_node_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", arguments_word(arguments, 0)), &reply);
        return status != 0 ? status : print_node(ctl, reply);
}

int cmd_node_agent(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Node.GetAgent", json_pack("{s:s}", "node", arguments_word(arguments, 0)), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show_agent(reply, &ctl->look, ctl->out);
        return 0;
}

int cmd_node_create(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_object(), *reply = NULL;
        if (arguments_count(arguments) > 0)
                json_object_set_new(request, "name", json_string(arguments_word(arguments, 0)));
        if (!arguments_given(arguments, "mac") && !arguments_given(arguments, "uuid"))
                return ctl_fail(ctl, EXIT_USAGE, "a node needs something to be known by: give --mac or --uuid");
        request_array(request, "macs", arguments, "mac");
        request_text(request, "uuid", arguments, "uuid");
        request_array(request, "tags", arguments, "tag");
        int status = request_map(ctl, request, "labels", arguments, "label");
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Node.Create", TAKE_POINTER(request), &reply);
        return status != 0 ? status : print_node(ctl, reply);
}

int cmd_node_rename(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = NULL, *reply = NULL;
        request = json_pack("{s:s, s:s}", "node", arguments_word(arguments, 0), "name", arguments_word(arguments, 1));
        int status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Node.Update", TAKE_POINTER(request), &reply);
        return status != 0 ? status : print_node(ctl, reply);
}

int cmd_node_delete(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "node", arguments_word(arguments, 0)), *reply = NULL;
        int status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Node.Delete", TAKE_POINTER(request), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        return status;
}

/* The port that boots, or the first. */
static const json_t *boot_port(const json_t *node) {
        const json_t *ports = json_get_array(node, "ports");
        size_t i;
        json_t *port;
        json_array_foreach(ports, i, port)
                if (json_get_bool(port, "boots", false))
                        return port;
        return json_array_get(ports, 0);
}

/* Asks as the node's machine would: by the MAC it boots with, its UUID, and the network where it was seen. */
static int describe_machine(struct ctl *ctl, const char *reference, json_t *request) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", reference), &reply);
        if (status != 0)
                return status;
        const json_t *node = json_get_object(reply, "node"), *port = boot_port(node);
        const char *mac = json_get_string(port, "mac"), *network = json_get_string(port, "network"), *uuid = json_get_string(node, "uuid");
        if (mac)
                json_object_set_new(request, "mac", json_string(mac));
        if (uuid)
                json_object_set_new(request, "uuid", json_string(uuid));
        if (network)
                json_object_set_new(request, "network", json_string(network));
        return 0;
}

int cmd_node_explain(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_object(), *reply = NULL;
        const char *reference = arguments_word(arguments, 0);
        struct mac mac;
        int status = 0;
        if (!reference && !arguments_given(arguments, "mac") && !arguments_given(arguments, "uuid"))
                return ctl_fail(ctl, EXIT_USAGE, "which machine? Give a node, a MAC, or --uuid");
        /* A MAC need not be a node's: what an unknown machine would boot is asked as often. */
        if (reference && mac_parse(reference, &mac) >= 0)
                json_object_set_new(request, "mac", json_string(reference));
        else if (reference)
                status = describe_machine(ctl, reference, request);
        if (status != 0)
                return status;
        request_text(request, "mac", arguments, "mac");
        request_text(request, "uuid", arguments, "uuid");
        request_text(request, "network", arguments, "network");

        status = ctl_call(ctl, "org.pxed.Node.Explain", TAKE_POINTER(request), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0)
                show_explanation(reply, &ctl->look, ctl->out);
        return status;
}
