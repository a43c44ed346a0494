#include "lib/text.h"

#include <ctype.h>
#include <errno.h>

int text_set(char **field, const char *value) {
        char *copy = NULL;
        if (value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*field);
        *field = copy;
        return 0;
}

int text_set_max(char **field, const char *value, size_t max) {
        if (!value || strlen(value) <= max)
                return text_set(field, value);
        while (max > 0 && ((unsigned char) value[max] & 0xc0) == 0x80)
                max--;
        _cleanup_free_ char *cut = strndup(value, max);
        if (!cut)
                return -ENOMEM;
        free(*field);
        *field = TAKE_POINTER(cut);
        return 0;
}

bool text_equal(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

bool name_is_valid(const char *name) {
        size_t length = strlen(name);
        if (length < 1 || length > 63 || !isalnum((unsigned char) name[0]))
                return false;
        for (size_t i = 0; i < length; i++)
                if (!isascii(name[i]) || !(isalnum((unsigned char) name[i]) || strchr("._-", name[i])))
                        return false;
        return true;
}

int name_to_enum(const char *const *names, size_t count, const char *name) {
        for (size_t i = 0; i < count; i++)
                if (name && strcmp(names[i], name) == 0)
                        return (int) i;
        return -EINVAL;
}
