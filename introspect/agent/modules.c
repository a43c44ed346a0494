#include "introspect/agent/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "introspect/agent/sysfs.h"

#define TABLE_MAX (16 * 1024 * 1024)
#define COLDPLUG_PASSES 8
#define NAME_LENGTH 64

enum module_state { MODULE_NEW, MODULE_LOADED, MODULE_FAILED };

struct module {
        char name[NAME_LENGTH]; /* dashes as underscores */
        const char *path;       /* relative to the directory; into `dep` */
        char *needs;            /* paths in the order of modules.dep, blank-separated; into `dep` */
        enum module_state state;
};

struct alias {
        const char *pattern, *module; /* into `alias_text` */
};

struct modules {
        char directory[128];
        char *dep_text, *alias_text, *softdep_text;
        struct module *list;
        size_t count;
        modules_refused refused;
        struct alias *aliases;
        size_t alias_count;
        void *tried; /* modaliases that have been looked up, for tsearch(3) */
};

/* The part before the first wildcard is compared first: of thousands of aliases nearly all differ there, and fnmatch() is slow. */
bool modules_alias_matches(const char *alias, const char *modalias) {
        size_t literal = strcspn(alias, "*?[\\");
        return strncmp(alias, modalias, literal) == 0 && fnmatch(alias + literal, modalias + literal, 0) == 0;
}

/* PCI base class 02 (network) and 0c06 (InfiniBand); virtio device type 1 (VIRTIO 1.2, 5); Hyper-V's network class identifier. */
bool modules_is_network(const char *modalias) {
        return (strncmp(modalias, "pci:", 4) == 0 && (strstr(modalias, "bc02") || strstr(modalias, "bc0Csc06")))
               || strncmp(modalias, "virtio:d00000001v", 17) == 0
               || strcmp(modalias, "vmbus:635161f83edfc546913ff2d2f965ed0e") == 0;
}

/* "kernel/drivers/net/virtio-net.ko" -> "virtio_net" */
static void module_name(char name[static NAME_LENGTH], const char *path) {
        const char *slash = strrchr(path, '/');
        snprintf(name, NAME_LENGTH, "%s", slash ? slash + 1 : path);
        name[strcspn(name, ".")] = '\0';
        for (char *c = name; *c; c++)
                if (*c == '-')
                        *c = '_';
}

static size_t count_lines(const char *text) {
        size_t lines = 1;
        for (; *text; text++)
                lines += *text == '\n';
        return lines;
}

/* Lines of modules.dep: "path: needed needed" */
static int parse_dep(struct modules *modules) {
        char *save = NULL;
        modules->list = calloc(count_lines(modules->dep_text), sizeof *modules->list);
        if (!modules->list)
                return -ENOMEM;
        for (char *line = strtok_r(modules->dep_text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *colon = strchr(line, ':');
                if (!colon)
                        continue;
                *colon = '\0';
                struct module *module = &modules->list[modules->count++];
                module->path = line;
                module->needs = colon + 1;
                module_name(module->name, line);
        }
        return 0;
}

/* Lines of modules.alias: "alias PATTERN MODULE" */
static int parse_alias(struct modules *modules) {
        char *save = NULL;
        modules->aliases = calloc(count_lines(modules->alias_text), sizeof *modules->aliases);
        if (!modules->aliases)
                return -ENOMEM;
        for (char *line = strtok_r(modules->alias_text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *word = NULL;
                const char *keyword = strtok_r(line, " ", &word), *pattern = strtok_r(NULL, " ", &word),
                           *module = strtok_r(NULL, " ", &word);
                if (module && strcmp(keyword, "alias") == 0)
                        modules->aliases[modules->alias_count++] = (struct alias){ pattern, module };
        }
        return 0;
}

static char *read_table(const char *directory, const char *name) {
        unsigned char *data;
        size_t size;
        if (sysfs_read_binary(&data, &size, TABLE_MAX, "%s/%s", directory, name) < 0)
                return NULL;
        return (char *) data;
}

int modules_open(struct modules **ret, const char *root, modules_refused refused) {
        struct utsname uts;
        struct modules *modules = calloc(1, sizeof *modules);
        if (!modules)
                return -ENOMEM;
        modules->refused = refused;
        uname(&uts);
        snprintf(modules->directory, sizeof modules->directory, "%s/lib/modules/%s", root, uts.release);
        modules->dep_text = read_table(modules->directory, "modules.dep");
        modules->alias_text = read_table(modules->directory, "modules.alias");
        modules->softdep_text = read_table(modules->directory, "modules.softdep");
        int r = modules->dep_text && modules->alias_text ? 0 : -ENOENT;
        if (r < 0 || (r = parse_dep(modules)) < 0 || (r = parse_alias(modules)) < 0) {
                modules_free(modules);
                return r;
        }
        *ret = modules;
        return 0;
}

static struct module *find(struct modules *modules, const char *name) {
        char wanted[NAME_LENGTH];
        module_name(wanted, name);
        for (size_t i = 0; i < modules->count; i++)
                if (strcmp(modules->list[i].name, wanted) == 0)
                        return &modules->list[i];
        return NULL;
}

static bool is_live(const struct module *module) {
        char state[16];
        return sysfs_read(state, sizeof state, "/sys/module/%s/initstate", module->name) > 0 && strcmp(state, "live") == 0;
}

/* A module that another process is just loading is waited for by the kernel, which then says EEXIST. */
static void insert(struct modules *modules, struct module *module) {
        char path[PATH_MAX];
        if (module->state != MODULE_NEW)
                return;
        module->state = MODULE_LOADED;
        if (is_live(module))
                return;
        snprintf(path, sizeof path, "%s/%s", modules->directory, module->path);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        long r = fd < 0 ? -1 : syscall(SYS_finit_module, fd, "", 0);
        int error = errno;
        if (fd >= 0)
                close(fd);
        if (r < 0 && error != EEXIST) {
                /* ENODEV is how a driver says that its hardware is not there after all */
                module->state = MODULE_FAILED;
                if (error != ENODEV)
                        modules->refused(module->name, -error);
        }
}

static void load(struct modules *modules, struct module *module);

/* Lines of modules.softdep: "softdep MODULE pre: a b post: c". Only `pre` matters to a driver that is about to start. */
static void load_softdeps(struct modules *modules, const struct module *module) {
        size_t length = strlen(module->name);
        const char *line = modules->softdep_text;
        for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
                char copy[512], *save = NULL;
                if (strncmp(line, "softdep ", 8) != 0 || strncmp(line + 8, module->name, length) != 0 || line[8 + length] != ' ')
                        continue;
                snprintf(copy, sizeof copy, "%.*s", (int) strcspn(line, "\n"), line + 8 + length);
                bool before = false;
                for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                        if (word[strlen(word) - 1] == ':')
                                before = strcmp(word, "pre:") == 0;
                        else if (before)
                                modules_load_name(modules, word);
                }
        }
}

