/* Whose an inventory is that its token does not tie to a node: never a guess, and nothing that tells a stranger what is known here. */
#include <string.h>

#include "introspect/api_internal.h"

/* What Ironic says of each lookup that fails. */
#define NOT_FOUND "the machine that this inventory is of could not be told, or its inventory is not expected"

static void add_mac(const json_t *interface, struct lookup_query *query) {
        const char *text = json_get_string(interface, "mac");

        if (text && query->n_macs < LOOKUP_MACS_MAX && mac_parse(text, &query->macs[query->n_macs]) == 0)
                query->n_macs++;
}

void owner_query(const json_t *normalized, struct lookup_query *ret) {
        const char *uuid = json_get_string(normalized, "uuid"), *bmc = json_get_string(normalized, "bmcAddress");
        json_t *interface;
        size_t i;

        memset(ret, 0, sizeof(*ret));
        ret->has_uuid = uuid && uuid_parse(uuid, &ret->uuid) == 0;
        ret->uuid_is_firmware = true;
        ret->has_bmc = bmc && ip_parse(bmc, &ret->bmc) == 0;
        json_array_foreach(json_get_array(normalized, "interfaces"), i, interface)
                add_mac(interface, ret);
}

bool owner_boot_mac(const json_t *normalized, struct mac *ret) {
        const json_t *interfaces = json_get_array(normalized, "interfaces"), *chosen = json_array_get(interfaces, 0);
        json_t *interface;
        size_t i;

        json_array_foreach((json_t *) interfaces, i, interface)
                if (json_get_bool(interface, "boots", false))
                        chosen = interface;
        const char *text = json_get_string(chosen, "mac");
        return text && mac_parse(text, ret) == 0;
}

/* Without a token only what is waited for is taken: anybody on the network can send one. */
static bool is_expected(struct api *api, struct api_request *request, const struct uuid *node) {
        char id[UUID_TEXT_SIZE];
        struct state_node facts;

        if (!request->without_token)
                return true;
        if (state_get_node(api->state, node, &facts) && facts.inspect) {
                request->run = facts.started;
                return true;
        }
        api_refuse_tersely(api, request, 404, NOT_FOUND, "an inventory without a boot token is of node %s, for which no inspection was asked",
                           uuid_format(node, id));
        return false;
}

/* The token has tied the inventory to a node already; what came with it says whose it is. */
static bool is_as_said(struct api *api, struct api_request *request, const struct lookup_query *query, const struct uuid *node) {
        char id[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];
        struct lookup_facts facts;

        state_look_up(api->state, &request->token, query, &facts);
        if (facts.uuid_known && memcmp(&facts.uuid_node, node, sizeof(*node)) == 0)
                return true;
        api_refuse_tersely(api, request, 404, NOT_FOUND, "the boot token is of node %s; node_uuid is %s%s", uuid_format(node, id),
                           facts.uuid_known ? "of node " : "no node's", facts.uuid_known ? uuid_format(&facts.uuid_node, other) : "");
        return false;
}

bool api_find_owner(struct api *api, struct api_request *request, const json_t *normalized) {
        bool said = request->node_uuid && request->node_uuid[0];
        struct token token = request->token;
        char reason[LOOKUP_REASON_SIZE];
        struct lookup_query query;
        struct lookup_facts facts;
        struct state_node tied;
        struct uuid node;

        owner_query(normalized, &query);
        if (said && uuid_parse(request->node_uuid, &query.uuid) < 0) {
                api_refuse(api, request, 400, "node_uuid is no UUID");
                return false;
        }
        if (said) {
                query.has_uuid = true;
                query.uuid_is_firmware = false;
        }
        if (!request->without_token && state_find_node(api->state, &request->token, &tied))
                return !said || is_as_said(api, request, &query, &tied.id);
        /* A node that is gone is no reason against the machine. */
        token.has_node = false;
        state_look_up(api->state, &token, &query, &facts);
        enum lookup_verdict verdict = lookup_decide(&facts, &node, reason);
        if (verdict == LOOKUP_UNKNOWN && !said)
                return true;
        if (verdict != LOOKUP_FOUND) {
                api_refuse_tersely(api, request, 404, NOT_FOUND, "%s", reason);
                return false;
        }
        if (!is_expected(api, request, &node))
                return false;
        request->token.has_node = true;
        request->token.node = node;
        return true;
}
