#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/text.h"

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

char *show_value(const json_t *value) {
        return json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

void show_root_device(const json_t *root, const struct look *look, FILE *out) {
        char size[TEXT_NUMBER_SIZE];
        int64_t bytes = json_get_int(root, "size", -1);
        const char *model = json_get_string(root, "model"), *serial = json_get_string(root, "serial");
        if (root)
                field_format(out, look, "Root device", STYLE_NONE, "%s%s%s%s%s%s%s", json_get_string(root, "name") ?: "-", bytes >= 0 ? ", " : "",
                             bytes >= 0 ? text_size((uint64_t) bytes, size) : "", model ? ", " : "", model ? model : "",
                             serial ? ", serial " : "", serial ? serial : "");
}
