#include "netcfg/read.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "netcfg/observer.h"
#include "netcfg/print.h"
#include "netcfg/print_timeline.h"
#include "netcfg/report.h"

/* The file does not say which network it was captured on. */
#define NETWORK "capture"
/* Sightings that are kept for the end. */
#define SEEN_MAX 100000

struct reading {
        bool json;
        struct observer *observer;
        struct timeline *timeline;
        struct segment segment;
        json_t *observations; /* of the frame at hand */
        json_t *seen;         /* by MAC and VLAN: type Sighting as it is by now */
        uint64_t last;        /* time of the last frame */
};

static inline void pcap_closep(pcap_t **pcap) {
        if (*pcap)
                pcap_close(*pcap);
}

static void on_step(const struct step *step, void *userdata) {
        struct reading *reading = userdata;

        json_array_append_new(reading->observations, json_pack("{s:I, s:o}", "time", (json_int_t) step->time, "step", report_step(step, NETWORK)));
        if (timeline_add(reading->timeline, step) < 0)
                fprintf(stderr, "No memory for a step of a boot.\n");
}

static void add_sightings(struct reading *reading) {
        struct sighting sighting;
        char key[64], mac[MAC_TEXT_SIZE];

        while (sightings_take(observer_sightings(reading->observer), &sighting)) {
                json_t *json = report_sighting(&sighting, NETWORK);
                snprintf(key, sizeof(key), "%s/%d", mac_format(&sighting.mac, mac), sighting.vlan);
                if (json_object_size(reading->seen) < SEEN_MAX)
                        json_object_set(reading->seen, key, json);
                json_array_append_new(reading->observations, json_pack("{s:I, s:o}", "time", (json_int_t) sighting.last, "sighting", json));
        }
}

static void add_conflicts(struct reading *reading) {
        struct address_conflict conflict;

        while (claims_take(observer_claims(reading->observer), &conflict))
                json_array_append_new(reading->observations, json_pack("{s:I, s:o}", "time", (json_int_t) conflict.time, "addressConflict",
                                                                       report_address_conflict(&conflict, NETWORK)));
}

static void put_line(json_t *line) {
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
}

static void put_frame(const struct reading *reading, const struct pcap_pkthdr *header, const uint8_t *frame) {
        struct packet packet;

        int r = packet_parse(frame, header->caplen, &packet);
        json_t *line = print_packet(&packet, r);
        json_object_set_new(line, "time", json_integer((json_int_t) reading->last));
        json_object_set(line, "observations", reading->observations);
        put_line(line);
}

static void read_frame(struct reading *reading, const struct pcap_pkthdr *header, const uint8_t *frame) {
        reading->last = (uint64_t) header->ts.tv_sec * USEC_PER_SEC + (uint64_t) header->ts.tv_usec;
        json_array_clear(reading->observations);
        observer_frame(reading->observer, &reading->segment, NETWORK, frame, header->caplen, reading->last);
        add_sightings(reading);
        add_conflicts(reading);
        if (reading->json)
                put_frame(reading, header, frame);
}

static void put_results(const struct reading *reading) {
        const struct timeline *timeline = reading->timeline;
        const char *key;
        json_t *sighting;

        if (!reading->json)
                printf("Machines seen: %zu\n", json_object_size(reading->seen));
        json_object_foreach(reading->seen, key, sighting) {
                if (reading->json)
                        put_line(json_pack("{s:O}", "sighting", sighting));
                else
                        print_sighting(sighting, stdout);
        }
        for (size_t i = 0; i < timeline->n_boots; i++)
                if (reading->json)
                        put_line(json_pack("{s:o}", "boot", timeline_boot_json(timeline, i, reading->last)));
                else
                        print_boot(timeline, i, reading->last, stdout);
        if (!reading->json && timeline->n_boots == 0)
                printf("\nNo machine asked to boot from the network.\n");
}

static int read_frames(struct reading *reading, pcap_t *pcap, const char *path) {
        struct pcap_pkthdr *header;
        const uint8_t *frame;
        int r;

        while ((r = pcap_next_ex(pcap, &header, &frame)) == 1)
                read_frame(reading, header, frame);
        put_results(reading);
        if (r == PCAP_ERROR)
                fprintf(stderr, "Cannot read all of %s: %s\n", path, pcap_geterr(pcap));
        return r == PCAP_ERROR ? EXIT_FAILURE : EXIT_SUCCESS;
}

int read_capture(const char *path, bool json, const char *own) {
        char error[PCAP_ERRBUF_SIZE] = "";
        _cleanup_(pcap_closep) pcap_t *pcap = pcap_open_offline(path, error);
        _cleanup_(observer_freep) struct observer *observer = NULL;
        _cleanup_(timeline_freep) struct timeline *timeline = NULL;
        _cleanup_json_ json_t *observations = json_array(), *seen = json_object();
        struct reading reading = { .json = json, .observations = observations, .seen = seen };
        struct ip ip;
        int r;

        if (own && ip_parse(own, &ip) < 0) {
                fprintf(stderr, "--own is an address of the appliance, and '%s' is none\n", own);
                return EXIT_FAILURE;
        }
        if (!pcap) {
                fprintf(stderr, "Cannot read %s: %s\n", path, error);
                return EXIT_FAILURE;
        }
        if (pcap_datalink(pcap) != DLT_EN10MB) {
                fprintf(stderr, "Cannot read %s: its frames are not Ethernet\n", path);
                return EXIT_FAILURE;
        }
        if ((r = observer_new(SIGHTINGS_MAX, 1, on_step, &reading, &observer)) < 0 || (r = timeline_new(&timeline)) < 0) {
                fprintf(stderr, "Cannot read %s: %s\n", path, strerror(-r));
                return EXIT_FAILURE;
        }
        if (own)
                own_add_address(observer_own(observer), &ip);
        reading.observer = observer;
        reading.timeline = timeline;
        return read_frames(&reading, pcap, path);
}
