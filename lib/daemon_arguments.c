#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/daemon_internal.h"
#include "lib/log.h"

/* getopt_long's values of the arguments that each daemon has; a daemon's own come after. */
enum { ARG_HELP = 256, ARG_VERSION, ARG_RUNTIME, ARG_STATE, ARG_LOG_LEVEL, ARG_OWN };

#define OWN_MAX 16

static void print_help(const struct daemon_options *options) {
        printf("%s - %s\n\nUsage: %s [OPTION...]\n\n", options->name, options->summary, options->name);
        for (const struct daemon_option *own = options->arguments; own && own->name; own++) {
                char text[64];
                snprintf(text, sizeof(text), "--%s%s%s", own->name, own->argument ? " " : "", own->argument ?: "");
                printf("  %-22s %s\n", text, own->help);
        }
        printf("  --runtime-dir DIR      folder of the sockets (default: $RUNTIME_DIRECTORY or /run/pxed)\n"
               "  --state-dir DIR        state is kept in DIR/%s (default: $STATE_DIRECTORY or /var/lib/pxed/%s)\n"
               "  --log-level LEVEL      error, warning, notice, info (default) or debug\n"
               "  --version              print the version and exit\n"
               "  --help                 print this and exit\n",
               daemon_short_name(options->name), daemon_short_name(options->name));
}

static int build_table(const struct daemon_options *options, struct option *table) {
        const struct option common[] = {
                { "help", no_argument, NULL, ARG_HELP },
                { "version", no_argument, NULL, ARG_VERSION },
                { "runtime-dir", required_argument, NULL, ARG_RUNTIME },
                { "state-dir", required_argument, NULL, ARG_STATE },
                { "log-level", required_argument, NULL, ARG_LOG_LEVEL },
        };
        int n = 0;

        for (; n < (int) ELEMENTS(common); n++)
                table[n] = common[n];
        for (int i = 0; options->arguments && options->arguments[i].name && i < OWN_MAX; i++) {
                const struct daemon_option *own = &options->arguments[i];
                table[n++] = (struct option) { own->name, own->argument ? required_argument : no_argument, NULL, ARG_OWN + i };
        }
        table[n] = (struct option) { 0 };
        return n;
}

static int set_level(const char *program, const char *name) {
        int level = log_level_from_name(name);

        if (level < 0) {
                fprintf(stderr, "%s: --log-level takes error, warning, notice, info or debug, not '%s'\n", program, name);
                return -EINVAL;
        }
        log_set_level(level);
        return 0;
}

int daemon_parse_arguments(const struct daemon_options *options, int argc, char **argv, struct daemon_arguments *ret) {
        struct option table[OWN_MAX + 6];
        int c;

        build_table(options, table);
        while ((c = getopt_long(argc, argv, "h", table, NULL)) >= 0) {
                if (c == 'h' || c == ARG_HELP) {
                        print_help(options);
                        return DAEMON_DONE;
                } else if (c == ARG_VERSION) {
                        printf("%s %s\n", options->name, PXED_VERSION);
                        return DAEMON_DONE;
                } else if (c == ARG_RUNTIME)
                        ret->runtime_dir = optarg;
                else if (c == ARG_STATE)
                        ret->state_dir = optarg;
                else if (c == ARG_LOG_LEVEL && set_level(options->name, optarg) < 0)
                        return -EINVAL;
                else if (c >= ARG_OWN)
                        *options->arguments[c - ARG_OWN].value = optarg ?: "";
                else if (c == '?') {
                        fprintf(stderr, "%s: see '%s --help'\n", options->name, options->name);
                        return -EINVAL;
                }
        }
        if (optind < argc) {
                fprintf(stderr, "%s: takes no argument '%s'; see '%s --help'\n", options->name, argv[optind], options->name);
                return -EINVAL;
        }
        return 0;
}
