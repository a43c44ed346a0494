#include "netcfg/machine_packets.h"

#include <errno.h>
#include <string.h>

#include "netcfg/hash.h"
#include "netcfg/machine_frame.h"

#define TABLE_SIZE 4096U /* power of two */
#define UNANSWERED_MAX (MACHINE_PACKETS_MAX / 4)

struct machine {
        struct mac mac;
        bool answered;
        uint64_t first, last;
        struct packet_ring ring;
        /* The newest packet is an acknowledgement of TFTP, and so was the one before it in the same transfer. */
        bool acknowledges, repeats;
        uint32_t ports;
        uint16_t block;
        struct machine *chain, *newer, *older;
};

/* Machines by how long they were silent. */
struct silence {
        struct machine *newest, *oldest;
        size_t memory; /* of these machines */
};

struct machine_packets {
        uint64_t seed;
        struct silence answered, unanswered;
        size_t count;
        struct machine *table[TABLE_SIZE];
};

static struct machine **slot_of(struct machine_packets *store, const struct mac *mac) {
        return &store->table[(hash_mix(mac_to_u64(mac) ^ store->seed, store->seed) >> 32) & (TABLE_SIZE - 1)];
}

static struct machine *find(const struct machine_packets *store, const struct mac *mac) {
        struct machine *machine = *slot_of((struct machine_packets *) store, mac);

        while (machine && memcmp(&machine->mac, mac, sizeof(*mac)) != 0)
                machine = machine->chain;
        return machine;
}

static size_t memory_of(const struct machine *machine) {
        return sizeof(*machine) + machine->ring.capacity;
}

static struct silence *list_of(struct machine_packets *store, const struct machine *machine) {
        return machine->answered ? &store->answered : &store->unanswered;
}

static void list_remove(struct machine_packets *store, struct machine *machine) {
        struct silence *list = list_of(store, machine);

        *(machine->newer ? &machine->newer->older : &list->newest) = machine->older;
        *(machine->older ? &machine->older->newer : &list->oldest) = machine->newer;
        list->memory -= memory_of(machine);
}

static void list_add(struct machine_packets *store, struct machine *machine) {
        struct silence *list = list_of(store, machine);

        machine->newer = NULL;
        machine->older = list->newest;
        *(list->newest ? &list->newest->newer : &list->oldest) = machine;
        list->newest = machine;
        list->memory += memory_of(machine);
}

static void forget(struct machine_packets *store, struct machine *machine) {
        struct machine **link = slot_of(store, &machine->mac);

        while (*link != machine)
                link = &(*link)->chain;
        *link = machine->chain;
        list_remove(store, machine);
        packet_ring_clear(&machine->ring);
        free(machine);
        store->count--;
}

size_t machine_packets_memory(const struct machine_packets *store) {
        return sizeof(*store) + store->answered.memory + store->unanswered.memory;
}

/* Makes room for so much more; `keep` is not forgotten, and is the newest of its list. */
static void make_room(struct machine_packets *store, size_t more, const struct machine *keep) {
        while (machine_packets_memory(store) + more > MACHINE_PACKETS_MAX) {
                struct machine *answered = store->answered.oldest, *unanswered = store->unanswered.oldest;
                bool is_unanswered = !answered || answered == keep || store->unanswered.memory > UNANSWERED_MAX;

                if (is_unanswered && (!unanswered || unanswered == keep))
                        is_unanswered = false;
                struct machine *victim = is_unanswered ? unanswered : answered;
                if (!victim || victim == keep)
                        return;
                forget(store, victim);
        }
}

static struct machine *add(struct machine_packets *store, const struct mac *mac, uint64_t now) {
        make_room(store, sizeof(struct machine), NULL);
        struct machine *machine = calloc(1, sizeof(*machine));
        if (!machine)
                return NULL;
        struct machine **slot = slot_of(store, mac);
        *machine = (struct machine) { .mac = *mac, .first = now, .last = now, .chain = *slot };
        *slot = machine;
        list_add(store, machine);
        store->count++;
        return machine;
}

