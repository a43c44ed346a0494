#include "introspect/order.h"

enum order order_decide(const struct order_input *input) {
        if (input->node && input->node->aborting)
                return ORDER_ABORT;
        if (!input->waiting || input->unsettled || !input->node)
                return ORDER_WAIT;
        /* While the inspection that failed is still asked for, to boot would be to fail again, without end. */
        if (input->node->inspect)
                return input->troubled ? ORDER_WAIT : ORDER_REBOOT;
        if (input->node->assignment != 0 && input->node->assignment != input->token->assignment)
                return ORDER_REBOOT;
        return ORDER_WAIT;
}

const char *order_name(enum order order) {
        static const char *const names[] = { [ORDER_WAIT] = "wait", [ORDER_REBOOT] = "reboot", [ORDER_ABORT] = "abort" };
        return names[order];
}
