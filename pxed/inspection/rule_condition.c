/* Conditions: a field of the document, an operator, and what it is compared with. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/address.h"
#include "lib/json_pointer.h"
#include "lib/text.h"
#include "pxed/inspection/rule_internal.h"

#define NETWORKS_MAX 256

enum operation {
        OP_EQ,
        OP_NE,
        OP_LT,
        OP_LE,
        OP_GT,
        OP_GE,
        OP_IS_EMPTY,
        OP_IN_NET,
        OP_MATCHES,
        OP_CONTAINS,
        OP_ONE_OF,
        OP_IS_NONE,
        OP_IS_TRUE,
        OP_IS_FALSE,
        OPERATIONS
};

static const char *const operation_names[OPERATIONS] = {
        "eq", "ne", "lt", "le", "gt", "ge", "is-empty", "in-net", "matches", "contains", "one-of", "is-none", "is-true", "is-false",
};

enum multiple { MULTIPLE_ANY, MULTIPLE_ALL, MULTIPLE_FIRST, MULTIPLE_LAST, MULTIPLES };

static const char *const multiple_names[MULTIPLES] = { "any", "all", "first", "last" };

struct rule_condition {
        enum operation operation;
        bool negated, has_references;
        enum multiple multiple;
        /* The field, at its last '*' in two: the values are what `rest` names in each member that `members` names. No pattern: `rest` is all. */
        char *members, *rest;
        json_t *value; /* NULL: the operator needs none */
        struct rule_regex *regex;
        struct ip_prefix *networks;
        size_t n_networks;
};

static bool takes_value(enum operation operation) {
        return operation != OP_IS_EMPTY && operation != OP_IS_NONE && operation != OP_IS_TRUE && operation != OP_IS_FALSE;
}

static bool is_order(enum operation operation) {
        return operation == OP_LT || operation == OP_LE || operation == OP_GT || operation == OP_GE;
}

/* A number, or a text that is nothing but a decimal number. */
static bool read_number(const json_t *value, long double *ret) {
        const char *text = json_string_value(value);
        char *end;

        if (json_is_integer(value))
                *ret = (long double) json_integer_value(value);
        else if (json_is_real(value))
                *ret = (long double) json_real_value(value);
        if (!text)
                return json_is_number(value);
        const char *digits = text + (*text == '-' || *text == '+');
        if (!isdigit((unsigned char) *digits) || text[strspn(text, "0123456789+-.eE")])
                return false;
        *ret = strtold(text, &end);
        return *end == '\0';
}

/* A number and what can be read as one: as numbers. Else by type and value, texts by their bytes. */
static bool is_equal(const json_t *a, const json_t *b) {
        long double x, y;

        if ((json_is_number(a) || json_is_number(b)) && read_number(a, &x) && read_number(b, &y))
                return x == y;
        return json_equal(a, b);
}

static bool is_ordered(enum operation operation, const json_t *a, const json_t *b) {
        long double x, y;

        if (!read_number(a, &x) || !read_number(b, &y))
                return false;
        switch (operation) {
        case OP_LT:
                return x < y;
        case OP_LE:
                return x <= y;
        case OP_GT:
                return x > y;
        default:
                return x >= y;
        }
}

static bool is_one_of(const json_t *value, const json_t *list) {
        const json_t *other;
        size_t i;

        json_array_foreach((json_t *) list, i, other)
                if (is_equal(value, other))
                        return true;
        return false;
}

static bool is_empty(const json_t *value) {
        if (json_is_string(value))
                return json_string_length(value) == 0;
        if (json_is_object(value) || json_is_array(value))
                return json_object_size(value) + json_array_size(value) == 0;
        return json_is_null(value);
}

/* As people write it: a boolean, a number that is or is not 0, or a word. */
static bool is_truth(const json_t *value, bool truth) {
        static const char *const words[2][5] = { { "false", "no", "off", "0", "f" }, { "true", "yes", "on", "1", "t" } };
        long double number;

        if (json_is_boolean(value))
                return json_is_true(value) == truth;
        if (json_is_number(value))
                return read_number(value, &number) && (number != 0) == truth;
        for (size_t i = 0; json_is_string(value) && i < ELEMENTS(words[0]); i++)
                if (strcasecmp(words[truth][i], json_string_value(value)) == 0)
                        return true;
        return false;
}

static bool is_in_networks(const struct rule_condition *c, const json_t *value) {
        struct ip_prefix prefix;
        const char *text = json_string_value(value);

        if (!text || (ip_parse(text, &prefix.address) < 0 && ip_prefix_parse(text, &prefix) < 0))
                return false;
        for (size_t i = 0; i < c->n_networks; i++)
                if (ip_in_prefix(&prefix.address, &c->networks[i]))
                        return true;
        return false;
}

