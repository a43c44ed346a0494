/* The parts of inspection rules among themselves. */
#pragma once

#include "pxed/inspection/rule.h"
#include "pxed/node_values.h"

/* What the rules of a run look at, all together: values of the document, also on the way to others, those that a "{POINTER}" with '*' looks for, members of lists that are
 * compared with, and bytes that are compared with regular expressions. */
#define RULE_WORK_MAX (1024 * 1024)
/* Bytes of a text that was filled in, and of what one action sets (as JSON). */
#define RULE_TEXT_MAX 4096
#define RULE_VALUE_MAX 16384
/* Levels of a value that is set, and parts of the pointer to it. */
#define RULE_VALUE_DEPTH 16
/* Bytes that all actions of a run set together. */
#define RULE_RUN_MAX (1024 * 1024)

/* What is read: the place so far, and where to say what is wrong. */
struct rule_reader {
        char at[48]; /* "conditions[1]" */
        struct rule_error *error;
};

/* Says what is wrong with a member (NULL: with the whole) of what is read. Returns -EINVAL. */
int rule_refuse(const struct rule_reader *reader, const char *member, const char *format, ...) _printf_(3, 4);

/* What args may have: the names that an op knows. */
enum rule_argument_type { ARGUMENT_ANY, ARGUMENT_TEXT, ARGUMENT_BOOL };
struct rule_argument {
        const char *name; /* NULL ends the list */
        enum rule_argument_type type;
        bool optional; /* null is as good as not there */
};
#define RULE_ARGUMENTS_MAX 4
/* Refuses args that are missing, unknown or of another type. */
int rule_check_arguments(const struct rule_reader *reader, const char *op, const json_t *args, const struct rule_argument *arguments);

/* A pointer into the document: its roots are node, inventory and raw, and what is named first below node and inventory has to be there. */
const char *rule_field_problem(const char *pointer, char *buffer, size_t size);

/* pxed/inspection/rule_text.c: "{POINTER}" in texts. */

/* How many there are in the texts of a value, at any depth. -EINVAL: one cannot be evaluated, and `reason` says why. */
int rule_references(const json_t *value, char *reason, size_t size);
/* FILL_VALUE: a text that is nothing but one reference becomes the value that it names, copied. FILL_TEXT: it stays a text. FILL_LENIENT: as
 * FILL_VALUE, but what is not there is null, and in a text nothing. */
enum rule_fill_mode { FILL_VALUE, FILL_TEXT, FILL_LENIENT };
/*
 * A new value with all references replaced by what they name; what a pattern names is a list. -ENOENT: something is not there; -EFBIG: it is larger
 * than the bounds above, or *work, what is left of RULE_WORK_MAX, is used up; `reason` says which reference it was. -ENOMEM.
 */
int rule_fill(const json_t *document, const json_t *value, enum rule_fill_mode mode, size_t *work, json_t **ret, char *reason, size_t size);
/* The same of a text, into `buffer`: cleaned (text_clean) and cut to what fits. What is not there is "(none)". */
void rule_fill_line(const json_t *document, const char *text, size_t *work, char *buffer, size_t size);
/* Bytes that a value takes as JSON, about; SIZE_MAX: more than `max`, or deeper than `depth` levels. */
size_t rule_value_size(const json_t *value, size_t max, unsigned depth);

/* pxed/inspection/rule_regex.c: regular expressions that can take neither much memory nor much time. */

#define RULE_SUBJECT_MAX 1024

struct rule_regex;
/* whole: it has to match all of a text. -EINVAL and `reason`; -ENOMEM. */
int rule_regex_new(const char *pattern, bool whole, struct rule_regex **ret, char *reason, size_t size);
struct rule_regex *rule_regex_free(struct rule_regex *regex);
DEFINE_CLEANUP(struct rule_regex *, rule_regex_free);
/* 1: it matches; 0: it does not, as a text of more than RULE_SUBJECT_MAX bytes; -EFBIG: it would take more than rule_regex_work allows; -ENOMEM. */
int rule_regex_match(const struct rule_regex *regex, const char *text);
/* What to match a text of so many bytes takes of RULE_WORK_MAX. */
size_t rule_regex_work(size_t length);

/* pxed/inspection/rule_condition.c */

struct rule_condition;
int rule_condition_parse(const struct rule_reader *reader, const json_t *json, struct rule_condition **ret);
struct rule_condition *rule_condition_free(struct rule_condition *condition);
/* 1: fulfilled; 0: not; -EFBIG: *work, what is left of RULE_WORK_MAX, is used up; -ENOMEM. */
int rule_condition_check(const struct rule_condition *condition, const json_t *document, size_t *work);

/* pxed/inspection/rule_attribute.c: what of a node may be changed, and to what. */

enum rule_edit { EDIT_SET, EDIT_EXTEND, EDIT_DELETE };
/* Whether that may be done at a place of the node. NULL, or why not. */
const char *rule_attribute_problem(const char *path, enum rule_edit edit);
/* Whether a value may be put there, or added to the list that is there. NULL, or why not (static text, or in `reason`). */
const char *rule_attribute_value_problem(const char *path, enum rule_edit edit, const json_t *value, char reason[static NODE_REASON_SIZE]);
/* The same of a port, for which there is only EDIT_SET. */
const char *rule_port_attribute_problem(const char *path);
const char *rule_port_attribute_value_problem(const char *path, const json_t *value, char reason[static NODE_REASON_SIZE]);
/* Whether it is a text, or a list of them. */
bool rule_attribute_is_text(const char *path);
bool rule_port_attribute_is_text(const char *path);
/* What an attribute is when it has been taken away whole (new reference); NULL: the pointer names something within it. */
json_t *rule_attribute_empty(const char *path);

/* pxed/inspection/rule_action.c */

struct rule_run {
        const char *rule;
        bool sensitive;
        json_t *document; /* node, inventory with pluginData, raw */
        struct run_outcome *outcome;
        size_t left;  /* of RULE_RUN_MAX */
        size_t *work; /* left of RULE_WORK_MAX */
};

struct rule_action;
int rule_action_parse(const struct rule_reader *reader, const json_t *json, struct rule_action **ret);
struct rule_action *rule_action_free(struct rule_action *action);
/* 0; -ECANCELED: it fails the run, and `reason` says why; -ENOMEM. */
int rule_action_run(const struct rule_action *action, struct rule_run *run, char *reason, size_t size);
/* Whether it is there to fail the run: the reason is its own message then. */
bool rule_action_fails(const struct rule_action *action);
