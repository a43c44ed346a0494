/* The files that boot scripts name. */
#pragma once

/* Opens a file of the image folder; of "ramdisk/...", where the image folder does not have it, the one that pxed brings. A descriptor that
 * the caller closes, or what file_open_beneath says. */
int image_open(const char *folder, const char *file);
