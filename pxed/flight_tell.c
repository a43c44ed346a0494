#include "pxed/flight_tell.h"

#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/diagnose.h"

bool flight_is_over(const struct boot *boot) {
        return boot->outcome == BOOT_FAILED || boot->outcome == BOOT_SILENT;
}

bool flight_set_diagnosis(const struct state *s, struct boot *boot, uint64_t now) {
        json_t *before = boot->diagnosis;
        boot->diagnosis = diagnose_boot(s, boot, now);
        bool differs = !text_equal(json_get_string(before, "signature"), json_get_string(boot->diagnosis, "signature"));
        json_decref(before);
        return differs;
}

int flight_tell_end(const struct state *s, struct change *c, struct boot *boot, const struct node *node) {
        char mac[MAC_TEXT_SIZE];
        const char *how = !flight_is_over(boot) ? "ended" : boot->outcome == BOOT_FAILED ? "failed" : "went silent";

        (void) flight_set_diagnosis(s, boot, change_now(c));
        const char *why = json_get_string(boot->diagnosis, "reason"), *what = flight_is_over(boot) ? boot->reason : boot_outcome_names[boot->outcome];
        /* What was said to the machine may be the whole of the reason. */
        bool both = why && what && !strstr(why, what);
        return change_event(c, "boot.ended", node, &boot->mac, boot->network, NULL, "The boot of %s %s%s%s%s%s%s",
                            node ? node->name : mac_format(&boot->mac, mac), how, why || what ? ": " : "", why ? why : what ? what : "",
                            both ? " (" : "", both ? what : "", both ? ")" : "");
}

int flight_set_last_boot(struct change *c, const struct boot *boot, const struct node *node) {
        if (!node || node->last_boot >= boot->started)
                return 0;
        struct node *copy = node_copy(node);
        if (!copy)
                return -ENOMEM;
        copy->last_boot = boot->started;
        return change_put_node(c, copy, false);
}

int flight_tell_start(struct change *c, const struct boot *boot, const struct node *node) {
        char mac[MAC_TEXT_SIZE];
        int r = change_event(c, "boot.started", node, &boot->mac, boot->network, NULL, "%s boots%s%s",
                             node ? node->name : mac_format(&boot->mac, mac), boot->network ? " on network " : "",
                             boot->network ? boot->network : "");
        return r < 0 ? r : flight_set_last_boot(c, boot, node);
}
