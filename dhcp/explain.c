#include "dhcp/explain.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "lib/boot_rules.h"

enum message { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACKNOWLEDGE = 5 };

/* A program of the machine that asks. */
struct stage {
        const char *name;
        struct client client;
        const uint8_t *wanted; /* option 55 (RFC 2132 9.8); ends with 0 */
        bool is_pxe;           /* says the class PXEClient */
};

struct explanation {
        const struct explain_inputs *in;
        const struct network *network;
        const struct explain_question *question;
        struct choice choice;
        json_t *answers;
};

static const uint8_t wanted_by_bios[] = { 1, 2, 3, 5, 6, 11, 12, 13, 15, 16, 17, 18, 43, 54, 60, 66, 67, 128, 0 };
static const uint8_t wanted_by_uefi[] = { 1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 0 };
static const uint8_t wanted_by_ipxe[] = { 1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 175, 203, 0 };
static const uint8_t wanted_by_systems[] = { 1, 3, 6, 12, 15, 26, 28, 42, 0 };

static bool is_wanted(const struct stage *stage, uint8_t option) {
        return strchr((const char *) stage->wanted, option);
}

/* ---- fields ---- */

static void put_address(json_t *answer, int code, const char *name, uint32_t address) {
        char text[IP_TEXT_SIZE];
        uint32_t bytes = htonl(address);

        explain_field(answer, code, name, &bytes, sizeof bytes, "%s", network_address_text(address, text));
}

static void put_addresses(json_t *answer, int code, const char *name, const uint32_t *addresses, size_t n) {
        char list[NETWORK_SERVERS_MAX * (IP_TEXT_SIZE + 2)] = "", text[IP_TEXT_SIZE];
        uint32_t bytes[NETWORK_SERVERS_MAX];

        for (size_t i = 0; i < n; i++) {
                bytes[i] = htonl(addresses[i]);
                snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", network_address_text(addresses[i], text));
        }
        if (n > 0)
                explain_field(answer, code, name, bytes, n * sizeof *bytes, "%s", list);
}

static void put_seconds(json_t *answer, int code, const char *name, uint32_t seconds) {
        uint32_t bytes = htonl(seconds);

        explain_field(answer, code, name, &bytes, sizeof bytes, "%u s", seconds);
}

static void put_text(json_t *answer, int code, const char *name, const char *text) {
        explain_field(answer, code, name, text, strlen(text), "%s", text);
}

static void put_header(json_t *answer, uint32_t yiaddr, uint32_t siaddr, const char *sname, const char *file) {
        put_address(answer, EXPLAIN_HEADER, "yiaddr", yiaddr);
        put_address(answer, EXPLAIN_HEADER, "siaddr", siaddr);
        if (sname)
                put_text(answer, EXPLAIN_HEADER, "sname", sname);
        put_text(answer, EXPLAIN_HEADER, "file", file);
}

static void put_message_type(json_t *answer, enum message type) {
        explain_field(answer, 53, "dhcp-message-type", &(uint8_t) { type }, 1, "%s", type == OFFER ? "offer" : "acknowledge");
}

