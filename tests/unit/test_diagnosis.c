/* Each signature by the steps that show it; and healthy boots, which show none at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/diagnosis.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/text.h"

#define T ((uint64_t) 1700000000 * USEC_PER_SEC)

/*
 * Steps as lines: "SECONDS KIND [STAGE] [KEY=VALUE ...]". A value has no space; '_' stands for one in `detail`. Keys: those of type Step, "o93=7"
 * for options.
 */
static void set_field(struct boot_step *s, char options[static STEP_OPTIONS_SIZE], char *word) {
        char *equals = strchr(word, '=');
        assert_non_null(equals);
        char *value = equals + 1;
        *equals = '\0';
        const struct {
                const char *name;
                char **text;
        } texts[] = { { "address", &s->address }, { "file", &s->file }, { "profile", &s->profile }, { "detail", &s->detail }, { "server", &s->server } };
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (strcmp(word, texts[i].name) == 0) {
                        for (char *c = value; *texts[i].name == 'd' && *c; c++)
                                *c = *c == '_' ? ' ' : *c;
                        *texts[i].text = value;
                        return;
                }
        if (word[0] == 'o')
                step_options_add(options, STEP_OPTIONS_SIZE, word + 1, value);
        else if (strcmp(word, "xid") == 0)
                s->has_xid = true, s->xid = (uint32_t) atoi(value);
        else if (strcmp(word, "arch") == 0)
                s->architecture = atoi(value);
        else if (strcmp(word, "foreign") == 0)
                s->foreign = atoi(value) ? FOREIGN_YES : FOREIGN_NO;
        else if (strcmp(word, "vlan") == 0)
                s->has_vlan = true, s->vlan = (uint16_t) atoi(value);
        else if (strcmp(word, "bytes") == 0)
                s->bytes = atoi(value);
        else if (strcmp(word, "total") == 0)
                s->total = atoi(value);
        else if (strcmp(word, "repeats") == 0)
                s->repeats = (unsigned) atoi(value);
        else if (strcmp(word, "last") == 0)
                s->last = T + (uint64_t) (atof(value) * 1e6);
        else if (strcmp(word, "transfer") == 0)
                s->transfer = (enum step_transfer) name_to_enum(step_transfer_names, TRANSFERS, value);
        else
                fail_msg("no field %s", word);
}

static void add_line(struct boot *boot, const char *line, const struct facts *facts) {
        char copy[512], options[STEP_OPTIONS_SIZE] = "", *save = NULL;
        struct boot_step s = { .architecture = -1, .bytes = -1, .total = -1 };

        snprintf(copy, sizeof copy, "%s", line);
        char *word = strtok_r(copy, " ", &save);
        s.time = T + (uint64_t) (atof(word) * 1e6);
        word = strtok_r(NULL, " ", &save);
        int kind = name_to_enum(step_kind_names, STEP_KINDS, word);
        assert_true(kind >= 0);
        s.kind = (enum step_kind) kind;
        if (s.kind <= STEP_NAK)
                s.protocol = STEP_DHCP4;
        while ((word = strtok_r(NULL, " ", &save))) {
                int stage = name_to_enum(step_stage_names, STAGES, word);
                if (stage > 0)
                        s.stage = (enum step_stage) stage;
                else
                        set_field(&s, options, word);
        }
        s.options = options[0] ? options : NULL;
        assert_true(boot_add(boot, &s, facts->inspects == KNOWN_YES, s.time) >= 0);
}

#define LINES_MAX 40

static const struct ip_prefix subnet = { .address = { .family = AF_INET, .v4.s_addr = 0x010200c0 }, .length = 24 };

#define LAB_WITH(mode, packet, leased, denial)                                                                                                \
        .network = "lab", .interface = "eth1", .dhcp = mode, .subnets = &subnet, .n_subnets = 1, .has_pool = true, .pool_size = 100,          \
        .pool_used = leased, .denied = denial, .carrier = KNOWN_YES, .mtu = packet, .node = "n1", .http_port = 8080,                          \
        .address = { .family = AF_INET, .v4.s_addr = 0x010200c0 }
