#include "pxed/ctl/bar.h"

#include <string.h>

static double within(double fraction) {
        return fraction > 0 ? fraction < 1 ? fraction : 1 : 0;
}

static char *fill(size_t from, size_t to, size_t columns, bool unicode, char *buffer) {
        const char *full = unicode ? "█" : "#", *empty = unicode ? "·" : ".";
        char *p = buffer;
        for (size_t i = 0; i < columns; i++)
                p = stpcpy(p, i >= from && i < to ? full : empty);
        return buffer;
}

char *bar_progress(double fraction, size_t columns, bool unicode, char *buffer) {
        *buffer = '\0';
        return fill(0, (size_t) (within(fraction) * (double) columns + 0.5), columns, unicode, buffer);
}

char *bar_span(double from, double to, size_t columns, bool unicode, char *buffer) {
        *buffer = '\0';
        size_t first = (size_t) (within(from) * (double) columns), end = (size_t) (within(to) * (double) columns + 0.5);
        if (columns > 0 && first >= columns)
                first = columns - 1;
        return fill(first, end > first ? end : first + 1, columns, unicode, buffer);
}
