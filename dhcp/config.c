#include "dhcp/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/*
 * Who asks. iPXE is known by its user class: a vendor's ROM that sends iPXE's option 175 without it is not trusted to run the script
 * and gets the loader as other firmware does, which then is an iPXE that is known.
 * Architectures: RFC 4578 2.1 and IANA's list; UEFI x64 is 7, and 9 by an early error.
 */
static void put_matches(FILE *f) {
        fputs("dhcp-userclass=set:ipxe,iPXE\n"
              "dhcp-match=set:ipxe-option,175\n"
              "dhcp-match=set:bios,option:client-arch,0\n"
              "dhcp-match=set:efi64,option:client-arch,7\n"
              "dhcp-match=set:efi64,option:client-arch,9\n"
              "dhcp-match=set:efi64-http,option:client-arch,16\n",
              f);
}

/* Of several dhcp-boot that match the last would win: the tags of one exclude those of all others. */
static void put_boot(FILE *f, const struct config_inputs *in) {
        char server[IP_TEXT_SIZE];
        network_address_text(in->network->address, server);

        fprintf(f, "dhcp-boot=tag:ipxe,http://%s:%u/boot.ipxe,,%s\n", server, in->http_port, server);
        fprintf(f, "dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe,,%s\n", server);
        fprintf(f, "dhcp-boot=tag:!ipxe,tag:efi64,snponly.efi,,%s\n", server);
        fprintf(f, "dhcp-boot=tag:!ipxe,tag:efi64-http,http://%s:%u/loaders/snponly.efi,,%s\n", server, in->http_port, server);
        /* UEFI takes the URL only from a server that says this class too. */
        fputs("dhcp-option-force=tag:!ipxe,tag:efi64-http,60,HTTPClient\n"
              /* The file's name goes into the header, where all that boots looks, also what does not read option 67. */
              "dhcp-no-override\n"
              /* iPXE need not wait for a proxyDHCP server. */
              "dhcp-option=tag:ipxe-option,encap:175,176,1b\n"
              "dhcp-option=tag:ipxe,tag:!ipxe-option,encap:175,176,1b\n",
              f);
}

/* What makes dnsmasq listen on port 4011, where UEFI asks a proxyDHCP server for the file; BC_EFI is 7, X86-64_EFI is 9. BIOS is told
 * the file by dhcp-boot at once: a service would be a menu to it. */
static void put_proxy_services(FILE *f, const struct config_inputs *in) {
        char server[IP_TEXT_SIZE];
        network_address_text(in->network->address, server);
        fprintf(f, "pxe-service=tag:!ipxe,BC_EFI,pxed,snponly.efi,%s\n", server);
        fprintf(f, "pxe-service=tag:!ipxe,X86-64_EFI,pxed,snponly.efi,%s\n", server);
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
                        if (h->network[0] && strcmp(h->network, network->name) != 0)
                                continue;
                        if (h->denied)
                                fprintf(f, "%s,ignore\n", mac_format(&h->mac, mac));
                        else if (network->mode == DHCP_SERVER && network_can_give(network, h->address))
                                fprintf(f, "%s,%s\n", mac_format(&h->mac, mac), network_address_text(h->address, address));
                }
        }
        return text;
}