#define LAB LAB_WITH(FACTS_DHCP_SERVER, 1500, 1, KNOWN_NO)

#define BIOS_TO_IPXE                                                                                                   \
        "0 discover firmware arch=0 xid=1", "0.1 offer firmware xid=1 server=192.0.2.1 foreign=0 address=192.0.2.100", \
        "0.2 request firmware xid=1 server=192.0.2.1 foreign=0", "0.3 acknowledge firmware xid=1 server=192.0.2.1 foreign=0 address=192.0.2.100 file=undionly.kpxe", \
        "0.4 tftp file=undionly.kpxe server=192.0.2.1 transfer=done bytes=74000 total=74000", \
        "2 discover ipxe xid=2", "2.1 offer ipxe xid=2 server=192.0.2.1 foreign=0", "2.2 request ipxe xid=2 server=192.0.2.1 foreign=0"
#define BIOS_IPXE BIOS_TO_IPXE, "2.3 acknowledge ipxe xid=2 server=192.0.2.1 foreign=0 address=192.0.2.100 file=http://192.0.2.1:8080/boot.ipxe"
#define UEFI_TO_TFTP \
        "0 discover firmware arch=7 xid=1", "4 discover firmware arch=7 xid=1", "4.1 offer firmware xid=1 server=192.0.2.1 foreign=0 address=192.0.2.100", \
        "8 request firmware xid=1 server=192.0.2.1 foreign=0", "8.1 acknowledge firmware xid=1 server=192.0.2.1 foreign=0 address=192.0.2.100 file=snponly.efi"
#define SCRIPT "5 script profile=inspect"
#define STARTED SCRIPT, "6 file file=r/vmlinuz bytes=10 total=10", "7 file file=r/initrd bytes=20 total=20", "9 started profile=inspect"

