#include "tftp/boot_answer.h"

#include "lib/clock.h"
#include "tftp/images.h"

/* The profile's first image that is not there; NULL: there is none. */
static const char *find_missing(const struct settings *settings, const struct profile *profile) {
        const char *file;

        for (unsigned i = 0; (file = profile_file(profile, i)); i++) {
                if (file_is_url(file))
                        continue;
                _cleanup_close_ int fd = image_open(settings->image_directory, file);
                if (fd < 0)
                        return file;
        }
        return NULL;
}

bool boot_is_consumed(const struct uuid *node, uint64_t assignment, void *userdata) {
        return consumed_is(userdata, node, assignment);
}

void boot_answer(const struct boot_request *machine, const struct snapshot *snapshot, const struct network *network, struct consumed *consumed,
                 const char *token, struct boot_answer *ret) {
        *ret = (struct boot_answer) {};
        decide(machine, snapshot, network, boot_is_consumed, consumed, &ret->decision);

        const struct script_input input = { .request = machine,
                                            .settings = snapshot->settings,
                                            .network = network,
                                            .decision = &ret->decision,
                                            .missing = ret->decision.profile ? find_missing(snapshot->settings, ret->decision.profile) : NULL,
                                            .now = realtime_us() / USEC_PER_SEC,
                                            .token = token };
        ret->boots = script_machine(&input, &ret->text, ret->reason, sizeof(ret->reason));
}
