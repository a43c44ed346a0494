/* What a request asks for: its target taken apart, and the machine that a boot request names. All pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/address.h"

#define TARGET_PATH_SIZE 1024

/*
 * Takes a request target (RFC 9112 3.2: origin or absolute form) apart: the decoded path, which begins with '/', and the
 * query as it came, a part of `target`, NULL without one. -EINVAL: bad encoding, a control character, or a ".."
 * between slashes, encoded or not; -ENAMETOOLONG.
 */
int target_parse(const char *target, char path[static TARGET_PATH_SIZE], const char **ret_query);

/* The decoded value of the first parameter of that name in a query; false: none, badly encoded, or too long. */
bool query_get(const char *query, const char *name, char *buffer, size_t size);

enum platform { PLATFORM_UNKNOWN, PLATFORM_PCBIOS, PLATFORM_EFI };

#define REQUEST_WORD_SIZE 64

struct boot_request {
        bool has_mac, has_uuid; /* false as well for what is known not to identify */
        struct mac mac;
        struct uuid uuid;
        enum platform platform;
        /* as firmware says; "" where it does not */
        char architecture[16], serial[REQUEST_WORD_SIZE], manufacturer[REQUEST_WORD_SIZE], product[REQUEST_WORD_SIZE];
};

/* query: NULL is an empty one. */
void boot_request_parse(const char *query, struct boot_request *ret);
