#include "lib/payload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

json_t *payload_field(const json_t *object, const char *key) {
        json_t *value = json_object_get(object, key);

        return json_is_null(value) ? NULL : value;
}

static bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static json_t *clean(const char *text, size_t size) {
        char buffer[PAYLOAD_TEXT_MAX + 1];

        size_t length = text_clean(buffer, sizeof(buffer), text, size);
        return length > 0 ? json_stringn(buffer, length) : json_null();
}

json_t *payload_clean_text(const json_t *value) {
        char digits[24];

        if (json_is_string(value))
                return clean(json_string_value(value), json_string_length(value));
        if (!json_is_integer(value))
                return json_null();
        int n = snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return json_stringn(digits, (size_t) n);
}

json_t *payload_text(const json_t *object, const char *key) {
        return payload_clean_text(payload_field(object, key));
}

static bool parse_count(const char *text, int64_t *ret) {
        char *end;

        while (is_space(*text))
                text++;
        if (*text < '0' || *text > '9')
                return false;
        errno = 0;
        long long value = strtoll(text, &end, 10);
        while (is_space(*end))
                end++;
        if (errno != 0 || *end)
                return false;
        *ret = value;
        return true;
}

bool payload_count(const json_t *object, const char *key, int64_t *ret) {
        const json_t *value = payload_field(object, key);

        if (json_is_string(value))
                return parse_count(json_string_value(value), ret);
        if (json_is_real(value)) {
                double number = json_real_value(value);
                if (!(number >= 0 && number < 9e15) || number != (double) (int64_t) number)
                        return false;
                *ret = (int64_t) number;
                return true;
        }
        if (!json_is_integer(value) || json_integer_value(value) < 0)
                return false;
        *ret = json_integer_value(value);
        return true;
}

json_t *payload_count_or_null(const json_t *object, const char *key) {
        int64_t value = 0;
        bool known = payload_count(object, key, &value);

        return json_int_or_null(known, value);
}

json_t *payload_bool_or_null(const json_t *object, const char *key) {
        const json_t *value = payload_field(object, key);

        if (json_is_boolean(value))
                return json_boolean(json_is_true(value));
        if (json_is_integer(value) && (json_integer_value(value) | 1) == 1)
                return json_boolean(json_integer_value(value) == 1);
        return json_null();
}

const char *payload_infiniband_guid(const json_t *object, const char *key) {
        const char *text = json_string_value(payload_field(object, key));

        return text && strlen(text) == 59 && strspn(text, "0123456789abcdefABCDEF:") == 59 ? text + 36 : NULL;
}

bool payload_mac(const json_t *object, const char *key, struct mac *ret) {
        const char *text = json_string_value(payload_field(object, key)), *guid = payload_infiniband_guid(object, key);
        char copy[MAC_TEXT_SIZE];

        if (guid) {
                snprintf(copy, sizeof(copy), "%.9s%s", guid, guid + 15);
                return mac_parse(copy, ret) == 0 && mac_is_unicast(ret);
        }
        if (!text)
                return false;
        while (is_space(*text))
                text++;
        /* the ARP hardware type of PXELINUX's BOOTIF: 01 Ethernet, 20 (32) InfiniBand */
        if (strlen(text) > 18 && (text[2] == '-' || text[2] == ':') && (strncmp(text, "01", 2) == 0 || strncmp(text, "20", 2) == 0))
                text += 3;
        size_t n = strcspn(text, " \t\r\n");
        if (n >= sizeof(copy) || text[n + strspn(text + n, " \t\r\n")])
                return false;
        memcpy(copy, text, n);
        copy[n] = 0;
        return mac_parse(copy, ret) == 0 && mac_is_unicast(ret);
}

static bool says_where(const struct ip *ip) {
        if (ip->family == AF_INET)
                return ip->v4.s_addr != 0 && ntohl(ip->v4.s_addr) >> 24 != 127;
        return !IN6_IS_ADDR_UNSPECIFIED(&ip->v6) && !IN6_IS_ADDR_LOOPBACK(&ip->v6);
}

bool payload_ip(const json_t *object, const char *key, struct ip *ret) {
        const char *text = json_string_value(payload_field(object, key));
        char copy[IP_TEXT_SIZE];

        if (!text)
                return false;
        size_t n = strcspn(text, "%/");
        if (n >= sizeof(copy))
                return false;
        memcpy(copy, text, n);
        copy[n] = 0;
        return ip_parse(copy, ret) == 0 && says_where(ret);
}
