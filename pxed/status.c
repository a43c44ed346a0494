#include "pxed/status.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"

typedef int (*tell_t)(const char *kind, const char *message, void *userdata);

/* The element of an array of objects whose `key` is `value`. */
static const json_t *find(const json_t *array, const char *key, const char *value) {
        const json_t *element;
        size_t i;
        json_array_foreach(array, i, element) {
                const char *text = json_get_string(element, key);
                if (text && value && strcmp(text, value) == 0)
                        return element;
        }
        return NULL;
}

static int tell_problem(const json_t *problem, bool is_there, tell_t tell, void *userdata) {
        char message[400];
        snprintf(message, sizeof message, "%.80s: %s%.280s", json_get_string(problem, "subject"), is_there ? "" : "no more: ",
                 json_get_string(problem, "reason"));
        return tell(is_there ? "problem.set" : "problem.cleared", message, userdata);
}

static int compare_problems(const json_t *old, const json_t *new, tell_t tell, void *userdata) {
        const json_t *problem;
        size_t i;
        int r = 0;
        json_array_foreach(old, i, problem)
                if (r >= 0 && !find(new, "subject", json_get_string(problem, "subject")))
                        r = tell_problem(problem, false, tell, userdata);
        json_array_foreach(new, i, problem) {
                const json_t *before = find(old, "subject", json_get_string(problem, "subject"));
                if (r >= 0 && (!before || !json_equal(json_object_get(before, "reason"), json_object_get(problem, "reason"))))
                        r = tell_problem(problem, true, tell, userdata);
        }
        return r;
}

static int compare_child(const json_t *old, const json_t *new, tell_t tell, void *userdata) {
        const char *name = json_get_string(new, "name"), *reason = json_get_string(new, "reason");
        bool looped = json_get_bool(old, "crashLoop", false), loops = json_get_bool(new, "crashLoop", false);
        char message[400];
        int r = 0;

        if (json_get_int(new, "restarts", 0) > json_get_int(old, "restarts", 0)) {
                snprintf(message, sizeof message, "%.80s was started again%s%.280s", name, reason ? ": " : "",
                         reason ? reason : "");
                r = tell("child.restarted", message, userdata);
        }
        if (r >= 0 && loops && !looped) {
                snprintf(message, sizeof message, "%.80s ends again and again%s%.280s", name, reason ? ": " : "",
                         reason ? reason : "");
                r = tell("child.crash-loop", message, userdata);
        }
        if (r >= 0 && looped && !loops) {
                snprintf(message, sizeof message, "%.80s runs again", name);
                r = tell("child.recovered", message, userdata);
        }
        return r;
}

int status_compare(const json_t *old, const json_t *new, tell_t tell, void *userdata) {
        const json_t *children = old ? json_get_array(old, "children") : NULL, *child;
        /* A daemon that was started anew counts from the beginning. */
        bool same = old && json_get_int(old, "started", 0) == json_get_int(new, "started", 0);
        size_t i;

        int r = compare_problems(old ? json_get_array(old, "problems") : NULL, json_get_array(new, "problems"), tell, userdata);
        json_array_foreach(json_get_array(new, "children"), i, child) {
                const json_t *before = same ? find(children, "name", json_get_string(child, "name")) : NULL;
                if (r >= 0)
                        r = compare_child(before, child, tell, userdata);
        }
        return r;
}
