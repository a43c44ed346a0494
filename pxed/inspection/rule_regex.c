/*
 * POSIX extended regular expressions by regcomp(3) of glibc, which unfolds each repetition when it compiles, and keeps a state for each way that a text
 * went. So an expression is measured before it is compiled, and compiled again after some bytes; texts are short, and
 * each is gone through once, from its beginning.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "pxed/inspection/rule_internal.h"

#define PATTERN_MAX 256
#define GROUPS_MAX 16
#define REPEAT_MAX 255
/* Characters that it has when each repetition is written out. */
#define COST_MAX 512
/* Bytes after which it is compiled again: they may have left as many states. */
#define FRESH_BYTES 4096

struct rule_regex {
        char text[PATTERN_MAX + 16]; /* with what makes it match a whole text, or a part */
        regex_t compiled;
        size_t seen;
};

/* Characters of a pattern so far, written out; one sum for each group that is open. */
struct cost {
        unsigned long sum[GROUPS_MAX + 1], last;
        size_t depth;
};

static void add_atom(struct cost *cost, unsigned long atom) {
        cost->last = atom;
        cost->sum[cost->depth] += atom;
}

static bool repeat(struct cost *cost, unsigned long times) {
        cost->sum[cost->depth] += cost->last * (times - 1);
        cost->last *= times;
        return cost->sum[cost->depth] <= COST_MAX;
}

/* Past a bracket expression, whose first character after '[' or '[^' may be ']'. NULL: it does not end. */
static const char *skip_brackets(const char *at) {
        at += at[1] == '^' ? 2 : 1;
        for (bool first = true; *at && (*at != ']' || first); first = false) {
                if (*at == '[' && at[1] && strchr(":.=", at[1])) {
                        const char end[] = { at[1], ']', '\0' };
                        at = strstr(at + 2, end);
                        if (!at)
                                return NULL;
                        at++;
                }
                at++;
        }
        return *at ? at + 1 : NULL;
}

/* "{2}", "{2,}" or "{2,5}": how often it is written out; 0: too often. *at goes past it; what is none is a '{'. */
static unsigned long read_interval(const char **at) {
        unsigned least = 0, most = 0;
        int digits = 0, more = 0;

        if (sscanf(*at, "{%3u%n", &least, &digits) < 1)
                return 1;
        const char *end = *at + digits;
        most = least;
        if (*end == ',') {
                end++;
                most = sscanf(end, "%3u%n", &most, &more) == 1 ? most : least + 1;
                end += more;
        }
        if (*end >= '0' && *end <= '9')
                return 0;
        if (*end == '}')
                *at = end;
        if (least > REPEAT_MAX || most > REPEAT_MAX)
                return 0;
        return most > least ? (most > 0 ? most : 1) : (least > 0 ? least : 1);
}

static const char *measure_one(struct cost *cost, const char **at) {
        unsigned long times = 1;
        const char *end;

        switch (**at) {
        case '(':
                if (cost->depth == GROUPS_MAX)
                        return "it has more than 16 groups within each other";
                cost->sum[++cost->depth] = 0;
                cost->last = 0;
                break;
        case ')':
                if (cost->depth == 0)
                        return "it has a ')' without '('; a ')' of the text is written \\)";
                cost->depth--;
                add_atom(cost, cost->sum[cost->depth + 1] + 1);
                break;
        case '+':
                times = 2;
                break;
        case '{':
                times = read_interval(at);
                if (times == 0)
                        return "it repeats something more than 255 times";
                break;
        case '\\':
                if ((*at)[1] >= '1' && (*at)[1] <= '9')
                        return "references to groups (\\1) are not taken";
                if ((*at)[1])
                        (*at)++;
                add_atom(cost, 1);
                break;
        case '[':
                end = skip_brackets(*at);
                if (!end)
                        return "it has a '[' without ']'";
                *at = end - 1;
                add_atom(cost, 1);
                break;
        case '*':
        case '?':
        case '|':
                break;
        default:
                add_atom(cost, 1);
        }
        if (!repeat(cost, times) || cost->sum[cost->depth] > COST_MAX)
                return "with its repetitions written out it has more than 512 characters";
        return NULL;
}

static const char *measure(const char *pattern) {
        struct cost cost = { 0 };
        const char *problem = NULL;

        if (strlen(pattern) > PATTERN_MAX)
                return "it has more than 256 bytes";
        if (strstr(pattern, "(?"))
                return "\"(?\" is of other kinds of expressions: it has to be one of POSIX (regex(7))";
        for (const char *at = pattern; *at && !problem; at++)
                problem = measure_one(&cost, &at);
        return problem;
}

static int compile(regex_t *compiled, const char *text, char *reason, size_t size) {
        int code = regcomp(compiled, text, REG_EXTENDED | REG_NOSUB);

        if (code == 0)
                return 0;
        regerror(code, compiled, reason, size);
        return code == REG_ESPACE ? -ENOMEM : -EINVAL;
}

int rule_regex_new(const char *pattern, bool whole, struct rule_regex **ret, char *reason, size_t size) {
        const char *problem = measure(pattern);
        regex_t alone;

        if (problem) {
                snprintf(reason, size, "%s", problem);
                return -EINVAL;
        }
        int r = compile(&alone, pattern, reason, size);
        if (r < 0)
                return r;
        regfree(&alone);
        struct rule_regex *regex = calloc(1, sizeof *regex);
        if (!regex)
                return -ENOMEM;
        /* Anchored both ways: a search would try each place of the text, which takes the square of its length. */
        snprintf(regex->text, sizeof regex->text, whole ? "^(%s)$" : "^.*(%s)", pattern);
        r = compile(&regex->compiled, regex->text, reason, size);
        if (r < 0) {
                free(regex);
                return r;
        }
        *ret = regex;
        return 0;
}

struct rule_regex *rule_regex_free(struct rule_regex *regex) {
        if (!regex)
                return NULL;
        regfree(&regex->compiled);
        free(regex);
        return NULL;
}

int rule_regex_match(struct rule_regex *regex, const char *text) {
        size_t length = strnlen(text, RULE_SUBJECT_MAX + 1);
        char ignored[8];
        regex_t fresh;

        if (length > RULE_SUBJECT_MAX)
                return 0;
        if (regex->seen > FRESH_BYTES) {
                if (compile(&fresh, regex->text, ignored, sizeof ignored) < 0)
                        return -ENOMEM;
                regfree(&regex->compiled);
                regex->compiled = fresh;
                regex->seen = 0;
        }
        regex->seen += length + 1;
        int code = regexec(&regex->compiled, text, 0, NULL, 0);
        return code == 0 ? 1 : code == REG_NOMATCH ? 0 : -ENOMEM;
}
