/*
 * POSIX extended regular expressions (IEEE 1003.1, 9.4) as a machine that is in several states at once: a text is gone through once, whatever the
 * expression, and takes no memory. regcomp(3) is no choice for what others write: some expressions of 40 bytes keep glibc's busy for
 * minutes, and take a gigabyte.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pxed/inspection/rule_internal.h"

#define PATTERN_MAX 256
#define GROUPS_MAX 16
#define REPEAT_MAX 255
#define PROGRAM_MAX 512
#define OPEN (-1) /* repeated any number of times */

enum node_kind { NODE_EMPTY, NODE_SET, NODE_BEGIN, NODE_END, NODE_SEQUENCE, NODE_CHOICE, NODE_REPEAT };

/* Of the expression as it was read. */
struct regex_node {
        enum node_kind kind;
        int left, right; /* of NODE_SET: the set, in `left` */
        int least, most; /* of NODE_REPEAT */
};

struct byte_set {
        uint64_t bits[4];
};

/* An expression while it is read: each byte of it makes at most two nodes, and one set; a group without end one more. */
struct reading {
        const char *at;
        const char *problem;
        struct regex_node nodes[2 * PATTERN_MAX + GROUPS_MAX + 4];
        int n_nodes;
        struct byte_set sets[PATTERN_MAX];
        int n_sets;
        unsigned depth;
};

enum instruction_kind { MATCH_SET, MATCH_BEGIN, MATCH_END, SPLIT, JUMP, ACCEPT };

struct instruction {
        enum instruction_kind kind;
        int16_t a, b; /* the set, or where it goes on */
};

struct rule_regex {
        bool whole;
        struct byte_set *sets;
        size_t size;
        struct instruction program[PROGRAM_MAX];
};

static void set_add(struct byte_set *set, unsigned char byte) {
        set->bits[byte / 64] |= UINT64_C(1) << byte % 64;
}

static bool set_has(const struct byte_set *set, unsigned char byte) {
        return set->bits[byte / 64] >> byte % 64 & 1;
}

static int add_node(struct reading *r, enum node_kind kind, int left, int right) {
        r->nodes[r->n_nodes] = (struct regex_node) { .kind = kind, .left = left, .right = right };
        return r->n_nodes++;
}

static int fail(struct reading *r, const char *problem) {
        if (!r->problem)
                r->problem = problem;
        r->at += strlen(r->at);
        return add_node(r, NODE_EMPTY, 0, 0);
}

static int add_set(struct reading *r, const struct byte_set *set) {
        r->sets[r->n_sets] = *set;
        return add_node(r, NODE_SET, r->n_sets++, 0);
}

/* "[:alpha:]" within brackets. */
static bool read_class(struct reading *r, struct byte_set *set) {
        static const struct {
                const char *name;
                int (*has)(int byte);
        } classes[] = {
                { "[:alnum:]", isalnum }, { "[:alpha:]", isalpha }, { "[:blank:]", isblank }, { "[:cntrl:]", iscntrl },
                { "[:digit:]", isdigit }, { "[:graph:]", isgraph }, { "[:lower:]", islower }, { "[:print:]", isprint },
                { "[:punct:]", ispunct }, { "[:space:]", isspace }, { "[:upper:]", isupper }, { "[:xdigit:]", isxdigit },
        };
        for (size_t i = 0; i < ELEMENTS(classes); i++) {
                if (strncmp(r->at, classes[i].name, strlen(classes[i].name)) != 0)
                        continue;
                r->at += strlen(classes[i].name);
                for (int byte = 0; byte < 128; byte++)
                        if (classes[i].has(byte))
                                set_add(set, (unsigned char) byte);
                return true;
        }
        return false;
}

/* A byte or a range of them. */
static bool read_range(struct reading *r, struct byte_set *set) {
        unsigned char first = (unsigned char) *r->at++, last = first;

        if (r->at[0] == '-' && r->at[1] && r->at[1] != ']') {
                last = (unsigned char) r->at[1];
                r->at += 2;
        }
        for (unsigned byte = first; byte <= last; byte++)
                set_add(set, (unsigned char) byte);
        return first <= last;
}

