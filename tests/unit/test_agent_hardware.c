/* Finding drivers: what modaliases match, and what the kernel announces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "introspect/agent/modules.h"
#include "introspect/agent/uevent.h"

static void test_modaliases(void **state) {
        const char *card = "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00";
        assert_true(modules_alias_matches("pci:v00001AF4d*sv*sd*bc*sc*i*", card));
        assert_true(modules_alias_matches("pci:v*d*sv*sd*bc02sc00i*", card));
        assert_false(modules_alias_matches("pci:v00001AF5d*sv*sd*bc*sc*i*", card));
        assert_false(modules_alias_matches("pci:v00001AF4", card));
        assert_true(modules_is_network(card));
        assert_true(modules_is_network("virtio:d00000001v00001AF4"));
        assert_false(modules_is_network("virtio:d00000002v00001AF4"));
        assert_false(modules_is_network("pci:v00008086d00007010sv00001AF4sd00001100bc01sc01i80"));
        assert_true(modules_is_wanted(card));
        assert_true(modules_is_wanted("scsi:t-0x00"));
        assert_false(modules_is_wanted("scsi:t-0x05"));
}

#define MESSAGE "add@/devices/pci0000:00/0000:00:14.0/usb1/1-1\0ACTION=add\0DEVPATH=/devices/pci0000:00\0SUBSYSTEM=usb\0MODALIAS=usb:v0627p0001\0"

static void test_uevents(void **state) {
        static const struct {
                const char *message;
                size_t size;
                const char *action, *subsystem, *modalias;
        } cases[] = {
                { MESSAGE, sizeof MESSAGE - 1, "add", "usb", "usb:v0627p0001" },
                { MESSAGE, sizeof MESSAGE - 6, "add", "usb", "usb:v0627p" }, /* cut off */
                { "add@/devices/x", 14, "", "", "" },
                { "ACTION=", 7, "", "", "" },
                { "ACTION=add\0ACTION=remove\0", 25, "remove", "", "" },
                { "\0\0\0", 3, "", "", "" },
                { "", 0, "", "", "" },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char buf[UEVENT_MAX];
                struct uevent uevent;
                memcpy(buf, cases[i].message, cases[i].size);
                buf[cases[i].size] = 'x';
                uevent_parse(buf, cases[i].size, &uevent);
                assert_string_equal(uevent.action, cases[i].action);
                assert_string_equal(uevent.subsystem, cases[i].subsystem);
                assert_string_equal(uevent.modalias, cases[i].modalias);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_modaliases), cmocka_unit_test(test_uevents) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
