/* What is decided, and the scripts that come of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tftp/decide.h"
#include "tftp/script.h"
#include "tftp/template.h"

#define NODE "2b3f4c5d-0000-4000-8000-000000000001"
#define UUID "12345678-0000-4000-8000-000000000001"
#define MAC "mac=52:54:00:aa:00:01"

struct world {
        struct snapshot *snapshot;
        uint64_t consumed; /* assignment that was */
};

static void apply(struct world *world, const char *key, const char *text) {
        _cleanup_json_ json_t *entry = json_loads(text, 0, NULL);

        assert_non_null(entry);
        assert_int_equal(snapshot_apply(world->snapshot, key, entry), 0);
}

static void set_node(struct world *world, const char *more) {
        char text[512];

        snprintf(text, sizeof(text),
                 "{\"node\":{\"id\":\"" NODE "\",\"name\":\"node1\",\"macs\":[\"52:54:00:aa:00:01\"],\"uuid\":\"" UUID "\",%s}}", more);
        apply(world, "node/" NODE, text);
}

static int setup(void **state) {
        static struct world world;

        world = (struct world) {};
        assert_int_equal(snapshot_new(&world.snapshot), 0);
        apply(&world, "settings",
              "{\"settings\":{\"secret\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"httpPort\":8080,"
              "\"introspectPort\":5050,\"imageDirectory\":\"/images\",\"tokenLifetime\":60}}");
        apply(&world, "network/lab",
              "{\"network\":{\"name\":\"lab\",\"address\":\"192.0.2.1/24\",\"unknown\":\"inspect\",\"known\":\"local\",\"finish\":\"reboot\"}}");
        apply(&world, "profile/local", "{\"profile\":{\"name\":\"local\",\"kind\":\"local\",\"arguments\":\"\"}}");
        apply(&world, "profile/inspect",
              "{\"profile\":{\"name\":\"inspect\",\"kind\":\"inspect\",\"kernel\":\"i/k\",\"initrds\":[\"i/r\"],\"arguments\":\"quiet\"}}");
        apply(&world, "profile/deb",
              "{\"profile\":{\"name\":\"deb\",\"kind\":\"kernel\",\"kernel\":\"d/vm linuz\",\"initrds\":[\"d/a\",\"http://other/b\"],"
              "\"arguments\":\"name=${name} disk=${disk} url=${url}\",\"parameters\":{\"disk\":\"sda\"}}}");
        *state = &world;
        return 0;
}

static int teardown(void **state) {
        struct world *world = *state;

        world->snapshot = snapshot_unref(world->snapshot);
        return 0;
}

static bool is_consumed(const struct uuid *node, uint64_t assignment, void *userdata) {
        const struct world *world = userdata;
        return world->consumed == assignment;
}

static struct decision decide_for(struct world *world, const char *query) {
        struct boot_request request;
        struct decision decision;

        boot_request_parse(query, &request);
        decide(&request, world->snapshot, snapshot_network(world->snapshot, "lab"), is_consumed, world, &decision);
        return decision;
}

