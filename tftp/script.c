#include "tftp/script.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tftp/loaders.h"
#include "tftp/template.h"

/* After so many failed downloads of one file the machine asks anew what to boot: it may have been changed. */
#define DOWNLOAD_TRIES 10

/* iPXE's console is 80 wide and breaks words; a line as wide as it makes an empty one. */
#define SCREEN_WIDTH 79

/* What a line of the script is made from. */
struct script {
        const struct script_input *input;
        struct text *text;
        char base[URL_BASE_SIZE], introspect[URL_BASE_SIZE], server[IP_TEXT_SIZE], mac[MAC_TEXT_SIZE], uuid[UUID_TEXT_SIZE], node[UUID_TEXT_SIZE];
        char token[TOKEN_TEXT_SIZE];
};

char *url_base(const struct ip *address, uint16_t port, char buffer[static URL_BASE_SIZE]) {
        char text[IP_TEXT_SIZE];

        ip_format(address, text);
        snprintf(buffer, URL_BASE_SIZE, address->family == AF_INET6 ? "http://[%s]:%u" : "http://%s:%u", text, port);
        return buffer;
}

bool file_is_url(const char *file) {
        return strncmp(file, "http://", 7) == 0;
}

const char *profile_file(const struct profile *profile, unsigned index) {
        if (profile->kind == PROFILE_LOCAL || !profile->kernel)
                return NULL;
        if (index == 0)
                return profile->kernel;
        return index <= profile->n_initrds ? profile->initrds[index - 1] : NULL;
}

/* Makes text harmless in an echo line: iPXE expands "${", and takes some words for operators and '#' for a comment. */
static void defuse(char *line) {
        for (char *at = line; *at; at++) {
                bool starts_word = at == line || at[-1] == ' ';
                bool ends_soon = at[1] == ' ' || at[1] == '\0' || at[2] == ' ' || at[2] == '\0';
                if ((unsigned char) *at < 0x20 || *at == 0x7f || (*at == '$' && at[1] == '{'))
                        *at = '?';
                else if (starts_word && (*at == '#' || (ends_soon && strchr("|&;", *at))))
                        *at = '?';
        }
}

/* Lines of text for the person at the console, broken at words. */
static void add_echo(struct text *text, const char *format, ...) _printf_(2, 3);
static void add_echo(struct text *text, const char *format, ...) {
        char message[1024];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        defuse(message);

        for (const char *at = message + strspn(message, " "); *at; at += strspn(at, " ")) {
                size_t length = strnlen(at, SCREEN_WIDTH);
                if (at[length] && at[length] != ' ') {
                        const char *space = memrchr(at, ' ', length);
                        length = space ? (size_t) (space - at) : strcspn(at, " ");
                }
                text_printf(text, "echo %.*s\n", (int) length, at);
                at += length;
        }
}

void script_start(const struct ip *address, uint16_t port, struct text *text) {
        char base[URL_BASE_SIZE];

        url_base(address, port, base);
        text_add(text, "#!ipxe\n"
                       "isset ${netX/ip} || dhcp ||\n"
                       "set tries:int32 0\n"
                       "echo\n");
        add_echo(text, "pxed: this machine asks %s what to boot", base);
        text_add(text, "echo MAC ${netX/mac}, address ${netX/ip}\n"
                       ":ask\n");
        text_printf(text,
                    "chain --replace --autofree %s/boot?mac=${netX/mac}&uuid=${uuid}&platform=${platform}&arch=${buildarch}"
                    "&serial=${serial:uristring}&manufacturer=${manufacturer:uristring}&product=${product:uristring} ||\n",
                    base);
        text_printf(text,
                    "inc tries\n"
                    "echo pxed: no boot script from %s for MAC ${netX/mac} (try ${tries}). Is pxed-tftp running there?\n"
                    "prompt --key r --timeout 3000 Asks again in 3 seconds, press R to restart the machine && reboot ||\n",
                    base);
        /* The appliance may have got another address: what DHCP says now counts. */
        text_add(text, "iseq ${tries} 20 || goto ask\n"
                       "set tries:int32 0\n"
                       "dhcp && chain --replace --autofree ${filename} ||\n"
                       "goto ask\n");
}

static void script_prepare(struct script *script, const struct script_input *input, struct text *text) {
        const struct boot_request *request = input->request;
        const struct node *node = input->decision->node;
        struct token token = { .mac = request->mac,
                               .assignment = input->decision->assignment,
                               .expires = input->now + input->settings->token_lifetime };

        *script = (struct script) { .input = input, .text = text };
        url_base(&input->network->address, input->settings->http_port, script->base);
        url_base(&input->network->address, input->settings->introspect_port, script->introspect);
        ip_format(&input->network->address, script->server);
        if (request->has_mac)
                mac_format(&request->mac, script->mac);
        if (request->has_uuid)
                uuid_format(&request->uuid, script->uuid);
        if (node) {
                uuid_format(&node->id, script->node);
                token.has_node = true;
                token.node = node->id;
        }
        if (input->token)
                snprintf(script->token, sizeof(script->token), "%s", input->token);
        else
                token_make(&token, input->settings->secret, script->token);
}

