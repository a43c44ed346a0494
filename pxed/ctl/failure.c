#include "pxed/ctl/failure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pxed/ctl/command.h"

static int _printf_(3, 4) say(int status, char **ret_message, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        if (vasprintf(ret_message, format, arguments) < 0)
                *ret_message = NULL;
        va_end(arguments);
        return status;
}

static const char *text(const json_t *parameters, const char *key) {
        const char *value = json_get_string(parameters, key);
        return value ? value : "?";
}

/* Where each kind of object is listed. */
static const char *listing(const char *kind) {
        static const char *const known[][2] = {
                { "node", "node list" },       { "profile", "profile list" },     { "network", "network list" },
                { "inventory", "inventory list NODE" }, { "boot", "boot list" }, { "daemon", "status" }, { "rule", "rule list" },
                { "port", "node show NODE" },
        };
        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (strcmp(kind, known[i][0]) == 0)
                        return known[i][1];
        return NULL;
}

static int not_found(const json_t *parameters, char **ret) {
        const char *kind = text(parameters, "kind"), *list = listing(kind), *reference = text(parameters, "reference");
        /* As Inventory.Diff names the one that it has nothing to compare with. */
        if (strcmp(kind, "inventory") == 0 && strncmp(reference, "before ", 7) == 0)
                return say(EXIT_NOT_FOUND, ret, "there is nothing to compare with: no inventory from before number %s is kept", reference + 7);
        /* Of an inventory the reference is its number, or the node that has none. */
        if (strcmp(kind, "inventory") == 0 && reference[strspn(reference, "0123456789")])
                return say(EXIT_NOT_FOUND, ret, "no inventory of %s is kept: 'pxectl node inspect %s', then power it on", reference, reference);
        if (strcmp(kind, "agent") == 0)
                return say(EXIT_NOT_FOUND, ret, "no ironic-python-agent has said since pxed was started that it runs on %s", reference);
        if (list)
                return say(EXIT_NOT_FOUND, ret, "there is no %s '%s': 'pxectl %s' shows those there are", kind, reference, list);
        return say(EXIT_NOT_FOUND, ret, "there is no %s '%s'", kind, reference);
}

static int conflict(const json_t *parameters, char **ret) {
        return say(EXIT_CONFLICT, ret,
                   "it was changed meanwhile and has revision %" PRId64 " now: look at it again, then repeat with that revision if it is still wanted",
                   json_get_int(parameters, "revision", 0));
}

static int wrong_state(const json_t *parameters, char **ret) {
        static const char *const ways[][2] = {
                { "none", "there is none to take back" },
                { "waiting", "'pxectl node abort' takes it back" },
                { "processing", "it ends by itself in a moment" },
                { "reapplying", "it ends by itself in a moment" },
                { "aborting", "it ends when the ramdisk was told, or else at the time that 'pxectl node show' tells" },
                { "finished", "there is none to take back" },
                { "error", "there is none to take back" },
        };
        const char *state = text(parameters, "state"), *way = NULL;
        for (size_t i = 0; i < ELEMENTS(ways); i++)
                if (strcmp(state, ways[i][0]) == 0)
                        way = ways[i][1];
        return say(EXIT_CONFLICT, ret, "not in this state: its inspection is '%s'%s%s", state, way ? ": " : "", way ? way : "");
}

static int invalid(const json_t *parameters, char **ret) {
        return say(EXIT_REFUSED, ret, "refused: %s: %s", text(parameters, "field"), text(parameters, "reason"));
}

static int exists(const json_t *parameters, char **ret) {
        const char *field = text(parameters, "field"), *node = text(parameters, "node");
        const char *what = strncmp(field, "mac", 3) == 0 ? "MAC" : strcmp(field, "uuid") == 0 ? "UUID" : field;
        return say(EXIT_CONFLICT, ret, "another node has this %s already: 'pxectl node show %s' tells more", what, node);
}

static int in_use(const json_t *parameters, char **ret) {
        return say(EXIT_CONFLICT, ret, "it is in use by %s: give that another one first", text(parameters, "by"));
}

static int not_applied(const json_t *parameters, char **ret) {
        return say(EXIT_TIMEOUT, ret,
                   "stored as revision %" PRId64 ", but pxed-%s had not applied it in time: machines may still get the old script; "
                   "'pxectl daemon %s' shows what holds it up",
                   json_get_int(parameters, "revision", 0), text(parameters, "role"), text(parameters, "role"));
}

static int storage_failed(const json_t *parameters, char **ret) {
        return say(EXIT_REFUSED, ret, "the store failed, and nothing was changed: %s", text(parameters, "reason"));
}