static const struct {
        const char *signature; /* NULL: none */
        const char *lines[LINES_MAX];
        double now;
        struct facts facts;
        const char *reason; /* a part of it, or of the evidence */
} cases[] = {
        { "agent-failed", { BIOS_IPXE, STARTED, "20 inventory" }, 21, { LAB, .inspects = KNOWN_YES }, "no disk" },
        { "inventory-refused", { BIOS_IPXE, STARTED, "20 refused detail=the_boot_token_is_damaged" }, 20, { LAB, .inspects = KNOWN_YES }, "token is damaged" },
        { "agent-stalled", { BIOS_IPXE, STARTED, "20 agent detail=collecting" }, 330, { LAB, .inspects = KNOWN_YES }, "collecting" },
        { "agent-silent", { BIOS_IPXE, STARTED }, 200, { LAB, .inspects = KNOWN_YES }, "driver" },
        { "agent-silent", { BIOS_IPXE, STARTED, "15 discover os", "16 acknowledge os" }, 200, { LAB, .inspects = KNOWN_YES }, "does not reach" },
        { NULL, { BIOS_IPXE, STARTED }, 100, { LAB, .inspects = KNOWN_YES }, NULL },
        { NULL, { BIOS_IPXE, STARTED }, 10000, { LAB }, NULL }, /* what was booted need not speak */
        { "file-missing", { BIOS_IPXE, SCRIPT, "6 refused file=k/vmlinuz detail=k/vmlinuz:_there_is_no_such_file" }, 6, { LAB }, "k/vmlinuz" },
        { "kernel-stalled", { BIOS_IPXE, SCRIPT, "6 file file=r/initrd bytes=10 total=90" }, 40, { LAB }, "10 of 90 bytes" },
        { "kernel-not-fetched", { BIOS_IPXE, SCRIPT }, 40, { LAB }, "fetched nothing" },
        { "kernel-not-fetched", { BIOS_IPXE, SCRIPT, "6 file file=r/vmlinuz bytes=10 total=10" }, 40, { LAB }, "not fetch all" },
        { "script-refused", { BIOS_IPXE, "3 refused detail=network_lab_ignores_unknown_machines" }, 3, { LAB }, "ignores unknown machines" },

        { "tftp-timeout-request", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=requested repeats=2 last=20" }, 20, { LAB }, "192.0.2.1 does not answer" },
        { "tftp-timeout-request", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=requested" }, 18, {}, "does not answer" },
        { NULL, { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=requested" }, 12, { LAB }, NULL },
        { "tftp-timeout-options", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=options repeats=3 last=19" }, 20, { LAB }, "192.0.2.1" },
        { "tftp-timeout-mtu", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=agreed repeats=3 last=19 oblksize=1468" }, 20, { LAB_WITH(FACTS_DHCP_SERVER, 1450, 1, KNOWN_NO) }, "1468" },
        { "tftp-timeout-mtu", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=agreed oblksize=1468" }, 20, { LAB }, "hop further on" },
        { "tftp-stalled", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=data repeats=3 last=19 bytes=512 total=9000" }, 20, { LAB }, "512 of 9000" },
        { "tftp-file-missing", { UEFI_TO_TFTP, "9 tftp file=x.efi server=192.0.2.9 transfer=refused detail=refused_by_the_server:_File_not_found_(TFTP_error_1)" }, 15, { LAB }, "192.0.2.9 does not have the file x.efi" },
        { "tftp-refused", { UEFI_TO_TFTP, "9 tftp file=x.efi server=192.0.2.9 transfer=refused detail=refused_by_the_server:_Access_violation_(TFTP_error_2)" }, 15, { LAB }, "Access violation" },
        /* A loader looks for a file that need not be there. */
        { NULL, { UEFI_TO_TFTP, "9 tftp file=x.efi transfer=refused detail=not_found_(TFTP_error_1)", "9.1 tftp file=grub.cfg transfer=data bytes=512" }, 12, { LAB }, NULL },
        { "loader-wrong-architecture", { UEFI_TO_TFTP, "9 tftp file=undionly.kpxe server=192.0.2.9 transfer=done" }, 40, { LAB }, "x86 under BIOS" },
        { "loader-wrong-architecture", { "0 discover firmware arch=0 xid=1", "1 acknowledge firmware xid=1", "9 tftp file=undionly.kpxe transfer=done" }, 40, { LAB, .foreign = "pi" }, "Raspberry Pi" },
        { "loader-not-started", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=done bytes=174080 total=174080" }, 80, { LAB }, "nothing came of it" },
        { "loader-not-started", { UEFI_TO_TFTP, "9 tftp file=snponly.efi server=192.0.2.1 transfer=aborted detail=x_(TFTP_error_8)" }, 80, { LAB }, "broke off" },
        { "ipxe-loop", { BIOS_TO_IPXE, "2.3 acknowledge ipxe xid=2 server=192.0.2.1 file=undionly.kpxe", "3 tftp file=undionly.kpxe transfer=done",
                         "4 discover ipxe xid=3", "4.1 acknowledge ipxe xid=3 server=192.0.2.1 file=undionly.kpxe", "5 tftp file=undionly.kpxe transfer=done" }, 6, { LAB }, "3 times" },
        { "script-not-fetched", { BIOS_IPXE }, 50, { LAB }, "boot.ipxe" },
        { NULL, { BIOS_IPXE }, 20, { LAB }, NULL },

        { "address-declined", { "0 discover firmware xid=1", "1 acknowledge firmware xid=1 address=192.0.2.100", "2 nak firmware xid=1 address=192.0.2.100 o53=DECLINE" }, 14, { LAB }, "192.0.2.100" },
        { NULL, { "0 discover firmware xid=1", "1 acknowledge firmware xid=1 address=192.0.2.100", "2 nak firmware xid=1 o53=DECLINE", "13 discover firmware xid=2",
                  "14 acknowledge firmware xid=2" }, 15, { LAB }, NULL },
        { "nak", { "0 request firmware xid=1 address=10.0.0.1", "0.1 nak firmware xid=1 server=192.0.2.1 o53=NAK detail=wrong_network" }, 12, { LAB }, "wrong network" },
        { "offer-not-requested-foreign", { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50 file=evil.0",
                                           "0.2 offer firmware xid=1 server=192.0.2.1 foreign=0 address=192.0.2.100", "1 request firmware xid=1 server=192.0.2.9 foreign=1",
                                           "1.1 acknowledge firmware xid=1 server=192.0.2.9 foreign=1" }, 20, { LAB }, "192.0.2.9 offered 192.0.2.50, boot file evil.0" },
        { "offer-not-requested-foreign", { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50",
                                           "1 request firmware xid=1 server=192.0.2.9 foreign=1", "1.1 acknowledge firmware xid=1 server=192.0.2.9 foreign=1",
                                           "1.2 nak firmware xid=1 server=192.0.2.1 foreign=0 o53=NAK detail=wrong_server-ID" }, 20, { LAB }, "192.0.2.1 refused that address" },
        /* Too early to say so; the refusal is not what is wrong. */
        { NULL, { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50",
                  "1 request firmware xid=1 server=192.0.2.9 foreign=1", "1.1 acknowledge firmware xid=1 server=192.0.2.9 foreign=1",
                  "1.2 nak firmware xid=1 server=192.0.2.1 foreign=0 o53=NAK detail=wrong_server-ID" }, 13, { LAB }, NULL },
        { NULL, { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.9 foreign=1", "1 request firmware xid=1 server=192.0.2.9 foreign=1",
                  "1.1 acknowledge firmware xid=1 server=192.0.2.9 foreign=1" }, 20, { LAB_WITH(FACTS_DHCP_OFF, 1500, 1, KNOWN_NO) }, NULL },
        { "offer-not-requested-proxy", { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.1 foreign=0 file=snponly.efi",
                                         "0.2 offer firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50", "1 request firmware xid=1 server=192.0.2.9 foreign=1",
                                         "1.1 acknowledge firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50" }, 25, { LAB_WITH(FACTS_DHCP_PROXY, 1500, 1, KNOWN_NO) }, "ignored the appliance" },
        { "no-offer-proxy", { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.1 foreign=0", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12,
          { LAB_WITH(FACTS_DHCP_PROXY, 1500, 1, KNOWN_NO) }, "Nobody gives addresses" },
        { "offer-not-requested", { "0 discover firmware xid=1", "0.1 offer firmware xid=1 server=192.0.2.1 foreign=0", "4 discover firmware xid=1",
                                   "4.1 offer firmware xid=1 server=192.0.2.1 foreign=0", "12 discover firmware xid=1" }, 12, { LAB }, "3 DISCOVERs" },
        { "no-offer-wrong-vlan", { "0 discover firmware xid=1 vlan=100", "4 discover firmware xid=1 vlan=100" }, 5, { LAB }, "on VLAN 100" },
        { "no-offer-wrong-vlan", { "0 discover firmware xid=1 vlan=0", "4 discover firmware xid=1 vlan=0" }, 5, { LAB }, "without a VLAN tag" },
        { "no-offer-denied", { "0 discover firmware xid=1", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12, { LAB_WITH(FACTS_DHCP_SERVER, 1500, 1, KNOWN_YES) }, "denies" },
        { "no-offer-relay-unknown", { "0 discover firmware xid=1 ogiaddr=10.9.9.1", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12, { LAB }, "10.9.9.1" },
        { "no-offer", { "0 discover firmware xid=1 ogiaddr=192.0.2.7", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12, { LAB }, "3 DISCOVERs" },
        { "no-offer-ignored", { "0 discover firmware xid=1", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12, { LAB_WITH(FACTS_DHCP_OFF, 1500, 1, KNOWN_NO) }, "DHCP is off" },
        { "no-offer-pool-empty", { "0 discover firmware xid=1", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12, { LAB_WITH(FACTS_DHCP_SERVER, 1500, 100, KNOWN_NO) }, "100 of the pool's 100" },
        { "no-offer", { "0 discover firmware xid=1", "4 discover firmware xid=1", "12 discover firmware xid=1" }, 12, {}, "3 DISCOVERs" },
        { "no-offer", { "0 discover firmware xid=1" }, 61, { LAB, .problem = "dnsmasq does not start" }, "dnsmasq does not start" },
        { NULL, { "0 discover firmware xid=1", "4 discover firmware xid=1" }, 8, { LAB }, NULL },
        { "no-offer", { BIOS_TO_IPXE, "2.3 acknowledge ipxe xid=2", "3 script", "4 discover ipxe xid=9", "8 discover ipxe xid=9", "16 discover ipxe xid=9" }, 17, {}, "iPXE sent 3" },
};

static struct boot *make_boot(const char *const *lines, const struct facts *facts) {
        struct mac mac = { { 0x52, 0x54, 0, 0, 0, 1 } };
        struct boot *boot;

        if (facts->foreign && strcmp(facts->foreign, "pi") == 0)
                mac = (struct mac) { { 0xb8, 0x27, 0xeb, 0, 0, 1 } };
        assert_int_equal(boot_new(&mac, T, &boot), 0);
        for (size_t i = 0; i < LINES_MAX && lines[i]; i++)
                add_line(boot, lines[i], facts);
        return boot;
}

static bool says(const struct diagnosis *d, const char *words) {
        bool found = strstr(d->reason, words) != NULL;
        for (unsigned i = 0; i < d->n_evidence; i++)
                found = found || strstr(d->evidence[i], words);
        return found;
}

static void test_signatures(void **state) {
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_(boot_freep) struct boot *boot = make_boot(cases[i].lines, &cases[i].facts);
                struct diagnosis d = {};
                if (cases[i].signature && strcmp(cases[i].signature, "agent-failed") == 0)
                        assert_int_equal(boot_fail(boot, "no disk", T + 20 * USEC_PER_SEC), 0);
                bool found = diagnosis_of_boot(boot, &cases[i].facts, T + (uint64_t) (cases[i].now * 1e6), &d);
                const char *got = found ? d.signature->name : NULL;
                if (!text_equal(got, cases[i].signature))
                        fail_msg("case %zu: %s and not %s: %s", i, got ? got : "none", cases[i].signature ? cases[i].signature : "none", d.reason);
                if (!found)
                        continue;
                if (cases[i].reason && !says(&d, cases[i].reason))
                        fail_msg("case %zu (%s): \"%s\" is not in: %s / %s", i, got, cases[i].reason, d.reason, d.evidence[0]);
                assert_true(d.n_evidence > 0 && d.confirm[0] && d.fix[0]);
                /* known things stand in the texts, not their words */
                assert_null(strstr(d.confirm, "MAC"));
                assert_true(!cases[i].facts.interface || !strstr(d.confirm, "INTERFACE"));
        }
}

/* Every signature has a case, but those that are none of a boot alone. */
static void test_each_has_a_case(void **state) {
        for (size_t s = 0; s < n_signatures; s++) {
                bool found = strcmp(signatures[s].name, "no-discover") == 0 || strcmp(signatures[s].name, "boot-loops") == 0;
                for (size_t i = 0; i < ELEMENTS(cases); i++)
                        found = found || text_equal(cases[i].signature, signatures[s].name);
                if (!found)
                        fail_msg("%s has no case", signatures[s].name);
        }
}

static const struct {
        const char *name;
        const char *lines[LINES_MAX];
        struct facts facts;
} healthy[] = {
        { "BIOS", { BIOS_IPXE, STARTED, "20 discover os xid=5", "20.1 acknowledge os xid=5", "21 agent detail=started", "40 inventory" }, { LAB, .inspects = KNOWN_YES } },
        { "UEFI", { UEFI_TO_TFTP, "8.2 tftp file=snponly.efi server=192.0.2.1 transfer=aborted detail=ended_by_the_machine:_User_aborted_(TFTP_error_8)",
                    "8.3 tftp file=snponly.efi server=192.0.2.1 transfer=done bytes=174080 total=174080", "12 discover ipxe xid=2", "13 discover ipxe xid=2",
                    "13.1 offer ipxe xid=2 server=192.0.2.1 foreign=0", "13.2 request ipxe xid=2 server=192.0.2.1 foreign=0",
                    "13.3 acknowledge ipxe xid=2 server=192.0.2.1 foreign=0 file=http://192.0.2.1:8080/boot.ipxe", "29 script profile=inspect",
                    "30 file file=r/vmlinuz bytes=10 total=10", "31 file file=r/initrd bytes=20 total=20", "33 started profile=inspect", "60 agent detail=started",
                    "70 inventory" }, { LAB, .inspects = KNOWN_YES } },
        { "ROM with iPXE, a kernel", { "0 discover ipxe xid=2 arch=0", "1 offer ipxe xid=2 server=192.0.2.1 foreign=0", "1.2 request ipxe xid=2",
                                       "1.3 acknowledge ipxe xid=2 server=192.0.2.1 foreign=0 file=http://192.0.2.1:8080/boot.ipxe", "17 script profile=k",
                                       "18 file file=k/vmlinuz bytes=10 total=10", "19 started profile=k" }, { LAB } },
        { "proxy, BIOS", { "0 discover firmware xid=1 arch=0", "0.1 offer firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50",
                           "0.2 offer firmware xid=1 server=192.0.2.1 foreign=0", "4 request firmware xid=1 server=192.0.2.9 foreign=1",
                           "4.1 acknowledge firmware xid=1 server=192.0.2.9 foreign=1 address=192.0.2.50", "4.2 request firmware xid=7 address=192.0.2.50",
                           "4.3 acknowledge firmware xid=7 server=192.0.2.1 foreign=0 file=undionly.kpxe",
                           "4.4 tftp file=undionly.kpxe server=192.0.2.1 transfer=done bytes=74000 total=74000", "7 discover ipxe xid=8",
                           "7.1 offer ipxe xid=8 server=192.0.2.9 foreign=1 address=192.0.2.50", "7.2 offer ipxe xid=8 server=192.0.2.1 foreign=0 file=http://x/boot.ipxe",
                           "10 request ipxe xid=8 server=192.0.2.9 foreign=1", "10.1 acknowledge ipxe xid=8 server=192.0.2.9 foreign=1 address=192.0.2.50",
                           "12 script profile=inspect", "13 file file=r/vmlinuz bytes=10 total=10", "14 started profile=inspect", "30 inventory" },
          { LAB_WITH(FACTS_DHCP_PROXY, 1500, 1, KNOWN_NO), .inspects = KNOWN_YES } },
        { "the disk", { BIOS_IPXE, "3 script profile=local", "3.1 started profile=local" }, { LAB } },
        /* An address that is gone: it asks again and has another one. */
        { "a NAK", { "0 request firmware xid=1 address=192.0.2.7", "0.1 nak firmware xid=1 server=192.0.2.1 foreign=0 o53=NAK", "1 discover firmware xid=2",
                     "1.1 offer firmware xid=2 server=192.0.2.1 foreign=0", "1.2 acknowledge firmware xid=2 server=192.0.2.1 foreign=0", "2 script profile=local",
                     "2.1 started profile=local" }, { LAB } },
};

/* At the moment of each step, and all the time up to the next. */
static void test_healthy(void **state) {
        for (size_t i = 0; i < ELEMENTS(healthy); i++)
                for (size_t n = 1; n <= LINES_MAX && healthy[i].lines[n - 1]; n++) {
                        const char *lines[LINES_MAX] = {};
                        struct diagnosis d;
                        memcpy(lines, healthy[i].lines, n * sizeof *lines);
                        const char *next = n < LINES_MAX ? healthy[i].lines[n] : NULL;
                        _cleanup_(boot_freep) struct boot *boot = make_boot(lines, &healthy[i].facts);
                        double from = atof(lines[n - 1]), until = next ? atof(next) : from + (boot->ended != 0 ? 100000 : 1);
                        for (double now = from; now < until; now += (until - from) / 20)
                                if (diagnosis_of_boot(boot, &healthy[i].facts, T + (uint64_t) (now * 1e6), &d))
                                        fail_msg("%s, %.1f s after %s: %s: %s", healthy[i].name, now - from, lines[n - 1], d.signature->name, d.reason);
                }
}

/* A boot that has gone silent keeps its diagnosis; one that was cut short by a power cycle has none. */
static void test_ended(void **state) {
        const char *lines[LINES_MAX] = { "0 discover firmware xid=1", "4 discover firmware xid=1", "12 discover firmware xid=1" };
        const struct facts facts = { LAB, .attempts = 0 };
        struct diagnosis d;
        _cleanup_(boot_freep) struct boot *boot = make_boot(lines, &facts), *cut = NULL;

        assert_int_equal(boot_check_silence(boot, T + 1000 * USEC_PER_SEC), 1);
        assert_true(diagnosis_of_boot(boot, &facts, T + 99999 * USEC_PER_SEC, &d));
        assert_string_equal(d.signature->name, "no-offer");

        const char *early[LINES_MAX] = { BIOS_IPXE };
        cut = make_boot(early, &facts);
        assert_int_equal(boot_supersede(cut, T + 4 * USEC_PER_SEC), 1);
        assert_false(diagnosis_of_boot(cut, &facts, T + 99999 * USEC_PER_SEC, &d));
        struct facts again = facts;
        again.attempts = 3;
        assert_true(diagnosis_of_boot(cut, &again, T + 99999 * USEC_PER_SEC, &d));
        assert_string_equal(d.signature->name, "boot-loops");
        assert_true(says(&d, "4 boots"));
}

/* Vendor's iPXE that does not say so: each round is a boot of its own. */
static void test_loop_of_boots(void **state) {
        const char *lines[LINES_MAX] = { "0 discover firmware xid=1 arch=0", "0.1 acknowledge firmware xid=1 server=192.0.2.1 file=undionly.kpxe",
                                         "0.2 tftp file=undionly.kpxe server=192.0.2.1 transfer=done" };
        const struct facts facts = { LAB, .attempts = 2, .fetches = 2 };
        struct diagnosis d;
        _cleanup_(boot_freep) struct boot *boot = make_boot(lines, &facts);

        assert_true(diagnosis_loader_only(boot, "undionly.kpxe"));
        assert_false(diagnosis_loader_only(boot, "snponly.efi"));
        assert_false(diagnosis_of_boot(boot, &facts, T + 2 * USEC_PER_SEC, &d));
        assert_int_equal(boot_supersede(boot, T + 3 * USEC_PER_SEC), 1);
        assert_true(diagnosis_of_boot(boot, &facts, T + 4 * USEC_PER_SEC, &d));
        assert_string_equal(d.signature->name, "ipxe-loop");
        add_line(boot, "2 script", &facts);
        assert_false(diagnosis_loader_only(boot, "undionly.kpxe"));
}

static void test_never_seen(void **state) {
        const struct facts facts = { LAB, .assigned = T, .profile = "install", .neighbour = "sw1 Eth1/7" };
        const struct mac mac = { { 0x52, 0x54, 0, 0, 0, 1 } };
        struct diagnosis d;

        assert_true(diagnosis_of_silence(&mac, NULL, &facts, T + 60 * USEC_PER_SEC, &d));
        assert_string_equal(d.signature->name, "no-discover");
        assert_true(says(&d, "ever been seen") && says(&d, "install 60 s ago") && says(&d, "sw1 Eth1/7") && says(&d, "eth1 of network lab has a carrier"));
        assert_string_equal(d.confirm, "tcpdump -eni eth1 'ether host 52:54:00:00:00:01 and (port 67 or port 68)'");
        const char *lines[LINES_MAX] = { "0 discover firmware xid=1" };
        _cleanup_(boot_freep) struct boot *last = make_boot(lines, &facts);
        assert_true(diagnosis_of_silence(&mac, last, &facts, T + 60 * USEC_PER_SEC, &d));
        assert_true(says(&d, "since it was told") && says(&d, "60 s old"));
        _cleanup_json_ json_t *json = diagnosis_to_json(&d);
        assert_string_equal(json_get_string(json, "signature"), "no-discover");
        assert_int_equal(json_array_size(json_get_array(json, "evidence")), 4);
}

/* What a capture brought from elsewhere lacks stays a word for a person to fill in. */
static void test_nothing_known(void **state) {
        const char *lines[LINES_MAX] = { "0 discover firmware xid=1", "4 discover firmware xid=1", "12 discover firmware xid=1" };
        const struct facts facts = {};
        struct diagnosis d;
        _cleanup_(boot_freep) struct boot *boot = make_boot(lines, &facts);

        assert_true(diagnosis_of_boot(boot, &facts, T + 20 * USEC_PER_SEC, &d));
        assert_string_equal(d.confirm, "tcpdump -eni INTERFACE 'ether host 52:54:00:00:00:01 and (port 67 or port 68)'");
}

/* A machine names the file, and a person pastes the command into a shell. */
static void test_file_name_is_no_command(void **state) {
        const char *lines[LINES_MAX] = { UEFI_TO_TFTP, "9 tftp file=a/b.efi;$(reboot)'%s' server=192.0.2.9 transfer=refused detail=not_found_(TFTP_error_1)" };
        const struct facts facts = { LAB };
        struct diagnosis d;
        _cleanup_(boot_freep) struct boot *boot = make_boot(lines, &facts);

        assert_true(diagnosis_of_boot(boot, &facts, T + 15 * USEC_PER_SEC, &d));
        assert_string_equal(d.confirm, "curl -v tftp://192.0.2.9/a/b.efi%3B%24%28reboot%29%27%25s%27 -o /dev/null");
}

/* ---- the manual page: what the table says, and nothing else */

static void put_escaped(FILE *f, const char *text) {
        for (; *text; text++)
                if (*text == '\\' || *text == '-')
                        fprintf(f, "\\%c", *text);
                else
                        fputc(*text, f);
        fputc('\n', f);
}

static char *page_of_table(void) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        for (size_t i = 0; i < n_signatures; i++) {
                const struct signature *s = &signatures[i];
                fputs(".SS ", f);
                put_escaped(f, s->name);
                put_escaped(f, s->meaning);
                fputs(".TP\nEvidence\n", f);
                put_escaped(f, s->evidence);
                fputs(".TP\nConfirm\n.B ", f);
                put_escaped(f, s->confirm);
                fputs(".TP\nFix\n", f);
                put_escaped(f, s->fix);
        }
        fclose(f);
        return text;
}

static void test_manual_page(void **state) {
        _cleanup_free_ char *wanted = page_of_table(), *page = NULL;
        const char *write = getenv("PXED_WRITE_SIGNATURES"), *begin, *end;

        if (write) {
                FILE *f = fopen(write, "w");
                fputs(wanted, f);
                fclose(f);
        }
        assert_int_equal(file_read("docs/pxed-diagnosis.7", 1 << 20, &page, NULL), 0);
        assert_non_null(begin = strstr(page, ".SH SIGNATURES\n"));
        begin += strlen(".SH SIGNATURES\n");
        assert_non_null(end = strstr(begin, ".SH SEE ALSO\n"));
        if ((size_t) (end - begin) != strlen(wanted) || memcmp(begin, wanted, strlen(wanted)) != 0)
                fail_msg("docs/pxed-diagnosis.7 differs from the table: PXED_WRITE_SIGNATURES=FILE writes what belongs between SIGNATURES and SEE ALSO");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_signatures), cmocka_unit_test(test_each_has_a_case), cmocka_unit_test(test_healthy),
                cmocka_unit_test(test_ended), cmocka_unit_test(test_never_seen), cmocka_unit_test(test_loop_of_boots), cmocka_unit_test(test_nothing_known),
                cmocka_unit_test(test_file_name_is_no_command),
                cmocka_unit_test(test_manual_page),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
