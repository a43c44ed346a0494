#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

static enum style inspection_style(const char *state) {
        if (!state || strcmp(state, "none") == 0)
                return STYLE_FAINT;
        if (strcmp(state, "finished") == 0)
                return STYLE_GOOD;
        return strcmp(state, "error") == 0 ? STYLE_BAD : STYLE_ACTIVE;
}

static void add_boots(struct table *table, const json_t *node) {
        const json_t *assignment = json_get_object(node, "assignment");
        const char *profile = json_get_string(json_get_object(node, "decision"), "profile");
        const char *assigned = json_get_string(assignment, "profile");
        bool once = json_get_bool(assignment, "once", false) && profile && assigned && strcmp(profile, assigned) == 0;
        if (profile)
                table_addf(table, STYLE_NONE, "%s%s", profile, once ? " (once)" : "");
        else
                table_add(table, STYLE_WARN, "nothing");
}

/* The port that boots, or the first, and how many more there are. */
static void add_mac(struct table *table, const json_t *node) {
        const json_t *ports = json_get_array(node, "ports"), *chosen = json_array_get(ports, 0);
        size_t i;
        json_t *port;
        json_array_foreach(ports, i, port)
                if (json_get_bool(port, "boots", false)) {
                        chosen = port;
                        break;
                }
        size_t n = json_array_size(ports);
        const char *mac = json_get_string(chosen, "mac");
        if (n > 1)
                table_addf(table, STYLE_NONE, "%s +%zu", mac ? mac : "?", n - 1);
        else
                table_add(table, STYLE_NONE, mac);
}

static void add_hardware(struct table *table, const json_t *node) {
        char size[TEXT_NUMBER_SIZE];
        int64_t cpus = json_get_int(node, "cpus", -1), memory = json_get_int(node, "memory", -1);
        const char *mode = json_get_string(node, "bootMode");
        table_add(table, STYLE_NONE, mode);
        if (cpus >= 0)
                table_addf(table, STYLE_NONE, "%" PRId64, cpus);
        else
                table_add(table, STYLE_NONE, NULL);
        table_add(table, STYLE_NONE, memory >= 0 ? text_size((uint64_t) memory, size) : NULL);
}

