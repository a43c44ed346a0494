/*
 * TFTP (RFC 1350) with its options (RFC 2347, 2348, 2349, 7440): requests, option acknowledgements, acknowledgements, errors, and the
 * first block of data. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/wire.h"

enum { TFTP_READ = 1, TFTP_WRITE = 2, TFTP_DATA = 3, TFTP_ACKNOWLEDGEMENT = 4, TFTP_ERROR = 5, TFTP_OPTIONS = 6 };

struct tftp {
        uint16_t operation; /* one of the above */
        /* of a request; printable ASCII (see text.h) */
        char file[256];
        char mode[16];
        /* of a request or an option acknowledgement; an option whose value is no decimal number, or over INT64_MAX, is left out */
        bool has_size, has_block_size, has_timeout, has_window_size;
        uint64_t size; /* bytes of the file; 0 in a request asks for it */
        uint64_t block_size, timeout, window_size;
        /* of data and acknowledgements */
        uint16_t block;
        uint16_t data_size; /* of data: the bytes of the file in it */
        /* of an error */
        uint16_t error;
        char message[128];
};

/* -EBADMSG: damaged; -ENOMSG: data of another block than the first. */
int tftp_parse(struct wire *wire, struct tftp *ret);
