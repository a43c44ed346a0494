/* Ownership by cleanup attributes, and the few macros that every file uses. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* `_cleanup_(function)`: calls function(&variable) when the variable goes out of scope. */
#define _cleanup_(function) __attribute__((cleanup(function)))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define _sentinel_ __attribute__((sentinel))

/* Hands the value of a variable on and leaves NULL (or -1) behind. */
#define TAKE_POINTER(pointer) \
        ({ __typeof__(pointer) taken_ = (pointer); (pointer) = NULL; taken_; })
#define TAKE_FD(fd) ({ int taken_ = (fd); (fd) = -1; taken_; })

/* Defines name##p(type **), which calls free_function(*pointer) where it is not NULL. */
#define DEFINE_CLEANUP(type, free_function)                        \
        static inline void free_function##p(type *pointer) {       \
                if (*pointer)                                      \
                        free_function(*pointer);                   \
        }                                                          \
        struct useless_struct_to_allow_a_semicolon

static inline void freep(void *pointer) {
        free(*(void **) pointer);
}

static inline void closep(int *fd) {
        if (*fd >= 0)
                close(*fd);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)

#define USEC_PER_SEC ((uint64_t) 1000000)
#define USEC_PER_MSEC ((uint64_t) 1000)
