/* pxectl: what replies look like, against the text that is expected of them. */
#include "tests/unit/ctl_fixture.h"

#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/watch_list.h"

#define NODE                                                                                                                               \
        "{'id':'0e8b7f1a-0000-4000-8000-000000000001','name':'web-1','revision':12,'created':@0,'uuid':null,'serial':'S1','manufacturer':'QEMU'," \
        "'product':'Standard \\u001b[31mPC','architecture':'x86_64','bootMode':'uefi','cpus':4,'memory':1073741824,'bmcAddress':null,"        \
        "'ports':[{'mac':'52:54:00:00:00:01','boots':false},{'mac':'52:54:00:00:00:02','network':'lab','boots':true,'interface':'eth1'}],"     \
        "'tags':['rack1','db'],'labels':{'owner':'ops'},'assignment':{'profile':'debian','parameters':{'v':'12'},'once':true,'revision':11,"    \
        "'assigned':@0},'decision':{'profile':'debian','reasons':['assigned, once','no inspection is asked for']},"                           \
        "'inspection':{'state':'finished','started':@0,'finished':@12500000},'lastBoot':@0}"

static void test_nodes(void **state) {
        expect(show_nodes, "[" NODE ",{'name':'x','ports':[],'tags':[],'decision':{'reasons':[]},'inspection':{'state':'none'}}]", &plain,
               "NAME   BOOTS          INSPECTION  MAC                   MODE  CPUS  MEMORY  LAST BOOT  TAGS\n"
               "web-1  debian (once)  finished    52:54:00:00:00:02 +1  uefi     4   1 GiB       30 s  rack1, db\n"
               "x      nothing        none        -                     -        -       -          -  -\n");
}

static void test_node(void **state) {
        expect(show_node, NODE, &plain,
               "           Name: web-1\n"
               "             Id: 0e8b7f1a-0000-4000-8000-000000000001\n"
               "       Revision: 12\n"
               "        Created: 2026-11-21 00:29:35\n"
               "   Manufacturer: QEMU\n"
               "        Product: Standard \\x1b[31mPC\n"
               "         Serial: S1\n"
               "           UUID: -\n"
               "   Architecture: x86_64\n"
               "  Firmware mode: uefi\n"
               "            BMC: -\n"
               "           CPUs: 4\n"
               "         Memory: 1 GiB\n"
               "           Tags: rack1, db\n"
               "         Labels: owner=ops\n"
               "     Assignment: debian, once, since 2026-11-21 00:29:35 (revision 11)\n"
               "     Parameters: v=12\n"
               "      Boots now: debian\n"
               "        Because: assigned, once\n"
               "                 no inspection is asked for\n"
               "     Inspection: finished 2026-11-21 00:29:47, took 12.5 s\n"
               "      Last boot: 2026-11-21 00:29:35\n"
               "\nPorts\n"
               "  MAC                INTERFACE  BOOTS  NETWORK  PHYSICAL NETWORK  SWITCH  PORT  GROUP  ATTACHED\n"
               "  52:54:00:00:00:01  -          no     -        -                 -       -     -      -\n"
               "  52:54:00:00:00:02  eth1       yes    lab      -                 -       -     -      -\n");
}

