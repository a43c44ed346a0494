#include <limits.h>
#include <string.h>

#include "lib/macro.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/command.h"

#define IF_REVISION { "if-revision", "NUMBER", "refuse it (exit status 5) when the object has another revision by now" }
#define WAIT { "wait", NULL, "return when the daemons that serve boot scripts have applied it (--timeout: 1 to 60 seconds, 10 unless told)" }

const struct command_option global_options[] = {
        { "json", NULL, "print what pxed replied as JSON: one document, or for streams one object in a line; errors too" },
        { "runtime-dir", "DIR", "where the sockets are (default: $PXED_RUNTIME_DIR, then /run/pxed)" },
        { "monitor", NULL, "use the socket that only reads (group pxed-monitor)" },
        { "timeout", "SECONDS", "how long to wait for a reply (default: 30), or to follow or watch (default: for ever)" },
        { "no-color", NULL, "no colours (nor with $NO_COLOR, or where the output is not a terminal)" },
        { "help", NULL, "what a command does and takes" },
        { "version", NULL, "the version of pxectl" },
        {},
};

static const struct command_option status_options[] = {
        { "wait", NULL, "wait until pxed and all workers are ready (--timeout, 60 seconds unless told)" },
        {},
};

static const struct command_option create_options[] = {
        { "mac", "MAC", "of one of its interfaces; may be given several times" },
        { "uuid", "UUID", "its SMBIOS UUID" },
        { "tag", "TAG", "may be given several times" },
        { "label", "KEY=VALUE", "may be given several times" },
        {},
};

static const struct command_option set_options[] = {
        { "name", "NAME", "another name" },
        { "tag", "TAG", "add a tag; may be given several times" },
        { "untag", "TAG", "take a tag away; may be given several times" },
        { "label", "KEY=VALUE", "set a label; may be given several times" },
        { "unlabel", "KEY", "take a label away; may be given several times" },
        { "property", "KEY=VALUE", "set a property; what is JSON (5, true, {...}) is taken as such" },
        { "unproperty", "KEY", "take a property away" },
        { "capability", "KEY=VALUE", "set a capability" },
        { "uncapability", "KEY", "take a capability away" },
        { "trait", "TRAIT", "add a trait" },
        { "untrait", "TRAIT", "take a trait away" },
        { "extra", "KEY=VALUE", "as --property, of what belongs to no other place" },
        { "unextra", "KEY", "take that away" },
        { "root-device-hint", "HINT=VALUE", "what the disk has that the operating system goes to, as size='>= 100' (GiB)" },
        { "unroot-device-hint", "HINT", "take a hint away" },
        IF_REVISION,
        {},
};

static const struct command_option set_boot_options[] = {
        { "once", NULL, "boot it one time, then what the network says for known machines" },
        { "param", "KEY=VALUE", "a parameter that the profile declares; may be given several times" },
        WAIT,
        IF_REVISION,
        {},
};

static const struct command_option set_port_options[] = {
        { "physical-network", "NAME", "that it is on, whatever pxed finds out itself" },
        { "expected-switch", "SWITCH", "chassis id or system name of the switch that the cable should end at" },
        { "expected-port", "PORT", "id of the port there" },
        { "group", "NAME", "ports of one group are one link (802.3ad)" },
        { "attachment", "TEXT", "what is attached to it, such as the id of a Neutron port" },
        { "boots", "yes|no", "whether the machine boots by it" },
        IF_REVISION,
        {},
};

static const struct command_option select_port_options[] = {
        { "physical-network", "NAME", "one that the network spans; may be given several times" },
        { "segment", "NAME[:VLAN]", "a segment of the network on a physical network; may be given several times" },
        { "allow-unknown", NULL, "ports whose physical network is not known too, after all others" },
        {},
};

static const struct command_option reapply_options[] = { { "all", NULL, "of each node that has one" }, {} };
static const struct command_option change_options[] = { WAIT, IF_REVISION, {} };
static const struct command_option revision_options[] = { IF_REVISION, {} };

static const struct command_option explain_options[] = {
        { "mac", "MAC", "as if the machine asked with this MAC" },
        { "uuid", "UUID", "as if it had this SMBIOS UUID" },
        { "network", "NETWORK", "as if it were on this network" },
        {},
};

static const struct command_option explain_machine_options[] = {
        { "arch", "ARCHITECTURE", "as if its firmware were bios, efi32, efi64, efibc, arm64, http64 or a number of option 93; given several times, each is told" },
        { "network", "NETWORK", "as if it were on this network" },
        { "uuid", "UUID", "as if it had this SMBIOS UUID" },
        { "bytes", NULL, "show the bytes of each field too" },
        { "script", NULL, "show the text of the boot scripts too" },
        {},
};

