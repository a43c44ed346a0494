/* USB devices that are plugged in and that the kernel has not taken up yet. It announces nothing between finding a hub and having read the descriptors of
 * what is plugged into it, which takes some 300 ms a device, and longer on a busy machine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define USB_PORTS_MAX 31

/* Which ports of a hub something is plugged into, asked of the hub itself: bit N for port N, from 1 to `ports`; 0 also if it does not answer. */
typedef uint32_t (*usb_ask_ports)(void *userdata, unsigned bus, unsigned device, unsigned ports);

/* usb_ask_ports over /dev/bus/usb (USB 2.0, 11.24.2.7 Get Port Status); `userdata` is not used. */
uint32_t usb_plugged_ports(void *userdata, unsigned bus, unsigned device, unsigned ports);

/* True if a hub below `root` says that something is plugged in where the kernel has no device. */
bool usb_device_starting(const char *root, usb_ask_ports ask, void *userdata);
