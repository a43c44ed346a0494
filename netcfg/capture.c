#include "netcfg/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "lib/daemon.h"

#define RING_SIZE (512 * 1024)
#define SNAPSHOT 2048 /* a frame of 1,500 bytes with all tags */
/* Full blocks come at once, others after this time: a person who looks on does not notice, and under load one wake-up brings many. */
#define DELIVERY_MS 10
/* Frames in one turn of the event loop, so that a flood does not keep the bus waiting. */
#define FRAMES_PER_TURN 256

/* TFTP goes on between two ports of free choice: option acknowledgements (operation 6) and errors (5, codes 0 to 8) are told by their
 * first bytes. */
const char capture_filter[] = "arp or (ip and udp and (port 67 or port 4011 or dst port 69 or udp[8:2] = 6 or "
                              "(udp[8:2] = 5 and udp[10:2] <= 8)))";

struct capture {
        struct capture_handlers handlers;
        pcap_t *pcap;
        sd_event_source *source;
        uint64_t dropped;
};

static void on_frame(u_char *userdata, const struct pcap_pkthdr *header, const u_char *bytes) {
        const struct capture *capture = (const struct capture *) userdata;
        uint64_t time = (uint64_t) header->ts.tv_sec * USEC_PER_SEC + (uint64_t) header->ts.tv_usec;

        capture->handlers.frame(bytes, header->caplen, time, capture->handlers.userdata);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct capture *capture = userdata;

        int n = pcap_dispatch(capture->pcap, FRAMES_PER_TURN, on_frame, (u_char *) capture);
        if (n > 0)
                capture->handlers.delivered(capture->handlers.userdata);
        if (n < 0) {
                char reason[PCAP_ERRBUF_SIZE];
                snprintf(reason, sizeof(reason), "%s", pcap_geterr(capture->pcap));
                capture->handlers.ended(reason, capture->handlers.userdata);
        }
        return 0;
}

static int set_filter(pcap_t *pcap) {
        struct bpf_program program;

        if (pcap_compile(pcap, &program, capture_filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
                return -EINVAL;
        int r = pcap_setfilter(pcap, &program);
        pcap_freecode(&program);
        return r < 0 ? -EIO : 0;
}

static int activate(pcap_t *pcap) {
        pcap_set_snaplen(pcap, SNAPSHOT);
        pcap_set_buffer_size(pcap, RING_SIZE);
        pcap_set_timeout(pcap, DELIVERY_MS);
        int r = pcap_activate(pcap);

        if (r == PCAP_ERROR_PERM_DENIED)
                return -EPERM;
        if (r == PCAP_ERROR_NO_SUCH_DEVICE)
                return -ENODEV;
        return r < 0 ? -EIO : 0;
}

static int set_up(struct capture *capture, sd_event *event, char *reason, size_t reason_size) {
        char error[PCAP_ERRBUF_SIZE] = "";

        int r = activate(capture->pcap);
        if (r == -EPERM) {
                snprintf(reason, reason_size, "it needs the capability CAP_NET_RAW");
                return r;
        }
        if (r == 0 && pcap_datalink(capture->pcap) != DLT_EN10MB) {
                snprintf(reason, reason_size, "it is no Ethernet interface");
                return -EPROTONOSUPPORT;
        }
        if (r < 0 || (r = set_filter(capture->pcap)) < 0) {
                const char *text = pcap_geterr(capture->pcap);
                snprintf(reason, reason_size, "%s", text[0] ? text : strerror(-r));
                return r;
        }
        if (pcap_setnonblock(capture->pcap, 1, error) < 0) {
                snprintf(reason, reason_size, "%s", error);
                return -EIO;
        }
        r = sd_event_add_io(event, &capture->source, pcap_get_selectable_fd(capture->pcap), EPOLLIN, on_readable, capture);
        if (r < 0)
                snprintf(reason, reason_size, "%s", strerror(-r));
        return r;
}

int capture_open(sd_event *event, const char *interface, const struct capture_handlers *handlers, struct capture **ret, char *reason,
                 size_t reason_size) {
        _cleanup_(capture_freep) struct capture *capture = calloc(1, sizeof(*capture));
        char error[PCAP_ERRBUF_SIZE] = "";

        if (!capture) {
                snprintf(reason, reason_size, "%s", strerror(ENOMEM));
                return -ENOMEM;
        }
        capture->handlers = *handlers;
        capture->pcap = pcap_create(interface, error);
        if (!capture->pcap) {
                snprintf(reason, reason_size, "%s", error);
                return -EIO;
        }
        int r = set_up(capture, event, reason, reason_size);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(capture);
        return 0;
}

struct capture *capture_free(struct capture *capture) {
        if (!capture)
                return NULL;
        sd_event_source_disable_unref(capture->source);
        if (capture->pcap)
                pcap_close(capture->pcap);
        free(capture);
        return NULL;
}

uint64_t capture_dropped(struct capture *capture) {
        struct pcap_stat stat;

        if (pcap_stats(capture->pcap, &stat) == 0)
                capture->dropped += (uint32_t) (stat.ps_drop - (uint32_t) capture->dropped); /* libpcap counts in 32 bits */
        return capture->dropped;
}
