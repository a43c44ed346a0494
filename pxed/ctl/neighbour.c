#include "pxed/ctl/neighbour.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/text.h"

const char *neighbour_name(const json_t *neighbour) {
        const char *name = json_get_string(neighbour, "systemName");
        if (!name)
                name = json_get_string(neighbour, "chassis");
        return name ? name : "?";
}

static bool is_lldp(const json_t *neighbour) {
        return text_equal(json_get_string(neighbour, "protocol"), "lldp");
}

bool neighbour_counts(const json_t *neighbour, const json_t *neighbours) {
        json_t *other;
        size_t i;
        if (is_lldp(neighbour))
                return true;
        json_array_foreach(neighbours, i, other)
                if (is_lldp(other) && text_equal(json_get_string(other, "interface"), json_get_string(neighbour, "interface")))
                        return false;
        return true;
}

const char *vlan_words(const json_t *seen, char buffer[static VLAN_WORDS_SIZE]) {
        int64_t vlan = json_get_int(seen, "vlan", -1);
        if (vlan < 0)
                return NULL;
        if (vlan == 0)
                return "untagged";
        snprintf(buffer, VLAN_WORDS_SIZE, "VLAN %" PRId64, vlan);
        return buffer;
}
