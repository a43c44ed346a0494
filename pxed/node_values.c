#include "pxed/node_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/inspection/hint.h"
#include "pxed/shared.h"

#define TAGS_MAX 64
#define TAG_MAX 256
#define LABEL_MAX 1024
#define CAPABILITIES_MAX 64
/* As many as Ironic takes. */
#define TRAITS_MAX 50
#define MEMBERS_MAX 256
#define OBJECT_SIZE_MAX 16384
#define OBJECT_DEPTH_MAX 16
#define NAME_MAX_BYTES 255

#define REFUSE(...) (snprintf(reason, NODE_REASON_SIZE, __VA_ARGS__), false)

static bool has_length(const char *text, size_t min, size_t max) {
        return text && strlen(text) >= min && strlen(text) <= max;
}

static bool check_tags(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        json_t *tag;
        size_t i;
        if (json_array_size(value) > TAGS_MAX)
                return REFUSE("more than %d", TAGS_MAX);
        json_array_foreach((json_t *) value, i, tag)
                if (!has_length(json_string_value(tag), 1, TAG_MAX))
                        return REFUSE("a tag has 1 to %d bytes", TAG_MAX);
        return true;
}

static bool check_labels(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        const char *name;
        json_t *label;
        if (json_object_size(value) > TAGS_MAX)
                return REFUSE("more than %d", TAGS_MAX);
        json_object_foreach((json_t *) value, name, label)
                if (!has_length(name, 1, TAG_MAX) || !has_length(json_string_value(label), 0, LABEL_MAX))
                        return REFUSE("a label has a name of 1 to %d and a value of at most %d bytes", TAG_MAX, LABEL_MAX);
        return true;
}

/* Ironic writes them in one text, as NAME:VALUE,NAME:VALUE. */
static bool check_capabilities(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        const char *name;
        json_t *capability;
        if (json_object_size(value) > CAPABILITIES_MAX)
                return REFUSE("more than %d", CAPABILITIES_MAX);
        json_object_foreach((json_t *) value, name, capability) {
                const char *text = json_string_value(capability);
                if (!has_length(name, 1, NAME_MAX_BYTES) || strpbrk(name, ":,"))
                        return REFUSE("\"%.64s\" is no name of a capability: 1 to %d bytes without ':' and ','", name, NAME_MAX_BYTES);
                if (!has_length(text, 0, NAME_MAX_BYTES) || strchr(text, ','))
                        return REFUSE("%.64s: a value has at most %d bytes without ','", name, NAME_MAX_BYTES);
        }
        return true;
}

static bool is_trait(const char *text) {
        for (const char *at = text; at && *at; at++)
                if (!isascii(*at) || !(isalnum((unsigned char) *at) || *at == '_'))
                        return false;
        return has_length(text, 1, NAME_MAX_BYTES);
}

static bool check_traits(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        json_t *trait;
        size_t i;
        if (json_array_size(value) > TRAITS_MAX)
                return REFUSE("more than %d", TRAITS_MAX);
        json_array_foreach((json_t *) value, i, trait)
                if (!is_trait(json_string_value(trait)))
                        return REFUSE("\"%.64s\" is no trait: letters, digits and '_', at most %d", json_string_value(trait) ?: "",
                                      NAME_MAX_BYTES);
        return true;
}

