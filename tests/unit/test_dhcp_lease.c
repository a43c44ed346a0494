/* Leases: their lines, the table, the journal on disk, the message of pxed-dhcp-lease; and router advertisements. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "dhcp/lease_journal.h"
#include "dhcp/lease_message.h"
#include "dhcp/router.h"
#include "lib/file.h"

#define MAC "52:54:00:00:00:01"

/* ---- lines ---- */

static void test_lines_that_are_kept(void **state) {
        static const char *const lines[] = {
                "1795226377 " MAC " 192.0.2.135 * *\n",
                "0 " MAC " 255.255.255.254 host-1.lab.example 01:52:54:00:00:00:01\n",
                /* InfiniBand */
                "1 20-80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0c:8f:31 10.0.0.1 a *\n",
        };
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
                char text[LEASE_LINE_MAX], again[LEASE_LINE_MAX];
                struct lease lease;
                strcpy(text, lines[i]);
                text[strlen(text) - 1] = '\0';
                assert_int_equal(lease_parse(text, &lease), 0);
                assert_int_equal(lease_format(&lease, again), strlen(lines[i]));
                assert_string_equal(again, lines[i]);
        }
}

static void test_lines_that_are_refused(void **state) {
        static const char *const lines[] = {
                "", " ", "1", "1 " MAC, "1 " MAC " 192.0.2.1", "1 " MAC " 192.0.2.1 *", "1 " MAC " 192.0.2.1 * * *",
                "-1 " MAC " 192.0.2.1 * *", "x " MAC " 192.0.2.1 * *", "9999999999999999999 " MAC " 192.0.2.1 * *", "1  192.0.2.1 * *",
                "1 " MAC " 192.0.2.256 * *", "1 " MAC " 0.0.0.0 * *", "1 " MAC " fe80::1 * *", "1 zz 192.0.2.1 * *", "1 * 192.0.2.1 * *",
                "1 " MAC " 192.0.2.1 a/b *", "1 " MAC " 192.0.2.1 * host", "1 " MAC " 192.0.2.1 a\tb *",
        };
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
                char text[LEASE_LINE_MAX];
                struct lease lease;
                strcpy(text, lines[i]);
                if (lease_parse(text, &lease) != -EBADMSG)
                        fail_msg("accepted: %s", lines[i]);
        }
}

static void test_longest_line_fits(void **state) {
        char mac[LEASE_MAC_MAX + 1] = "", host[LEASE_HOSTNAME_MAX + 1] = "", client[LEASE_CLIENT_MAX + 1] = "", line[LEASE_LINE_MAX];
        memset(mac, 'a', LEASE_MAC_MAX);
        memset(host, 'h', LEASE_HOSTNAME_MAX);
        memset(client, 'c', LEASE_CLIENT_MAX);
        struct lease lease = { 999999999999999999, 0xffffffff, mac, host, client }, again;
        enum lease_event event;

        size_t size = lease_event_format(LEASE_HELD, &lease, line);
        assert_true(size < sizeof line && line[size - 1] == '\n');
        line[size - 1] = '\0';
        assert_int_equal(lease_event_parse(line, &event, &again), 0);
        assert_string_equal(again.client, client);
}

/* ---- the table ---- */

static struct lease_table *replayed(const char *journal, size_t *lines, size_t *bad) {
        struct lease_table *table = NULL;
        _cleanup_free_ char *text = strdup(journal);
        assert_int_equal(lease_table_new(&table), 0);
        assert_int_equal(lease_table_replay(table, text, strlen(journal), lines, bad), 0);
        return table;
}