/* modules.dep lists what a module needs with the deepest need last. */
static void load(struct modules *modules, struct module *module) {
        if (module->state != MODULE_NEW)
                return;
        if (modules->softdep_text) {
                /* soft dependencies may form a circle: this one counts as loading already */
                module->state = MODULE_LOADED;
                load_softdeps(modules, module);
                module->state = MODULE_NEW;
        }
        const char *end = module->needs + strlen(module->needs);
        while (end > module->needs) {
                const char *start = end;
                while (start > module->needs && start[-1] != ' ')
                        start--;
                if (start < end) {
                        char path[PATH_MAX];
                        snprintf(path, sizeof path, "%.*s", (int) (end - start), start);
                        struct module *needed = find(modules, path);
                        if (needed)
                                insert(modules, needed);
                }
                end = start > module->needs ? start - 1 : start;
        }
        insert(modules, module);
}

bool modules_load_name(struct modules *modules, const char *name) {
        struct module *module = find(modules, name);
        if (module)
                load(modules, module);
        return module && module->state == MODULE_LOADED;
}

static int compare_text(const void *a, const void *b) {
        return strcmp(a, b);
}

/* Thousands of aliases are compared with each modalias: that is done once. */
static bool is_new(struct modules *modules, const char *modalias) {
        char *copy = strdup(modalias), **node = copy ? tsearch(copy, &modules->tried, compare_text) : NULL;
        if (node && *node == copy)
                return true;
        free(copy);
        return !node;
}

bool modules_is_wanted(const char *modalias) {
        static const char *const disks[] = { "scsi:t-0x00", "scsi:t-0x07", "scsi:t-0x0e", "scsi:t-0x14" };
        if (strncmp(modalias, "scsi:", 5) != 0)
                return true;
        for (size_t i = 0; i < sizeof disks / sizeof *disks; i++)
                if (strcmp(modalias, disks[i]) == 0)
                        return true;
        return false;
}

/* True if it is new. */
static bool load_modalias(struct modules *modules, const char *modalias, bool (*wanted)(const char *modalias)) {
        if (!wanted(modalias) || !is_new(modules, modalias))
                return false;
        for (size_t i = 0; i < modules->alias_count; i++)
                if (modules_alias_matches(modules->aliases[i].pattern, modalias))
                        modules_load_name(modules, modules->aliases[i].module);
        return true;
}

void modules_load_modalias(struct modules *modules, const char *modalias, bool (*wanted)(const char *modalias)) {
        load_modalias(modules, modalias, wanted);
}

/* A device that has its driver needs nothing. A network card that has it may get it from another process at this moment: loading it too waits until
 * it is ready. */
static bool needs_driver(const char *bus, const char *device, const char *modalias) {
        return modules_is_network(modalias) || !sysfs_exists("/sys/bus/%s/devices/%s/driver", bus, device);
}

/* True if there was something new. */
static bool coldplug_bus(struct modules *modules, const char *bus, bool (*wanted)(const char *modalias)) {
        char **devices __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char modalias[1024];
        bool any = false;
        if (sysfs_names(&devices, "/sys/bus/%s/devices", bus) < 0)
                return false;
        for (char **device = devices; *device; device++)
                if (sysfs_read(modalias, sizeof modalias, "/sys/bus/%s/devices/%s/modalias", bus, *device) > 0
                    && needs_driver(bus, *device, modalias))
                        any = load_modalias(modules, modalias, wanted) || any;
        return any;
}

/* The list of buses is read anew each time: a driver may bring a whole bus (virtio_pci brings virtio). */
static bool coldplug_once(struct modules *modules, bool (*wanted)(const char *modalias)) {
        char **buses __attribute__((cleanup(sysfs_names_freep))) = NULL;
        bool any = false;
        if (sysfs_names(&buses, "/sys/bus") < 0)
                return false;
        for (char **bus = buses; *bus; bus++)
                /* the processor's own modalias asks for ciphers and frequency drivers: nothing to inspect there */
                if (strcmp(*bus, "cpu") != 0)
                        any = coldplug_bus(modules, *bus, wanted) || any;
        return any;
}

void modules_coldplug(struct modules *modules, bool (*wanted)(const char *modalias)) {
        for (int pass = 0; pass < COLDPLUG_PASSES && coldplug_once(modules, wanted); pass++)
                ;
}

void modules_free(struct modules *modules) {
        if (!modules)
                return;
        free(modules->list);
        free(modules->aliases);
        free(modules->dep_text);
        free(modules->alias_text);
        free(modules->softdep_text);
        tdestroy(modules->tried, free);
        free(modules);
}
