/* pxectl: looks at and steers pxed over its bus. */
#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/help.h"
#include "pxed/ctl/request.h"

/* --help and --version, wherever they stand. */
static bool answer(const struct arguments *arguments, FILE *out) {
        if (arguments_given(arguments, "version")) {
                fprintf(out, "pxectl %s\n", PXED_VERSION);
                return true;
        }
        if (!arguments_given(arguments, "help"))
                return false;
        if (arguments_command(arguments))
                help_command(arguments_command(arguments), out);
        else if (arguments_group(arguments))
                help_group(arguments_group(arguments), out);
        else
                help_all(out);
        return true;
}

static int run(struct ctl *ctl, int argc, char **argv) {
        _cleanup_(arguments_freep) struct arguments *arguments = NULL;
        _cleanup_free_ char *problem = NULL;
        int r = arguments_parse(argc, argv, &arguments, &problem);
        if (!arguments)
                return EXIT_REFUSED;
        int status = ctl_setup(ctl, arguments);
        if (status != 0)
                return status;
        if (r < 0)
                return ctl_fail(ctl, EXIT_USAGE, "%s", problem ? problem : "out of memory");
        if (answer(arguments, ctl->out))
                return 0;
        status = request_check_text(ctl, argc, argv);
        return status != 0 ? status : arguments_command(arguments)->run(ctl, arguments);
}

int main(int argc, char **argv) {
        struct ctl ctl = { .out = stdout };
        int status = run(&ctl, argc, argv);
        return ctl_finish(&ctl, status);
}
