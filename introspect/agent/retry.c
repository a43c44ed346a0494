#include "introspect/agent/retry.h"

#define WAIT_FIRST_MS 1000
#define WAIT_MOST_MS 10000

enum post_verdict post_judge(int outcome, unsigned attempt, unsigned random, unsigned *ret_wait_ms) {
        unsigned wait = attempt < 4 ? WAIT_FIRST_MS << attempt : WAIT_MOST_MS;
        *ret_wait_ms = wait - random % (wait / 4);
        if (outcome >= 200 && outcome < 300)
                return POST_DONE;
        if (outcome < 0 || outcome >= 500 || outcome == 409 || outcome == 408 || outcome == 429)
                return POST_RETRY;
        return POST_FINAL;
}
