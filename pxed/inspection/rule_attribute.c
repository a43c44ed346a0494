/* What of a node rules may change, and to what: a table. */
#include <stdio.h>
#include <string.h>

#include "lib/address.h"
#include "lib/json_pointer.h"
#include "lib/text.h"
#include "pxed/inspection/rule_internal.h"

enum attribute_kind { KIND_NAME, KIND_ADDRESS, KIND_WORDS, KIND_MEMBER, KIND_PHYSICAL_NETWORK, KIND_PORT_TEXT, KIND_BOOL, KIND_ANY };
/* What a pointer to it names: the attribute itself, a member of it, or something at any depth below it. */
enum attribute_depth { DEPTH_SELF, DEPTH_MEMBER, DEPTH_ANY };

struct attribute {
        const char *name;
        enum attribute_depth depth;
        enum attribute_kind kind;
        bool extends, deletes;
        const char *empty; /* JSON, when taken away whole; NULL: that cannot be */
};

static const struct attribute node_attributes[] = {
        { "name", DEPTH_SELF, KIND_NAME, false, false, NULL },
        { "bmcAddress", DEPTH_SELF, KIND_ADDRESS, false, true, "null" },
        { "tags", DEPTH_SELF, KIND_WORDS, true, true, "[]" },
        { "labels", DEPTH_MEMBER, KIND_MEMBER, false, true, NULL },
        { "properties", DEPTH_ANY, KIND_ANY, true, true, NULL },
        { "capabilities", DEPTH_MEMBER, KIND_MEMBER, false, true, NULL },
        { "traits", DEPTH_SELF, KIND_WORDS, true, true, "[]" },
        { "extra", DEPTH_ANY, KIND_ANY, true, true, NULL },
};

static const struct attribute port_attributes[] = {
        { "physicalNetwork", DEPTH_SELF, KIND_PHYSICAL_NETWORK, false, false, NULL },
        { "portGroup", DEPTH_SELF, KIND_PORT_TEXT, false, false, NULL },
        { "attachment", DEPTH_SELF, KIND_PORT_TEXT, false, false, NULL },
        { "expectedChassis", DEPTH_SELF, KIND_PORT_TEXT, false, false, NULL },
        { "expectedPort", DEPTH_SELF, KIND_PORT_TEXT, false, false, NULL },
        { "boots", DEPTH_SELF, KIND_BOOL, false, false, NULL },
};

static const struct attribute *find(const struct attribute *table, size_t count, const char *path) {
        size_t length = strcspn(path + 1, "/");

        for (size_t i = 0; i < count; i++)
                if (strlen(table[i].name) == length && memcmp(table[i].name, path + 1, length) == 0)
                        return &table[i];
        return NULL;
}

static const struct attribute *find_of_node(const char *path) {
        return find(node_attributes, ELEMENTS(node_attributes), path);
}

static const struct attribute *find_of_port(const char *path) {
        return find(port_attributes, ELEMENTS(port_attributes), path);
}

static size_t count_parts(const char *path) {
        size_t count = 0;

        for (; *path; path++)
                count += *path == '/';
        return count;
}

/* A pointer to one place, with names in each part. */
static const char *check_path(const char *path) {
        const char *reason = NULL;

        if (json_pointer_check(path, &reason) < 0)
                return reason;
        if (json_pointer_is_pattern(path))
                return "what is changed is one place: '*' cannot be in its pointer";
        if (strstr(path, "{/"))
                return "a pointer is taken as it stands: {POINTER} is for values";
        if (!*path || strstr(path, "//") || path[strlen(path) - 1] == '/')
                return "each part of it has to have a name";
        if (count_parts(path) > RULE_VALUE_DEPTH)
                return "it has more than 16 parts";
        return NULL;
}

const char *rule_attribute_problem(const char *path, enum rule_edit edit) {
        const char *problem = check_path(path);
        const struct attribute *attribute = problem ? NULL : find_of_node(path);

        if (problem)
                return problem;
        if (!attribute)
                return strncmp(path, "/node/", 6) == 0
                               ? "it begins within the node: \"/name\", not \"/node/name\""
                               : "rules may change /name, /bmcAddress, /tags, /labels/NAME, /properties/..., /capabilities/NAME, /traits, /extra/...";
        if (attribute->depth == DEPTH_SELF && count_parts(path) != 1)
                return "it has no parts that can be changed: name it as a whole";
        if (attribute->depth == DEPTH_MEMBER && count_parts(path) != 2)
                return "name one of its members: /labels/NAME, /capabilities/NAME";
        if (attribute->depth == DEPTH_ANY && count_parts(path) < 2)
                return "name something within it: /properties/NAME, /extra/NAME";
        if (edit == EDIT_EXTEND && !attribute->extends)
                return "it is no list: /tags, /traits, and lists in /properties and /extra can be extended";
        if (edit == EDIT_DELETE && !attribute->deletes)
                return "it cannot be taken away";
        return NULL;
}

