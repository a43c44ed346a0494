/* Help, made from the table of commands. */
#pragma once

#include <stdio.h>

#include "pxed/ctl/command.h"

void help_all(FILE *out);
/* The commands that begin with a word. */
void help_group(const char *group, FILE *out);
void help_command(const struct command *command, FILE *out);
