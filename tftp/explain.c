#include "tftp/explain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/boot_rules.h"
#include "lib/file.h"
#include "tftp/images.h"
#include "tftp/loaders.h"

/* RFC 1350 5; what in.tftpd may not read has no code of its own. */
enum { TFTP_NOT_DEFINED = 0, TFTP_NOT_FOUND = 1 };

struct explanation {
        const struct explain_inputs *in;
        const struct explain_question *question;
        char server[IP_TEXT_SIZE];
        json_t *answers;
};

static void put_number(json_t *answer, const char *name, uint64_t number) {
        json_object_set_new(answer, name, json_integer((json_int_t) number));
}

/* ---- files ---- */

/* Where an open file is. */
static void path_of(int fd, char path[static PATH_MAX]) {
        char link[64];

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, PATH_MAX - 1);
        path[length > 0 ? length : 0] = '\0';
}

static bool tell_file(json_t *answer, int fd, struct stat *ret_status) {
        char path[PATH_MAX];

        if (fstat(fd, ret_status) < 0)
                return false;
        path_of(fd, path);
        explain_rule(answer, "file %s: is there, %llu bytes", path, (unsigned long long) ret_status->st_size);
        put_number(answer, "size", (uint64_t) ret_status->st_size);
        return true;
}

/* `folder` is where it was looked for, `opened` as http_file.c gets it. */
static void explain_http_file(json_t *answer, const char *folder, const char *file, int opened) {
        _cleanup_close_ int fd = opened;
        struct stat status;
        const char *why;
        unsigned code = file_status(opened, &why);

        put_number(answer, "status", code);
        if (code != 200)
                explain_rule(answer, "file %s/%s: %s", folder, file, why);
        else if (tell_file(answer, fd, &status))
                explain_answered(answer);
}

/* in.tftpd reads as nobody. */
static void explain_tftp_file(json_t *answer, const char *folder, const char *file) {
        _cleanup_close_ int fd = file_open_in(folder, file);
        struct stat status;

        if (fd < 0) {
                put_number(answer, "status", fd == -ENOENT ? TFTP_NOT_FOUND : TFTP_NOT_DEFINED);
                explain_rule(answer, "file %s/%s: %s", folder, file, fd == -ENOENT ? "there is no such file" : strerror(-fd));
                return;
        }
        if (!tell_file(answer, fd, &status))
                return;
        if (status.st_mode & S_IROTH) {
                explain_answered(answer);
                return;
        }
        put_number(answer, "status", TFTP_NOT_DEFINED);
        json_object_del(answer, "size");
        explain_rule(answer, "mode %03o: in.tftpd, which is nobody, may not read it", (unsigned) status.st_mode & 0777);
}

/* ---- servers ---- */

/* Whether the HTTP server of the network answers. */
static bool tell_http(const struct explanation *e, json_t *answer) {
        unsigned port = e->in->snapshot->settings->http_port;

        if (e->in->http_problem)
                explain_rule(answer, "port %u of %s: does not answer: %s", port, e->server, e->in->http_problem);
        else
                explain_rule(answer, "network %s: pxed-tftp answers at port %u of %s", e->in->network->name, port, e->server);
        return !e->in->http_problem;
}

static bool tell_tftp(const struct explanation *e, json_t *answer) {
        if (e->in->tftp_problem)
                explain_rule(answer, "TFTP of %s: does not answer: %s", e->server, e->in->tftp_problem);
        else
                explain_rule(answer, "network %s: in.tftpd answers at port 69 of %s", e->in->network->name, e->server);
        return !e->in->tftp_problem;
}

/* A file below /images or /loaders; `target` as it is asked for. Whether it would come. */
static bool explain_download(const struct explanation *e, const char *target, const char *folder, const char *file, int opened) {
        json_t *answer = explain_answer(e->answers, "http", "HTTP %s", target);
        _cleanup_close_ int fd = opened;

        if (tell_http(e, answer))
                explain_http_file(answer, folder, file, TAKE_FD(fd));
        return json_get_bool(answer, "answered", false);
}

/* ---- requests ---- */

static bool explain_loader(const struct explanation *e) {
        const struct client firmware = client_firmware(e->question->architecture);
        const struct boot_file *boot = boot_file_of(&firmware);
        const char *folder = e->in->loader_directory;
        json_t *answer;

        if (!boot) {
                answer = explain_answer(e->answers, "tftp", "TFTP, of a loader");
                explain_rule(answer, "option 93 = %u: DHCP names no loader for this architecture", e->question->architecture);
                return false;
        }
        const char *file = strrchr(boot->file, '/') ? strrchr(boot->file, '/') + 1 : boot->file;
        if (boot->by_http)
                return explain_download(e, boot->file, folder, file, file_open_in(folder, file));
        answer = explain_answer(e->answers, "tftp", "TFTP %s", file);
        if (tell_tftp(e, answer))
                explain_tftp_file(answer, folder, file);
        return json_get_bool(answer, "answered", false);
}

