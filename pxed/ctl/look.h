/* How output is drawn: everything that rendering knows about the terminal and the time, so that it needs neither. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct look {
        unsigned width; /* columns; 0: as wide as the content */
        bool color;
        bool unicode; /* bars and ellipses may use more than ASCII */
        uint64_t now; /* microseconds since 1970-01-01 UTC */
};

enum style {
        STYLE_NONE,
        STYLE_TITLE,
        STYLE_GOOD,
        STYLE_WARN,
        STYLE_BAD,
        STYLE_ACTIVE,
        STYLE_FAINT,
};

/* The escape sequences before and after text of a style; "" where there is no colour. */
const char *look_on(const struct look *look, enum style style);
const char *look_off(const struct look *look, enum style style);
