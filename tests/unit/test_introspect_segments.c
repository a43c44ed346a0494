/* introspect/segments: what is said to be on disk is there, and what was not written whole is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "introspect/segments.h"
#include "lib/file.h"

#define THREADS 8
#define POSTS_EACH 40
#define FOUND_MAX 1000

static char folder[64], refused[80];

struct found {
        struct spool_post post;
        struct segment_place place;
};

static struct found found[FOUND_MAX];
static size_t n_found;

static int set_up(void **state) {
        strcpy(folder, "/tmp/pxed-test-segments-XXXXXX");
        if (!mkdtemp(folder))
                return -1;
        snprintf(refused, sizeof(refused), "%s/refused", folder);
        strcat(folder, "/spool");
        return mkdir(folder, 0700) < 0 || mkdir(refused, 0700) < 0;
}

static int tear_down(void **state) {
        char command[160];

        *strrchr(folder, '/') = 0;
        snprintf(command, sizeof(command), "rm -rf %s", folder);
        return system(command);
}

static int on_found(const struct spool_post *post, const struct segment_place *place, void *userdata) {
        found[n_found++] = (struct found) { *post, *place };
        return 0;
}

static struct segments *open_segments(void) {
        struct segments *segments;

        n_found = 0;
        assert_int_equal(segments_new(folder, refused, on_found, NULL, &segments), 0);
        return segments;
}

static struct spool_post post_number(unsigned n, size_t size) {
        struct spool_post post = { .time = n, .mac = { { 2, 0, 0, 0, (uint8_t) (n >> 8), (uint8_t) n } }, .size = size };

        snprintf(post.post, sizeof(post.post), "%032x", n);
        return post;
}

/* A text of `size` bytes that is another one for each number. */
static char *text_of(unsigned n, size_t size) {
        char *text = malloc(size + 1);

        for (size_t i = 0; i < size; i++)
                text[i] = (char) ('a' + (n + i * 7) % 26);
        text[size] = 0;
        return text;
}

static int append(struct segments *segments, unsigned n, size_t size, struct segment_place *ret) {
        _cleanup_free_ char *text = text_of(n, size);
        struct spool_post post = post_number(n, size);

        return segments_append(segments, &post, text, ret);
}

static void assert_reads(struct segments *segments, const struct spool_post *post, const struct segment_place *place) {
        _cleanup_free_ char *text = NULL, *expected = text_of((unsigned) post->time, post->size);

        assert_int_equal(segments_read(segments, post, place, &text), 0);
        assert_string_equal(text, expected);
}

static void assert_found(struct segments *segments, size_t i, unsigned n, size_t size) {
        assert_int_equal(found[i].post.time, n);
        assert_int_equal(found[i].post.size, size);
        assert_reads(segments, &found[i].post, &found[i].place);
}

static unsigned files_in(const char *path) {
        struct dirent **names;
        int n = scandir(path, &names, NULL, alphasort);

        for (int i = 0; i < n; i++)
                free(names[i]);
        free(names);
        return (unsigned) n - 2;
}

/* The path of the only segment. */
static const char *only_segment(void) {
        static char path[sizeof(folder) + 257];
        struct dirent **names;

        assert_int_equal(scandir(folder, &names, NULL, alphasort), 3);
        snprintf(path, sizeof(path), "%s/%s", folder, names[2]->d_name);
        for (int i = 0; i < 3; i++)
                free(names[i]);
        free(names);
        return path;
}

static void write_at(const char *path, long offset, const char *bytes) {
        _cleanup_close_ int fd = open(path, O_WRONLY);

        assert_true(pwrite(fd, bytes, strlen(bytes), offset) == (ssize_t) strlen(bytes));
}

struct thread {
        struct segments *segments;
        unsigned first;
        struct segment_place places[POSTS_EACH];
};

static void *append_many(void *userdata) {
        struct thread *thread = userdata;

        for (unsigned i = 0; i < POSTS_EACH; i++)
                if (append(thread->segments, thread->first + i, 1000 + i, &thread->places[i]) < 0)
                        return NULL;
        return thread;
}

