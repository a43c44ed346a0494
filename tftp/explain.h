/* What TFTP and HTTP would answer a machine now, and why: request by request, from its loader to the files of its boot script. */
#pragma once

#include "lib/explain.h"
#include "tftp/boot_answer.h"

/* Stands in an explained script in place of the machine's token, which differs from second to second. */
#define EXPLAIN_TOKEN "TOKEN"

struct explain_inputs {
        const struct snapshot *snapshot; /* has settings */
        const struct network *network;
        struct consumed *consumed;
        const char *loader_directory;
        const char *tftp_problem, *http_problem; /* why the server does not answer; NULL: it does */
};

/*
 * An array of type Answer of org.pxed.Explain. It ends where the machine would. What a script names that cannot be served is among them
 * also where the script refuses the boot because of it. Opens the files to look at them, reads none; nothing is counted or
 * consumed. NULL without memory.
 */
json_t *explain_boot(const struct explain_inputs *inputs, const struct explain_question *question);
