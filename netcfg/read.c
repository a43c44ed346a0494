#include "netcfg/read.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "netcfg/observer.h"
#include "netcfg/print.h"
#include "netcfg/report.h"

/* The file does not say which network it was captured on. */
#define NETWORK "capture"

static inline void pcap_closep(pcap_t **pcap) {
        if (*pcap)
                pcap_close(*pcap);
}

static void on_step(const struct step *step, void *userdata) {
        json_array_append_new(userdata, json_pack("{s:I, s:o}", "time", (json_int_t) step->time, "step", report_step(step, NETWORK)));
}

static void add_sightings(struct sightings *sightings, json_t *observations) {
        struct sighting sighting;

        while (sightings_take(sightings, &sighting))
                json_array_append_new(observations, json_pack("{s:I, s:o}", "time", (json_int_t) sighting.last, "sighting",
                                                              report_sighting(&sighting, NETWORK)));
}

static void add_conflicts(struct claims *claims, json_t *observations) {
        struct address_conflict conflict;

        while (claims_take(claims, &conflict))
                json_array_append_new(observations, json_pack("{s:I, s:o}", "time", (json_int_t) conflict.time, "addressConflict",
                                                              report_address_conflict(&conflict, NETWORK)));
}

static void read_frame(struct observer *observer, json_t *observations, struct segment *segment, const struct pcap_pkthdr *header,
                       const uint8_t *frame) {
        uint64_t time = (uint64_t) header->ts.tv_sec * USEC_PER_SEC + (uint64_t) header->ts.tv_usec;
        struct packet packet;

        int r = packet_parse(frame, header->caplen, &packet);
        _cleanup_json_ json_t *line = print_packet(&packet, r);
        json_array_clear(observations);
        observer_frame(observer, segment, NETWORK, frame, header->caplen, time);
        add_sightings(observer_sightings(observer), observations);
        add_conflicts(observer_claims(observer), observations);
        json_object_set_new(line, "time", json_integer((json_int_t) time));
        json_object_set(line, "observations", observations);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
}

int read_capture(const char *path) {
        char error[PCAP_ERRBUF_SIZE] = "";
        _cleanup_(pcap_closep) pcap_t *pcap = pcap_open_offline(path, error);
        _cleanup_(observer_freep) struct observer *observer = NULL;
        _cleanup_json_ json_t *observations = json_array();
        struct segment segment = {};
        struct pcap_pkthdr *header;
        const uint8_t *frame;
        int r;

        if (!pcap) {
                fprintf(stderr, "Cannot read %s: %s\n", path, error);
                return EXIT_FAILURE;
        }
        if (pcap_datalink(pcap) != DLT_EN10MB) {
                fprintf(stderr, "Cannot read %s: its frames are not Ethernet\n", path);
                return EXIT_FAILURE;
        }
        if ((r = observer_new(SIGHTINGS_MAX, 1, on_step, observations, &observer)) < 0) {
                fprintf(stderr, "Cannot read %s: %s\n", path, strerror(-r));
                return EXIT_FAILURE;
        }
        while ((r = pcap_next_ex(pcap, &header, &frame)) == 1)
                read_frame(observer, observations, &segment, header, frame);
        if (r == PCAP_ERROR)
                fprintf(stderr, "Cannot read all of %s: %s\n", path, pcap_geterr(pcap));
        return r == PCAP_ERROR ? EXIT_FAILURE : EXIT_SUCCESS;
}
