/* What the agent says to the person at the machine: plain lines with the seconds since the kernel started, on every console that
 * the kernel has. The same lines go to the server as `pxed_agent.steps`. */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* Milliseconds since the kernel started (CLOCK_BOOTTIME). */
uint64_t console_now_ms(void);

/* Finds the consoles in /proc/consoles (needs /proc and /dev); before it, and if there are none, standard error is used. */
void console_open(void);

/* Prints one line and remembers it as a step. Control characters in arguments become '?': texts of a server
 * and names of hardware must not steer a terminal. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same between two rules, for what a person should see from across the room. */
void say_loud(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The end of the kernel's log: writes at most `size` bytes to `buf`, whole lines. Returns how many; 0 if it cannot be read. */
size_t console_kernel_log(char *buf, size_t size);

/* What was said so far: [{"at": seconds, "text": ...}], the first 200 lines. Borrowed. */
json_t *console_steps(void);
