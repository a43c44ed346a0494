/* Deflate (RFC 1950) with memory that stays: zlib's own calls ask for and give back 256 KiB for each piece. Pure. */
#pragma once

#include <stddef.h>

#include "lib/macro.h"

struct packer;

/* Asks for memory when it is used first, and keeps it. */
int packer_new(struct packer **ret);
struct packer *packer_free(struct packer *packer);
DEFINE_CLEANUP(struct packer *, packer_free);

/* *ret is the caller's to free. -ENOMEM. */
int packer_pack(struct packer *packer, const void *bytes, size_t size, void **ret, size_t *ret_size);
/* What was packed into exactly `size` bytes, with a NUL behind them; the caller's to free. -EIO: it is none of that; -ENOMEM. */
int packer_unpack(struct packer *packer, const void *packed, size_t packed_size, size_t size, char **ret);
