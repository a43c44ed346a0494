/* Any text as JSON: what is taken is no deeper than allowed, reads the same when written again, and has nothing to mend. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"

#define DEPTH 8

static unsigned depth_of(const json_t *value) {
        unsigned deepest = 0, below;
        const char *key;
        size_t index;
        json_t *member;

        json_object_foreach((json_t *) value, key, member) {
                below = depth_of(member);
                deepest = below > deepest ? below : deepest;
        }
        json_array_foreach(value, index, member) {
                below = depth_of(member);
                deepest = below > deepest ? below : deepest;
        }
        return deepest + (json_is_object(value) || json_is_array(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *reason = NULL;
        _cleanup_json_ json_t *value = json_parse((const char *) data, size, DEPTH, &reason);
        _cleanup_json_ json_t *again = NULL, *text_value = NULL;
        _cleanup_free_ char *text = NULL, *copy = strndup((const char *) data, size);

        /* any bytes make a text that can be written */
        text_value = json_text(copy);
        if (!text_value || strlen(json_string_value(text_value)) != strlen(copy))
                abort();
        free(json_dumps(text_value, JSON_ENCODE_ANY));

        char *mended = malloc(size + 1);
        memcpy(mended, data, size);
        json_mend_escapes(mended, size);
        bool same = memcmp(mended, data, size) == 0;
        /* once mended there is nothing left to mend */
        same = !json_mend_integers(mended, size) && same;
        if (json_mend_integers(mended, size))
                abort();
        free(mended);

        if (!value) {
                if (!reason)
                        abort();
                return 0;
        }
        if (reason || !same || depth_of(value) > DEPTH)
                abort();
        text = json_dumps(value, JSON_COMPACT);
        if (!text)
                abort();
        again = json_parse(text, strlen(text), DEPTH, NULL);
        if (!again || !json_equal(value, again))
                abort();
        return 0;
}
