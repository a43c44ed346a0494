#include "pxed/glob.h"

#include <ctype.h>
#include <stddef.h>

/* The end of the bracket expression that begins at `at`, after its ']'; NULL: it is left open. */
static const char *bracket_end(const char *at) {
        at++;
        if (*at == '!' || *at == '^')
                at++;
        /* A ']' that comes first stands for itself. */
        if (*at == ']')
                at++;
        while (*at && *at != ']')
                at++;
        return *at ? at + 1 : NULL;
}

bool glob_is_valid(const char *pattern) {
        while (*pattern) {
                if (*pattern == '[') {
                        pattern = bracket_end(pattern);
                        if (!pattern)
                                return false;
                        continue;
                }
                if (*pattern == '\\' && !*++pattern)
                        return false;
                pattern++;
        }
        return true;
}

static int lower(char c) {
        return tolower((unsigned char) c);
}

static bool bracket_has(const char *at, const char *end, int c) {
        bool negated = at[1] == '!' || at[1] == '^', found = false;
        for (at += negated ? 2 : 1; at < end - 1; at++) {
                if (at[1] == '-' && at + 2 < end - 1) {
                        found = found || (lower(at[0]) <= c && c <= lower(at[2]));
                        at += 2;
                } else
                        found = found || lower(*at) == c;
        }
        return found != negated;
}

/* The pattern after the element at its beginning where that one stands for the character; NULL otherwise. */
static const char *match_one(const char *pattern, char c) {
        if (*pattern == '\0')
                return NULL;
        if (*pattern == '[') {
                const char *end = bracket_end(pattern);
                return bracket_has(pattern, end, lower(c)) ? end : NULL;
        }
        if (*pattern == '?')
                return pattern + 1;
        if (*pattern == '\\')
                pattern++;
        return lower(*pattern) == lower(c) ? pattern + 1 : NULL;
}

bool glob_match(const char *pattern, const char *text) {
        const char *star = NULL, *from = NULL;
        while (*text) {
                if (*pattern == '*') {
                        star = ++pattern;
                        from = text;
                        continue;
                }
                const char *next = match_one(pattern, *text);
                if (next) {
                        pattern = next;
                        text++;
                } else if (star) {
                        /* The last * takes one character more. */
                        pattern = star;
                        text = ++from;
                } else
                        return false;
        }
        while (*pattern == '*')
                pattern++;
        return *pattern == '\0';
}
