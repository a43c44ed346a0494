#include "pxed/physical_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/text.h"
#include "pxed/glob.h"

#define REFUSE(...) (snprintf(reason, PHYSICAL_REASON_SIZE, __VA_ARGS__), -EINVAL)

/* Calls `add` for each word. */
static int each_word(struct physical_network *map, const char *value,
                     int (*add)(struct physical_network *map, char *word, char reason[static PHYSICAL_REASON_SIZE]),
                     char reason[static PHYSICAL_REASON_SIZE]) {
        _cleanup_free_ char *copy = strdup(value);
        char *rest = NULL;
        size_t count = 0;
        int r = copy ? 0 : -ENOMEM;
        for (char *word = copy ? strtok_r(copy, " \t", &rest) : NULL; r == 0 && word; word = strtok_r(NULL, " \t", &rest)) {
                if (count++ == PATTERNS_MAX)
                        return REFUSE("more than %d", PATTERNS_MAX);
                r = add(map, word, reason);
        }
        return r == 0 && count == 0 ? REFUSE("a value is missing") : r;
}

static int check_pattern(const char *pattern, char reason[static PHYSICAL_REASON_SIZE]) {
        if (strlen(pattern) < 1 || strlen(pattern) > PATTERN_MAX)
                return REFUSE("a pattern has 1 to %d characters", PATTERN_MAX);
        if (!glob_is_valid(pattern))
                return REFUSE("\"%.64s\" is no pattern: a [ has no ], or a \\ nothing after it", pattern);
        return 0;
}

static int add_switch(struct physical_network *map, char *word, char reason[static PHYSICAL_REASON_SIZE]) {
        int r = check_pattern(word, reason);
        if (r < 0)
                return r;
        char **pattern = array_append((void **) &map->switches, &map->n_switches, sizeof *pattern);
        return pattern ? text_set(pattern, word) : -ENOMEM;
}

static int add_port(struct physical_network *map, char *word, char reason[static PHYSICAL_REASON_SIZE]) {
        char *at = strchr(word, '@');
        if (!at || strchr(at + 1, '@'))
                return REFUSE("\"%.64s\" is no port of a switch: give PORT@SWITCH", word);
        *at++ = '\0';
        int r = check_pattern(word, reason);
        if (r == 0)
                r = check_pattern(at, reason);
        if (r < 0)
                return r;
        struct port_pattern *pattern = array_append((void **) &map->ports, &map->n_ports, sizeof *pattern);
        if (!pattern || text_set(&pattern->port, word) < 0)
                return -ENOMEM;
        return text_set(&pattern->at, at);
}

static int add_subnet(struct physical_network *map, char *word, char reason[static PHYSICAL_REASON_SIZE]) {
        struct ip_prefix prefix;
        if (ip_prefix_parse(word, &prefix) < 0)
                return REFUSE("\"%.64s\" is no subnet, such as 192.0.2.0/24 or 2001:db8::/32", word);
        struct ip_prefix *subnet = array_append((void **) &map->subnets, &map->n_subnets, sizeof *subnet);
        if (!subnet)
                return -ENOMEM;
        *subnet = prefix;
        return 0;
}

static void clear_switches(struct physical_network *map) {
        for (size_t i = 0; i < map->n_switches; i++)
                free(map->switches[i]);
        free(map->switches);
        map->switches = NULL;
        map->n_switches = 0;
}

static void clear_ports(struct physical_network *map) {
        for (size_t i = 0; i < map->n_ports; i++) {
                free(map->ports[i].port);
                free(map->ports[i].at);
        }
        free(map->ports);
        map->ports = NULL;
        map->n_ports = 0;
}

static void clear_subnets(struct physical_network *map) {
        free(map->subnets);
        map->subnets = NULL;
        map->n_subnets = 0;
}

int physical_set_switches(struct physical_network *map, const char *value, char reason[static PHYSICAL_REASON_SIZE]) {
        clear_switches(map);
        return each_word(map, value, add_switch, reason);
}

int physical_set_ports(struct physical_network *map, const char *value, char reason[static PHYSICAL_REASON_SIZE]) {
        clear_ports(map);
        return each_word(map, value, add_port, reason);
}

int physical_set_subnets(struct physical_network *map, const char *value, char reason[static PHYSICAL_REASON_SIZE]) {
        clear_subnets(map);
        return each_word(map, value, add_subnet, reason);
}

void physical_clear(struct physical_network *map) {
        clear_switches(map);
        clear_ports(map);
        clear_subnets(map);
        free(map->name);
        map->name = NULL;
}

static bool is_switch(const char *pattern, const char *name, const char *chassis) {
        return (name && glob_match(pattern, name)) || (chassis && glob_match(pattern, chassis));
}

const char *physical_by_switch(const struct physical_network *maps, size_t count, const char *name, const char *chassis,
                               const char *port) {
        for (size_t i = 0; port && i < count; i++)
                for (size_t k = 0; k < maps[i].n_ports; k++)
                        if (glob_match(maps[i].ports[k].port, port) && is_switch(maps[i].ports[k].at, name, chassis))
                                return maps[i].name;
        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < maps[i].n_switches; k++)
                        if (is_switch(maps[i].switches[k], name, chassis))
                                return maps[i].name;
        return NULL;
}

static const char *by_family(const struct physical_network *maps, size_t count, const struct ip *addresses, size_t n_addresses, int family) {
        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < maps[i].n_subnets; k++)
                        for (size_t n = 0; n < n_addresses; n++)
                                if (addresses[n].family == family && ip_in_prefix(&addresses[n], &maps[i].subnets[k]))
                                        return maps[i].name;
        return NULL;
}

const char *physical_by_addresses(const struct physical_network *maps, size_t count, const struct ip *addresses, size_t n_addresses) {
        const char *name = by_family(maps, count, addresses, n_addresses, AF_INET);
        return name ? name : by_family(maps, count, addresses, n_addresses, AF_INET6);
}
