/* The HTTP response parser: a response that is whole must come out the same however few bytes of it were there before; and what
 * reads the body then. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/http_response.h"
#include "introspect/agent/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static struct http_response whole, part;
        char message[64];
        const char *text = (const char *) data;
        int r = http_response_parse(text, size, true, &whole);
        if (r == 0)
                abort(); /* closed: there is nothing left to wait for */
        /* a prefix never gives another answer than the whole, only none yet */
        int half = http_response_parse(text, size / 2, false, &part);
        if (r == 1 && half < 0)
                abort();
        if (r == 1 && half == 1 && (part.status != whole.status || part.body_size != whole.body_size))
                abort();
        if (r == 1) {
                if (whole.body_size > HTTP_BODY_MAX || whole.status < 200 || whole.status > 599)
                        abort();
                order_parse(whole.body, whole.body_size);
                error_message(whole.body, whole.body_size, message, sizeof message);
                if (strlen(message) >= sizeof message)
                        abort();
        }
        return 0;
}