/* Waits, then asks anew. Each script ends with it, so that none comes to its end by accident. */
static void add_ask_again(struct script *script) {
        text_printf(script->text,
                    ":again\n"
                    "prompt --key r --timeout 10000 Asks again in 10 seconds, press R to restart the machine && reboot ||\n"
                    ":ask\n"
                    "chain --replace --autofree %s/boot.ipxe ||\n"
                    "goto again\n",
                    script->base);
}

static void add_machine(struct script *script) {
        const struct node *node = script->input->decision->node;

        add_echo(script->text, "machine: MAC %s%s%s", script->mac[0] ? script->mac : "unknown", node ? ", node " : "",
                 node ? node->name : "");
        if (!node && script->uuid[0])
                add_echo(script->text, "UUID: %s", script->uuid);
        add_echo(script->text, "network: %s, served by %s", script->input->network->name, script->server);
}

static void add_refusal(struct script *script, const char *reason, const char *remedy) {
        text_add(script->text, "#!ipxe\necho\n");
        add_echo(script->text, "pxed: this machine is not booted.");
        add_machine(script);
        add_echo(script->text, "reason: %s", reason);
        if (remedy[0])
                add_echo(script->text, "what to do: %s", remedy);
        if (script->input->decision->ignored) {
                text_printf(script->text,
                            "prompt --key a --timeout 10000 Leaves it to the next boot device in 10 seconds, press A to ask again"
                            " && chain --replace --autofree %s/boot.ipxe ||\n"
                            "exit 1\n",
                            script->base);
                return;
        }
        add_ask_again(script);
}

void file_add_path(const char *file, struct text *text) {
        for (const unsigned char *at = (const unsigned char *) file; *at; at++)
                if ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || strchr("-._~/+", *at))
                        text_add_bytes(text, (const char *) at, 1);
                else
                        text_printf(text, "%%%02X", *at);
}

static void add_url(struct script *script, const char *file) {
        if (file_is_url(file)) {
                text_add(script->text, file);
                return;
        }
        text_printf(script->text, "%s/images/", script->base);
        file_add_path(file, script->text);
        text_printf(script->text, "?token=%s", script->token);
}

