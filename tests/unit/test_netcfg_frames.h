/* Frames put together for the tests of pxed-netcfg. */
#pragma once

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/address.h"

struct frame {
        uint8_t bytes[2048];
        size_t size;
};

static inline void put(struct frame *frame, const void *bytes, size_t size) {
        assert_true(frame->size + size <= sizeof(frame->bytes));
        memcpy(frame->bytes + frame->size, bytes, size);
        frame->size += size;
}

static inline void put_u8(struct frame *frame, unsigned value) {
        put(frame, &(uint8_t) { (uint8_t) value }, 1);
}

static inline void put_u16(struct frame *frame, unsigned value) {
        put(frame, &(uint16_t) { htons((uint16_t) value) }, 2);
}

static inline void put_u32(struct frame *frame, uint32_t value) {
        put(frame, &(uint32_t) { htonl(value) }, 4);
}

static inline void put_zeros(struct frame *frame, size_t size) {
        for (size_t i = 0; i < size; i++)
                put_u8(frame, 0);
}

static inline void put_address(struct frame *frame, const char *text) {
        put_u32(frame, text ? ntohl(inet_addr(text)) : 0);
}

static inline void put_mac(struct frame *frame, const char *text) {
        struct mac mac;
        assert_int_equal(mac_parse(text, &mac), 0);
        put(frame, mac.bytes, 6);
}

static inline void put_option(struct frame *frame, unsigned code, const void *value, size_t size) {
        put_u8(frame, code);
        put_u8(frame, (unsigned) size);
        put(frame, value, size);
}

static inline void put_ethernet(struct frame *frame, const char *destination, const char *source, unsigned type) {
        put_mac(frame, destination);
        put_mac(frame, source);
        put_u16(frame, type);
}

/* The headers of IPv4 and UDP for a payload of `size` bytes. */
static inline void put_udp(struct frame *frame, const char *source, unsigned source_port, const char *destination, unsigned destination_port,
                           size_t size) {
        put_u16(frame, 0x4500);
        put_u16(frame, (unsigned) (28 + size));
        put_zeros(frame, 4);
        put_u8(frame, 64);
        put_u8(frame, 17);
        put_zeros(frame, 2);
        put_address(frame, source);
        put_address(frame, destination);
        put_u16(frame, source_port);
        put_u16(frame, destination_port);
        put_u16(frame, (unsigned) (8 + size));
        put_zeros(frame, 2);
}

/* A DHCP message up to its cookie and option 53. */
static inline void put_dhcp4(struct frame *frame, unsigned operation, unsigned type, uint32_t xid, const char *mac, const char *yours) {
        put_u8(frame, operation);
        put_u8(frame, 1);
        put_u8(frame, 6);
        put_u8(frame, 0);
        put_u32(frame, xid);
        put_zeros(frame, 8);
        put_address(frame, yours);
        put_zeros(frame, 8);
        put_mac(frame, mac);
        put_zeros(frame, 10 + 64 + 128);
        put_u32(frame, 0x63825363);
        put_option(frame, 53, &(uint8_t) { (uint8_t) type }, 1);
}
