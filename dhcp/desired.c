#include "dhcp/desired.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HTTP_PORT 8080

struct desired {
        int64_t http_port;
        json_t *networks, *hosts; /* by what follows the first word of the key */
};

void desired_reset(struct desired *desired) {
        desired->http_port = DEFAULT_HTTP_PORT;
        json_object_clear(desired->networks);
        json_object_clear(desired->hosts);
}

int desired_new(struct desired **ret) {
        _cleanup_(desired_freep) struct desired *desired = calloc(1, sizeof *desired);
        if (!desired)
                return -ENOMEM;
        desired->http_port = DEFAULT_HTTP_PORT;
        desired->networks = json_object();
        desired->hosts = json_object();
        if (!desired->networks || !desired->hosts)
                return -ENOMEM;
        *ret = TAKE_POINTER(desired);
        return 0;
}

struct desired *desired_free(struct desired *desired) {
        if (!desired)
                return NULL;
        json_decref(desired->networks);
        json_decref(desired->hosts);
        free(desired);
        return NULL;
}

static void take_into(json_t *map, const char *name, const json_t *value) {
        if (json_is_object(value))
                json_object_set(map, name, (json_t *) value);
        else
                json_object_del(map, name);
}

void desired_take(struct desired *desired, const char *key, const json_t *entry) {
        if (!key)
                return;
        if (strcmp(key, "settings") == 0)
                desired->http_port = json_get_int(json_object_get(entry, "settings"), "httpPort", desired->http_port);
        else if (strncmp(key, "network/", 8) == 0)
                take_into(desired->networks, key + 8, json_object_get(entry, "network"));
        else if (strncmp(key, "host/", 5) == 0)
                take_into(desired->hosts, key + 5, json_object_get(entry, "host"));
}

unsigned desired_http_port(const struct desired *desired) {
        return desired->http_port > 0 && desired->http_port < 65536 ? (unsigned) desired->http_port : DEFAULT_HTTP_PORT;
}

const json_t *desired_networks(const struct desired *desired) {
        return desired->networks;
}

static int compare_hosts(const void *a, const void *b) {
        return memcmp(&((const struct host *) a)->mac, &((const struct host *) b)->mac, sizeof(struct mac));
}

int desired_hosts(const struct desired *desired, struct host **ret, size_t *ret_size) {
        size_t n = 0;
        const char *key;
        json_t *value;

        struct host *hosts = calloc(json_object_size(desired->hosts) + 1, sizeof *hosts);
        if (!hosts)
                return -ENOMEM;
        json_object_foreach(desired->hosts, key, value)
                if (host_parse(value, &hosts[n]) == 0)
                        n++;
        qsort(hosts, n, sizeof *hosts, compare_hosts);
        *ret = hosts;
        *ret_size = n;
        return 0;
}
