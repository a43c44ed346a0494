/* The boots that a watcher has been told of: what changed with each message, how many ended how, and the picture of them. Pure. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

struct watch_list;

struct watch_list *watch_list_new(void);
struct watch_list *watch_list_free(struct watch_list *list);
DEFINE_CLEANUP(struct watch_list *, watch_list_free);

/*
 * Takes an org.pxed.Boot.Boot in, in place of what was known of it. For each step that is new, each file that became complete, and an
 * end that was not known, one line is printed to `out` (NULL: none). A boot that ended may go on after all. 1 where anything but
 * its time changed, 0, -ENOMEM, -EINVAL without an id.
 */
int watch_list_update(struct watch_list *list, const json_t *boot, const struct look *look, FILE *out);

/* Whether the boot with this id was told of and has not ended. */
bool watch_list_runs(const struct watch_list *list, json_int_t id);
/* How many are in flight. */
size_t watch_list_running(const struct watch_list *list);
/* Different MACs that had a boot with this outcome since the list began; "ended": with any but running. */
size_t watch_list_machines(const struct watch_list *list, const char *outcome);

/* All of them, by growing id; borrowed. */
const json_t *watch_list_boots(const struct watch_list *list);

/* The picture: a title line, then the boots, at most `height` lines in all. `banner` (may be NULL) takes the place of the hint in the
 * title. Returns the lines printed, or -ENOMEM. */
int watch_list_draw(const struct watch_list *list, unsigned height, const char *banner, const struct look *look, FILE *out);

/* "inspected=2,failed=1": 0, or -EINVAL and *ret_problem in words (static). */
int watch_condition_check(const char *condition, const char **ret_problem);
/* Whether each part of the condition holds; of one that watch_condition_check accepted. */
bool watch_condition_holds(const char *condition, const struct watch_list *list);
