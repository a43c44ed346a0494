/*
 * By what a machine is told apart, and what it is given to boot then. dnsmasq's configuration is written from these tables, what is
 * explained is read from them, and pxed-tftp knows by them which loader is asked for: none can say other than the others. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request says of the program that sends it. */
struct client {
        const char *user_class; /* option 77; NULL: none */
        bool has_ipxe_option;   /* option 175 */
        int architecture;       /* option 93; -1: none */
};

/* A tag that a request gets by one of its options. */
struct match {
        const char *tag; /* NULL ends the table */
        enum { MATCH_USER_CLASS, MATCH_IPXE_OPTION, MATCH_ARCHITECTURE } by;
        int architecture;
};
extern const struct match matches[];

/* Those that firmware and iPXE send. */
struct client client_firmware(unsigned architecture);
/* The iPXE that such firmware has loaded. */
struct client client_ipxe(unsigned architecture);
/* UEFI's HTTP boot, which says the class HTTPClient where PXE says PXEClient (IANA, Processor Architecture Types). */
bool architecture_is_http(unsigned architecture);

bool match_fits(const struct match *match, const struct client *client);

/* Tags that a request must have, or with "!" must not have; ends with NULL. */
typedef const char *const tags[3];

bool tags_fit(tags wanted, const struct client *client);

/* What is loaded: of all that fit there is only one. */
struct boot_file {
        tags tags;
        bool by_http;     /* `file` is a path of our HTTP server, else a file of our TFTP server */
        const char *file; /* NULL ends the table */
};
extern const struct boot_file boot_files[];

#define BOOT_FILE_SIZE 128 /* of the header's field, RFC 2131 2 */

/* What the client is given; NULL: nothing. */
const struct boot_file *boot_file_of(const struct client *client);
/* As it stands in the reply; server: our address as text. Returns `buffer`. */
char *boot_file_text(const struct boot_file *boot, const char *server, unsigned http_port, char buffer[static BOOT_FILE_SIZE]);

/* UEFI takes a URL only from a server that says this class too: sent whether or not it was asked for. */
#define HTTP_CLASS "HTTPClient"
extern tags http_class_tags;

/* iPXE need not wait for a proxyDHCP server: option 175 holds this option with this value. */
#define IPXE_NO_PROXY 176
#define IPXE_NO_PROXY_VALUE 1
extern tags ipxe_no_proxy_tags[]; /* of each line; ends with one that is empty */

/* What is offered at port 4011 in proxy mode, where UEFI asks for the file. BIOS is told the file at once: a service would be a menu to
 * it. */
struct boot_service {
        tags tags;
        const char *client; /* dnsmasq's name of the architecture; NULL ends the table */
        int architecture;
        const char *file;
};
extern const struct boot_service boot_services[];
