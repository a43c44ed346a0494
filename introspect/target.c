#include "introspect/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "/t/"

void target_split(const char *path, struct target *ret) {
        *ret = (struct target) { .path = path };
        if (strncmp(path, PREFIX, strlen(PREFIX)) != 0)
                return;
        const char *token = path + strlen(PREFIX);
        size_t length = strcspn(token, "/");
        ret->has_token = true;
        ret->path = token[length] ? token + length : "/";
        snprintf(ret->token, sizeof(ret->token), "%.*s", (int) (length < sizeof(ret->token) ? length : sizeof(ret->token)), token);
}

static int compare_macs(const void *a, const void *b) {
        return memcmp(a, b, sizeof(struct mac));
}

static void leave_out_repeats(struct lookup_query *query) {
        size_t kept = 0;

        qsort(query->macs, query->n_macs, sizeof(query->macs[0]), compare_macs);
        for (size_t i = 0; i < query->n_macs; i++)
                if (kept == 0 || compare_macs(&query->macs[i], &query->macs[kept - 1]) != 0)
                        query->macs[kept++] = query->macs[i];
        query->n_macs = kept;
}

static int parse_addresses(const char *at, struct lookup_query *query) {
        char text[MAC_TEXT_SIZE];
        struct mac mac;

        for (size_t length; *at; at += length + (at[length] == ',')) {
                length = strcspn(at, ",");
                if (length >= sizeof(text))
                        continue;
                memcpy(text, at, length);
                text[length] = '\0';
                if (mac_parse(text, &mac) < 0 || !mac_is_unicast(&mac))
                        continue;
                if (query->n_macs == LOOKUP_MACS_MAX)
                        return -E2BIG;
                query->macs[query->n_macs++] = mac;
        }
        leave_out_repeats(query);
        return 0;
}

int target_parse_lookup(const char *addresses, const char *node_uuid, struct lookup_query *ret) {
        ret->uuid_is_firmware = ret->has_bmc = false;
        ret->n_macs = 0;
        ret->uuid = (struct uuid) { 0 };
        ret->has_uuid = node_uuid && node_uuid[0];
        if (ret->has_uuid && uuid_parse(node_uuid, &ret->uuid) < 0)
                return -EBADMSG;
        int r = parse_addresses(addresses ?: "", ret);
        if (r < 0)
                return r;
        return ret->n_macs > 0 || ret->has_uuid ? 0 : -EINVAL;
}

char *target_version(const char *asked, char buffer[static TARGET_VERSION_SIZE]) {
        unsigned minor = 0, newest = 0;
        char rest;

        (void) sscanf(TARGET_VERSION_NEWEST, "1.%u", &newest);
        if (asked && strcmp(asked, "latest") == 0)
                minor = newest;
        else if (!asked || strspn(asked, "0123456789.") != strlen(asked) || sscanf(asked, "1.%5u%c", &minor, &rest) != 1 || minor < 1)
                return strcpy(buffer, TARGET_VERSION_OLDEST);
        snprintf(buffer, TARGET_VERSION_SIZE, "1.%u", minor < newest ? minor : newest);
        return buffer;
}

bool target_answers_posts(const char *asked) {
        char version[TARGET_VERSION_SIZE];

        return strcmp(target_version(asked, version), TARGET_VERSION_NEWEST) == 0;
}