/* Behind '['; a ']' that comes first is one of the set. */
static int read_brackets(struct reading *r) {
        struct byte_set set = { 0 };
        bool negated = *r->at == '^';

        r->at += negated;
        for (bool first = true; *r->at && (*r->at != ']' || first); first = false) {
                if (r->at[0] == '[' && r->at[1] && strchr(":.=", r->at[1])) {
                        if (!read_class(r, &set))
                                return fail(r, "within brackets \"[:\" begins a class, such as [[:alpha:]], [[:digit:]], [[:space:]]; \"[.\" and \"[=\" are not taken");
                } else if (!read_range(r, &set))
                        return fail(r, "a range within brackets ends before it begins");
        }
        if (*r->at != ']')
                return fail(r, "it has a '[' without ']'; a '[' of the text is written \\[");
        r->at++;
        for (size_t i = 0; negated && i < ELEMENTS(set.bits); i++)
                set.bits[i] = ~set.bits[i];
        return add_set(r, &set);
}

static int read_choice(struct reading *r);

static int read_group(struct reading *r) {
        if (*r->at == '?')
                return fail(r, "\"(?\" is of other kinds of expressions: it has to be one of POSIX (regex(7))");
        if (++r->depth > GROUPS_MAX)
                return fail(r, "it has more than 16 groups within each other");
        int inner = read_choice(r);
        if (*r->at != ')')
                return fail(r, "it has a '(' without ')'; a '(' of the text is written \\(");
        r->at++;
        r->depth--;
        return inner;
}

static int read_escaped(struct reading *r) {
        struct byte_set set = { 0 };

        if (isdigit((unsigned char) *r->at))
                return fail(r, "references to groups (\\1) are not taken");
        if (!*r->at || isalpha((unsigned char) *r->at))
                return fail(r, "a '\\' stands before one of .[]{}()\\*+?|^$; for kinds of characters there are [[:alpha:]], [[:digit:]], [[:space:]]");
        set_add(&set, (unsigned char) *r->at++);
        return add_set(r, &set);
}

static int read_atom(struct reading *r) {
        struct byte_set set = { 0 };
        char c = *r->at++;

        switch (c) {
        case '(':
                return read_group(r);
        case '[':
                return read_brackets(r);
        case '\\':
                return read_escaped(r);
        case '^':
                return add_node(r, NODE_BEGIN, 0, 0);
        case '$':
                return add_node(r, NODE_END, 0, 0);
        case '.':
                memset(&set, 0xff, sizeof set);
                return add_set(r, &set);
        case '*':
        case '+':
        case '?':
        case '{':
                return fail(r, "a '*', '+', '?' or '{' has nothing before it to repeat; one of the text is written \\*");
        default:
                set_add(&set, (unsigned char) c);
                return add_set(r, &set);
        }
}

/* Digits, or `none` where there are none. */
static int read_count(struct reading *r, int none) {
        size_t digits = strspn(r->at, "0123456789");
        int count = digits == 0 ? none : digits > 4 ? REPEAT_MAX + 1 : atoi(r->at);

        r->at += digits;
        return count;
}

/* "{2}", "{2,}", "{2,5}"; also "{,5}", as glibc takes it. */
static bool read_interval(struct reading *r, int *least, int *most) {
        bool has_least = isdigit((unsigned char) *r->at);

        *least = *most = read_count(r, 0);
        if (*r->at == ',') {
                r->at++;
                *most = read_count(r, OPEN);
        } else if (!has_least)
                return false;
        if (*r->at != '}')
                return false;
        r->at++;
        return *least <= REPEAT_MAX && *most <= REPEAT_MAX && (*most == OPEN || *least <= *most);
}

