/* When to post again. Pure: an attempt's outcome and its number in, what to do out. */
#pragma once

enum post_verdict {
        POST_DONE,  /* the server has it */
        POST_RETRY, /* wait *ret_wait_ms, then again */
        POST_FINAL, /* the server refused, and would again */
};

/* How many attempts make one round; between rounds the network is started anew. */
#define POST_ATTEMPTS 60

/* `outcome` is an HTTP status, or a negative errno when there was no answer; `attempt` counts from 0. As an IPA does, what may pass
 * is tried again: no answer, 500 and above, 409 (the node is locked); also 408 and 429 (RFC 9110 15.5.9, RFC 6585 4). The wait
 * doubles from 1 s to 10 s; `random` (any number) takes up to a quarter off, so that a rack that lost its server together does not come
 * back together. */
enum post_verdict post_judge(int outcome, unsigned attempt, unsigned random, unsigned *ret_wait_ms);
