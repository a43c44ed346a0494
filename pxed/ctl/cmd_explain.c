/* `pxectl explain`: the bus tells who the machine is, pxed-dhcp and pxed-tftp what they would answer it. */
#include <string.h>

#include "lib/address.h"
#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/daemon_socket.h"
#include "pxed/ctl/failure.h"
#include "pxed/ctl/story.h"

#define MACS_MAX 64

/* What is known of the machine before anybody is asked what it would get. */
struct subject {
        const char *mac;
        char given[MAC_TEXT_SIZE];
        json_t *node; /* NULL: it has none, or pxed could not be asked */
        json_t *failures;
        int status;
};

/* ---- asking ---- */

/* What could not be asked is kept: the rest of the story is told all the same. */
static bool has_failed(const struct subject *subject, const char *part) {
        size_t i;
        json_t *failure;

        json_array_foreach(subject->failures, i, failure)
                if (strcmp(json_get_string(failure, "part"), part) == 0)
                        return true;
        return false;
}

/* Takes over the message. */
static void keep_failure(struct subject *subject, const char *part, int status, char *message) {
        _cleanup_free_ char *text = message;

        if (has_failed(subject, part))
                return;
        json_array_append_new(subject->failures, json_pack("{s:s, s:o}", "part", part, "message", json_text(text)));
        if (subject->status == 0)
                subject->status = status;
}

/* A question to the bus whose answer may be missing; NULL. `expected`: an error that is no failure. */
static json_t *ask_bus(struct ctl *ctl, struct subject *subject, const char *method, json_t *parameters, const char *expected) {
        _cleanup_json_ json_t *taken = parameters, *reply = NULL;
        _cleanup_free_ char *error = NULL;
        char *message = NULL;
        int status, r;

        if (has_failed(subject, "pxed"))
                return NULL;
        r = ctl_try(ctl, method, TAKE_POINTER(taken), ctl_reply_timeout(ctl), &error, &reply);
        if (r >= 0 && !error)
                return TAKE_POINTER(reply);
        if (r >= 0 && expected && strcmp(error, expected) == 0)
                return NULL;
        if (r < 0) {
                _cleanup_free_ char *path = ctl_bus_socket(ctl);
                status = failure_of_connection(r, path ? path : "?", &message);
        } else
                status = failure_of_error(error, reply, &message);
        keep_failure(subject, "pxed", status, message);
        return NULL;
}

static json_t *ask_daemon(struct ctl *ctl, struct subject *subject, const char *name, const char *part, json_t *parameters) {
        _cleanup_json_ json_t *reply = NULL;
        _cleanup_free_ char *error = NULL, *path = NULL;
        char *message = NULL;
        int r = daemon_ask(ctl, name, "org.pxed.Explain.Explain", parameters, &path, &error, &reply), status;

        if (r >= 0 && !error)
                return TAKE_POINTER(reply);
        status = r < 0 ? failure_of_connection(r, path ? path : name, &message) : failure_of_error(error, reply, &message);
        keep_failure(subject, part, status, message);
        return NULL;
}

/* ---- what is known of the machine ---- */

static const json_t *port_of(const json_t *node, const char *mac) {
        size_t i;
        json_t *port;

        json_array_foreach(json_get_array(node, "ports"), i, port)
                if (strcmp(json_get_string(port, "mac"), mac) == 0)
                        return port;
        return NULL;
}

/* Option 93 of the firmware, which asks first. */
static int64_t architecture_of_boot(const json_t *boot) {
        size_t i;
        json_t *step;

        json_array_foreach(json_get_array(boot, "steps"), i, step) {
                int64_t architecture = json_get_int(step, "architecture", -1);
                if (architecture >= 0)
                        return architecture;
        }
        return -1;
}

static json_t *newest_sighting(struct ctl *ctl, struct subject *subject) {
        _cleanup_json_ json_t *reply = ask_bus(ctl, subject, "org.pxed.Network.ListSightings", json_pack("{s:s}", "mac", subject->mac), NULL);
        json_t *sighting, *newest = NULL;
        size_t i;

        json_array_foreach(json_get_array(reply, "sightings"), i, sighting)
                if (!newest || json_get_int(sighting, "lastSeen", 0) > json_get_int(newest, "lastSeen", 0))
                        newest = sighting;
        return json_incref(newest);
}

