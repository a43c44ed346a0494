/* Two inventories of any content: the difference to itself is empty, each difference says what it is, its values and words are well-formed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/json_pointer.h"
#include "pxed/inspection/difference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(holds)           \
        do {                     \
                if (!(holds))    \
                        abort(); \
        } while (0)

/* The pointer finds the value in the inventory that it points into. */
static void check(const json_t *difference, const json_t *before, const json_t *after) {
        const char *pointer = json_get_string(difference, "pointer"), *change = json_get_string(difference, "change");
        const char *old = json_get_string(difference, "before"), *new = json_get_string(difference, "after"), *text = json_get_string(difference, "text");
        require(pointer && change && text && strlen(text) < 1024);
        require((strcmp(change, "added") == 0) == !old && (strcmp(change, "removed") == 0) == !new);
        require(json_pointer_check(pointer, NULL) == 0);
        /* '*' within a name would be taken for a pattern, and a name may be too long for a pointer. */
        if (*pointer && !json_pointer_is_pattern(pointer) && strlen(pointer) < JSON_POINTER_MAX / 4)
                require(json_pointer_get(new ? after : before, pointer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *middle = memchr(data, '\n', size);
        size_t first = middle ? (size_t) (middle - data) : size;
        _cleanup_json_ json_t *before = json_parse((const char *) data, first, 25, NULL);
        _cleanup_json_ json_t *after = middle ? json_parse((const char *) middle + 1, size - first - 1, 25, NULL) : NULL;
        _cleanup_json_ json_t *differences = json_array(), *same = json_array();
        char words[400];
        size_t i;
        const json_t *difference;

        if (!before || !after || !json_is_object(before) || !json_is_object(after))
                return 0;
        require(inventory_difference(before, before, same) == 0 && json_array_size(same) == 0);
        require(inventory_difference(before, after, differences) == 0);
        require(json_array_size(differences) <= DIFFERENCES_MAX);
        json_array_foreach(differences, i, difference)
                check(difference, before, after);
        size_t hardware = inventory_difference_words(differences, words, 64 + size % 300);
        require(hardware <= json_array_size(differences) && strlen(words) < 64 + size % 300);
        return 0;
}
