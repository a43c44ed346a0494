/* Waiting by asking: nothing in the agent sleeps for a fixed time in the hope that something has happened. */
#pragma once

#include <stdbool.h>

/* Asks every `step_ms` until `ask(userdata)` is true or `timeout_ms` is over. Asks at least once. Returns the last answer. */
bool wait_until(bool (*ask)(void *userdata), void *userdata, unsigned timeout_ms, unsigned step_ms);

/* Waits `ms` milliseconds, however often a signal comes in between. */
void wait_ms(unsigned ms);
