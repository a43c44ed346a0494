#include "lib/config.h"

#include <errno.h>
#include <glob.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"

/* A configuration is written by hand: more than this is a mistake, and every list is bounded. */
#define ENTRIES_MAX 200000

struct config {
        struct config_entry *entries;
        size_t size, space;
        char **files;
        size_t files_size;
        json_t *index; /* "SECTION NAME/KEY" -> where it stands in entries */
        /* of the file that is being read */
        const char *file;
        struct config_error *error;
};

static void entry_clear(struct config_entry *entry) {
        free((char *) entry->section);
        free((char *) entry->name);
        free((char *) entry->key);
        free((char *) entry->value);
}

struct config *config_free(struct config *config) {
        if (!config)
                return NULL;
        for (size_t i = 0; i < config->size; i++)
                entry_clear(&config->entries[i]);
        for (size_t i = 0; i < config->files_size; i++)
                free(config->files[i]);
        json_decref(config->index);
        free(config->entries);
        free(config->files);
        free(config);
        return NULL;
}

size_t config_size(const struct config *config) {
        return config->size;
}

const struct config_entry *config_at(const struct config *config, size_t index) {
        return &config->entries[index];
}

static void refuse_va(struct config_error *error, const char *file, unsigned line, const char *format, va_list arguments) _printf_(4, 0);
static void refuse_va(struct config_error *error, const char *file, unsigned line, const char *format, va_list arguments) {
        snprintf(error->file, sizeof(error->file), "%s", file);
        error->line = line;
        vsnprintf(error->reason, sizeof(error->reason), format, arguments);
}

