/* Boots that get stuck in the state: told once, kept with the boot, gone when it goes on; and of which the packets are kept. */
#include <errno.h>

#include "tests/unit/pxed_fixture.h"

#include "lib/text.h"
#include "pxed/ageing.h"
#include "pxed/api.h"
#include "pxed/diagnose.h"
#include "pxed/flight.h"
#include "pxed/workers.h"

#define S USEC_PER_SEC

static void step(struct fixture *f, unsigned seconds, const char *more) {
        char text[600];
        snprintf(text, sizeof text, "[{\"time\":%llu,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"protocol\":\"dhcp4\",\"xid\":7,%s}}]",
                 (unsigned long long) (NOW + seconds * S), more);
        assert_int_equal(report(f, NOW + seconds * S, text, NULL), 0);
}

static void discovers(struct fixture *f) {
        for (unsigned i = 0; i < 3; i++)
                step(f, (const unsigned[]) { 0, 4, 12 }[i], "\"kind\":\"discover\",\"stage\":\"firmware\",\"architecture\":0");
}

static const struct boot *boot_1(struct fixture *f) {
        return boots_find(&f->state->boots, 1);
}

static const char *signature(const struct boot *boot) {
        return json_get_string(boot->diagnosis, "signature");
}

static bool event_says(struct fixture *f, const char *kind, const char *words) {
        _cleanup_json_ json_t *events = json_array();
        json_t *event;
        size_t i;
        uint64_t last;
        assert_int_equal(store_read_events(f->state->store, 0, 1000, events, &last), 0);
        json_array_foreach(events, i, event)
                if (strcmp(json_get_string(event, "kind"), kind) == 0 && strstr(json_get_string(event, "message"), words))
                        return true;
        return false;
}

static void test_stuck_and_on_again(void **state) {
        struct fixture *f = *state;
        discovers(f);
        assert_null(boot_1(f)->diagnosis);
        assert_int_equal(ageing_tick(f->state, NOW + 13 * S), 0);
        assert_string_equal(signature(boot_1(f)), "no-offer");
        assert_int_equal(ageing_tick(f->state, NOW + 14 * S), 0);
        assert_int_equal(count_events(f, "boot.stuck"), 1);
        assert_true(event_says(f, "boot.stuck", "No DHCP server answers"));
        f->state->dhcp_problems = json_pack("[{s:s, s:s}, {s:s, s:s}]", "subject", "network other", "reason", "x", "subject", "network lab", "reason",
                                            "Port 67 is taken by udhcpd");
        _cleanup_json_ json_t *diagnosis = diagnose_boot(f->state, boot_1(f), NOW + 15 * S);
        assert_string_equal(json_string_value(json_array_get(json_get_array(diagnosis, "evidence"), 2)), "pxed-dhcp says: Port 67 is taken by udhcpd");

        step(f, 20, "\"kind\":\"offer\",\"stage\":\"firmware\",\"server\":\"192.0.2.1\",\"foreign\":false");
        step(f, 21, "\"kind\":\"request\",\"stage\":\"firmware\",\"server\":\"192.0.2.1\",\"foreign\":false");
        assert_null(boot_1(f)->diagnosis);
        /* Nothing more comes of it; it is told once. */
        assert_int_equal(ageing_tick(f->state, NOW + 100 * S), 0);
        assert_int_equal(count_events(f, "boot.stuck"), 1);
}

/* What followed while pxed was away may be with a worker that has not told yet. */
static void test_told_late(void **state) {
        struct fixture *f = *state;
        char text[1000];
        snprintf(text, sizeof text, "[{\"time\":%llu,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"kind\":\"discover\",\"stage\":\"ipxe\"}},"
                                    "{\"time\":%llu,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"kind\":\"acknowledge\",\"stage\":\"ipxe\"}}]",
                 (unsigned long long) (NOW - 101 * S), (unsigned long long) (NOW - 100 * S));
        assert_int_equal(report(f, NOW, text, NULL), 0);
        assert_int_equal(ageing_tick(f->state, NOW + 9 * S), 0);
        assert_int_equal(count_events(f, "boot.stuck"), 0);
        /* The same of one that was in flight when pxed ended. */
        reopen(f);
        assert_int_equal(ageing_tick(f->state, NOW + 9 * S), 0);
        assert_int_equal(count_events(f, "boot.stuck"), 0);
        assert_int_equal(ageing_tick(f->state, NOW + 10 * S), 0);
        assert_int_equal(count_events(f, "boot.stuck"), 1);
        assert_string_equal(signature(boot_1(f)), "script-not-fetched");
}

