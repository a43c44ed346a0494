/* `pxectl capture`: packets of machines, from pxed-netcfg itself. */
#include <errno.h>
#include <fcntl.h>
#include <nettle/base64.h>
#include <string.h>

#include "lib/address.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/daemon_socket.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/text.h"

#define SUFFIX ".pcapng"
#define CAPTURE_NOT_FOUND "org.pxed.Capture.NotFound"

/* As ctl_call, on pxed-netcfg's own socket. `expected`: an error that is no failure; *ret is NULL then. */
static int ask(struct ctl *ctl, const char *method, json_t *parameters, const char *expected, json_t **ret) {
        _cleanup_free_ char *path = NULL, *error = NULL;
        _cleanup_json_ json_t *reply = NULL;

        int r = daemon_ask(ctl, "netcfg", method, parameters, &path, &error, &reply);
        if (r < 0)
                return ctl_fail_connection(ctl, r, path ? path : "netcfg");
        if (error && (!expected || strcmp(error, expected) != 0))
                return ctl_fail_error(ctl, error, reply);
        *ret = error ? NULL : TAKE_POINTER(reply);
        return 0;
}

/* ---- which machines have packets ---- */

/* Each page; the limits are those of the last one. */
static int list_machines(struct ctl *ctl, json_t **ret) {
        _cleanup_json_ json_t *asked = json_object(), *all = json_array(), *limits = NULL;

        for (;;) {
                _cleanup_json_ json_t *reply = NULL;
                int status = ask(ctl, "org.pxed.Capture.List", json_deep_copy(asked), NULL, &reply);
                if (status != 0)
                        return status;
                json_array_extend(all, json_get_array(reply, "machines"));
                json_decref(limits);
                limits = json_incref(json_get_object(reply, "limits"));
                if (!json_get_string(reply, "next"))
                        break;
                json_object_set(asked, "after", json_object_get(reply, "next"));
        }
        *ret = json_pack("{s:O, s:O}", "machines", all, "limits", limits);
        return 0;
}

static int list(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;

        if (arguments_given(arguments, "output") || arguments_given(arguments, "force"))
                return ctl_fail(ctl, EXIT_USAGE, "--output and --force need a machine: pxectl capture NODE|MAC");
        int status = list_machines(ctl, &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else if (json_array_size(json_get_array(reply, "machines")) == 0)
                ctl_note(ctl, "No packets are kept: since pxed-netcfg was started no machine has sent DHCP or asked for a file by TFTP.");
        else
                show_captures(reply, &ctl->look, ctl->out);
        return 0;
}

/* ---- the packets of one ---- */

/* The packets of each MAC that has some, as replies of Get. A MAC need not be a node's, nor pxed be there. */
static int get_all(struct ctl *ctl, const char *reference, json_t **ret) {
        _cleanup_json_ json_t *macs = NULL, *all = json_array(), *reply = NULL;
        char text[MAC_TEXT_SIZE];
        struct mac mac;
        json_t *port;
        size_t i;

        if (mac_parse(reference, &mac) == 0) {
                macs = json_pack("[{s:s}]", "mac", mac_format(&mac, text));
        } else {
                int status = ctl_call(ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", reference), &reply);
                if (status != 0)
                        return status;
                macs = json_incref(json_get_array(json_get_object(reply, "node"), "ports"));
        }
        json_array_foreach(macs, i, port) {
                json_t *packets = NULL;
                int status = ask(ctl, "org.pxed.Capture.Get", json_pack("{s:s}", "mac", json_get_string(port, "mac")), CAPTURE_NOT_FOUND, &packets);
                if (status != 0)
                        return status;
                if (packets)
                        json_array_append_new(all, packets);
        }
        if (json_array_size(all) == 0)
                return ctl_fail(ctl, EXIT_NOT_FOUND, "no packets of %s are kept: it has sent no DHCP and asked for no file by TFTP since pxed-netcfg was started, "
                                "or gave way to others; 'pxectl capture' shows whose there are", reference);
        *ret = TAKE_POINTER(all);
        return 0;
}

/* The file that was sent as base64; NULL: it is none, or memory is short. */
static uint8_t *decode(const char *text, size_t *ret_size) {
        struct base64_decode_ctx context;
        size_t size = strlen(text);
        _cleanup_free_ uint8_t *bytes = malloc(BASE64_DECODE_LENGTH(size) + 1);

        base64_decode_init(&context);
        *ret_size = BASE64_DECODE_LENGTH(size);
        if (!bytes || !base64_decode_update(&context, ret_size, bytes, size, text) || !base64_decode_final(&context))
                return NULL;
        return TAKE_POINTER(bytes);
}

static int write_bytes(int fd, const uint8_t *bytes, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, bytes, size);
                if (n < 0 && errno != EINTR)
                        return -errno;
                bytes += n > 0 ? n : 0;
                size -= n > 0 ? (size_t) n : 0;
        }
        return 0;
}