static void test_decisions(void **state) {
        static const struct {
                const char *node;     /* NULL: there is none */
                const char *query;
                uint64_t consumed;
                const char *profile;  /* NULL: refused */
                uint64_t assignment;
                const char *reason;
        } cases[] = {
                { NULL, MAC, 0, "inspect", 0, "boots inspect on unknown machines" },
                { "\"assignment\":0", MAC, 0, "local", 0, "boots local on known machines" },
                { "\"assignment\":0", "mac=52:54:00:ff:00:01&uuid=" UUID, 0, "local", 0, "its UUID is that of node node1" },
                { "\"assignment\":0", "mac=52:54:00:ff:00:01", 0, "inspect", 0, "no node has" },
                { "\"assignment\":0", "", 0, "inspect", 0, "no node has" },
                { "\"profile\":\"deb\",\"assignment\":9", MAC, 0, "deb", 9, "deb is assigned" },
                { "\"profile\":\"deb\",\"assignment\":9", MAC, 9, "deb", 9, "deb is assigned" },
                { "\"profile\":\"deb\",\"assignment\":9,\"once\":true", MAC, 0, "deb", 9, "to boot once" },
                { "\"profile\":\"deb\",\"assignment\":9,\"once\":true", MAC, 8, "deb", 9, "to boot once" },
                { "\"profile\":\"deb\",\"assignment\":9,\"once\":true", MAC, 9, "local", 0, "has been booted" },
                { "\"profile\":\"deb\",\"assignment\":9,\"inspect\":true", MAC, 0, "inspect", 0, "an inspection is asked for" },
                { "\"profile\":\"none\",\"assignment\":9", MAC, 0, NULL, 9, "there is no profile none" },
        };
        struct world *world = *state;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                print_message("case %zu\n", i);
                struct uuid id;
                assert_int_equal(uuid_parse(NODE, &id), 0);
                if (cases[i].node)
                        set_node(world, cases[i].node);
                else
                        snapshot_remove_node(world->snapshot, &id);
                world->consumed = cases[i].consumed;
                struct decision decision = decide_for(world, cases[i].query);
                if (cases[i].profile)
                        assert_string_equal(decision.profile->name, cases[i].profile);
                else
                        assert_null(decision.profile);
                assert_int_equal(decision.assignment, cases[i].assignment);
                assert_non_null(strstr(decision.reasons, cases[i].reason));
        }
}

/* One by one they are all of the text, and the comma within one does not part it. */
static void test_reasons(void **state) {
        struct world *world = *state;
        int length;

        set_node(world, "\"profile\":\"deb\",\"assignment\":9,\"once\":true");
        struct decision decision = decide_for(world, MAC);
        assert_ptr_equal(decision_reason(&decision, 0, &length), decision.reasons);
        assert_int_equal(length, strlen("its MAC is one of node node1"));
        assert_string_equal(decision_reason(&decision, 1, &length), "deb is assigned, to boot once");
        assert_null(decision_reason(&decision, 2, &length));
}

static void test_ignored(void **state) {
        struct world *world = *state;

        apply(world, "network/lab", "{\"network\":{\"name\":\"lab\",\"address\":\"192.0.2.1/24\",\"known\":\"local\",\"finish\":\"wait\"}}");
        struct decision decision = decide_for(world, MAC);
        assert_null(decision.profile);
        assert_true(decision.ignored);
        assert_non_null(strstr(decision.reasons, "ignores unknown machines"));
}

/* The script; `boots` says whether it boots. The caller frees it. */
static char *script_for(struct world *world, const char *query, const char *missing, bool boots) {
        struct decision decision = decide_for(world, query);
        struct boot_request request;
        struct text text = {};
        char reason[512] = "";

        boot_request_parse(query, &request);
        const struct script_input input = { .request = &request,
                                            .settings = world->snapshot->settings,
                                            .network = snapshot_network(world->snapshot, "lab"),
                                            .decision = &decision,
                                            .missing = missing,
                                            .now = 1000 };
        assert_int_equal(script_machine(&input, &text, reason, sizeof(reason)), boots);
        assert_int_equal(reason[0] == '\0', boots);
        char *script = text_take(&text);
        assert_non_null(script);
        print_message("%s\n", script);
        /* iPXE takes it for a script, and it never just ends. */
        assert_memory_equal(script, "#!ipxe\n", 7);
        const char *last = strrchr(script, '\n') - strlen("goto again");
        assert_true(strcmp(last, "goto again\n") == 0 || strcmp(last + strlen("goto again") - strlen("exit 1"), "exit 1\n") == 0);
        return script;
}

