#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include "netcfg/observer_internal.h"

void step_add_detail(struct step *step, const char *format, ...) {
        size_t length = strlen(step->detail);
        va_list arguments;

        if (length > 0 && length + 2 < sizeof(step->detail))
                length += (size_t) snprintf(step->detail + length, sizeof(step->detail) - length, ", ");
        va_start(arguments, format);
        vsnprintf(step->detail + length, sizeof(step->detail) - length, format, arguments);
        va_end(arguments);
}

void step_add_address(struct step *step, const char *what, struct in_addr address) {
        char text[INET_ADDRSTRLEN];

        if (address.s_addr != 0)
                step_add_detail(step, "%s %s", what, inet_ntop(AF_INET, &address, text, sizeof(text)));
}