/* A file that cannot be written whole is not left behind, unless it was there before. */
static int write_file(struct ctl *ctl, const char *path, bool force, const uint8_t *bytes, size_t size) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0644);

        if (fd < 0 && errno == EEXIST)
                return ctl_fail(ctl, EXIT_REFUSED, "%s exists already: --force overwrites it, --output FILE names another", path);
        int r = fd < 0 ? -errno : write_bytes(fd, bytes, size);
        if (r == 0)
                return 0;
        if (fd >= 0 && !force)
                unlink(path);
        return ctl_fail(ctl, EXIT_REFUSED, "cannot write %s: %s", path, strerror(-r));
}

/* "52-54-00-00-00-01.pcapng": a colon would make it a host's name to scp and rsync. */
static void name_file(const char *mac, char *buffer, size_t size) {
        snprintf(buffer, size, "%s" SUFFIX, mac);
        for (char *c = buffer; *c; c++)
                if (*c == ':')
                        *c = '-';
}

static int save(struct ctl *ctl, const struct arguments *arguments, const json_t *packets, json_t *files) {
        const char *output = arguments_get(arguments, "output"), *text = json_get_string(packets, "pcapng");
        const json_t *machine = json_get_object(packets, "machine");
        char name[64];
        size_t size = 0;

        _cleanup_free_ uint8_t *bytes = decode(text ? text : "", &size);
        if (!bytes)
                return ctl_fail(ctl, EXIT_REFUSED, "what pxed-netcfg sent is no base64");
        if (output && strcmp(output, "-") == 0) {
                fwrite(bytes, 1, size, ctl->out);
                return 0;
        }
        name_file(json_get_string(machine, "mac") ?: "", name, sizeof(name));
        int status = write_file(ctl, output ?: name, arguments_given(arguments, "force"), bytes, size);
        if (status == 0)
                json_array_append_new(files, json_pack("{s:s, s:O}", "file", output ?: name, "machine", machine));
        return status;
}

static int get(struct ctl *ctl, const struct arguments *arguments, const char *reference) {
        const char *output = arguments_get(arguments, "output");
        _cleanup_json_ json_t *all = NULL, *files = json_array(), *reply = NULL;
        bool is_stream = output && strcmp(output, "-") == 0;
        int status;

        if (is_stream && ctl->json)
                return ctl_fail(ctl, EXIT_USAGE, "--output - and --json would both be standard output");
        if (is_stream && ctl->terminal)
                return ctl_fail(ctl, EXIT_USAGE, "standard output is a terminal: --output FILE, or a pipe: pxectl capture %s --output - | tcpdump -r -", reference);
        if ((status = get_all(ctl, reference, &all)) != 0)
                return status;
        if (output && json_array_size(all) > 1)
                return ctl_fail(ctl, EXIT_USAGE, "%s has packets of several MACs: name one of them, or leave --output away for a file of each", reference);
        for (size_t i = 0; i < json_array_size(all) && status == 0; i++)
                status = save(ctl, arguments, json_array_get(all, i), files);
        reply = json_pack("{s:O}", "files", files);
        if (ctl->json && json_array_size(files) > 0)
                ctl_print_json(ctl, reply);
        else if (!ctl->json)
                show_capture_files(files, &ctl->look, ctl->out);
        return status;
}

int cmd_capture(struct ctl *ctl, const struct arguments *arguments) {
        const char *reference = arguments_word(arguments, 0);

        return reference ? get(ctl, arguments, reference) : list(ctl, arguments);
}
