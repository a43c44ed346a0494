#include "introspect/agent/lldp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "introspect/agent/console.h"
#include "introspect/agent/sysfs.h"

#define ETHERTYPE_LLDP 0x88cc
#define ETHERNET_HEADER 14
#define TLV_END 0
#define TLVS_MAX 256
#define CARDS_MAX 256
#define FRAMES_AT_ONCE 64
#define STOP_COMMAND "lldp stop"
#define DEBUGFS "/sys/kernel/debug"

struct ear {
        char name[IF_NAMESIZE];
        int fd; /* -1: cannot listen */
        json_t *tlvs;
};

struct lldp_listener {
        size_t count;
        struct ear ears[CARDS_MAX];
};

static json_t *hex_text(const unsigned char *data, size_t size) {
        char text[2 * 511 + 1]; /* a TLV's length has 9 bits */
        for (size_t i = 0; i < size; i++)
                snprintf(text + 2 * i, 3, "%02x", data[i]);
        return json_stringn(text, 2 * size);
}

json_t *lldp_parse(const unsigned char *frame, size_t size) {
        if (size < ETHERNET_HEADER || (frame[12] << 8 | frame[13]) != ETHERTYPE_LLDP)
                return NULL;
        json_t *tlvs = json_array();
        size_t at = ETHERNET_HEADER;
        /* IEEE 802.1AB 8.1.1: 7 bits of type, 9 of length */
        while (at + 2 <= size && json_array_size(tlvs) < TLVS_MAX) {
                unsigned type = frame[at] >> 1;
                size_t length = (size_t) (frame[at] & 1) << 8 | frame[at + 1];
                at += 2;
                if (length > size - at)
                        break;
                json_array_append_new(tlvs, json_pack("[i, o]", (int) type, hex_text(frame + at, length)));
                at += length;
                if (type == TLV_END)
                        break;
        }
        return tlvs;
}

/* A card passes these group addresses up only to a socket that is a member (802.1AB 7.1: the nearest bridge, the nearest non-TPMR bridge,
 * the nearest customer bridge). */
static void join_groups(int fd, int index) {
        static const unsigned char last_byte[] = { 0x0e, 0x03, 0x00 };
        for (size_t i = 0; i < sizeof last_byte; i++) {
                struct packet_mreq request = {
                        .mr_ifindex = index,
                        .mr_type = PACKET_MR_MULTICAST,
                        .mr_alen = 6,
                        .mr_address = { 0x01, 0x80, 0xc2, 0x00, 0x00, last_byte[i] },
                };
                setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
        }
}

/* Returns a bound non-blocking socket or -1. It has no protocol before it is bound: with one it would hear all cards until then, and what one of them
 * is told just now would be taken for this one's. */
static int listen_on(const char *name) {
        int index = (int) if_nametoindex(name);
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_LLDP), .sll_ifindex = index };
        if (fd < 0)
                return -1;
        join_groups(fd, index);
        if (index == 0 || bind(fd, (struct sockaddr *) &address, sizeof address) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

static bool has_ear(const struct lldp_listener *listener, const char *name) {
        for (size_t i = 0; i < listener->count; i++)
                if (strcmp(listener->ears[i].name, name) == 0)
                        return true;
        return false;
}

void lldp_firmware_stop(const char *root) {
        char **cards __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char path[512];
        if (sysfs_names(&cards, "%s" DEBUGFS "/i40e", root) < 0)
                return;
        for (char **card = cards; *card; card++) {
                snprintf(path, sizeof path, "%s" DEBUGFS "/i40e/%.64s/command", root, *card);
                int fd = open(path, O_WRONLY | O_CLOEXEC);
                if (fd < 0 || write(fd, STOP_COMMAND, strlen(STOP_COMMAND)) < 0)
                        say("network card %s: its firmware keeps LLDP to itself: %s", *card, strerror(errno));
                if (fd >= 0)
                        close(fd);
        }
}

void lldp_listen(struct lldp_listener **listener) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        if (!*listener && !(*listener = calloc(1, sizeof **listener)))
                return;
        if (sysfs_exists("/sys/module/i40e")) {
                mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
                lldp_firmware_stop("");
        }
        if (sysfs_names(&names, "/sys/class/net") < 0)
                return;
        for (char **name = names; *name && (*listener)->count < CARDS_MAX; name++) {
                if (!sysfs_exists("/sys/class/net/%s/device", *name) || has_ear(*listener, *name))
                        continue;
                struct ear *ear = &(*listener)->ears[(*listener)->count++];
                snprintf(ear->name, sizeof ear->name, "%.15s", *name);
                ear->fd = listen_on(ear->name);
        }
}

/* Our own transmissions pass the socket too; none of them is LLDP today, but a later LLDP sender must not become our neighbour. The first frame that says
 * something is the neighbour's; who floods the cable holds up neither the deadline nor the other cards. */
static void hear(struct ear *ear) {
        unsigned char frame[2048];
        struct sockaddr_ll from;
        for (int i = 0; i < FRAMES_AT_ONCE && !ear->tlvs; i++) {
                socklen_t from_size = sizeof from;
                ssize_t n = recvfrom(ear->fd, frame, sizeof frame, 0, (struct sockaddr *) &from, &from_size);
                if (n < 0)
                        return;
                json_t *tlvs = from.sll_pkttype == PACKET_OUTGOING ? NULL : lldp_parse(frame, (size_t) n);
                if (json_array_size(tlvs) > 0)
                        ear->tlvs = tlvs;
                else
                        json_decref(tlvs);
        }
}

/* A card without a link has nothing to wait for. */
static bool still_listening(const struct ear *ear) {
        long long carrier;
        return ear->fd >= 0 && !ear->tlvs && sysfs_read_number(&carrier, "/sys/class/net/%s/carrier", ear->name) == 0
               && carrier == 1;
}

static void hear_all(struct lldp_listener *listener, unsigned long long deadline_ms) {
        struct pollfd *pfds = calloc(listener->count + 1, sizeof *pfds);
        for (;;) {
                nfds_t waiting = 0;
                for (size_t i = 0; i < listener->count; i++) {
                        if (listener->ears[i].fd >= 0)
                                hear(&listener->ears[i]);
                        if (pfds && still_listening(&listener->ears[i]))
                                pfds[waiting++] = (struct pollfd){ .fd = listener->ears[i].fd, .events = POLLIN };
                }
                unsigned long long now = console_now_ms();
                if (waiting == 0 || now >= deadline_ms)
                        break;
                poll(pfds, waiting, (int) (deadline_ms - now));
        }
        free(pfds);
}

json_t *lldp_finish(struct lldp_listener *listener, unsigned long long deadline_ms) {
        json_t *all = json_object();
        if (!listener)
                return all;
        hear_all(listener, deadline_ms);
        for (size_t i = 0; i < listener->count; i++) {
                struct ear *ear = &listener->ears[i];
                json_object_set_new(all, ear->name, ear->tlvs ? ear->tlvs : json_array());
                if (ear->fd >= 0)
                        close(ear->fd);
        }
        free(listener);
        return all;
}
