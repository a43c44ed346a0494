/*
 * The iPXE scripts. Pure: the same input gives the same text. They use nothing that Debian's iPXE (2019) lacks, never give up
 * (a download is tried again, then the appliance is asked anew), and tell the person at the console who the machine is,
 * what it waits for, and why.
 */
#pragma once

#include "tftp/decide.h"
#include "tftp/text.h"

#define URL_BASE_SIZE 64

/* "http://192.0.2.1:8080". Returns `buffer`. */
char *url_base(const struct ip *address, uint16_t port, char buffer[static URL_BASE_SIZE]);

/* The generic script, /boot.ipxe: asks for the machine's own. */
void script_start(const struct ip *address, uint16_t port, struct text *text);

struct script_input {
        const struct boot_request *request;
        const struct settings *settings;
        const struct network *network;
        const struct decision *decision;
        const char *missing; /* file of the profile that is not in the image folder; NULL: all are there */
        uint64_t now;        /* seconds since 1970 */
        const char *token;   /* stands in place of the machine's; NULL: it gets one */
};

/*
 * The script of one machine: true when it boots the decision's profile; false when it is a screen that says why not, and
 * `reason` has got that, too.
 */
bool script_machine(const struct script_input *input, struct text *text, char *reason, size_t reason_size);

/* The files that a profile's script loads, kernel first; NULL past the last. */
const char *profile_file(const struct profile *profile, unsigned index);
/* Adds the name of a file as it stands in a URL. */
void file_add_path(const char *file, struct text *text);
/* Whether it is loaded from another server. */
bool file_is_url(const char *file);