static void test_inspection(void **state) {
        static const struct {
                const char *inspection, *shown;
        } cases[] = {
                { "{'state':'error','error':'root-device: no disk matches','hook':'root-device','started':@0,'finished':@1}",
                  "error: root-device: no disk matches" },
                { "{'state':'error','error':'aborted: the ramdisk was told'}", "error: aborted: the ramdisk was told" },
                { "{'state':'aborting','started':@0,'deadline':@60000000}", "aborting, until 2026-11-21 00:30:35 at the latest" },
                { "{'state':'waiting','started':@0}", "waiting since 2026-11-21 00:29:35" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char node[256], line[128], *text;
                size_t size;
                snprintf(node, sizeof node, "{'inspection':%s}", cases[i].inspection);
                snprintf(line, sizeof line, "     Inspection: %s\n", cases[i].shown);
                _cleanup_json_ json_t *value = json(node);
                FILE *out = open_memstream(&text, &size);
                assert_int_equal(show_node(value, &plain, out), 0);
                fclose(out);
                if (!strstr(text, line))
                        fail_msg("not in it: %s%s", line, text);
                free(text);
        }
}

static void test_found(void **state) {
        static const char *const lines[] = {
                "     Properties: memory_mb=1024, list=[1,\"x\"], vendor=a\\x1b\n",
                "   Capabilities: boot_mode=uefi\n",
                "     Root hints: size=>= 100\n",
                "         Traits: CUSTOM_A, CUSTOM_B\n",
                "    Root device: /dev/sda, 1 GiB, M, serial S\n",
                "   Accelerators: T4 (GPU) at 0000:3b:00.0\n                 T4 (GPU) at \n",
        };
        _cleanup_json_ json_t *node = json(
                "{'name':'n','properties':{'memory_mb':1024,'list':[1,'x'],'vendor':'a\\u001b'},'capabilities':{'boot_mode':'uefi'},'extra':null,"
                "'rootDeviceHints':{'size':'>= 100'},'traits':['CUSTOM_A','CUSTOM_B'],'rootDevice':{'name':'/dev/sda','size':1073741824,'model':'M','serial':'S'},"
                "'accelerators':[{'name':'T4','type':'GPU','pciAddress':'0000:3b:00.0'},{'name':'T4','type':'GPU','pciAddress':''}]}");
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(show_node(node, &plain, out), 0);
        fclose(out);
        for (size_t i = 0; i < ELEMENTS(lines); i++)
                if (!strstr(text, lines[i]))
                        fail_msg("not in it: %s%s", lines[i], text);
        assert_null(strstr(text, "Extra"));
        free(text);
}

static void test_ports(void **state) {
        expect(show_ports,
               "[{'mac':'52:54:00:00:00:01','interface':'eth0','boots':true,'network':'lab','physicalNetwork':'rack1','physicalNetworkSource':'lldp',"
               "'switchChassis':'00:11:22:33:44:55','switchName':'leaf1\\u001b','switchPort':'Eth1/7','switchVlan':10,'switchVlans':[10,20],"
               "'expectedChassis':'leaf1','expectedPort':'Eth1/8','portGroup':'bond0','attachment':'8f9c','conflicts':['this against that','and more']},"
               "{'mac':'52:54:00:00:00:02','boots':false,'switchChassis':'00:11:22:33:44:66','expectedChassis':'leaf2','conflicts':[]}]", &plain,
               "\nPorts\n"
               "  MAC                INTERFACE  BOOTS  NETWORK  PHYSICAL NETWORK  SWITCH             PORT    GROUP  ATTACHED\n"
               "  52:54:00:00:00:01  eth0       yes    lab      rack1 (lldp)      leaf1\\x1b          Eth1/7  bond0  8f9c\n"
               "  52:54:00:00:00:02  -          no     -        -                 00:11:22:33:44:66  -       -      -\n"
               "          VLANs: 52:54:00:00:00:01: untagged 10, carries 10,20\n"
               "       Expected: 52:54:00:00:00:01: port Eth1/8 of leaf1\n"
               "       Conflict: 52:54:00:00:00:01: this against that\n"
               "       Conflict: 52:54:00:00:00:01: and more\n"
               "       Expected: 52:54:00:00:00:02: switch leaf2\n");
        expect(show_selection,
               "{'candidates':[{'macs':['52:54:00:00:00:01','52:54:00:00:00:02'],'portGroup':'bond0','physicalNetwork':'rack1','reasons':['here','there']}],"
               "'refused':[{'macs':['52:54:00:00:00:03'],'portGroup':null,'reason':'not so'}]}", &plain,
               "May be attached, the best first\n"
               "  PORTS                                 GROUP  PHYSICAL NETWORK  BECAUSE\n"
               "  52:54:00:00:00:01, 52:54:00:00:00:02  bond0  rack1             here, there\n"
               "\nRefused\n"
               "  PORTS              GROUP  BECAUSE\n"
               "  52:54:00:00:00:03  -      not so\n");
        expect(show_selection, "{'candidates':[],'refused':[]}", &plain, "No port may be attached\n");
}

#define STEPS                                                                                                            \
        "{'time':@0,'kind':'discover','stage':'firmware','architecture':7},{'time':@1000000,'kind':'tftp','file':'snponly.efi','bytes':178000}," \
        "{'time':@2000000,'kind':'script','profile':'inspect'},{'time':@3000000,'kind':'file','file':'vmlinuz','bytes':%s,'total':8000000}"
#define BOOT "'id':17,'mac':'52:54:00:00:00:01','network':'lab','started':@0"
#define RUNNING "{" BOOT ",'outcome':'running','steps':[" STEPS "]}"

static const char *running(const char *bytes) {
        static char text[1024];
        snprintf(text, sizeof text, RUNNING, bytes);
        return text;
}

static void test_boot(void **state) {
        struct look look = plain;
        look.now = NOW - 26000000;
        expect(show_boot, running("2000000"), &look,
               "Boot 17 of 52:54:00:00:00:01 on lab, started 2026-11-21 00:29:35: running for 4.0 s\n"
               "       AT   TOOK                        STEP      BY         WHAT\n"
               "  +0.000s  1.0 s  #####...............  discover  -          firmware, UEFI x86-64\n"
               "  +1.000s  1.0 s  .....#####..........  tftp      -          snponly.efi, 173.8 KiB\n"
               "  +2.000s  1.0 s  ..........#####.....  script    pxed-tftp  inspect\n"
               "  +3.000s  1.0 s  ...............#####  file      pxed-tftp  vmlinuz, 1.9 MiB of 7.6 MiB\n");
        expect(show_boot_all,
               "{'id':3,'mac':'m','started':@0,'ended':@8000000,'outcome':'silent','reason':'r','capture':'/c/3.pcapng','steps':["
               "{'time':@0,'kind':'discover','stage':'firmware','repeats':2,'last':@9000000,'vlan':7,'options':{'93':'7','12':'n','giaddr':'a'}},"
               "{'time':@4000000,'kind':'offer','server':'192.0.2.9','foreign':true},"
               "{'time':@6000000,'kind':'tftp','file':'x','server':'s','transfer':'refused'}],"
               "'diagnosis':{'signature':'no-offer','reason':'Why','evidence':['one','two'],'confirm':'look','fix':'do'}}", &plain,
               "Boot 3 of m, started 2026-11-21 00:29:35: silent after 8.0 s\n"
               "r\n"
               "       AT   TOOK                        STEP      BY         WHAT\n"
               "  +0.000s  4.0 s  ##########..........  discover  -          firmware, VLAN 7, 3 times\n"
               "                                                             12 = n\n"
               "                                                             93 = 7\n"
               "                                                             giaddr = a\n"
               "  +4.000s  2.0 s  ..........#####.....  offer     192.0.2.9  foreign\n"
               "  +6.000s  2.0 s  ...............#####  tftp      s          x, refused\n"
               "\nDiagnosis\n"
               "      Signature: no-offer\n"
               "         Reason: Why\n"
               "       Evidence: one\n"
               "                 two\n"
               "        Confirm: look\n"
               "            Fix: do\n"
               "\nIts packets are kept in /c/3.pcapng\n");
        expect(show_boot,
               "{" BOOT ",'name':'web-1','ended':@5000000,'outcome':'failed','reason':'no \\u0007 disk','steps':[{'time':@4000000,'kind':'refused','detail':'x\\ny'}]}",
               &plain,
               "Boot 17 of web-1 (52:54:00:00:00:01) on lab, started 2026-11-21 00:29:35: failed after 5.0 s\n"
               "no \\x07 disk\n"
               "       AT   TOOK                        STEP     BY  WHAT\n"
               "  +4.000s  1.0 s  ................####  refused  -   x\\ny\n");
        /* What was said again and again is one line. */
        static const char *again = "{" BOOT ",'ended':@8000000,'outcome':'silent','steps':[{'time':@0,'kind':'script','profile':'p'},{'time':@2000000,'kind':'agent'},"
                                   "{'time':@3000000,'kind':'agent'},{'time':@4000000,'kind':'agent','detail':'waiting'},"
                                   "{'time':@5000000,'kind':'agent','detail':'waiting','last':@7000000}]}";
        expect(show_boot, again, &plain,
               "Boot 17 of 52:54:00:00:00:01 on lab, started 2026-11-21 00:29:35: silent after 8.0 s\n"
               "       AT   TOOK                        STEP    BY               WHAT\n"
               "  +0.000s  2.0 s  #####...............  script  pxed-tftp        p\n"
               "  +2.000s  2.0 s  .....#####..........  agent   pxed-introspect  2 times\n"
               "  +4.000s  4.0 s  ..........##########  agent   pxed-introspect  waiting, 2 times\n");
        expect(show_boot_all, again, &plain,
               "Boot 17 of 52:54:00:00:00:01 on lab, started 2026-11-21 00:29:35: silent after 8.0 s\n"
               "       AT   TOOK                        STEP    BY               WHAT\n"
               "  +0.000s  2.0 s  #####...............  script  pxed-tftp        p\n"
               "  +2.000s  1.0 s  .....###............  agent   pxed-introspect  -\n"
               "  +3.000s  1.0 s  .......###..........  agent   pxed-introspect  -\n"
               "  +4.000s  1.0 s  ..........###.......  agent   pxed-introspect  waiting\n"
               "  +5.000s  3.0 s  ............########  agent   pxed-introspect  waiting\n");
}

static void test_fraction(void **state) {
        static const char *const growing[] = {
                "{'steps':[]}",
                "{'steps':[{'kind':'discover','stage':'firmware'}]}",
                "{'steps':[{'kind':'tftp'}]}",
                "{'steps':[{'kind':'script'}]}",
                "{'steps':[{'kind':'script'},{'kind':'file','bytes':1,'total':4}]}",
                "{'steps':[{'kind':'script'},{'kind':'file','bytes':4,'total':4}]}",
                "{'steps':[{'kind':'file','bytes':4,'total':4},{'kind':'file','bytes':1,'total':4}]}",
                "{'steps':[{'kind':'file','bytes':4,'total':4},{'kind':'file','bytes':9,'total':4}]}",
                "{'steps':[{'kind':'started'}]}",
                "{'steps':[{'kind':'started'},{'kind':'discover','stage':'os'}]}",
                "{'steps':[{'kind':'agent'}]}",
                "{'steps':[{'kind':'agent'},{'kind':'inventory'}]}",
                "{'ended':@0,'steps':[]}",
        };
        double before = -1;
        for (size_t i = 0; i < ELEMENTS(growing); i++) {
                _cleanup_json_ json_t *boot = json(growing[i]);
                double now = boot_fraction(boot);
                assert_true(now > before);
                before = now;
        }
        assert_true(before == 1);
}

static char *update(struct watch_list *list, const char *boot_text) {
        _cleanup_json_ json_t *boot = json(boot_text);
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_true(watch_list_update(list, boot, &plain, out) >= 0);
        fclose(out);
        return text;
}

static void test_watch_lines(void **state) {
        _cleanup_(watch_list_freep) struct watch_list *list = watch_list_new();
        _cleanup_free_ char *first = update(list, running("2000000")), *again = update(list, running("3000000")), *whole = update(list, running("8000000"));
        assert_string_equal(first, "00:29:35.000   +0.000s  52:54:00:00:00:01  discover     firmware, UEFI x86-64\n"
                                   "00:29:36.000   +1.000s  52:54:00:00:00:01  tftp         snponly.efi, 173.8 KiB\n"
                                   "00:29:37.000   +2.000s  52:54:00:00:00:01  script       inspect\n"
                                   "00:29:38.000   +3.000s  52:54:00:00:00:01  file         vmlinuz, 1.9 MiB of 7.6 MiB\n");
        assert_string_equal(again, "");
        assert_string_equal(whole, "00:29:38.000   +3.000s  52:54:00:00:00:01  file         vmlinuz, 7.6 MiB\n");
        assert_true(watch_list_runs(list, 17));

        static const char *const end = "{" BOOT ",'name':'web-1','ended':@9000000,'outcome':'inspected','steps':[]}";
        _cleanup_free_ char *ended = update(list, end), *twice = update(list, end);
        assert_string_equal(ended, "00:29:44.000   +9.000s  web-1  inspected after 9.0 s\n");
        assert_string_equal(twice, "");
        assert_false(watch_list_runs(list, 17));
        _cleanup_json_ json_t *same = json(end);
        assert_int_equal(watch_list_update(list, same, &plain, NULL), 0);

        /* It goes on after all, and ends otherwise. */
        _cleanup_free_ char *on = update(list, "{" BOOT ",'outcome':'running','steps':[{'time':@10000000,'kind':'agent'}]}");
        assert_string_equal(on, "00:29:45.000  +10.000s  52:54:00:00:00:01  agent\n");
        assert_true(watch_list_runs(list, 17));
        _cleanup_free_ char *other = update(list, "{" BOOT ",'ended':@11000000,'outcome':'failed','reason':'no','steps':[{'time':@10000000,'kind':'agent'}]}");
        assert_string_equal(other, "00:29:46.000  +11.000s  52:54:00:00:00:01  failed after 11.0 s: no\n");
}

static void test_watch_condition(void **state) {
        _cleanup_(watch_list_freep) struct watch_list *list = watch_list_new();
        const char *problem;
        static const char *const bad[] = { "", "inspected", "inspected=", "inspected=x", "running=1", "inspected=1,", "inspected=1;booted=1", "ended=9999", "=1" };
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_not_equal(watch_condition_check(bad[i], &problem), 0);
        assert_int_equal(watch_condition_check("inspected=2,failed=1", &problem), 0);

        /* The same machine twice is one machine. */
        free(update(list, "{'id':1,'mac':'a','started':@0,'ended':@1,'outcome':'inspected','steps':[]}"));
        free(update(list, "{'id':2,'mac':'a','started':@0,'ended':@1,'outcome':'inspected','steps':[]}"));
        assert_false(watch_condition_holds("inspected=2", list));
        free(update(list, "{'id':4,'mac':'b','started':@0,'ended':@1,'outcome':'inspected','steps':[]}"));
        assert_true(watch_condition_holds("inspected=2", list));
        assert_false(watch_condition_holds("inspected=2,failed=1", list));
        free(update(list, "{'id':3,'mac':'c','started':@0,'outcome':'running','steps':[]}"));
        assert_false(watch_condition_holds("ended=3", list));
        free(update(list, "{'id':3,'mac':'c','started':@0,'ended':@1,'outcome':'failed','steps':[]}"));
        assert_true(watch_condition_holds("inspected=2,failed=1,ended=3", list));
}

static char *draw(const struct watch_list *list, unsigned height, const struct look *look, int lines) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(watch_list_draw(list, height, NULL, look, out), lines);
        fclose(out);
        return text;
}

