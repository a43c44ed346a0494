#include <errno.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "introspect/api_internal.h"
#include "introspect/order.h"
#include "lib/inventory.h"
#include "lib/log.h"
#include "lib/payload.h"
#include "lib/text.h"

#define DISK_RETRY 30
#define IRONIC_PATH "/v1/continue_inspection"
#define WORDS_SIZE 300

/*
 * What is accepted has to fit, with what was made of it, into the one message that reports it: pxed would close the connection on a message that it does not take,
 * and that inventory would come again each time. So these are less than json_parse and pxed's 24 MiB allow a message; what is left is for the report around it.
 */
#define VALUES_MAX (128 * 1024)
#define CONTAINERS_MAX (32 * 1024)
#define REPORT_VALUES_MAX (224 * 1024)
#define REPORT_CONTAINERS_MAX (56 * 1024)
#define REPORT_MAX (22 * 1024 * 1024)

struct weight {
        size_t values, containers;
};

/* Recurses as deep as INVENTORY_DEPTH. */
static void weigh(const json_t *value, struct weight *weight) {
        const json_t *member;
        const char *key;
        size_t i;

        weight->values++;
        weight->containers += json_is_object(value) || json_is_array(value);
        json_array_foreach((json_t *) value, i, member)
                weigh(member, weight);
        json_object_foreach((json_t *) value, key, member)
                weigh(member, weight);
}

/* Whatever it collects: somebody does not want it any more. False: it was answered. */
static bool is_wanted(struct api *api, struct api_request *request) {
        struct state_node node;

        if (!state_find_node(api->state, &request->token, &node) || !node.aborting)
                return true;
        api_refuse(api, request, 410, "the inspection of this machine was taken back: its inventory is not taken");
        api_note(api, request, NOTE_ABORTED, "its inventory was refused: the inspection was taken back");
        return false;
}

/* A post is named by its token, or else by the run that waits for it, and its bytes: the same ones posted again, because the answer was lost, are the same post. */
static void name_post(const struct api_request *request, struct spool_post *post) {
        struct sha256_ctx context;
        uint8_t digest[16];

        sha256_init(&context);
        if (request->without_token)
                sha256_update(&context, sizeof(request->run), (const uint8_t *) &request->run);
        else
                sha256_update(&context, strlen(request->token_text) + 1, (const uint8_t *) request->token_text);
        sha256_update(&context, body_payload_size(&request->body), (const uint8_t *) body_payload(&request->body));
        sha256_digest(&context, sizeof(digest), digest);
        text_hex(post->post, sizeof(post->post), digest, sizeof(digest));
}

/*
 * What is stored is an observation of org.pxed.Worker as it will be reported: {"inventory":{"raw": payload as posted, and then this. The payload is good
 * JSON by then, so that nobody has to parse it on the way.
 */
static int spool_suffix(const struct api_request *request, const struct spool_post *post, const struct inventory_result *result, char **ret) {
        char mac[MAC_TEXT_SIZE], node[UUID_TEXT_SIZE];
        _cleanup_json_ json_t *rest =
                json_pack("{s:s, s:s?, s:s, s:O, s:O?, s:o}", "mac", mac_format(&post->mac, mac), "node",
                          request->token.has_node ? uuid_format(&request->token.node, node) : NULL, "post", post->post, "normalized",
                          result->normalized, "failure", result->failure, "withoutToken", request->without_token ? json_true() : json_null());
        _cleanup_free_ char *members = rest ? json_write(rest, JSON_COMPACT | JSON_EMBED, NULL) : NULL;

        return members ? asprintf(ret, ",%s},\"time\":%" PRIu64 "}", members, post->time) : -1;
}