/* All of server mode, in dnsmasq's order. */
static void put_options(const struct explanation *e, json_t *answer, const struct stage *stage, enum message type) {
        const struct network *n = e->network;
        uint32_t mask = ~(uint32_t) 0 << (32 - n->length);

        put_message_type(answer, type);
        put_address(answer, 54, "server-identifier", n->address);
        put_seconds(answer, 51, "ip-address-lease-time", n->lease_time);
        put_seconds(answer, 58, "renewal-time-value", n->lease_time / 2);
        put_seconds(answer, 59, "rebinding-time-value", (uint32_t) ((uint64_t) n->lease_time * 7 / 8));
        put_address(answer, 1, "subnet-mask", mask);
        put_address(answer, 28, "broadcast-address", n->address | ~mask);
        if (tags_fit(http_class_tags, &stage->client))
                put_text(answer, 60, "vendor-class-identifier", HTTP_CLASS);
        if (n->domain[0] && is_wanted(stage, 15))
                put_text(answer, 15, "domain-name", n->domain);
        if (is_wanted(stage, 42))
                put_addresses(answer, 42, "network-time-protocol-servers", n->ntp, n->ntp_size);
        if (is_wanted(stage, 6))
                put_addresses(answer, 6, "domain-name-server", n->dns, n->dns_size);
        if (is_wanted(stage, 3))
                put_addresses(answer, 3, "router", &n->gateway, n->gateway ? 1 : 0);
        for (tags *line = ipxe_no_proxy_tags; (*line)[0]; line++)
                if (tags_fit(*line, &stage->client) && is_wanted(stage, 175))
                        explain_field(answer, 175, "ipxe-encapsulated-options", (uint8_t[]) { IPXE_NO_PROXY, 1, IPXE_NO_PROXY_VALUE, 0xff }, 4,
                                      "no-pxedhcp (176) = 1: iPXE waits for no proxyDHCP server");
}

/* The identity that PXE sends and gets back: 0, and the UUID as SMBIOS has it. */
static void put_machine_id(const struct explanation *e, json_t *answer) {
        uint8_t bytes[17] = { 0 };
        struct uuid uuid = e->question->uuid;
        char text[UUID_TEXT_SIZE];

        if (!e->question->has_uuid) {
                explain_field(answer, 97, "client-machine-identifier", NULL, 0, "(as the machine sends it)");
                return;
        }
        uuid_format(&uuid, text);
        uuid_swap(&uuid);
        memcpy(bytes + 1, uuid.bytes, sizeof uuid.bytes);
        explain_field(answer, 97, "client-machine-identifier", bytes, sizeof bytes, "%s", text);
}

static void put_proxy_options(const struct explanation *e, json_t *answer, enum message type, bool with_control) {
        /* PXE 2.1, sub-options 6 (discovery control: boot the file at once) and 10 (prompt: after 0 s, "PXE") */
        static const uint8_t control[] = { 6, 1, 8, 10, 4, 0, 'P', 'X', 'E', 0xff };

        put_message_type(answer, type);
        put_address(answer, 54, "server-identifier", e->network->address);
        put_text(answer, 60, "vendor-class-identifier", "PXEClient");
        put_machine_id(e, answer);
        if (with_control)
                explain_field(answer, 43, "vendor-specific-information", control, sizeof control, "boot the file at once");
}

/* ---- rules ---- */

static void tell_host(const struct explanation *e, json_t *answer) {
        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];

        mac_format(&e->question->mac, mac);
        if (e->choice.by == CHOICE_DENIED)
                explain_rule(answer, "host %s: denied by a [host] section: gets no answer", mac);
        else if (e->choice.reserved)
                explain_rule(answer, "host %s: %s is reserved for it", mac, network_address_text(e->choice.reserved, address));
        else
                explain_rule(answer, "host %s: neither denied nor with a reservation", mac);
}

static void tell_pool(const struct explanation *e, json_t *answer, const char *address) {
        char start[IP_TEXT_SIZE], end[IP_TEXT_SIZE];

        network_address_text(e->network->pool_start, start);
        network_address_text(e->network->pool_end, end);
        if (e->choice.by == CHOICE_NONE)
                explain_rule(answer, "pool %s-%s: no address is free: gets no answer; make the pool larger, or the lease time shorter", start, end);
        else
                explain_rule(answer, "pool %s-%s: one of its %llu free addresses, %s, which dnsmasq finds by the MAC (another one once a machine has declined one)",
                             start, end, (unsigned long long) e->choice.free, address);
}