static void test_end_and_restart(void **state) {
        struct fixture *f = *state;
        discovers(f);
        assert_int_equal(ageing_tick(f->state, NOW + 13 * S), 0);
        assert_int_equal(ageing_tick(f->state, NOW + 300 * S), 0);
        assert_int_equal(boot_1(f)->outcome, BOOT_SILENT);
        assert_true(event_says(f, "boot.ended", "No DHCP server answers the machine. (nothing for 3 minutes after"));
        assert_true(event_says(f, "boot.ended", "went silent"));

        reopen(f);
        struct boot *stored = NULL;
        assert_int_equal(store_read_boot(f->state->store, 1, &stored), 0);
        assert_string_equal(signature(stored), "no-offer");
        assert_true(stored->told_stuck);
        boot_free(stored);
        /* Its packets are wanted, also of the new process; and the file is known then. */
        _cleanup_json_ json_t *entry = desired_entry(f->state, "capture/1");
        assert_string_equal(json_get_string(json_get_object(entry, "capture"), "mac"), "52:54:00:00:00:01");
        assert_int_equal(report(f, NOW + 301 * S, "[{\"time\":1,\"captureFile\":{\"boot\":1,\"path\":\"/var/x/1.pcapng\"}},"
                                                  "{\"time\":1,\"captureFile\":{\"boot\":99,\"path\":\"/gone\"}}]", NULL), 0);
        reopen(f);
        assert_int_equal(store_read_boot(f->state->store, 1, &stored), 0);
        assert_string_equal(stored->capture, "/var/x/1.pcapng");
        assert_string_equal(signature(stored), "no-offer");
        _cleanup_json_ json_t *told = api_boot_to_json(f->state, stored);
        assert_string_equal(json_get_string(told, "capture"), "/var/x/1.pcapng");
        /* pxed-netcfg removes the file with its entry. */
        f->state->captures.count = 0;
        _cleanup_json_ json_t *gone = api_boot_to_json(f->state, stored);
        assert_null(json_get_string(gone, "capture"));
        boot_free(stored);
        struct observe_error error;
        assert_int_equal(report(f, NOW + 302 * S, "[{\"time\":1,\"captureFile\":{\"boot\":0,\"path\":null}}]", &error), -EINVAL);
}

static void test_pool_and_denial(void **state) {
        struct fixture *f = *state;
        char text[300];
        for (unsigned i = 100; i <= 200; i++) {
                snprintf(text, sizeof text, "[{\"time\":1,\"lease\":{\"network\":\"lab\",\"mac\":\"52:54:00:00:01:%02x\",\"address\":\"192.0.2.%u\",\"expires\":null,"
                         "\"hostname\":null,\"ended\":false}}]", i, i);
                assert_int_equal(report(f, NOW, text, NULL), 0);
        }
        discovers(f);
        assert_int_equal(ageing_tick(f->state, NOW + 13 * S), 0);
        assert_string_equal(signature(boot_1(f)), "no-offer-pool-empty");

        f->more = "[host 52:54:00:00:00:01]\ndeny = yes\n";
        reopen(f);
        _cleanup_json_ json_t *diagnosis = diagnose_boot(f->state, boot_1(f), NOW + 14 * S);
        assert_string_equal(json_get_string(diagnosis, "signature"), "no-offer-denied");
        f->more = NULL;
}

static void test_silence_of_a_node(void **state) {
        struct fixture *f = *state;
        const struct mac mac = mac_of(1);
        struct assignment assignment = { .profile = (char *) "k", .assigned = NOW + 50 * S };
        struct node node = { .name = (char *) "n1", .assignment = &assignment };

        assert_true(diagnose_awaits(&node, NULL));
        _cleanup_json_ json_t *diagnosis = diagnose_silence(f->state, &mac, &node, NULL, NOW + 60 * S);
        assert_string_equal(json_get_string(diagnosis, "signature"), "no-discover");
        assert_non_null(strstr(json_get_string(diagnosis, "confirm"), "-eni eth0"));
        discovers(f);
        assert_true(diagnose_awaits(&node, boot_1(f)));
        assignment.assigned = NOW + 5 * S;
        assert_false(diagnose_awaits(&node, boot_1(f)));
        assert_false(diagnose_awaits(NULL, NULL));
}

static void test_captures(void **state) {
        struct captures c = {};
        struct boot boot = { .outcome = BOOT_SILENT };
        uint64_t added, removed;

        for (boot.id = 1; boot.id <= CAPTURES_MAX; boot.id++)
                assert_true(captures_note(&c, &boot, &added, &removed) && added == boot.id && removed == 0);
        boot.id = 50;
        assert_false(captures_note(&c, &boot, &added, &removed));
        boot.id = 200;
        assert_true(captures_note(&c, &boot, &added, &removed) && added == 200 && removed == 1);
        boot.id = 1;
        assert_false(captures_note(&c, &boot, &added, &removed));
        /* It went on after all. */
        boot = (struct boot) { .id = 200, .outcome = BOOT_RUNNING };
        assert_true(captures_note(&c, &boot, &added, &removed) && added == 0 && removed == 200);
        assert_null(captures_find(&c, 200));
        assert_non_null(captures_find(&c, 2));
        assert_int_equal(c.count, CAPTURES_MAX - 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_stuck_and_on_again, setup, teardown),
                cmocka_unit_test_setup_teardown(test_told_late, setup, teardown),
                cmocka_unit_test_setup_teardown(test_end_and_restart, setup, teardown),
                cmocka_unit_test_setup_teardown(test_pool_and_denial, setup, teardown),
                cmocka_unit_test_setup_teardown(test_silence_of_a_node, setup, teardown),
                cmocka_unit_test(test_captures),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
