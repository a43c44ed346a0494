/* `pxectl inventory export`: inventories as JSON, page by page as they come, so that those of many machines are never in memory at once. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/text.h"
#include "pxed/ctl/bar.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"

#define BAR_COLUMNS 30

struct export {
        struct ctl *ctl;
        const char *output; /* as it was given; NULL: standard output */
        bool is_folder, force, made; /* made: the file was not there before */
        FILE *file;         /* lines go there; NULL in a folder */
        int64_t count, total; /* total: nodes, -1: not known or not to be drawn */
};

/* ---- where to ---- */

static FILE *open_file(const struct export *export, const char *path, bool *ret_made) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        *ret_made = fd >= 0;
        if (fd < 0 && errno == EEXIST && export->force)
                fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int fail_to_open(const struct export *export, const char *path) {
        if (errno == EEXIST)
                return ctl_fail(export->ctl, EXIT_REFUSED, "%s exists already: --force overwrites it, --output names another", path);
        return ctl_fail(export->ctl, EXIT_REFUSED, "cannot write %s: %s", path, strerror(errno));
}

/* What could not be written whole is not left behind, unless something was there before. */
static int close_file(const struct export *export, FILE *file, const char *path, bool made, int status) {
        errno = 0;
        bool failed = ferror(file);
        failed = fclose(file) != 0 || failed;
        if (failed && status == 0)
                status = ctl_fail(export->ctl, EXIT_REFUSED, "cannot write %s: %s", path, errno ? strerror(errno) : "an earlier write failed");
        if (status != 0 && made)
                (void) unlink(path);
        return status;
}

static int begin(struct export *export) {
        struct stat status;
        size_t length = export->output ? strlen(export->output) : 0;

        if (!export->output || strcmp(export->output, "-") == 0) {
                export->output = NULL;
                export->file = export->ctl->out;
                return 0;
        }
        export->is_folder = stat(export->output, &status) == 0 && S_ISDIR(status.st_mode);
        if (export->is_folder)
                return 0;
        if (length > 0 && export->output[length - 1] == '/') {
                export->is_folder = mkdir(export->output, 0755) == 0;
                return export->is_folder ? 0 : fail_to_open(export, export->output);
        }
        export->file = open_file(export, export->output, &export->made);
        return export->file ? 0 : fail_to_open(export, export->output);
}

/* ---- one inventory ---- */

static int write_in_folder(struct export *export, const json_t *exported) {
        const char *name = json_get_string(exported, "name");
        _cleanup_free_ char *file_name = NULL;
        bool made;

        /* A name that is none of pxed's could lead out of the folder. */
        if (!name || !name_is_valid(name) || asprintf(&file_name, "%s.json", name) < 0)
                return ctl_fail(export->ctl, EXIT_REFUSED, "a node has no name that a file could have");
        _cleanup_free_ char *path = path_join(export->output, file_name);
        FILE *file = path ? open_file(export, path, &made) : NULL;
        if (!file)
                return fail_to_open(export, path ? path : file_name);
        (void) json_dumpf(exported, file, JSON_INDENT(2));
        fputc('\n', file);
        return close_file(export, file, path, made, 0);
}

static int write_one(struct export *export, const json_t *exported) {
        export->count++;
        if (export->is_folder)
                return write_in_folder(export, exported);
        errno = 0;
        if (export->file == export->ctl->out)
                ctl_print_json_line(export->ctl, exported);
        else {
                (void) json_dumpf(exported, export->file, JSON_COMPACT);
                fputc('\n', export->file);
        }
        /* Of standard output ctl_finish tells. */
        if (!ferror(export->file) || !export->output)
                return ferror(export->file) ? EXIT_REFUSED : 0;
        return ctl_fail(export->ctl, EXIT_REFUSED, "cannot write %s: %s", export->output, strerror(errno));
}

/* ---- progress, for a person who sees nothing else of it ---- */

static void count_nodes(struct export *export) {
        _cleanup_json_ json_t *status = NULL;
        _cleanup_free_ char *error = NULL;
        struct ctl *ctl = export->ctl;

        export->total = -1;
        if (ctl->json || !isatty(STDERR_FILENO) || (!export->output && ctl->terminal))
                return;
        if (ctl_try(ctl, "org.pxed.Appliance.GetStatus", NULL, ctl_reply_timeout(ctl), &error, &status) >= 0 && !error)
                export->total = json_get_int(status, "nodes", -1);
}

