/* Patterns against names that a peer may have chosen: "PATTERN\nTEXT". Where the C library knows the same rules it has to agree. */
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"
#include "pxed/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fnmatch(3) has classes ("[:alpha:]") and a \ in brackets, takes its time with many *, and what is not ASCII for characters of a locale. */
static bool is_common(const char *pattern, const char *text) {
        size_t stars = 0;
        for (const char *at = pattern; *at; at++) {
                stars += *at == '*';
                if ((unsigned char) *at >= 0x80 || (*at == '[' && strchr(":.=", at[1])))
                        return false;
        }
        for (const char *at = text; *at; at++)
                if ((unsigned char) *at >= 0x80)
                        return false;
        return stars <= 3 && strlen(text) < 64 && !(strchr(pattern, '[') && strchr(pattern, '\\'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *pattern = strndup((const char *) data, size);
        if (!pattern)
                return 0;
        char *text = strchr(pattern, '\n');
        if (!text)
                return 0;
        *text++ = '\0';
        if (!glob_is_valid(pattern))
                return 0;
        bool matches = glob_match(pattern, text);
        if (is_common(pattern, text) && matches != (fnmatch(pattern, text, FNM_CASEFOLD) == 0))
                __builtin_trap();
        return 0;
}
