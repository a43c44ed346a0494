#include "dhcp/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/boot_rules.h"

/* Text that grows; fclose at the end of scope. */
static void fclosep(FILE **file) {
        if (*file)
                fclose(*file);
}

static void put_process(FILE *f, const struct config_inputs *in) {
        fprintf(f,
                "# Written by pxed-dhcp for network %s; changes are lost.\n"
                "port=0\n"
                "no-hosts\n"
                "no-resolv\n"
                "keep-in-foreground\n"
                "pid-file=\n"
                "log-facility=-\n"
                "quiet-dhcp\n",
                in->network->name);
        if (in->user)
                fprintf(f, "user=%s\n", in->user);
        if (in->group)
                fprintf(f, "group=%s\n", in->group);
        /* With one interface by name, the socket is bound to that device: networks do not take each other's packets or port. */
        fprintf(f, "bind-interfaces\ninterface=%s\nexcept-interface=lo\n", in->network->interface);
}

static void put_leases(FILE *f, const struct config_inputs *in) {
        const struct network *n = in->network;
        char address[IP_TEXT_SIZE], end[IP_TEXT_SIZE], mask[IP_TEXT_SIZE];

        fprintf(f, "leasefile-ro\ndhcp-script=%s\ndhcp-hostsfile=%s\n", in->helper, in->hosts_file);
        network_address_text(~(uint32_t) 0 << (32 - n->length), mask);
        if (n->mode == DHCP_PROXY) {
                fprintf(f, "dhcp-range=%s,proxy,%s\n", network_address_text(n->address, address), mask);
                return;
        }

        /* Addresses are chosen by a hash of the MAC, so that a machine gets the same one even when its lease is long gone. The other
         * way, dhcp-sequential-ip, offers the next free address to all that ask before the first of them has taken it. */
        fprintf(f, "dhcp-range=%s,%s,%s,%u\n", network_address_text(n->pool_start, address), network_address_text(n->pool_end, end), mask,
                n->lease_time);
        fprintf(f, "dhcp-lease-max=%llu\n", (unsigned long long) network_addresses(n));
        fputs("dhcp-authoritative\n"
              /* Firmware, iPXE and systems send different client ids for the same machine. */
              "dhcp-ignore-clid\n"
              "no-ping\n",
              f);
        /* Kept for a client id that nobody can have: a pool that contains the gateway must not give its address to a machine. */
        if (n->gateway >= n->pool_start && n->gateway <= n->pool_end)
                fprintf(f, "dhcp-host=id:the-gateway,%s\n", network_address_text(n->gateway, address));
}

static void put_servers(FILE *f, const char *option, const uint32_t *servers, size_t n) {
        char text[IP_TEXT_SIZE];
        fprintf(f, "dhcp-option=option:%s", option);
        for (size_t i = 0; i < n; i++)
                fprintf(f, ",%s", network_address_text(servers[i], text));
        fputc('\n', f);
}

/* Router and DNS server without a value: dnsmasq would otherwise name itself. */
static void put_options(FILE *f, const struct network *n) {
        put_servers(f, "router", &n->gateway, n->gateway ? 1 : 0);
        put_servers(f, "dns-server", n->dns, n->dns_size);
        if (n->ntp_size)
                put_servers(f, "ntp-server", n->ntp, n->ntp_size);
        if (n->domain[0])
                fprintf(f, "dhcp-option=option:domain-name,%s\n", n->domain);
}

/* "tag:ipxe,tag:!bios," */
static void put_tags(FILE *f, tags wanted) {
        for (size_t i = 0; wanted[i]; i++)
                fprintf(f, "tag:%s,", wanted[i]);
}

