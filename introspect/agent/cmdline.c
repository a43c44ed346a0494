#include "introspect/agent/cmdline.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/sysfs.h"

/* An access port that forwards at once sends LLDP every 30 s anyway: without a word from the operator it is
 * not worth holding up a boot for. */
#define LLDP_TIMEOUT_DEFAULT_MS 1000
#define LLDP_TIMEOUT_MAX_MS 120000

static bool is_true(const char *value) {
        return strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0
               || strcasecmp(value, "on") == 0;
}

static void set_callback(struct agent_options *options, const char *value) {
        size_t length = strlen(value);
        /* A cut URL would carry a broken token: none at all gives the clearer message. */
        if (length < sizeof options->callback_url)
                memcpy(options->callback_url, value, length + 1);
}

/* PXELINUX and iPXE write the hardware type (01 for Ethernet, RFC 1700), then the address, with dashes; some
 * hand-written lines leave the type out or use colons. */
static void set_bootif(struct agent_options *options, const char *value) {
        if (strlen(value) >= sizeof options->bootif)
                return;
        strcpy(options->bootif, value);
        options->boot_mac[0] = '\0';
        const char *mac = strlen(value) == 20 && strncmp(value, "01", 2) == 0 ? value + 3 : value;
        if (strlen(mac) != 17)
                return;
        char text[18] = "";
        for (int i = 0; i < 17; i++) {
                bool separator = i % 3 == 2;
                if (separator ? mac[i] != '-' && mac[i] != ':' : !isxdigit((unsigned char) mac[i]))
                        return;
                text[i] = separator ? ':' : (char) tolower((unsigned char) mac[i]);
        }
        memcpy(options->boot_mac, text, sizeof text);
}

static void set_collect_lldp(struct agent_options *options, const char *value) {
        options->collect_lldp = is_true(value);
}

static void set_dhcp_all(struct agent_options *options, const char *value) {
        options->dhcp_all = strcmp(value, "all") == 0 || is_true(value);
}

static void set_lldp_timeout(struct agent_options *options, const char *value) {
        char *end;
        double seconds = strtod(value, &end);
        if (end == value || *end != '\0' || !(seconds >= 0))
                return;
        options->lldp_timeout_ms = seconds * 1000 > LLDP_TIMEOUT_MAX_MS ? LLDP_TIMEOUT_MAX_MS : (unsigned) (seconds * 1000);
}

static void set_finish(struct agent_options *options, const char *value) {
        if (strcmp(value, "wait") == 0)
                options->finish = AGENT_FINISH_WAIT;
        else if (strcmp(value, "reboot") == 0)
                options->finish = AGENT_FINISH_REBOOT;
        else if (strcmp(value, "poweroff") == 0)
                options->finish = AGENT_FINISH_POWEROFF;
}

static void set_shell(struct agent_options *options, const char *value) {
        options->shell = is_true(value);
}

static const struct {
        const char *name;
        void (*set)(struct agent_options *options, const char *value);
} parameters[] = {
        { "ipa-inspection-callback-url", set_callback },
        { "BOOTIF", set_bootif },
        { "ipa-collect-lldp", set_collect_lldp },
        { "ipa-inspection-dhcp-all-interfaces", set_dhcp_all },
        { "ipa-lldp-timeout", set_lldp_timeout },
        { "pxed.lldp-timeout", set_lldp_timeout },
        { "pxed.finish", set_finish },
        { "pxed.shell", set_shell },
};

static void set_word(struct agent_options *options, char *word) {
        char *equals = strchr(word, '=');
        if (!equals)
                return;
        *equals = '\0';
        for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
                if (strcmp(word, parameters[i].name) == 0)
                        parameters[i].set(options, equals + 1);
}

/* Takes the next word out of *cursor into `word` without its quotes; what does not fit is dropped. False at the end. */
static bool next_word(const char **cursor, char *word, size_t size) {
        const char *c = *cursor;
        bool quoted = false;
        size_t length = 0;
        while (isspace((unsigned char) *c))
                c++;
        if (*c == '\0')
                return false;
        for (; *c && (quoted || !isspace((unsigned char) *c)); c++) {
                if (*c == '"')
                        quoted = !quoted;
                else if (length + 1 < size)
                        word[length++] = *c;
        }
        word[length] = '\0';
        *cursor = c;
        return true;
}

void agent_options_parse(const char *cmdline, struct agent_options *ret) {
        char word[AGENT_URL_MAX + 256];
        *ret = (struct agent_options){ .lldp_timeout_ms = LLDP_TIMEOUT_DEFAULT_MS };
        while (next_word(&cmdline, word, sizeof word))
                set_word(ret, word);
}

int agent_options_read(const char *root, struct agent_options *ret) {
        char cmdline[8192]; /* COMMAND_LINE_SIZE is 2048 on x86 and arm64, 4096 elsewhere */
        int r = sysfs_read(cmdline, sizeof cmdline, "%s/proc/cmdline", root);
        agent_options_parse(r < 0 ? "" : cmdline, ret);
        return r < 0 ? r : 0;
}
