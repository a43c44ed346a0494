#include "tftp/request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/text.h"

/* One character of percent-encoded text (RFC 3986 2.1); moves *at behind it. Negative: badly encoded or a control character. */
static int decode_one(const char **at, const char *end) {
        const char *text = *at;
        int value = (unsigned char) *text;

        if (*text != '%')
                *at = text + 1;
        else if (end - text < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
                return -EINVAL;
        else {
                value = hex_digit(text[1]) << 4 | hex_digit(text[2]);
                *at = text + 3;
        }
        return value < 0x20 || value == 0x7f ? -EINVAL : value;
}

static bool has_parent_step(const char *path) {
        for (const char *at = path; (at = strstr(at, "/..")); at += 3)
                if (at[3] == '/' || at[3] == '\0')
                        return true;
        return false;
}

int target_parse(const char *target, char path[static TARGET_PATH_SIZE], const char **ret_query) {
        const char *at = target, *end;
        size_t size = 0;

        if (strncasecmp(at, "http://", 7) == 0) {
                at += 7;
                at += strcspn(at, "/?");
        }
        end = at + strcspn(at, "?");
        *ret_query = *end ? end + 1 : NULL;
        if (*at != '/')
                return -EINVAL;

        while (at < end) {
                int c = decode_one(&at, end);
                if (c < 0)
                        return c;
                if (size + 1 >= TARGET_PATH_SIZE)
                        return -ENAMETOOLONG;
                path[size++] = (char) c;
        }
        path[size] = '\0';
        return has_parent_step(path) ? -EINVAL : 0;
}

static bool decode_value(const char *at, const char *end, char *buffer, size_t size) {
        size_t used = 0;

        while (at < end) {
                bool plus = *at == '+';
                int c = decode_one(&at, end);
                if (c < 0 || used + 1 >= size)
                        return false;
                buffer[used++] = (char) (plus ? ' ' : c);
        }
        buffer[used] = '\0';
        return true;
}

bool query_get(const char *query, const char *name, char *buffer, size_t size) {
        size_t length = strlen(name);

        for (const char *at = query; at; ) {
                const char *end = at + strcspn(at, "&");
                if ((size_t) (end - at) > length && strncmp(at, name, length) == 0 && at[length] == '=')
                        return decode_value(at + length + 1, end, buffer, size);
                at = *end ? end + 1 : NULL;
        }
        return false;
}

static void get_word(const char *query, const char *name, char *buffer, size_t size) {
        if (!query_get(query, name, buffer, size))
                buffer[0] = '\0';
}

void boot_request_parse(const char *query, struct boot_request *ret) {
        char word[REQUEST_WORD_SIZE];

        *ret = (struct boot_request) {};
        if (query_get(query, "mac", word, sizeof(word)))
                ret->has_mac = mac_parse(word, &ret->mac) == 0 && mac_is_unicast(&ret->mac);
        if (query_get(query, "uuid", word, sizeof(word)))
                ret->has_uuid = uuid_parse(word, &ret->uuid) == 0 && !uuid_is_junk(&ret->uuid);
        if (query_get(query, "platform", word, sizeof(word)))
                ret->platform = strcmp(word, "efi") == 0      ? PLATFORM_EFI
                                : strcmp(word, "pcbios") == 0 ? PLATFORM_PCBIOS
                                                              : PLATFORM_UNKNOWN;
        get_word(query, "arch", ret->architecture, sizeof(ret->architecture));
        get_word(query, "serial", ret->serial, sizeof(ret->serial));
        get_word(query, "manufacturer", ret->manufacturer, sizeof(ret->manufacturer));
        get_word(query, "product", ret->product, sizeof(ret->product));
}
