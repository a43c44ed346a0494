/* How a file is answered over HTTP: conditions and ranges of RFC 9110, sections 13 and 14. All pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What tells one state of a file from another. */
struct file_facts {
        uint64_t size, inode;
        struct timespec modified;
};

#define ETAG_SIZE 64
#define HTTP_DATE_SIZE 32

/* A strong entity tag, quotes included. Returns `buffer`. */
char *file_etag(const struct file_facts *facts, char buffer[static ETAG_SIZE]);
/* IMF-fixdate (RFC 9110 5.6.7). Returns `buffer`. */
char *http_date_format(time_t time, char buffer[static HTTP_DATE_SIZE]);
/* Each of the three formats that 5.6.7 asks for; -EINVAL. */
int http_date_parse(const char *text, time_t *ret);

/* Header fields as they came; NULL: absent. */
struct file_conditions {
        const char *range, *if_range, *if_match, *if_none_match, *if_modified_since, *if_unmodified_since;
};

struct file_answer {
        unsigned status; /* 200, 206, 304, 412 or 416 */
        uint64_t start, length; /* what of the file is sent (200 and 206) */
};

/* head: the method is HEAD, for which no ranges are defined (RFC 9110 14.2). */
struct file_answer file_answer(const struct file_facts *facts, const struct file_conditions *conditions, bool head);

/* Whether an If-Match or If-None-Match list names the tag; `weak`: compared as 8.8.3.2 says for If-None-Match. */
bool etag_list_has(const char *list, const char *etag, bool weak);

/* By the end of the name: UEFI HTTP boot goes by it. */
const char *content_type(const char *path);
