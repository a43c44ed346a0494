#include "pxed/ctl/look.h"

#include <stddef.h>

#include "lib/macro.h"

static const char *const sequences[] = {
        [STYLE_NONE] = "",
        [STYLE_TITLE] = "\x1b[1m",
        [STYLE_GOOD] = "\x1b[32m",
        [STYLE_WARN] = "\x1b[33m",
        [STYLE_BAD] = "\x1b[1;31m",
        [STYLE_ACTIVE] = "\x1b[36m",
        [STYLE_FAINT] = "\x1b[2m",
};

const char *look_on(const struct look *look, enum style style) {
        return look->color && (size_t) style < ELEMENTS(sequences) ? sequences[style] : "";
}

const char *look_off(const struct look *look, enum style style) {
        return look->color && style != STYLE_NONE ? "\x1b[0m" : "";
}