static void refuse_to_store(struct api *api, struct api_request *request, int error) {
        bool no_space = error == -ENOSPC || error == -EDQUOT;
        const char *why = error == -ENOBUFS  ? "the spool of inventories is full, because pxed has not taken them for a long time"
                          : error == -ENOMEM ? "there is no memory left for it"
                          : no_space         ? "the disk of the appliance is full"
                                             : strerror(-error);
        const char *remedy = error == -ENOBUFS ? "see that pxed runs and takes what is reported"
                             : no_space        ? "make room"
                                               : "see what is wrong with the disk";

        if (error != -ENOMEM)
                api_note(api, request, NOTE_STORAGE, "%s: %s", why, remedy);
        api_postpone(api, request, no_space ? 507 : 503, DISK_RETRY, "the inventory was not stored: %s", why);
}

static void describe(const struct inventory_result *result, size_t bytes, char words[static NOTE_DETAIL_SIZE]) {
        char summary[WORDS_SIZE];

        if (result->failure)
                snprintf(words, NOTE_DETAIL_SIZE, "%zu bytes; the ramdisk failed: %s", bytes, json_string_value(result->failure));
        else
                snprintf(words, NOTE_DETAIL_SIZE, "%zu bytes: %s", bytes, inventory_summary(result->normalized, summary, sizeof(summary)));
}

/* Makes the text that is to be stored of the body. */
static void take(struct api *api, struct api_request *request, const struct inventory_result *result) {
        struct api_inventory *inventory = &request->inventory;
        _cleanup_free_ char *suffix = NULL;

        describe(result, body_payload_size(&request->body), inventory->words);
        inventory->post = (struct spool_post) { .time = request->now, .mac = request->token.mac, .unproven = request->without_token };
        name_post(request, &inventory->post);
        int length = spool_suffix(request, &inventory->post, result, &suffix);
        if (length < 0 || body_finish(&request->body, suffix, (size_t) length) < 0)
                refuse_to_store(api, request, -ENOMEM);
        else if (request->body.size > REPORT_MAX)
                api_refuse(api, request, 413, "the inventory is too large to be reported: with what was made of it, it takes more than %d MiB",
                           REPORT_MAX >> 20);
}

/* The interface that it booted by stands for the machine, as a token's MAC does. */
static bool name_machine(struct api *api, struct api_request *request, const json_t *normalized) {
        request->names_mac = owner_boot_mac(normalized, &request->token.mac);
        if (request->names_mac)
                return api_may_post(api, request);
        api_refuse(api, request, 400, "the inventory came without a boot token, and it has no interface with a MAC");
        return false;
}

/* False: it was answered. */
static bool fits_report(struct api *api, struct api_request *request, const json_t *normalized, struct weight weight) {
        weigh(normalized, &weight);
        if (weight.values <= REPORT_VALUES_MAX && weight.containers <= REPORT_CONTAINERS_MAX)
                return true;
        api_refuse(api, request, 413, "the inventory has %zu values in %zu objects and lists with what was made of it; at most %d in %d can be reported",
                   weight.values, weight.containers, REPORT_VALUES_MAX, REPORT_CONTAINERS_MAX);
        return false;
}

/* What is kept is what was read: pxed and all behind it take no text with a NUL. False: it was answered. */
static bool keep_without_nuls(struct api *api, struct api_request *request, const json_t *object) {
        size_t size = 0;
        _cleanup_free_ char *text = json_write(object, JSON_COMPACT, &size);
        int r = text ? body_replace(&request->body, text, size) : -ENOMEM;

        if (r == -EFBIG)
                api_refuse(api, request, 413, "the inventory is larger than %zu KiB without the NULs of its texts", request->route->body_max / 1024);
        else if (r < 0)
                refuse_to_store(api, request, -ENOMEM);
        return r == 0;
}

static void normalize_and_take(struct api *api, struct api_request *request, const json_t *object, const struct weight *weight) {
        _cleanup_inventory_ struct inventory_result result = { 0 };
        char reason[INVENTORY_REASON_SIZE];

        int r = inventory_normalize(object, &request->token.mac, &result, reason);
        if (r == -EINVAL) {
                api_refuse(api, request, 400, "%s", reason);
                return;
        }
        if (r < 0) {
                refuse_to_store(api, request, r);
                return;
        }
        inventory_tell_nuls(result.normalized, &request->nuls);
        if (request->nuls.texts > 0 && !keep_without_nuls(api, request, object))
                return;
        if (!fits_report(api, request, result.normalized, *weight))
                return;
        if (request->without_token && !name_machine(api, request, result.normalized))
                return;
        if (api_find_owner(api, request, result.normalized) && is_wanted(api, request))
                take(api, request, &result);
}

