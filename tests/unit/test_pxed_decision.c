/* What a machine boots and why; who may call what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/varlink_server.h"
#include "pxed/access.h"
#include "pxed/decision.h"

static bool has_profile(const char *name, void *userdata) {
        return strcmp(name, "missing") != 0;
}

static void test_decision(void **state) {
        struct network lab = { .name = (char *) "lab", .known = (char *) "local", .unknown = (char *) "inspect" };
        struct network quiet = { .name = (char *) "quiet", .known = (char *) "missing" };
        struct assignment once = { .profile = (char *) "install", .once = true, .revision = 7 };
        struct assignment gone = { .profile = (char *) "missing", .revision = 8 };
        struct node plain = { 0 }, assigned = { .assignment = &once }, broken = { .assignment = &gone };
        struct node asked = { .assignment = &once, .inspection = { .asked = true } };
        const struct host denied = { .denied = true }, elsewhere = { .denied = true, .network = (char *) "lab" };
        const struct {
                const struct node *node;
                const struct network *network;
                const struct host *host;
                const char *profile, *last;
        } cases[] = {
                { NULL, &lab, NULL, "inspect", "network lab: unknown = inspect" },
                { NULL, &quiet, NULL, NULL, "network quiet: unknown = ignore" },
                { NULL, NULL, NULL, NULL, "is not known" },
                { &plain, &lab, NULL, "local", "network lab: known = local" },
                { &plain, NULL, NULL, NULL, "not known yet" },
                { &plain, &quiet, NULL, NULL, "there is no profile missing" },
                { &assigned, &lab, NULL, "install", "profile install is assigned once (revision 7)" },
                { &assigned, NULL, NULL, "install", "assigned" },
                { &broken, &lab, NULL, NULL, "there is no profile missing" },
                { &asked, &lab, NULL, "inspect", "an inspection was asked for" },
                { &assigned, &lab, &denied, NULL, "denies it an address" },
                { &assigned, &quiet, &elsewhere, "install", "assigned" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const struct decision_input in = { cases[i].node, cases[i].network, cases[i].host, "52:54:00:00:00:01", has_profile, NULL };
                struct decision d;
                decide(&in, &d);
                bool same = (!d.profile && !cases[i].profile) || (d.profile && cases[i].profile && !strcmp(d.profile, cases[i].profile));
                if (!same || d.n_reasons == 0 || !strstr(d.reasons[d.n_reasons - 1], cases[i].last))
                        fail_msg("case %zu: %s, %s", i, d.profile, d.n_reasons ? d.reasons[d.n_reasons - 1] : "no reason");
        }
}

static void test_access(void **state) {
        const struct access_users users = { .own = 10, .workers = { 20, (uid_t) -1, 22, 23 } };
        const struct {
                enum listener listener;
                uid_t uid;
                unsigned flags;
                bool allowed;
        } cases[] = {
                { LISTENER_BUS, 0, 0, true },
                { LISTENER_BUS, 0, VARLINK_WORKER, true },
                { LISTENER_BUS, 10, VARLINK_WORKER, true },
                { LISTENER_BUS, 20, VARLINK_WORKER, true },
                { LISTENER_BUS, 20, 0, false },
                { LISTENER_BUS, 20, VARLINK_READ, false },
                { LISTENER_BUS, 20, VARLINK_GATEWAY, false },
                { LISTENER_BUS, 23, VARLINK_WORKER, true },
                { LISTENER_BUS, 23, VARLINK_GATEWAY, true },
                { LISTENER_BUS, 23, VARLINK_READ | VARLINK_GATEWAY, true },
                { LISTENER_BUS, 23, 0, false },
                { LISTENER_BUS, 23, VARLINK_READ, false },
                { LISTENER_BUS, 1000, VARLINK_GATEWAY, true },
                { LISTENER_BUS, 1000, 0, true },
                { LISTENER_BUS, 1000, VARLINK_READ, true },
                { LISTENER_BUS, 1000, VARLINK_WORKER, false },
                { LISTENER_BUS, (uid_t) -1, VARLINK_WORKER, false },
                { LISTENER_MONITOR, 0, 0, false },
                { LISTENER_MONITOR, 23, VARLINK_GATEWAY, false },
                { LISTENER_MONITOR, 0, VARLINK_READ, true },
                { LISTENER_MONITOR, 1000, VARLINK_READ | VARLINK_MORE, true },
                { LISTENER_MONITOR, 20, VARLINK_WORKER, false },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (access_method(&users, cases[i].listener, cases[i].uid, cases[i].flags) != cases[i].allowed)
                        fail_msg("case %zu", i);
        assert_true(access_role(&users, 0, ROLE_TFTP));
        assert_true(access_role(&users, 20, ROLE_DHCP));
        assert_false(access_role(&users, 20, ROLE_TFTP));
        assert_false(access_role(&users, (uid_t) -1, ROLE_TFTP));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_decision),
                cmocka_unit_test(test_access),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