static int bad_configuration(const json_t *parameters, char **ret) {
        int64_t line = json_get_int(parameters, "line", 0);
        if (line > 0)
                return say(EXIT_REFUSED, ret, "%s:%" PRId64 ": %s (the configuration read before stays in force)", text(parameters, "file"), line,
                           text(parameters, "reason"));
        return say(EXIT_REFUSED, ret, "%s: %s (the configuration read before stays in force)", text(parameters, "file"), text(parameters, "reason"));
}

static int expired(const json_t *parameters, char **ret) {
        int64_t oldest = json_get_int(parameters, "oldest", 1);
        return say(EXIT_NOT_FOUND, ret, "those events are no longer kept, %" PRId64 " is the oldest: 'pxectl events --after %" PRId64 "' shows all", oldest,
                   oldest - 1);
}

static int permission_denied(const json_t *parameters, char **ret) {
        return say(EXIT_CONNECT, ret, "you may not do that here: the monitor socket (--monitor) only reads, and changes need root or the group pxed");
}

static int invalid_parameter(const json_t *parameters, char **ret) {
        return say(EXIT_REFUSED, ret, "parameter '%s' is missing, unknown or of the wrong type", text(parameters, "parameter"));
}

static int method_not_found(const json_t *parameters, char **ret) {
        const char *method = json_get_string(parameters, "method");
        return say(EXIT_REFUSED, ret, "there is no %s '%s' here: 'pxectl call org.varlink.service.GetInfo' tells the interfaces",
                   method ? "method" : "interface", method ? method : text(parameters, "interface"));
}

static int expected_more(const json_t *parameters, char **ret) {
        return say(EXIT_REFUSED, ret, "this method streams its replies: add --more");
}

int failure_of_error(const char *error, const json_t *parameters, char **ret_message) {
        static const struct {
                const char *name; /* of the error, without its interface */
                int (*explain)(const json_t *parameters, char **ret);
        } known[] = {
                { "NotFound", not_found },
                { "Conflict", conflict },
                { "WrongState", wrong_state },
                { "Invalid", invalid },
                { "Exists", exists },
                { "InUse", in_use },
                { "NotApplied", not_applied },
                { "StorageFailed", storage_failed },
                { "BadConfiguration", bad_configuration },
                { "Expired", expired },
                { "PermissionDenied", permission_denied },
                { "InvalidParameter", invalid_parameter },
                { "MethodNotFound", method_not_found },
                { "MethodNotImplemented", method_not_found },
                { "InterfaceNotFound", method_not_found },
                { "ExpectedMore", expected_more },
        };
        const char *dot = strrchr(error, '.'), *name = dot ? dot + 1 : error;
        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (strcmp(name, known[i].name) == 0)
                        return known[i].explain(parameters, ret_message);

        _cleanup_free_ char *more = parameters && json_object_size(parameters) > 0 ? json_dumps(parameters, JSON_COMPACT) : NULL;
        return say(EXIT_REFUSED, ret_message, "refused: %s%s%s", error, more ? " " : "", more ? more : "");
}

/* The daemon whose socket this is: pxed for the bus, pxed-dhcp for ".../dhcp.sock". */
static void name_daemon(const char *path, char *buffer, size_t size) {
        const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
        size_t length = strcspn(file, ".");
        if (file[length] == '.' && strncmp(file, "pxed.", 5) != 0)
                snprintf(buffer, size, "pxed-%.*s", (int) length, file);
        else
                snprintf(buffer, size, "pxed");
}

int failure_of_connection(int r, const char *path, char **ret_message) {
        char name[64];
        name_daemon(path, name, sizeof name);
        switch (-r) {
        case ENOENT:
        case ECONNREFUSED:
                return say(EXIT_CONNECT, ret_message, "nobody listens on %s: is %s running ('systemctl status %s'), and is --runtime-dir right?", path, name,
                           name);
        case EACCES:
        case EPERM:
                return say(EXIT_CONNECT, ret_message, "no permission for %s: be root or a member of the group pxed (to read only: group pxed-monitor and --monitor)",
                           path);
        case ECONNRESET:
        case EPIPE:
                return say(EXIT_CONNECT, ret_message, "the connection to %s ended before the reply: what was asked may or may not have been done", path);
        case ETIMEDOUT:
                return say(EXIT_TIMEOUT, ret_message, "no reply on %s in time (--timeout gives it longer)", path);
        case EBADMSG:
                return say(EXIT_CONNECT, ret_message, "what listens on %s does not speak Varlink", path);
        default:
                return say(EXIT_CONNECT, ret_message, "%s: %s", path, strerror(-r));
        }
}