static unsigned depth_of(const json_t *value, unsigned max) {
        unsigned deepest = 0;
        const char *name;
        json_t *member;
        size_t i;

        if (max == 0)
                return 1;
        json_array_foreach((json_t *) value, i, member) {
                unsigned depth = depth_of(member, max - 1);
                deepest = depth > deepest ? depth : deepest;
        }
        json_object_foreach((json_t *) value, name, member) {
                unsigned depth = depth_of(member, max - 1);
                deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
}

static bool check_object(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        if (json_object_size(value) > MEMBERS_MAX)
                return REFUSE("more than %d members", MEMBERS_MAX);
        if (depth_of(value, OBJECT_DEPTH_MAX) > OBJECT_DEPTH_MAX)
                return REFUSE("nested more than %d levels", OBJECT_DEPTH_MAX);
        if (json_dumpb(value, NULL, 0, JSON_COMPACT) > OBJECT_SIZE_MAX)
                return REFUSE("more than %d bytes of JSON", OBJECT_SIZE_MAX);
        return true;
}

static bool check_hints(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        _cleanup_(hints_freep) struct hints *hints = NULL;
        char why[HINT_REASON_SIZE];
        const char *name = "";
        int r = hints_parse(value, &hints, &name, why);
        return r == 0 || (r == -ENOMEM ? REFUSE("there is no memory to read them") : REFUSE("%.64s: %s", name, why));
}

static bool check_accelerators(const json_t *value, char reason[static NODE_REASON_SIZE]) {
        return json_array_size(value) <= MEMBERS_MAX || REFUSE("more than %d", MEMBERS_MAX);
}

bool node_value_check(const char *member, const json_t *value, char reason[static NODE_REASON_SIZE]) {
        static const struct {
                const char *member;
                bool (*check)(const json_t *value, char reason[static NODE_REASON_SIZE]);
        } checks[] = {
                { "tags", check_tags },     { "labels", check_labels }, { "capabilities", check_capabilities },
                { "traits", check_traits }, { "extra", check_object },  { "properties", check_object },
                { "rootDeviceHints", check_hints }, { "accelerators", check_accelerators },
        };
        for (size_t i = 0; i < ELEMENTS(checks); i++)
                if (strcmp(checks[i].member, member) == 0)
                        return !value || json_is_null(value) || checks[i].check(value, reason);
        return true;
}

bool node_name_check(const struct registry *nodes, const char *name, const struct node *self, const struct node **ret_owner, char reason[static NODE_REASON_SIZE]) {
        struct uuid uuid;
        struct mac mac;

        *ret_owner = NULL;
        if (!name_is_valid(name) || mac_parse(name, &mac) == 0 || uuid_parse(name, &uuid) == 0)
                return REFUSE("1 to 63 letters, digits, '.', '_', '-', the first a letter or digit; neither a MAC nor a UUID");
        const struct node *owner = registry_by_name(nodes, name);
        if (!owner || (self && memcmp(&owner->id, &self->id, sizeof owner->id) == 0))
                return true;
        *ret_owner = owner;
        return REFUSE("another node is called %s", name);
}

const struct node_value node_values[] = {
        { "tags", offsetof(struct node, tags), false, json_array },
        { "labels", offsetof(struct node, labels), false, json_object },
        { "properties", offsetof(struct node, properties), true, json_null },
        { "capabilities", offsetof(struct node, capabilities), true, json_null },
        { "traits", offsetof(struct node, traits), true, json_null },
        { "extra", offsetof(struct node, extra), true, json_null },
        { "rootDeviceHints", offsetof(struct node, root_device_hints), true, json_null },
        { "rootDevice", offsetof(struct node, root_device), true, json_null },
        { "accelerators", offsetof(struct node, accelerators), true, json_null },
        { 0 },
};

json_t *node_value_get(const struct node *node, const struct node_value *member) {
        const char *text = *(const char *const *) ((const char *) node + member->offset);
        json_t *value = text ? json_loads(text, 0, NULL) : NULL;
        return value ? value : member->empty();
}

int node_value_set(struct node *node, const struct node_value *member, const json_t *value) {
        bool none = json_array_size(value) + json_object_size(value) == 0;
        _cleanup_free_ char *text = none ? NULL : json_write(value, JSON_COMPACT, NULL);
        void *field = (char *) node + member->offset;

        if (!none && !text)
                return -ENOMEM;
        return member->shared ? shared_set(field, text, SIZE_MAX) : text_set(field, text);
}
