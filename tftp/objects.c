#include "tftp/objects.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/*
 * Each object is one allocation: the struct, its arrays, then its strings. An arena says first how much that is,
 * then hands it out piece by piece.
 */
struct arena {
        char *strings, *arrays;
};

static size_t string_size(const char *string) {
        return string ? strlen(string) + 1 : 0;
}

static const char *arena_string(struct arena *arena, const char *string) {
        if (!string)
                return NULL;
        size_t size = string_size(string);
        char *copy = memcpy(arena->strings, string, size);
        arena->strings += size;
        return copy;
}

/* `size` is a multiple of the alignment of what stands in the array, but for MACs, which come last. */
static void *arena_array(struct arena *arena, size_t size) {
        void *array = arena->arrays;
        arena->arrays += size;
        return array;
}

static void *object_new(size_t object, size_t arrays, size_t strings, struct arena *ret) {
        char *memory = calloc(1, object + arrays + strings);
        if (!memory)
                return NULL;
        ret->arrays = memory + object;
        ret->strings = memory + object + arrays;
        atomic_init((atomic_uint *) memory, 1);
        return memory;
}

#define DEFINE_REFERENCES(type)                                                                                    \
        _Static_assert(offsetof(struct type, references) == 0, "object_new counts on it");                         \
        struct type *type##_ref(struct type *object) {                                                             \
                atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);                           \
                return object;                                                                                     \
        }                                                                                                          \
        struct type *type##_unref(struct type *object) {                                                           \
                if (object && atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1)        \
                        free(object);                                                                              \
                return NULL;                                                                                       \
        }

DEFINE_REFERENCES(settings)
DEFINE_REFERENCES(network)
DEFINE_REFERENCES(profile)
DEFINE_REFERENCES(node)

static size_t parameters_strings(const json_t *object) {
        const char *name;
        json_t *value;
        size_t size = 0;

        json_object_foreach((json_t *) object, name, value)
                size += string_size(name) + string_size(json_string_value(value));
        return size;
}

static struct parameter *parameters_copy(struct arena *arena, const json_t *object, unsigned *ret_count) {
        struct parameter *parameters = arena_array(arena, json_object_size(object) * sizeof(*parameters));
        const char *name;
        json_t *value;
        unsigned n = 0;

        json_object_foreach((json_t *) object, name, value) {
                parameters[n].name = arena_string(arena, name);
                parameters[n++].value = arena_string(arena, json_string_value(value) ? json_string_value(value) : "");
        }
        *ret_count = n;
        return parameters;
}

static bool port_is_valid(int64_t port) {
        return port > 0 && port <= UINT16_MAX;
}

int settings_new(const json_t *json, struct settings **ret) {
        const char *secret = json_get_string(json, "secret");
        const char *images = json_get_string(json, "imageDirectory");
        int64_t http = json_get_int(json, "httpPort", 0), introspect = json_get_int(json, "introspectPort", 0);
        int64_t lifetime = json_get_int(json, "tokenLifetime", 0);
        uint8_t bytes[TOKEN_SECRET_SIZE];
        struct settings *settings;
        struct arena arena;

        if (!secret || secret_parse(secret, bytes) < 0 || !images || !port_is_valid(http) || !port_is_valid(introspect) ||
            lifetime <= 0)
                return -EINVAL;
        settings = object_new(sizeof(*settings), 0, string_size(images), &arena);
        if (!settings)
                return -ENOMEM;
        memcpy(settings->secret, bytes, sizeof(bytes));
        settings->http_port = (uint16_t) http;
        settings->introspect_port = (uint16_t) introspect;
        settings->token_lifetime = (uint64_t) lifetime;
        settings->image_directory = arena_string(&arena, images);
        *ret = settings;
        return 0;
}

int network_new(const json_t *json, struct network **ret) {
        const char *name = json_get_string(json, "name"), *address = json_get_string(json, "address");
        const char *unknown = json_get_string(json, "unknown"), *known = json_get_string(json, "known");
        const char *finish = json_get_string(json, "finish");
        struct ip_prefix prefix;
        struct network *network;
        struct arena arena;

        if (!name || !known || !finish || !address || ip_prefix_parse(address, &prefix) < 0)
                return -EINVAL;
        network = object_new(sizeof(*network), 0, string_size(name) + string_size(unknown) + string_size(known), &arena);
        if (!network)
                return -ENOMEM;
        network->name = arena_string(&arena, name);
        network->unknown = arena_string(&arena, unknown);
        network->known = arena_string(&arena, known);
        network->address = prefix.address;
        network->finish = strcmp(finish, "reboot") == 0 ? FINISH_REBOOT
                          : strcmp(finish, "wait") == 0 ? FINISH_WAIT
                                                        : FINISH_POWEROFF;
        *ret = network;
        return 0;
}

