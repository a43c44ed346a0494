/* token_check over any text: a token it accepts is the one that token_make writes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const uint8_t secret[TOKEN_SECRET_SIZE] = { 1, 2, 3, 4, 5 };
        _cleanup_free_ char *text = strndup((const char *) data, size);
        char again[TOKEN_TEXT_SIZE];
        struct token token;

        if (token_check(text, secret, 0, &token) == 0 && strcmp(token_make(&token, secret, again), text) != 0)
                abort();
        return 0;
}
