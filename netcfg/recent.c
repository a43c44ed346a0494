#include "netcfg/recent.h"

#include <string.h>

#include "lib/macro.h"

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
        /* FNV-1a */
        for (size_t i = 0; i < size; i++)
                hash = (hash ^ ((const uint8_t *) bytes)[i]) * 0x100000001b3U;
        return hash;
}

static uint64_t hash_start(uint16_t network) {
        return hash_bytes(0xcbf29ce484222325U, &network, sizeof(network));
}

struct exchange *recent_exchange(struct recent *recent, uint16_t network, uint32_t xid, const struct mac *mac) {
        uint64_t hash = hash_bytes(hash_start(network), &xid, sizeof(xid));

        return &recent->exchanges[hash_bytes(hash, mac, sizeof(*mac)) % RECENT_EXCHANGES];
}

bool exchange_is(const struct exchange *exchange, uint16_t network, uint32_t xid, const struct mac *mac) {
        return exchange->stage != STAGE_NONE && exchange->network == network && exchange->xid == xid &&
                memcmp(&exchange->mac, mac, sizeof(*mac)) == 0;
}

struct exchange6 *recent_exchange6(struct recent *recent, uint16_t network, uint32_t xid, const struct dhcp6_bytes *client_id) {
        uint64_t hash = hash_bytes(hash_start(network), &xid, sizeof(xid));

        return &recent->exchanges6[hash_bytes(hash, client_id->data, client_id->size) % RECENT_EXCHANGES];
}

bool exchange6_is(const struct exchange6 *exchange, uint16_t network, uint32_t xid, const struct dhcp6_bytes *client_id) {
        return exchange_is(&exchange->client, network, xid, &exchange->client.mac) && exchange->client_id.size == client_id->size &&
                memcmp(exchange->client_id.data, client_id->data, client_id->size) == 0;
}

bool recent_is_repeated(struct recent *recent, uint16_t network, const void *bytes, size_t size, uint64_t now) {
        uint64_t hash = hash_bytes(hash_start(network), bytes, size);

        for (unsigned i = 0; i < RECENT_FRAMES; i++)
                if (recent->frames[i].hash == hash && recent->frames[i].time != 0 && now - recent->frames[i].time <= 250 * USEC_PER_MSEC)
                        return true;
        recent->frames[recent->next_frame].hash = hash;
        recent->frames[recent->next_frame].time = now;
        recent->next_frame = (recent->next_frame + 1) % RECENT_FRAMES;
        return false;
}
