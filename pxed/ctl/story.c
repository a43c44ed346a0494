#include "pxed/ctl/story.h"

#include <inttypes.h>
#include <string.h>

#include "lib/macro.h"
#include "pxed/ctl/text.h"

static const char *last_rule(const json_t *answer) {
        const json_t *rules = json_get_array(answer, "rules");
        size_t n = json_array_size(rules);

        return (n > 0 ? json_string_value(json_array_get(rules, n - 1)) : NULL) ?: "no reason was given";
}

static const char *request_of(const json_t *answer) {
        return json_get_string(answer, "request") ?: "?";
}

static const json_t *answers_of(const json_t *story, const char *part) {
        return json_get_array(json_get_object(story, part), "answers");
}

/*
 * Where the machine cannot go on. Of DHCP that is the first request or none: those of programs that are never started are not
 * explained, and the system that is booted may have its address from another server.
 */
static const json_t *find_stop(const json_t *story) {
        const json_t *dhcp = answers_of(story, "dhcp"), *boot = answers_of(story, "boot");
        size_t i;
        json_t *answer;

        if (json_array_size(dhcp) > 0 && !json_get_bool(json_array_get(dhcp, 0), "answered", false))
                return json_array_get(dhcp, 0);
        json_array_foreach(boot, i, answer)
                if (!json_get_bool(answer, "answered", false))
                        return answer;
        return NULL;
}

/* The script that is the machine's own; `*ret_after` is where the files that it names begin. */
static const json_t *find_script(const json_t *story, size_t *ret_after) {
        const json_t *boot = answers_of(story, "boot");
        size_t i;
        json_t *answer;

        json_array_foreach(boot, i, answer)
                if (strncmp(request_of(answer), "HTTP /boot?", strlen("HTTP /boot?")) == 0) {
                        *ret_after = i + 1;
                        return answer;
                }
        return NULL;
}

static void _printf_(3, 4) conclude(json_t *story, json_t *boots, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        json_object_set_new(story, "boots", boots);
        json_object_set_new(story, "conclusion", json_text(text));
}

/* What a rule found: "boots profile local" of "boot script: boots profile local". */
static const char *finding(const char *rule) {
        const char *colon = strstr(rule, ": ");
        return colon ? colon + 2 : rule;
}

static void conclude_boot(json_t *story) {
        const json_t *boot = answers_of(story, "boot");
        char size[TEXT_NUMBER_SIZE];
        size_t after = json_array_size(boot), files;
        int64_t bytes = 0;
        const json_t *script = find_script(story, &after);

        for (size_t i = after; i < json_array_size(boot); i++)
                bytes += json_get_int(json_array_get(boot, i), "size", 0);
        files = json_array_size(boot) - after;
        const char *what = script ? finding(last_rule(script)) : "is served, but gets no script";
        if (files > 0)
                conclude(story, json_true(), "It %s: %zu file%s, %s.", what, files, files == 1 ? "" : "s", text_size((uint64_t) bytes, size));
        else
                conclude(story, json_true(), "It %s.", what);
}

/* What pxed has decided and pxed-tftp does not serve yet. */
static void compare_decisions(json_t *story) {
        const char *profile = json_get_string(json_get_object(story, "decision"), "profile");
        size_t after;
        const json_t *script = find_script(story, &after);
        _cleanup_free_ char *expected = NULL;
        json_t *notes = json_array();

        json_object_set_new(story, "notes", notes);
        if (!profile || !script || !json_get_bool(script, "answered", false) || asprintf(&expected, "boots profile %s", profile) < 0) {
                expected = NULL;
                return;
        }
        if (strcmp(finding(last_rule(script)), expected) != 0)
                json_array_append_new(notes, json_text("pxed has decided otherwise than pxed-tftp serves: it has not applied that yet (see 'pxectl status')"));
}

void story_conclude(json_t *story) {
        const json_t *stop = find_stop(story);

        compare_decisions(story);
        if (stop)
                conclude(story, json_false(), "It stops at %s: %s.", request_of(stop), finding(last_rule(stop)));
        else if (!json_get_object(story, "dhcp") || !json_get_object(story, "boot"))
                conclude(story, json_null(), "How it ends is not known: not all daemons could be asked.");
        else
                conclude_boot(story);
}