static int read_repeated(struct reading *r) {
        int node = read_atom(r), least, most;

        while (*r->at && strchr("*+?{", *r->at)) {
                char c = *r->at++;
                least = c == '+';
                most = c == '?' ? 1 : OPEN;
                if (c == '{' && !read_interval(r, &least, &most))
                        return fail(r, "{2}, {2,} and {2,5} repeat what is before it, at most 255 times; a '{' of the text is written \\{");
                node = add_node(r, NODE_REPEAT, node, 0);
                r->nodes[node].least = least;
                r->nodes[node].most = most;
        }
        return node;
}

static int read_sequence(struct reading *r) {
        int node = -1;

        while (*r->at && *r->at != '|' && *r->at != ')') {
                int next = read_repeated(r);
                if (r->problem)
                        return next;
                node = node < 0 ? next : add_node(r, NODE_SEQUENCE, node, next);
        }
        return node < 0 ? add_node(r, NODE_EMPTY, 0, 0) : node;
}

static int read_choice(struct reading *r) {
        int node = read_sequence(r);

        while (*r->at == '|' && !r->problem) {
                r->at++;
                int other = read_sequence(r);
                node = add_node(r, NODE_CHOICE, node, other);
        }
        return node;
}

/* The place of the new instruction; the last one, again and again, when the program is full. */
static int16_t emit(struct rule_regex *x, enum instruction_kind kind, int a, int b) {
        if (x->size < PROGRAM_MAX)
                x->program[x->size++] = (struct instruction) { kind, (int16_t) a, (int16_t) b };
        return (int16_t) (x->size - 1);
}

static bool is_full(const struct rule_regex *x) {
        return x->size == PROGRAM_MAX;
}

static void write_node(struct rule_regex *x, const struct reading *r, int at);

/* Written out: so often as it has to be, then a loop, or so often as it may be, each of which may go to the end. */
static void write_repeat(struct rule_regex *x, const struct reading *r, const struct regex_node *node) {
        int16_t splits[REPEAT_MAX];
        int n_splits = 0;

        for (int i = 0; i < node->least && !is_full(x); i++) {
                size_t before = x->size;
                write_node(x, r, node->left);
                /* Nothing, however often. */
                if (x->size == before)
                        break;
        }
        if (node->most == OPEN) {
                int16_t split = emit(x, SPLIT, (int) x->size + 1, 0);
                write_node(x, r, node->left);
                emit(x, JUMP, split, 0);
                x->program[split].b = (int16_t) x->size;
                return;
        }
        for (int i = node->least; i < node->most && !is_full(x); i++) {
                splits[n_splits++] = emit(x, SPLIT, (int) x->size + 1, 0);
                write_node(x, r, node->left);
        }
        while (n_splits > 0)
                x->program[splits[--n_splits]].b = (int16_t) x->size;
}

static void write_choice(struct rule_regex *x, const struct reading *r, const struct regex_node *node) {
        int16_t split = emit(x, SPLIT, (int) x->size + 1, 0);

        write_node(x, r, node->left);
        int16_t jump = emit(x, JUMP, 0, 0);
        x->program[split].b = (int16_t) x->size;
        write_node(x, r, node->right);
        x->program[jump].a = (int16_t) x->size;
}

/* Recurses as deep as the expression; what does not fit is left out, and the program refused. */
static void write_node(struct rule_regex *x, const struct reading *r, int at) {
        const struct regex_node *node = &r->nodes[at];

        switch (node->kind) {
        case NODE_EMPTY:
                break;
        case NODE_SET:
                emit(x, MATCH_SET, node->left, 0);
                break;
        case NODE_BEGIN:
                emit(x, MATCH_BEGIN, 0, 0);
                break;
        case NODE_END:
                emit(x, MATCH_END, 0, 0);
                break;
        case NODE_SEQUENCE:
                write_node(x, r, node->left);
                write_node(x, r, node->right);
                break;
        case NODE_CHOICE:
                write_choice(x, r, node);
                break;
        case NODE_REPEAT:
                write_repeat(x, r, node);
                break;
        }
}