static const struct command_option profile_set_options[] = {
        { "kind", "KIND", "kernel, local or inspect (default: kernel)" },
        { "kernel", "PATH", "the kernel: a file below the image folder, or an http:// URL" },
        { "initrd", "PATH", "likewise an initial ramdisk; given several times they are loaded in this order" },
        { "arguments", "TEXT", "the kernel's arguments; ${mac}, ${uuid}, ${node}, ${name}, ${server}, ${url} and each --param stand for their values" },
        { "param", "KEY=DEFAULT", "a parameter that an assignment may set, and its value otherwise; may be given several times" },
        { "description", "TEXT", "for people" },
        IF_REVISION,
        {},
};

static const struct command_option network_options[] = {
        { "network", "NETWORK", "only of this network" },
        {},
};

static const struct command_option sighting_options[] = {
        { "network", "NETWORK", "only on this network" },
        { "mac", "MAC", "only this MAC, in full: with what it said of itself by DHCP" },
        {},
};

static const struct command_option boot_list_options[] = {
        { "mac", "MAC", "only of this MAC, known or not" },
        { "limit", "NUMBER", "at most so many (default: 50)" },
        {},
};

static const struct command_option boot_show_options[] = {
        { "all", NULL, "the options of each message too" },
        {},
};

static const struct command_option events_options[] = {
        { "follow", NULL, "go on with each new event; goes on by itself when pxed is restarted" },
        { "after", "NUMBER", "all that are kept after this one; 0: from the oldest" },
        { "limit", "NUMBER", "the newest so many (default: 100, with --follow 10); with --after, the next so many" },
        {},
};

static const struct command_option watch_options[] = {
        { "exit-when", "OUTCOME=NUMBER[,...]", "end when so many machines have inspected, booted, failed, silent or (any of these) ended boots" },
        {},
};

static const struct command_option capture_options[] = {
        { "output", "FILE", "where to; '-': standard output (default: MAC.pcapng in this folder)" },
        { "force", NULL, "overwrite a file that exists" },
        {},
};

static const struct command_option inventory_options[] = {
        { "number", "NUMBER", "not the newest, but this one of 'inventory list'" },
        {},
};

static const struct command_option rule_test_options[] = {
        { "rule", "RULE", "only this one of those that are set" },
        { "node", "NODE", "only what it would do to this node" },
        {},
};

static const struct command_option inventory_show_options[] = {
        { "number", "NUMBER", "not the newest, but this one of 'inventory list'" },
        { "raw", NULL, "as the ramdisk posted it, in JSON: the same as 'inventory raw'" },
        {},
};

static const struct command_option inventory_query_options[] = {
        { "equals", "VALUE", "only where the value is this: JSON, or a text" },
        { "raw", NULL, "in what the ramdisks posted" },
        {},
};

static const struct command_option inventory_export_options[] = {
        { "output", "FILE|FOLDER", "where to; into a folder a file for each node, NODE.json (default: standard output)" },
        { "force", NULL, "overwrite files that exist" },
        { "raw", NULL, "what the ramdisks posted too" },
        {},
};

static const struct command_option call_options[] = {
        { "more", NULL, "ask for a stream of replies, printed one in a line" },
        { "daemon", "DAEMON", "on this daemon's own socket, not on the bus" },
        {},
};

