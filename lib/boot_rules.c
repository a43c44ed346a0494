#include "lib/boot_rules.h"

#include <stdio.h>
#include <string.h>

/*
 * Who asks. iPXE is known by its user class: a vendor's ROM that sends iPXE's option 175 without it is not trusted to run the script
 * and gets the loader as other firmware does, which then is an iPXE that is known.
 * Architectures: RFC 4578 2.1 and IANA's list; UEFI x64 is 7, and 9 by an early error.
 */
const struct match matches[] = {
        { "ipxe", MATCH_USER_CLASS, 0 },       { "ipxe-option", MATCH_IPXE_OPTION, 0 },     { "bios", MATCH_ARCHITECTURE, 0 },
        { "efi64", MATCH_ARCHITECTURE, 7 },    { "efi64", MATCH_ARCHITECTURE, 9 },          { "efi64-http", MATCH_ARCHITECTURE, 16 },
        {},
};

/* Of several that fit the last would win: the tags of one exclude those of all others. */
const struct boot_file boot_files[] = {
        { { "ipxe" }, true, "/boot.ipxe" },
        { { "!ipxe", "bios" }, false, "undionly.kpxe" },
        { { "!ipxe", "efi64" }, false, "snponly.efi" },
        { { "!ipxe", "efi64-http" }, true, "/loaders/snponly.efi" },
        {},
};

tags http_class_tags = { "!ipxe", "efi64-http" };

tags ipxe_no_proxy_tags[] = { { "ipxe-option" }, { "ipxe", "!ipxe-option" }, {} };

/* BC_EFI is 7, X86-64_EFI is 9. */
const struct boot_service boot_services[] = {
        { { "!ipxe" }, "BC_EFI", 7, "snponly.efi" },
        { { "!ipxe" }, "X86-64_EFI", 9, "snponly.efi" },
        {},
};

bool match_fits(const struct match *match, const struct client *client) {
        switch (match->by) {
        case MATCH_USER_CLASS:
                return client->user_class && strcmp(client->user_class, "iPXE") == 0;
        case MATCH_IPXE_OPTION:
                return client->has_ipxe_option;
        case MATCH_ARCHITECTURE:
                return client->architecture == match->architecture;
        }
        return false;
}

static bool has_tag(const struct client *client, const char *tag) {
        for (const struct match *match = matches; match->tag; match++)
                if (strcmp(match->tag, tag) == 0 && match_fits(match, client))
                        return true;
        return false;
}

bool tags_fit(tags wanted, const struct client *client) {
        for (size_t i = 0; wanted[i]; i++) {
                bool without = wanted[i][0] == '!';
                if (has_tag(client, wanted[i] + without) == without)
                        return false;
        }
        return true;
}

const struct boot_file *boot_file_of(const struct client *client) {
        for (const struct boot_file *boot = boot_files; boot->file; boot++)
                if (tags_fit(boot->tags, client))
                        return boot;
        return NULL;
}

char *boot_file_text(const struct boot_file *boot, const char *server, unsigned http_port, char buffer[static BOOT_FILE_SIZE]) {
        if (boot->by_http)
                snprintf(buffer, BOOT_FILE_SIZE, "http://%s:%u%s", server, http_port, boot->file);
        else
                snprintf(buffer, BOOT_FILE_SIZE, "%s", boot->file);
        return buffer;
}

bool architecture_is_http(unsigned architecture) {
        static const unsigned char http[] = { 15, 16, 17, 18, 19, 20, 23, 24, 26, 28, 30, 38, 40 };

        return architecture <= UINT8_MAX && memchr(http, (int) architecture, sizeof(http));
}

struct client client_firmware(unsigned architecture) {
        return (struct client) { .architecture = (int) architecture };
}

/* It says for which firmware it was built, however that has loaded it. */
struct client client_ipxe(unsigned architecture) {
        return (struct client) { .user_class = "iPXE", .has_ipxe_option = true, .architecture = architecture == 16 ? 7 : (int) architecture };
}
