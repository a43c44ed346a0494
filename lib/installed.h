/* Where files are that pxed itself brings: beside the program when it runs from where it was built, else where they are installed. */
#pragma once

/* The path of `name` ("pxed-dhcp-lease", "ramdisk") in the folder of the running program, where it is there, else in `folder`, the one of
 * the installation. Whether it is there too is not asked. In new memory; NULL without memory. */
char *installed_path(const char *folder, const char *name);
