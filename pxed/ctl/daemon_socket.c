#include "pxed/ctl/daemon_socket.h"

#include <errno.h>
#include <string.h>

const char *const daemon_sockets[] = { "pxed", "dhcp", "tftp", "netcfg", "introspect", NULL };

const char *daemon_short_name(const char *name) {
        const char *word = strncmp(name, "pxed-", 5) == 0 ? name + 5 : name;
        for (size_t i = 0; daemon_sockets[i]; i++)
                if (strcmp(word, daemon_sockets[i]) == 0)
                        return daemon_sockets[i];
        return NULL;
}

int daemon_ask(struct ctl *ctl, const char *short_name, const char *method, json_t *parameters, char **ret_path, char **ret_error, json_t **ret) {
        _cleanup_json_ json_t *taken = parameters;
        char name[32];
        snprintf(name, sizeof name, "%s.sock", short_name);
        *ret_path = ctl_socket(ctl, name);
        if (!*ret_path)
                return -ENOMEM;
        return ctl_try_socket(*ret_path, method, TAKE_POINTER(taken), ctl_reply_timeout(ctl), ret_error, ret);
}
