#include "netcfg/probe.h"

#include <string.h>

#include "lib/macro.h"

#define IP_SIZE 20
#define UDP_SIZE 8
#define BOOTP_SIZE 300

static void put_u16(uint8_t *to, unsigned value) {
        to[0] = (uint8_t) (value >> 8);
        to[1] = (uint8_t) value;
}

static void put_u32(uint8_t *to, uint32_t value) {
        put_u16(to, value >> 16);
        put_u16(to + 2, value & 0xffff);
}

/* RFC 1071; an even number of bytes. */
static uint32_t add_sum(uint32_t sum, const uint8_t *bytes, size_t size) {
        for (size_t i = 0; i < size; i += 2)
                sum += (uint32_t) bytes[i] << 8 | bytes[i + 1];
        return sum;
}

static uint16_t fold_sum(uint32_t sum) {
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t) ~sum;
}

static void put_bootp(uint8_t *bootp, const struct mac *mac, uint32_t xid) {
        static const uint8_t options[] = {
                53, 1, 1,                                        /* DHCPDISCOVER */
                60, sizeof(PROBE_VENDOR_CLASS) - 1, 'p', 'x', 'e', 'd',
                55, 8, 1, 3, 6, 43, 51, 54, 66, 67,              /* what a foreign server tells of itself by */
                255,
        };

        bootp[0] = 1; /* from a client */
        bootp[1] = 1; /* Ethernet */
        bootp[2] = sizeof(mac->bytes);
        put_u32(bootp + 4, xid);
        put_u16(bootp + 10, 0x8000);
        memcpy(bootp + 28, mac->bytes, sizeof(mac->bytes));
        put_u32(bootp + 236, 0x63825363);
        memcpy(bootp + 240, options, sizeof(options));
}

/* UDP's checksum covers addresses, protocol and length, too (RFC 768). */
static void put_udp(uint8_t *ip) {
        uint8_t *udp = ip + IP_SIZE;

        put_u16(udp, 68);
        put_u16(udp + 2, 67);
        put_u16(udp + 4, UDP_SIZE + BOOTP_SIZE);
        uint32_t sum = add_sum(17 + UDP_SIZE + BOOTP_SIZE, ip + 12, 8);
        put_u16(udp + 6, fold_sum(add_sum(sum, udp, UDP_SIZE + BOOTP_SIZE)));
}

void probe_build(const struct mac *mac, uint32_t xid, uint8_t frame[static PROBE_SIZE]) {
        uint8_t *ip = frame + 14;

        memset(frame, 0, PROBE_SIZE);
        memset(frame, 0xff, 6);
        memcpy(frame + 6, mac->bytes, sizeof(mac->bytes));
        put_u16(frame + 12, 0x0800);
        ip[0] = 0x45;
        put_u16(ip + 2, IP_SIZE + UDP_SIZE + BOOTP_SIZE);
        ip[8] = 64; /* time to live */
        ip[9] = 17;
        memset(ip + 16, 0xff, 4);
        put_u16(ip + 10, fold_sum(add_sum(0, ip, IP_SIZE)));
        put_bootp(ip + IP_SIZE + UDP_SIZE, mac, xid);
        put_udp(ip);
}

uint64_t probe_delay(unsigned interval, bool first, uint32_t random) {
        uint64_t shortest = first ? 5000 : (uint64_t) interval * 900, span = first ? 5000 : (uint64_t) interval * 200; /* milliseconds */

        return (shortest + span * random / UINT32_MAX) * USEC_PER_MSEC;
}