/* Wherever lines of text were broken. */
static void assert_has(const char *script, const char *part) {
        _cleanup_text_ struct text joined = {};

        for (const char *at = script, *line; *at; at = line) {
                line = strstr(at, "\necho ");
                text_add_bytes(&joined, at, line ? (size_t) (line - at) : strlen(at));
                line = line ? line + strlen("\necho") : at + strlen(at);
        }
        if (!strstr(script, part) && !strstr(joined.data, part))
                fail_msg("the script has no: %s", part);
}

static void test_kernel_bios(void **state) {
        struct world *world = *state;

        set_node(world, "\"profile\":\"deb\",\"assignment\":9,\"parameters\":{\"disk\":\"nvme0n1\"}");
        _cleanup_free_ char *script = script_for(world, MAC "&platform=pcbios", NULL, true);
        assert_has(script, "imgfree");
        assert_has(script, "kernel --name kernel http://192.0.2.1:8080/images/d/vm%20linuz?token=p1." NODE ".525400aa0001.9.424.");
        assert_has(script, " name=node1 disk=nvme0n1 url=http://192.0.2.1:8080 && goto got0 ||\n");
        assert_has(script, "initrd --name initrd1 http://192.0.2.1:8080/images/d/a?token=p1.");
        assert_has(script, "initrd --name initrd2 http://other/b && goto got2 ||\n");
        assert_has(script, "boot kernel ||\n");
        assert_null(strstr(script, "initrd=initrd1"));
}

static void test_kernel_efi(void **state) {
        struct world *world = *state;

        set_node(world, "\"profile\":\"deb\",\"assignment\":9");
        _cleanup_free_ char *script = script_for(world, MAC "&platform=efi", NULL, true);
        assert_has(script, " name=node1 disk=sda url=http://192.0.2.1:8080 initrd=initrd1 initrd=initrd2 && goto got0 ||\n");
}

static void test_inspect(void **state) {
        _cleanup_free_ char *script = script_for(*state, MAC "&platform=pcbios", NULL, true);

        assert_has(script, " quiet ipa-inspection-callback-url=http://192.0.2.1:5050/v1/continue?token=p1.-.525400aa0001.0.424.");
        assert_has(script, " BOOTIF=01-52-54-00-aa-00-01 pxed.finish=reboot && goto got0 ||\n");
}

/* What an ironic-python-agent looks itself up at; a parameter of that name goes before. */
static void test_inspect_template(void **state) {
        struct world *world = *state;

        apply(world, "profile/inspect",
              "{\"profile\":{\"name\":\"inspect\",\"kind\":\"inspect\",\"kernel\":\"i/k\",\"initrds\":[],\"arguments\":\"ipa-api-url=${introspect}/t/${token} x\"}}");
        _cleanup_free_ char *script = script_for(world, MAC "&platform=pcbios", NULL, true);
        assert_has(script, " ipa-api-url=http://192.0.2.1:5050/t/p1.-.525400aa0001.0.424.");
        apply(world, "profile/inspect",
              "{\"profile\":{\"name\":\"inspect\",\"kind\":\"inspect\",\"kernel\":\"i/k\",\"initrds\":[],\"arguments\":\"t=${token} x\","
              "\"parameters\":{\"token\":\"own\"}}}");
        _cleanup_free_ char *own = script_for(world, MAC "&platform=pcbios", NULL, true);
        assert_has(own, " t=own x ");
}

static void test_local(void **state) {
        struct world *world = *state;

        set_node(world, "\"assignment\":0");
        _cleanup_free_ char *bios = script_for(world, MAC "&platform=pcbios", NULL, true);
        assert_has(bios, "sanboot --no-describe --drive 0x80 ||\n");
        assert_has(bios, "exit 1\n");
        _cleanup_free_ char *efi = script_for(world, MAC "&platform=efi", NULL, true);
        assert_has(efi, "chain --autofree http://192.0.2.1:8080/loaders/local-x64.efi?token=");
        assert_null(strstr(efi, "exit"));
}