/* Takes what is in `text`. */
static void put_text(json_t *answer, struct text *text) {
        _cleanup_free_ char *string = text_take(text);

        put_number(answer, "status", 200);
        json_object_set_new(answer, "text", json_text(string));
}

static bool explain_start(const struct explanation *e) {
        json_t *answer = explain_answer(e->answers, "http", "HTTP /boot.ipxe");
        _cleanup_text_ struct text text = {};

        if (!tell_http(e, answer))
                return false;
        script_start(&e->in->network->address, e->in->snapshot->settings->http_port, &text);
        put_number(answer, "size", text.size);
        put_text(answer, &text);
        explain_rule(answer, "/boot.ipxe: the same for each machine, it asks for the machine's own script");
        explain_answered(answer);
        return true;
}

static void tell_decision(json_t *answer, const struct boot_answer *boot) {
        const char *reason;
        int length;

        for (unsigned i = 0; (reason = decision_reason(&boot->decision, i, &length)); i++)
                explain_rule(answer, "decision: %.*s", length, reason);
        if (boot->boots)
                explain_rule(answer, "boot script: boots profile %s", boot->decision.profile->name);
        else
                explain_rule(answer, "boot script: says that the machine is not booted: %s", boot->reason);
}

/* How iPXE asks by the generic script, as far as it decides anything. */
static void make_query(const struct explain_question *question, char *query, size_t size) {
        char mac[MAC_TEXT_SIZE], uuid[UUID_TEXT_SIZE] = "";

        if (question->has_uuid)
                uuid_format(&question->uuid, uuid);
        snprintf(query, size, "mac=%s%s%s&platform=%s", mac_format(&question->mac, mac), uuid[0] ? "&uuid=" : "", uuid,
                 question->architecture == 0 ? "pcbios" : "efi");
}

static bool explain_script(const struct explanation *e, const struct boot_request *machine, const char *query, struct boot_answer *boot) {
        json_t *answer = explain_answer(e->answers, "http", "HTTP /boot?%s", query);
        const struct explain_inputs *in = e->in;
        struct boot_answer as_sent;

        if (!tell_http(e, answer))
                return false;
        boot_answer(machine, in->snapshot, in->network, in->consumed, NULL, &as_sent);
        put_number(answer, "size", as_sent.text.size);
        text_clear(&as_sent.text);
        boot_answer(machine, in->snapshot, in->network, in->consumed, EXPLAIN_TOKEN, boot);
        put_text(answer, &boot->text);
        tell_decision(answer, boot);
        if (boot->boots)
                explain_answered(answer);
        return true;
}

static void explain_image(const struct explanation *e, const char *file) {
        const char *folder = e->in->snapshot->settings->image_directory;
        _cleanup_text_ struct text target = {};

        if (file_is_url(file)) {
                json_t *answer = explain_answer(e->answers, "http", "HTTP %s", file);
                explain_rule(answer, "%s: is another server's, which is not asked", file);
                explain_answered(answer);
                return;
        }
        text_add(&target, "/images/");
        file_add_path(file, &target);
        text_add(&target, "?token=" EXPLAIN_TOKEN);
        _cleanup_free_ char *text = text_take(&target);
        if (text)
                explain_download(e, text, folder, file, image_open(folder, file));
}

static void explain_files(const struct explanation *e, const struct boot_request *machine, const struct profile *profile) {
        const char *file;

        for (unsigned i = 0; (file = profile_file(profile, i)); i++)
                explain_image(e, file);
        if (profile->kind == PROFILE_LOCAL && machine->platform == PLATFORM_EFI)
                explain_download(e, "/loaders/" LOCAL_LOADER "?token=" EXPLAIN_TOKEN, e->in->loader_directory, LOCAL_LOADER,
                                 file_open_in(e->in->loader_directory, LOCAL_LOADER));
}

json_t *explain_boot(const struct explain_inputs *inputs, const struct explain_question *question) {
        _cleanup_json_ json_t *answers = json_array();
        struct explanation e = { .in = inputs, .question = question, .answers = answers };
        struct boot_request machine;
        struct boot_answer boot;
        char query[256];

        if (!answers)
                return NULL;
        ip_format(&inputs->network->address, e.server);
        make_query(question, query, sizeof(query));
        boot_request_parse(query, &machine);
        if (explain_loader(&e) && explain_start(&e) && explain_script(&e, &machine, query, &boot) && boot.decision.profile)
                explain_files(&e, &machine, boot.decision.profile);
        return json_incref(answers);
}