const struct command commands[] = {
        { "status", "", 0, 0, status_options, "the state of pxed, its workers and what they run",
          "When pxed does not answer, each daemon is asked on its own socket.", cmd_status },

        { "node list", "", 0, 0, NULL, "all nodes", NULL, cmd_node_list },
        { "node show", "NODE", 1, 1, NULL, "a node in full, and why it boots what it boots", NULL, cmd_node_show },
        { "node agent", "NODE", 1, 1, NULL, "where the ironic-python-agent of a node takes commands, and by what",
          "Its token and the certificate of its https are told only to those who may control.", cmd_node_agent },
        { "node create", "[NAME]", 0, 1, create_options, "a node before its machine was ever seen",
          "It is known by --mac or --uuid, of which at least one is needed. Without NAME it gets one.", cmd_node_create },
        { "node rename", "NODE NAME", 2, 2, revision_options, "give a node another name", NULL, cmd_node_rename },
        { "node set", "NODE", 1, 1, set_options, "change name, tags, labels, properties, capabilities, traits and root device hints of a node",
          "What is not named stays as it is. All but --name may be given several times.",
          cmd_node_set },
        { "node set-boot", "NODE PROFILE", 2, 2, set_boot_options, "what a node boots, from now on or once", NULL, cmd_node_set_boot },
        { "node clear-boot", "NODE", 1, 1, change_options, "take that away: it boots what its network says for known machines", NULL,
          cmd_node_clear_boot },
        { "node inspect", "NODE", 1, 1, change_options, "boot the inspection ramdisk until an inventory has come",
          "The machine has to be powered on, or restarted, by other means.", cmd_node_inspect },
        { "node abort", "NODE", 1, 1, revision_options, "take an inspection back that has not finished",
          "A ramdisk that runs is told to end, and what it still posts is not taken over.", cmd_node_abort },
        { "node reapply", "[NODE]...", 0, UINT_MAX, reapply_options, "send the inventories that are kept through hooks and rules again",
          "It waits until that is done; what fails is listed, and the exit status is then not 0.", cmd_node_reapply },
        { "node set-port", "NODE MAC", 2, 2, set_port_options, "what the controller knows of a port of a node",
          "What is not given stays; an empty text takes it away.", cmd_node_set_port },
        { "node select-port", "NODE", 1, 1, select_port_options, "which ports may be attached to a network, and why not the others",
          "Without --physical-network and --segment: to any network. Nothing is changed.", cmd_node_select_port },
        { "node explain", "[NODE|MAC]", 0, 1, explain_options, "what a machine would boot now, and why; nothing is changed", NULL, cmd_node_explain },
        { "node delete", "NODE", 1, 1, revision_options, "forget a node, its ports and its inventories", "Its machine is unknown from then on.",
          cmd_node_delete },

        { "explain", "NODE|MAC", 1, 1, explain_machine_options, "what DHCP, TFTP and HTTP would answer a machine now, rule by rule",
          "No packet is sent and nothing is changed. The MAC need not be known. A daemon that is down is named, the others are\n"
          "asked all the same; the exit status is not 0 then.",
          cmd_explain },

        { "profile list", "", 0, 0, NULL, "all ways to boot", NULL, cmd_profile_list },
        { "profile show", "PROFILE", 1, 1, NULL, "one of them in full", NULL, cmd_profile_show },
        { "profile set", "PROFILE", 1, 1, profile_set_options, "create or replace one", "What is not given is empty, whatever the profile had before.",
          cmd_profile_set },
        { "profile delete", "PROFILE", 1, 1, revision_options, "delete one that nothing uses", NULL, cmd_profile_delete },

        { "network list", "", 0, 0, NULL, "the networks of the configuration and their interfaces", NULL, cmd_network_list },
        { "network show", "NETWORK", 1, 1, NULL, "one of them in full: its interface, what that hangs on, foreign DHCP servers", NULL, cmd_network_show },
        { "map", "[NETWORK]", 0, 1, NULL, "network, switch, port, machine: what hangs where",
          "Switches and ports are what LLDP and CDP say: to inspected machines, and to the appliance itself.", cmd_map },
        { "lease list", "", 0, 0, network_options, "the addresses that machines hold", NULL, cmd_lease_list },
        { "sighting list", "", 0, 0, sighting_options, "each MAC that was seen, where, when and by what", NULL, cmd_sighting_list },

        { "boot list", "[NODE|MAC]", 0, 1, boot_list_options, "boot attempts, newest first", NULL, cmd_boot_list },
        { "boot show", "[ID|NODE|MAC]", 0, 1, boot_show_options, "the timeline of one: by its id, a machine's newest, or the newest of all", NULL, cmd_boot_show },
        { "diagnose", "NODE|MAC", 1, 1, NULL, "why a machine does not boot: the reason, what says so, and what to do",
          "Of its newest boot; or, where nothing was seen of it, of the silence. pxed-diagnosis(7) has all reasons.", cmd_diagnose },
        { "watch", "", 0, 0, watch_options, "boots in flight, live",
          "On a terminal it draws in place, q ends it; else it prints a line for each step. --timeout ends it; with --exit-when\n"
          "that is exit status 6.",
          cmd_watch },
        { "capture", "[NODE|MAC]", 0, 1, capture_options, "the newest packets of a machine as a pcapng file, or whose there are",
          "They are pxed-netcfg's: DHCP, TFTP up to the first block of data, ARP and neighbour discovery, from and to it. Works\n"
          "without pxed, with a MAC.",
          cmd_capture },
        { "events", "", 0, 0, events_options, "what happened", NULL, cmd_events },

        { "inventory list", "NODE", 1, 1, NULL, "the inventories that are kept of a node", NULL, cmd_inventory_list },
        { "inventory show", "NODE", 1, 1, inventory_show_options, "a node's hardware", NULL, cmd_inventory_show },
        { "inventory raw", "NODE", 1, 1, inventory_options, "the same as the ramdisk posted it, in JSON", NULL, cmd_inventory_raw },
        { "inventory diff", "NODE [FROM [TO]]", 1, 3, NULL, "what has changed in a node's hardware",
          "The newest from the one before it, from FROM, or TO from FROM. What comes and goes from boot to boot is told last.", cmd_inventory_diff },
        { "inventory query", "POINTER", 1, 1, inventory_query_options, "a value in the newest inventory of each node",
          "POINTER is a JSON pointer (RFC 6901) into 'inventory show --json', with '*' for each member: '/disks/*/serial'.", cmd_inventory_query },
        { "inventory export", "[NODE]", 0, 1, inventory_export_options, "the newest inventory of each node, one in a line of JSON", NULL, cmd_inventory_export },

        { "rule list", "", 0, 0, NULL, "the inspection rules, in the order in which they run", NULL, cmd_rule_list },
        { "rule show", "RULE", 1, 1, NULL, "one of them in full", NULL, cmd_rule_show },
        { "rule set", "FILE", 1, 1, revision_options, "add or replace a rule, or several",
          "The file (-: standard input) has one rule as JSON, or a list of them; pxed-rules(7) has examples. Of a list, either all can\n"
          "be evaluated or none is set.",
          cmd_rule_set },
        { "rule delete", "RULE", 1, 1, revision_options, "delete one", NULL, cmd_rule_delete },
        { "rule test", "[FILE]", 0, 1, rule_test_options, "which nodes rules would match, and what they would change; nothing is changed",
          "By the newest inventory of each node: a rule of a file (-: standard input), or one that is set, each alone; or, with neither, all\n"
          "that are set.",
          cmd_rule_test },

        { "reload", "", 0, 0, NULL, "read the configuration again", "With a bad file everything stays as it was.", cmd_reload },
        { "daemon", "DAEMON", 1, 1, NULL, "one daemon in full, with the last lines of its children; works without pxed", NULL, cmd_daemon },
        { "log-level", "DAEMON LEVEL", 2, 2, NULL, "how much a daemon logs, until it is restarted: error, warning, notice, info, debug", NULL,
          cmd_log_level },
        { "call", "METHOD [JSON]", 1, 2, call_options, "call any method by hand",
          "The parameters are a JSON object, '-' reads it from standard input. 'pxectl call org.varlink.service.GetInfo' tells\n"
          "the interfaces.",
          cmd_call },
        { "help", "[COMMAND...]", 0, 2, NULL, "this, or what a command does and takes", NULL, cmd_help },
        /* For the shell's completion; not shown. */
        { "_complete", "[WORD...]", 0, 1000, NULL, NULL, NULL, cmd_complete },
        {},
};

