#include "tftp/listeners.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/port_holder.h"
#include "tftp/script.h"

struct listener {
        struct listener *next;
        struct ip address;
        uint16_t port;
        bool wanted;
        struct http_server *server; /* NULL: could not be had */
        char subject[IP_TEXT_SIZE + 32];
};

struct listeners {
        struct daemon *daemon;
        const struct http_context *context;
        struct listener *first;
};

int listeners_new(struct daemon *daemon, const struct http_context *context, struct listeners **ret) {
        struct listeners *listeners = calloc(1, sizeof(*listeners));

        if (!listeners)
                return -ENOMEM;
        listeners->daemon = daemon;
        listeners->context = context;
        *ret = listeners;
        return 0;
}

static void close_listener(struct listeners *listeners, struct listener *listener) {
        http_server_free(listener->server);
        daemon_clear_problem(listeners->daemon, listener->subject);
        free(listener);
}

struct listeners *listeners_free(struct listeners *listeners) {
        if (!listeners)
                return NULL;
        for (struct listener *listener = listeners->first, *next; listener; listener = next) {
                next = listener->next;
                close_listener(listeners, listener);
        }
        free(listeners);
        return NULL;
}

static void try_open(struct listeners *listeners, struct listener *listener) {
        char holder[96], url[URL_BASE_SIZE];
        int r = http_server_new(listeners->context, &listener->address, listener->port, &listener->server);

        if (r == -EADDRINUSE)
                daemon_set_problem(listeners->daemon, listener->subject,
                                   "the port is in use by %s: stop it, or give http-port in pxed.conf another value; machines cannot load boot scripts and images",
                                   port_holder_describe(PORT_TCP, &listener->address, listener->port, holder, sizeof(holder)));
        else if (r < 0)
                daemon_set_problem(listeners->daemon, listener->subject, "cannot listen: %s", strerror(-r));
        else {
                daemon_clear_problem(listeners->daemon, listener->subject);
                log_info("Serving boot scripts and images at %s.", url_base(&listener->address, listener->port, url));
        }
}

static struct listener *find(struct listeners *listeners, const struct ip *address, uint16_t port) {
        struct listener *listener = listeners->first;

        while (listener && !(listener->port == port && ip_equal(&listener->address, address)))
                listener = listener->next;
        return listener;
}

static struct listener *add(struct listeners *listeners, const struct ip *address, uint16_t port) {
        struct listener *listener = calloc(1, sizeof(*listener));
        char text[IP_TEXT_SIZE];

        if (!listener)
                return NULL;
        listener->address = *address;
        listener->port = port;
        snprintf(listener->subject, sizeof(listener->subject), "port %u of %s", port, ip_format(address, text));
        listener->next = listeners->first;
        listeners->first = listener;
        return listener;
}

void listeners_set(struct listeners *listeners, const struct snapshot *snapshot) {
        for (struct listener *listener = listeners->first; listener; listener = listener->next)
                listener->wanted = false;
        for (size_t i = 0; snapshot->settings && i < snapshot->n_networks; i++) {
                const struct ip *address = &snapshot->networks[i]->address;
                struct listener *listener = find(listeners, address, snapshot->settings->http_port)
                                                    ?: add(listeners, address, snapshot->settings->http_port);
                if (listener)
                        listener->wanted = true;
        }
        for (struct listener **at = &listeners->first, *listener; (listener = *at); ) {
                if (listener->wanted) {
                        at = &listener->next;
                        continue;
                }
                *at = listener->next;
                close_listener(listeners, listener);
        }
        listeners_check(listeners);
}

void listeners_check(struct listeners *listeners) {
        for (struct listener *listener = listeners->first; listener; listener = listener->next)
                if (!listener->server)
                        try_open(listeners, listener);
}

void listeners_end_stuck(struct listeners *listeners) {
        for (struct listener *listener = listeners->first; listener; listener = listener->next)
                http_server_end_stuck(listener->server);
}

const char *listeners_silence(struct listeners *listeners, const struct ip *address, uint16_t port) {
        const struct listener *listener = find(listeners, address, port);

        if (listener && listener->server)
                return NULL;
        return (listener ? daemon_problem(listeners->daemon, listener->subject) : NULL) ?: "it is being started";
}
