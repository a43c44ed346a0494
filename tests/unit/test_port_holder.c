/* lib/port_holder: who has a port, by the kernel's tables and for real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "lib/macro.h"
#include "lib/port_holder.h"

static const char tcp[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 010200C0:13BA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0\n"
        "   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0\n"
        "   2: 010200C0:1F91 0101A8C0:C000 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0\n"
        "   3: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0   "
        "     0 444 1 0 100 0 0 10 0\n"
        "nonsense\n";
static const char udp[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref\n"
        "   1: 010200C0:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 555 2 0 0\n";

static void test_tables(void **state) {
        static const struct {
                const char *table;
                enum port_protocol protocol;
                const char *address;
                uint16_t port;
                uint64_t expected;
        } cases[] = {
                { tcp, PORT_TCP, "192.0.2.1", 0x13ba, 111 },
                { tcp, PORT_TCP, "192.0.2.2", 0x13ba, 0 },
                { tcp, PORT_TCP, "192.0.2.2", 0x1f90, 222 },
                { tcp, PORT_TCP, "192.0.2.1", 0x1f91, 0 }, /* a connection */
                { tcp, PORT_TCP, "192.0.2.1", 80, 444 },
                { tcp, PORT_TCP, "2001:db8::1", 80, 444 },
                { udp, PORT_UDP, "192.0.2.1", 69, 555 },
                { udp, PORT_UDP, "192.0.2.2", 69, 0 },
                { "", PORT_UDP, "192.0.2.1", 69, 0 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct ip ip;
                assert_int_equal(ip_parse(cases[i].address, &ip), 0);
                assert_int_equal(port_holder_inode(cases[i].table, cases[i].protocol, &ip, cases[i].port), cases[i].expected);
        }
}

static void test_this_process(void **state) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ip ip = { .family = AF_INET, .v4 = address.sin_addr };
        char text[96], wanted[32];

        assert_int_equal(bind(fd, (struct sockaddr *) &address, size), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *) &address, &size), 0);
        snprintf(wanted, sizeof(wanted), "test_port_holde (process %d)", (int) getpid());
        assert_string_equal(port_holder_describe(PORT_UDP, &ip, ntohs(address.sin_port), text, sizeof(text)), wanted);
        assert_string_equal(port_holder_describe(PORT_TCP, &ip, ntohs(address.sin_port), text, sizeof(text)), "another program");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tables),
                cmocka_unit_test(test_this_process),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
