/* org.varlink.service: what a service tells about itself. */
#include <errno.h>
#include <string.h>

#include "lib/varlink_internal.h"

static int get_info(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct varlink_server *server = userdata;
        _cleanup_json_ json_t *interfaces = json_array();

        for (size_t i = 0; i < server->n_interfaces; i++)
                if (json_array_append_new(interfaces, json_string(idl_name(server->interfaces[i]))) < 0)
                        return -ENOMEM;
        return varlink_reply(call, json_pack("{s:s, s:s, s:s, s:s, s:O}", "vendor", "pxed", "product", server->options.product,
                                             "version", PXED_VERSION, "url", "", "interfaces", interfaces));
}

static int get_interface_description(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct varlink_server *server = userdata;
        const char *name = json_get_string(parameters, "interface");

        for (size_t i = 0; i < server->n_interfaces; i++)
                if (strcmp(idl_name(server->interfaces[i]), name) == 0)
                        return varlink_reply(call, json_pack("{s:s}", "description", idl_text(server->interfaces[i])));
        return varlink_error(call, "org.varlink.service.InterfaceNotFound", json_pack("{s:s}", "interface", name));
}

const struct varlink_method varlink_service_methods[] = {
        { "org.varlink.service.GetInfo", get_info, VARLINK_READ },
        { "org.varlink.service.GetInterfaceDescription", get_interface_description, VARLINK_READ },
        {},
};
