#include "tftp/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool text_reserve(struct text *text, size_t more) {
        if (text->failed)
                return false;
        if (text->room - text->size > more)
                return true;

        size_t room = text->room ? text->room : 512;
        while (room - text->size <= more)
                room *= 2;
        char *data = realloc(text->data, room);
        if (!data) {
                text->failed = true;
                return false;
        }
        text->data = data;
        text->room = room;
        return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t size) {
        if (!text_reserve(text, size))
                return;
        memcpy(text->data + text->size, bytes, size);
        text->size += size;
        text->data[text->size] = '\0';
}

void text_add(struct text *text, const char *string) {
        text_add_bytes(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...) {
        va_list arguments, again;

        va_start(arguments, format);
        va_copy(again, arguments);
        int length = vsnprintf(NULL, 0, format, arguments);
        if (length < 0)
                text->failed = true;
        else if (text_reserve(text, (size_t) length)) {
                vsnprintf(text->data + text->size, (size_t) length + 1, format, again);
                text->size += (size_t) length;
        }
        va_end(again);
        va_end(arguments);
}

char *text_take(struct text *text) {
        if (text->failed || (!text->data && !text_reserve(text, 0))) {
                text_clear(text);
                return NULL;
        }
        text->data[text->size] = '\0';
        char *data = text->data;
        *text = (struct text) {};
        return data;
}

void text_clear(struct text *text) {
        free(text->data);
        *text = (struct text) {};
}
