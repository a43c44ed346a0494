/*
 * TFTP transfers as they are seen on the wire: what was asked for, how far it got, and what was sent again and again. A table of fixed size, in
 * which a newcomer takes the place of an older one. Pure.
 */
#pragma once

#include "lib/address.h"
#include "lib/step.h"
#include "netcfg/tftp.h"

#define TRANSFERS_MAX 256
/* A transfer of which nothing is heard for so long is forgotten: its port may be another's. */
#define TRANSFER_IDLE (60 * USEC_PER_SEC)
/* Bytes that go on are told so often. */
#define TRANSFER_PROGRESS (250 * USEC_PER_MSEC)

struct transfer {
        uint16_t network;
        struct ip client, server;
        uint16_t port; /* of the client; with its address it names the transfer */
        struct mac mac;
        uint64_t time;  /* of the request, microseconds; 0: free */
        uint64_t heard; /* when something of it came last */
        char file[256];
        bool writes;
        enum step_transfer state;
        struct tftp asked, agreed; /* the options */
        bool has_agreed, has_size;
        uint64_t size; /* told in this transfer or in the one before it */
        bool has_data;                /* block 1 was seen */
        bool first_is_last;           /* and was shorter than a block */
        uint64_t blocks;              /* acknowledged */
        uint16_t last_operation, last_block; /* what was sent last */
        unsigned repeats;             /* how often it was sent again */
        uint64_t last;                /* and when last; 0: it was not */
        struct tftp error;            /* state refused or aborted */
        uint64_t told;                /* when its progress was told last */
};

/* Firmware asks for the size in a transfer that it breaks off, and then for the file without asking for it. */
struct transfer_size {
        uint16_t network;
        struct ip client, server;
        char file[256];
        uint64_t size;
};

#define TRANSFER_SIZES_MAX 32

struct transfers {
        struct transfer slots[TRANSFERS_MAX];
        struct transfer_size sizes[TRANSFER_SIZES_MAX]; /* told last, in a ring */
        unsigned next_size;
};

/* A read or write request to `server`. Returns its transfer: the one that it repeats, or a new one. The caller fills `mac`. */
struct transfer *transfer_request(struct transfers *transfers, uint16_t network, const struct ip *client, uint16_t port, const struct ip *server,
                                  const struct tftp *request, uint64_t now);
/* The transfer of that client and port; NULL: none, or none for TRANSFER_IDLE. */
struct transfer *transfer_find(struct transfers *transfers, uint16_t network, const struct ip *client, uint16_t port, uint64_t now);

/* Takes a packet of the transfer that is no request. Returns whether there is something new to tell. */
bool transfer_packet(struct transfers *transfers, struct transfer *transfer, const struct tftp *packet, bool by_client, uint64_t now);

/* Bytes that the machine has acknowledged, of those that there are. */
uint64_t transfer_bytes(const struct transfer *transfer);
/* The size of the file, as the server told it. */
bool transfer_size(const struct transfer *transfer, uint64_t *ret);
/* Its options, as agreed or else as asked for, as lib/step_options.h has them. */
void transfer_options(const struct transfer *transfer, char *options, size_t size);
/* What there is to say beyond its state; "": nothing. */
void transfer_detail(const struct transfer *transfer, char *text, size_t size);