static void put_matches(FILE *f) {
        for (const struct match *match = matches; match->tag; match++)
                switch (match->by) {
                case MATCH_USER_CLASS:
                        fprintf(f, "dhcp-userclass=set:%s,iPXE\n", match->tag);
                        break;
                case MATCH_IPXE_OPTION:
                        fprintf(f, "dhcp-match=set:%s,175\n", match->tag);
                        break;
                case MATCH_ARCHITECTURE:
                        fprintf(f, "dhcp-match=set:%s,option:client-arch,%d\n", match->tag, match->architecture);
                        break;
                }
}

static void put_boot(FILE *f, const struct config_inputs *in) {
        char server[IP_TEXT_SIZE], file[BOOT_FILE_SIZE];
        network_address_text(in->network->address, server);

        for (const struct boot_file *boot = boot_files; boot->file; boot++) {
                fputs("dhcp-boot=", f);
                put_tags(f, boot->tags);
                fprintf(f, "%s,,%s\n", boot_file_text(boot, server, in->http_port, file), server);
        }
        fputs("dhcp-option-force=", f);
        put_tags(f, http_class_tags);
        fputs("60," HTTP_CLASS "\n"
              /* The file's name goes into the header, where all that boots looks, also what does not read option 67. */
              "dhcp-no-override\n",
              f);
        for (tags *line = ipxe_no_proxy_tags; (*line)[0]; line++) {
                fputs("dhcp-option=", f);
                put_tags(f, *line);
                fprintf(f, "encap:175,%d,%xb\n", IPXE_NO_PROXY, IPXE_NO_PROXY_VALUE);
        }
}

/* What makes dnsmasq listen on port 4011. */
static void put_proxy_services(FILE *f, const struct config_inputs *in) {
        char server[IP_TEXT_SIZE];
        network_address_text(in->network->address, server);
        for (const struct boot_service *service = boot_services; service->client; service++) {
                fputs("pxe-service=", f);
                put_tags(f, service->tags);
                fprintf(f, "%s,pxed,%s,%s\n", service->client, service->file, server);
        }
}

char *config_text(const struct config_inputs *inputs) {
        char *text = NULL;
        size_t size;
        {
                _cleanup_(fclosep) FILE *f = open_memstream(&text, &size);
                if (!f)
                        return NULL;
                put_process(f, inputs);
                put_leases(f, inputs);
                if (inputs->network->mode == DHCP_SERVER)
                        put_options(f, inputs->network);
                put_matches(f);
                put_boot(f, inputs);
                if (inputs->network->mode == DHCP_PROXY)
                        put_proxy_services(f, inputs);
        }
        return text;
}

int host_parse(const json_t *json, struct host *ret) {
        const char *mac = json_get_string(json, "mac"), *network = json_get_string(json, "network"), *address = json_get_string(json, "address");
        struct host host = { .denied = json_get_bool(json, "denied", false) };
        struct ip ip;

        if (!mac || mac_parse(mac, &host.mac) < 0 || (network && strlen(network) > NETWORK_NAME_MAX))
                return -EINVAL;
        if (network)
                strcpy(host.network, network);
        if (address) {
                if (ip_parse(address, &ip) < 0 || ip.family != AF_INET)
                        return -EINVAL;
                host.address = ntohl(ip.v4.s_addr);
        }
        *ret = host;
        return 0;
}

bool host_is_of(const struct host *host, const struct network *network) {
        return !host->network[0] || strcmp(host->network, network->name) == 0;
}

char *hosts_text(const struct network *network, const struct host *hosts, size_t n) {
        char *text = NULL;
        size_t size;
        {
                _cleanup_(fclosep) FILE *f = open_memstream(&text, &size);
                if (!f)
                        return NULL;
                for (size_t i = 0; i < n; i++) {
                        const struct host *h = &hosts[i];
                        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
                        if (!host_is_of(h, network))
                                continue;
                        if (h->denied)
                                fprintf(f, "%s,ignore\n", mac_format(&h->mac, mac));
                        else if (network->mode == DHCP_SERVER && network_can_give(network, h->address))
                                fprintf(f, "%s,%s\n", mac_format(&h->mac, mac), network_address_text(h->address, address));
                }
        }
        return text;
}