/* cmocka's asserts are the main thread's. */
static void test_many_at_once(void **state) {
        struct segments *segments = open_segments();
        struct thread threads[THREADS];
        pthread_t ids[THREADS];
        void *result;

        for (unsigned i = 0; i < THREADS; i++) {
                threads[i] = (struct thread) { .segments = segments, .first = i * POSTS_EACH };
                assert_int_equal(pthread_create(&ids[i], NULL, append_many, &threads[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
                pthread_join(ids[i], &result);
                assert_non_null(result);
        }
        for (unsigned i = 0; i < THREADS * POSTS_EACH; i++) {
                const struct spool_post post = post_number(i, 1000 + i % POSTS_EACH);
                assert_reads(segments, &post, &threads[i / POSTS_EACH].places[i % POSTS_EACH]);
        }
        segments_free(segments);

        segments = open_segments();
        assert_int_equal(n_found, THREADS * POSTS_EACH);
        for (size_t i = 0; i < n_found; i++) {
                assert_reads(segments, &found[i].post, &found[i].place);
                segments_forget(segments, &found[i].place);
        }
        assert_int_equal(files_in(folder), 0);
        segments_free(segments);
}

static void test_large_ones_fill_segments(void **state) {
        struct segments *segments = open_segments();
        struct segment_place places[4];

        for (unsigned i = 0; i < 4; i++)
                assert_int_equal(append(segments, i, SEGMENT_SIZE / 2, &places[i]), 0);
        assert_int_equal(files_in(folder), 2);
        segments_forget(segments, &places[0]);
        assert_int_equal(files_in(folder), 2);
        segments_forget(segments, &places[1]);
        assert_int_equal(files_in(folder), 1);
        segments_free(segments);
        segments = open_segments();
        assert_int_equal(n_found, 2);
        assert_found(segments, 0, 2, SEGMENT_SIZE / 2);
        segments_free(segments);
}

/* As after a kill: each length that the last post may have got to. */
static void test_cut_off(void **state) {
        struct segments *segments = open_segments();
        struct segment_place place;
        struct stat st;

        assert_int_equal(append(segments, 1, 100, &place), 0);
        assert_int_equal(append(segments, 2, 50, &place), 0);
        segments_free(segments);
        assert_int_equal(stat(only_segment(), &st), 0);
        /* as long as the first one and a byte of the second */
        for (off_t size = st.st_size - 1; size > (off_t) place.offset; size -= 11) {
                assert_int_equal(truncate(only_segment(), size), 0);
                segments = open_segments();
                assert_int_equal(n_found, 1);
                assert_found(segments, 0, 1, 100);
                segments_free(segments);
        }
        segments = open_segments();
        segments_forget(segments, &found[0].place);
        segments_free(segments);
        assert_int_equal(files_in(folder), 0);
        assert_int_equal(files_in(refused), 0);
}

static void test_damaged_text(void **state) {
        struct segments *segments = open_segments();
        struct segment_place first, second;
        struct spool_post post = post_number(1, 10);
        char *text;

        assert_int_equal(append(segments, 1, 10, &first), 0);
        assert_int_equal(append(segments, 2, 10, &second), 0);
        write_at(only_segment(), (long) second.offset - 5, "X");
        assert_int_equal(segments_read(segments, &post, &first, &text), -EBADMSG);
        assert_int_equal(strlen(text), 10);
        free(text);
        post = post_number(2, 10);
        assert_reads(segments, &post, &second);
        segments_free(segments);
}

/* What is before it is there, and the file is kept for a person. */
static void test_damaged_head(void **state) {
        struct segments *segments = open_segments();
        struct segment_place place;

        assert_int_equal(append(segments, 1, 10, &place), 0);
        assert_int_equal(append(segments, 2, 10, &place), 0);
        assert_int_equal(append(segments, 3, 10, &place), 0);
        segments_free(segments);
        write_at(only_segment(), (long) place.offset / 2, "?");
        segments = open_segments();
        assert_int_equal(n_found, 1);
        assert_found(segments, 0, 1, 10);
        segments_forget(segments, &found[0].place);
        assert_int_equal(files_in(folder), 0);
        assert_int_equal(files_in(refused), 1);
        segments_free(segments);
}

static void test_nothing_but_damage(void **state) {
        char path[256];

        snprintf(path, sizeof(path), "%s/0000000000000001.posts", folder);
        assert_int_equal(file_write(path, "# no post, but as long as the head of one, and longer, and longer, and longer, and longer\n", 90, 0600, false), 0);
        snprintf(path, sizeof(path), "%s/README", folder);
        assert_int_equal(file_write(path, "left alone", 10, 0600, false), 0);
        segments_free(open_segments());
        assert_int_equal(n_found, 0);
        assert_int_equal(files_in(folder), 1);
        assert_int_equal(files_in(refused), 1);
}

/* A full disk takes a part. The limit of the file's size does the same. */
static void test_partly_written(void **state) {
        struct segments *segments = open_segments();
        struct segment_place first, second, third;
        struct rlimit before, limit;

        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(append(segments, 1, 100, &first), 0);
        getrlimit(RLIMIT_FSIZE, &before);
        limit = before;
        limit.rlim_cur = 1000;
        setrlimit(RLIMIT_FSIZE, &limit);
        assert_int_equal(append(segments, 2, 2000, &second), -EFBIG);
        int r = append(segments, 3, 200, &third);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(r, 0);
        segments_free(segments);

        segments = open_segments();
        assert_int_equal(n_found, 2);
        assert_found(segments, 0, 1, 100);
        assert_found(segments, 1, 3, 200);
        for (size_t i = 0; i < n_found; i++)
                segments_forget(segments, &found[i].place);
        segments_free(segments);
        assert_int_equal(files_in(refused), 0);
}

static int on_found_without_memory(const struct spool_post *post, const struct segment_place *place, void *userdata) {
        return -ENOMEM;
}

/* What could not be read now is there for the next start. */
static void test_no_memory_to_read_it(void **state) {
        struct segments *segments = open_segments();
        struct segment_place place;

        assert_int_equal(append(segments, 1, 100, &place), 0);
        segments_free(segments);
        assert_int_equal(segments_new(folder, refused, on_found_without_memory, NULL, &segments), -ENOMEM);
        segments = open_segments();
        assert_int_equal(n_found, 1);
        assert_found(segments, 0, 1, 100);
        segments_free(segments);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_many_at_once, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_large_ones_fill_segments, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cut_off, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_damaged_text, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_damaged_head, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nothing_but_damage, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_partly_written, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_no_memory_to_read_it, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