static int refuse(struct config_error *error, const char *file, unsigned line, const char *format, ...) _printf_(4, 5);
static int refuse(struct config_error *error, const char *file, unsigned line, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        refuse_va(error, file, line, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

int config_refuse(struct config_error *error, const struct config_entry *entry, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        refuse_va(error, entry ? entry->file : "", entry ? entry->line : 0, format, arguments);
        va_end(arguments);
        if (entry && strstr(entry->value, " #")) {
                size_t length = strlen(error->reason);
                snprintf(error->reason + length, sizeof(error->reason) - length, " (a # after a value is part of it: give the comment a line of its own)");
        }
        return -EINVAL;
}

/* "network lab" into "network" and "lab". */
static int split_section(const char *text, char **ret_section, char **ret_name) {
        size_t length = strcspn(text, " \t");
        const char *name = text + length + strspn(text + length, " \t");

        *ret_section = strndup(text, length);
        *ret_name = strdup(name);
        return *ret_section && *ret_name ? 0 : -ENOMEM;
}

/* A file may not say a thing twice: that is a slip of the hand. A later file may say it anew. */
static int replace_entry(struct config *config, struct config_entry *old, const struct config_entry *entry) {
        if (old->file == entry->file)
                return refuse(config->error, entry->file, entry->line, "%s is set twice, at line %u before", entry->key, old->line);
        entry_clear(old);
        *old = *entry;
        return 0;
}

static int add_entry(struct config *config, const struct config_entry *entry) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s %s/%s", entry->section, entry->name, entry->key) < 0)
                return -ENOMEM;
        const json_t *known = json_object_get(config->index, path);
        if (known)
                return replace_entry(config, &config->entries[json_integer_value(known)], entry);
        if (config->size >= ENTRIES_MAX)
                return refuse(config->error, entry->file, entry->line, "more than %d entries", ENTRIES_MAX);
        if (config->size == config->space) {
                size_t space = config->space ? config->space * 2 : 64;
                struct config_entry *larger = reallocarray(config->entries, space, sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                config->entries = larger;
                config->space = space;
        }
        if (json_object_set_new(config->index, path, json_integer((json_int_t) config->size)) < 0)
                return refuse(config->error, entry->file, entry->line, "the name is not UTF-8");
        config->entries[config->size++] = *entry;
        return 0;
}

/* libinih calls this for each line of key and value. Returns non-zero for success. */
static int on_value(void *userdata, const char *section, const char *key, const char *value) {
        struct config *config = userdata;
        struct config_entry entry = { .file = config->file, .line = config->error->line };

        if (config->error->reason[0])
                return 0;
        if (split_section(section, (char **) &entry.section, (char **) &entry.name) < 0 || !(entry.key = strdup(key)) ||
            !(entry.value = strdup(value ?: ""))) {
                entry_clear(&entry);
                refuse(config->error, config->file, entry.line, "out of memory");
                return 0;
        }
        if (!entry.section[0]) {
                entry_clear(&entry);
                refuse(config->error, config->file, entry.line, "%s stands before the first [section]", key);
                return 0;
        }
        if (add_entry(config, &entry) < 0) {
                entry_clear(&entry);
                return 0;
        }
        return 1;
}

struct line_reader {
        FILE *file;
        struct config_error *error;
        bool too_long;
};

/* The reader that libinih asks for lines: counts them, so that each entry knows its own, and takes the indentation away, which
 * libinih would read as a value that goes on. */
static char *read_line(char *buffer, int size, void *userdata) {
        struct line_reader *reader = userdata;

        if (reader->error->reason[0] || !fgets(buffer, size, reader->file))
                return NULL;
        reader->error->line++;
        if (!strchr(buffer, '\n') && !feof(reader->file)) {
                reader->too_long = true;
                return NULL;
        }
        size_t indentation = strspn(buffer, " \t");
        memmove(buffer, buffer + indentation, strlen(buffer + indentation) + 1);
        return buffer;
}

static int read_file(struct config *config, const char *path) {
        struct config_error *error = config->error;
        char **files = reallocarray(config->files, config->files_size + 1, sizeof(*files));

        if (!files)
                return -ENOMEM;
        config->files = files;
        if (!(files[config->files_size] = strdup(path)))
                return -ENOMEM;
        config->file = files[config->files_size++];

        FILE *file = fopen(path, "re");
        if (!file) {
                int r = -errno;
                refuse(error, path, 0, "cannot be read: %s", strerror(-r));
                return r;
        }
        struct line_reader reader = { .file = file, .error = error };
        error->line = 0;
        int line = ini_parse_stream(read_line, &reader, on_value, config);
        fclose(file);
        if (reader.too_long)
                return refuse(error, path, error->line, "the line is too long");
        if (error->reason[0])
                return -EINVAL;
        if (line != 0)
                return refuse(error, path, line < 0 ? 0 : (unsigned) line,
                              line < 0 ? "cannot be read" : "is neither a [section] nor key = value");
        return 0;
}

static int read_drop_ins(struct config *config, const char *path) {
        _cleanup_free_ char *pattern = NULL;
        glob_t found = { 0 };
        int r = 0;

        if (asprintf(&pattern, "%s.d/*.conf", path) < 0)
                return -ENOMEM;
        if (glob(pattern, 0, NULL, &found) == GLOB_NOSPACE)
                r = -ENOMEM;
        for (size_t i = 0; i < found.gl_pathc && r == 0; i++)
                r = read_file(config, found.gl_pathv[i]);
        globfree(&found);
        return r;
}

int config_load(const char *path, struct config **ret, struct config_error *error) {
        _cleanup_(config_freep) struct config *config = calloc(1, sizeof(*config));

        *error = (struct config_error) { 0 };
        if (!config || !(config->index = json_object()))
                return -ENOMEM;
        config->error = error;
        int r = read_file(config, path);
        if (r == 0)
                r = read_drop_ins(config, path);
        if (r < 0) {
                if (!error->reason[0])
                        refuse(error, path, 0, "%s", strerror(-r));
                return r;
        }
        json_decref(TAKE_POINTER(config->index));
        config->error = NULL;
        *error = (struct config_error) { 0 };
        *ret = TAKE_POINTER(config);
        return 0;
}
