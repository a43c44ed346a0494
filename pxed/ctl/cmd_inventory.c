#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

int cmd_inventory_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        const char *node = arguments_word(arguments, 0);
        int status = ctl_call(ctl, "org.pxed.Inventory.List", json_pack("{s:s}", "node", node), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, "inventories")) == 0)
                ctl_note(ctl, "%s was not inspected yet: 'pxectl node inspect %s', then power it on.", node, node);
        else
                show_inventories(json_get_array(reply, "inventories"), &ctl->look, ctl->out);
        return 0;
}

static int get(struct ctl *ctl, const struct arguments *arguments, const char *method, json_t **ret) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "node", arguments_word(arguments, 0));
        int status = request_number(ctl, request, "number", arguments, "number", 1, INT64_MAX);
        return status != 0 ? status : ctl_call(ctl, method, TAKE_POINTER(request), ret);
}

/* The inventory says only the node's id. */
static void add_name(struct ctl *ctl, json_t *inventory) {
        _cleanup_json_ json_t *reply = NULL;
        _cleanup_free_ char *error = NULL;
        const char *id = json_get_string(inventory, "node");
        if (id && ctl_try(ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", id), ctl_reply_timeout(ctl), &error, &reply) >= 0 && !error)
                json_object_set(inventory, "name", json_object_get(json_get_object(reply, "node"), "name"));
}

int cmd_inventory_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = get(ctl, arguments, "org.pxed.Inventory.Get", &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0) {
                add_name(ctl, json_get_object(reply, "inventory"));
                show_inventory(json_get_object(reply, "inventory"), &ctl->look, ctl->out);
        }
        return status;
}

/* What the ramdisk posted is JSON, with or without --json; without, it stands alone. */
int cmd_inventory_raw(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = get(ctl, arguments, "org.pxed.Inventory.GetRaw", &reply);
        if (status == 0)
                ctl_print_json(ctl, ctl->json ? reply : json_get_object(reply, "raw"));
        return status;
}