/* By the newest boot, which knows what the firmware said, or by the sighting, or by the node. */
static int64_t find_architecture(struct ctl *ctl, struct subject *subject, const json_t *sighting, const char **ret_source) {
        _cleanup_json_ json_t *reply = ask_bus(ctl, subject, "org.pxed.Boot.List", json_pack("{s:s, s:i}", "mac", subject->mac, "limit", 1), NULL);
        int64_t architecture = architecture_of_boot(json_array_get(json_get_array(reply, "boots"), 0));
        const char *mode = json_get_string(subject->node, "bootMode");

        *ret_source = "as it said at its newest boot";
        if (architecture >= 0)
                return architecture;
        *ret_source = "as it said when it was seen";
        architecture = json_get_int(sighting, "architecture", -1);
        if (architecture >= 0)
                return architecture;
        *ret_source = "by the mode that it was inspected in";
        if (mode)
                return strcmp(mode, "uefi") == 0 ? 7 : 0;
        *ret_source = "assumed: give another with --arch";
        return 0;
}

/* What the command line says goes before what is known. */
static json_t *describe(struct ctl *ctl, struct subject *subject, const struct arguments *arguments) {
        _cleanup_json_ json_t *sighting = newest_sighting(ctl, subject);
        const char *network = arguments_get(arguments, "network"), *uuid = arguments_get(arguments, "uuid"), *source = NULL;
        int64_t architecture = 0;

        if (!network)
                network = json_get_string(port_of(subject->node, subject->mac), "network") ?: json_get_string(sighting, "network");
        if (!uuid)
                uuid = json_get_string(subject->node, "uuid") ?: json_get_string(sighting, "uuid");
        if (!arguments_given(arguments, "arch"))
                architecture = find_architecture(ctl, subject, sighting, &source);
        return json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "mac", subject->mac, "uuid", json_text(uuid), "node",
                         json_text(json_get_string(subject->node, "name")), "network", json_text(network), "architecture", (json_int_t) architecture,
                         "source", json_text(source));
}

/* ---- stories ---- */

/* The members of `story` that are known. */
static json_t *question_of(const json_t *story, bool with_architecture) {
        json_t *question = json_object();
        const char *const names[] = { "mac", "uuid", "network", "architecture" };

        for (size_t i = 0; i < ELEMENTS(names) - !with_architecture; i++)
                if (!json_is_null(json_object_get(story, names[i])))
                        json_object_set(question, names[i], json_object_get(story, names[i]));
        return question;
}

/* Takes over `story`. */
static json_t *tell(struct ctl *ctl, struct subject *subject, json_t *story) {
        json_t *dhcp = ask_daemon(ctl, subject, "dhcp", "pxed-dhcp", question_of(story, true));
        json_t *boot = ask_daemon(ctl, subject, "tftp", "pxed-tftp", question_of(story, true));
        const char *network = json_get_string(dhcp, "network") ?: json_get_string(boot, "network");

        /* They know it too where there is only one. */
        if (network && json_is_null(json_object_get(story, "network")))
                json_object_set_new(story, "network", json_string(network));
        _cleanup_json_ json_t *reply = ask_bus(ctl, subject, "org.pxed.Node.Explain", question_of(story, false), NULL);
        json_t *decision = json_get_object(reply, "decision");
        json_object_set_new(story, "decision", decision ? json_incref(decision) : json_null());
        json_object_set_new(story, "dhcp", dhcp ? dhcp : json_null());
        json_object_set_new(story, "boot", boot ? boot : json_null());
        json_object_set(story, "failures", subject->failures);
        story_conclude(story);
        return story;
}

/* One for each architecture that was asked for, or that which is known. */
static int tell_each(struct ctl *ctl, struct subject *subject, const struct arguments *arguments, json_t *stories) {
        _cleanup_json_ json_t *known = describe(ctl, subject, arguments);
        size_t position = 0;
        const char *word;

        if (!known)
                return ctl_fail(ctl, EXIT_REFUSED, "out of memory");
        if (!arguments_given(arguments, "arch"))
                return json_array_append_new(stories, tell(ctl, subject, json_deep_copy(known)));
        while ((word = arguments_next(arguments, "arch", &position))) {
                json_t *story = json_deep_copy(known);
                int64_t architecture = 0;
                (void) architecture_parse(word, &architecture);
                json_object_set_new(story, "architecture", json_integer(architecture));
                json_array_append_new(stories, tell(ctl, subject, story));
        }
        return 0;
}

