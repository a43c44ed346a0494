#include "pxed/ctl/suggest.h"

#include <string.h>

#include "lib/macro.h"

#define LONGEST 63

static unsigned least(unsigned a, unsigned b) {
        return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein's table, with a swap of neighbours as one change. Three rows of it are enough. */
unsigned suggest_distance(const char *a, const char *b) {
        size_t na = strnlen(a, LONGEST), nb = strnlen(b, LONGEST);
        unsigned rows[3][LONGEST + 1];

        for (size_t j = 0; j <= nb; j++)
                rows[0][j] = (unsigned) j;
        for (size_t i = 1; i <= na; i++) {
                unsigned *row = rows[i % 3];
                const unsigned *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
                row[0] = (unsigned) i;
                for (size_t j = 1; j <= nb; j++) {
                        row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = least(row[j], above2[j - 2] + 1);
                }
        }
        return rows[na % 3][nb];
}

const char *suggest(const char *given, const char *const *words, size_t n) {
        const char *found = NULL;
        size_t length = strnlen(given, LONGEST);
        /* A third of the letters may be wrong, at least one. */
        unsigned best = (unsigned) (length / 3 > 0 ? length / 3 : 1) + 1;

        for (size_t i = 0; i < n; i++) {
                unsigned distance = length >= 2 && strncmp(words[i], given, length) == 0 ? 1 : suggest_distance(given, words[i]);
                if (distance < best) {
                        best = distance;
                        found = words[i];
                }
        }
        return found;
}
