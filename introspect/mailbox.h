/* What the HTTP threads have to tell the main thread: bounded; the main thread is woken by an event source. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "introspect/agents.h"
#include "introspect/state.h"
#include "lib/address.h"
#include "lib/macro.h"

#define NOTE_DETAIL_SIZE 512
#define NOTE_URL_SIZE 256
#define NOTE_VERSION_SIZE 64

enum note_kind {
        NOTE_REFUSED,  /* a request was refused: `detail` says why */
        NOTE_AGENT,    /* the ramdisk said something new */
        NOTE_BEAT,     /* an agent is there */
        NOTE_FLOOD,    /* posts of one machine were refused, since it has more than its share: `detail` says why */
        NOTE_ACCEPTED, /* an inventory is in the spool */
        NOTE_ABORTED,  /* the ramdisk was told that its inspection was taken back */
        NOTE_STORAGE,  /* an inventory could not be stored: `detail` says why and what to do; the machine was told to come again */
};

struct note {
        struct note *next; /* the mailbox's own */
        enum note_kind kind;
        uint64_t time; /* microseconds of realtime */
        bool has_mac;  /* of the token */
        struct mac mac;
        bool has_node;
        struct uuid node;
        uint64_t assignment;
        char network[STATE_NAME_SIZE]; /* "": not known */
        char peer[IP_TEXT_SIZE];
        char detail[NOTE_DETAIL_SIZE];
        /* of NOTE_BEAT */
        char url[NOTE_URL_SIZE], version[NOTE_VERSION_SIZE], agent_token[AGENT_TOKEN_SIZE];
        char *verify_ca; /* NULL: none */
};

struct mailbox;

/* `receive` is called in the loop's thread for each note, in the order they were put in. */
int mailbox_new(sd_event *event, int64_t priority, void (*receive)(const struct note *note, void *userdata), void *userdata,
                struct mailbox **ret);
struct mailbox *mailbox_free(struct mailbox *mailbox);
DEFINE_CLEANUP(struct mailbox *, mailbox_free);

/* From any thread. Copies the note; where thousands wait it is dropped, unless it is NOTE_ACCEPTED. */
void mailbox_put(struct mailbox *mailbox, const struct note *note);
