#include "pxed/ctl/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/macro.h"

/* One code point; returns its bytes, 0 where they are not UTF-8 (RFC 3629: no surrogates, nothing longer than need be). */
static size_t decode(const unsigned char *p, uint32_t *ret) {
        if (p[0] < 0x80) {
                *ret = p[0];
                return 1;
        }
        size_t length = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : 0;
        if (length == 0)
                return 0;
        uint32_t c = p[0] & (0xffU >> (length + 1));
        for (size_t i = 1; i < length; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if (c < least[length] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
                return 0;
        *ret = c;
        return length;
}

struct range {
        uint32_t first, last;
};

static bool within(uint32_t c, const struct range *ranges, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (c >= ranges[i].first && c <= ranges[i].last)
                        return true;
        return false;
}

/* Steer the terminal, or reorder and hide what stands around them. */
static bool is_harmful(uint32_t c) {
        static const struct range ranges[] = {
                { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },     { 0x061c, 0x061c }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
                { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe000, 0xf8ff }, { 0xe0000, 0x10ffff },
        };
        return within(c, ranges, ELEMENTS(ranges));
}

static size_t columns_of(uint32_t c) {
        static const struct range none[] = {
                { 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f }, { 0x1ab0, 0x1aff },
                { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
        };
        static const struct range wide[] = {
                { 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },   { 0xac00, 0xd7a3 },
                { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
                { 0x20000, 0x3fffd },
        };
        if (within(c, none, ELEMENTS(none)))
                return 0;
        return within(c, wide, ELEMENTS(wide)) ? 2 : 1;
}

static size_t escape_byte(char *out, uint32_t c) {
        static const char *const known[] = { ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t" };
        if (c < ELEMENTS(known) && known[c])
                return (size_t) sprintf(out, "%s", known[c]);
        return (size_t) sprintf(out, "\\x%02x", (unsigned) c);
}

char *text_escape(const char *text) {
        /* The most a byte can grow to is "\x1b"; a harmful character of n bytes becomes at most "\U0010ffff". */
        size_t size = strlen(text);
        char *result = malloc(size * 5 + 1), *out = result;
        if (!result)
                return NULL;

        for (const unsigned char *p = (const unsigned char *) text; *p;) {
                uint32_t c;
                size_t n = decode(p, &c);
                if (n == 0)
                        out += escape_byte(out, *p++);
                else {
                        if (n == 1 && is_harmful(c))
                                out += escape_byte(out, c);
                        else if (is_harmful(c))
                                out += sprintf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned) c);
                        else {
                                memcpy(out, p, n);
                                out += n;
                        }
                        p += n;
                }
        }
        *out = '\0';
        return result;
}

size_t text_fit(const char *text, size_t columns, size_t *ret_columns) {
        const unsigned char *p = (const unsigned char *) text;
        size_t used = 0;
        while (*p) {
                uint32_t c = 0;
                size_t n = decode(p, &c), w = n > 0 ? columns_of(c) : 1;
                if (used + w > columns)
                        break;
                used += w;
                p += n > 0 ? n : 1;
        }
        if (ret_columns)
                *ret_columns = used;
        return (size_t) (p - (const unsigned char *) text);
}

size_t text_width(const char *text) {
        size_t columns;
        text_fit(text, SIZE_MAX, &columns);
        return columns;
}

char *text_size(uint64_t bytes, char buffer[static TEXT_NUMBER_SIZE]) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        double value = (double) bytes;
        size_t unit = 0;
        /* 1023.96 KiB would round to 1024 KiB: go on to the next unit a little before it is reached. */
        while (value >= 1023.95 && unit + 1 < ELEMENTS(units)) {
                value /= 1024;
                unit++;
        }
        uint64_t tenths = (uint64_t) (value * 10 + 0.5);
        if (unit == 0 || tenths % 10 == 0)
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " %s", unit == 0 ? bytes : tenths / 10, units[unit]);
        else
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
        return buffer;
}

static char *two_units(char *buffer, uint64_t big, const char *big_unit, uint64_t small, const char *small_unit) {
        if (small == 0)
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " %s", big, big_unit);
        else
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " %s %" PRIu64 " %s", big, big_unit, small, small_unit);
        return buffer;
}

char *text_duration(uint64_t us, char buffer[static TEXT_NUMBER_SIZE]) {
        uint64_t s = us / USEC_PER_SEC;
        if (us < USEC_PER_SEC) {
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " ms", us / USEC_PER_MSEC);
                return buffer;
        }
        if (s < 60) {
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 ".%" PRIu64 " s", s, us % USEC_PER_SEC / 100000);
                return buffer;
        }
        if (s < 3600)
                return two_units(buffer, s / 60, "min", s % 60, "s");
        if (s < 86400)
                return two_units(buffer, s / 3600, "h", s % 3600 / 60, "min");
        return two_units(buffer, s / 86400, "d", s % 86400 / 3600, "h");
}

char *text_age(uint64_t then, uint64_t now, char buffer[static TEXT_NUMBER_SIZE]) {
        uint64_t s = now > then ? (now - then) / USEC_PER_SEC : 0;
        if (s == 0)
                snprintf(buffer, TEXT_NUMBER_SIZE, "now");
        else if (s < 60)
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " s", s);
        else if (s < 3600)
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " min", s / 60);
        else if (s < 2 * 86400)
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " h", s / 3600);
        else
                snprintf(buffer, TEXT_NUMBER_SIZE, "%" PRIu64 " d", s / 86400);
        return buffer;
}

static bool local_time(uint64_t us, struct tm *ret) {
        time_t seconds = (time_t) (us / USEC_PER_SEC);
        return localtime_r(&seconds, ret) != NULL;
}

char *text_time(uint64_t us, char buffer[static TEXT_NUMBER_SIZE]) {
        struct tm tm;
        if (us == 0 || !local_time(us, &tm) || strftime(buffer, TEXT_NUMBER_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
                snprintf(buffer, TEXT_NUMBER_SIZE, "-");
        return buffer;
}

char *text_clock(uint64_t us, char buffer[static TEXT_NUMBER_SIZE]) {
        struct tm tm;
        char hms[16];
        if (us == 0 || !local_time(us, &tm) || strftime(hms, sizeof hms, "%H:%M:%S", &tm) == 0)
                snprintf(buffer, TEXT_NUMBER_SIZE, "-");
        else
                snprintf(buffer, TEXT_NUMBER_SIZE, "%s.%03u", hms, (unsigned) (us % USEC_PER_SEC / USEC_PER_MSEC));
        return buffer;
}

char *text_offset(int64_t us, char buffer[static TEXT_NUMBER_SIZE]) {
        uint64_t size = us < 0 ? -(uint64_t) us : (uint64_t) us;
        snprintf(buffer, TEXT_NUMBER_SIZE, "%c%" PRIu64 ".%03" PRIu64 "s", us < 0 ? '-' : '+', size / USEC_PER_SEC,
                 size % USEC_PER_SEC / USEC_PER_MSEC);
        return buffer;
}
