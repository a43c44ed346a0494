#include "introspect/agent/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME "http://"

/* "10.0.0.1:5050", "10.0.0.1", "[fd00::1]:5050" into address and port texts. */
static int split_authority(const char *text, char *address, size_t size, const char **port) {
        const char *start = text, *end, *rest;
        if (*text == '[') {
                start = text + 1;
                end = strchr(start, ']');
                if (!end)
                        return -EINVAL;
                rest = end + 1;
        } else {
                end = rest = text + strcspn(text, ":");
        }
        if ((size_t) (end - start) >= size || end == start || (*rest != '\0' && *rest != ':'))
                return -EINVAL;
        memcpy(address, start, (size_t) (end - start));
        address[end - start] = '\0';
        *port = *rest == ':' && rest[1] != '\0' ? rest + 1 : "80";
        return 0;
}

static int parse_port(const char *text, in_port_t *ret) {
        char *end;
        unsigned long port = strtoul(text, &end, 10);
        if (*end != '\0' || text[0] < '0' || text[0] > '9' || strlen(text) > 5 || port == 0 || port > 65535)
                return -EINVAL;
        *ret = htons((in_port_t) port);
        return 0;
}

static int set_address(struct http_url *url, const char *address, in_port_t port) {
        struct sockaddr_in *v4 = (struct sockaddr_in *) &url->address;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &url->address;
        if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
                v4->sin_family = AF_INET;
                v4->sin_port = port;
                url->address_size = sizeof *v4;
                return 0;
        }
        if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
                v6->sin6_family = AF_INET6;
                v6->sin6_port = port;
                url->address_size = sizeof *v6;
                return 0;
        }
        return -EDESTADDRREQ;
}

static int check_characters(const char *text) {
        for (; *text; text++)
                if ((unsigned char) *text <= 0x20 || (unsigned char) *text >= 0x7f)
                        return -EINVAL;
        return 0;
}

int http_url_parse(const char *text, struct http_url *ret) {
        struct http_url url = { 0 };
        char authority[80], address[64];
        const char *port_text;
        in_port_t port;
        if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
                return -EPROTONOSUPPORT;
        text += strlen(SCHEME);
        size_t length = strcspn(text, "/?#");
        if (length >= sizeof authority || check_characters(text) < 0)
                return -EINVAL;
        memcpy(authority, text, length);
        authority[length] = '\0';
        int r = split_authority(authority, address, sizeof address, &port_text);
        if (r < 0 || (r = parse_port(port_text, &port)) < 0 || (r = set_address(&url, address, port)) < 0)
                return r;
        bool bracket = url.address.ss_family == AF_INET6, shown = strcmp(port_text, "80") != 0;
        snprintf(url.host, sizeof url.host, "%s%s%s%s%s", bracket ? "[" : "", address, bracket ? "]" : "", shown ? ":" : "",
                 shown ? port_text : "");
        text += length;
        int target = (int) strcspn(text, "#");
        if ((size_t) snprintf(url.target, sizeof url.target, "%s%.*s", *text == '/' ? "" : "/", target, text)
            >= sizeof url.target)
                return -EINVAL;
        *ret = url;
        return 0;
}

int agent_order_url(const char *callback, char *buf, size_t size) {
        const char *scheme = strstr(callback, "://");
        if (!scheme)
                return -EINVAL;
        const char *path = strchr(scheme + 3, '/'), *query = callback + strcspn(callback, "?#");
        if (!path || path > query)
                return -EINVAL;
        const char *last = query;
        while (last > path && last[-1] != '/')
                last--;
        int n = snprintf(buf, size, "%.*sagent%s", (int) (last - callback), callback, query);
        return n < 0 || (size_t) n >= size ? -ENAMETOOLONG : 0;
}