static void draw(const struct export *export) {
        char bar[BAR_SIZE(BAR_COLUMNS)];
        if (export->total <= 0)
                return;
        bar_progress((double) export->count / (double) export->total, BAR_COLUMNS, export->ctl->look.unicode, bar);
        fprintf(stderr, "\r%s %lld of %lld nodes", bar, (long long) export->count, (long long) export->total);
}

static void undraw(const struct export *export) {
        if (export->total > 0)
                fprintf(stderr, "\r%*s\r", BAR_COLUMNS + 50, "");
}

/* ---- all of them ---- */

static int export_all(struct export *export, bool raw) {
        _cleanup_json_ json_t *asked = json_pack("{s:b, s:i}", "raw", (int) raw, "limit", 100);
        int status = 0;

        count_nodes(export);
        while (status == 0) {
                _cleanup_json_ json_t *reply = NULL;
                json_t *exported;
                size_t i;
                status = ctl_call(export->ctl, "org.pxed.Inventory.Export", json_deep_copy(asked), &reply);
                json_array_foreach(json_get_array(reply, "inventories"), i, exported)
                        if (status == 0)
                                status = write_one(export, exported);
                draw(export);
                const char *next = json_get_string(reply, "next"), *after = json_get_string(asked, "after");
                if (!next)
                        break;
                if (after && strcmp(after, next) == 0)
                        status = ctl_fail(export->ctl, EXIT_REFUSED, "the export does not get on after '%s'", next);
                json_object_set(asked, "after", json_object_get(reply, "next"));
        }
        undraw(export);
        return status;
}

static int export_node(struct export *export, const char *reference, bool raw) {
        _cleanup_json_ json_t *reply = NULL, *node = NULL, *posted = NULL, *exported = NULL;

        int status = ctl_call(export->ctl, "org.pxed.Inventory.Get", json_pack("{s:s}", "node", reference), &reply);
        const json_t *inventory = json_get_object(reply, "inventory");
        if (status == 0)
                status = ctl_call(export->ctl, "org.pxed.Node.Get", json_pack("{s:s}", "node", reference), &node);
        if (status == 0 && raw)
                status = ctl_call(export->ctl, "org.pxed.Inventory.GetRaw",
                                  json_pack("{s:s, s:I}", "node", reference, "number", (json_int_t) json_get_int(inventory, "number", 0)), &posted);
        if (status != 0)
                return status;
        exported = json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "node", json_object_get(inventory, "node"), "name",
                             json_object_get(json_get_object(node, "node"), "name"), "number", json_object_get(inventory, "number"), "received",
                             json_object_get(inventory, "received"), "inventory", inventory, "raw", json_object_get(posted, "raw"));
        return exported ? write_one(export, exported) : ctl_fail(export->ctl, EXIT_REFUSED, "out of memory");
}

static void tell(const struct export *export) {
        if (!export->output)
                return;
        if (export->ctl->json) {
                _cleanup_json_ json_t *result = json_pack("{s:s, s:I}", "output", export->output, "inventories", (json_int_t) export->count);
                ctl_print_json(export->ctl, result);
        } else
                fprintf(export->ctl->out, "%lld inventor%s in %s\n", (long long) export->count, export->count == 1 ? "y" : "ies", export->output);
}

int cmd_inventory_export(struct ctl *ctl, const struct arguments *arguments) {
        struct export export = { .ctl = ctl, .output = arguments_get(arguments, "output"), .force = arguments_given(arguments, "force") };
        const char *reference = arguments_word(arguments, 0);
        bool raw = arguments_given(arguments, "raw");

        int status = begin(&export);
        if (status != 0)
                return status;
        status = reference ? export_node(&export, reference, raw) : export_all(&export, raw);
        if (export.file && export.file != ctl->out)
                status = close_file(&export, export.file, export.output, export.made, status);
        if (status == 0)
                tell(&export);
        return status;
}
