#include "introspect/listeners.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/listen.h"
#include "lib/log.h"
#include "lib/port_holder.h"

#define BACKLOG 511
#define RETRY USEC_PER_SEC
/* While the HTTP threads have no room, machines wait in the backlog. */
#define PAUSE (20 * USEC_PER_MSEC)
#define ACCEPTS_AT_ONCE 32
#define SUBJECT_SIZE 128

struct listener {
        struct listener *next;
        struct listeners *owner;
        char network[STATE_NAME_SIZE];
        struct ip address;
        uint16_t port;
        int fd; /* -1: to be tried again */
        sd_event_source *source;
        bool wanted;
};

struct listeners {
        struct daemon *daemon;
        struct http_threads *http;
        struct listener *first;
        sd_event_source *retry, *pause;
};

static void subject_of(const struct listener *listener, char buffer[static SUBJECT_SIZE]) {
        snprintf(buffer, SUBJECT_SIZE, "port %u of network %s", listener->port, listener->network);
}

static void enable_sources(struct listeners *listeners, int enabled) {
        for (struct listener *listener = listeners->first; listener; listener = listener->next)
                if (listener->source)
                        sd_event_source_set_enabled(listener->source, enabled);
}

static void arm(sd_event_source *timer, uint64_t delay) {
        sd_event_source_set_time_relative(timer, delay);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct listeners *listeners = ((struct listener *) userdata)->owner;

        for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
                struct sockaddr_storage peer;
                socklen_t size = sizeof(peer);

                if (!http_threads_have_room(listeners->http)) {
                        enable_sources(listeners, SD_EVENT_OFF);
                        arm(listeners->pause, PAUSE);
                        return 0;
                }
                int connection = accept4(fd, (struct sockaddr *) &peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
                if (connection >= 0) {
                        (void) http_threads_add(listeners->http, connection, (struct sockaddr *) &peer, size);
                        continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                        enable_sources(listeners, SD_EVENT_OFF);
                        arm(listeners->pause, RETRY);
                }
                if (errno != ECONNABORTED && errno != EINTR)
                        return 0;
        }
        return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata) {
        enable_sources(userdata, SD_EVENT_ON);
        return 0;
}

static void tell_problem(struct listener *listener, int error) {
        char subject[SUBJECT_SIZE], address[IP_TEXT_SIZE], holder[80];

        subject_of(listener, subject);
        ip_format(&listener->address, address);
        if (error == -EADDRINUSE)
                daemon_set_problem(listener->owner->daemon, subject,
                                   "%s has port %u of %s: stop it, or give introspect-port in pxed.conf another value. Inventories of this "
                                   "network's machines cannot come in; it is tried again every second.",
                                   port_holder_describe(PORT_TCP, &listener->address, listener->port, holder, sizeof(holder)), listener->port, address);
        else
                daemon_set_problem(listener->owner->daemon, subject, "Cannot listen on port %u of %s: %s. It is tried again every second.",
                                   listener->port, address, strerror(-error));
}

static void open_listener(struct listener *listener) {
        char subject[SUBJECT_SIZE], address[IP_TEXT_SIZE];
        struct listeners *listeners = listener->owner;
        int r = listen_tcp(&listener->address, listener->port, BACKLOG);

        if (r >= 0) {
                listener->fd = r;
                r = sd_event_add_io(daemon_event(listeners->daemon), &listener->source, listener->fd, EPOLLIN, on_connection, listener);
                if (r < 0)
                        listener->fd = (closep(&listener->fd), -1);
        }
        if (r < 0) {
                tell_problem(listener, r);
                arm(listeners->retry, RETRY);
                return;
        }
        subject_of(listener, subject);
        daemon_clear_problem(listeners->daemon, subject);
        log_info("Listening on port %u of %s, network %s.", listener->port, ip_format(&listener->address, address), listener->network);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        struct listeners *listeners = userdata;

        for (struct listener *listener = listeners->first; listener; listener = listener->next)
                if (listener->fd < 0)
                        open_listener(listener);
        return 0;
}

static int add_timer(struct listeners *listeners, sd_event_source **ret, sd_event_time_handler_t handler) {
        int r = sd_event_add_time_relative(daemon_event(listeners->daemon), ret, CLOCK_MONOTONIC, 0, 1, handler, listeners);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int listeners_new(struct daemon *daemon, struct http_threads *http, struct listeners **ret) {
        _cleanup_(listeners_freep) struct listeners *listeners = calloc(1, sizeof(*listeners));
        int r;

        if (!listeners)
                return -ENOMEM;
        listeners->daemon = daemon;
        listeners->http = http;
        if ((r = add_timer(listeners, &listeners->retry, on_retry)) < 0 || (r = add_timer(listeners, &listeners->pause, on_pause_over)) < 0)
                return r;
        *ret = TAKE_POINTER(listeners);
        return 0;
}

static void free_listener(struct listener *listener) {
        char subject[SUBJECT_SIZE];

        subject_of(listener, subject);
        daemon_clear_problem(listener->owner->daemon, subject);
        sd_event_source_disable_unref(listener->source);
        closep(&listener->fd);
        free(listener);
}

struct listeners *listeners_free(struct listeners *listeners) {
        if (!listeners)
                return NULL;
        listeners_set(listeners, NULL, 0, 0);
        sd_event_source_disable_unref(listeners->retry);
        sd_event_source_disable_unref(listeners->pause);
        free(listeners);
        return NULL;
}

static struct listener *find(struct listeners *listeners, const struct state_network *network, uint16_t port) {
        struct listener *listener = listeners->first;

        while (listener && (listener->port != port || !ip_equal(&listener->address, &network->address) ||
                            strcmp(listener->network, network->name) != 0))
                listener = listener->next;
        return listener;
}

static void add(struct listeners *listeners, const struct state_network *network, uint16_t port) {
        struct listener *listener = calloc(1, sizeof(*listener));

        if (!listener)
                return;
        listener->owner = listeners;
        strcpy(listener->network, network->name);
        listener->address = network->address;
        listener->port = port;
        listener->fd = -1;
        listener->wanted = true;
        listener->next = listeners->first;
        listeners->first = listener;
}

static void remove_unwanted(struct listeners *listeners) {
        struct listener **link = &listeners->first, *listener;

        while ((listener = *link)) {
                if (listener->wanted) {
                        link = &listener->next;
                        continue;
                }
                *link = listener->next;
                free_listener(listener);
        }
}

void listeners_set(struct listeners *listeners, const struct state_network *networks, size_t size, uint16_t port) {
        for (struct listener *listener = listeners->first; listener; listener = listener->next)
                listener->wanted = false;
        for (size_t i = 0; i < size && port != 0; i++) {
                struct listener *listener = find(listeners, &networks[i], port);
                if (listener)
                        listener->wanted = true;
                else
                        add(listeners, &networks[i], port);
        }
        /* First, since a network that was renamed has its old name's address. */
        remove_unwanted(listeners);
        on_retry(NULL, 0, listeners);
}
