/* Frames one after the other, so that later ones meet what earlier ones left behind: each is two bytes of length, one of seconds
 * since the one before, and the frame. The table of sightings is small, so that it forgets. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/observer.h"
#include "netcfg/report.h"

#define SIGHTINGS 8

static void on_step(const struct step *step, void *userdata) {
        _cleanup_json_ json_t *json = report_step(step, "lab");
        if (!json)
                abort();
}

static void drain(struct sightings *sightings) {
        struct sighting sighting;

        while (sightings_take(sightings, &sighting)) {
                _cleanup_json_ json_t *json = report_sighting(&sighting, "lab");
                if (!json || !mac_is_unicast(&sighting.mac) || sighting.address_count > SIGHTING_ADDRESSES_MAX || !sighting.protocols)
                        abort();
        }
        if (sightings_count(sightings) > SIGHTINGS)
                abort();
}

static void check_neighbours(const struct neighbours *neighbours) {
        const struct neighbour *neighbour;
        unsigned count = 0;

        while ((neighbour = neighbours_get(neighbours, count))) {
                _cleanup_json_ json_t *json = report_neighbour(neighbour);
                if (!json || neighbour->ttl == 0 || !neighbour->chassis[0])
                        abort();
                count++;
        }
        if (count > NEIGHBOURS_PER_INTERFACE) /* all is heard on one */
                abort();
}

static void drain_answers(struct observer *observer, uint64_t now) {
        struct foreign *foreign = observer_foreign(observer);
        struct foreign_server server;
        struct address_conflict conflict;

        while (foreign_take(foreign, now, &server)) {
                _cleanup_json_ json_t *json = report_foreign_server(&server, "lab");
                if (!json || !json_get_string(json, "address") || foreign_is_own(observer_own(observer), &server.address, &server.mac))
                        abort();
        }
        if (foreign_is_due(foreign) || foreign->count > FOREIGN_MAX)
                abort();
        while (claims_take(observer_claims(observer), &conflict)) {
                _cleanup_json_ json_t *json = report_address_conflict(&conflict, "lab");
                if (!json || conflict.mac_count < 1 || conflict.mac_count > CLAIMERS_MAX)
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(observer_freep) struct observer *observer = NULL;
        struct segment segment = { .network = 1 };
        struct wire wire = wire_new(data, size);
        uint64_t now = USEC_PER_SEC;

        if (observer_new(SIGHTINGS, 1, on_step, NULL, &observer) < 0)
                abort();
        own_add_address(observer_own(observer), &(struct ip) { .family = AF_INET, .v4.s_addr = inet_addr("192.0.2.1") });
        while (wire_left(&wire) > 3) {
                size_t length = wire_u16(&wire);
                now += wire_u8(&wire) * USEC_PER_SEC;
                if (length > wire_left(&wire))
                        length = wire_left(&wire);
                const uint8_t *frame = wire_bytes(&wire, length);
                observer_frame(observer, &segment, "eth0", frame, length, now);
                if (length % 3 == 0)
                        neighbours_expire(observer_neighbours(observer), now);
                if (length % 2) {
                        drain(observer_sightings(observer));
                        drain_answers(observer, now);
                }
        }
        drain(observer_sightings(observer));
        check_neighbours(observer_neighbours(observer));
        drain_answers(observer, now);
        return 0;
}
