/* Files: images for machines with their token, and loaders. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/http_threads.h"
#include "tftp/file_answer.h"
#include "tftp/http_request.h"
#include "tftp/images.h"

static const char *header(struct http_request *request, const char *name) {
        return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* The token of the query, where it is good; false: the bytes are nobody's. */
static bool find_token(struct http_request *request, const struct settings *settings, int *ret_fault) {
        char text[TOKEN_TEXT_SIZE];

        *ret_fault = 0;
        if (!query_get(request->query, "token", text, sizeof(text)))
                return false;
        *ret_fault = token_check(text, settings->secret, realtime_us() / USEC_PER_SEC, &request->token);
        return *ret_fault == 0;
}

static struct report *make_report(struct http_request *request, enum report_kind kind, const char *file) {
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = published_get(request->context->published);
        const struct network *network = snapshot ? snapshot_network_by_address(snapshot, &request->address) : NULL;
        struct report *report = calloc(1, sizeof(*report));

        if (!report)
                return NULL;
        report->kind = kind;
        report->time = realtime_us();
        report->mac = request->token.mac;
        report->has_node = request->token.has_node;
        report->node = request->token.node;
        report->file = strdup(file);
        if (network)
                snprintf(report->network, sizeof(report->network), "%s", network->name);
        http_client(request, report->address);
        return report;
}

static void report_refusal(struct http_request *request, const char *file, const char *why) {
        struct report *report = make_report(request, REPORT_REFUSED, file);
        char detail[TARGET_PATH_SIZE + 128];

        snprintf(detail, sizeof(detail), "%s: %s", file, why);
        if (report)
                report->detail = strdup(detail);
        reports_push(request->context->reports, report);
}

/* known: it is told to the machine's owner as well. */
static enum MHD_Result refuse(struct http_request *request, bool known, unsigned status, const char *file, const char *why) {
        if (known)
                report_refusal(request, file, why);
        return http_error(request, status, "%s: %s.", file, why);
}

static void account(struct http_request *request, const struct file_answer *answer, const struct file_facts *facts, const char *file) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct report *report = info ? make_report(request, REPORT_FILE, file) : NULL;

        if (!report)
                return;
        report->total = facts->size;
        request->transfer = transfer_begin(request->context->transfers, info->connect_fd, answer->start, answer->length, report);
}

static void add_headers(struct MHD_Response *response, const struct file_answer *answer, const struct file_facts *facts, const char *file) {
        char etag[ETAG_SIZE], date[HTTP_DATE_SIZE], range[80];

        MHD_add_response_header(response, "Accept-Ranges", "bytes");
        MHD_add_response_header(response, "ETag", file_etag(facts, etag));
        if (http_date_format(facts->modified.tv_sec, date)[0])
                MHD_add_response_header(response, "Last-Modified", date);
        if (answer->status == MHD_HTTP_OK || answer->status == MHD_HTTP_PARTIAL_CONTENT)
                MHD_add_response_header(response, "Content-Type", content_type(file));
        if (answer->status == MHD_HTTP_PARTIAL_CONTENT) {
                snprintf(range, sizeof(range), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, answer->start,
                         answer->start + answer->length - 1, facts->size);
                MHD_add_response_header(response, "Content-Range", range);
        }
        if (answer->status == MHD_HTTP_RANGE_NOT_SATISFIABLE) {
                snprintf(range, sizeof(range), "bytes */%" PRIu64, facts->size);
                MHD_add_response_header(response, "Content-Range", range);
        }
}

/* The body goes from the file to the socket by sendfile; the response owns the descriptor. */
static struct MHD_Response *make_response(const struct file_answer *answer, int *fd) {
        struct MHD_Response *response;

        if ((answer->status != MHD_HTTP_OK && answer->status != MHD_HTTP_PARTIAL_CONTENT) || answer->length == 0)
                return MHD_create_response_from_buffer(0, (void *) "", MHD_RESPMEM_PERSISTENT);
        response = MHD_create_response_from_fd_at_offset64(answer->length, *fd, answer->start);
        if (response)
                TAKE_FD(*fd);
        return response;
}

static int read_facts(int fd, struct file_facts *ret) {
        struct stat status;

        if (fstat(fd, &status) < 0)
                return -errno;
        *ret = (struct file_facts) { .size = (uint64_t) status.st_size, .inode = status.st_ino, .modified = status.st_mtim };
        return 0;
}

/* opened: the file, which is taken over, or the error of opening it. known: the token is good. */
static enum MHD_Result serve(struct http_request *request, int opened, const char *file, bool known) {
        _cleanup_close_ int fd = opened;
        struct file_facts facts;
        const char *why;

        if (fd >= 0 && read_facts(fd, &facts) < 0)
                return MHD_NO;
        unsigned status = file_status(opened, &why);
        if (status != MHD_HTTP_OK)
                return refuse(request, known, status, file, why);

        struct file_conditions conditions = { .range = header(request, "Range"),
                                              .if_range = header(request, "If-Range"),
                                              .if_match = header(request, "If-Match"),
                                              .if_none_match = header(request, "If-None-Match"),
                                              .if_modified_since = header(request, "If-Modified-Since"),
                                              .if_unmodified_since = header(request, "If-Unmodified-Since") };
        struct file_answer answer = file_answer(&facts, &conditions, request->head);
        bool has_body = !request->head && (answer.status == MHD_HTTP_OK || answer.status == MHD_HTTP_PARTIAL_CONTENT);
        if (has_body)
                connection_sending(http_threads_watched(request->connection), fd, answer.start + answer.length);
        struct MHD_Response *response = make_response(&answer, &fd);
        if (!response)
                return MHD_NO;
        add_headers(response, &answer, &facts, file);

        if (known && has_body) {
                account(request, &answer, &facts, file);
                request->file_ends = answer.start + answer.length == facts.size;
        }
        return http_queue(request, answer.status, response);
}

enum MHD_Result http_image(struct http_request *request) {
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = published_get(request->context->published);
        const char *file = request->path + strlen("/images/");
        int fault;

        if (!snapshot || !snapshot->settings)
                return http_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "Not ready yet.");
        bool known = find_token(request, snapshot->settings, &fault);
        /* The bytes are no secret: a machine that is slower than its token gets them all the same, but starts nothing. */
        if (fault == -EKEYEXPIRED)
                report_refusal(request, file, "the boot token has expired: this file does not count for the boot");
        return serve(request, image_open(snapshot->settings->image_directory, file), file, known);
}

enum MHD_Result http_loader(struct http_request *request) {
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = published_get(request->context->published);
        const char *file = request->path + strlen("/loaders/");
        int fault;
        bool known = snapshot && snapshot->settings && find_token(request, snapshot->settings, &fault);

        enum MHD_Result result = serve(request, file_open_in(request->context->loader_directory, file), file, known);
        request->file_ends = false;
        return result;
}
