/* lib/config: files, drop-ins, and refusals that name file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/config.h"
#include "lib/file.h"

static char folder[] = "/tmp/pxed-test-config-XXXXXX";
static char path[128];

static void write_text(const char *name, const char *text) {
        char file[192];

        snprintf(file, sizeof(file), "%s/%s", folder, name);
        assert_int_equal(file_write(file, text, strlen(text), 0644, false), 0);
}

static int set_up(void **state) {
        char drop_ins[128];

        if (!mkdtemp(folder))
                return -1;
        snprintf(path, sizeof(path), "%s/pxed.conf", folder);
        snprintf(drop_ins, sizeof(drop_ins), "%s/pxed.conf.d", folder);
        return mkdir(drop_ins, 0755);
}

static int tear_down(void **state) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        return system(command);
}

static void test_entries_know_their_place(void **state) {
        struct config_error error;
        struct config *config;

        write_text("pxed.conf", "# comment\n[network lab]\n  interface = pxe0\naddress=192.0.2.1/24 ; why\n[pxed]\nhttp-port = 8080\n");
        write_text("pxed.conf.d/10-a.conf", "[pxed]\nhttp-port = 80\n");
        write_text("pxed.conf.d/ignored.txt", "nonsense");
        assert_int_equal(config_load(path, &config, &error), 0);
        assert_int_equal(config_size(config), 3);
        assert_string_equal(config_at(config, 0)->section, "network");
        assert_string_equal(config_at(config, 0)->name, "lab");
        assert_string_equal(config_at(config, 0)->value, "pxe0");
        assert_int_equal(config_at(config, 0)->line, 3);
        assert_string_equal(config_at(config, 1)->value, "192.0.2.1/24");
        assert_string_equal(config_at(config, 2)->name, "");
        assert_string_equal(config_at(config, 2)->value, "80");
        assert_non_null(strstr(config_at(config, 2)->file, "10-a.conf"));
        config_free(config);
        write_text("pxed.conf.d/10-a.conf", "");
}

/* What is refused in a value is often the comment in it. */
static void test_refusal_explains_a_comment(void **state) {
        struct config_error error;
        struct config *config;

        write_text("pxed.conf", "[pxed]\nhttp-port = 80 # the usual\nimages = /a#b\n");
        assert_int_equal(config_load(path, &config, &error), 0);
        assert_int_equal(config_refuse(&error, config_at(config, 0), "no number"), -EINVAL);
        assert_string_equal(error.reason, "no number (a # after a value is part of it: give the comment a line of its own)");
        assert_int_equal(error.line, 2);
        assert_int_equal(config_refuse(&error, config_at(config, 1), "no folder"), -EINVAL);
        assert_string_equal(error.reason, "no folder");
        config_free(config);
}

static void assert_refused(const char *text, unsigned line, const char *word) {
        struct config_error error;
        struct config *config = NULL;

        write_text("pxed.conf", text);
        assert_int_equal(config_load(path, &config, &error), -EINVAL);
        assert_string_equal(error.file, path);
        assert_int_equal(error.line, line);
        assert_non_null(strstr(error.reason, word));
        assert_null(config);
}

static void test_refusals(void **state) {
        char longest[8192];

        assert_refused("[pxed]\nwhat is this\n", 2, "neither");
        assert_refused("key = 1\n", 1, "before the first");
        assert_refused("[pxed]\na = 1\nb = 2\na = 3\n", 4, "twice");
        memset(longest, 'x', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = 0;
        memcpy(longest, "[pxed]\na=", 9);
        assert_refused(longest, 2, "too long");
}

static void test_missing_file(void **state) {
        struct config_error error;
        struct config *config;

        assert_int_equal(config_load("/nonexistent/pxed.conf", &config, &error), -ENOENT);
        assert_string_equal(error.file, "/nonexistent/pxed.conf");
        assert_non_null(strstr(error.reason, "No such file"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_entries_know_their_place),
                cmocka_unit_test(test_refusal_explains_a_comment),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_missing_file),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
