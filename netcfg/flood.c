#include "netcfg/flood.h"

#include <stdio.h>
#include <string.h>

static void begin_second(struct flood *f, uint64_t second) {
        bool over = f->count > FLOOD_RATE;

        if (over && f->count > f->most)
                f->most = f->count;
        f->row = over && second == f->second + 1 ? f->row + 1 : 0;
        if (f->row == 0 && !f->on)
                f->most = 0;
        f->second = second;
        f->count = 0;
        f->mac_count = f->sender_count = 0;
}

static void start(struct flood *f, uint64_t now) {
        f->on = true;
        f->last = now;
}

/* Whether there is one more to add: sender_count stops at one more than fits. */
static bool is_other_sender(const struct flood *f, const struct mac *sender) {
        for (unsigned i = 0; i < f->sender_count && i < FLOOD_EXAMPLES; i++)
                if (memcmp(&f->senders[i], sender, sizeof(*sender)) == 0)
                        return false;
        return f->sender_count <= FLOOD_EXAMPLES;
}

void flood_note(struct flood *f, const struct mac *mac, const struct mac *sender, bool squeezed, uint64_t now) {
        if (now / USEC_PER_SEC != f->second)
                begin_second(f, now / USEC_PER_SEC);
        f->count++;
        if (f->mac_count < FLOOD_EXAMPLES)
                f->macs[f->mac_count++] = *mac;
        if (is_other_sender(f, sender)) {
                if (f->sender_count < FLOOD_EXAMPLES)
                        f->senders[f->sender_count] = *sender;
                f->sender_count++;
        }
        if (squeezed)
                f->squeezed = true;
        /* the second that goes on counts when it is over the limit already */
        if (squeezed || (f->count > FLOOD_RATE && (f->on || f->row + 1 >= FLOOD_SECONDS)))
                start(f, now);
}

bool flood_is_on(struct flood *f, uint64_t now) {
        if (now < f->last) /* the clock was set back */
                f->last = now;
        if (f->on && now - f->last >= FLOOD_QUIET)
                *f = (struct flood) {};
        return f->on;
}

static const char *list_macs(const struct mac *macs, unsigned count, char *buffer, size_t size) {
        char text[MAC_TEXT_SIZE];
        size_t length = 0;

        buffer[0] = 0;
        for (unsigned i = 0; i < count && length < size; i++)
                length += (size_t) snprintf(buffer + length, size - length, "%s%s", i > 0 ? ", " : "", mac_format(&macs[i], text));
        return buffer;
}

/* IEEE 802-2014 8.4: the second bit of the first byte. */
static bool all_made_up(const struct flood *f) {
        for (unsigned i = 0; i < f->mac_count; i++)
                if (!(f->macs[i].bytes[0] & 2))
                        return false;
        return true;
}

void flood_describe(const struct flood *f, const char *interface, char *buffer, size_t size) {
        char macs[FLOOD_EXAMPLES * (MAC_TEXT_SIZE + 2)], senders[FLOOD_EXAMPLES * (MAC_TEXT_SIZE + 2)];
        unsigned rate = f->count > f->most ? f->count : f->most;
        bool few = f->sender_count <= FLOOD_EXAMPLES;

        list_macs(f->macs, f->mac_count, macs, sizeof(macs));
        list_macs(f->senders, few ? f->sender_count : 0, senders, sizeof(senders));
        snprintf(buffer, size,
                 "%u new MAC addresses in a second on %s, e.g. %s%s, sent by %s%s. %s Where from: bridge fdb show, or the switch's address "
                 "table.%s",
                 rate, interface, macs, all_made_up(f) ? " (not a manufacturer's, but made up)" : "", few ? "" : "many different machines",
                 senders,
                 few ? "It scans, floods, or passes on what others send: find it and stop it."
                     : "Look for a loop or a bridge to another network (spanning tree off), or for a machine that makes addresses up.",
                 f->squeezed ? " Machines that are still there had to be forgotten for them." : "");
}
