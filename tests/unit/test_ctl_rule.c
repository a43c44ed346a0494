/* pxectl: inspection rules as they are shown, and where in a file something is. */
#include "tests/unit/ctl_fixture.h"

#include "pxed/ctl/json_place.h"
#include "pxed/ctl/show.h"

#define RULE                                                                                                                                    \
        "{'name':'r','description':'large\\u001b[31m','priority':3,'revision':9,'conditions':[{'op':'ge','args':{'field':'/inventory/disks/*/size'," \
        "'value':5},'multiple':'all'},{'op':'!is-none','args':{'field':'/inventory/serial'}}],'actions':[{'op':'set-attribute','args':{'path':"     \
        "'/tags','value':['a','b']}},{'op':'fail','args':{'message':'no'}}]}"

static void test_rules(void **state) {
        expect(show_rules, "[" RULE ",{'name':'x','conditions':[],'actions':[]}]", &plain,
               "NAME  PRIORITY  CONDITIONS  ACTIONS              DESCRIPTION\n"
               "r            3           2  set-attribute, fail  large\\x1b[31m\n"
               "x            0           0  -                    -\n");
}

static void test_rule(void **state) {
        expect(show_rule, RULE, &plain,
               "           Name: r\n"
               "    Description: large\\x1b[31m\n"
               "       Priority: 3\n"
               "       Revision: 9\n"
               "      Sensitive: no\n"
               "\nWhen\n"
               "  /inventory/disks/*/size  ge  5  (all)\n"
               "  /inventory/serial  !is-none\n"
               "\nThen\n"
               "  set-attribute  path: /tags  value: [\"a\",\"b\"]\n"
               "  fail  message: no\n");
        expect(show_rule, "{'name':'s','sensitive':true,'revision':1,'conditions':[{'op':'eq','args':{}}],'actions':[{'op':'log','args':{}}]}", &plain,
               "           Name: s\n"
               "    Description: -\n"
               "       Priority: 0\n"
               "       Revision: 1\n"
               "      Sensitive: yes: its values are shown to nobody\n"
               "\nWhen\n"
               "  eq\n"
               "\nThen\n"
               "  log\n");
}

static void test_results(void **state) {
        expect(show_rule_results,
               "[{'name':'m1','rules':['r','s'],'changes':[{'pointer':'/tags','before':'[]','after':'[1]'},{'pointer':'/extra/x','after':'1'}]},"
               "{'name':'m2','rules':['r'],'changes':[]},{'name':'m3','rules':['r'],'changes':[],'failure':'rule r: no'},{'name':'m4','rules':[],'changes':[]}]",
               &plain,
               "NODE  RULES  CHANGES   BEFORE  AFTER\n"
               "m1    r, s   /tags     []      [1]\n"
               "m1    r, s   /extra/x  -       1\n"
               "m2    r      nothing   -       -\n"
               "m3    r      fails     -       rule r: no\n"
               "\n4 nodes with an inventory: 3 matched, 1 would change, 1 would fail\n");
        expect(show_rule_results, "[]", &plain, "0 nodes with an inventory: 0 matched, 0 would change, 0 would fail\n");
}

static void test_places(void **state) {
        static const char text[] = "\n"
                                   "{ \"name\": \"a ] } \\\" {\",\n"
                                   "  \"other\" : [1,\n"
                                   "   {\"x\":\n"
                                   "     true, \"y.z\": null},\n"
                                   "   []\n"
                                   "  ],\n"
                                   "  \"nam\": -1.5e3 }";
        static const struct {
                const char *place;
                unsigned line;
        } cases[] = {
                { "", 2 },           { "name", 2 },        { "nam", 8 },          { "other", 3 },        { "other[0]", 3 },  { "other[1]", 4 },
                { "other[1].x", 5 }, { "other[2]", 6 },    { "other[3]", 3 },     { "other[1].none", 4 }, { "none", 2 },     { "none.x[3]", 2 },
                { "name.x", 2 },     { "other[0][1]", 3 }, { "other[99999999999999999999]", 3 }, { "[1]", 2 }, { "other[", 3 }, { "other[x]", 3 },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                if (json_place_line(text, cases[i].place) != cases[i].line)
                        fail_msg("%s: %u", cases[i].place, json_place_line(text, cases[i].place));
        assert_int_equal(json_place_line("[\n{},\n{\"a\": 1}]", "[1].a"), 3);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_rule),
                cmocka_unit_test(test_results),
                cmocka_unit_test(test_places),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
