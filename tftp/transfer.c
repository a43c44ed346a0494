#include "tftp/transfer.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>

struct transfer {
        struct transfer *next, **to_this;
        struct report *report;
        int fd;
        uint64_t acked_before, start, length;
};

struct transfers {
        /* Also keeps a socket open while it is sampled: transfer_end, which takes it, comes before the close. */
        pthread_mutex_t lock;
        struct transfer *first;
        unsigned count;
        struct reports *reports;
};

int transfers_new(struct reports *reports, struct transfers **ret) {
        struct transfers *transfers = calloc(1, sizeof(*transfers));

        if (!transfers)
                return -ENOMEM;
        pthread_mutex_init(&transfers->lock, NULL);
        transfers->reports = reports;
        *ret = transfers;
        return 0;
}

struct transfers *transfers_free(struct transfers *transfers) {
        if (transfers) {
                pthread_mutex_destroy(&transfers->lock);
                free(transfers);
        }
        return NULL;
}

/* Bytes of this connection that the peer has acknowledged since it was opened. */
static uint64_t bytes_acked(int fd) {
        struct tcp_info info = {};
        socklen_t size = sizeof(info);

        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
            size < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof(info.tcpi_bytes_acked))
                return 0;
        return info.tcpi_bytes_acked;
}

/* How much of the file the machine has. The header of the response counts in; it is a few hundred bytes. */
static uint64_t position(const struct transfer *transfer) {
        uint64_t acked = bytes_acked(transfer->fd);
        uint64_t moved = acked > transfer->acked_before ? acked - transfer->acked_before : 0;

        return transfer->start + (moved < transfer->length ? moved : transfer->length);
}

struct transfer *transfer_begin(struct transfers *transfers, int fd, uint64_t start, uint64_t length, struct report *report) {
        struct transfer *transfer = malloc(sizeof(*transfer));

        if (!transfer) {
                report_free(report);
                return NULL;
        }
        *transfer = (struct transfer) { .report = report, .fd = fd, .acked_before = bytes_acked(fd), .start = start, .length = length };
        report->has_bytes = true;
        report->bytes = start;

        pthread_mutex_lock(&transfers->lock);
        transfer->next = transfers->first;
        transfer->to_this = &transfers->first;
        if (transfer->next)
                transfer->next->to_this = &transfer->next;
        transfers->first = transfer;
        bool first = transfers->count++ == 0;
        pthread_mutex_unlock(&transfers->lock);

        if (first)
                reports_wake(transfers->reports);
        return transfer;
}

struct report *transfer_end(struct transfers *transfers, struct transfer *transfer, bool complete) {
        pthread_mutex_lock(&transfers->lock);
        *transfer->to_this = transfer->next;
        if (transfer->next)
                transfer->next->to_this = transfer->to_this;
        transfers->count--;
        pthread_mutex_unlock(&transfers->lock);

        struct report *report = transfer->report;
        report->bytes = complete ? transfer->start + transfer->length : position(transfer);
        free(transfer);
        return report;
}

unsigned transfers_sample(struct transfers *transfers, void (*progress)(const struct report *report, void *userdata), void *userdata) {
        pthread_mutex_lock(&transfers->lock);
        for (struct transfer *transfer = transfers->first; transfer; transfer = transfer->next) {
                uint64_t bytes = position(transfer);
                if (bytes != transfer->report->bytes) {
                        transfer->report->bytes = bytes;
                        progress(transfer->report, userdata);
                }
        }
        unsigned count = transfers->count;
        pthread_mutex_unlock(&transfers->lock);
        return count;
}
