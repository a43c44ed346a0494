#include <stdio.h>
#include <stdlib.h>

#include "pxed/ctl/show.h"

char *show_list(const json_t *array) {
        char *text = NULL;
        size_t size, i;
        json_t *value;
        FILE *out = open_memstream(&text, &size);
        if (!out)
                return NULL;
        json_array_foreach(array, i, value)
                fprintf(out, "%s%s", i > 0 ? ", " : "", json_is_string(value) ? json_string_value(value) : "?");
        fclose(out);
        return text;
}

char *show_map(const json_t *object) {
        char *text = NULL;
        size_t size;
        const char *key;
        json_t *value;
        FILE *out = open_memstream(&text, &size);
        if (!out)
                return NULL;
        bool first = true;
        json_object_foreach((json_t *) object, key, value) {
                _cleanup_free_ char *json = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
                fprintf(out, "%s%s=%s", first ? "" : ", ", key, json ? json : json_is_string(value) ? json_string_value(value) : "?");
                first = false;
        }
        fclose(out);
        return text;
}