static int profile_kind_parse(const char *text, enum profile_kind *ret) {
        static const char *const names[] = {
                [PROFILE_KERNEL] = "kernel", [PROFILE_LOCAL] = "local", [PROFILE_INSPECT] = "inspect"
        };

        for (unsigned i = 0; text && i < ELEMENTS(names); i++)
                if (strcmp(text, names[i]) == 0) {
                        *ret = (enum profile_kind) i;
                        return 0;
                }
        return -EINVAL;
}

int profile_new(const json_t *json, struct profile **ret) {
        const char *name = json_get_string(json, "name"), *kernel = json_get_string(json, "kernel");
        const char *arguments = json_get_string(json, "arguments");
        const json_t *initrds = json_get_array(json, "initrds"), *parameters = json_get_object(json, "parameters");
        size_t n = json_array_size(initrds), strings, arrays;
        enum profile_kind kind;
        struct profile *profile;
        struct arena arena;

        if (!name || !arguments || profile_kind_parse(json_get_string(json, "kind"), &kind) < 0 || n > PROFILE_INITRDS_MAX)
                return -EINVAL;

        strings = string_size(name) + string_size(kernel) + string_size(arguments) + parameters_strings(parameters);
        for (size_t i = 0; i < n; i++) {
                const char *initrd = json_string_value(json_array_get(initrds, i));
                if (!initrd)
                        return -EINVAL;
                strings += string_size(initrd);
        }
        arrays = n * sizeof(char *) + json_object_size(parameters) * sizeof(struct parameter);
        profile = object_new(sizeof(*profile), arrays, strings, &arena);
        if (!profile)
                return -ENOMEM;

        profile->name = arena_string(&arena, name);
        profile->kind = kind;
        profile->kernel = arena_string(&arena, kernel);
        profile->arguments = arena_string(&arena, arguments);
        profile->initrds = arena_array(&arena, n * sizeof(char *));
        profile->n_initrds = (unsigned) n;
        for (size_t i = 0; i < n; i++)
                profile->initrds[i] = arena_string(&arena, json_string_value(json_array_get(initrds, i)));
        profile->parameters = parameters_copy(&arena, parameters, &profile->n_parameters);
        *ret = profile;
        return 0;
}

int node_new(const json_t *json, struct node **ret) {
        const char *id = json_get_string(json, "id"), *name = json_get_string(json, "name");
        const char *uuid = json_get_string(json, "uuid"), *profile = json_get_string(json, "profile");
        const json_t *macs = json_get_array(json, "macs"), *parameters = json_get_object(json, "parameters");
        size_t n = json_array_size(macs);
        struct node *node;
        struct arena arena;

        node = object_new(sizeof(*node), json_object_size(parameters) * sizeof(struct parameter) + n * sizeof(struct mac),
                          string_size(name) + string_size(profile) + parameters_strings(parameters), &arena);
        if (!node)
                return -ENOMEM;
        if (!id || !name || uuid_parse(id, &node->id) < 0)
                goto invalid;

        node->name = arena_string(&arena, name);
        node->profile = arena_string(&arena, profile);
        node->has_uuid = uuid && uuid_parse(uuid, &node->uuid) == 0;
        node->assignment = (uint64_t) json_get_int(json, "assignment", 0);
        node->once = json_get_bool(json, "once", false);
        node->inspect = json_get_bool(json, "inspect", false);
        node->parameters = parameters_copy(&arena, parameters, &node->n_parameters);
        node->macs = arena_array(&arena, n * sizeof(struct mac));
        for (size_t i = 0; i < n; i++) {
                const char *mac = json_string_value(json_array_get(macs, i));
                if (!mac || mac_parse(mac, &node->macs[i]) < 0)
                        goto invalid;
        }
        node->n_macs = (unsigned) n;
        *ret = node;
        return 0;

invalid:
        node_unref(node);
        return -EINVAL;
}
