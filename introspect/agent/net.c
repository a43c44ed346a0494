#include "introspect/agent/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "introspect/agent/console.h"
#include "introspect/agent/dhcp_script.h"
#include "introspect/agent/init.h"
#include "introspect/agent/sysfs.h"
#include "introspect/agent/wait.h"

#define CARD_TIMEOUT_MS 5000
#define LINK_TIMEOUT_MS 30000
#define OTHERS_TIMEOUT_MS 10000

static void switch_card(int fd, const char *interface, bool on) {
        struct ifreq ifr = { 0 };
        snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", interface);
        if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0 || ((ifr.ifr_flags & IFF_UP) != 0) == on)
                return;
        ifr.ifr_flags ^= IFF_UP;
        if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
                say("network card %s cannot be switched %s: %s", interface, on ? "on" : "off", strerror(errno));
}

/* Cards have a device behind them; lo, tunnels and the like have none. */
static bool is_card(const char *name) {
        return sysfs_exists("/sys/class/net/%s/device", name);
}

static int card_names(char ***ret) {
        int count = sysfs_names(ret, "/sys/class/net"), kept = 0;
        for (int i = 0; i < count; i++) {
                char *name = (*ret)[i];
                (*ret)[i] = NULL;
                if (is_card(name))
                        (*ret)[kept++] = name;
                else
                        free(name);
        }
        return count < 0 ? count : kept;
}

static void switch_all(bool on) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return;
        switch_card(fd, "lo", on);
        if (card_names(&names) > 0)
                for (char **name = names; *name; name++)
                        switch_card(fd, *name, on);
        close(fd);
}

void net_up_all(void) {
        switch_all(true);
}

void net_down_all(void) {
        switch_all(false);
}

static bool has_link(const char *interface) {
        long long carrier;
        return sysfs_read_number(&carrier, "/sys/class/net/%s/carrier", interface) == 0 && carrier == 1;
}

struct choice {
        struct net *net;
        const char *mac; /* "" for any card with a link */
        unsigned skip;
};

static void choose(struct net *net, const char *interface) {
        snprintf(net->interface, sizeof net->interface, "%s", interface);
        sysfs_read(net->mac, sizeof net->mac, "/sys/class/net/%s/address", interface);
}

static bool find_by_mac(void *userdata) {
        struct choice *choice = userdata;
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char mac[64];
        if (card_names(&names) < 0)
                return false;
        for (char **name = names; *name; name++)
                if (sysfs_read(mac, sizeof mac, "/sys/class/net/%s/address", *name) > 0 && strcasecmp(mac, choice->mac) == 0) {
                        choose(choice->net, *name);
                        return true;
                }
        net_up_all(); /* cards that appeared only now need it */
        return false;
}

static bool find_by_link(void *userdata) {
        struct choice *choice = userdata;
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        unsigned linked = 0, wanted = 0;
        net_up_all();
        if (card_names(&names) < 0)
                return false;
        for (char **name = names; *name; name++)
                linked += has_link(*name);
        if (linked > 0)
                wanted = choice->skip % linked;
        for (char **name = names; *name; name++)
                if (has_link(*name) && wanted-- == 0) {
                        choose(choice->net, *name);
                        return true;
                }
        return false;
}

static bool boot_card_has_link(void *userdata) {
        return has_link(((struct net *) userdata)->interface);
}

static void say_cards(const char *wanted) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char list[512] = "", mac[64];
        size_t length = 0;
        if (card_names(&names) > 0)
                for (char **name = names; *name && length < sizeof list; name++) {
                        sysfs_read(mac, sizeof mac, "/sys/class/net/%s/address", *name);
                        length += (size_t) snprintf(list + length, sizeof list - length, "%s%s (%s, %s)", length ? ", " : "",
                                                    *name, mac, has_link(*name) ? "link" : "no link");
                }
        if (*wanted)
                say_loud("no network card has the MAC address %s from which this machine was booted; cards: %s", wanted,
                         *list ? list : "none - is the driver in this ramdisk?");
        else
                say_loud("no network card has a link; cards: %s", *list ? list : "none - is the driver in this ramdisk?");
}

static int choose_card(struct net *net, const struct agent_options *options, unsigned skip) {
        struct choice choice = { net, options->boot_mac, skip };
        if (!*options->boot_mac) {
                if (wait_until(find_by_link, &choice, LINK_TIMEOUT_MS, 20))
                        return 0;
                say_cards("");
                return -ENETDOWN;
        }
        if (!wait_until(find_by_mac, &choice, CARD_TIMEOUT_MS, 20)) {
                say_cards(options->boot_mac);
                return -ENODEV;
        }
        if (has_link(net->interface))
                return 0;
        say("network card %s (%s) has no link yet: waiting up to %u s", net->interface, net->mac, LINK_TIMEOUT_MS / 1000);
        if (wait_until(boot_card_has_link, net, LINK_TIMEOUT_MS, 20))
                return 0;
        say_loud("network card %s (%s) has no link: check the cable and the switch port", net->interface, net->mac);
        return -ENETDOWN;
}

