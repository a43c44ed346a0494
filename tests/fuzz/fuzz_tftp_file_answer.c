/* Ranges and conditions: whatever the header fields say, what is sent lies within the file. Six fields, one a line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"
#include "tftp/file_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = strndup((const char *) data, size);
        char *rest = text;
        const char *fields[6];

        for (size_t i = 0; i < ELEMENTS(fields); i++)
                fields[i] = strsep(&rest, "\n");
        const struct file_conditions conditions = { fields[0], fields[1], fields[2], fields[3], fields[4], fields[5] };
        const struct file_facts facts = { .size = size * 1000, .inode = 1, .modified = { .tv_sec = 784111777 } };
        struct file_answer answer = file_answer(&facts, &conditions, false);

        if (answer.status == 206 && (answer.length == 0 || answer.start >= facts.size || answer.length > facts.size - answer.start))
                abort();
        if (answer.status == 200 && answer.length != facts.size)
                abort();
        return 0;
}
