/* Root device hints of any content, against a disk of any content. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/inspection/hint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_json_ json_t *input = json_parse((const char *) data, size, JSON_DEPTH_MAX, NULL);
        _cleanup_json_ json_t *before = json_deep_copy(input);
        _cleanup_(hints_freep) struct hints *hints = NULL;
        char reason[HINT_REASON_SIZE] = "", why[HINT_REASON_SIZE] = "", told[100];
        const char *name = NULL;

        if (!json_is_object(input))
                return 0;
        const json_t *object = json_object_get(input, "hints"), *disk = json_object_get(input, "disk");
        int r = hints_parse(object, &hints, &name, reason);
        /* A refusal names the hint and the reason. */
        if ((r < 0) != (hints == NULL) || (r < 0 && (!*reason || !name || !json_object_get(object, name))))
                abort();
        if (r == 0 && !hints_match(hints, disk, why) && !*why)
                abort();
        if (r == 0)
                (void) hints_describe(hints, told, sizeof told);
        if (!json_equal(input, before))
                abort();
        return 0;
}