static void test_replay(void **state) {
        size_t lines, bad;
        _cleanup_(lease_table_freep) struct lease_table *table = replayed("+ 10 " MAC " 192.0.2.9 * *\n"
                                                                          "+ 20 52:54:00:00:00:02 192.0.2.3 two *\n"
                                                                          "nonsense\n"
                                                                          "+ 30 " MAC " 192.0.2.9 one *\n"
                                                                          "+ 0 52:54:00:00:00:03 192.0.2.5 * *\n"
                                                                          "- 192.0.2.3\n"
                                                                          "+ 40 52:54:00:00:00:04 192.0.2.7 * ",
                                                                          &lines, &bad);
        assert_int_equal(lines, 6);
        assert_int_equal(bad, strlen("nonsense\n") + strlen("+ 40 52:54:00:00:00:04 192.0.2.7 * "));
        assert_int_equal(lease_table_size(table), 2);
        assert_string_equal(lease_table_at(table, 0)->mac, "52:54:00:00:00:03");
        assert_string_equal(lease_table_at(table, 1)->hostname, "one");
        assert_int_equal(lease_table_at(table, 1)->expires, 30);
        assert_null(lease_table_at(table, 2));
        assert_null(lease_table_find(table, 0xc0000203));
        assert_int_equal(lease_table_expire(table, 30), 1);
        assert_int_equal(lease_table_size(table), 1);
        assert_int_equal(lease_table_expire(table, 99999), 0);
}

static void test_table_against_a_plain_array(void **state) {
        enum { ADDRESSES = 300 };
        uint64_t expected[ADDRESSES] = { 0 };
        _cleanup_(lease_table_freep) struct lease_table *table = NULL;
        assert_int_equal(lease_table_new(&table), 0);

        srand(1);
        for (int i = 0; i < 20000; i++) {
                uint32_t address = 1 + (uint32_t) rand() % (ADDRESSES - 1);
                struct lease lease = { 1 + (uint64_t) rand() % 3, address, MAC, NULL, NULL };
                if (rand() % 3 == 0) {
                        assert_int_equal(lease_table_remove(table, address), expected[address] != 0);
                        expected[address] = 0;
                } else {
                        assert_int_equal(lease_table_set(table, &lease), expected[address] != lease.expires);
                        expected[address] = lease.expires;
                }
        }
        size_t n = 0;
        for (uint32_t address = 1; address < ADDRESSES; address++)
                if (expected[address]) {
                        assert_int_equal(lease_table_at(table, n)->address, address);
                        assert_int_equal(lease_table_at(table, n++)->expires, expected[address]);
                }
        assert_int_equal(lease_table_size(table), n);
}

/* ---- the journal ---- */

static int make_folder(void **state) {
        char *folder = strdup("/tmp/pxed-test-XXXXXX");
        *state = mkdtemp(folder);
        return *state ? 0 : -1;
}

static int remove_folder(void **state) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf %s", (char *) *state);
        int r = system(command);
        free(*state);
        return r;
}

struct opened {
        struct lease_table *table;
        struct lease_journal *journal;
        size_t bad;
};

static void reopen(struct opened *o, const char *path) {
        lease_journal_free(o->journal);
        lease_table_free(o->table);
        assert_int_equal(lease_table_new(&o->table), 0);
        assert_int_equal(lease_journal_open(path, o->table, &o->journal, &o->bad), 0);
}

static void close_opened(struct opened *o) {
        lease_journal_free(o->journal);
        lease_table_free(o->table);
}

static void add(struct opened *o, uint32_t address, uint64_t expires) {
        const struct lease lease = { expires, address, MAC, NULL, NULL };
        assert_true(lease_table_set(o->table, &lease) >= 0);
        assert_int_equal(lease_journal_append(o->journal, LEASE_HELD, &lease), 0);
}

static off_t size_of(const char *path) {
        struct stat st;
        return stat(path, &st) == 0 ? st.st_size : -1;
}

