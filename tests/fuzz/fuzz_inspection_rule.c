/*
 * A rule as it is set, and what it meets: {"rule": ..., "inventory": ..., "raw": ...}, or a rule alone, over a fixed machine. Whatever it is, what comes out
 * fails with a reason or is a node as the contract says, and what was taken is taken again from the store.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/idl.h"
#include "pxed/inspection/rule.h"

static const char node_text[] =
        "{\"id\": \"i\", \"name\": \"n1\", \"uuid\": null, \"serial\": \"S1\", \"cpus\": 8, \"memory\": 17179869184, \"bmcAddress\": \"192.0.2.7\", \"tags\": [\"a\"],"
        " \"labels\": {\"rack\": \"r1\"}, \"properties\": {\"list\": [1], \"text\": \"x\"}, \"capabilities\": {\"boot_mode\": \"uefi\"}, \"traits\": null,"
        " \"extra\": null, \"ports\": [{\"mac\": \"52:54:00:00:00:01\", \"boots\": true}, {\"mac\": \"52:54:00:00:00:02\", \"boots\": false}]}";
static const char inventory_text[] =
        "{\"serial\": \"S1\", \"product\": \"P R640\", \"cpus\": 8, \"memory\": 17179869184, \"errors\": [], \"disks\": [{\"name\": \"/dev/sda\", \"size\": 500},"
        " {\"name\": \"/dev/sdb\", \"size\": 1000, \"wwn\": \"w\"}], \"interfaces\": [{\"name\": \"eth0\", \"mac\": \"52:54:00:00:00:01\", \"addresses\": [\"192.0.2.50\"]}]}";
static const char raw_text[] = "{\"inventory\": {\"hostname\": \"h\", \"cpu\": {\"count\": \"8\", \"flags\": [\"vmx\", \"aes\"]}}, \"half\": 0.5, \"yes\": \"Yes\"}";

static json_t *parse(const char *text) {
        return json_parse(text, strlen(text), JSON_DEPTH_MAX, NULL);
}

static void check_node(json_t *node) {
        const struct idl *idl = idl_find("org.pxed.Node");
        _cleanup_json_ json_t *rest = parse("{\"revision\": 1, \"created\": 1, \"decision\": {\"reasons\": []}, \"inspection\": {\"state\": \"none\"}}");
        _cleanup_json_ json_t *reply = json_pack("{s:O}", "node", node);
        char path[128];

        json_object_update(node, rest);
        if (idl_check(idl, idl_method(idl, "Get")->out, reply, path, sizeof path) < 0) {
                fprintf(stderr, "breaks the contract: %s\n", path);
                abort();
        }
}

static void run(const struct rules *rules, const json_t *inventory, const json_t *raw) {
        struct run_outcome outcome = { .node = parse(node_text), .plugin_data = json_object() };
        _cleanup_free_ char *written = NULL;

        if (rules_run(rules, inventory, raw, &outcome) < 0)
                abort();
        if (!outcome.node != (*outcome.failed != '\0'))
                abort();
        if (outcome.node) {
                check_node(outcome.node);
                /* It can be stored and read again. */
                written = json_dumps(outcome.node, 0);
                _cleanup_json_ json_t *again = written ? parse(written) : NULL;
                if (!again)
                        abort();
        }
        if (json_array_size(outcome.logs) > RULE_LOGS_MAX)
                abort();
        run_outcome_clear(&outcome);
}

static void store_again(const struct rule *rule) {
        _cleanup_free_ char *text = rule_text(rule);
        _cleanup_json_ json_t *json = parse(text), *told = rule_to_json(rule);
        _cleanup_(rule_unrefp) struct rule *again = NULL;
        struct rule_error error;

        if (!told || rule_parse(json, 2, &again, &error) < 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_json_ json_t *input = json_parse((const char *) data, size, JSON_DEPTH_MAX, NULL), *inventory = parse(inventory_text), *raw = parse(raw_text);
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        _cleanup_(rules_freep) struct rules *rules = NULL;
        struct rule_error error = { .reason = "" };
        const json_t *with_it = json_get_object(input, "rule");

        if (!json_is_object(input))
                return 0;
        if (rule_parse(with_it ? with_it : input, 1, &rule, &error) < 0) {
                if (!*error.reason)
                        abort();
                return 0;
        }
        store_again(rule);
        if (rules_with(NULL, rule, &rules) < 0)
                abort();
        run(rules, inventory, raw);
        run(rules, json_is_object(json_object_get(input, "inventory")) ? json_object_get(input, "inventory") : inventory, json_object_get(input, "raw"));
        return 0;
}
