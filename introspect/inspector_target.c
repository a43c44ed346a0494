#include "introspect/inspector_target.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/text.h"

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define HOST_MAX 255
/* "1.18": of this major version each minor one up to that is served. */
#define MAJOR 1
#define MINOR_MAX 18

const char *const inspector_state_names[INSPECTOR_STATES] = { "waiting", "processing", "reapplying", "aborting", "finished", "error" };

static void copy_node(const char *text, size_t length, char node[static INSPECTOR_NODE_SIZE]) {
        bool fits = length < INSPECTOR_NODE_SIZE && strspn(text, ALPHANUMERIC "._:-") >= length;

        memcpy(node, text, fits ? length : 0);
        node[fits ? length : 0] = '\0';
}

bool inspector_match(const char *pattern, const char *path, char node[static INSPECTOR_NODE_SIZE]) {
        node[0] = '\0';
        while (*pattern && *path) {
                if (*pattern != '*') {
                        if (*pattern++ != *path++)
                                return false;
                        continue;
                }
                size_t length = strcspn(path, "/");
                if (length == 0)
                        return false;
                copy_node(path, length, node);
                path += length;
                pattern++;
        }
        return !*pattern && (!*path || strcmp(path, "/") == 0);
}

/* "1.18", with nothing after it. */
static int parse_version(const char *text, unsigned long *ret_major, unsigned long *ret_minor) {
        size_t major = strspn(text, "0123456789");
        size_t minor = text[major] == '.' ? strspn(text + major + 1, "0123456789") : 0;

        if (major < 1 || major > 5 || minor < 1 || minor > 5 || text[major + 1 + minor])
                return -EINVAL;
        *ret_major = strtoul(text, NULL, 10);
        *ret_minor = strtoul(text + major + 1, NULL, 10);
        return 0;
}

int inspector_check_version(const char *own, const char *common) {
        static const char service[] = "baremetal-introspection ";
        unsigned long major, minor;

        /* The common header may be about another service. */
        if (!own && common && strncmp(common, service, strlen(service)) == 0)
                own = common + strlen(service);
        if (!own || strcasecmp(own, "latest") == 0)
                return 0;
        if (parse_version(own, &major, &minor) < 0)
                return -EINVAL;
        return major == MAJOR && minor <= MINOR_MAX ? 0 : -ERANGE;
}

char *inspector_etag(uint64_t revision, uint64_t inventory, char buffer[static INSPECTOR_ETAG_SIZE]) {
        if (inventory > 0)
                snprintf(buffer, INSPECTOR_ETAG_SIZE, "\"%" PRIu64 "-%" PRIu64 "\"", revision, inventory);
        else
                snprintf(buffer, INSPECTOR_ETAG_SIZE, "\"%" PRIu64 "\"", revision);
        return buffer;
}

/* The next of a list of tags, without W/; NULL: there is none, or what is there is no list of tags. */
static const char *next_tag(const char **at, size_t *ret_size, bool *ret_weak) {
        const char *tag = *at + strspn(*at, " \t,");

        *ret_weak = strncmp(tag, "W/", 2) == 0;
        tag += *ret_weak ? 2 : 0;
        const char *end = tag[0] == '"' ? strchr(tag + 1, '"') : NULL;
        if (!end)
                return NULL;
        *ret_size = (size_t) (end + 1 - tag);
        *at = end + 1;
        return tag;
}

bool inspector_none_match(const char *header, const char *etag) {
        const char *tag;
        size_t size;
        bool weak;

        if (!header)
                return false;
        if (strcmp(header, "*") == 0)
                return true;
        while ((tag = next_tag(&header, &size, &weak)))
                if (size == strlen(etag) && memcmp(tag, etag, size) == 0)
                        return true;
        return false;
}

int inspector_if_match(const char *header, uint64_t *ret) {
        bool weak, other;
        size_t size;

        if (!header || strcmp(header, "*") == 0)
                return -ENODATA;
        const char *tag = next_tag(&header, &size, &weak);
        if (!tag)
                return -EINVAL;
        if (next_tag(&header, &size, &other))
                return -E2BIG;
        size_t digits = strspn(tag + 1, "0123456789");
        /* A tag is compared strongly here, which no weak one is. */
        if (weak || digits < 1 || digits > 18 || (tag[1 + digits] != '"' && tag[1 + digits] != '-'))
                return -EINVAL;
        *ret = strtoull(tag + 1, NULL, 10);
        return 0;
}

static int parse_states(const char *text, unsigned *ret) {
        *ret = 0;
        for (size_t length; *text; text += length + (text[length] == ',')) {
                char name[16];
                length = strcspn(text, ",");
                if (length >= sizeof(name))
                        return -EINVAL;
                snprintf(name, sizeof(name), "%.*s", (int) length, text);
                int state = name_to_enum(inspector_state_names, INSPECTOR_STATES, name);
                /* Inspector's own that no inspection is ever in here. */
                if (state < 0 && strcmp(name, "starting") != 0 && strcmp(name, "enrolling") != 0)
                        return -EINVAL;
                *ret |= state < 0 ? 0 : 1u << state;
        }
        return 0;
}

const char *inspector_parse_list(const char *limit, const char *marker, const char *states, struct inspector_list *ret) {
        *ret = (struct inspector_list) { .limit = INSPECTOR_LIST_MAX, .states = ~0u };
        if (limit) {
                size_t digits = strspn(limit, "0123456789");
                if (digits < 1 || digits > 4 || limit[digits] || strtoul(limit, NULL, 10) > INSPECTOR_LIST_MAX)
                        return "limit is no number from 0 to 1000";
                ret->limit = strtoul(limit, NULL, 10) ?: INSPECTOR_LIST_MAX;
        }
        if (marker) {
                char node[INSPECTOR_NODE_SIZE];
                copy_node(marker, strlen(marker), node);
                if (!node[0])
                        return "marker is no node's id or name: give that of the last one of the list before";
                ret->marker = marker;
        }
        if (states && parse_states(states, &ret->states) < 0)
                return "state has other words than waiting, processing, reapplying, aborting, finished, error (with commas between them)";
        return NULL;
}

const char *inspector_host(const char *host) {
        size_t length = host ? strlen(host) : 0;

        return length > 0 && length <= HOST_MAX && strspn(host, ALPHANUMERIC ".:-_[]") == length ? host : "localhost";
}
