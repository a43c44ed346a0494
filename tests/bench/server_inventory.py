"""What ironic-python-agent posts of a rack server with two sockets: some 20 KB, different from machine to machine as real ones are."""
import base64
import json
import random

DISKS, CARDS, FUNCTIONS = 6, 4, 20
LOGS_BYTES = 10_000  # as they are posted

FLAGS = """fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush dts acpi mmx fxsr sse sse2 ss ht tm pbe syscall nx pdpe1gb
rdtscp lm constant_tsc art arch_perfmon pebs bts rep_good nopl xtopology nonstop_tsc cpuid aperfmperf pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2
ssse3 sdbg fma cx16 xtpr pdcm pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand lahf_lm abm 3dnowprefetch
cpuid_fault epb cat_l3 ssbd mba ibrs ibpb stibp ibrs_enhanced tpr_shadow vnmi flexpriority ept vpid ept_ad fsgsbase tsc_adjust bmi1 avx2 smep bmi2 erms
invpcid cqm rdt_a avx512f avx512dq rdseed adx smap avx512ifma clflushopt clwb avx512cd sha_ni avx512bw avx512vl xsaveopt xsavec""".split()


def mac(number, card=0):
    return f"b4:96:91:{number >> 8 & 255:02x}:{number & 255:02x}:{number >> 16 << 4 | card:02x}"


def tlv(kind, data):
    return [kind, data.hex()]


def lldp(number, card):
    """IEEE 802.1AB: chassis, port, lifetime, port's description, system's name and description, capabilities, 802.1 VLAN, 802.3 MTU, end."""
    name = f"leaf-{number // 24:04d}-{card % 2}.fabric.example"
    description = b"Switch OS version 4.29.2F running on a 7050SX3-48YC8"
    return [tlv(1, b"\x04" + bytes.fromhex(f"001c73{number // 24:04x}{card:02x}")), tlv(2, b"\x05" + f"Ethernet{number % 24 * 2 + 1}/{card}".encode()),
            tlv(3, b"\0\x78"), tlv(4, f"server {number} port {card}".encode()), tlv(5, name.encode()), tlv(6, description), tlv(7, bytes.fromhex("00140014")),
            tlv(8, bytes.fromhex("0501c0000201020000000100")), tlv(127, bytes.fromhex("0080c2010064")), tlv(127, b"\0\x80\xc2\x03\0\x64\x08storage1"),
            tlv(127, bytes.fromhex("00120f042400")), tlv(0, b"")]


def interface(number, card):
    return {"name": f"ens{card // 2 + 1}f{card % 2}np{card % 2}", "mac_address": mac(number, card),
            "ipv4_address": f"10.{number >> 8 & 255}.{number & 255}.{card + 2}" if card == 0 else None,
            "ipv6_address": f"fe80::b696:91ff:fe{number >> 8 & 255:02x}:{number & 255:02x}{card:02x}%ens{card // 2 + 1}f{card % 2}np{card % 2}",
            "has_carrier": card < 3, "lldp": None, "vendor": "0x8086", "product": "0x1593", "client_id": None, "biosdevname": None, "speed_mbps": 25000,
            "pci_address": f"0000:{0x31 + card // 2:02x}:00.{card % 2}", "driver": "ice"}


def disk(number, place):
    serial, nvme = f"S4YPNG0R{number:05d}{place:02d}", place < 2
    wwn = f"0x5002538e{number:06x}{place:02x}"
    return {"name": f"/dev/nvme{place}n1" if nvme else f"/dev/sd{chr(95 + place)}", "model": "SAMSUNG MZQL2960HCJR-00A07" if nvme else "ST2400MM0129",
            "size": 960197124096 if nvme else 2400476553216, "rotational": not nvme, "wwn": wwn, "serial": serial, "vendor": None if nvme else "SEAGATE",
            "wwn_with_extension": wwn, "wwn_vendor_extension": None, "hctl": None if nvme else f"0:0:{place}:0",
            "by_path": f"/dev/disk/by-path/pci-0000:{0x65 + place:02x}:00.0-" + ("nvme-1" if nvme else f"scsi-0:0:{place}:0"),
            "logical_sectors": 512, "physical_sectors": 512 if nvme else 4096, "tran": "nvme" if nvme else "sas"}


def function(place):
    return {"vendor_id": ("8086", "10de", "1000", "144d")[place % 4], "product_id": f"{0x2000 + place * 37:04x}", "class": f"{0x060400 + place:06x}",
            "revision": f"{place % 8:02x}", "bus": f"0000:{place // 8:02x}:{place % 32:02x}.{place % 8}", "numa_node_id": place % 2}


def logs(number):
    """Stands for a tar.gz: what is packed does not pack again, whatever it was."""
    return base64.b64encode(random.Random(number).randbytes(LOGS_BYTES * 3 // 4)).decode()


def inventory(number):
    return {
        "inventory": {
            "interfaces": [interface(number, card) for card in range(CARDS)],
            "cpu": {"model_name": "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", "frequency": "3200.0000", "count": 128, "architecture": "x86_64",
                    "flags": FLAGS, "socket_count": 2},
            "disks": [disk(number, place) for place in range(DISKS)],
            "memory": {"total": 540_000_000_000 + number * 4096, "physical_mb": 524288},
            "bmc_address": f"10.200.{number >> 8 & 255}.{number & 255}", "bmc_v6address": "::/0", "bmc_mac": mac(number, 15),
            "system_vendor": {"product_name": "PowerEdge R650", "serial_number": f"SN{number:07d}", "manufacturer": "Dell Inc.",
                              "firmware": {"vendor": "Dell Inc.", "version": "1.9.2", "build_date": "11/17/2022"}},
            "boot": {"current_boot_mode": "uefi", "pxe_interface": mac(number)}, "hostname": f"server-{number}"},
        "root_disk": disk(number, 0), "boot_interface": "01-" + mac(number).replace(":", "-"),
        "configuration": {"collectors": ["default", "logs", "pci-devices", "numa-topology", "lldp"],
                          "managers": [{"name": "generic_hardware_manager", "version": "1.2"}]},
        "dmi": {"system": {"uuid": f"4c4c4544-0031-5910-8031-{number:012x}"}},
        "pci_devices": [function(place) for place in range(FUNCTIONS)],
        "numa_topology": {"ram": [{"numa_node": node, "size_kb": 263_000_000 + node} for node in range(2)],
                          "cpus": [{"cpu": cpu, "numa_node": cpu % 2, "thread_siblings": [cpu, cpu + 64]} for cpu in range(4)],
                          "nics": [{"name": interface(number, card)["name"], "numa_node": card % 2} for card in range(CARDS)]},
        "lldp_raw": {interface(number, card)["name"]: lldp(number, card) for card in range(CARDS)},
        "error": None, "logs": logs(number)}


def body(number):
    return json.dumps(inventory(number)).encode()
