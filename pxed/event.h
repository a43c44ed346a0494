/* An event, before it is stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"

#define EVENT_MESSAGE_SIZE 400

struct event {
        uint64_t number, time;
        const char *kind; /* static text */
        bool has_node, has_mac;
        struct uuid node;
        struct mac mac;
        char network[64]; /* "": none */
        char daemon[32];  /* "": none */
        char message[EVENT_MESSAGE_SIZE];
};
