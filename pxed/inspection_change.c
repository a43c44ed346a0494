#include "pxed/inspection_change.h"

#include <errno.h>

int inspection_tell_failure(struct change *c, const struct node *node, const struct mac *mac, const char *reason) {
        return change_event(c, "node.inspection-failed", node, mac, NULL, NULL, "The inspection of %s failed: %s", node->name, reason);
}

static int tell_error(struct change *c, const struct node *node, const struct mac *mac) {
        const struct inspection *i = &node->inspection;
        if (!inspection_refuses(i))
                return inspection_tell_failure(c, node, mac, i->error);
        return change_event(c, "node.inspection-aborted", node, mac, NULL, NULL, "The inspection of %s was %s", node->name, i->error);
}

static int tell(struct change *c, const struct node *node, const struct mac *mac) {
        const char *name = node->name;
        switch (node->inspection.state) {
        case INSPECTION_WAITING:
                return node->inspection.served == 0
                               ? change_event(c, "node.inspection-waiting", node, mac, NULL, NULL, "%s is to be inspected at its next boot", name)
                               : change_event(c, "node.inspection-waiting", node, mac, NULL, NULL,
                                              "%s was given the inspection ramdisk: its inventory is waited for", name);
        case INSPECTION_PROCESSING:
                return change_event(c, "node.inspection-processing", node, mac, NULL, NULL, "The inventory of %s has come", name);
        case INSPECTION_REAPPLYING:
                return change_event(c, "node.inspection-reapplying", node, mac, NULL, NULL,
                                    "The newest inventory of %s goes through hooks and rules again", name);
        case INSPECTION_ABORTING:
                return change_event(c, "node.inspection-aborting", node, mac, NULL, NULL, "The inspection of %s is taken back", name);
        case INSPECTION_ERROR:
                return tell_error(c, node, mac);
        default:
                return 0;
        }
}

int inspection_advance(struct change *c, struct node *node, const struct inspection_input *input, const struct mac *mac) {
        enum inspection_state before = node->inspection.state;
        int changed = inspection_step(&node->inspection, input);
        int r = changed > 0 && node->inspection.state != before ? tell(c, node, mac) : 0;
        return r < 0 ? r : changed;
}

int inspection_change(struct change *c, struct node **node, const struct inspection_input *input, const struct mac *mac) {
        _cleanup_(node_freep) struct node *copy = node_copy(*node);
        if (!copy)
                return -ENOMEM;
        int r = inspection_advance(c, copy, input, mac);
        if (r <= 0)
                return r;
        struct node *put = copy;
        bool moved = copy->inspection.state != (*node)->inspection.state;
        r = change_put_node(c, TAKE_POINTER(copy), moved);
        if (r < 0)
                return r;
        *node = put;
        return 1;
}
