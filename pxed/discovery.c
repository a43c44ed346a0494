#include "pxed/discovery.h"

#include <string.h>

#include "lib/macro.h"

const char *const discover_names[3] = { "inspected", "seen", "never" };

static bool begins_with_one(const char *text, const char *const *words, size_t count) {
        bool found = false;
        for (size_t i = 0; text && !found && i < count; i++)
                found = strncmp(text, words[i], strlen(words[i])) == 0;
        return found;
}

bool discovery_class_boots(const char *vendor_class) {
        static const char *const classes[] = { "PXEClient", "HTTPClient" };
        return begins_with_one(vendor_class, classes, ELEMENTS(classes));
}

/* Those that are known to name themselves: Dell's iDRAC (its user's guide), HPE's iLO, the BMC of NVIDIA BlueField. OpenBMC, Supermicro and Lenovo send none of their own. */
bool discovery_class_is_bmc(const char *vendor_class) {
        static const char *const classes[] = { "iDRAC", "CPQRIB", "NVIDIA/BF/BMC" };
        return begins_with_one(vendor_class, classes, ELEMENTS(classes));
}

enum discovery_sign discovery_sign_of(const struct boot_step *step) {
        bool firmware = step->stage == STAGE_FIRMWARE || step->stage == STAGE_IPXE;
        if (step->kind == STEP_SCRIPT)
                return SIGN_SCRIPT;
        return step->kind == STEP_TFTP || (firmware && (step->kind == STEP_DISCOVER || step->kind == STEP_REQUEST)) ? SIGN_ASKS : SIGN_SEEN;
}

enum discovery discovery_decide(const struct discovery_input *in) {
        enum discovery_sign sign = in->sign == SIGN_SEEN && discovery_class_boots(in->vendor_class) ? SIGN_ASKS : in->sign;

        if (in->is_bmc)
                return DISCOVERED_BMC;
        if (in->has_node)
                return !in->has_port && sign >= SIGN_SCRIPT ? DISCOVERED_PORT : DISCOVERED_NOTHING;
        if (discovery_class_is_bmc(in->vendor_class))
                return DISCOVERED_BMC;
        if (in->policy == DISCOVER_NEVER)
                return DISCOVERED_NOTHING;
        return sign >= (in->policy == DISCOVER_SEEN ? SIGN_ASKS : SIGN_SERVED) ? DISCOVERED_NODE : DISCOVERED_NOTHING;
}
