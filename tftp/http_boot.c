/* The boot scripts: /boot.ipxe for any machine, /boot for one. */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tftp/boot_answer.h"
#include "tftp/http_request.h"

enum MHD_Result http_start(struct http_request *request) {
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = published_get(request->context->published);
        _cleanup_text_ struct text text = {};

        if (!snapshot || !snapshot->settings)
                return http_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "Not ready yet.");
        script_start(&request->address, snapshot->settings->http_port, &text);
        return http_text(request, MHD_HTTP_OK, &text);
}

static struct report *make_report(struct http_request *request, enum report_kind kind, const struct boot_request *machine,
                                  const struct network *network, const struct decision *decision) {
        struct report *report = calloc(1, sizeof(*report));

        if (!report)
                return NULL;
        report->kind = kind;
        report->time = realtime_us();
        report->mac = machine->mac;
        report->has_uuid = machine->has_uuid;
        report->uuid = machine->uuid;
        report->has_node = decision->node != NULL;
        if (decision->node)
                report->node = decision->node->id;
        if (decision->profile)
                snprintf(report->profile, sizeof(report->profile), "%s", decision->profile->name);
        report->assignment = decision->assignment;
        report->once = decision->once;
        snprintf(report->network, sizeof(report->network), "%s", network->name);
        http_client(request, report->address);
        return report;
}

/* A script went out: its files are waited for; where none come from here, the machine is as good as started. */
static void expect_boot(struct http_request *request, const struct boot_request *machine, const struct network *network,
                        const struct decision *decision) {
        _cleanup_(report_freep) struct report *started = make_report(request, REPORT_STARTED, machine, network, decision);

        if (!started)
                return;
        if (profile_own_files(decision->profile) > 0)
                boots_begin(request->context->boots, decision->profile, started, NULL);
        else
                request->on_complete = TAKE_POINTER(started);
}

enum MHD_Result http_boot(struct http_request *request) {
        const struct http_context *context = request->context;
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = published_get(context->published);
        const struct network *network = snapshot ? snapshot_network_by_address(snapshot, &request->address) : NULL;
        struct boot_request machine;
        struct boot_answer answer;

        if (!network || !snapshot->settings)
                return http_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "Not ready yet.");
        boot_request_parse(request->query, &machine);
        /* Its token could not be tied to a machine. */
        if (!machine.has_mac)
                return http_error(request, MHD_HTTP_BAD_REQUEST, "Which machine asks? /boot?mac=52:54:00:12:34:56, the MAC that it boots by, is needed.");
        boot_answer(&machine, snapshot, network, context->consumed, NULL, &answer);

        if (!request->head) {
                struct report *report = make_report(request, answer.boots ? REPORT_SCRIPT : REPORT_REFUSED, &machine, network, &answer.decision);
                if (report)
                        report->detail = strdup(answer.boots ? answer.decision.reasons : answer.reason);
                reports_push(context->reports, report);
                if (answer.boots)
                        expect_boot(request, &machine, network, &answer.decision);
        }
        return http_text(request, MHD_HTTP_OK, &answer.text);
}

/* Consumed from this moment on: the next script that is asked for is another one. */
static void push_started(struct http_request *request, struct report *report) {
        if (report->once && report->has_node)
                consumed_mark(request->context->consumed, &report->node, report->assignment);
        reports_push(request->context->reports, report);
}

/* After a restart in the midst of a boot: the files expected are known again from the desired state. */
static void recall_boot(struct http_request *request, const char *fetched) {
        const struct http_context *context = request->context;
        const struct token *token = &request->token;
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = published_get(context->published);
        const struct network *network = snapshot ? snapshot_network_by_address(snapshot, &request->address) : NULL;
        const struct node *node = snapshot && token->has_node ? snapshot_node(snapshot, &token->node) : NULL;
        struct boot_request machine = { .has_mac = true, .mac = token->mac };
        struct decision decision;

        if (!network)
                return;
        if (node && node->has_uuid) {
                machine.has_uuid = true;
                machine.uuid = node->uuid;
        }
        decide(&machine, snapshot, network, boot_is_consumed, context->consumed, &decision);
        if (!decision.profile || decision.node != node || decision.assignment != token->assignment)
                return;
        _cleanup_(report_freep) struct report *started = make_report(request, REPORT_STARTED, &machine, network, &decision);
        if (started)
                boots_begin(context->boots, decision.profile, started, fetched);
}

/* A file of the token's boot went out to its end. The report to make when it was the last one; else NULL. */
static struct report *file_complete(struct http_request *request, const char *file) {
        struct boots *boots = request->context->boots;

        if (!boots_has(boots, &request->token.mac, request->token.assignment))
                recall_boot(request, file);
        return boots_fetched(boots, &request->token.mac, request->token.assignment, file);
}

void http_complete(struct http_request *request, bool complete) {
        const struct http_context *context = request->context;
        struct report *started = NULL;

        if (request->transfer) {
                struct report *file = transfer_end(context->transfers, request->transfer, complete);
                if (complete && request->file_ends)
                        started = file_complete(request, file->file);
                reports_push(context->reports, file);
        }
        if (request->on_complete && complete)
                started = TAKE_POINTER(request->on_complete);
        report_free(request->on_complete);
        if (started)
                push_started(request, started);
}
