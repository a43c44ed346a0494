#include "netcfg/text.h"

size_t text_copy(char *buffer, size_t size, const uint8_t *text, size_t length) {
        size_t n = 0;

        while (n < length && n + 1 < size && text[n] != 0) {
                buffer[n] = text[n] >= 0x20 && text[n] < 0x7f ? (char) text[n] : '?';
                n++;
        }
        buffer[n] = 0;
        return n;
}

char *text_hex(char *buffer, size_t size, const uint8_t *bytes, size_t length) {
        static const char digits[] = "0123456789abcdef";
        size_t n = 0;

        for (size_t i = 0; i < length && n + 2 < size; i++) {
                buffer[n++] = digits[bytes[i] >> 4];
                buffer[n++] = digits[bytes[i] & 15];
        }
        buffer[n] = 0;
        return buffer;
}
