#include "introspect/agent/wait.h"

#include <errno.h>
#include <time.h>

#include "introspect/agent/console.h"

bool wait_until(bool (*ask)(void *userdata), void *userdata, unsigned timeout_ms, unsigned step_ms) {
        uint64_t deadline = console_now_ms() + timeout_ms;
        for (;;) {
                if (ask(userdata))
                        return true;
                if (console_now_ms() >= deadline)
                        return false;
                wait_ms(step_ms);
        }
}

void wait_ms(unsigned ms) {
        struct timespec rest = { .tv_sec = ms / 1000, .tv_nsec = (long) (ms % 1000) * 1000000 };
        while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
                ;
}