static void test_watch_drawing(void **state) {
        _cleanup_(watch_list_freep) struct watch_list *list = watch_list_new();
        struct look look = { .now = NOW - 26000000, .width = 100 };
        _cleanup_free_ char *empty = draw(list, 10, &look, 1);
        assert_string_equal(empty, "0 in flight, 0 inspected, 0 booted, 0 failed   (q: quit)\n");

        free(update(list, "{'id':16,'mac':'b','name':'web-2','network':'lab','started':@0,'ended':@3000000,'outcome':'inspected','steps':[]}"));
        free(update(list, running("4000000")));
        _cleanup_free_ char *two = draw(list, 10, &look, 4);
        assert_string_equal(two, "1 in flight, 1 inspected, 0 booted, 0 failed   (q: quit)\n"
                                 "MACHINE            NETWORK  FIRMWARE     PROGRESS                         TIME  STEP\n"
                                 "web-2              lab      -            ########################  100%  3.0 s  inspected\n"
                                 "52:54:00:00:00:01  lab      UEFI x86-64  ########................   32%  4.0 s  file  vmlinuz, 3.8 ~\n");
        /* With room for one, it is the one in flight. */
        _cleanup_free_ char *one = draw(list, 3, &look, 3);
        assert_non_null(strstr(one, "1 more not shown"));
        assert_null(strstr(one, "web-2"));
}

