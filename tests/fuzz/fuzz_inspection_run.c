/* Inventories, payloads and nodes of any content through all hooks, and what comes out taken over into a node. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/identity.h"
#include "pxed/inspection/options.h"
#include "pxed/inspection/run.h"
#include "pxed/node_document.h"
#include "pxed/shared.h"

static struct inspection_options options;
static struct registry nodes;
static struct node *node;

static struct pci_kind kinds[] = {
        { .name = (char *) "gpu", .type = (char *) "GPU", .vendor = 0x10de, .product = -1, .revision = -1 },
        { .name = (char *) "nic", .type = (char *) "NIC", .vendor = -1, .product = -1, .revision = -1, .class = "02" },
};
static struct physical_network maps[2] = { { .name = (char *) "p" }, { .name = (char *) "q" } };

static struct node *make_node(uint8_t last) {
        static const struct junk no_junk;
        const struct mac mac = { { 0x52, 0x54, 0, 0, 0, last } };
        struct node *made, *old;
        if (identity_new_node(&nodes, &no_junk, &mac, NULL, 1, &made) < 0 || registry_put(&nodes, made, &old) < 0)
                abort();
        return made;
}

static void set_up(void) {
        char reason[OPTIONS_REASON_SIZE];
        if (inspection_set_hooks(&options, "default, raid-device", reason) < 0 || physical_set_subnets(&maps[0], "192.0.2.0/24 2001:db8::/32", reason) < 0 ||
            physical_set_subnets(&maps[1], "0.0.0.0/0 ::/0", reason) < 0)
                abort();
        options.aliases = options.accelerators = kinds;
        options.n_aliases = options.n_accelerators = ELEMENTS(kinds);
        options.physical = maps;
        options.n_physical = ELEMENTS(maps);
        node = make_node(1);
        (void) make_node(2);
}

/* What came out, as a node; and the document of that node comes to the same node again. */
static void take_over(const json_t *document) {
        struct document_conflict conflicts[4];
        _cleanup_(node_freep) struct node *copy = node_copy(node);
        char reason[300] = "";
        size_t count = 0;

        int r = node_document_apply(&nodes, copy, document, conflicts, ELEMENTS(conflicts), &count, reason, sizeof reason);
        if (r < 0 && (r != -22 || !*reason))
                abort();
        if (r < 0)
                return;
        _cleanup_json_ json_t *once = node_document(copy);
        if (node_document_apply(&nodes, copy, once, conflicts, ELEMENTS(conflicts), &count, reason, sizeof reason) < 0) {
                fprintf(stderr, "%s\n", reason);
                abort();
        }
        _cleanup_json_ json_t *twice = node_document(copy);
        if (!json_equal(once, twice))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (!node)
                set_up();
        _cleanup_json_ json_t *input = json_parse((const char *) data, size, JSON_DEPTH_MAX, NULL);
        _cleanup_json_ json_t *document = node_document(node);
        if (!json_is_object(input))
                return 0;
        if (json_is_object(json_object_get(input, "node")))
                json_object_update(document, json_object_get(input, "node"));
        _cleanup_json_ json_t *before = json_pack("[o, o]", json_deep_copy(input), json_deep_copy(document));
        struct run_input in = {
                .node = document,
                .inventory = json_object_get(input, "inventory"),
                .raw = json_object_get(input, "raw"),
                .previous = json_object_get(input, "previous"),
                .failure = json_get_string(input, "failure"),
                .options = &options,
        };
        struct run_outcome outcome;
        options.add_ports = (enum add_ports) (size % 3);
        options.keep_ports = (enum keep_ports) (size / 3 % 3);
        if (inspection_run(&in, &outcome) < 0)
                return 0;
        _cleanup_json_ json_t *after = json_pack("[O, O]", input, document);
        if (!json_equal(before, after) || (outcome.node == NULL) != (*outcome.failed != '\0') || (*outcome.failed && !*outcome.reason && !in.failure))
                abort();
        if (outcome.node)
                take_over(outcome.node);
        run_outcome_clear(&outcome);
        return 0;
}
