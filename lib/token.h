/*
 * Boot tokens: what a boot script carries so that what comes back from the machine can be tied to it.
 * Text of letters, digits, '.', '-' and '_', which stands in a URL's query and on a kernel command line:
 *
 *     p1.NODE.MAC.ASSIGNMENT.EXPIRES.HMAC
 *
 * NODE is the node's id or "-", MAC 12 hexadecimal digits, ASSIGNMENT and EXPIRES (seconds since 1970)
 * hexadecimal, HMAC the first 128 bits of HMAC-SHA256 (RFC 2104) over all before the last dot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"

#define TOKEN_TEXT_SIZE 160
#define TOKEN_SECRET_SIZE 32

struct token {
        bool has_node;
        struct uuid node;
        struct mac mac;
        uint64_t assignment; /* its revision; 0: none */
        uint64_t expires;    /* seconds since 1970-01-01 UTC */
};

/* Returns `buffer`. */
char *token_make(const struct token *token, const uint8_t secret[static TOKEN_SECRET_SIZE],
                 char buffer[static TOKEN_TEXT_SIZE]);

/* `now` in seconds. -EBADMSG: not a token; -EKEYREJECTED: not signed by this secret; -EKEYEXPIRED: was good once
 * (*ret is filled then too). The comparison takes the same time wherever it differs. */
int token_check(const char *text, const uint8_t secret[static TOKEN_SECRET_SIZE], uint64_t now, struct token *ret);

/* Hexadecimal text of the bus into bytes and back. -EINVAL. */
int secret_parse(const char *hex, uint8_t ret[static TOKEN_SECRET_SIZE]);
void secret_format(const uint8_t secret[static TOKEN_SECRET_SIZE], char buffer[static 2 * TOKEN_SECRET_SIZE + 1]);
