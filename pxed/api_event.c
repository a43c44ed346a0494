/* org.pxed.Event: what has happened. */
#include <errno.h>

#include "lib/json.h"
#include "pxed/api.h"

int api_event_watch(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct state *s = m->state;
        bool more = varlink_wants_more(call);
        int64_t after, limit;
        if (!api_bounded(call, "org.pxed.Event", in, "limit", 1, 1000, 500, &limit) ||
            !api_bounded(call, "org.pxed.Event", in, "after", -1, INT64_MAX, -1, &after))
                return 0;
        uint64_t newest = s->event_newest, from;
        if (after < 0)
                from = more ? newest : newest > (uint64_t) limit ? newest - (uint64_t) limit : 0;
        else
                from = (uint64_t) after;
        /* 0 is "from the oldest"; without a number, too. */
        if (after <= 0 && from + 1 < s->event_oldest)
                from = s->event_oldest - 1;
        if (from + 1 < s->event_oldest)
                return varlink_error(call, "org.pxed.Event.Expired", json_pack("{s:I}", "oldest", (json_int_t) s->event_oldest));
        if (from > newest)
                return api_refuse(call, "org.pxed.Event", "after", "the newest event is %llu", (unsigned long long) newest);
        if (more)
                return streams_add_events(m, call, from);
        json_t *events = json_array();
        int r = store_read_events(s->store, from, (size_t) limit, events, &from);
        if (r < 0) {
                json_decref(events);
                return api_failed(call, "org.pxed.Event", s, r);
        }
        return varlink_reply(call, json_pack("{s:o, s:b}", "events", events, "synchronized", (int) (from >= newest)));
}