static void test_status(void **state) {
        expect(show_status,
               "{'state':'degraded','version':'0.1.0','revision':45,'nodes':1,'networks':2,'profiles':3,'boots':0,'daemons':["
               "{'name':'pxed','state':'ready','pid':10,'started':@0,'children':[],'problems':[]},"
               "{'name':'pxed-dhcp','state':'degraded','pid':11,'started':@0,'connected':true,'applied':44,'queued':0,'dropped':0,'children':["
               "{'name':'dnsmasq:lab','state':'waiting','since':@0,'restarts':3,'crashLoop':true,'reason':'exit status 2','lastLines':[]}],"
               "'problems':[{'subject':'network lab','reason':'port 67 is taken by another program','since':@0}]}]}",
               &plain,
               "pxed 0.1.0 is degraded, revision 45\n"
               "1 node, 2 networks, 3 profiles, 0 boots in flight\n"
               "\n"
               "DAEMON     STATE     PID    UP  BUS        APPLIED  QUEUED  DROPPED\n"
               "pxed       ready      10  30 s  -                -       -        -\n"
               "pxed-dhcp  degraded   11  30 s  connected       44       0        0\n"
               "\n"
               "CHILD        STATE       PID  SINCE  RESTARTS  ENDED LAST BY\n"
               "dnsmasq:lab  crash loop    -   30 s         3  exit status 2\n"
               "\nProblems\n"
               "pxed-dhcp: network lab: port 67 is taken by another program (for 30 s)\n");
        /* What an absent daemon said last is not shown as if it were so. */
        expect(show_status,
               "{'state':'degraded','version':'0.1.0','revision':45,'nodes':1,'networks':2,'profiles':3,'boots':0,'daemons':["
               "{'name':'pxed-dhcp','state':'absent','pid':11,'started':@0,'connected':false,'applied':44,'queued':0,'dropped':0,'children':["
               "{'name':'dnsmasq:lab','state':'ready','pid':12,'since':@0,'restarts':3,'crashLoop':false,'lastLines':[]}],"
               "'problems':[{'subject':'network lab','reason':'gone','since':@0}]}]}",
               &plain,
               "pxed 0.1.0 is degraded, revision 45\n"
               "1 node, 2 networks, 3 profiles, 0 boots in flight\n"
               "\n"
               "DAEMON     STATE   PID  UP  BUS            APPLIED  QUEUED  DROPPED\n"
               "pxed-dhcp  absent    -   -  not connected       44       0        0\n"
               "\nProblems\n"
               "pxed-dhcp: does not run, or cannot reach the bus: 'systemctl status pxed-dhcp' and 'journalctl -u pxed-dhcp' tell why\n");
}