int show_nodes(const json_t *nodes, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NAME", .shrinks = true },  { .title = "BOOTS", .shrinks = true },   { .title = "INSPECTION" }, { .title = "MAC" },
                { .title = "MODE" },                   { .title = "CPUS", .right = true },      { .title = "MEMORY", .right = true },
                { .title = "LAST BOOT", .right = true }, { .title = "TAGS", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *node;
        json_array_foreach(nodes, i, node) {
                const char *state = json_get_string(json_get_object(node, "inspection"), "state");
                int64_t last = json_get_int(node, "lastBoot", 0);
                _cleanup_free_ char *tags = show_list(json_get_array(node, "tags"));
                char age[TEXT_NUMBER_SIZE];
                table_add(table, STYLE_NONE, json_get_string(node, "name"));
                add_boots(table, node);
                table_add(table, inspection_style(state), state);
                add_mac(table, node);
                add_hardware(table, node);
                table_add(table, STYLE_NONE, last > 0 ? text_age((uint64_t) last, look->now, age) : NULL);
                table_add(table, STYLE_FAINT, tags);
        }
        return table_print(table, look, 0, out);
}

static void show_decision(const json_t *decision, const struct look *look, FILE *out) {
        const char *profile = json_get_string(decision, "profile");
        field_text(out, look, "Boots now", profile ? STYLE_GOOD : STYLE_WARN, profile ? profile : "nothing: it gets no boot script");
        size_t i;
        json_t *reason;
        json_array_foreach(json_get_array(decision, "reasons"), i, reason)
                field_text(out, look, i == 0 ? "Because" : "", STYLE_NONE, json_string_value(reason));
}

void show_explanation(const json_t *reply, const struct look *look, FILE *out) {
        const char *node = json_get_string(reply, "node");
        field_text(out, look, "Node", STYLE_NONE, node ? node : "none: the machine is not known");
        show_decision(json_get_object(reply, "decision"), look, out);
}

static void show_assignment(const json_t *assignment, const struct look *look, FILE *out) {
        char when[TEXT_NUMBER_SIZE];
        if (!assignment) {
                field_text(out, look, "Assignment", STYLE_NONE, "none");
                return;
        }
        const char *profile = json_get_string(assignment, "profile");
        field_format(out, look, "Assignment", STYLE_NONE, "%s, %s, since %s (revision %" PRId64 ")", profile ? profile : "?",
                     json_get_bool(assignment, "once", false) ? "once" : "until changed",
                     text_time((uint64_t) json_get_int(assignment, "assigned", 0), when), json_get_int(assignment, "revision", 0));
        const json_t *parameters = json_get_object(assignment, "parameters");
        if (json_object_size(parameters) > 0) {
                _cleanup_free_ char *text = show_map(parameters);
                field_text(out, look, "Parameters", STYLE_NONE, text);
        }
}

static void show_inspection(const json_t *inspection, const struct look *look, FILE *out) {
        const char *state = json_get_string(inspection, "state"), *error = json_get_string(inspection, "error");
        int64_t deadline = json_get_int(inspection, "deadline", 0), started = json_get_int(inspection, "started", 0), finished = json_get_int(inspection, "finished", 0);
        char when[TEXT_NUMBER_SIZE], took[TEXT_NUMBER_SIZE];
        enum style style = inspection_style(state);
        if (error)
                field_format(out, look, "Inspection", style, "%s: %s", state ? state : "?", error);
        else if (finished > 0 && started > 0 && finished >= started)
                field_format(out, look, "Inspection", style, "%s %s, took %s", state ? state : "?", text_time((uint64_t) finished, when),
                             text_duration((uint64_t) (finished - started), took));
        else if (deadline > 0)
                field_format(out, look, "Inspection", style, "%s, until %s at the latest", state ? state : "?", text_time((uint64_t) deadline, when));
        else if (finished > 0 || started > 0)
                field_format(out, look, "Inspection", style, "%s since %s", state ? state : "?", text_time((uint64_t) (finished > 0 ? finished : started), when));
        else
                field_text(out, look, "Inspection", style, state);
}

static void show_machine(const json_t *node, const struct look *look, FILE *out) {
        static const struct {
                const char *title, *key;
        } texts[] = {
                { "Manufacturer", "manufacturer" }, { "Product", "product" },     { "Serial", "serial" },   { "UUID", "uuid" },
                { "Architecture", "architecture" }, { "Firmware mode", "bootMode" }, { "BMC", "bmcAddress" },
        };
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                field_text(out, look, texts[i].title, STYLE_NONE, json_get_string(node, texts[i].key));
        int64_t cpus = json_get_int(node, "cpus", -1), memory = json_get_int(node, "memory", -1);
        char size[TEXT_NUMBER_SIZE];
        if (cpus >= 0)
                field_format(out, look, "CPUs", STYLE_NONE, "%" PRId64, cpus);
        if (memory >= 0)
                field_text(out, look, "Memory", STYLE_NONE, text_size((uint64_t) memory, size));
}

/* What hooks, rules and the controller have set; nothing is said of what there is none of. */
static void show_found(const json_t *node, const struct look *look, FILE *out) {
        static const struct {
                const char *title, *key;
        } maps[] = {
                { "Properties", "properties" }, { "Capabilities", "capabilities" }, { "Extra", "extra" }, { "Root hints", "rootDeviceHints" },
        };
        const json_t *accelerator;
        size_t i;
        for (i = 0; i < ELEMENTS(maps); i++) {
                _cleanup_free_ char *text = show_map(json_get_object(node, maps[i].key));
                if (text && *text)
                        field_text(out, look, maps[i].title, STYLE_NONE, text);
        }
        _cleanup_free_ char *traits = show_list(json_get_array(node, "traits"));
        if (traits && *traits)
                field_text(out, look, "Traits", STYLE_NONE, traits);
        show_root_device(json_get_object(node, "rootDevice"), look, out);
        json_array_foreach(json_get_array(node, "accelerators"), i, accelerator)
                field_format(out, look, i == 0 ? "Accelerators" : "", STYLE_NONE, "%s (%s) at %s", json_get_string(accelerator, "name"),
                             json_get_string(accelerator, "type"), json_get_string(accelerator, "pciAddress"));
}

int show_node(const json_t *node, const struct look *look, FILE *out) {
        char when[TEXT_NUMBER_SIZE];
        field_text(out, look, "Name", STYLE_TITLE, json_get_string(node, "name"));
        field_text(out, look, "Id", STYLE_NONE, json_get_string(node, "id"));
        field_format(out, look, "Revision", STYLE_NONE, "%" PRId64, json_get_int(node, "revision", 0));
        field_text(out, look, "Created", STYLE_NONE, text_time((uint64_t) json_get_int(node, "created", 0), when));
        show_machine(node, look, out);
        _cleanup_free_ char *tags = show_list(json_get_array(node, "tags"));
        field_text(out, look, "Tags", STYLE_NONE, tags);
        _cleanup_free_ char *labels = show_map(json_get_object(node, "labels"));
        field_text(out, look, "Labels", STYLE_NONE, labels);
        show_found(node, look, out);
        show_assignment(json_get_object(node, "assignment"), look, out);
        show_decision(json_get_object(node, "decision"), look, out);
        show_inspection(json_get_object(node, "inspection"), look, out);
        field_text(out, look, "Last boot", STYLE_NONE, text_time((uint64_t) json_get_int(node, "lastBoot", 0), when));
        const json_t *agent = json_get_object(node, "agent");
        if (agent)
                field_format(out, look, "Agent", STYLE_NONE, "%s, last heard %s", json_get_string(agent, "callbackUrl"),
                             text_time((uint64_t) json_get_int(agent, "lastHeartbeat", 0), when));
        return show_ports(json_get_array(node, "ports"), look, out);
}

void show_agent(const json_t *reply, const struct look *look, FILE *out) {
        const json_t *agent = json_get_object(reply, "agent");
        const char *certificate = json_get_string(reply, "verifyCa");
        char when[TEXT_NUMBER_SIZE];

        field_text(out, look, "Commands", STYLE_NONE, json_get_string(agent, "callbackUrl"));
        field_text(out, look, "Token", STYLE_NONE, json_get_string(reply, "token"));
        field_text(out, look, "Version", STYLE_NONE, json_get_string(agent, "version"));
        field_text(out, look, "Last heard", STYLE_NONE, text_time((uint64_t) json_get_int(agent, "lastHeartbeat", 0), when));
        field_text(out, look, "Certificate", STYLE_NONE, certificate ? "below" : NULL);
        /* Line by line: its line ends are meant, and nothing else of it may steer a terminal. */
        while (certificate && *certificate) {
                size_t length = strcspn(certificate, "\r\n");
                _cleanup_free_ char *line = strndup(certificate, length);
                if (length > 0)
                        field_put(out, line ? line : "?");
                if (length > 0)
                        fputc('\n', out);
                certificate += length + (certificate[length] != 0);
        }
}

void show_node_result(const json_t *node, const struct look *look, FILE *out) {
        const json_t *assignment = json_get_object(node, "assignment");
        const char *name = json_get_string(node, "name"), *profile = json_get_string(json_get_object(node, "decision"), "profile");
        field_put(out, name ? name : "?");
        fputs(" boots ", out);
        field_put(out, profile ? profile : "nothing");
        const char *assigned = json_get_string(assignment, "profile");
        if (assigned && profile && strcmp(assigned, profile) == 0)
                fputs(json_get_bool(assignment, "once", false) ? " once" : " until changed", out);
        fprintf(out, " (revision %" PRId64 ")\n", json_get_int(node, "revision", 0));
}

void show_inspection_result(const json_t *node, const struct look *look, FILE *out) {
        const char *name = json_get_string(node, "name"), *state = json_get_string(json_get_object(node, "inspection"), "state");
        field_put(out, name ? name : "?");
        fprintf(out, ": inspection is %s\n", state ? state : "?");
}
