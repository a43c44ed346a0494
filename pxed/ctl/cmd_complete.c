/* What the shell may put in place of the last word of a line: `pxectl _complete -- WORDS...`, one candidate in a line. */
#include <string.h>

#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/daemon_socket.h"

#define PATIENCE (2 * USEC_PER_SEC) /* of somebody who pressed Tab */

static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const hints[] = { "size", "model", "vendor", "serial", "wwn", "wwn_with_extension", "wwn_vendor_extension", "hctl", "name", "by_path", "tran", "rotational", NULL };
static const char *const kinds[] = { "kernel", "local", "inspect", NULL };

/* A name that the shell would have to quote is none of pxed's. */
static void offer(const char *candidate, const char *beginning) {
        if (candidate && strncmp(candidate, beginning, strlen(beginning)) == 0 &&
            strspn(candidate, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(candidate))
                puts(candidate);
}

static void offer_each(const char *const *candidates, const char *beginning) {
        for (size_t i = 0; candidates[i]; i++)
                offer(candidates[i], beginning);
}

/* The names of all objects of a kind. Nothing is said where pxed does not answer. */
static void offer_names(struct ctl *ctl, const char *method, const char *key, const char *beginning) {
        _cleanup_json_ json_t *asked = json_object();
        for (int page = 0; page < 100; page++) {
                _cleanup_free_ char *error = NULL;
                _cleanup_json_ json_t *reply = NULL;
                size_t i;
                json_t *object;
                if (ctl_try(ctl, method, json_deep_copy(asked), PATIENCE, &error, &reply) < 0 || error)
                        return;
                json_array_foreach(json_get_array(reply, key), i, object)
                        offer(json_get_string(object, "name"), beginning);
                if (!json_get_string(reply, "next"))
                        return;
                json_object_set(asked, "after", json_object_get(reply, "next"));
        }
}

/* By the word that the table of commands has for an argument: "NODE", "[NODE|MAC]". */
static void offer_kind(struct ctl *ctl, const char *kind, size_t length, const char *beginning) {
        char word[32];
        snprintf(word, sizeof word, "%.*s", (int) length, kind);
        if (strstr(word, "NODE"))
                offer_names(ctl, "org.pxed.Node.List", "nodes", beginning);
        else if (strstr(word, "PROFILE"))
                offer_names(ctl, "org.pxed.Profile.List", "profiles", beginning);
        else if (strstr(word, "NETWORK"))
                offer_names(ctl, "org.pxed.Network.List", "networks", beginning);
        else if (strstr(word, "RULE"))
                offer_names(ctl, "org.pxed.Rule.List", "rules", beginning);
        else if (strstr(word, "DAEMON"))
                offer_each(daemon_sockets, beginning);
        else if (strstr(word, "LEVEL"))
                offer_each(levels, beginning);
        else if (strstr(word, "ARCHITECTURE"))
                offer_each(architecture_words, beginning);
        else if (strstr(word, "HINT"))
                offer_each(hints, beginning);
        else if (strstr(word, "KIND"))
                offer_each(kinds, beginning);
}

static void offer_words(const char *group, const char *beginning) {
        const char *words[64];
        size_t n = command_words(group, words, ELEMENTS(words));
        for (size_t i = 0; i < n; i++)
                offer(words[i], beginning);
}

static void offer_options(const struct command_option *options, const char *beginning) {
        for (; options && options->name; options++) {
                char text[40];
                snprintf(text, sizeof text, "--%s", options->name);
                offer(text, beginning);
        }
}

/* The option that a word is, where its value comes as the next word. */
static const struct command_option *awaits_value(const struct command *command, const char *word) {
        const struct command_option *lists[] = { global_options, command ? command->options : NULL };
        if (!word || strncmp(word, "--", 2) != 0)
                return NULL;
        for (size_t i = 0; i < ELEMENTS(lists); i++)
                for (const struct command_option *option = lists[i]; option && option->name; option++)
                        if (option->argument && strcmp(option->name, word + 2) == 0)
                                return option;
        return NULL;
}

/* "[NODE]...": the last one, as often as one likes. */
static bool goes_on(const char *kind) {
        size_t length = strlen(kind);
        return length > 3 && !strchr(kind, ' ') && strcmp(kind + length - 3, "...") == 0;
}

static void offer_argument(struct ctl *ctl, const struct arguments *line, const char *beginning) {
        const char *kind = arguments_command(line)->arguments;
        if (strcmp(arguments_command(line)->words, "help") == 0) {
                offer_words(arguments_word(line, 0), beginning);
                return;
        }
        for (size_t i = 0; i < arguments_count(line) && *kind && !goes_on(kind); i++) {
                kind += strcspn(kind, " ");
                kind += strspn(kind, " ");
        }
        offer_kind(ctl, kind, strcspn(kind, " "), beginning);
}

int cmd_complete(struct ctl *ctl, const struct arguments *arguments) {
        size_t n = arguments_count(arguments);
        const char *words[n + 2], *beginning = n > 0 ? arguments_word(arguments, n - 1) : "";
        _cleanup_(arguments_freep) struct arguments *line = NULL;
        _cleanup_free_ char *problem = NULL;

        /* The line as far as it is complete, read as it would be; that it is no whole command yet does not matter. */
        words[0] = "pxectl";
        for (size_t i = 0; i + 1 < n; i++)
                words[i + 1] = arguments_word(arguments, i);
        int count = n > 0 ? (int) n : 1;
        arguments_parse(count, (char **) words, &line, &problem);
        const char *runtime_dir = ctl->runtime_dir;
        if (!line || ctl_setup(ctl, line) != 0)
                return 0;
        if (!arguments_given(line, "runtime-dir"))
                ctl->runtime_dir = runtime_dir;

        const struct command *command = arguments_command(line);
        const struct command_option *option = awaits_value(command, words[count - 1]);
        if (option)
                offer_kind(ctl, option->argument, strlen(option->argument), beginning);
        else if (*beginning == '-') {
                offer_options(global_options, beginning);
                offer_options(command ? command->options : NULL, beginning);
        } else if (command)
                offer_argument(ctl, line, beginning);
        else
                offer_words(arguments_group(line), beginning);
        return 0;
}
