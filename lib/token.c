#include "lib/token.h"

#include <errno.h>
#include <inttypes.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define HMAC_SIZE 16
#define HMAC_TEXT (2 * HMAC_SIZE)

/* Lower case only: one token has one text. */
static int lower_digit(char c) {
        return c >= 'A' && c <= 'F' ? -1 : hex_digit(c);
}

static int hex_parse(const char *text, size_t size, uint8_t *ret) {
        for (size_t i = 0; i < size; i++) {
                int high = lower_digit(text[2 * i]);
                int low = high < 0 ? -1 : lower_digit(text[2 * i + 1]);
                if (low < 0)
                        return -EINVAL;
                ret[i] = (uint8_t) (high << 4 | low);
        }
        return 0;
}

/* Hexadecimal without leading zeros, as token_make writes it. */
static int number_parse(const char *text, size_t length, uint64_t *ret) {
        uint64_t value = 0;

        if (length == 0 || length > 16 || (length > 1 && text[0] == '0'))
                return -EINVAL;
        for (size_t i = 0; i < length; i++) {
                int digit = lower_digit(text[i]);
                if (digit < 0)
                        return -EINVAL;
                value = value << 4 | (uint64_t) digit;
        }
        *ret = value;
        return 0;
}

static void sign(const char *text, size_t length, const uint8_t *secret, uint8_t ret[static HMAC_SIZE]) {
        struct hmac_sha256_ctx context;

        hmac_sha256_set_key(&context, TOKEN_SECRET_SIZE, secret);
        hmac_sha256_update(&context, length, (const uint8_t *) text);
        hmac_sha256_digest(&context, HMAC_SIZE, ret);
        explicit_bzero(&context, sizeof(context));
}

char *token_make(const struct token *token, const uint8_t secret[static TOKEN_SECRET_SIZE],
                 char buffer[static TOKEN_TEXT_SIZE]) {
        char node[UUID_TEXT_SIZE] = "-", mac[13];
        uint8_t hmac[HMAC_SIZE];

        if (token->has_node)
                uuid_format(&token->node, node);
        text_hex(mac, sizeof(mac), token->mac.bytes, sizeof(token->mac.bytes));
        int length = snprintf(buffer, TOKEN_TEXT_SIZE, "p1.%s.%s.%" PRIx64 ".%" PRIx64, node, mac, token->assignment,
                              token->expires);
        sign(buffer, (size_t) length, secret, hmac);
        buffer[length] = '.';
        text_hex(buffer + length + 1, HMAC_TEXT + 1, hmac, sizeof(hmac));
        return buffer;
}

/* Text between dots: *at is moved behind the dot (or to `end`). */
static size_t next_field(const char **at, const char *end, const char **ret) {
        const char *start = *at;
        const char *dot = memchr(start, '.', (size_t) (end - start));

        *ret = start;
        *at = dot ? dot + 1 : end;
        return (size_t) ((dot ? dot : end) - start);
}

/* What stands before the last dot. */
static int parse_fields(const char *text, const char *end, struct token *ret) {
        const char *at = text, *field;
        char node[UUID_TEXT_SIZE];
        size_t length;

        if (next_field(&at, end, &field) != 2 || memcmp(field, "p1", 2) != 0)
                return -EBADMSG;

        length = next_field(&at, end, &field);
        ret->has_node = !(length == 1 && field[0] == '-');
        if (ret->has_node) {
                if (length != UUID_TEXT_SIZE - 1)
                        return -EBADMSG;
                memcpy(node, field, length);
                node[length] = '\0';
                if (uuid_parse(node, &ret->node) < 0)
                        return -EBADMSG;
        }

        if (next_field(&at, end, &field) != 12 || hex_parse(field, sizeof(ret->mac.bytes), ret->mac.bytes) < 0)
                return -EBADMSG;
        length = next_field(&at, end, &field);
        if (number_parse(field, length, &ret->assignment) < 0)
                return -EBADMSG;
        length = next_field(&at, end, &field);
        if (number_parse(field, length, &ret->expires) < 0 || at != end)
                return -EBADMSG;
        return 0;
}

int token_check(const char *text, const uint8_t secret[static TOKEN_SECRET_SIZE], uint64_t now, struct token *ret) {
        uint8_t given[HMAC_SIZE], wanted[HMAC_SIZE];
        struct token token = {};
        const char *dot;

        if (strnlen(text, TOKEN_TEXT_SIZE) >= TOKEN_TEXT_SIZE)
                return -EBADMSG;
        dot = strrchr(text, '.');
        if (!dot || strlen(dot + 1) != HMAC_TEXT || hex_parse(dot + 1, HMAC_SIZE, given) < 0)
                return -EBADMSG;
        if (parse_fields(text, dot, &token) < 0)
                return -EBADMSG;

        sign(text, (size_t) (dot - text), secret, wanted);
        if (!memeql_sec(given, wanted, HMAC_SIZE))
                return -EKEYREJECTED;
        *ret = token;
        return token.expires < now ? -EKEYEXPIRED : 0;
}

int secret_parse(const char *hex, uint8_t ret[static TOKEN_SECRET_SIZE]) {
        if (strlen(hex) != 2 * TOKEN_SECRET_SIZE)
                return -EINVAL;
        return hex_parse(hex, TOKEN_SECRET_SIZE, ret);
}

void secret_format(const uint8_t secret[static TOKEN_SECRET_SIZE], char buffer[static 2 * TOKEN_SECRET_SIZE + 1]) {
        text_hex(buffer, 2 * TOKEN_SECRET_SIZE + 1, secret, TOKEN_SECRET_SIZE);
}
