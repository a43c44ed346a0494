#include <stdarg.h>
#include <stdio.h>

#include "netcfg/observer_internal.h"

void step_add_client(struct step *step, const struct exchange *client) {
        if (!client)
                return;
        step->stage = client->stage;
        step->has_architecture = client->has_architecture;
        step->architecture = client->architecture;
        step->has_uuid = client->has_uuid;
        step->uuid = client->uuid;
}

void step_add_detail(struct step *step, const char *format, ...) {
        size_t length = strlen(step->detail);
        va_list arguments;

        if (length > 0 && length + 2 < sizeof(step->detail))
                length += (size_t) snprintf(step->detail + length, sizeof(step->detail) - length, ", ");
        va_start(arguments, format);
        vsnprintf(step->detail + length, sizeof(step->detail) - length, format, arguments);
        va_end(arguments);
}

void step_add_ip(struct step *step, const char *what, const struct ip *address) {
        char text[IP_TEXT_SIZE];

        if (address->family != 0)
                step_add_detail(step, "%s %s", what, ip_format(address, text));
}

void step_add_address(struct step *step, const char *what, struct in_addr address) {
        struct ip ip = ip_from_v4(address);

        step_add_ip(step, what, &ip);
}
