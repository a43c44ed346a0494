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