/* Those by which the machine boots; where none is known to, the first. */
static size_t macs_of(const json_t *node, const char *macs[static MACS_MAX]) {
        const json_t *ports = json_get_array(node, "ports");
        size_t i, n = 0;
        json_t *port;

        json_array_foreach(ports, i, port)
                if (json_get_bool(port, "boots", false) && n < MACS_MAX)
                        macs[n++] = json_get_string(port, "mac");
        if (n == 0 && json_array_size(ports) > 0)
                macs[n++] = json_get_string(json_array_get(ports, 0), "mac");
        return n;
}

static int check_options(struct ctl *ctl, const struct arguments *arguments) {
        const char *word, *uuid = arguments_get(arguments, "uuid");
        struct uuid parsed;
        int64_t number;

        for (size_t position = 0; (word = arguments_next(arguments, "arch", &position));)
                if (architecture_parse(word, &number) < 0)
                        return ctl_fail(ctl, EXIT_USAGE, "--arch takes bios, efi32, efi64, efibc, arm64, http64, or a number of option 93 up to 65535, not '%s'",
                                        word);
        if (uuid && uuid_parse(uuid, &parsed) < 0)
                return ctl_fail(ctl, EXIT_USAGE, "--uuid takes a UUID, not '%s'", uuid);
        return 0;
}

/* The MACs that stories are told of. The node need not be known, nor pxed be there, where a MAC was given. */
static int find_machines(struct ctl *ctl, const char *reference, struct subject *subject, const char *macs[static MACS_MAX], size_t *ret) {
        struct mac mac;
        bool is_mac = mac_parse(reference, &mac) == 0;
        _cleanup_json_ json_t *reply = NULL;
        json_t *request = json_pack("{s:s}", "node", reference);

        if (is_mac)
                reply = ask_bus(ctl, subject, "org.pxed.Node.Get", request, "org.pxed.Node.NotFound");
        else {
                int status = ctl_call(ctl, "org.pxed.Node.Get", request, &reply);
                if (status != 0)
                        return status;
        }
        subject->node = json_incref(json_get_object(reply, "node"));
        *ret = is_mac ? 1 : macs_of(subject->node, macs);
        if (*ret == 0)
                return ctl_fail(ctl, EXIT_REFUSED, "node %s has no MAC yet: give the MAC that it would ask with", reference);
        if (is_mac)
                macs[0] = mac_format(&mac, subject->given);
        return 0;
}

static int print(struct ctl *ctl, const struct arguments *arguments, const json_t *stories) {
        const struct story_look what = { .bytes = arguments_given(arguments, "bytes"), .script = arguments_given(arguments, "script") };
        size_t i;
        json_t *story;

        if (ctl->json) {
                _cleanup_json_ json_t *document = json_pack("{s:O}", "stories", stories);
                ctl_print_json(ctl, document);
                return 0;
        }
        ctl_refresh(ctl);
        json_array_foreach(stories, i, story) {
                if (i > 0)
                        fputc('\n', ctl->out);
                if (story_show(story, &what, &ctl->look, ctl->out) < 0)
                        return ctl_fail(ctl, EXIT_REFUSED, "out of memory");
        }
        return 0;
}

int cmd_explain(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *stories = json_array(), *failures = json_array(), *node = NULL;
        struct subject subject = { .failures = failures };
        const char *macs[MACS_MAX];
        size_t n = 0;
        int status = check_options(ctl, arguments);

        if (status == 0)
                status = find_machines(ctl, arguments_word(arguments, 0), &subject, macs, &n);
        node = subject.node;
        for (size_t i = 0; i < n && status == 0; i++) {
                subject.mac = macs[i];
                status = tell_each(ctl, &subject, arguments, stories);
        }
        if (status == 0)
                status = print(ctl, arguments, stories);
        return status != 0 ? status : subject.status;
}
