/*
 * Members of a payload that nobody has checked: each may be missing, null, or of another type than its name promises, by the
 * ramdisk's version or by malice. What cannot be read is not known, never an error. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"

/* Texts are cut to this many bytes (at a character's end). */
#define PAYLOAD_TEXT_MAX 512

/* A member of an object; NULL where `object` is none (NULL included) or the member is missing or null. Borrowed. */
json_t *payload_field(const json_t *object, const char *key);

/* One line: a text without white space at its ends and without control characters (they become '?', line ends a space), as a new reference; an integer is taken
 * as its digits. JSON null where there is none or nothing is left. */
json_t *payload_text(const json_t *object, const char *key);

/* The same of a value that is no member. */
json_t *payload_clean_text(const json_t *value);

/* An integer from 0 on: a number or decimal digits in a text. */
bool payload_count(const json_t *object, const char *key, int64_t *ret);

/* As JSON: an integer or null. New references. */
json_t *payload_count_or_null(const json_t *object, const char *key);
/* true, false or null. */
json_t *payload_bool_or_null(const json_t *object, const char *key);

/* A unicast MAC, also in the form of BOOTIF ("01-aa-bb-..", the hardware type first), or made of the 20-byte address of an InfiniBand port:
 * the first and the last three bytes of its GUID, by which ironic-python-agent and firmware's BOOTIF name it. */
bool payload_mac(const json_t *object, const char *key, struct mac *ret);
/* The GUID ("7c:fe:90:03:00:29:26:52") in the 20-byte address of an InfiniBand port (RFC 4391 9.1.1); NULL: it is none. Borrowed. */
const char *payload_infiniband_guid(const json_t *object, const char *key);

/* An address that says where something is: neither unspecified nor loopback. A scope ("%eth0") and a prefix length are dropped. */
bool payload_ip(const json_t *object, const char *key, struct ip *ret);
