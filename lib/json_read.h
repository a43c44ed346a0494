/*
 * A quick reader of JSON for what messages and inventories are made of; jansson's own goes through a text byte by byte and takes several times as long. It
 * reads containers, plain strings and integers itself; each string with an escape or a byte beyond ASCII and each other number is read by jansson.
 */
#pragma once

#include "lib/json.h"

/*
 * An object or array of `size` bytes, as json_loadb reads it with JSON_REJECT_DUPLICATES. It recurses as deep as the text nests, which the caller has bounded
 * to `depth`. NULL: it is none, or out of memory; json_loadb says which.
 */
json_t *json_read(const char *text, size_t size, unsigned depth);