static void test_journal(void **state) {
        _cleanup_free_ char *path = path_join(*state, "lab.leases");
        struct opened o = { 0 };

        reopen(&o, path);
        add(&o, 1, 10);
        add(&o, 2, 20);
        assert_true(lease_journal_is_dirty(o.journal));
        assert_int_equal(lease_journal_sync(o.journal), 0);
        assert_false(lease_journal_is_dirty(o.journal));
        const struct lease gone = { .address = 1 };
        lease_table_remove(o.table, 1);
        assert_int_equal(lease_journal_append(o.journal, LEASE_GONE, &gone), 0);

        reopen(&o, path);
        assert_int_equal(o.bad, 0);
        assert_int_equal(lease_table_size(o.table), 1);
        assert_int_equal(lease_table_at(o.table, 0)->address, 2);

        /* a host that failed while a line was written: what follows is not joined to it */
        int fd = open(path, O_WRONLY | O_APPEND);
        assert_int_equal(write(fd, "+ 30 52:54", 10), 10);
        close(fd);
        reopen(&o, path);
        assert_int_equal(o.bad, 10);
        add(&o, 3, 30);
        reopen(&o, path);
        assert_int_equal(o.bad, 0);
        assert_int_equal(lease_table_size(o.table), 2);
        close_opened(&o);
}

static void test_journal_is_bounded(void **state) {
        _cleanup_free_ char *path = path_join(*state, "lab.leases");
        struct opened o = { 0 };
        off_t largest = 0;

        reopen(&o, path);
        for (uint64_t i = 0; i < 20000; i++) {
                add(&o, 1 + (uint32_t) (i % 100), i);
                off_t size = size_of(path);
                largest = size > largest ? size : largest;
        }
        assert_true(largest < 2100 * 40);
        reopen(&o, path);
        assert_int_equal(lease_table_size(o.table), 100);
        for (uint32_t i = 0; i < 100; i++)
                assert_int_equal(lease_table_at(o.table, i)->expires, 19900 + i);
        close_opened(&o);
}

static void test_journal_cannot_be_read(void **state) {
        struct opened o = { 0 };
        assert_int_equal(lease_table_new(&o.table), 0);
        assert_int_equal(lease_journal_open(*state, o.table, &o.journal, &o.bad), -EISDIR);
        assert_null(o.journal);
        close_opened(&o);
}

/* ---- the message ---- */

static void test_message(void **state) {
        char text[LEASE_MESSAGE_MAX];
        struct lease_message message;

        assert_int_equal(lease_message_format(LEASE_ADD, "lab", MAC, "192.0.2.7", "host", "123", "01:02", text), 0);
        assert_string_equal(text, "action add\nnetwork lab\nlease 123 " MAC " 192.0.2.7 host 01:02\n\n");
        for (size_t size = 0; size < strlen(text); size++) {
                char part[LEASE_MESSAGE_MAX];
                memcpy(part, text, size);
                assert_int_equal(lease_message_parse(part, size, &message), -EAGAIN);
        }
        assert_int_equal(lease_message_parse(text, strlen(text), &message), 0);
        assert_int_equal(message.action, LEASE_ADD);
        assert_string_equal(message.network, "lab");
        assert_int_equal(message.lease.address, 0xc0000207);

        assert_int_equal(lease_message_format(LEASE_INIT, "lab", NULL, NULL, NULL, NULL, NULL, text), 0);
        assert_int_equal(lease_message_parse(text, strlen(text), &message), 0);
        assert_int_equal(message.action, LEASE_INIT);

        /* a host name that is none is left out; a lease that is none is refused */
        assert_int_equal(lease_message_format(LEASE_OLD, "lab", MAC, "192.0.2.7", "a\nb", NULL, "", text), 0);
        assert_string_equal(text, "action old\nnetwork lab\nlease 0 " MAC " 192.0.2.7 * *\n\n");
        assert_int_equal(lease_message_format(LEASE_ADD, "lab", MAC, "fe80::1", NULL, "1", NULL, text), -EINVAL);
        assert_int_equal(lease_action_from_name("tftp"), -EINVAL);
}

