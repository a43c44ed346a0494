/*
 * `pxectl explain`: what a machine would be answered by pxed-dhcp and pxed-tftp, put together to one story. Pure.
 *
 * A story is an object: mac, uuid, node (its name), network, architecture, source (how that is known); decision, as org.pxed.Node has it;
 * dhcp and boot, the replies of org.pxed.Explain of pxed-dhcp and pxed-tftp; failures, an array of {part, message} for what could not be
 * asked; all null where it is not known. story_conclude adds notes, boots and conclusion.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

/* How the machine ends up: `boots` true or false, or null where what was not asked decides it; `conclusion`, a line for a person. */
void story_conclude(json_t *story);

struct story_look {
        bool bytes;  /* of each field, in hexadecimal */
        bool script; /* the text of the boot scripts */
};
/* -ENOMEM */
int story_show(const json_t *story, const struct story_look *what, const struct look *look, FILE *out);
