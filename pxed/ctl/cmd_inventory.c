#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"

static int not_inspected(struct ctl *ctl, const char *node) {
        ctl_note(ctl, "%s was not inspected yet: 'pxectl node inspect %s', then power it on.", node, node);
        return 0;
}

int cmd_inventory_list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        const char *node = arguments_word(arguments, 0);
        int status = ctl_call(ctl, "org.pxed.Inventory.List", json_pack("{s:s}", "node", node), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, "inventories")) == 0)
                return not_inspected(ctl, node);
        else
                show_inventories(json_get_array(reply, "inventories"), &ctl->look, ctl->out);
        return 0;
}

static int get(struct ctl *ctl, const struct arguments *arguments, const char *method, json_t **ret) {
        _cleanup_json_ json_t *request = json_pack("{s:s}", "node", arguments_word(arguments, 0));
        int status = request_number(ctl, request, "number", arguments, "number", 1, INT64_MAX);
        return status != 0 ? status : ctl_call(ctl, method, TAKE_POINTER(request), ret);
}

/* The inventory says only the node's id, and of the newest what was chosen from it is the node's. */
static void add_of_node(struct ctl *ctl, json_t *inventory, bool newest) {
        _cleanup_json_ json_t *reply = NULL;
        _cleanup_free_ char *error = NULL;
        const char *id = json_get_string(inventory, "node");
        if (!id || ctl_try(ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", id), ctl_reply_timeout(ctl), &error, &reply) < 0 || error)
                return;
        const json_t *node = json_get_object(reply, "node");
        json_object_set(inventory, "name", json_object_get(node, "name"));
        if (newest)
                json_object_set(inventory, "rootDevice", json_object_get(node, "rootDevice"));
}

/* What the ramdisk posted is JSON, with or without --json; without, it stands alone. */
int cmd_inventory_raw(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = get(ctl, arguments, "org.pxed.Inventory.GetRaw", &reply);
        if (status == 0)
                ctl_print_json(ctl, ctl->json ? reply : json_get_object(reply, "raw"));
        return status;
}

int cmd_inventory_show(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        if (arguments_given(arguments, "raw"))
                return cmd_inventory_raw(ctl, arguments);
        int status = get(ctl, arguments, "org.pxed.Inventory.Get", &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0) {
                add_of_node(ctl, json_get_object(reply, "inventory"), !arguments_given(arguments, "number"));
                show_inventory(json_get_object(reply, "inventory"), &ctl->look, ctl->out);
        }
        return status;
}

int cmd_inventory_diff(struct ctl *ctl, const struct arguments *arguments) {
        static const char *const keys[] = { "from", "to" };
        _cleanup_json_ json_t *request = json_pack("{s:s}", "node", arguments_word(arguments, 0)), *reply = NULL;
        for (size_t i = 0; i < ELEMENTS(keys); i++) {
                const char *word = arguments_word(arguments, i + 1);
                int64_t number;
                if (word && parse_number(word, 1, INT64_MAX, &number) < 0)
                        return ctl_fail(ctl, EXIT_USAGE, "'%s' is no number of an inventory: 'pxectl inventory list %s' has them", word,
                                        arguments_word(arguments, 0));
                if (word)
                        json_object_set_new(request, keys[i], json_integer(number));
        }
        int status = ctl_call(ctl, "org.pxed.Inventory.Diff", TAKE_POINTER(request), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0)
                show_differences(reply, &ctl->look, ctl->out);
        return status;
}

static bool is_json(const char *text) {
        _cleanup_json_ json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
        return value;
}

/* What is no JSON is taken as a text: `--equals uefi`. */
static void add_equals(json_t *request, const char *text) {
        _cleanup_json_ json_t *as_text = json_string(text);
        _cleanup_free_ char *encoded = is_json(text) ? NULL : json_dumps(as_text, JSON_ENCODE_ANY);
        json_object_set_new(request, "equals", json_string(encoded ? encoded : text));
}

static void tell_no_match(struct ctl *ctl, const char *equals) {
        if (!equals)
                ctl_note(ctl, "No inventory has a value there.");
        else if (*equals != '"' && is_json(equals))
                ctl_note(ctl, "No inventory has that value there; as a text it would be --equals '\"%s\"'.", equals);
        else
                ctl_note(ctl, "No inventory has that value there.");
}

int cmd_inventory_query(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *request = json_pack("{s:s, s:i}", "pointer", arguments_word(arguments, 0), "limit", 500), *reply = NULL;
        const char *equals = arguments_get(arguments, "equals");
        if (equals)
                add_equals(request, equals);
        request_flag(request, "raw", arguments, "raw");
        int status = ctl_call_pages(ctl, "org.pxed.Inventory.Query", TAKE_POINTER(request), "matches", &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, "matches")) == 0)
                tell_no_match(ctl, equals);
        else
                show_matches(json_get_array(reply, "matches"), &ctl->look, ctl->out);
        return 0;
}
