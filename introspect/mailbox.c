#include "introspect/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#define NOTES_MAX 4096

struct mailbox {
        pthread_mutex_t lock;
        struct note *first, **end;
        size_t size;
        int wake;
        sd_event_source *source;
        void (*receive)(const struct note *note, void *userdata);
        void *userdata;
};

static void note_free(struct note *note) {
        free(note->verify_ca);
        explicit_bzero(note->agent_token, sizeof(note->agent_token));
        free(note);
}

/* NULL: no memory. */
static struct note *note_copy(const struct note *note) {
        struct note *copy = malloc(sizeof(*copy));

        if (!copy)
                return NULL;
        *copy = *note;
        copy->next = NULL;
        copy->verify_ca = note->verify_ca ? strdup(note->verify_ca) : NULL;
        return copy;
}

static struct note *take_all(struct mailbox *mailbox) {
        pthread_mutex_lock(&mailbox->lock);
        struct note *notes = TAKE_POINTER(mailbox->first);
        mailbox->end = &mailbox->first;
        mailbox->size = 0;
        pthread_mutex_unlock(&mailbox->lock);
        return notes;
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct mailbox *mailbox = userdata;
        eventfd_t count;

        (void) eventfd_read(fd, &count);
        for (struct note *note = take_all(mailbox), *next; note; note = next) {
                next = note->next;
                mailbox->receive(note, mailbox->userdata);
                note_free(note);
        }
        return 0;
}

int mailbox_new(sd_event *event, int64_t priority, void (*receive)(const struct note *note, void *userdata), void *userdata,
                struct mailbox **ret) {
        _cleanup_(mailbox_freep) struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

        if (!mailbox)
                return -ENOMEM;
        pthread_mutex_init(&mailbox->lock, NULL);
        mailbox->end = &mailbox->first;
        mailbox->receive = receive;
        mailbox->userdata = userdata;
        mailbox->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (mailbox->wake < 0)
                return -errno;
        int r = sd_event_add_io(event, &mailbox->source, mailbox->wake, EPOLLIN, on_wake, mailbox);
        if (r < 0 || (r = sd_event_source_set_priority(mailbox->source, priority)) < 0)
                return r;
        *ret = TAKE_POINTER(mailbox);
        return 0;
}

struct mailbox *mailbox_free(struct mailbox *mailbox) {
        if (!mailbox)
                return NULL;
        sd_event_source_disable_unref(mailbox->source);
        closep(&mailbox->wake);
        for (struct note *note = take_all(mailbox), *next; note; note = next) {
                next = note->next;
                note_free(note);
        }
        pthread_mutex_destroy(&mailbox->lock);
        free(mailbox);
        return NULL;
}

void mailbox_put(struct mailbox *mailbox, const struct note *note) {
        struct note *copy = note_copy(note);

        if (!copy)
                return;
        pthread_mutex_lock(&mailbox->lock);
        /* The spool bounds how many are accepted, and nobody else tells that one is there. */
        bool kept = mailbox->size < NOTES_MAX || note->kind == NOTE_ACCEPTED;
        if (kept) {
                *mailbox->end = copy;
                mailbox->end = &copy->next;
                mailbox->size++;
        }
        pthread_mutex_unlock(&mailbox->lock);
        if (kept)
                (void) eventfd_write(mailbox->wake, 1);
        else
                note_free(copy);
}
