/* What of a node rules may change, and to what: a table. */
#include <stdio.h>
#include <string.h>

#include "lib/address.h"
#include "lib/json_pointer.h"
#include "lib/text.h"
#include "pxed/inspection/rule_internal.h"

#define WORDS_MAX 64
#define WORD_MAX 255

enum attribute_kind { KIND_NAME, KIND_WORD, KIND_ADDRESS, KIND_TAGS, KIND_TRAITS, KIND_PHYSICAL_NETWORK, KIND_BOOL, KIND_TEXT, KIND_ANY };
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
        { "tags", DEPTH_SELF, KIND_TAGS, true, true, "[]" },
        { "labels", DEPTH_MEMBER, KIND_TEXT, false, true, NULL },
        { "properties", DEPTH_ANY, KIND_ANY, true, true, NULL },
        { "capabilities", DEPTH_MEMBER, KIND_WORD, false, true, NULL },
        { "traits", DEPTH_SELF, KIND_TRAITS, true, true, "[]" },
        { "extra", DEPTH_ANY, KIND_ANY, true, true, NULL },
};

static const struct attribute port_attributes[] = {
        { "physicalNetwork", DEPTH_SELF, KIND_PHYSICAL_NETWORK, false, false, NULL },
        { "portGroup", DEPTH_SELF, KIND_WORD, false, false, NULL },
        { "attachment", DEPTH_SELF, KIND_WORD, false, false, NULL },
        { "expectedChassis", DEPTH_SELF, KIND_WORD, false, false, NULL },
        { "expectedPort", DEPTH_SELF, KIND_WORD, false, false, NULL },
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

static bool is_text(const json_t *value, size_t least, size_t most) {
        const char *text = json_string_value(value);

        if (!text || strlen(text) < least || strlen(text) > most)
                return false;
        for (; *text; text++)
                if ((unsigned char) *text < ' ' || *text == 0x7f)
                        return false;
        return true;
}

/* As Ironic has them. */
static bool is_trait(const json_t *value) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
        const char *text = json_string_value(value);

        return text && *text && strlen(text) <= WORD_MAX && !text[strspn(text, allowed)];
}

static bool is_list_of(const json_t *value, bool (*is_one)(const json_t *value)) {
        const json_t *one;
        size_t i;

        json_array_foreach((json_t *) value, i, one)
                if (!is_one(one))
                        return false;
        return json_is_array(value) && json_array_size(value) <= WORDS_MAX;
}

static bool is_tag(const json_t *value) {
        return is_text(value, 1, WORD_MAX);
}

static bool is_node_name(const json_t *value) {
        const char *text = json_string_value(value);
        struct uuid uuid;
        struct mac mac;

        return text && name_is_valid(text) && mac_parse(text, &mac) < 0 && uuid_parse(text, &uuid) < 0;
}

static bool is_address(const json_t *value) {
        const char *text = json_string_value(value);
        struct ip ip;

        return text && ip_parse(text, &ip) == 0;
}

static const char *check_list(const json_t *value, bool extends, bool (*is_one)(const json_t *value), const char *problem) {
        return (extends ? is_one(value) : is_list_of(value, is_one)) ? NULL : problem;
}

static const char *check_kind(enum attribute_kind kind, bool extends, const json_t *value) {
        switch (kind) {
        case KIND_NAME:
                return is_node_name(value)
                               ? NULL
                               : "a name is 1 to 63 letters, digits, '.', '_', '-', the first a letter or digit; neither a MAC nor a UUID";
        case KIND_ADDRESS:
                return is_address(value) ? NULL : "it has to be an address: \"192.0.2.1\", \"2001:db8::1\"";
        case KIND_TAGS:
                return check_list(value, extends, is_tag, "tags are at most 64 texts of 1 to 255 bytes");
        case KIND_TRAITS:
                return check_list(value, extends, is_trait, "traits are at most 64 texts of 1 to 255 letters, digits, '_'");
        case KIND_PHYSICAL_NETWORK:
                return json_is_string(value) && name_is_valid(json_string_value(value))
                               ? NULL
                               : "a physical network is 1 to 63 letters, digits, '.', '_', '-'";
        case KIND_BOOL:
                return json_is_boolean(value) ? NULL : "it has to be true or false";
        case KIND_WORD:
                return is_text(value, 1, WORD_MAX) ? NULL : "it has to be a text of 1 to 255 bytes without control characters";
        case KIND_TEXT:
                return is_text(value, 0, 1024) ? NULL : "it has to be a text of at most 1024 bytes without control characters";
        case KIND_ANY:
                break;
        }
        return NULL;
}

const char *rule_attribute_value_problem(const char *path, enum rule_edit edit, const json_t *value) {
        return check_kind(find_of_node(path)->kind, edit == EDIT_EXTEND, value);
}

const char *rule_port_attribute_value_problem(const char *path, const json_t *value) {
        return check_kind(find_of_port(path)->kind, false, value);
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
