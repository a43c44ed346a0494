#include "lib/text.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

typedef int (*show_function)(const json_t *array, const struct look *look, FILE *out);

static int print(struct ctl *ctl, const json_t *reply, const char *key, show_function show, const char *none) {
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, key)) == 0)
                ctl_note(ctl, "%s", none);
        else
                show(json_get_array(reply, key), &ctl->look, ctl->out);
        return 0;
}

int cmd_network_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Network.List", json_object(), &reply);
        return status != 0 ? status
                           : print(ctl, reply, "networks", show_networks, "No networks: add a [network NAME] section to pxed.conf (see pxed.conf(5)), then 'pxectl reload'.");
}

int cmd_network_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        const char *name = arguments_word(arguments, 0);
        json_t *network;
        size_t i;
        int status = ctl_call(ctl, "org.pxed.Network.List", json_object(), &reply);
        if (status != 0)
                return status;
        json_array_foreach(json_get_array(reply, "networks"), i, network) {
                if (!text_equal(json_get_string(network, "name"), name))
                        continue;
                if (!ctl->json)
                        return show_network(network, &ctl->look, ctl->out) < 0 ? EXIT_REFUSED : 0;
                _cleanup_json_ json_t *document = json_pack("{s:O}", "network", network);
                ctl_print_json(ctl, document);
                return 0;
        }
        return ctl_fail(ctl, EXIT_NOT_FOUND, "there is no network '%s': 'pxectl network list' shows those there are", name);
}

int cmd_lease_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_object(), *reply = NULL;
        request_text(request, "network", arguments, "network");
        int status = ctl_call_pages(ctl, "org.pxed.Network.ListLeases", TAKE_POINTER(request), "leases", &reply);
        return status != 0 ? status : print(ctl, reply, "leases", show_leases, "No machine holds a lease.");
}

int cmd_sighting_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_object(), *reply = NULL;
        request_text(request, "network", arguments, "network");
        request_text(request, "mac", arguments, "mac");
        int status = ctl_call_pages(ctl, "org.pxed.Network.ListSightings", TAKE_POINTER(request), "sightings", &reply);
        show_function show = arguments_given(arguments, "mac") ? show_sightings_in_full : show_sightings;
        return status != 0 ? status : print(ctl, reply, "sightings", show, "Nothing was seen.");
}
