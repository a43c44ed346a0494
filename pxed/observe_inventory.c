/* Inventories as workers report them: checked, and handed from one who knows to the next. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/idl.h"
#include "lib/json.h"
#include "pxed/flight.h"
#include "pxed/inspection/difference.h"
#include "pxed/inspection_change.h"
#include "pxed/inventory_keep.h"
#include "pxed/inventory_owner.h"
#include "pxed/observe.h"
#include "pxed/port_review.h"
#include "pxed/process.h"

/* What is stored has to be good for the reply that will tell it. */
static int check_normalized(struct observe *o, const json_t *normalized) {
        const struct idl *idl = idl_find("org.pxed.Inventory");
        const struct idl_method *get = idl ? idl_method(idl, "Get") : NULL;
        char path[96] = "", field[128];
        _cleanup_json_ json_t *whole = json_copy((json_t *) normalized);
        _cleanup_json_ json_t *reply = json_object();

        if (!get || !whole || !reply)
                return -ENOMEM;
        json_object_set_new(whole, "node", json_string(""));
        json_object_set_new(whole, "number", json_integer(1));
        json_object_set_new(whole, "received", json_integer(1));
        json_object_set(reply, "inventory", whole);
        if (idl_check(idl, get->out, reply, path, sizeof path) == 0)
                return 0;
        snprintf(field, sizeof field, "inventory.normalized (%.90s)", path);
        return observe_refuse(o, field, "is not as org.pxed.Inventory says");
}

/* `failure`: of a ramdisk that said itself that it failed; NULL: it did its work, whatever hooks and rules make of that. */
static int tell_boot(struct observe *o, const struct node *node, const struct mac *mac, uint64_t time, const char *failure) {
        struct boot_step step = { .time = time, .kind = STEP_INVENTORY, .architecture = -1, .bytes = -1, .total = -1 };
        if (failure)
                return flight_failed(o->state, o->change, mac, node, failure, time);
        return flight_step(o->state, o->change, mac, NULL, node, &step);
}

/* The inventory that this one is compared with. One that cannot be read (Get says why) is as none. */
static int read_previous(struct observe *o, const struct node *node, struct kept_inventory *ret) {
        int r = node->last_inventory > 1 ? inventory_read_before(o->state->store, &node->id, node->last_inventory, true, ret) : 0;
        return r == -ENOMEM ? r : 0;
}

/* It is told before what became of it, also where the step that tells it comes later. */
static int receive(struct observe *o, struct node *node, const struct process_input *in) {
        const struct inspection_input input = { .event = INSPECTION_RECEIVED, .time = in->time, .now = change_now(o->change) };
        return inspection_advance(o->change, node, &input, &in->mac);
}

/* It had left the ramdisk before that was told that its inspection was taken back. Whoever wants it after all reapplies it. */
static int refuse(struct observe *o, struct node *node, const struct mac *mac, json_t **ret_plugin_data, char **ret_failure) {
        *ret_plugin_data = json_object();
        *ret_failure = strdup("the inspection was taken back before it came");
        if (!*ret_plugin_data || !*ret_failure) {
                node_free(node);
                return -ENOMEM;
        }
        int r = change_event(o->change, "node.inventory-refused", node, mac, NULL, NULL,
                             "An inventory of %s has come after its inspection was taken back: it is stored and not taken over", node->name);
        if (r < 0)
                node_free(node);
        return r < 0 ? r : change_put_node(o->change, node, true);
}

/* What is not as it was when an inventory was taken over before: of the machine and its cables, not what comes and goes. */
static int tell_hardware(struct observe *o, const struct node *node, const struct process_input *in) {
        _cleanup_json_ json_t *differences = json_array();
        char words[EVENT_MESSAGE_SIZE - 100];

        if (!in->previous)
                return 0;
        int r = inventory_difference(in->previous, in->normalized, differences);
        if (r < 0 || inventory_difference_words(differences, words, sizeof words) == 0)
                return r;
        return change_event(o->change, "node.hardware-changed", node, &in->mac, NULL, NULL, "The hardware of %s has changed: %s", node->name, words);
}

int observe_inventory(struct observe *o, uint64_t time, const json_t *json) {
        struct process_input in = {
                .time = time,
                .normalized = json_get_object(json, "normalized"),
                .raw = json_get_object(json, "raw"),
                .failure = json_get_string(json, "failure"),
        };
        const char *post = json_get_string(json, "post");
        _cleanup_kept_ struct kept_inventory previous = {};
        _cleanup_json_ json_t *plugin_data = NULL;
        _cleanup_free_ char *failure = NULL;
        struct node *node;

        int r = observe_mac(o, json, "inventory", &in.mac);
        if (r == 0 && (!post || !*post || strlen(post) > 128))
                r = observe_refuse(o, "inventory.post", "has to be 1 to 128 bytes");
        if (r == 0)
                r = check_normalized(o, in.normalized);
        if (r == 0)
                r = store_has_post(o->state->store, post);
        if (r != 0)
                return r < 0 ? r : 0; /* stored already */

        junk_clear(&o->state->settings->junk, (json_t *) in.normalized);
        r = inventory_find_owner(o, &in.mac, json, &node);
        if (r < 0 || !node)
                return r;
        in.number = ++node->last_inventory;
        struct uuid id = node->id;
        r = receive(o, node, &in);
        if (r >= 0)
                r = read_previous(o, node, &previous);
        if (r < 0) {
                node_free(node);
                return r;
        }
        in.previous = previous.inventory;
        r = inspection_refuses(&node->inspection) ? refuse(o, node, &in.mac, &plugin_data, &failure)
                                                  : process_inventory(o->state, o->change, node, &in, &plugin_data, &failure);
        if (r < 0)
                return r;
        node = registry_by_id(&o->state->nodes, &id);
        r = inventory_keep(o->state, o->change, node, time, json, plugin_data, failure);
        if (r == 0 && !failure)
                r = tell_hardware(o, node, &in);
        if (r == 0)
                r = tell_boot(o, node, &in.mac, time, in.failure && !inspection_refuses(&node->inspection) ? failure : NULL);
        return r < 0 ? r : port_review(o->state, o->change, node, NULL);
}
