/*
 * The plain driver of the fuzz targets: `TARGET FILE-OR-FOLDER...` runs every file named, and every file in the folders named, through
 * LLVMFuzzerTestOneInput once, and says `ok NAME N inputs`. A crash says which input it was. Without libFuzzer, so that gcc builds and
 * `make check` run the corpus too.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char current[PATH_MAX];

/* Only write() is safe in here. */
static void say_which(int number) {
        static const char before[] = "crashed on ";
        ssize_t n = write(STDERR_FILENO, before, sizeof before - 1);
        n = write(STDERR_FILENO, current, strlen(current));
        n = write(STDERR_FILENO, "\n", 1);
        (void) n;
        signal(number, SIG_DFL);
        raise(number);
}

/* The copy has exactly the input's size, so that a sanitizer sees the first byte read beyond it. */
static int run_file(const char *path) {
        struct stat status;
        FILE *file = fopen(path, "re");
        if (!file || fstat(fileno(file), &status) < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
                return -1;
        }
        size_t size = (size_t) status.st_size;
        uint8_t *data = malloc(size ? size : 1);
        int r = data && fread(data, 1, size, file) == size ? 0 : -1;
        fclose(file);
        snprintf(current, sizeof current, "%s", path);
        if (r == 0)
                LLVMFuzzerTestOneInput(data, size);
        else
                fprintf(stderr, "%s: cannot be read whole\n", path);
        free(data);
        return r;
}

static int visible(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

/* Returns how many inputs were run, or -1. */
static int run_path(const char *path) {
        struct stat status;
        struct dirent **entries;
        char inner[PATH_MAX];
        int r = 0;
        if (stat(path, &status) < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
                return -1;
        }
        if (!S_ISDIR(status.st_mode))
                return run_file(path) < 0 ? -1 : 1;
        int count = scandir(path, &entries, visible, alphasort), ran = 0;
        for (int i = 0; i < count; i++) {
                snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
                int inputs = r < 0 ? -1 : run_path(inner);
                r = inputs < 0 ? -1 : 0;
                ran += inputs > 0 ? inputs : 0;
                free(entries[i]);
        }
        if (count >= 0)
                free(entries);
        return r < 0 || count < 0 ? -1 : ran;
}

int main(int argc, char *argv[]) {
        static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
        const char *slash = strrchr(argv[0], '/');
        int total = 0;
        for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
                signal(fatal[i], say_which);
        for (int i = 1; i < argc; i++) {
                int inputs = run_path(argv[i]);
                if (inputs < 0)
                        return 1;
                total += inputs;
        }
        printf("ok %s %d inputs\n", slash ? slash + 1 : argv[0], total);
        return 0;
}
