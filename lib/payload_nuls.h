/*
 * NULs in the texts of a payload: disks and firmware have them in serial numbers and names, JSON can say them ("\u0000"), and nothing behind can hold them. So
 * each text is read without them, and where they were is told. Pure.
 */
#pragma once

#include <stddef.h>

#include "lib/json.h"

/* A place that takes more bytes is cut. */
#define PAYLOAD_PLACE_SIZE 128

struct payload_nuls {
        size_t texts;                   /* that had any */
        char first[PAYLOAD_PLACE_SIZE]; /* of these: a JSON pointer (RFC 6901), fit to be shown; "": none */
};

/* As json_parse, but texts may have NULs, which are taken out of them; *ret_nuls is written on success. The name of a member with a NUL is refused still. */
json_t *payload_parse(const char *text, size_t size, unsigned depth, struct payload_nuls *ret_nuls, const char **ret_reason);
