/* pxectl explain: how a machine ends up by what the daemons say, and how that looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/story.h"

#define OFFER "{'request':'DHCP discover of the firmware','protocol':'dhcp4','answered':true,'rules':['a: b']," \
        "'fields':[{'code':53,'name':'dhcp-message-type','value':'offer','bytes':'02'},{'code':null,'name':'file','value':'x','bytes':'78'}]}"
#define ACKNOWLEDGED "{'request':'DHCP request of the firmware','protocol':'dhcp4','answered':true,'rules':['a: b']," \
        "'fields':[{'code':53,'name':'dhcp-message-type','value':'acknowledge','bytes':'05'},{'code':null,'name':'file','value':'x','bytes':'78'}]}"
#define SILENCE "{'request':'DHCP discover of the system','protocol':'dhcp4','answered':false,'rules':['first: x','host: denied'],'fields':[]}"
#define LOADER "{'request':'TFTP l','protocol':'tftp','answered':true,'rules':['r'],'fields':[],'size':5}"
#define SCRIPT "{'request':'HTTP /boot?mac=1','protocol':'http','answered':true,'rules':['boot script: boots profile deb'],'fields':[],'text':'#!ipxe\\necho \\u001b[2J\\n'}"
#define REFUSAL "{'request':'HTTP /boot?mac=1','protocol':'http','answered':false,'rules':['boot script: no: never'],'fields':[]}"
#define FILE_OF(size) "{'request':'HTTP /images/k','protocol':'http','answered':true,'rules':['f'],'fields':[],'status':200,'size':" #size "}"

static json_t *story_of(const char *dhcp, const char *boot, const char *profile) {
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "{'mac':'52:54:00:00:00:01','architecture':7,'decision':{'profile':'%s','reasons':[]},'dhcp':%s%s%s,'boot':%s%s%s,'failures':[]}",
                     profile, dhcp ? "{'answers':[" : "null", dhcp ?: "", dhcp ? "]}" : "", boot ? "{'answers':[" : "null", boot ?: "", boot ? "]}" : "") < 0)
                fail();
        for (char *at = text; *at; at++)
                if (*at == '\'')
                        *at = '"';
        json_t *story = json_loads(text, 0, NULL);
        assert_non_null(story);
        story_conclude(story);
        return story;
}

static void test_conclusions(void **state) {
        static const struct {
                const char *dhcp, *boot, *profile;
                const char *boots; /* "true", "false", "null" */
                const char *conclusion;
                size_t notes;
        } cases[] = {
                { OFFER, LOADER "," SCRIPT "," FILE_OF(1024) "," FILE_OF(2048), "deb", "true", "It boots profile deb: 2 files, 3 KiB.", 0 },
                { OFFER, LOADER "," SCRIPT "," FILE_OF(1024), "deb", "true", "It boots profile deb: 1 file, 1 KiB.", 0 },
                { OFFER, LOADER "," SCRIPT, "deb", "true", "It boots profile deb.", 0 },
                /* pxed-tftp has not applied it yet */
                { OFFER, LOADER "," SCRIPT, "local", "true", "It boots profile deb.", 1 },
                { SILENCE, LOADER "," SCRIPT, "deb", "false", "It stops at DHCP discover of the system: denied.", 0 },
                /* the system's may be another server's business */
                { OFFER "," SILENCE, LOADER "," SCRIPT, "deb", "true", "It boots profile deb.", 0 },
                { OFFER, LOADER "," REFUSAL "," FILE_OF(1), "deb", "false", "It stops at HTTP /boot?mac=1: no: never.", 0 },
                { NULL, LOADER "," SCRIPT, "deb", "null", "How it ends is not known: not all daemons could be asked.", 0 },
                { OFFER, NULL, "deb", "null", "How it ends is not known: not all daemons could be asked.", 0 },
                { NULL, LOADER "," REFUSAL, "deb", "false", "It stops at HTTP /boot?mac=1: no: never.", 0 },
                { SILENCE, NULL, "deb", "false", "It stops at DHCP discover of the system: denied.", 0 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                print_message("case %zu\n", i);
                _cleanup_json_ json_t *story = story_of(cases[i].dhcp, cases[i].boot, cases[i].profile);
                _cleanup_free_ char *boots = json_dumps(json_object_get(story, "boots"), JSON_ENCODE_ANY);
                assert_string_equal(boots, cases[i].boots);
                assert_string_equal(json_get_string(story, "conclusion"), cases[i].conclusion);
                assert_int_equal(json_array_size(json_get_array(story, "notes")), cases[i].notes);
        }
}

static char *shown(const json_t *story, struct story_look what) {
        const struct look look = { .now = 1 };
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(out);
        assert_int_equal(story_show(story, &what, &look, out), 0);
        fclose(out);
        return text;
}

static void test_looks(void **state) {
        _cleanup_json_ json_t *story = story_of(OFFER "," ACKNOWLEDGED, LOADER "," SCRIPT, "deb");
        _cleanup_free_ char *brief = shown(story, (struct story_look) {}), *full = shown(story, (struct story_look) { true, true });

        assert_non_null(strstr(brief, "7 (UEFI x86-64)"));
        assert_non_null(strstr(brief, "acknowledged, with what was offered"));
        assert_null(strstr(brief, "BYTES"));
        assert_null(strstr(brief, "#!ipxe"));
        assert_non_null(strstr(full, "BYTES"));
        /* nothing of the wire commands the terminal */
        assert_non_null(strstr(full, "    | #!ipxe\n    | echo \\x1b[2J\n"));
        assert_null(strchr(full, '\x1b'));
}

static void test_architectures(void **state) {
        int64_t number = -1;

        assert_int_equal(architecture_parse("http64", &number), 0);
        assert_int_equal(number, 16);
        assert_int_equal(architecture_parse("65535", &number), 0);
        assert_int_equal(number, 65535);
        assert_true(architecture_parse("65536", &number) < 0);
        assert_true(architecture_parse("efi", &number) < 0);
        assert_true(architecture_parse("", &number) < 0);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_conclusions), cmocka_unit_test(test_looks), cmocka_unit_test(test_architectures) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