static void add_inspect_arguments(struct script *script, struct text *arguments) {
        static const char *const finish[] = { [FINISH_POWEROFF] = "poweroff", [FINISH_REBOOT] = "reboot", [FINISH_WAIT] = "wait" };
        const struct script_input *input = script->input;

        text_printf(arguments, " ipa-inspection-callback-url=%s/v1/continue?token=%s", script->introspect, script->token);
        if (input->request->has_mac) {
                const uint8_t *b = input->request->mac.bytes;
                text_printf(arguments, " BOOTIF=01-%02x-%02x-%02x-%02x-%02x-%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
        }
        text_printf(arguments, " pxed.finish=%s", finish[input->network->finish]);
}

/* The kernel's arguments, checked; NULL: cannot be used, and `reason` says why. The caller frees them. */
static char *make_arguments(struct script *script, char *reason, size_t reason_size) {
        const struct decision *decision = script->input->decision;
        const struct profile *profile = decision->profile;
        const struct parameter builtin[] = {
                { "mac", script->mac },   { "uuid", script->uuid },     { "node", script->node },
                { "name", decision->node ? decision->node->name : "" }, { "server", script->server }, { "url", script->base },
        };
        const struct parameter of_inspect[] = { { "introspect", script->introspect }, { "token", script->token } };
        const struct template_scope scopes[] = {
                { builtin, ELEMENTS(builtin) },
                { decision->assigned ? decision->node->parameters : NULL, decision->assigned ? decision->node->n_parameters : 0 },
                { profile->parameters, profile->n_parameters },
                /* the last, since a profile that is older than these may have parameters of their names */
                { of_inspect, profile->kind == PROFILE_INSPECT ? ELEMENTS(of_inspect) : 0 },
        };
        _cleanup_text_ struct text arguments = {};
        char unknown[64] = "";
        const char *fault;

        int r = template_expand(profile->arguments, scopes, ELEMENTS(scopes), &arguments, unknown, sizeof(unknown));
        if (r < 0) {
                snprintf(reason, reason_size, r == -ENOENT ? "the arguments of profile %s use ${%s}, which has no value"
                                                           : "the arguments of profile %s have a \"${\" without \"}\"%s",
                         profile->name, unknown);
                return NULL;
        }
        if (profile->kind == PROFILE_INSPECT)
                add_inspect_arguments(script, &arguments);
        if (!arguments.data)
                text_add(&arguments, "");
        fault = arguments.data ? arguments_fault(arguments.data) : "no memory";
        if (fault) {
                snprintf(reason, reason_size, "the arguments of profile %s hold %s", profile->name, fault);
                return NULL;
        }
        return text_take(&arguments);
}

/* `kernel` or `initrd` of one file, tried again until it is there. */
static void add_download(struct script *script, unsigned index, const char *file, const char *arguments) {
        struct text *text = script->text;

        text_printf(text, "set tries:int32 0\n:file%u\n", index);
        if (index == 0)
                text_add(text, "kernel --name kernel ");
        else
                text_printf(text, "initrd --name initrd%u ", index);
        add_url(script, file);
        if (index == 0) {
                text_printf(text, " %s", arguments);
                /* The EFI stub loads its ramdisks by their names in iPXE's own file system. */
                for (unsigned i = 1; script->input->request->platform == PLATFORM_EFI && profile_file(script->input->decision->profile, i); i++)
                        text_printf(text, " initrd=initrd%u", i);
        }
        text_printf(text, " && goto got%u ||\n", index);
        text_add(text, "inc tries\n");
        text_printf(text, "iseq ${tries} %u && goto ask ||\n", DOWNLOAD_TRIES);
        add_echo(text, "pxed: could not load %s from %s. Tries again in 3 seconds.", file, file_is_url(file) ? "its server" : script->base);
        text_printf(text, "sleep 3 ||\ngoto file%u\n:got%u\n", index, index);
}

static void add_heading(struct script *script) {
        const struct decision *decision = script->input->decision;

        text_add(script->text, "#!ipxe\nimgfree ||\necho\n");
        add_echo(script->text, "pxed: boots profile %s: %s", decision->profile->name, decision->reasons);
        add_machine(script);
}

static void add_kernel(struct script *script, const char *arguments) {
        const struct profile *profile = script->input->decision->profile;
        const char *file;

        add_heading(script);
        for (unsigned i = 0; (file = profile_file(profile, i)); i++)
                add_download(script, i, file, arguments);
        text_add(script->text, "boot kernel ||\n");
        add_echo(script->text, "pxed: the kernel %s could not be started. Is it a kernel for this machine (%s)?", profile->kernel,
                 script->input->request->platform == PLATFORM_EFI ? "UEFI" : "BIOS");
        add_ask_again(script);
}

/* Debian's iPXE cannot start a local disk under UEFI, and leaving it lands in firmware setup: a small loader
 * looks for the installed one. */
static void add_local(struct script *script) {
        add_heading(script);
        if (script->input->request->platform == PLATFORM_EFI) {
                text_printf(script->text, "chain --autofree %s/loaders/" LOCAL_LOADER "?token=%s ||\n", script->base, script->token);
                add_echo(script->text, "pxed: no operating system was started from a disk of this machine.");
                add_ask_again(script);
                return;
        }
        text_add(script->text, "sanboot --no-describe --drive 0x80 ||\n");
        add_echo(script->text, "pxed: the first disk of this machine could not be started.");
        text_printf(script->text,
                    "prompt --key a --timeout 10000 Leaves it to the next boot device in 10 seconds, press A to ask again"
                    " && chain --replace --autofree %s/boot.ipxe ||\n"
                    "exit 1\n",
                    script->base);
}

/* What keeps the profile from being booted, other than its arguments. */
static bool find_fault(const struct script_input *input, char *reason, size_t reason_size, char *remedy, size_t remedy_size) {
        const struct decision *decision = input->decision;
        const char *file;

        if (!decision->profile) {
                snprintf(reason, reason_size, "%s", decision->reasons);
                snprintf(remedy, remedy_size, "%s", decision->remedy);
                return true;
        }
        if (input->missing) {
                snprintf(reason, reason_size, "profile %s needs the file %s, which is not in the image folder", decision->profile->name,
                         input->missing);
                snprintf(remedy, remedy_size, "put it below %s on the appliance", input->settings->image_directory);
                return true;
        }
        if (decision->profile->kind == PROFILE_LOCAL)
                return false;
        if (!decision->profile->kernel) {
                snprintf(reason, reason_size, "profile %s names no kernel", decision->profile->name);
                return true;
        }
        for (unsigned i = 0; (file = profile_file(decision->profile, i)); i++)
                if (arguments_fault(file) || (file_is_url(file) && strchr(file, ' '))) {
                        snprintf(reason, reason_size, "profile %s names a file that cannot stand in a boot script", decision->profile->name);
                        return true;
                }
        return false;
}

bool script_machine(const struct script_input *input, struct text *text, char *reason, size_t reason_size) {
        _cleanup_free_ char *arguments = NULL;
        char remedy[512] = "";
        struct script script;

        script_prepare(&script, input, text);
        if (find_fault(input, reason, reason_size, remedy, sizeof(remedy))) {
                add_refusal(&script, reason, remedy);
                return false;
        }
        if (input->decision->profile->kind == PROFILE_LOCAL) {
                add_local(&script);
                return true;
        }
        arguments = make_arguments(&script, reason, reason_size);
        if (!arguments) {
                add_refusal(&script, reason, "correct the profile or the parameters of the assignment");
                return false;
        }
        add_kernel(&script, arguments);
        return true;
}