static void test_refusals(void **state) {
        struct world *world = *state;

        set_node(world, "\"profile\":\"gone\",\"assignment\":9");
        _cleanup_free_ char *profile = script_for(world, MAC, NULL, false);
        assert_has(profile, "there is no profile gone");
        assert_has(profile, "MAC 52:54:00:aa:00:01, node node1");
        assert_has(profile, "chain --replace --autofree http://192.0.2.1:8080/boot.ipxe");

        set_node(world, "\"profile\":\"deb\",\"assignment\":9");
        _cleanup_free_ char *missing = script_for(world, MAC, "d/a", false);
        assert_has(missing, "profile deb needs the file d/a");

        set_node(world, "\"profile\":\"deb\",\"assignment\":9,\"parameters\":{\"disk\":\"${uuid}\"}");
        _cleanup_free_ char *value = script_for(world, MAC, NULL, false);
        assert_has(value, "a value with \"?{\" in it");

        set_node(world, "\"profile\":\"deb\",\"assignment\":9,\"parameters\":{\"disk\":\"a\\nreboot\"}");
        _cleanup_free_ char *line = script_for(world, MAC, NULL, false);
        assert_has(line, "a control character");
        assert_null(strstr(line, "\nreboot"));

        apply(world, "profile/deb",
              "{\"profile\":{\"name\":\"deb\",\"kind\":\"kernel\",\"kernel\":\"k\",\"initrds\":[],\"arguments\":\"a=${x}\"}}");
        _cleanup_free_ char *name = script_for(world, MAC, NULL, false);
        assert_has(name, "use ?{x}, which has no value");

        apply(world, "profile/deb", "{\"profile\":{\"name\":\"deb\",\"kind\":\"kernel\",\"arguments\":\"\"}}");
        _cleanup_free_ char *kernel = script_for(world, MAC, NULL, false);
        assert_has(kernel, "names no kernel");

        apply(world, "profile/deb", "{\"profile\":{\"name\":\"deb\",\"kind\":\"kernel\",\"kernel\":\"http://h/a b\",\"arguments\":\"\"}}");
        _cleanup_free_ char *url = script_for(world, MAC, NULL, false);
        assert_has(url, "cannot stand in a boot script");
}

/* Whatever the texts are, a line that says them does nothing else. */
static void test_texts_are_harmless(void **state) {
        struct world *world = *state;

        set_node(world, "\"profile\":\"a || reboot ${x} && b # ; c\",\"assignment\":9");
        _cleanup_free_ char *script = script_for(world, MAC, NULL, false);
        for (const char *line = script; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                size_t length = strcspn(line, "\n");
                if (strncmp(line, "echo ", 5) != 0)
                        continue;
                _cleanup_free_ char *copy = strndup(line + 5, length - 5);
                assert_null(arguments_fault(copy));
                assert_true(length - 5 < 80);
        }
}

static void test_start(void **state) {
        _cleanup_text_ struct text text = {};
        struct ip address;

        assert_int_equal(ip_parse("2001:db8::1", &address), 0);
        script_start(&address, 8080, &text);
        assert_has(text.data, "chain --replace --autofree http://[2001:db8::1]:8080/boot?mac=${netX/mac}&uuid=${uuid}");
        assert_string_equal(strrchr(text.data, '\n') - strlen("goto ask"), "goto ask\n");
}

static void test_files(void **state) {
        struct world *world = *state;
        const struct profile *profile = snapshot_profile(world->snapshot, "deb");

        assert_string_equal(profile_file(profile, 0), "d/vm linuz");
        assert_string_equal(profile_file(profile, 2), "http://other/b");
        assert_null(profile_file(profile, 3));
        assert_null(profile_file(snapshot_profile(world->snapshot, "local"), 0));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_decisions), TEST(test_reasons), TEST(test_ignored), TEST(test_kernel_bios), TEST(test_kernel_efi), TEST(test_inspect), TEST(test_inspect_template), TEST(test_local),
                TEST(test_refusals), TEST(test_texts_are_harmless), TEST(test_start), TEST(test_files),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