const char *rule_port_attribute_problem(const char *path) {
        const char *problem = check_path(path);

        if (problem)
                return problem;
        if (count_parts(path) != 1 || !find_of_port(path))
                return "rules may change /physicalNetwork, /portGroup, /attachment, /expectedChassis, /expectedPort, /boots of a port";
        return NULL;
}

/* A text without control characters: what comes from a machine may have them. */
static bool is_line(const json_t *value) {
        const char *text = json_string_value(value);

        for (const char *at = text; at && *at; at++)
                if ((unsigned char) *at < ' ' || *at == 0x7f)
                        return false;
        return text != NULL;
}

static const char *check_name(const json_t *value, char *reason) {
        static const struct registry nobody;
        const struct node *owner;

        if (!json_is_string(value))
                return "it has to be a text";
        return node_name_check(&nobody, json_string_value(value), NULL, &owner, reason) ? NULL : reason;
}

static const char *check_address(const json_t *value) {
        const char *text = json_string_value(value);
        struct ip ip;

        return text && ip_parse(text, &ip) == 0 ? NULL : "it has to be an address: \"192.0.2.1\", \"2001:db8::1\"";
}

/* A list of texts, or one to be added to it. */
static const char *check_words(const char *name, bool extends, const json_t *value, char *reason) {
        _cleanup_json_ json_t *list = extends ? json_pack("[O]", value) : json_incref((json_t *) value);
        const json_t *word;
        size_t i;
        bool is_list = json_is_array(list);

        json_array_foreach(list, i, word)
                is_list = is_list && is_line(word);
        if (!is_list)
                return extends ? "it has to be a text without control characters" : "it has to be a list of texts without control characters";
        return node_value_check(name, list, reason) ? NULL : reason;
}

/* A member of an object of texts. */
static const char *check_member(const char *name, const char *path, const json_t *value, char *reason) {
        _cleanup_json_ json_t *document = json_object();

        if (!is_line(value))
                return "it has to be a text without control characters";
        if (json_pointer_set(document, path, json_incref((json_t *) value)) < 0)
                return "out of memory";
        return node_value_check(name, json_object_get(document, name), reason) ? NULL : reason;
}

static const char *check_kind(const struct attribute *attribute, const char *path, bool extends, const json_t *value, char *reason) {
        switch (attribute->kind) {
        case KIND_NAME:
                return check_name(value, reason);
        case KIND_ADDRESS:
                return check_address(value);
        case KIND_WORDS:
                return check_words(attribute->name, extends, value, reason);
        case KIND_MEMBER:
                return check_member(attribute->name, path, value, reason);
        case KIND_PHYSICAL_NETWORK:
                return json_is_string(value) && name_is_valid(json_string_value(value))
                               ? NULL
                               : "a physical network is 1 to 63 letters, digits, '.', '_', '-'";
        case KIND_PORT_TEXT:
                return is_line(value) && json_string_length(value) > 0 && json_string_length(value) < NODE_FACT_MAX
                               ? NULL
                               : "it has to be a text of 1 to 255 bytes without control characters";
        case KIND_BOOL:
                return json_is_boolean(value) ? NULL : "it has to be true or false";
        case KIND_ANY:
                break;
        }
        return NULL;
}

const char *rule_attribute_value_problem(const char *path, enum rule_edit edit, const json_t *value, char reason[static NODE_REASON_SIZE]) {
        return check_kind(find_of_node(path), path, edit == EDIT_EXTEND, value, reason);
}

const char *rule_port_attribute_value_problem(const char *path, const json_t *value, char reason[static NODE_REASON_SIZE]) {
        return check_kind(find_of_port(path), path, false, value, reason);
}

static bool is_text_kind(enum attribute_kind kind) {
        return kind != KIND_ANY && kind != KIND_BOOL;
}

bool rule_attribute_is_text(const char *path) {
        return is_text_kind(find_of_node(path)->kind);
}

bool rule_port_attribute_is_text(const char *path) {
        return is_text_kind(find_of_port(path)->kind);
}

json_t *rule_attribute_empty(const char *path) {
        const struct attribute *attribute = find_of_node(path);

        return attribute->empty ? json_loads(attribute->empty, JSON_DECODE_ANY, NULL) : NULL;
}
