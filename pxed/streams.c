#include "pxed/streams.h"

#include <errno.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/manager.h"

#define EVENTS_CHUNK 200
/* A boot is told at most so often. */
#define FLIGHT_INTERVAL (100 * USEC_PER_MSEC)

enum stream_kind { STREAM_EVENTS, STREAM_FLIGHTS };

/* What it was told up to: a number of events, or a sequence of the feed. Nothing is kept for a slow reader but this. */
struct stream {
        struct stream *next;
        struct manager *manager;
        struct varlink_call *call;
        enum stream_kind kind;
        uint64_t told;
        uint64_t initial; /* what there was when the call came */
        bool synchronized;
};

static void stream_remove(struct stream *stream) {
        for (struct stream **at = &stream->manager->streams.first; *at; at = &(*at)->next)
                if (*at == stream) {
                        *at = stream->next;
                        break;
                }
        free(stream);
}

static void on_closed(struct varlink_call *call, void *data) {
        stream_remove(data);
}

/* It fell behind what is kept: it would have a hole. */
static void expire(struct stream *stream) {
        (void) varlink_error(stream->call, "org.pxed.Event.Expired",
                             json_pack("{s:I}", "oldest", (json_int_t) stream->manager->state->event_oldest));
        stream_remove(stream);
}

static void send_events(struct stream *stream) {
        struct state *s = stream->manager->state;
        bool first = !stream->synchronized;
        if (stream->told >= s->event_newest && !first)
                return;
        if (stream->told + 1 < s->event_oldest) {
                expire(stream);
                return;
        }
        json_t *events = json_array();
        if (store_read_events(s->store, stream->told, EVENTS_CHUNK, events, &stream->told) < 0) {
                json_decref(events);
                (void) api_storage_failed(stream->call, "org.pxed.Event", s);
                stream_remove(stream);
                return;
        }
        if (stream->told >= stream->initial)
                stream->synchronized = true;
        (void) varlink_reply_more(stream->call,
                                  json_pack("{s:o, s:b}", "events", events, "synchronized", (int) stream->synchronized));
}

/* The next boot that changed; those that ended before the stream began are not told. NULL: none, or out of memory. */
static json_t *next_flight(struct stream *stream) {
        struct state *s = stream->manager->state;
        const struct feed_item *item = feed_after(&s->flights, stream->told, 1);
        for (; item; item = feed_next(item, 1)) {
                uint64_t id = strtoull(item->key, NULL, 10);
                struct boot *boot = boots_find(&s->boots, id);
                stream->told = item->sequence;
                if (boot) {
                        if (boot->ended == 0 || item->sequence > stream->initial)
                                return api_boot_to_json(s, boot);
                } else if (item->sequence > stream->initial) {
                        _cleanup_(boot_freep) struct boot *stored = NULL;
                        if (store_read_boot(s->store, id, &stored) == 0)
                                return api_boot_to_json(s, stored);
                }
        }
        return NULL;
}

static void send_flights(struct stream *stream) {
        /* A boot is a reply; the reader's socket takes several. */
        while (varlink_call_queued(stream->call) == 0) {
                json_t *boot = next_flight(stream);
                bool follows = !boot || stream->told > stream->initial;
                if (!boot && stream->synchronized)
                        return;
                stream->synchronized = follows;
                if (varlink_reply_more(stream->call, json_pack("{s:o, s:b}", "boot", boot ? boot : json_null(), "synchronized",
                                                               (int) follows)) < 0)
                        return;
        }
}

static void stream_send(struct stream *stream) {
        if (varlink_call_queued(stream->call) > 0)
                return;
        if (stream->kind == STREAM_EVENTS)
                send_events(stream);
        else
                send_flights(stream);
}

static void on_drained(struct varlink_call *call, void *data) {
        struct stream *stream = data;
        /* Boots keep their pace, but for the first ones. */
        if (stream->kind == STREAM_EVENTS || !stream->synchronized)
                stream_send(stream);
        else
                manager_wake(stream->manager);
}

static int add(struct manager *m, struct varlink_call *call, enum stream_kind kind, uint64_t told, uint64_t initial) {
        struct stream *stream = calloc(1, sizeof *stream);
        if (!stream)
                return -ENOMEM;
        *stream = (struct stream) { m->streams.first, m, call, kind, told, initial, false };
        m->streams.first = stream;
        varlink_call_on_closed(call, on_closed, stream);
        varlink_call_on_drained(call, on_drained);
        stream_send(stream);
        return 0;
}

int streams_add_events(struct manager *m, struct varlink_call *call, uint64_t after) {
        return add(m, call, STREAM_EVENTS, after, m->state->event_newest);
}

int streams_add_flights(struct manager *m, struct varlink_call *call) {
        return add(m, call, STREAM_FLIGHTS, 0, m->state->flights.sequence);
}

static uint64_t told_by_all(const struct streams *streams) {
        uint64_t told = UINT64_MAX;
        for (const struct stream *stream = streams->first; stream; stream = stream->next)
                if (stream->kind == STREAM_FLIGHTS && stream->told < told)
                        told = stream->told;
        return told;
}

uint64_t streams_send(struct manager *m, uint64_t now) {
        struct streams *streams = &m->streams;
        bool due = now >= streams->flights_sent + FLIGHT_INTERVAL, pending = false;

        for (struct stream *stream = streams->first, *next; stream; stream = next) {
                next = stream->next;
                if (stream->kind == STREAM_EVENTS || due)
                        stream_send(stream);
                else
                        pending = pending || stream->told < m->state->flights.sequence;
        }
        if (due) {
                streams->flights_sent = now;
                feed_prune(&m->state->flights, told_by_all(streams));
        }
        return pending ? streams->flights_sent + FLIGHT_INTERVAL - now : 0;
}
