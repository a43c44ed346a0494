#include "netcfg/tftp.h"

#include <errno.h>
#include <strings.h>

#include "lib/macro.h"
#include "netcfg/text.h"

/* Text up to its NUL, which is read too. Without a NUL the cursor fails. */
static void read_text(struct wire *wire, char *buffer, size_t size) {
        size_t left = wire_left(wire);
        const uint8_t *text = wire->at, *nul = left > 0 ? memchr(text, 0, left) : NULL;

        buffer[0] = 0;
        if (!nul) {
                wire_fail(wire);
                return;
        }
        text_copy(buffer, size, text, (size_t) (nul - text));
        wire_skip(wire, (size_t) (nul - text) + 1);
}

static bool read_number(const char *text, uint64_t *ret) {
        uint64_t value = 0;

        if (!*text)
                return false;
        for (; *text; text++) {
                unsigned digit = (unsigned) *text - '0';
                if (digit > 9 || __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
                        return false;
        }
        if (value > INT64_MAX) /* no file is as large, and no JSON reader need know the number */
                return false;
        *ret = value;
        return true;
}

static void take_option(struct tftp *tftp, const char *name, const char *text) {
        const struct {
                const char *name;
                bool *has;
                uint64_t *value;
        } options[] = {
                { "tsize", &tftp->has_size, &tftp->size },
                { "blksize", &tftp->has_block_size, &tftp->block_size },
                { "timeout", &tftp->has_timeout, &tftp->timeout },
                { "windowsize", &tftp->has_window_size, &tftp->window_size },
        };

        for (size_t i = 0; i < ELEMENTS(options); i++)
                if (strcasecmp(name, options[i].name) == 0 && read_number(text, options[i].value))
                        *options[i].has = true;
}

/* With a cursor of its own: a damaged option takes those after it away, not the request. */
static void read_options(struct wire wire, struct tftp *tftp) {
        char name[16], value[24];

        while (wire_left(&wire) > 0) {
                read_text(&wire, name, sizeof(name));
                read_text(&wire, value, sizeof(value));
                if (!wire.failed)
                        take_option(tftp, name, value);
        }
}

int tftp_parse(struct wire *wire, struct tftp *ret) {
        struct tftp tftp = { .operation = wire_u16(wire) };

        switch (tftp.operation) {
        case TFTP_READ:
        case TFTP_WRITE:
                read_text(wire, tftp.file, sizeof(tftp.file));
                read_text(wire, tftp.mode, sizeof(tftp.mode));
                if (!wire->failed && !tftp.file[0])
                        wire_fail(wire);
                read_options(*wire, &tftp);
                break;
        case TFTP_OPTIONS:
                read_options(*wire, &tftp);
                break;
        case TFTP_DATA:
                tftp.block = wire_u16(wire);
                tftp.data_size = (uint16_t) wire_left(wire);
                if (!wire->failed && tftp.block != 1)
                        return -ENOMSG;
                break;
        case TFTP_ACKNOWLEDGEMENT:
                tftp.block = wire_u16(wire);
                break;
        case TFTP_ERROR:
                tftp.error = wire_u16(wire);
                /* Some servers forget the NUL. */
                text_copy(tftp.message, sizeof(tftp.message), wire->at, wire_left(wire));
                break;
        default:
                return wire->failed ? -EBADMSG : -ENOMSG;
        }
        if (wire->failed)
                return -EBADMSG;
        *ret = tftp;
        return 0;
}
