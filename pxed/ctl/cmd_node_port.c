/* node set-port, node select-port */
#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

int cmd_node_set_port(struct ctl *ctl, const struct arguments *arguments) {
        static const struct {
                const char *option, *key;
        } texts[] = {
                { "physical-network", "physicalNetwork" }, { "expected-switch", "expectedChassis" }, { "expected-port", "expectedPort" },
                { "group", "portGroup" },                  { "attachment", "attachment" },
        };
        _cleanup_json_ json_t *request = NULL, *reply = NULL;
        const char *boots = arguments_get(arguments, "boots");
        bool any = boots != NULL;

        request = json_pack("{s:s, s:s}", "node", arguments_word(arguments, 0), "mac", arguments_word(arguments, 1));
        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                any = any || arguments_given(arguments, texts[i].option);
                request_text(request, texts[i].key, arguments, texts[i].option);
        }
        if (!any)
                return ctl_fail(ctl, EXIT_USAGE, "nothing to change: give --physical-network, --expected-switch, --expected-port, --group, "
                                                 "--attachment or --boots");
        if (boots && strcmp(boots, "yes") != 0 && strcmp(boots, "no") != 0)
                return ctl_fail(ctl, EXIT_USAGE, "--boots takes yes or no, not '%s'", boots);
        if (boots)
                json_object_set_new(request, "boots", json_boolean(strcmp(boots, "yes") == 0));
        int status = request_number(ctl, request, "ifRevision", arguments, "if-revision", 0, INT64_MAX);
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Node.SetPort", TAKE_POINTER(request), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        return status;
}

/* "PHYSNET" or "PHYSNET:VLAN". */
static int add_segment(struct ctl *ctl, json_t *segments, const char *text) {
        const char *colon = strchr(text, ':');
        int64_t vlan = 0;
        if (colon && parse_number(colon + 1, 1, 4094, &vlan) < 0)
                return ctl_fail(ctl, EXIT_USAGE, "--segment takes PHYSICAL-NETWORK or PHYSICAL-NETWORK:VLAN with a VLAN from 1 to 4094, not '%s'",
                                text);
        json_t *segment = json_pack("{s:s%}", "physicalNetwork", text, colon ? (size_t) (colon - text) : strlen(text));
        if (vlan > 0)
                json_object_set_new(segment, "vlan", json_integer(vlan));
        json_array_append_new(segments, segment);
        return 0;
}

int cmd_node_select_port(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "node", arguments_word(arguments, 0)), *reply = NULL;
        const char *text;
        int status = 0;

        request_array(request, "physicalNetworks", arguments, "physical-network");
        if (arguments_given(arguments, "segment"))
                json_object_set_new(request, "segments", json_array());
        for (size_t position = 0; status == 0 && (text = arguments_next(arguments, "segment", &position));)
                status = add_segment(ctl, json_get_array(request, "segments"), text);
        request_flag(request, "allowUnknown", arguments, "allow-unknown");
        if (status == 0)
                status = ctl_call(ctl, "org.pxed.Node.SelectPort", TAKE_POINTER(request), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                return show_selection(reply, &ctl->look, ctl->out) < 0 ? EXIT_REFUSED : 0;
        return 0;
}
