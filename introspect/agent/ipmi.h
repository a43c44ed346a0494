/* The addresses of the machine's management controller (BMC), asked over IPMI (IPMI 2.0 specification, 23.2 Get LAN Configuration
 * Parameters). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ipmi_lan {
        char ipv4[16]; /* "" if none is set */
        char ipv6[46];
        char mac[18];
};

/* How a request reaches a BMC: sends `request` as `command` of `netfn`, writes the answer, which starts with the completion code, to `response`
 * and its length to *size (which holds the room on entry). Returns 0 or a negative errno. */
typedef int (*ipmi_send)(void *userdata, uint8_t netfn, uint8_t command, const uint8_t *request, size_t request_size,
                         uint8_t *response, size_t *size);

/* Looks for the first LAN channel (1 to 11) that has an address. Returns 0 with *ret filled ("" where the BMC has or tells none), or the
 * negative errno of a BMC that does not answer at all. */
int ipmi_lan_ask(ipmi_send send, void *userdata, struct ipmi_lan *ret);

/* The same through the kernel's /dev/ipmi0, at most 2 s a request. -ENOENT, -ENODEV, -ENXIO: there is no BMC. */
int ipmi_lan_read(struct ipmi_lan *ret);