static const char *read_pattern(struct reading *r, struct rule_regex *x) {
        if (strlen(r->at) > PATTERN_MAX)
                return "it has more than 256 bytes";
        int root = read_choice(r);
        if (!r->problem && *r->at)
                return "it has a ')' without '('; a ')' of the text is written \\)";
        if (r->problem)
                return r->problem;
        write_node(x, r, root);
        emit(x, ACCEPT, 0, 0);
        return is_full(x) ? "with its repetitions written out it has more than 500 characters" : NULL;
}

int rule_regex_new(const char *pattern, bool whole, struct rule_regex **ret, char *reason, size_t size) {
        _cleanup_free_ struct reading *r = calloc(1, sizeof *r);
        struct rule_regex *x = calloc(1, sizeof *x);
        const char *problem = "out of memory";

        if (r && x) {
                r->at = pattern;
                x->whole = whole;
                problem = read_pattern(r, x);
        }
        if (!problem) {
                x->sets = calloc((size_t) r->n_sets + 1, sizeof *x->sets);
                if (x->sets) {
                        memcpy(x->sets, r->sets, (size_t) r->n_sets * sizeof *x->sets);
                        *ret = x;
                        return 0;
                }
        }
        rule_regex_free(x);
        if (!r || !x || !problem)
                return -ENOMEM;
        snprintf(reason, size, "%s", problem);
        return -EINVAL;
}

struct rule_regex *rule_regex_free(struct rule_regex *x) {
        if (!x)
                return NULL;
        free(x->sets);
        free(x);
        return NULL;
}

size_t rule_regex_work(const struct rule_regex *x, size_t length) {
        return (length + 1) * (1 + x->size / 16);
}

/* The states that the machine is in: instructions that wait for a byte. */
struct states {
        int16_t list[PROGRAM_MAX];
        size_t count;
        size_t seen[PROGRAM_MAX]; /* at which position, plus 1, it was entered last */
};

/* Enters a state and all that it leads to without a byte. True: the expression is fulfilled there. */
static bool enter(const struct rule_regex *x, struct states *to, int16_t first, size_t position, bool at_end) {
        int16_t stack[PROGRAM_MAX + 1]; /* each instruction is gone through once, and leaves one more behind at most */
        size_t depth = 0;
        bool accepts = false;

        stack[depth++] = first;
        while (depth > 0) {
                int16_t at = stack[--depth];
                const struct instruction *i = &x->program[at];
                if (to->seen[at] == position + 1)
                        continue;
                to->seen[at] = position + 1;
                if (i->kind == MATCH_SET)
                        to->list[to->count++] = at;
                else if (i->kind == ACCEPT)
                        accepts = true;
                else if (i->kind == JUMP || i->kind == SPLIT) {
                        stack[depth++] = i->a;
                        if (i->kind == SPLIT)
                                stack[depth++] = i->b;
                } else if (i->kind == MATCH_BEGIN ? position == 0 : at_end)
                        stack[depth++] = (int16_t) (at + 1);
        }
        return accepts;
}

bool rule_regex_match(const struct rule_regex *x, const char *text) {
        struct states states[2] = { { .count = 0 } };
        size_t length = strnlen(text, RULE_SUBJECT_MAX + 1);
        bool accepts;

        if (length > RULE_SUBJECT_MAX)
                return false;
        accepts = enter(x, &states[0], 0, 0, length == 0);
        for (size_t i = 0; i < length; i++) {
                struct states *from = &states[i % 2], *to = &states[(i + 1) % 2];
                /* A part may end anywhere, and begin anywhere. */
                if (accepts && !x->whole)
                        return true;
                accepts = false;
                to->count = 0;
                for (size_t s = 0; s < from->count; s++)
                        if (set_has(&x->sets[x->program[from->list[s]].a], (unsigned char) text[i]))
                                accepts = enter(x, to, (int16_t) (from->list[s] + 1), i + 1, i + 1 == length) || accepts;
                if (!x->whole)
                        accepts = enter(x, to, 0, i + 1, i + 1 == length) || accepts;
        }
        return accepts;
}
