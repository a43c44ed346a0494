/* The files that boot scripts name. */
#pragma once

/* Opens a file of the image folder; of "ramdisk/...", where the image folder does not have it, the one that pxed brings. A descriptor that
 * the caller closes, or what file_open_beneath says. */
int image_open(const char *folder, const char *file);

/* The HTTP status for a file that was opened so, or not (a negative errno): 200, or one whose reason for a person is *ret_why. Pure. */
unsigned file_status(int opened, const char **ret_why);