/* -C sends no client identifier, as the firmware did not either: the server knows the machine by its MAC, and it keeps the address. */
static pid_t spawn_dhcp(const char *interface, const char *script, const char *tries, const char *on_failure) {
        const char *const argv[] = {
                "/bin/busybox", "udhcpc", "-f", "-C", "-i", interface, "-s", script, "-t", tries, "-T", "2", "-A", "2", on_failure,
                NULL,
        };
        return init_spawn(argv, false);
}

static int start_dhcp(struct net *net) {
        unlink(DHCP_LEASE_PATH);
        pid_t pid = spawn_dhcp(net->interface, DHCP_SCRIPT_PATH, "5", NULL);
        if (pid < 0)
                return (int) pid;
        net->dhcp = pid;
        return 0;
}

static int ask_for_address(struct net *net) {
        if (net->family == AF_INET6) {
                say("network card %s (%s) has a link; waiting for a router advertisement", net->interface, net->mac);
                return 0;
        }
        say("network card %s (%s) has a link; asking for an address by DHCP", net->interface, net->mac);
        int r = start_dhcp(net);
        if (r < 0)
                say_loud("the DHCP client cannot be started: %s", strerror(-r));
        return r;
}

int net_start_early(struct net *net, const struct agent_options *options, int family) {
        *net = (struct net){ .family = family };
        struct choice choice = { net, options->boot_mac, 0 };
        if (!*options->boot_mac || !find_by_mac(&choice) || !has_link(net->interface))
                return -EAGAIN;
        return ask_for_address(net);
}

int net_start(struct net *net, const struct agent_options *options, int family, unsigned skip) {
        *net = (struct net){ .family = family };
        int r = choose_card(net, options, skip);
        return r < 0 ? r : ask_for_address(net);
}

static bool has_lease(void *userdata) {
        struct net *net = userdata;
        char lease[256];
        return sysfs_read(lease, sizeof lease, DHCP_LEASE_PATH) > 0 && sscanf(lease, "%45s", net->address) == 1;
}

/* A line of /proc/net/if_inet6: address, index, prefix, scope (00: global), flags (40: duplicate detection not over), name. */
static bool has_global_v6(void *userdata) {
        struct net *net = userdata;
        char text[8192], *save = NULL, hex[33], name[IF_NAMESIZE];
        unsigned scope, flags;
        sysfs_read(text, sizeof text, "/proc/net/if_inet6");
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                struct in6_addr address;
                if (sscanf(line, "%32s %*x %*x %x %x %15s", hex, &scope, &flags, name) != 4 || scope != 0 || flags & 0x40
                    || strcmp(name, net->interface) != 0)
                        continue;
                for (int i = 0; i < 16; i++)
                        if (sscanf(hex + 2 * i, "%2hhx", &address.s6_addr[i]) != 1)
                                return false;
                inet_ntop(AF_INET6, &address, net->address, sizeof net->address);
                return true;
        }
        return false;
}

int net_wait_address(struct net *net, unsigned timeout_ms) {
        if (!wait_until(net->family == AF_INET6 ? has_global_v6 : has_lease, net, timeout_ms, 10)) {
                say_loud("no %s for network card %s (%s) within %u s: is the server running, and is this its network?",
                         net->family == AF_INET6 ? "router advertisement" : "DHCP answer", net->interface, net->mac,
                         timeout_ms / 1000);
                return -ETIMEDOUT;
        }
        say("network card %s (%s) has the address %s", net->interface, net->mac, net->address);
        return 0;
}

void net_others_start(const struct net *net, struct net_others *ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        ret->count = 0;
        if (card_names(&names) < 0)
                return;
        for (char **name = names; *name && ret->count < NET_OTHERS_MAX; name++) {
                if (strcmp(*name, net->interface) == 0 || !has_link(*name))
                        continue;
                struct net_other *card = &ret->cards[ret->count++];
                snprintf(card->interface, sizeof card->interface, "%.15s", *name);
                card->dhcp = spawn_dhcp(card->interface, DHCP_ADDRESS_SCRIPT_PATH, "3", "-n");
                card->done = card->dhcp < 0;
        }
        say("asking for addresses by DHCP on %zu more network cards", ret->count);
}

static bool others_done(void *userdata) {
        struct net_others *others = userdata;
        char lease[256], address[46];
        bool all = true;
        for (size_t i = 0; i < others->count; i++) {
                struct net_other *card = &others->cards[i];
                if (!card->done && sysfs_read(lease, sizeof lease, DHCP_LEASE_PATH ".%s", card->interface) > 0
                    && sscanf(lease, "%45s", address) == 1) {
                        say("network card %s has the address %s", card->interface, address);
                        card->done = true;
                }
                if (!card->done && !init_alive(card->dhcp)) {
                        say("network card %s got no address by DHCP", card->interface);
                        card->done = true;
                }
                all = all && card->done;
        }
        return all;
}

void net_others_wait(struct net_others *others) {
        if (!wait_until(others_done, others, OTHERS_TIMEOUT_MS, 20))
                say("not every network card has an address: going on without");
}

void net_stop(struct net *net) {
        if (init_alive(net->dhcp))
                kill(net->dhcp, SIGTERM);
        net->dhcp = 0;
}