/* The next block of the same transfer, as the two before it were. */
static bool continues(const struct machine *machine, const struct machine_frame *frame) {
        uint16_t ahead = (uint16_t) (frame->block - machine->block);

        return machine->acknowledges && frame->acknowledges && machine->ports == frame->ports && ahead > 0 && ahead < 0x8000;
}

static void store_packet(struct machine_packets *store, struct machine *machine, const struct machine_frame *frame,
                         const struct captured_packet *packet) {
        bool run = continues(machine, frame);
        bool replaced = run && machine->repeats && packet_ring_replace(&machine->ring, packet);

        if (!replaced) {
                uint32_t capacity = packet_ring_wanted(&machine->ring, packet->size);
                make_room(store, capacity - machine->ring.capacity, machine);
                list_remove(store, machine); /* its memory changes */
                (void) packet_ring_grow(&machine->ring, capacity);
                (void) packet_ring_add(&machine->ring, packet);
                list_add(store, machine);
        }
        machine->repeats = run;
        machine->acknowledges = frame->acknowledges;
        machine->ports = frame->ports;
        machine->block = frame->block;
}

void machine_packets_add(struct machine_packets *store, const struct mac *own, const struct captured_packet *packet) {
        struct machine_frame frame;

        machine_frame_parse(packet->bytes, packet->size, own, &frame);
        for (unsigned i = 0; i < frame.count; i++) {
                struct machine *machine = find(store, &frame.macs[i]);
                if (!machine && frame.boots == (int) i)
                        machine = add(store, &frame.macs[i], packet->time);
                if (!machine)
                        continue;
                list_remove(store, machine);
                machine->answered |= frame.answered == (int) i;
                list_add(store, machine);
                machine->last = packet->time;
                store_packet(store, machine, &frame, packet);
        }
}

static void summarize(const struct machine *machine, struct machine_summary *ret) {
        *ret = (struct machine_summary) {
                .mac = machine->mac,
                .packets = machine->ring.packets,
                .bytes = machine->ring.bytes,
                .overwritten = machine->ring.overwritten,
                .first = machine->first,
                .last = machine->last,
        };
}

static int compare_macs(const void *a, const void *b) {
        const struct machine *const *first = a, *const *second = b;

        return memcmp(&(*first)->mac, &(*second)->mac, sizeof((*first)->mac));
}

ssize_t machine_packets_list(const struct machine_packets *store, const struct mac *after, struct machine_summary *ret, size_t max) {
        const struct silence *const lists[] = { &store->answered, &store->unanswered };
        _cleanup_free_ const struct machine **found = calloc(store->count + 1, sizeof(const struct machine *));
        size_t count = 0;

        if (!found)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(lists); i++)
                for (const struct machine *machine = lists[i]->newest; machine; machine = machine->older)
                        if (!after || memcmp(&machine->mac, after, sizeof(*after)) > 0)
                                found[count++] = machine;
        qsort(found, count, sizeof(const struct machine *), compare_macs);
        for (size_t i = 0; i < count && i < max; i++)
                summarize(found[i], &ret[i]);
        return (ssize_t) count;
}

int machine_packets_walk(const struct machine_packets *store, const struct mac *mac, struct machine_summary *ret,
                         void (*each)(const struct captured_packet *packet, void *userdata), void *userdata) {
        const struct machine *machine = find(store, mac);

        if (!machine)
                return -ENOENT;
        summarize(machine, ret);
        packet_ring_walk(&machine->ring, each, userdata);
        return 0;
}

int machine_packets_new(uint64_t seed, struct machine_packets **ret) {
        struct machine_packets *store = calloc(1, sizeof(*store));

        if (!store)
                return -ENOMEM;
        store->seed = seed;
        *ret = store;
        return 0;
}

struct machine_packets *machine_packets_free(struct machine_packets *store) {
        if (!store)
                return NULL;
        while (store->answered.oldest)
                forget(store, store->answered.oldest);
        while (store->unanswered.oldest)
                forget(store, store->unanswered.oldest);
        free(store);
        return NULL;
}
