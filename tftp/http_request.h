/* One request while it is answered; and the answers that need no file. Inside of the HTTP server. */
#pragma once

#include <microhttpd.h>

#include "tftp/http.h"
#include "tftp/request.h"
#include "tftp/text.h"

struct http_request;
typedef enum MHD_Result (*http_handler)(struct http_request *request);

struct http_request {
        const struct http_context *context;
        struct ip address; /* the server's that the request came to */
        struct MHD_Connection *connection;
        http_handler handler;       /* NULL: the headers are not there yet */
        bool head;                  /* the method is HEAD: no body goes out, nothing is accounted */
        int target_fault;           /* what target_parse said */
        char path[TARGET_PATH_SIZE];
        const char *query;          /* within `target`; NULL: none */
        struct report *on_complete; /* pushed when the response went out whole */
        struct transfer *transfer;  /* of a file to a known machine */
        bool file_ends;             /* the transfer goes to the end of the file */
        struct token token;         /* of the transfer */
        char target[];              /* as it came */
};

/* /boot.ipxe and /boot */
enum MHD_Result http_start(struct http_request *request);
enum MHD_Result http_boot(struct http_request *request);
/* /images/... and /loaders/... */
enum MHD_Result http_image(struct http_request *request);
enum MHD_Result http_loader(struct http_request *request);

/* The last steps of a request: accounts for what went out. */
void http_complete(struct http_request *request, bool complete);

/* Queues a response and lets go of it. */
enum MHD_Result http_queue(struct http_request *request, unsigned status, struct MHD_Response *response);
/* Plain text; takes the text over. */
enum MHD_Result http_text(struct http_request *request, unsigned status, struct text *text);
/* A status with one line that says why. */
enum MHD_Result http_error(struct http_request *request, unsigned status, const char *format, ...) _printf_(3, 4);

/* The text form of the client's address. */
void http_client(struct http_request *request, char buffer[static IP_TEXT_SIZE]);
