#include "introspect/agent/log_archive.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BLOCK 512
#define ARCHIVE_MAX (1024 * 1024)
#define GZIP_WINDOW (15 + 16) /* zlib.h: the largest window, and a gzip header */

struct ustar_header {
        char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2];
        char user[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
_Static_assert(sizeof(struct ustar_header) == BLOCK, "a ustar header is one block");

static size_t padded(size_t size) {
        return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* The checksum is the sum of the header's bytes with its own field taken as blanks. */
static void set_header(struct ustar_header *header, const struct log_file *file, time_t now) {
        unsigned sum = 0;
        memcpy(header->name, file->name, strlen(file->name));
        snprintf(header->mode, sizeof header->mode, "%07o", 0644);
        snprintf(header->uid, sizeof header->uid, "%07o", 0);
        snprintf(header->gid, sizeof header->gid, "%07o", 0);
        snprintf(header->size, sizeof header->size, "%011zo", file->size);
        snprintf(header->mtime, sizeof header->mtime, "%011llo", (unsigned long long) now & 077777777777);
        header->type = '0';
        memcpy(header->magic, "ustar", sizeof header->magic);
        memcpy(header->version, "00", sizeof header->version);
        memset(header->checksum, ' ', sizeof header->checksum);
        for (size_t i = 0; i < sizeof *header; i++)
                sum += ((const unsigned char *) header)[i];
        snprintf(header->checksum, sizeof header->checksum, "%06o", sum);
}

/* Two blocks of zeros end an archive. */
static int make_tar(const struct log_file *files, size_t count, time_t now, unsigned char **ret, size_t *ret_size) {
        size_t size = 2 * BLOCK, at = 0;
        for (size_t i = 0; i < count; i++) {
                if (strlen(files[i].name) >= sizeof((struct ustar_header *) NULL)->name)
                        return -EINVAL;
                if (files[i].size > ARCHIVE_MAX || (size += BLOCK + padded(files[i].size)) > ARCHIVE_MAX)
                        return -EFBIG;
        }
        unsigned char *tar = calloc(1, size);
        if (!tar)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                set_header((struct ustar_header *) (tar + at), &files[i], now);
                memcpy(tar + at + BLOCK, files[i].text, files[i].size);
                at += BLOCK + padded(files[i].size);
        }
        *ret = tar;
        *ret_size = size;
        return 0;
}

static int compress_gzip(unsigned char *data, size_t size, unsigned char **ret, size_t *ret_size) {
        z_stream stream = { .next_in = data, .avail_in = (uInt) size };
        if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
                return -ENOMEM;
        size_t room = deflateBound(&stream, size);
        unsigned char *packed = malloc(room);
        stream.next_out = packed;
        stream.avail_out = (uInt) room;
        int r = packed && deflate(&stream, Z_FINISH) == Z_STREAM_END ? 0 : -ENOMEM;
        *ret_size = stream.total_out;
        deflateEnd(&stream);
        if (r < 0)
                free(packed);
        else
                *ret = packed;
        return r;
}

static char *base64(const unsigned char *data, size_t size) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;
        for (size_t i = 0; text && i < size; i += 3) {
                size_t left = size - i;
                uint32_t group = (uint32_t) data[i] << 16 | (left > 1 ? (uint32_t) data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
                *to++ = digits[group >> 18];
                *to++ = digits[group >> 12 & 63];
                *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
                *to++ = left > 2 ? digits[group & 63] : '=';
        }
        if (text)
                *to = '\0';
        return text;
}

void log_hide_tokens(char *text, size_t size) {
        static const char prefix[] = "p1.";
        for (size_t i = 1; i + strlen(prefix) <= size; i++) {
                /* in a query (?token=p1.) or in a path (/t/p1.) */
                if (memcmp(text + i, prefix, strlen(prefix)) != 0 || (text[i - 1] != '=' && text[i - 1] != '/'))
                        continue;
                for (i += strlen(prefix); i < size && (isalnum((unsigned char) text[i]) || (text[i] && strchr("._-", text[i]))); i++)
                        text[i] = '*';
        }
}

int log_archive(const struct log_file *files, size_t count, time_t now, char **ret) {
        unsigned char *tar, *packed = NULL;
        size_t size, packed_size = 0;
        int r = make_tar(files, count, now, &tar, &size);
        if (r < 0)
                return r;
        r = compress_gzip(tar, size, &packed, &packed_size);
        free(tar);
        if (r < 0)
                return r;
        char *text = base64(packed, packed_size);
        free(packed);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}
