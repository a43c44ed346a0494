#include "introspect/delivery.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"

/* What is read into memory and on its way to pxed at a time, two reports of it; one is, however large. */
#define POSTS_MAX 64
#define BYTES_MAX (512 * 1024)
#define RETRY USEC_PER_SEC

/* A post on its way. */
struct parcel {
        struct parcel *next, **link;
        struct delivery *delivery;
        struct spool_post post;
};

struct delivery {
        struct worker *worker;
        struct spool *spool;
        sd_event_source *retry;
        bool stalled; /* until then */
        struct parcel *parcels;
        size_t posts, bytes; /* of the parcels */
};

static struct parcel *parcel_new(struct delivery *delivery, const struct spool_post *post) {
        struct parcel *parcel = malloc(sizeof(*parcel));

        if (!parcel)
                return NULL;
        *parcel = (struct parcel) { delivery->parcels, &delivery->parcels, delivery, *post };
        if (parcel->next)
                parcel->next->link = &parcel->next;
        delivery->parcels = parcel;
        delivery->posts++;
        delivery->bytes += post->size;
        return parcel;
}

static void parcel_free(struct parcel *parcel) {
        *parcel->link = parcel->next;
        if (parcel->next)
                parcel->next->link = parcel->link;
        parcel->delivery->posts--;
        parcel->delivery->bytes -= parcel->post.size;
        free(parcel);
}

static void retry_later(struct delivery *delivery) {
        delivery->stalled = true;
        sd_event_source_set_time_relative(delivery->retry, RETRY);
        sd_event_source_set_enabled(delivery->retry, SD_EVENT_ONESHOT);
}

static void log_refused(const struct spool_post *post, const char *what) {
        char mac[MAC_TEXT_SIZE];

        mac_format(&post->mac, mac);
        log_fields(LOG_ERR, (const char *[]) { "MAC", mac, "POST", post->post, NULL },
                   "%s the inventory of %s; it is kept in the folder `refused` of the state directory.", what, mac);
}

static void on_reported(int result, void *data) {
        struct parcel *parcel = data;
        struct delivery *delivery = parcel->delivery;

        if (result == 0)
                spool_done(delivery->spool, &parcel->post, monotonic_us());
        else if (result == -EINVAL) {
                log_refused(&parcel->post, "pxed refused");
                spool_set_aside(delivery->spool, &parcel->post);
        } else {
                /* Given up by the worker: what ends the connection each time must not hold up all others. */
                if (result == -EIO)
                        spool_put_last(delivery->spool, &parcel->post);
                else
                        spool_put_back(delivery->spool, &parcel->post);
                retry_later(delivery);
        }
        parcel_free(parcel);
        if (result == 0 && delivery->posts == 0 && spool_size(delivery->spool) == 0)
                malloc_trim(0);
        if (result == 0 || result == -EINVAL)
                delivery_go_on(delivery);
}

static void report(struct delivery *delivery, const struct spool_post *post) {
        char *observation = NULL;
        int r = spool_read(delivery->spool, post, &observation);

        if (r == -EBADMSG || r == -ENOENT || r == -ENODATA || r == -EIO) {
                log_refused(post, "Cannot read");
                spool_set_aside(delivery->spool, post);
                return;
        }
        struct parcel *parcel = r < 0 ? NULL : parcel_new(delivery, post);
        if (!parcel) {
                free(observation);
                spool_put_back(delivery->spool, post);
                retry_later(delivery);
                return;
        }
        worker_observe_durably(delivery->worker, observation, post->size, on_reported, parcel);
}

static bool has_room(const struct delivery *delivery) {
        return delivery->posts == 0 || (delivery->posts < POSTS_MAX && delivery->bytes < BYTES_MAX);
}

void delivery_go_on(struct delivery *delivery) {
        struct spool_post post;

        if (!delivery->worker || !worker_is_connected(delivery->worker) || delivery->stalled)
                return;
        while (!delivery->stalled && has_room(delivery) && spool_take(delivery->spool, &post))
                report(delivery, &post);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        struct delivery *delivery = userdata;

        delivery->stalled = false;
        delivery_go_on(delivery);
        return 0;
}

int delivery_new(struct daemon *daemon, struct spool *spool, struct delivery **ret) {
        _cleanup_(delivery_freep) struct delivery *delivery = calloc(1, sizeof(*delivery));

        if (!delivery)
                return -ENOMEM;
        delivery->spool = spool;
        int r = sd_event_add_time_relative(daemon_event(daemon), &delivery->retry, CLOCK_MONOTONIC, 0, 1, on_retry, delivery);
        if (r < 0 || (r = sd_event_source_set_enabled(delivery->retry, SD_EVENT_OFF)) < 0)
                return r;
        *ret = TAKE_POINTER(delivery);
        return 0;
}

struct delivery *delivery_free(struct delivery *delivery) {
        if (!delivery)
                return NULL;
        sd_event_source_disable_unref(delivery->retry);
        while (delivery->parcels)
                parcel_free(delivery->parcels);
        free(delivery);
        return NULL;
}

void delivery_set_worker(struct delivery *delivery, struct worker *worker) {
        delivery->worker = worker;
}
