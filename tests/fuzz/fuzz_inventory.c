/* A posted body, as it comes from the wire: whatever it is, what is made of it meets the contract, and what is kept of it can be read again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/idl.h"
#include "lib/inventory.h"

static void check(const json_t *normalized) {
        const struct idl *idl = idl_find("org.pxed.Inventory");
        _cleanup_json_ json_t *inventory = json_copy((json_t *) normalized), *reply = json_pack("{s:O}", "inventory", inventory);
        char path[128];

        json_object_set_new(inventory, "node", json_string("n"));
        json_object_set_new(inventory, "number", json_integer(1));
        json_object_set_new(inventory, "received", json_integer(1));
        if (idl_check(idl, idl_method(idl, "Get")->out, reply, path, sizeof(path)) < 0) {
                fprintf(stderr, "breaks the contract: %s\n", path);
                abort();
        }
}

/* What is kept where there were NULs is all that was read, and has none. */
static void check_kept(const json_t *raw) {
        _cleanup_free_ char *text = json_dumps(raw, JSON_COMPACT);
        _cleanup_json_ json_t *again = json_parse(text, strlen(text), INVENTORY_DEPTH, NULL);

        if (!json_equal((json_t *) raw, again)) {
                fprintf(stderr, "is not what was read: %s\n", text);
                abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct mac mac = { { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0x01 } };
        struct payload_nuls nuls = { 0 };
        _cleanup_json_ json_t *raw = payload_parse((const char *) data, size, INVENTORY_DEPTH, &nuls, NULL);
        _cleanup_inventory_ struct inventory_result result = { 0 };
        char reason[INVENTORY_REASON_SIZE], summary[128];

        if (!json_is_object(raw))
                return 0;
        if (nuls.texts > 0)
                check_kept(raw);
        (void) inventory_owner(raw, &mac);
        if (inventory_normalize(raw, &mac, &result, reason) < 0)
                return 0;
        inventory_tell_nuls(result.normalized, &nuls);
        check(result.normalized);
        (void) inventory_summary(result.normalized, summary, sizeof(summary));
        return 0;
}
