/* A network of the desired state: whatever it says, each line of the configuration is one that pxed-dhcp meant. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_meant(const char *line) {
        static const char *const starts[] = { "#", "port=0\n", "no-hosts\n", "no-resolv\n", "keep-in-foreground\n", "pid-file=\n", "log-facility=-\n",
                                              "quiet-dhcp\n", "bind-interfaces\n", "interface=", "except-interface=lo\n", "leasefile-ro\n",
                                              "dhcp-script=/l\n", "dhcp-hostsfile=/h\n", "dhcp-range=", "dhcp-lease-max=", "dhcp-authoritative\n",
                                              "dhcp-ignore-clid\n", "no-ping\n", "dhcp-host=id:the-gateway,", "dhcp-option=", "dhcp-userclass=",
                                              "dhcp-match=", "dhcp-boot=", "dhcp-option-force=", "dhcp-no-override\n", "pxe-service=" };
        for (size_t i = 0; i < ELEMENTS(starts); i++)
                if (strncmp(line, starts[i], strlen(starts[i])) == 0)
                        return true;
        return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_json_ json_t *json = json_parse((const char *) data, size, JSON_DEPTH_MAX, NULL);
        struct network network;
        char reason[256];

        if (!json || network_parse(json, &network, reason, sizeof reason) < 0 || network.mode == DHCP_OFF)
                return 0;
        const struct config_inputs inputs = { .network = &network, .http_port = 8080, .hosts_file = "/h", .helper = "/l" };
        _cleanup_free_ char *text = config_text(&inputs);
        for (const char *line = text; line && *line; line = strchr(line, '\n') + 1)
                if (!is_meant(line))
                        abort();
        return 0;
}
