#include "pxed/decision.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void _printf_(2, 3) reason(struct decision *d, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        if (d->n_reasons < REASONS_MAX)
                vsnprintf(d->reasons[d->n_reasons++], REASON_SIZE, format, arguments);
        va_end(arguments);
}

static void decide_node(const struct decision_input *in, struct decision *d) {
        const struct node *node = in->node;

        if (node->inspection.asked) {
                reason(d, "an inspection was asked for: profile inspect until an inventory has come");
                d->profile = "inspect";
                return;
        }
        if (node->assignment) {
                reason(d, "profile %s is assigned%s (revision %llu)", node->assignment->profile,
                       node->assignment->once ? " once" : "", (unsigned long long) node->assignment->revision);
                d->profile = node->assignment->profile;
                return;
        }
        reason(d, "the node has no boot assignment");
        if (!in->network) {
                reason(d, "the network that it boots from is not known yet");
                return;
        }
        reason(d, "network %s: known = %s", in->network->name, in->network->known);
        d->profile = in->network->known;
}

static void decide_unknown(const struct decision_input *in, struct decision *d) {
        reason(d, "no node is known for %s", in->mac ? in->mac : "this machine");
        if (!in->network) {
                reason(d, "the network that it boots from is not known");
                return;
        }
        reason(d, "network %s: unknown = %s", in->network->name, in->network->unknown ? in->network->unknown : "ignore");
        d->profile = in->network->unknown;
}

void decide(const struct decision_input *in, struct decision *ret) {
        *ret = (struct decision) { 0 };
        if (in->host && in->host->denied && (!in->host->network || !in->network ||
                                             strcmp(in->host->network, in->network->name) == 0)) {
                reason(ret, "the configuration denies it an address ([host %s] deny = yes)", in->mac ? in->mac : "");
                return;
        }
        if (in->node)
                decide_node(in, ret);
        else
                decide_unknown(in, ret);
        if (ret->profile && !in->has_profile(ret->profile, in->userdata)) {
                reason(ret, "there is no profile %s", ret->profile);
                ret->profile = NULL;
        }
}