static int differences(const json_t *reply, const struct look *look, FILE *out) {
        show_differences(reply, look, out);
        return 0;
}

static void test_differences(void **state) {
        expect(differences, "{'from':1,'to':3,'differences':[{'change':'changed','hardware':false,'text':'c'},{'change':'removed','hardware':true,'text':'r\\u001b'},"
               "{'change':'added','hardware':true,'text':'a'},{}]}", &plain, "Inventory 3 from 1\n- r\\x1b\n+ a\n~ c\n~ -\n");
        expect(show_matches, "[{'name':'web-1','pointer':'/a','value':'\\\"x\\\"'},{'name':'web-2','pointer':'/a','value':'{'},{}]", &plain,
               "NODE   POINTER  VALUE\nweb-1  /a       x\nweb-2  /a       -\n-      -        null\n");
}

static void test_inventory(void **state) {
        expect(show_inventory,
               "{'node':'web-1','number':2,'received':@0,'cpus':2,'memory':536870912,'bootMode':'bios','firmwareVendor':'SeaBIOS',"
               "'disks':[{'name':'vda','size':1073741824,'serial':'D1','rotational':false,'transport':'virtio'},{'name':'sda'}],"
               "'interfaces':[{'name':'eth0','mac':'52:54:00:00:00:01','carrier':true,'speedMbps':1000,'addresses':['192.0.2.7'],'boots':true}],"
               "'errors':['no IPMI']}",
               &plain,
               "           Node: web-1\n"
               "      Inventory: 2, received 2026-11-21 00:29:35\n"
               "   Manufacturer: -\n"
               "        Product: -\n"
               "         Serial: -\n"
               "           UUID: -\n"
               "  Firmware mode: bios\n"
               "   Architecture: -\n"
               "       Firmware: SeaBIOS - (no date)\n"
               "            BMC: -\n"
               "            CPU: -\n"
               "           CPUs: 2\n"
               "         Memory: 512 MiB\n"
               "  Not collected: no IPMI\n"
               "\nDisks\n"
               "  DISK   SIZE  KIND                MODEL  SERIAL  WWN\n"
               "  vda   1 GiB  virtio solid state  -      D1      -\n"
               "  sda       -  -                   -      -       -\n"
               "\nInterfaces\n"
               "  INTERFACE  MAC                DRIVER  LINK       PCI ADDRESS  BOOTS  ADDRESSES  SWITCH  SWITCH PORT\n"
               "  eth0       52:54:00:00:00:01  -       1000 Mb/s  -            yes    192.0.2.7  -       -\n");
        expect(show_inventory,
               "{'node':'web-1','number':2,'received':@0,'bmcAddress':'10.0.0.9','bmcAddress6':'fd00::9','bmcMac':'52:54:00:00:00:99','failure':'root-device: none',"
               "'rootDevice':{'name':'/dev/sda','serial':'S\\u001b','size':1073741824},'disks':[],"
               "'interfaces':[{'name':'eth0','mac':'52:54:00:00:00:01','addresses':[],'boots':false,'lldp':{'switch_chassis_id':'00:11:22:33:44:55',"
               "'switch_port_id':'p1','switch_port_vlans':[{'id':1,'name':'a'},{}],'switch_port_mtu':'x'}}],"
               "'pluginData':{'parsed_lldp':{},'pci_devices':{'gpu':2},'word':'one'}}",
               &plain,
               "           Node: web-1\n"
               "      Inventory: 2, received 2026-11-21 00:29:35\n"
               "   Manufacturer: -\n"
               "        Product: -\n"
               "         Serial: -\n"
               "           UUID: -\n"
               "  Firmware mode: -\n"
               "   Architecture: -\n"
               "            BMC: 10.0.0.9, fd00::9, 52:54:00:00:00:99\n"
               "            CPU: -\n"
               "         Memory: -\n"
               " Not taken over: root-device: none\n"
               "    Root device: /dev/sda, 1 GiB, serial S\\x1b\n"
               "\nInterfaces\n"
               "  INTERFACE  MAC                DRIVER  LINK  PCI ADDRESS  BOOTS  ADDRESSES  SWITCH  SWITCH PORT\n"
               "  eth0       52:54:00:00:00:01  -       -     -            no     -          -       -\n"
               "\nLLDP\n"
               "  INTERFACE  SWITCH             PORT  DESCRIPTION  VLAN  VLANS  MTU  LAG  LINK  MANAGED AT\n"
               "  eth0       00:11:22:33:44:55  p1    -               -  1, 0     -  -    -     -\n"
               "\nFound\n"
               "    pci_devices: {\"gpu\":2}\n"
               "           word: one\n");
}