static void test_messages_that_are_refused(void **state) {
        static const char *const texts[] = {
                "\n\n", "action init\n\n", "network lab\n\n", "action init\nnetwork \n\n", "action jump\nnetwork lab\n\n",
                "action add\nnetwork lab\n\n", "action init\nnetwork lab\nlease 1 " MAC " 192.0.2.1 * *\n\n",
                "action init\naction init\nnetwork lab\n\n", "action init\nnetwork lab\nmore x\n\n", "action init\n\nnetwork lab\n\n",
        };
        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                char text[LEASE_MESSAGE_MAX];
                struct lease_message message;
                strcpy(text, texts[i]);
                if (lease_message_parse(text, strlen(text), &message) != -EBADMSG)
                        fail_msg("accepted: %s", texts[i]);
        }
        char nul[] = "action init\nnetwork \0ab\n\n";
        struct lease_message message;
        assert_int_equal(lease_message_parse(nul, sizeof nul - 1, &message), -EBADMSG);
}

/* ---- router advertisements ---- */

static void test_solicitations(void **state) {
        const struct in6_addr any = { 0 };
        struct in6_addr link_local;
        inet_pton(AF_INET6, "fe80::1", &link_local);
        static const uint8_t plain[] = { 133, 0, 0, 0, 0, 0, 0, 0 };
        static const uint8_t with_mac[] = { 133, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0x52, 0x54, 0, 0, 0, 1 };
        static const uint8_t zero_length[] = { 133, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 };
        static const uint8_t too_long[] = { 133, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0 };
        static const uint8_t other[] = { 134, 0, 0, 0, 0, 0, 0, 0 }, code[] = { 133, 1, 0, 0, 0, 0, 0, 0 };

        assert_true(router_solicitation_is_valid(plain, sizeof plain, 255, &link_local));
        assert_true(router_solicitation_is_valid(plain, sizeof plain, 255, &any));
        assert_true(router_solicitation_is_valid(with_mac, sizeof with_mac, 255, &link_local));
        /* RFC 4861 6.1.1 */
        assert_false(router_solicitation_is_valid(with_mac, sizeof with_mac, 255, &any));
        assert_false(router_solicitation_is_valid(plain, sizeof plain, 254, &link_local));
        assert_false(router_solicitation_is_valid(plain, 7, 255, &link_local));
        assert_false(router_solicitation_is_valid(with_mac, 9, 255, &link_local));
        assert_false(router_solicitation_is_valid(zero_length, sizeof zero_length, 255, &link_local));
        assert_false(router_solicitation_is_valid(too_long, sizeof too_long, 255, &link_local));
        assert_false(router_solicitation_is_valid(other, sizeof other, 255, &link_local));
        assert_false(router_solicitation_is_valid(code, sizeof code, 255, &link_local));
}

static void test_advertisement(void **state) {
        static const uint8_t expected[ROUTER_ADVERTISEMENT_SIZE] = { [0] = 134, [16] = 1, 1, 0x52, 0x54, 0, 0, 0, 1 };
        uint8_t made[ROUTER_ADVERTISEMENT_SIZE];
        struct mac mac;
        assert_int_equal(mac_parse(MAC, &mac), 0);
        router_advertisement_make(&mac, made);
        assert_memory_equal(made, expected, sizeof expected);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines_that_are_kept),
                cmocka_unit_test(test_lines_that_are_refused),
                cmocka_unit_test(test_longest_line_fits),
                cmocka_unit_test(test_replay),
                cmocka_unit_test(test_table_against_a_plain_array),
                cmocka_unit_test_setup_teardown(test_journal, make_folder, remove_folder),
                cmocka_unit_test_setup_teardown(test_journal_is_bounded, make_folder, remove_folder),
                cmocka_unit_test_setup_teardown(test_journal_cannot_be_read, make_folder, remove_folder),
                cmocka_unit_test(test_message),
                cmocka_unit_test(test_messages_that_are_refused),
                cmocka_unit_test(test_solicitations),
                cmocka_unit_test(test_advertisement),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
