/* `pxed-netcfg --read FILE`: what would be understood of a capture file (of tcpdump, say). */
#pragma once

/*
 * Prints a line of JSON for each frame of the file ("-": standard input): its layers, and the observations that the daemon would report of
 * it to pxed. Returns the exit status for main; what is wrong with the file is printed to standard error.
 */
int read_capture(const char *path);
