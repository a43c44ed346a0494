#include "introspect/agent/disk_identity.h"

#include <stdio.h>
#include <string.h>

#define VPD_HEADER 4
#define ATA_IDENTIFY_OFFSET 60 /* in page 0x89 */
#define ATA_MODEL_WORD 27
#define ATA_MODEL_BYTES 40

/* Copies without blanks and NULs at both ends. */
static void copy_trimmed(const unsigned char *text, size_t size, char ret[static DISK_TEXT_MAX]) {
        while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
                size--;
        while (size > 0 && *text == ' ')
                text++, size--;
        if (size >= DISK_TEXT_MAX)
                size = DISK_TEXT_MAX - 1;
        memcpy(ret, text, size);
        ret[size] = '\0';
}

void disk_vpd80_serial(const unsigned char *page, size_t size, char ret[static DISK_TEXT_MAX]) {
        ret[0] = '\0';
        if (size < VPD_HEADER || page[1] != 0x80)
                return;
        size_t length = (size_t) page[2] << 8 | page[3];
        copy_trimmed(page + VPD_HEADER, length < size - VPD_HEADER ? length : size - VPD_HEADER, ret);
}

void disk_vpd89_model(const unsigned char *page, size_t size, char ret[static DISK_TEXT_MAX]) {
        unsigned char model[ATA_MODEL_BYTES];
        const size_t start = ATA_IDENTIFY_OFFSET + 2 * ATA_MODEL_WORD;
        ret[0] = '\0';
        if (size < start + ATA_MODEL_BYTES || page[1] != 0x89)
                return;
        /* ATA strings have the two bytes of each word swapped (ACS-3 3.4.9) */
        for (size_t i = 0; i < ATA_MODEL_BYTES; i++)
                model[i] = page[start + (i ^ 1)];
        copy_trimmed(model, sizeof model, ret);
}

void disk_wwn_parse(const char *wwid, struct disk_wwn *ret) {
        *ret = (struct disk_wwn){ 0 };
        if (strncmp(wwid, "naa.", 4) == 0) {
                const char *digits = wwid + 4;
                size_t length = strspn(digits, "0123456789abcdefABCDEF");
                if (digits[length] != '\0' || (length != 16 && length != 32))
                        return;
                snprintf(ret->wwn, sizeof ret->wwn, "0x%.16s", digits);
                snprintf(ret->with_extension, sizeof ret->with_extension, "0x%.32s", digits);
                if (length == 32)
                        snprintf(ret->vendor_extension, sizeof ret->vendor_extension, "0x%.16s", digits + 16);
        } else if (strncmp(wwid, "eui.", 4) == 0 || strncmp(wwid, "nvme.", 5) == 0 || strncmp(wwid, "uuid.", 5) == 0) {
                snprintf(ret->wwn, sizeof ret->wwn, "%s", wwid);
                snprintf(ret->with_extension, sizeof ret->with_extension, "%s", wwid);
        }
}

const char *disk_usb_interface(const char *path) {
        const char *found = NULL;
        unsigned bus;
        for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
                int length = 0;
                if (sscanf(at + 1, "%u-%n", &bus, &length) == 1 && length > 0 && memchr(at + 1, ':', strcspn(at + 1, "/")))
                        found = at + 1;
        }
        return found;
}
