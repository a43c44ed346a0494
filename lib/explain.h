/*
 * org.pxed.Explain, as each daemon serves it on its own socket: the question is read and checked here, type Answer is put together by
 * the functions below, the daemon brings its networks and its answers.
 */
#pragma once

#include "lib/address.h"
#include "lib/json.h"
#include "lib/varlink_server.h"

/* A machine that might ask. */
struct explain_question {
        struct mac mac;
        bool has_uuid;
        struct uuid uuid;      /* in the form of its text */
        unsigned architecture; /* option 93 (RFC 4578 2.1) */
};

/* What a daemon has to say. */
struct explain_source {
        /* NULL past the last. Borrowed. */
        const char *(*network)(void *userdata, size_t index);
        /* An array of type Answer; NULL without memory. */
        json_t *(*answers)(void *userdata, size_t network, const struct explain_question *question);
};

/* The handler of org.pxed.Explain.Explain. */
int explain_handle(struct varlink_call *call, const json_t *parameters, const struct explain_source *source, void *userdata);

/* A type Answer that is not answered and has neither rules nor fields, added to the array. Borrowed from it; NULL without memory, which
 * the functions below take. protocol: "dhcp4", "tftp", "http". */
json_t *explain_answer(json_t *answers, const char *protocol, const char *format, ...) _printf_(3, 4);
/* A rule that was looked at: "what: what was found". */
void explain_rule(json_t *answer, const char *format, ...) _printf_(2, 3);
/* It gets what it asks for. */
void explain_answered(json_t *answer);

#define EXPLAIN_HEADER (-1)

/* A field of the header (code EXPLAIN_HEADER) or an option. bytes: as on the wire; size 0: none, or not known. */
void explain_field(json_t *answer, int code, const char *name, const void *bytes, size_t size, const char *format, ...) _printf_(6, 7);