void api_handle_inventory(struct api *api, struct api_request *request, const json_t *object) {
        struct weight weight = { 0 };
        char mac[MAC_TEXT_SIZE];

        weigh(object, &weight);
        if (weight.values > VALUES_MAX || weight.containers > CONTAINERS_MAX)
                api_refuse(api, request, 413, "the inventory has %zu values in %zu objects and lists; at most %d in %d are taken", weight.values,
                           weight.containers, VALUES_MAX, CONTAINERS_MAX);
        else if (!request->without_token && inventory_owner(object, &request->token.mac) == INVENTORY_HAS_OTHERS)
                api_refuse(api, request, 403, "the token was made for MAC %s, which this inventory does not have",
                           mac_format(&request->token.mac, mac));
        else
                normalize_and_take(api, request, object, &weight);
}

/* Of a machine that is not known yet pxed makes a node after this answer: its id does not exist, and none is made up here. Ramdisks use it only to look
 * themselves up. What is Ironic's alone is answered as its newer versions do, where an agent asks for one. */
static void answer_post(struct api *api, struct api_request *request) {
        bool first, as_lookup = strcmp(request->route->path, IRONIC_PATH) == 0 && target_answers_posts(request->version);
        _cleanup_json_ json_t *id = api_node_id(api, &request->token);
        const char *text = json_string_value(id);
        struct uuid node;
        json_t *answer = as_lookup ? api_agent_document(api, request, text && uuid_parse(text, &node) == 0 ? &node : NULL, &first)
                                   : json_pack("{s:O}", "uuid", id);

        if (answer)
                api_answer(request, request->route->status, answer);
}

/* Most of a post's time is spent here, waiting for the disk: with its text and no more of it in memory. */
void api_settle_inventory(struct api *api, struct api_request *request) {
        struct api_inventory *inventory = &request->inventory;
        int r = spool_add(api->spool, &inventory->post, request->body.text, request->body.size);

        if (r == -EBUSY) {
                api_refuse_waiting(api, request);
                return;
        }
        if (r < 0) {
                refuse_to_store(api, request, r);
                return;
        }
        if (r == 0)
                api_note(api, request, NOTE_ACCEPTED, "%s", inventory->words);
        answer_post(api, request);
}

static void note_words(struct api *api, const struct api_request *request, const char *state, const char *message) {
        char words[WORDS_SIZE];

        snprintf(words, sizeof(words), "%.40s%s%.200s", state, message ? ": " : "", message ?: "");
        if (beats_is_news(api->beats, &request->token.mac, request->token_text, words, request->monotonic))
                api_note(api, request, NOTE_AGENT, "%s", words);
}

void api_handle_agent(struct api *api, struct api_request *request, const json_t *object) {
        _cleanup_json_ json_t *state = payload_text(object, "state"), *message = payload_text(object, "message");
        struct state_node node;

        if (!json_is_string(state)) {
                api_refuse(api, request, 400, "the body has no text `state`");
                return;
        }
        note_words(api, request, json_string_value(state), json_string_value(message));
        const struct order_input input = {
                .token = &request->token,
                .node = state_find_node(api->state, &request->token, &node) ? &node : NULL,
                .waiting = strcmp(json_string_value(state), "waiting") == 0,
                .troubled = json_is_string(message),
                .unsettled = spool_is_unsettled(api->spool, &request->token.mac, request->monotonic, ORDER_SETTLE_US),
        };
        enum order order = order_decide(&input);
        if (order == ORDER_ABORT)
                api_note(api, request, NOTE_ABORTED, "told to end: the inspection was taken back");
        api_answer(request, request->route->status, json_pack("{s:s}", "order", order_name(order)));
}