static void test_lists(void **state) {
        expect(show_networks,
               "[{'name':'lab','interface':'eth1','address':'192.0.2.1/24','dhcp':'server','poolStart':'192.0.2.10','poolEnd':'192.0.2.99','leaseTime':3600,"
               "'unknown':'inspect','known':'local','leases':2,'link':{'exists':true,'up':true,'carrier':false,'addresses':[]}}]",
               &plain,
               "NAME  INTERFACE  LINK        HANGS ON  ADDRESS       DHCP    POOL                     LEASES  UNKNOWN BOOT  KNOWN BOOT  DROPPED\n"
               "lab   eth1       no carrier  -         192.0.2.1/24  server  192.0.2.10 - 192.0.2.99       2  inspect       local             0\n");
        expect(show_leases,
               "[{'network':'lab','mac':'52:54:00:00:00:01','address':'192.0.2.10','expires':@90000000},{'network':'lab','mac':'m','address':'a'},"
               "{'network':'lab','mac':'m','address':'a','hostname':'h','expires':@0,'node':'id','name':'web-1'}]",
               &plain,
               "NETWORK  MAC                ADDRESS     HOSTNAME   EXPIRES  NODE\n"
               "lab      52:54:00:00:00:01  192.0.2.10  -         in 1 min  -\n"
               "lab      m                  a           -            never  -\n"
               "lab      m                  a           h            ended  web-1\n");
        expect(show_boots, "[{" BOOT ",'ended':@9000000,'outcome':'silent','reason':'no inventory'}]", &plain,
               "ID  STARTED              MAC                NODE  NETWORK  OUTCOME   TOOK  DIAGNOSIS  REASON\n"
               "17  2026-11-21 00:29:35  52:54:00:00:00:01  -     lab      silent   9.0 s  -          no inventory\n");
        expect(show_boots, "[{" BOOT ",'outcome':'running','diagnosis':{'signature':'nak','reason':'why'}}]", &plain,
               "ID  STARTED              MAC                NODE  NETWORK  OUTCOME    TOOK  DIAGNOSIS  REASON\n"
               "17  2026-11-21 00:29:35  52:54:00:00:00:01  -     lab      running  30.0 s  nak        why\n");
        /* Nothing that is missing or of another type does harm. */
        expect(show_nodes, "[{},1,null]", &plain,
               "NAME  BOOTS    INSPECTION  MAC  MODE  CPUS  MEMORY  LAST BOOT  TAGS\n"
               "-     nothing  -           -    -        -       -          -  -\n"
               "-     nothing  -           -    -        -       -          -  -\n"
               "-     nothing  -           -    -        -       -          -  -\n");
}

int main(void) {
        setenv("TZ", "UTC", 1);
        tzset();
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nodes),         cmocka_unit_test(test_node),
                cmocka_unit_test(test_inspection),
                cmocka_unit_test(test_found), cmocka_unit_test(test_ports),        cmocka_unit_test(test_boot),
                cmocka_unit_test(test_fraction),      cmocka_unit_test(test_watch_lines), cmocka_unit_test(test_watch_condition),
                cmocka_unit_test(test_watch_drawing), cmocka_unit_test(test_status),      cmocka_unit_test(test_inventory),
                cmocka_unit_test(test_lists),         cmocka_unit_test(test_differences),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
