#include "pxed/pack.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
/* Input that is not written to is const. */
#define ZLIB_CONST
#include <zlib.h>

struct packer {
        z_stream in, out;
        bool packs, unpacks; /* that stream has its memory */
};

int packer_new(struct packer **ret) {
        struct packer *packer = calloc(1, sizeof *packer);
        if (!packer)
                return -ENOMEM;
        *ret = packer;
        return 0;
}

struct packer *packer_free(struct packer *packer) {
        if (!packer)
                return NULL;
        if (packer->packs)
                deflateEnd(&packer->in);
        if (packer->unpacks)
                inflateEnd(&packer->out);
        free(packer);
        return NULL;
}

int packer_pack(struct packer *packer, const void *bytes, size_t size, void **ret, size_t *ret_size) {
        z_stream *z = &packer->in;
        /* The quickest level: the loop waits for it. */
        if (packer->packs ? deflateReset(z) != Z_OK : deflateInit(z, Z_BEST_SPEED) != Z_OK)
                return -ENOMEM;
        packer->packs = true;
        size_t room = deflateBound(z, size);
        _cleanup_free_ Bytef *packed = malloc(room);
        if (!packed || size > UINT_MAX || room > UINT_MAX)
                return -ENOMEM;
        z->next_in = bytes;
        z->avail_in = (uInt) size;
        z->next_out = packed;
        z->avail_out = (uInt) room;
        if (deflate(z, Z_FINISH) != Z_STREAM_END)
                return -ENOMEM;
        *ret_size = room - z->avail_out;
        *ret = TAKE_POINTER(packed);
        return 0;
}

int packer_unpack(struct packer *packer, const void *packed, size_t packed_size, size_t size, char **ret) {
        z_stream *z = &packer->out;
        if (packer->unpacks ? inflateReset(z) != Z_OK : inflateInit(z) != Z_OK)
                return -ENOMEM;
        packer->unpacks = true;
        if (size >= UINT_MAX || packed_size > UINT_MAX)
                return -EIO;
        _cleanup_free_ char *bytes = malloc(size + 1);
        if (!bytes)
                return -ENOMEM;
        z->next_in = packed;
        z->avail_in = (uInt) packed_size;
        z->next_out = (Bytef *) bytes;
        z->avail_out = (uInt) size + 1;
        if (inflate(z, Z_FINISH) != Z_STREAM_END || z->avail_out != 1)
                return -EIO;
        bytes[size] = '\0';
        *ret = TAKE_POINTER(bytes);
        return 0;
}
