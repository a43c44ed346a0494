#include "tftp/file_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/macro.h"

char *file_etag(const struct file_facts *facts, char buffer[static ETAG_SIZE]) {
        uint64_t nanoseconds = (uint64_t) facts->modified.tv_sec * 1000000000 + (uint64_t) facts->modified.tv_nsec;

        snprintf(buffer, ETAG_SIZE, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", facts->size, nanoseconds, facts->inode);
        return buffer;
}

char *http_date_format(time_t time, char buffer[static HTTP_DATE_SIZE]) {
        static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
        static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
        struct tm tm;

        buffer[0] = '\0';
        if (!gmtime_r(&time, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
                return buffer;
        snprintf(buffer, HTTP_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
        return buffer;
}

int http_date_parse(const char *text, time_t *ret) {
        static const char *const formats[] = { "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };

        for (size_t i = 0; i < ELEMENTS(formats); i++) {
                struct tm tm = {};
                const char *end = strptime(text, formats[i], &tm);
                if (end && *end == '\0') {
                        *ret = timegm(&tm);
                        return 0;
                }
        }
        return -EINVAL;
}

bool etag_list_has(const char *list, const char *etag, bool weak) {
        const char *at = list + strspn(list, " \t,");

        if (strcmp(at, "*") == 0)
                return true;
        while (*at) {
                bool is_weak = strncmp(at, "W/", 2) == 0;
                const char *tag = is_weak ? at + 2 : at;
                const char *end = *tag == '"' ? strchr(tag + 1, '"') : NULL;
                if (!end)
                        return false;
                size_t length = (size_t) (end + 1 - tag);
                if ((weak || !is_weak) && strlen(etag) == length && memcmp(tag, etag, length) == 0)
                        return true;
                at = end + 1;
                at += strspn(at, " \t,");
        }
        return false;
}

/* Digits from *at on, at the most UINT64_MAX; false when there are none. */
static bool read_number(const char **at, uint64_t *ret) {
        const char *text = *at;
        uint64_t value = 0;

        for (; *text >= '0' && *text <= '9'; text++)
                if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t) (*text - '0'), &value))
                        value = UINT64_MAX;
        if (text == *at)
                return false;
        *at = text;
        *ret = value;
        return true;
}

/* 206 or 416 into *answer, which stays as it is for what is no range, or several: they may be ignored (14.2). */
static void apply_range(const char *range, uint64_t size, struct file_answer *answer) {
        uint64_t first, last = UINT64_MAX, suffix;
        const char *at = range;

        if (strncasecmp(at, "bytes=", 6) != 0)
                return;
        at += 6;

        if (*at == '-') {
                at++;
                if (!read_number(&at, &suffix) || *at)
                        return;
                if (suffix == 0 || size == 0) {
                        answer->status = 416;
                        return;
                }
                first = suffix < size ? size - suffix : 0;
        } else {
                if (!read_number(&at, &first) || *at++ != '-')
                        return;
                if (*at && (!read_number(&at, &last) || *at || last < first))
                        return;
                if (first >= size) {
                        answer->status = 416;
                        return;
                }
        }
        if (last >= size)
                last = size - 1;
        *answer = (struct file_answer) { .status = 206, .start = first, .length = last - first + 1 };
}

/* 13.1.5: the range holds only for the very state that the client has a part of. */
static bool if_range_holds(const char *if_range, const struct file_facts *facts, const char *etag) {
        time_t date;

        if (!if_range)
                return true;
        if (if_range[0] == '"' || strncmp(if_range, "W/", 2) == 0)
                return strcmp(if_range, etag) == 0;
        return http_date_parse(if_range, &date) == 0 && date == facts->modified.tv_sec;
}

/* The order is that of 13.2.2. */
struct file_answer file_answer(const struct file_facts *facts, const struct file_conditions *conditions, bool head) {
        struct file_answer answer = { .status = 200, .length = facts->size };
        char etag[ETAG_SIZE];
        time_t date;

        file_etag(facts, etag);
        if (conditions->if_match) {
                if (!etag_list_has(conditions->if_match, etag, false))
                        return (struct file_answer) { .status = 412 };
        } else if (conditions->if_unmodified_since && http_date_parse(conditions->if_unmodified_since, &date) == 0 &&
                   facts->modified.tv_sec > date)
                return (struct file_answer) { .status = 412 };

        if (conditions->if_none_match) {
                if (etag_list_has(conditions->if_none_match, etag, true))
                        return (struct file_answer) { .status = 304 };
        } else if (conditions->if_modified_since && http_date_parse(conditions->if_modified_since, &date) == 0 &&
                   facts->modified.tv_sec <= date)
                return (struct file_answer) { .status = 304 };

        if (!head && conditions->range && if_range_holds(conditions->if_range, facts, etag))
                apply_range(conditions->range, facts->size, &answer);
        return answer;
}

const char *content_type(const char *path) {
        static const struct {
                const char *end, *type;
        } types[] = {
                { ".efi", "application/efi" },          { ".iso", "application/vnd.efi-iso" },
                { ".img", "application/vnd.efi-img" },  { ".json", "application/json" },
                { ".ipxe", "text/plain; charset=utf-8" }, { ".cfg", "text/plain; charset=utf-8" },
                { ".txt", "text/plain; charset=utf-8" },
        };
        const char *dot = strrchr(path, '.');

        for (size_t i = 0; dot && i < ELEMENTS(types); i++)
                if (strcasecmp(dot, types[i].end) == 0)
                        return types[i].type;
        return "application/octet-stream";
}