static void tell_address(const struct explanation *e, json_t *answer) {
        char address[IP_TEXT_SIZE], reserved[IP_TEXT_SIZE];

        network_address_text(e->choice.address, address);
        if (e->choice.in_place)
                explain_rule(answer, "reservation %s: not now, it is leased to %s", network_address_text(e->choice.reserved, reserved),
                             e->choice.in_place->mac);
        if (e->choice.by == CHOICE_RESERVED)
                explain_rule(answer, "address: %s, its reservation", address);
        else if (e->choice.by == CHOICE_LEASE)
                explain_rule(answer, "address: %s, of which it has a lease", address);
        else if (e->choice.by != CHOICE_DENIED)
                tell_pool(e, answer, address);
}

static void tell_matches(json_t *answer, const struct client *client) {
        bool some = false;

        for (const struct match *match = matches; match->tag; match++) {
                if (!match_fits(match, client))
                        continue;
                some = true;
                if (match->by == MATCH_ARCHITECTURE)
                        explain_rule(answer, "option 93 = %d: tag %s", match->architecture, match->tag);
                else if (match->by == MATCH_USER_CLASS)
                        explain_rule(answer, "option 77 = %s: tag %s", client->user_class, match->tag);
                else
                        explain_rule(answer, "option 175: is there: tag %s", match->tag);
        }
        if (!some && client->architecture >= 0)
                explain_rule(answer, "option 93 = %d: no tag", client->architecture);
        else if (!some)
                explain_rule(answer, "options 77, 93, 175: not there: no tag");
}

static void tell_boot_file(json_t *answer, const struct client *client, const struct boot_file *boot, const char *file) {
        if (boot)
                explain_rule(answer, "boot file of %s%s%s: %s", boot->tags[0], boot->tags[1] ? ", " : "", boot->tags[1] ? boot->tags[1] : "", file);
        else if (client->architecture >= 0)
                explain_rule(answer, "boot file: there is none for architecture %d: the firmware goes on to its next boot device", client->architecture);
        else
                explain_rule(answer, "boot file: none is needed");
}

/* ---- requests ---- */

/* Whether the network's dnsmasq answers at all. */
static bool tell_network(const struct explanation *e, json_t *answer) {
        static const char *const modes[] = { [DHCP_OFF] = "off", [DHCP_SERVER] = "server", [DHCP_PROXY] = "proxy" };

        if (e->in->problem) {
                explain_rule(answer, "dnsmasq of network %s: does not answer: %s", e->network->name, e->in->problem);
                return false;
        }
        explain_rule(answer, "network %s: dhcp = %s%s", e->network->name, modes[e->network->mode],
                     e->network->mode == DHCP_OFF ? ": another server has to answer" : "");
        return e->network->mode != DHCP_OFF;
}

/* A DISCOVER or REQUEST in server mode. Whether it goes on from there. */
static bool explain_exchange(const struct explanation *e, const struct stage *stage, enum message asked) {
        json_t *answer = explain_answer(e->answers, "dhcp4", "DHCP %s of %s", asked == DISCOVER ? "discover" : "request", stage->name);
        const struct boot_file *boot = boot_file_of(&stage->client);
        char file[BOOT_FILE_SIZE] = "", server[IP_TEXT_SIZE];

        if (!tell_network(e, answer))
                return false;
        tell_host(e, answer);
        tell_address(e, answer);
        if (e->choice.by == CHOICE_DENIED || e->choice.by == CHOICE_NONE)
                return false;
        if (boot)
                boot_file_text(boot, network_address_text(e->network->address, server), e->in->http_port, file);
        tell_matches(answer, &stage->client);
        tell_boot_file(answer, &stage->client, boot, file);
        put_header(answer, e->choice.address, e->network->address, NULL, file);
        put_options(e, answer, stage, asked == DISCOVER ? OFFER : ACKNOWLEDGE);
        explain_answered(answer);
        return true;
}

/* UEFI is told the server, and asks that at port 4011; all others are told the file at once. */
static bool is_redirected(const struct stage *stage) {
        return stage->client.architecture >= 6;
}

static const struct boot_service *service_of(const struct client *client) {
        for (const struct boot_service *service = boot_services; service->client; service++)
                if (service->architecture == client->architecture && tags_fit(service->tags, client))
                        return service;
        return NULL;
}

