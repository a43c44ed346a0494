#include "netcfg/dhcp6_options.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "lib/macro.h"
#include "lib/step_options.h"
#include "lib/text.h"

/* Each writes the value of one option and says whether there is one. */

static bool write_text(const char *from, char *text, size_t size) {
        snprintf(text, size, "%s", from);
        return from[0] != 0;
}

static bool write_number(bool has, unsigned number, char *text, size_t size) {
        snprintf(text, size, "%u", number);
        return has;
}

static bool write_bytes(const struct dhcp6_bytes *bytes, char *text, size_t size) {
        text_hex(text, size, bytes->data, bytes->size);
        return bytes->size > 0;
}

/* One more of a list, as much of it as there is room for. */
static void add_word(const char *word, char *text, size_t size) {
        size_t used = strlen(text);

        snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", word);
}

static bool add_address(const struct in6_addr *address, char *text, size_t size) {
        char word[INET6_ADDRSTRLEN];

        add_word(inet_ntop(AF_INET6, address, word, sizeof(word)), text, size);
        return true;
}

static bool write_client_id(const struct dhcp6 *m, char *text, size_t size) {
        return write_bytes(&m->client_id, text, size);
}

static bool write_server_id(const struct dhcp6 *m, char *text, size_t size) {
        return write_bytes(&m->server_id, text, size);
}

static bool write_addresses(const struct dhcp6 *m, char *text, size_t size) {
        bool any = false;

        for (unsigned i = 0; i < m->association_count; i++)
                for (unsigned a = 0; a < m->associations[i].address_count; a++)
                        any = add_address(&m->associations[i].addresses[a].address, text, size);
        return any;
}

static bool write_preference(const struct dhcp6 *m, char *text, size_t size) {
        return write_number(m->has_preference, m->preference, text, size);
}

static bool write_status(const struct dhcp6 *m, char *text, size_t size) {
        const struct dhcp6_status *status = dhcp6_refusal(m);

        if (!status)
                status = &m->status;
        snprintf(text, size, "%u %s", status->code, status->message);
        return status->is_set;
}

static bool write_rapid_commit(const struct dhcp6 *m, char *text, size_t size) {
        return write_text(m->rapid_commit ? "present" : "", text, size);
}

static bool write_user_class(const struct dhcp6 *m, char *text, size_t size) {
        for (unsigned i = 0; i < m->user_class_count; i++)
                add_word(m->user_class[i], text, size);
        return m->user_class_count > 0;
}

static bool write_vendor_class(const struct dhcp6 *m, char *text, size_t size) {
        for (unsigned i = 0; i < m->vendor_class_count; i++)
                add_word(m->vendor_class[i], text, size);
        return m->vendor_class_count > 0;
}

static bool write_vendor_options(const struct dhcp6 *m, char *text, size_t size) {
        return write_text(m->has_vendor_options ? "present" : "", text, size);
}

static bool write_dns(const struct dhcp6 *m, char *text, size_t size) {
        for (unsigned i = 0; i < m->dns_count; i++)
                add_address(&m->dns[i], text, size);
        return m->dns_count > 0;
}

static bool write_fqdn(const struct dhcp6 *m, char *text, size_t size) {
        return write_text(m->fqdn, text, size);
}

static bool write_boot_url(const struct dhcp6 *m, char *text, size_t size) {
        return write_text(m->boot_url, text, size);
}

static bool write_architecture(const struct dhcp6 *m, char *text, size_t size) {
        return write_number(m->has_architecture, m->architecture, text, size);
}

static bool write_interface(const struct dhcp6 *m, char *text, size_t size) {
        snprintf(text, size, "%u.%u.%u", m->interface[0], m->interface[1], m->interface[2]);
        return m->has_interface;
}

static const struct {
        const char *number;
        bool (*write)(const struct dhcp6 *m, char *text, size_t size);
} options[] = {
        { "1", write_client_id },
        { "2", write_server_id },
        { "5", write_addresses },
        { "7", write_preference },
        { "13", write_status },
        { "14", write_rapid_commit },
        { "15", write_user_class },
        { "16", write_vendor_class },
        { "17", write_vendor_options },
        { "23", write_dns },
        { "39", write_fqdn },
        { "59", write_boot_url },
        { "61", write_architecture },
        { "62", write_interface },
};

void dhcp6_describe_options(const struct dhcp6 *message, char *text, size_t size) {
        for (size_t i = 0; i < ELEMENTS(options); i++) {
                char value[STEP_OPTION_VALUE_SIZE] = "";
                if (options[i].write(message, value, sizeof(value)))
                        step_options_add(text, size, options[i].number, value);
        }
}
