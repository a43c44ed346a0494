#include "netcfg/transfer.h"

#include <stdio.h>
#include <string.h>

#include "lib/macro.h"

#define BLOCK_SIZE 512 /* RFC 1350 */

static struct transfer *slot(struct transfers *transfers, uint16_t network, const struct ip *client, uint16_t port) {
        /* FNV-1a */
        uint64_t hash = 0xcbf29ce484222325U;
        const uint8_t *bytes = client->family == AF_INET ? (const uint8_t *) &client->v4 : (const uint8_t *) &client->v6;
        size_t size = client->family == AF_INET ? sizeof(client->v4) : sizeof(client->v6);

        for (size_t i = 0; i < size; i++)
                hash = (hash ^ bytes[i]) * 0x100000001b3U;
        hash = (hash ^ port) * 0x100000001b3U;
        hash = (hash ^ (uint64_t) network) * 0x100000001b3U;
        return &transfers->slots[hash % TRANSFERS_MAX];
}

struct transfer *transfer_find(struct transfers *transfers, uint16_t network, const struct ip *client, uint16_t port, uint64_t now) {
        struct transfer *t = slot(transfers, network, client, port);

        if (t->time == 0 || t->network != network || t->port != port || !ip_equal(&t->client, client))
                return NULL;
        return now <= t->heard || now - t->heard <= TRANSFER_IDLE ? t : NULL;
}

/* The same was sent again, or something else. Returns whether it was sent again. */
static bool note_sent(struct transfer *t, uint16_t operation, uint16_t block, uint64_t now) {
        if (t->last_operation == operation && t->last_block == block) {
                t->repeats++;
                t->last = now;
                return true;
        }
        t->last_operation = operation;
        t->last_block = block;
        t->repeats = 0;
        t->last = 0;
        return false;
}

/* Sizes of files change: a newer one takes the place of an older one. */
static struct transfer_size *known_size(struct transfers *transfers, const struct transfer *t) {
        for (unsigned i = 0; i < TRANSFER_SIZES_MAX; i++) {
                struct transfer_size *s = &transfers->sizes[i];
                if (s->client.family != 0 && s->network == t->network && ip_equal(&s->client, &t->client) && ip_equal(&s->server, &t->server) &&
                    strcmp(s->file, t->file) == 0)
                        return s;
        }
        return NULL;
}

static void learn_size(struct transfers *transfers, struct transfer *t) {
        struct transfer_size *s = known_size(transfers, t);

        if (!t->agreed.has_size || t->agreed.size > INT64_MAX)
                return;
        t->has_size = true;
        t->size = t->agreed.size;
        if (!s) {
                s = &transfers->sizes[transfers->next_size];
                transfers->next_size = (transfers->next_size + 1) % TRANSFER_SIZES_MAX;
                *s = (struct transfer_size) { .network = t->network, .client = t->client, .server = t->server };
                memcpy(s->file, t->file, sizeof(s->file));
        }
        s->size = t->size;
}

struct transfer *transfer_request(struct transfers *transfers, uint16_t network, const struct ip *client, uint16_t port, const struct ip *server,
                                  const struct tftp *request, uint64_t now) {
        struct transfer *t = transfer_find(transfers, network, client, port, now);

        if (t && t->state == TRANSFER_REQUESTED && strcmp(t->file, request->file) == 0) {
                (void) note_sent(t, request->operation, 0, now);
                t->heard = now;
                return t;
        }
        t = slot(transfers, network, client, port);
        *t = (struct transfer) {
                .network = network,
                .client = *client,
                .server = *server,
                .port = port,
                .time = now,
                .heard = now,
                .writes = request->operation == TFTP_WRITE,
                .state = TRANSFER_REQUESTED,
                .asked = *request,
                .last_operation = request->operation,
        };
        memcpy(t->file, request->file, sizeof(t->file));
        const struct transfer_size *known = known_size(transfers, t);
        if (known) {
                t->has_size = true;
                t->size = known->size;
        }
        return t;
}

/* A transfer that has ended stays as it ended. */
static bool advance(struct transfer *t, enum step_transfer state) {
        if (t->state >= TRANSFER_DONE || state <= t->state)
                return false;
        t->state = state;
        return true;
}

static uint64_t block_size(const struct transfer *t) {
        return t->has_agreed && t->agreed.has_block_size && t->agreed.block_size > 0 ? t->agreed.block_size : BLOCK_SIZE;
}

bool transfer_size(const struct transfer *t, uint64_t *ret) {
        if (t->has_size)
                *ret = t->size;
        return t->has_size;
}

uint64_t transfer_bytes(const struct transfer *t) {
        uint64_t size, bytes = 0;

        if (__builtin_mul_overflow(t->blocks, block_size(t), &bytes))
                bytes = 0;
        return transfer_size(t, &size) && bytes > size ? size : bytes;
}

