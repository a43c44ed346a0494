/* What /boot answers a machine: decided and written out, with nothing counted and nothing told. Any thread. */
#pragma once

#include "tftp/consumed.h"
#include "tftp/script.h"

struct boot_answer {
        struct decision decision; /* borrows from the snapshot */
        bool boots;               /* the decision's profile; false: a screen that says why not */
        char reason[512];         /* why not */
        struct text text;
};

/* For decide(): userdata is the struct consumed. */
bool boot_is_consumed(const struct uuid *node, uint64_t assignment, void *userdata);

/* token: stands in the script in place of the machine's; NULL: its own, for as long as the settings say. The snapshot has settings.
 * ret->text is the caller's to clear. */
void boot_answer(const struct boot_request *machine, const struct snapshot *snapshot, const struct network *network, struct consumed *consumed,
                 const char *token, struct boot_answer *ret);
