/* lib/file: bounded reads, whole replacement, opening beneath a root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/file.h"
#include "lib/macro.h"

static char folder[] = "/tmp/pxed-test-file-XXXXXX";

static int set_up(void **state) {
        return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        return system(command);
}

static void test_read_is_bounded(void **state) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        assert_int_equal(file_write("a", "0123456789", 10, 0600, true), 0);
        assert_int_equal(file_read("a", 9, &text, &size), -EFBIG);
        assert_int_equal(file_read("a", 10, &text, &size), 0);
        assert_int_equal(size, 10);
        assert_string_equal(text, "0123456789");
        assert_int_equal(file_read("missing", 10, &text, &size), -ENOENT);
}

static void test_write_replaces_whole(void **state) {
        _cleanup_free_ char *text = NULL;
        struct stat st;

        assert_int_equal(file_write("b", "long old text", 13, 0640, false), 0);
        assert_int_equal(file_write("b", "new", 3, 0600, false), 0);
        assert_int_equal(file_read("b", 100, &text, NULL), 0);
        assert_string_equal(text, "new");
        assert_int_equal(stat("b", &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(file_write("no/such/folder/b", "x", 1, 0600, false), -ENOENT);
}

static void test_folder_make(void **state) {
        assert_int_equal(folder_make("x/y/z", 0700), 0);
        assert_int_equal(folder_make("x/y/z", 0700), 0);
        assert_int_equal(file_write("x/f", "", 0, 0600, false), 0);
        assert_int_equal(folder_make("x/f", 0700), -ENOTDIR);
}

static void test_open_beneath(void **state) {
        assert_int_equal(folder_make("root/sub", 0755), 0);
        assert_int_equal(file_write("secret", "s", 1, 0600, false), 0);
        assert_int_equal(file_write("root/sub/f", "f", 1, 0600, false), 0);
        assert_int_equal(symlink("../secret", "root/out"), 0);
        assert_int_equal(symlink("/etc/passwd", "root/absolute"), 0);
        assert_int_equal(symlink("sub/f", "root/in"), 0);
        assert_int_equal(mkfifo("root/fifo", 0600), 0);

        _cleanup_close_ int root = open("root", O_RDONLY | O_DIRECTORY);
        int fd = file_open_beneath(root, "sub/f");
        assert_true(fd >= 0);
        close(fd);
        fd = file_open_beneath(root, "in");
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(file_open_beneath(root, "../secret"), -EXDEV);
        assert_int_equal(file_open_beneath(root, "sub/../../secret"), -EXDEV);
        assert_int_equal(file_open_beneath(root, "out"), -EXDEV);
        assert_int_equal(file_open_beneath(root, "absolute"), -EXDEV);
        assert_int_equal(file_open_beneath(root, "/etc/passwd"), -EXDEV);
        assert_int_equal(file_open_beneath(root, "sub"), -EISDIR);
        assert_int_equal(file_open_beneath(root, "fifo"), -EINVAL);
        assert_int_equal(file_open_beneath(root, "none"), -ENOENT);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read_is_bounded),
                cmocka_unit_test(test_write_replaces_whole),
                cmocka_unit_test(test_folder_make),
                cmocka_unit_test(test_open_beneath),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
