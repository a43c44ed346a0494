#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/sysfs.h"

#define CPUINFO_MAX (16 * 1024 * 1024) /* some 4 KB for each of up to thousands of CPUs */

struct cpuinfo {
        size_t count;
        char *model, *mhz, *flags; /* into the text, of the first CPU; NULL if missing */
};

/* Lines are "name<tabs>: value"; arm64 says "Features" for what x86 calls "flags". */
static void parse_line(struct cpuinfo *info, char *line) {
        char *colon = strchr(line, ':');
        if (!colon)
                return;
        char *value = colon[1] == ' ' ? colon + 2 : colon + 1;
        line[strcspn(line, "\t:")] = '\0';
        if (strcmp(line, "processor") == 0)
                info->count++;
        else if (strcmp(line, "model name") == 0 && !info->model)
                info->model = value;
        else if (strcmp(line, "cpu MHz") == 0 && !info->mhz)
                info->mhz = value;
        else if ((strcmp(line, "flags") == 0 || strcmp(line, "Features") == 0) && !info->flags)
                info->flags = value;
}

static struct cpuinfo parse_cpuinfo(char *text) {
        struct cpuinfo info = { 0 };
        char *save = NULL;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                parse_line(&info, line);
        return info;
}

static json_t *words(char *text) {
        json_t *list = json_array();
        char *save = NULL;
        for (char *word = text ? strtok_r(text, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save))
                json_array_append_new(list, json_text(word));
        return list;
}

/* The most that the processor can do, as lscpu's "CPU max MHz"; without frequency scaling, what it does now. */
static json_t *frequency(const char *root, const char *now_mhz) {
        long long khz;
        if (sysfs_read_number(&khz, "%s/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", root) == 0 && khz > 0)
                return json_sprintf("%lld.%04lld", khz / 1000, khz % 1000 * 10);
        return json_text(now_mhz);
}

static int compare_numbers(const void *a, const void *b) {
        long long x = *(const long long *) a, y = *(const long long *) b;
        return x < y ? -1 : x > y;
}

/* How many different packages the CPUs belong to; at least 1. */
static size_t socket_count(const char *root) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        int count = sysfs_names(&names, "%s/sys/devices/system/cpu", root);
        long long *ids = count > 0 ? calloc((size_t) count, sizeof *ids) : NULL;
        size_t found = 0, different = 0;
        for (int i = 0; ids && i < count; i++)
                if (sysfs_read_number(&ids[found], "%s/sys/devices/system/cpu/%s/topology/physical_package_id", root, names[i])
                    == 0)
                        found++;
        if (ids)
                qsort(ids, found, sizeof *ids, compare_numbers);
        for (size_t i = 0; i < found; i++)
                different += i == 0 || ids[i] != ids[i - 1];
        free(ids);
        return different > 0 ? different : 1;
}

int collect_cpu(const char *root, json_t **ret) {
        unsigned char *text;
        size_t size;
        struct utsname uts;
        int r = sysfs_read_binary(&text, &size, CPUINFO_MAX, "%s/proc/cpuinfo", root);
        if (r < 0)
                return r;
        struct cpuinfo info = parse_cpuinfo((char *) text);
        if (info.count > 0) {
                uname(&uts);
                *ret = json_pack("{s:o, s:o, s:I, s:s, s:o, s:I}", "model_name", json_text(info.model), "frequency",
                                 frequency(root, info.mhz), "count", (json_int_t) info.count, "architecture", uts.machine,
                                 "flags", words(info.flags), "socket_count", (json_int_t) socket_count(root));
        }
        free(text);
        return info.count > 0 ? 0 : -ENODATA;
}
