#include "tftp/tftpd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/port_holder.h"
#include "tftp/loaders.h"
#include "tftp/tftp_probe.h"

#define TFTP_PORT 69
#define ASK_AGAIN (200 * USEC_PER_MSEC)

struct tftpd {
        struct daemon *daemon;
        struct child *child;
        char *name, *program, *subject;
        struct ip address;
        int probe; /* socket; -1: none */
        pid_t probed;
        uint64_t asked;
};

static void close_probe(struct tftpd *tftpd) {
        closep(&tftpd->probe);
        tftpd->probe = -1;
        tftpd->probed = 0;
}

/* Reads a small file as a machine would. */
static int is_ready(struct child *child, pid_t pid, void *userdata) {
        struct tftpd *tftpd = userdata;
        uint64_t now = monotonic_us();

        if (tftpd->probed != pid) {
                close_probe(tftpd);
                tftpd->probe = tftp_probe_open(&tftpd->address);
                if (tftpd->probe < 0)
                        return 0;
                tftpd->probed = pid;
                tftpd->asked = 0;
        }
        if (tftpd->asked == 0 || now - tftpd->asked >= ASK_AGAIN) {
                tftpd->asked = now;
                tftp_probe_ask(tftpd->probe, &tftpd->address, TFTP_PORT, LOADER_PROBE);
        }
        if (!tftp_probe_answered(tftpd->probe))
                return 0;
        close_probe(tftpd);
        return 1;
}

/* in.tftpd tells why it ends only to syslog. */
static bool explain(struct child *child, char *buffer, size_t size, void *userdata) {
        const struct tftpd *tftpd = userdata;
        char address[IP_TEXT_SIZE], holder[96];

        if (access(tftpd->program, X_OK) < 0) {
                snprintf(buffer, size, "%s cannot be run (%s): apt install tftpd-hpa", tftpd->program, strerror(errno));
                return true;
        }
        ip_format(&tftpd->address, address);
        switch (tftp_port_try(&tftpd->address, TFTP_PORT)) {
        case -EADDRINUSE:
                snprintf(buffer, size,
                         "port 69 of %s is in use by %s: stop it (Debian's own service: systemctl stop tftpd-hpa && systemctl disable tftpd-hpa)",
                         address, port_holder_describe(PORT_UDP, &tftpd->address, TFTP_PORT, holder, sizeof(holder)));
                return true;
        case -EADDRNOTAVAIL:
                snprintf(buffer, size, "address %s is not on this host: give it to the interface of network %s", address, tftpd->name);
                return true;
        case -EACCES:
        case -EPERM:
                snprintf(buffer, size, "port 69 of %s may not be bound: CAP_NET_BIND_SERVICE is missing", address);
                return true;
        default:
                return false;
        }
}

static void changed(struct child *child, void *userdata) {
        struct tftpd *tftpd = userdata;
        const char *reason = child_get_reason(child);

        if (child_get_state(child) != CHILD_STARTING)
                close_probe(tftpd);
        if (child_get_state(child) == CHILD_READY)
                daemon_clear_problem(tftpd->daemon, tftpd->subject);
        else if (child_get_state(child) == CHILD_WAITING)
                daemon_set_problem(tftpd->daemon, tftpd->subject, "machines cannot load a boot loader: %s", reason ? reason : "in.tftpd ended");
        daemon_status_changed(tftpd->daemon);
}

static int start_child(struct tftpd *tftpd, const char *directory) {
        char address[IP_TEXT_SIZE + 8], text[IP_TEXT_SIZE], name[128];
        bool v6 = tftpd->address.family == AF_INET6;
        /* 1468 bytes of data fill an Ethernet frame: larger blocks come in fragments, which boot ROMs lose. */
        const char *const argv[] = { tftpd->program, "-L", "-s", v6 ? "-6" : "-4", "-B", "1468", "-a", address, directory, NULL };
        const struct child_options options = {
                .name = name, .argv = argv, .ready = is_ready, .explain = explain, .changed = changed, .userdata = tftpd
        };
        int r;

        ip_format(&tftpd->address, text);
        snprintf(address, sizeof(address), v6 ? "[%s]:%d" : "%s:%d", text, TFTP_PORT);
        snprintf(name, sizeof(name), "in.tftpd:%s", tftpd->name);
        r = child_new(daemon_event(tftpd->daemon), &options, &tftpd->child);
        if (r >= 0)
                r = daemon_add_child(tftpd->daemon, tftpd->child);
        return r < 0 ? r : child_start(tftpd->child);
}

int tftpd_new(struct daemon *daemon, const char *program, const char *directory, const struct network *network, struct tftpd **ret) {
        _cleanup_(tftpd_freep) struct tftpd *tftpd = calloc(1, sizeof(*tftpd));
        int r;

        if (!tftpd)
                return -ENOMEM;
        tftpd->daemon = daemon;
        tftpd->probe = -1;
        tftpd->address = network->address;
        tftpd->name = strdup(network->name);
        tftpd->program = strdup(program);
        if (!tftpd->name || !tftpd->program || asprintf(&tftpd->subject, "TFTP of network %s", network->name) < 0) {
                tftpd->subject = NULL;
                return -ENOMEM;
        }
        r = start_child(tftpd, directory);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(tftpd);
        return 0;
}

struct tftpd *tftpd_free(struct tftpd *tftpd) {
        if (!tftpd)
                return NULL;
        if (tftpd->child) {
                daemon_remove_child(tftpd->daemon, tftpd->child);
                child_free(tftpd->child);
        }
        if (tftpd->subject)
                daemon_clear_problem(tftpd->daemon, tftpd->subject);
        close_probe(tftpd);
        free(tftpd->name);
        free(tftpd->program);
        free(tftpd->subject);
        free(tftpd);
        return NULL;
}

const char *tftpd_silence(const struct tftpd *tftpd) {
        if (child_get_state(tftpd->child) == CHILD_READY)
                return NULL;
        return daemon_problem(tftpd->daemon, tftpd->subject) ?: "it is being started";
}

bool tftpd_is_for(const struct tftpd *tftpd, const struct network *network) {
        return strcmp(tftpd->name, network->name) == 0 && ip_equal(&tftpd->address, &network->address);
}
