/* Parameters of a call, put together from the command line. */
#pragma once

#include "pxed/ctl/ctl.h"

/* Each sets a member from an option where it was given. They return 0 or an exit status, having complained. */

/* A number from `least` to `most`. */
int request_number(struct ctl *ctl, json_t *request, const char *key, const struct arguments *arguments, const char *option, int64_t least, int64_t most);
/* An array of the values of an option that may be given several times. */
void request_array(json_t *request, const char *key, const struct arguments *arguments, const char *option);
/* An object of the values "K=V". */
int request_map(struct ctl *ctl, json_t *request, const char *key, const struct arguments *arguments, const char *option);
void request_text(json_t *request, const char *key, const struct arguments *arguments, const char *option);
void request_flag(json_t *request, const char *key, const struct arguments *arguments, const char *option);

/* Splits "K=V": -EINVAL without '=' or with an empty K. *ret_key is the caller's to free. */
int request_split(const char *text, char **ret_key, const char **ret_value);

/* Text that the command line gave and that JSON cannot carry is refused: whether each argument is UTF-8. */
int request_check_text(struct ctl *ctl, int argc, char **argv);