const struct command *command_find(const char *first, const char *second) {
        size_t length = strlen(first);
        for (const struct command *command = commands; command->words; command++) {
                if (strncmp(command->words, first, length) != 0)
                        continue;
                const char *rest = command->words + length;
                if (second ? *rest == ' ' && strcmp(rest + 1, second) == 0 : *rest == '\0')
                        return command;
        }
        return NULL;
}

bool command_is_group(const char *word) {
        size_t length = strlen(word);
        for (const struct command *command = commands; command->words; command++)
                if (strncmp(command->words, word, length) == 0 && command->words[length] == ' ')
                        return true;
        return false;
}

size_t command_words(const char *group, const char **words, size_t n) {
        static char first[64][16];
        size_t count = 0, group_length = group ? strlen(group) : 0;
        for (const struct command *command = commands; command->words && count < n && count < ELEMENTS(first); command++) {
                if (!command->help)
                        continue;
                if (group) {
                        if (strncmp(command->words, group, group_length) == 0 && command->words[group_length] == ' ')
                                words[count++] = command->words + group_length + 1;
                        continue;
                }
                size_t length = strcspn(command->words, " ");
                if (count > 0 && strlen(words[count - 1]) == length && strncmp(words[count - 1], command->words, length) == 0)
                        continue;
                memcpy(first[count], command->words, length);
                first[count][length] = '\0';
                words[count] = first[count];
                count++;
        }
        return count;
}