/* Of 16 bits, which a large file goes round: one ahead of those acknowledged so far. One behind is an old one, sent again. Windows (RFC 7440) are
 * acknowledged as a whole, and what is kept of a machine's packets (machine_packets.h) leaves acknowledgements out. */
static bool take_block(struct transfer *t, uint16_t block) {
        uint16_t step = (uint16_t) (block - (uint16_t) t->blocks);

        if (step == 0 || step >= 0x8000)
                return false;
        t->blocks += step;
        return true;
}

/* A file ends with a block that is not full (RFC 1350 section 6), so that of 1024 bytes has three of them. */
static bool is_complete(const struct transfer *t) {
        uint64_t size;

        if (transfer_size(t, &size))
                return t->blocks > size / block_size(t);
        return t->first_is_last && t->blocks >= 1;
}

static bool take_acknowledgement(struct transfer *t, const struct tftp *packet, uint64_t now) {
        bool again = note_sent(t, packet->operation, packet->block, now);
        bool further = packet->block == 0 && t->blocks == 0 ? advance(t, TRANSFER_AGREED) : take_block(t, packet->block) && advance(t, TRANSFER_DATA);

        if (t->state == TRANSFER_DATA && is_complete(t))
                further = advance(t, TRANSFER_DONE);
        if (t->state == TRANSFER_DATA && now - t->told >= TRANSFER_PROGRESS)
                further = true;
        return further || again;
}

static bool take_error(struct transfer *t, const struct tftp *packet, bool by_client) {
        if (!advance(t, by_client ? TRANSFER_ABORTED : TRANSFER_REFUSED))
                return false;
        t->error = *packet;
        return true;
}

bool transfer_packet(struct transfers *transfers, struct transfer *t, const struct tftp *packet, bool by_client, uint64_t now) {
        bool news = false;

        t->heard = now;
        switch (packet->operation) {
        case TFTP_OPTIONS:
                t->agreed = *packet;
                t->has_agreed = true;
                learn_size(transfers, t);
                news = note_sent(t, packet->operation, 0, now);
                news = advance(t, TRANSFER_OPTIONS) || news;
                break;
        case TFTP_DATA:
                t->has_data = true;
                t->first_is_last = packet->data_size < block_size(t);
                /* The answer to a block is watched, not the block, once there is one. */
                if (t->blocks == 0) {
                        news = note_sent(t, packet->operation, packet->block, now);
                        news = advance(t, TRANSFER_AGREED) || news;
                }
                break;
        case TFTP_ACKNOWLEDGEMENT:
                news = by_client && take_acknowledgement(t, packet, now);
                break;
        case TFTP_ERROR:
                news = take_error(t, packet, by_client);
                break;
        }
        if (news)
                t->told = now;
        return news;
}

static void add_number(char *options, size_t size, const char *name, bool has, uint64_t value) {
        char text[24];

        snprintf(text, sizeof(text), "%llu", (unsigned long long) value);
        if (has)
                step_options_add(options, size, name, text);
}

void transfer_options(const struct transfer *t, char *options, size_t size) {
        const struct tftp *tftp = t->has_agreed ? &t->agreed : &t->asked;

        add_number(options, size, "blksize", tftp->has_block_size, tftp->block_size);
        add_number(options, size, "timeout", tftp->has_timeout, tftp->timeout);
        add_number(options, size, "tsize", tftp->has_size, tftp->size);
        add_number(options, size, "windowsize", tftp->has_window_size, tftp->window_size);
}

void transfer_detail(const struct transfer *t, char *text, size_t size) {
        const char *what = NULL;

        text[0] = 0;
        if (t->state == TRANSFER_REFUSED || t->state == TRANSFER_ABORTED)
                snprintf(text, size, "%s: %s (TFTP error %u)", t->state == TRANSFER_REFUSED ? "refused by the server" : "ended by the machine",
                         t->error.message, t->error.error);
        else if (t->writes)
                snprintf(text, size, "wants to write it");
        else if (t->state == TRANSFER_REQUESTED)
                what = "the request was sent";
        else if (t->state == TRANSFER_OPTIONS)
                what = "the option acknowledgement was sent";
        else if (t->state == TRANSFER_AGREED)
                what = t->has_data ? "block 1 was sent" : "block 1 was asked for";
        if (what && t->repeats > 0)
                snprintf(text, size, "%s %u times and not answered", what, t->repeats + 1);
        else if (t->state == TRANSFER_DATA && t->repeats > 0)
                snprintf(text, size, "block %u was acknowledged %u times, and the next one did not come", t->last_block, t->repeats + 1);
}
