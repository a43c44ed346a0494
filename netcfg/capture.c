#include "netcfg/capture.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/daemon.h"

#define SNAPSHOT 2048 /* a frame of 1,500 bytes with all tags */
/* Frames in one turn of the event loop, so that a flood does not keep the bus waiting. */
#define FRAMES_PER_TURN 256

/*
 * The ring of the kernel is made of blocks of 256 KiB. A full one comes at once, any other after `delivery_ms`: a person who looks on does not notice, and
 * under load one wake-up brings many. However little is in a block, it is given back only when it was read: so the number of blocks and that time also
 * say for how long the daemon may not run at all before frames are lost. 0: each frame comes at once, from a ring of single frames.
 */
static const struct {
        int ring_size, delivery_ms;
} rings[] = {
        [CAPTURE_ALL] = { 2 * 1024 * 1024, 50 },
        [CAPTURE_MACHINES] = { 2 * 1024 * 1024, 50 },
        [CAPTURE_NEIGHBOURS] = { 64 * 1024, 0 },
};

/* CDP is no EtherType: 802.3 with LLC and SNAP, 00000c:2000. */
#define NEIGHBOURS "ether proto 0x88cc or (ether dst 01:00:0c:cc:cc:cc and ether[14:4] = 0xaaaa0300 and ether[18:4] = 0x000c2000)"

/* TFTP goes on between two ports of free choice. What is told by its first bytes: option acknowledgements (operation 6), errors (5, codes 0 to 8),
 * acknowledgements (4, and nothing after the block's number), and the first block of data (3). */
#define TFTP(udp, payload) \
        "dst port 69 or " payload ":2] = 6 or (" payload ":2] = 5 and " payload "+2:2] <= 8) or (" payload ":2] = 4 and " udp "+4:2] = 12) or " \
        payload ":4] = 0x00030001"

/* pcap-filter(7) knows the fields of UDP by name in IPv4 only. In IPv6 they are looked for right behind the header: nobody sends these with
 * extension headers. ICMPv6 133 to 136 is neighbour discovery (RFC 4861 4). */
#define MACHINES                                                                                                  \
        "arp or (ip and udp and (port 67 or port 4011 or " TFTP("udp[0", "udp[8") ")) or "                        \
        "(ip6 and udp and (port 546 or port 547 or " TFTP("ip6[40", "ip6[48") ")) or "                            \
        "(ip6 and ip6[6] = 58 and ip6[40] >= 133 and ip6[40] <= 136)"

/*
 * `vlan` shifts what stands after it by a tag. Where a tag lies depends on the frame: the kernel takes the outermost one of what comes in out of the
 * frame (libpcap puts it back after the filter), in what this host sends it may still be there. For a live capture libpcap looks in both places for each
 * `vlan`, in a program of 500 instructions. As for a file `vlan` means a tag within the frame only, which does here: a frame with its tag taken
 * out passes as if it had none. No tag to two tags pass in each case, by 180 instructions.
 */
#define TAGGED_OR_NOT(filter) "(" filter ") or (vlan and ((" filter ") or (vlan and (" filter "))))"

static const char *const filters[] = {
        [CAPTURE_ALL] = NEIGHBOURS " or " TAGGED_OR_NOT(MACHINES " or ether proto 0x88cc"),
        [CAPTURE_MACHINES] = TAGGED_OR_NOT(MACHINES),
        [CAPTURE_NEIGHBOURS] = NEIGHBOURS,
};

/* Groups whose frames a network card does not pass up by itself: LLDP (IEEE 802.1AB 7.1: nearest bridge, nearest non-TPMR bridge, nearest
 * customer bridge) and CDP. */
static const uint8_t neighbour_groups[][6] = {
        { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e },
        { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x03 },
        { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 },
        { 0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc },
};

struct capture {
        enum capture_kind kind;
        struct capture_handlers handlers;
        pcap_t *pcap;
        sd_event_source *source;
        uint64_t dropped;
};

