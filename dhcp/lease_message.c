#include "dhcp/lease_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/macro.h"

static const char *const actions[] = { [LEASE_INIT] = "init", [LEASE_ADD] = "add", [LEASE_OLD] = "old", [LEASE_DEL] = "del" };

int lease_action_from_name(const char *name) {
        for (size_t i = 0; i < ELEMENTS(actions); i++)
                if (strcmp(actions[i], name) == 0)
                        return (int) i;
        return -EINVAL;
}

/* The value when `line` is "NAME VALUE", else NULL. */
static char *value_of(char *line, const char *name) {
        size_t length = strlen(name);
        return strncmp(line, name, length) == 0 && line[length] == ' ' && line[length + 1] ? line + length + 1 : NULL;
}

static int parse_line(char *line, struct lease_message *message, unsigned *seen) {
        enum { ACTION = 1, NETWORK = 2, LEASE = 4 };
        unsigned what;
        char *value;
        int r = 0;

        if ((value = value_of(line, "action"))) {
                what = ACTION;
                r = lease_action_from_name(value);
                if (r >= 0)
                        message->action = (enum lease_action) r;
        } else if ((value = value_of(line, "network"))) {
                what = NETWORK;
                message->network = value;
        } else if ((value = value_of(line, "lease"))) {
                what = LEASE;
                r = lease_parse(value, &message->lease);
        } else
                return -EBADMSG;

        if (r < 0 || *seen & what)
                return -EBADMSG;
        *seen |= what;
        return 0;
}

int lease_message_parse(char *text, size_t size, struct lease_message *ret) {
        struct lease_message message = { 0 };
        unsigned seen = 0;

        if (memchr(text, '\0', size))
                return -EBADMSG;
        if (size < 2 || memcmp(text + size - 2, "\n\n", 2) != 0)
                return size >= LEASE_MESSAGE_MAX - 1 ? -EBADMSG : -EAGAIN;

        for (char *end = text + size - 1; text < end;) {
                char *newline = memchr(text, '\n', (size_t) (end - text));
                *newline = '\0';
                if (parse_line(text, &message, &seen) < 0)
                        return -EBADMSG;
                text = newline + 1;
        }
        if (seen != (message.action == LEASE_INIT ? 3U : 7U))
                return -EBADMSG;
        *ret = message;
        return 0;
}

int lease_message_format(enum lease_action action, const char *network, const char *mac, const char *address, const char *hostname,
                         const char *expires, const char *client, char buffer[static LEASE_MESSAGE_MAX]) {
        int n = snprintf(buffer, LEASE_MESSAGE_MAX, "action %s\nnetwork %s\n", actions[action], network);
        if (n >= LEASE_MESSAGE_MAX - LEASE_LINE_MAX)
                return -EINVAL;
        char *at = buffer + n;

        if (action != LEASE_INIT) {
                char line[LEASE_LINE_MAX];
                struct lease lease;
                n = snprintf(line, sizeof line, "%s %s %s %s %s", expires ?: "0", mac, address,
                             lease_check_hostname(hostname) == 0 ? hostname : "*", lease_check_client(client) == 0 ? client : "*");
                if (n < 0 || (size_t) n >= sizeof line || lease_parse(line, &lease) < 0)
                        return -EINVAL;
                at = stpcpy(at, "lease ");
                at += lease_format(&lease, at);
        }
        strcpy(at, "\n");
        return 0;
}