/* A text, or a number written as one. */
static int is_match(const struct rule_condition *c, const json_t *value, size_t *work) {
        char number[32];
        const char *text = json_string_value(value);

        if (json_is_integer(value)) {
                snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                text = number;
        }
        if (!text)
                return 0;
        size_t needed = rule_regex_work(strnlen(text, RULE_SUBJECT_MAX));
        if (*work < needed)
                return -EFBIG;
        *work -= needed;
        return rule_regex_match(c->regex, text);
}

/* One pass over the values of a field. */
struct check {
        const struct rule_condition *condition;
        const json_t *compared; /* the condition's value, filled in */
        size_t *work;
        const json_t *last;
        bool seen;
        int result;
};

static bool has_left(struct check *check, size_t needed) {
        bool enough = *check->work >= needed;

        *check->work -= enough ? needed : 0;
        return enough;
}

static int compare(struct check *check, const json_t *value) {
        switch (check->condition->operation) {
        case OP_EQ:
                return is_equal(value, check->compared);
        case OP_NE:
                return !is_equal(value, check->compared);
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
                return is_ordered(check->condition->operation, value, check->compared);
        case OP_IS_EMPTY:
                return is_empty(value);
        case OP_IN_NET:
                return has_left(check, check->condition->n_networks) ? is_in_networks(check->condition, value) : -EFBIG;
        case OP_MATCHES:
        case OP_CONTAINS:
                return is_match(check->condition, value, check->work);
        case OP_ONE_OF:
                return has_left(check, json_array_size(check->compared)) ? is_one_of(value, check->compared) : -EFBIG;
        case OP_IS_NONE:
                return json_is_null(value);
        case OP_IS_TRUE:
        case OP_IS_FALSE:
                return is_truth(value, check->condition->operation == OP_IS_TRUE);
        case OPERATIONS:
                break;
        }
        return 0;
}

static int check_value(struct check *check, const json_t *value) {
        int r = compare(check, value);

        check->result = r < 0 ? r : (r != 0) != check->condition->negated;
        return check->result;
}

/* A member that the pattern names. Returns 1 when the rest need not be looked at. */
static int check_member(const char *pointer, json_t *member, void *userdata) {
        struct check *check = userdata;
        const json_t *value = json_pointer_get(member, check->condition->rest);

        if (!value)
                value = json_null();
        check->seen = true;
        check->last = value;
        if (check->condition->multiple == MULTIPLE_LAST)
                return 0;
        if (check_value(check, value) < 0)
                return 1;
        return check->condition->multiple == MULTIPLE_FIRST || check->result == (check->condition->multiple == MULTIPLE_ANY);
}

int rule_condition_check(const struct rule_condition *c, const json_t *document, size_t *work) {
        _cleanup_json_ json_t *filled = NULL;
        struct check check = { .condition = c, .compared = c->value, .work = work };
        char ignored[8];
        int r = 0;

        if (c->has_references) {
                r = rule_fill(document, c->value, FILL_LENIENT, work, &filled, ignored, sizeof ignored);
                check.compared = filled;
        }
        if (r == 0 && c->members)
                r = json_pointer_each_within(document, c->members, work, check_member, &check);
        else if (r == 0)
                r = has_left(&check, 1) ? check_member("", (json_t *) document, &check) : -EFBIG;
        if (r < 0)
                return r == -ENOMEM ? r : -EFBIG;
        if (check.result < 0)
                return check.result;
        /* No member at all is as a field that is not there. */
        if (!check.seen)
                check.last = json_null();
        return check.seen && c->multiple != MULTIPLE_LAST ? check.result : check_value(&check, check.last);
}

static int split_field(struct rule_condition *c, const char *field) {
        const char *star = NULL;

        for (const char *at = strstr(field, "/*"); at; at = strstr(at + 2, "/*"))
                if (at[2] == '/' || at[2] == '\0')
                        star = at;
        c->members = star ? strndup(field, (size_t) (star + 2 - field)) : NULL;
        c->rest = strdup(star ? star + 2 : field);
        return !c->rest || (star && !c->members) ? -ENOMEM : 0;
}

static int add_network(const struct rule_reader *reader, const char *member, struct rule_condition *c, const json_t *value) {
        struct ip_prefix prefix;
        const char *text = json_string_value(value);
        bool is_address = text && ip_parse(text, &prefix.address) == 0;

        if (!text || (!is_address && ip_prefix_parse(text, &prefix) < 0))
                return rule_refuse(reader, member, "%s%.64s%s is no network: \"192.0.2.0/24\", \"2001:db8::/32\", or one address", text ? "\"" : "",
                                   text ? text : "it", text ? "\"" : "");
        if (is_address)
                prefix.length = prefix.address.family == AF_INET ? 32 : 128;
        struct ip_prefix *larger = reallocarray(c->networks, c->n_networks + 1, sizeof *larger);
        if (!larger)
                return -ENOMEM;
        c->networks = larger;
        larger[c->n_networks++] = prefix;
        return 0;
}