/* What all of proxy mode begin with: the answer, NULL when there is none. */
static json_t *begin_proxy(const struct explanation *e, const struct stage *stage, const char *request) {
        json_t *answer = explain_answer(e->answers, "dhcp4", "%s of %s", request, stage->name);

        if (!tell_network(e, answer))
                return NULL;
        if (!stage->is_pxe) {
                explain_rule(answer, "option 60: is not PXEClient: gets no answer of proxy mode, the network's DHCP server alone answers it");
                return NULL;
        }
        tell_host(e, answer);
        if (e->choice.by == CHOICE_DENIED)
                return NULL;
        tell_matches(answer, &stage->client);
        explain_answered(answer);
        return answer;
}

static bool explain_proxy_offer(const struct explanation *e, const struct stage *stage) {
        json_t *answer = begin_proxy(e, stage, "DHCP discover");
        const struct boot_service *service = service_of(&stage->client);
        const struct boot_file *boot = boot_file_of(&stage->client);
        char file[BOOT_FILE_SIZE] = "", server[IP_TEXT_SIZE];

        if (!answer)
                return false;
        if (service) {
                explain_rule(answer, "boot service for architecture %d: the file is told to who asks at port 4011", service->architecture);
                boot = NULL;
        } else {
                if (boot)
                        boot_file_text(boot, network_address_text(e->network->address, server), e->in->http_port, file);
                tell_boot_file(answer, &stage->client, boot, file);
        }
        put_header(answer, 0, boot || is_redirected(stage) ? e->network->address : 0, NULL, file);
        put_proxy_options(e, answer, OFFER, !is_redirected(stage));
        return true;
}

static bool explain_proxy_request(const struct explanation *e, const struct stage *stage) {
        json_t *answer = begin_proxy(e, stage, "DHCP request to port 4011");
        const struct boot_service *service = service_of(&stage->client);
        char server[IP_TEXT_SIZE];

        if (!answer)
                return false;
        network_address_text(e->network->address, server);
        if (service)
                explain_rule(answer, "boot service for architecture %d: %s", service->architecture, service->file);
        else
                tell_boot_file(answer, &stage->client, NULL, NULL);
        put_header(answer, 0, e->network->address, service ? server : NULL, service ? service->file : "");
        put_proxy_options(e, answer, ACKNOWLEDGE, !service);
        return true;
}

/* Whether the stage has a file to go on with. */
static bool explain_stage(const struct explanation *e, const struct stage *stage) {
        const struct boot_file *boot = boot_file_of(&stage->client);

        if (e->network->mode != DHCP_PROXY)
                return explain_exchange(e, stage, DISCOVER) && explain_exchange(e, stage, REQUEST) && boot;
        if (!explain_proxy_offer(e, stage))
                return false;
        /* Whoever has a file already does not ask for another. */
        if (is_redirected(stage) && !(boot && !service_of(&stage->client)))
                return explain_proxy_request(e, stage) && service_of(&stage->client);
        return boot;
}

json_t *explain_dhcp(const struct explain_inputs *inputs, const struct explain_question *question) {
        unsigned architecture = question->architecture;
        const struct stage firmware = { "the firmware", client_firmware(architecture), architecture < 6 ? wanted_by_bios : wanted_by_uefi,
                                        !architecture_is_http(architecture) };
        const struct stage ipxe = { "iPXE", client_ipxe(architecture), wanted_by_ipxe, true };
        const struct stage system = { "the system that was booted", { .architecture = -1 }, wanted_by_systems, false };
        _cleanup_json_ json_t *answers = json_array();
        struct explanation e = { inputs, inputs->choice.network, question, { 0 }, answers };

        if (!answers || choose_address(&inputs->choice, &question->mac, &e.choice) < 0)
                return NULL;
        if (explain_stage(&e, &firmware) && explain_stage(&e, &ipxe))
                explain_stage(&e, &system);
        return json_incref(answers);
}