static void on_frame(u_char *userdata, const struct pcap_pkthdr *header, const u_char *bytes) {
        const struct capture *capture = (const struct capture *) userdata;
        const struct captured_packet packet = {
                .time = (uint64_t) header->ts.tv_sec * USEC_PER_SEC + (uint64_t) header->ts.tv_usec,
                .bytes = bytes,
                .size = (uint16_t) header->caplen, /* at most SNAPSHOT */
                .length = (uint16_t) (header->len < UINT16_MAX ? header->len : UINT16_MAX),
        };

        capture->handlers.frame(&packet, capture->handlers.userdata);
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

static inline void pcap_closep(pcap_t **pcap) {
        if (*pcap)
                pcap_close(*pcap);
}

static int set_filter(struct capture *capture) {
        _cleanup_(pcap_closep) pcap_t *file = pcap_open_dead(DLT_EN10MB, SNAPSHOT);
        struct bpf_program program;

        if (!file)
                return -ENOMEM;
        if (pcap_compile(file, &program, filters[capture->kind], 1, PCAP_NETMASK_UNKNOWN) < 0)
                return -EINVAL;
        int r = pcap_setfilter(capture->pcap, &program);
        pcap_freecode(&program);
        /* CDP passes a bridge: what goes out by a port tells nothing of who is there. */
        if (r == 0 && capture->kind == CAPTURE_NEIGHBOURS)
                r = pcap_setdirection(capture->pcap, PCAP_D_IN);
        return r < 0 ? -EIO : 0;
}

/* They end with the socket. */
static int join_groups(struct capture *capture) {
        struct sockaddr_ll address;
        socklen_t size = sizeof(address);
        int fd = pcap_fileno(capture->pcap);

        if (getsockname(fd, (struct sockaddr *) &address, &size) < 0)
                return -errno;
        struct packet_mreq request = { .mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_ALLMULTI };
        if (capture->kind == CAPTURE_MACHINES)
                return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) < 0 ? -errno : 0;
        request.mr_type = PACKET_MR_MULTICAST;
        request.mr_alen = sizeof(neighbour_groups[0]);
        for (size_t i = 0; i < ELEMENTS(neighbour_groups); i++) {
                memcpy(request.mr_address, neighbour_groups[i], sizeof(neighbour_groups[i]));
                if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) < 0)
                        return -errno;
        }
        return 0;
}

static int activate(struct capture *capture) {
        pcap_t *pcap = capture->pcap;

        pcap_set_snaplen(pcap, SNAPSHOT);
        pcap_set_promisc(pcap, capture->kind == CAPTURE_ALL);
        pcap_set_buffer_size(pcap, rings[capture->kind].ring_size);
        pcap_set_timeout(pcap, rings[capture->kind].delivery_ms);
        pcap_set_immediate_mode(pcap, rings[capture->kind].delivery_ms == 0);
        int r = pcap_activate(pcap);

        if (r == PCAP_ERROR_PERM_DENIED)
                return -EPERM;
        if (r == PCAP_ERROR_NO_SUCH_DEVICE)
                return -ENODEV;
        return r < 0 ? -EIO : 0;
}

static int set_up(struct capture *capture, sd_event *event, char *reason, size_t reason_size) {
        char error[PCAP_ERRBUF_SIZE] = "";

        int r = activate(capture);
        if (r == -EPERM) {
                snprintf(reason, reason_size, "it needs the capability CAP_NET_RAW");
                return r;
        }
        if (r == 0 && pcap_datalink(capture->pcap) != DLT_EN10MB) {
                snprintf(reason, reason_size, "it is no Ethernet interface");
                return -EPROTONOSUPPORT;
        }
        if (r < 0 || (r = set_filter(capture)) < 0 || (r = join_groups(capture)) < 0) {
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

int capture_open(sd_event *event, const char *interface, enum capture_kind kind, const struct capture_handlers *handlers,
                 struct capture **ret, char *reason, size_t reason_size) {
        _cleanup_(capture_freep) struct capture *capture = calloc(1, sizeof(*capture));
        char error[PCAP_ERRBUF_SIZE] = "";

        if (!capture) {
                snprintf(reason, reason_size, "%s", strerror(ENOMEM));
                return -ENOMEM;
        }
        capture->kind = kind;
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