static int prepare_networks(const struct rule_reader *reader, struct rule_condition *c) {
        char member[48];
        json_t *value;
        size_t i;

        if (!json_is_array(c->value))
                return add_network(reader, "args.value", c, c->value);
        if (json_array_size(c->value) < 1 || json_array_size(c->value) > NETWORKS_MAX)
                return rule_refuse(reader, "args.value", "a list of networks has 1 to %d", NETWORKS_MAX);
        json_array_foreach(c->value, i, value) {
                snprintf(member, sizeof member, "args.value[%zu]", i);
                int r = add_network(reader, member, c, value);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int prepare_regex(const struct rule_reader *reader, struct rule_condition *c) {
        char reason[200];

        if (!json_is_string(c->value))
                return rule_refuse(reader, "args.value", "it has to be a text: a regular expression");
        int r = rule_regex_new(json_string_value(c->value), c->operation == OP_MATCHES, &c->regex, reason, sizeof reason);
        return r == -EINVAL ? rule_refuse(reader, "args.value", "as a regular expression: %s", reason) : r;
}

static int prepare_compared(const struct rule_reader *reader, struct rule_condition *c) {
        char reason[200];
        long double number;
        int references = rule_references(c->value, reason, sizeof reason);

        if (references < 0)
                return rule_refuse(reader, "args.value", "%s", reason);
        c->has_references = references > 0;
        if (c->operation == OP_ONE_OF && !json_is_array(c->value))
                return rule_refuse(reader, "args.value", "one-of needs a list");
        if (is_order(c->operation) && references == 0 && !read_number(c->value, &number))
                return rule_refuse(reader, "args.value", "%s needs a number: other values have no order", operation_names[c->operation]);
        return 0;
}

static int prepare_value(const struct rule_reader *reader, struct rule_condition *c) {
        switch (c->operation) {
        case OP_IN_NET:
                return prepare_networks(reader, c);
        case OP_MATCHES:
        case OP_CONTAINS:
                return prepare_regex(reader, c);
        default:
                return prepare_compared(reader, c);
        }
}

static int read_operation(const struct rule_reader *reader, const char *op, struct rule_condition *c) {
        c->negated = *op == '!';
        int operation = name_to_enum(operation_names, OPERATIONS, op + c->negated);
        if (operation < 0)
                return rule_refuse(reader, "op",
                                   "\"%.32s\" is none of eq, ne, lt, le, gt, ge, is-empty, in-net, matches, contains, one-of, is-none, is-true, "
                                   "is-false ('!' before it: not so)",
                                   op);
        c->operation = (enum operation) operation;
        return 0;
}

static int read_condition(const struct rule_reader *reader, const json_t *json, struct rule_condition *c) {
        static const struct rule_argument with_value[] = { { "field", ARGUMENT_TEXT, false }, { "value", ARGUMENT_ANY, false }, {} };
        static const struct rule_argument without[] = { { "field", ARGUMENT_TEXT, false }, {} };
        const char *op = json_get_string(json, "op"), *multiple = json_get_string(json, "multiple");
        const json_t *args = json_get_object(json, "args");
        char reason[200];

        int r = read_operation(reader, op, c);
        if (r == 0)
                r = rule_check_arguments(reader, op, args, takes_value(c->operation) ? with_value : without);
        if (r < 0)
                return r;
        c->multiple = multiple ? (enum multiple) name_to_enum(multiple_names, MULTIPLES, multiple) : MULTIPLE_ANY;
        const char *problem = rule_field_problem(json_get_string(args, "field"), reason, sizeof reason);
        if (problem)
                return rule_refuse(reader, "args.field", "%s", problem);
        r = split_field(c, json_get_string(args, "field"));
        if (r == 0 && takes_value(c->operation)) {
                c->value = json_incref(json_object_get(args, "value"));
                r = prepare_value(reader, c);
        }
        return r;
}

int rule_condition_parse(const struct rule_reader *reader, const json_t *json, struct rule_condition **ret) {
        struct rule_condition *condition = calloc(1, sizeof *condition);
        int r = condition ? read_condition(reader, json, condition) : -ENOMEM;

        if (r < 0)
                rule_condition_free(condition);
        else
                *ret = condition;
        return r;
}

struct rule_condition *rule_condition_free(struct rule_condition *condition) {
        if (!condition)
                return NULL;
        free(condition->members);
        free(condition->rest);
        json_decref(condition->value);
        rule_regex_free(condition->regex);
        free(condition->networks);
        free(condition);
        return NULL;
}
