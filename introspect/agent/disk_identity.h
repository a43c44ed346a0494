/* Pure decoders of what disks say about themselves; bounded, as a broken disk may say anything. */
#pragma once

#include <stddef.h>

#define DISK_TEXT_MAX 64
/* The kernel's longest (nvme_core, wwid_show) has 140 characters. */
#define DISK_WWID_MAX 160

/* Unit serial number from VPD page 0x80 (SPC-4 7.8.15), without padding. "" if the page is not one. */
void disk_vpd80_serial(const unsigned char *page, size_t size, char ret[static DISK_TEXT_MAX]);

/* The full ATA model (40 characters; SCSI inquiry keeps only 16) from VPD page 0x89 (SAT-3 12.4.2), which carries the IDENTIFY DEVICE
 * data. "" if the page is not one. */
void disk_vpd89_model(const unsigned char *page, size_t size, char ret[static DISK_TEXT_MAX]);

/* World wide names as udev has them, from sysfs's `wwid` ("naa.5000c500a1b2c3d4", "eui.0025385b71b00d0e", "nvme.1234-..."). */
struct disk_wwn {
        char wwn[DISK_WWID_MAX];   /* "0x" and 16 digits; of NVMe, the identifier as it stands; "" if there is none */
        char with_extension[DISK_WWID_MAX]; /* "0x" and all digits; the same as `wwn` where there is no extension */
        char vendor_extension[32]; /* "0x" and the last 16 digits of a 32-digit NAA name; else "" */
};
void disk_wwn_parse(const char *wwid, struct disk_wwn *ret);

/* Where in `path` (a device in sysfs, resolved) the name of the last USB interface above it begins ("3-1.2:1.0": bus, ports, configuration, interface);
 * what stands before it is its device. NULL if it is not at USB. */
const char *disk_usb_interface(const char *path);
