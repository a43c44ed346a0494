"""What is accepted of a ramdisk's payload, what is refused, and what is made of it: the payloads that ironic-python-agents posted, and
variants of them for each thing that agents do differently, by version, by machine, or when a collector fails. Through the real daemon;
what is looked at is what pxed is told."""
import copy
import itertools
import json

import pytest
from scapy.contrib import lldp
from scapy.layers.l2 import Ether

from introspect_daemon import MAC, Introspect, ipa, make_token

OTHER = "52:54:00:aa:bb:02"
MISSING = object()


@pytest.fixture(scope="module")
def shared():
    with Introspect() as daemon:
        yield daemon


def at(value, pointer):
    """By JSON pointer (RFC 6901); None also where there is nothing."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def changed(version="2025.1", **changes):
    """A real payload with members set, by pointer with '__' for '/': inventory__cpu=None. MISSING takes one out."""
    payload = ipa(version)
    for path, value in changes.items():
        *parents, name = path.split("__")
        target = payload
        for parent in parents:
            target = target[int(parent) if parent.isdigit() else parent]
        if value is MISSING:
            del target[name]
        else:
            target[name] = value
    return payload


def interface(name="eth0", mac=MAC, **more):
    return {"name": name, "mac_address": mac, **more}


def with_interfaces(*interfaces, **more):
    """The real payload with other interfaces; the one that it booted by is not told unless it is in `more`."""
    return changed(inventory__interfaces=list(interfaces), inventory__boot={"current_boot_mode": "uefi"}, boot_interface=None, **more)


MACHINES = itertools.count()


def of_another_machine(payload):
    """The same with another MAC in the place of MAC, since one machine may post only so often; and that MAC."""
    mac = f"52:54:00:ab:{(number := next(MACHINES)) >> 8:02x}:{number & 255:02x}"
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    for old, new in (MAC, mac), (MAC.upper(), mac.upper()), (MAC.replace(":", "-"), mac.replace(":", "-")):
        body = body.replace(old.encode(), new.encode())
    return body, mac


def post(daemon, payload, path="/v1/continue", mac=MAC):
    """The answer's status and message, and for what was accepted the inventory as pxed is told, with the MAC as in the payload."""
    seen = len(daemon.bus.values("inventory"))
    body, own = (payload, mac) if mac != MAC else of_another_machine(payload)
    status, answer = daemon.post(body, make_token(mac=own), path)
    if status >= 400:
        return status, answer["error"]["message"], None
    inventory = daemon.bus.wait_for(lambda: daemon.bus.values("inventory")[seen:])[0]
    return status, None, json.loads(json.dumps(inventory).replace(own, mac).replace(own.upper(), mac.upper()).replace(own.replace(":", "-"), mac.replace(":", "-")))


IPA = {
    "/architecture": "x86_64", "/cpus": 2, "/cpuModel": "Intel(R) Xeon(R) Processor", "/memory": 24576 << 20, "/bootMode": "bios",
    "/manufacturer": None, "/serial": None, "/bmcAddress": None, "/bmcAddress6": None, "/bmcMac": None,
    "/disks/0/name": "/dev/vda", "/disks/0/size": 274877906944, "/disks/0/vendor": "0x1af4", "/disks/0/rotational": True, "/disks/0/byPath": None,
    "/interfaces/0/mac": OTHER, "/interfaces/0/boots": False, "/interfaces/0/carrier": True,
    "/interfaces/1/mac": MAC, "/interfaces/1/boots": True, "/interfaces/1/addresses": ["10.9.9.5", "fe80::5054:ff:feaa:bb01"],
}
LLDP_HEARD = {"switch_chassis_id": "00:11:22:33:44:55", "switch_port_id": "Eth1/2", "switch_system_name": "sw-test", "switch_port_untagged_vlan_id": 77}
IB = "80:00:02:08:fe:80:00:00:00:00:00:00:7c:fe:90:03:00:29:26:52"
IB_MAC, IB_CLIENT = "7c:fe:90:29:26:52", "ff:00:00:00:00:00:02:00:00:02:c9:00:7c:fe:90:03:00:29:26:52"
FA = "fa:16:3e:00:00:07"
BARE = {"/cpus": None, "/memory": None, "/architecture": None, "/bootMode": None, "/disks": [], "/interfaces/0/mac": MAC, "/interfaces/0/boots": True}
USABLE = {"inventory": {"interfaces": [interface()]}}

# name: payload, what is expected of the normalized inventory by pointer ("failure" for the ramdisk's word that it failed)
ACCEPTED = {
    # as they were posted
    "2023.1": (ipa("2023.1"), {**IPA, "/interfaces/0/lldp": None, "/cpuSockets": None, "/disks/0/logicalSectorSize": None, "failure": None}),
    "zed, whose dmidecode failed": (ipa("zed"), {**IPA, "/numaNodes": 1, "/pciDevices": 6, "failure": "failed to run dmidecode"}),
    "2025.1": (ipa("2025.1"), {**IPA, "/interfaces/0/lldp": LLDP_HEARD, "/cpuSockets": 1, "/disks/0/logicalSectorSize": 512,
                               "/disks/0/physicalSectorSize": 4096, "/pciDevices": 6, "/errors": [], "failure": None}),
    # `error`
    "an error and nothing else": ({"error": "no route to host"}, {"/interfaces": [], "/disks": [], "/cpus": None, "failure": "no route to host"}),
    "an error with an inventory of nothing": (changed(error="x", inventory={}), {"/interfaces": [], "failure": "x"}),
    "an error and no usable interface": (changed(error="x", inventory__interfaces=[{}]), {"/interfaces": [], "/cpus": 2, "failure": "x"}),
    "an error that is empty": (changed(error=""), {**IPA, "failure": None}),
    "no word of an error": (changed(error=MISSING), {**IPA, "failure": None}),
    "an error that is no text": (changed(error={"code": 1}), {**IPA, "failure": "failed, and not in words"}),
    # null, missing
    "only the least": (USABLE, BARE),
    "everything null": ({key: None for key in ipa()} | {"inventory": {key: None for key in ipa()["inventory"]} | {
        "interfaces": [{key: None for key in ipa()["inventory"]["interfaces"][0]} | interface()]}}, BARE | {"failure": None, "/interfaces/0/addresses": []}),
    "no memory modules known": (changed(inventory__memory={"total": 1 << 30, "physical_mb": None}), {"/memory": 1 << 30}),
    "counts as texts": (changed(inventory__cpu__count="4", inventory__disks=[{"name": "/dev/sda", "size": "1000"}]), {"/cpus": 4, "/disks/0/size": 1000}),
    "numbers that are none": (changed(inventory__cpu__count=-1, inventory__memory={"physical_mb": 1e30, "total": "much"}), {"/cpus": None, "/memory": None}),
    "no disks": (changed(inventory__disks=[]), {"/disks": [], "/errors": []}),
    "a boot mode of tomorrow": (changed(inventory__boot__current_boot_mode="efi2"), {"/bootMode": None}),
    # addresses
    "a scope": (with_interfaces(interface(ipv6_address="fe80::1%eth0")), {"/interfaces/0/addresses": ["fe80::1"]}),
    "no address": (with_interfaces(interface(ipv4_address="", ipv6_address="::")), {"/interfaces/0/addresses": []}),
    "a BMC": (changed(inventory__bmc_address="192.0.2.9", inventory__bmc_v6address="2001:db8::9/64", inventory__bmc_mac="0C-C4-7A-00-00-01"),
              {"/bmcAddress": "192.0.2.9", "/bmcAddress6": "2001:db8::9", "/bmcMac": "0c:c4:7a:00:00:01"}),
    "a BMC that has none": (changed(inventory__bmc_address="0.0.0.0", inventory__bmc_v6address="::/0", inventory__bmc_mac="00:00:00:00:00:00"),
                            {"/bmcAddress": None, "/bmcAddress6": None, "/bmcMac": None}),
    "a BMC with IPv6 only": (changed(inventory__bmc_address="0.0.0.0", inventory__bmc_v6address="2001:db8::9"), {"/bmcAddress": "2001:db8::9"}),
    # interfaces
    "what is no interface": (with_interfaces(interface("lo", "00:00:00:00:00:00", ipv4_address="127.0.0.1"), interface("loop", OTHER, ipv6_address="::1"),
                                             {"name": "gone"}, {"mac_address": OTHER}, interface("odd", "52:54:00"), 7, interface()),
                             {"/interfaces/0/name": "eth0", "/interfaces/1": None, "/errors/0":
                              "validate-interfaces: without a name or a usable MAC: gone, one without a name, odd, one without a name"}),
    "upper case": (with_interfaces(interface(mac=MAC.upper())), {"/interfaces/0/mac": MAC, "/interfaces/0/boots": True}),
    "another one booted": (with_interfaces(interface(), interface("eth1", OTHER), inventory__boot__pxe_interface=OTHER), {"/interfaces/0/boots": False,
                                                                                                                      "/interfaces/1/boots": True}),
    "BOOTIF at the top only": (with_interfaces(interface(), interface("eth1", OTHER)) | {"boot_interface": "01-52-54-00-AA-BB-02"},
                               {"/interfaces/1/boots": True}),
    "nobody says what booted": (with_interfaces(interface("eth1", OTHER), interface()), {"/interfaces/0/boots": False, "/interfaces/1/boots": True}),
    "a VLAN beside its card": (with_interfaces(interface("eth0.100", ipv4_address="192.0.2.7"), interface(lldp=[[5, "746f72"]])),
                               {"/interfaces/0/name": "eth0", "/interfaces/0/addresses": ["192.0.2.7"], "/interfaces/0/switchName": "tor",
                                "/interfaces/1": None}),
    "a VLAN alone": (with_interfaces(interface("eth0.100")), {"/interfaces/0/name": "eth0.100"}),
    "a bond of two cards": (with_interfaces(interface("bond0", ipv4_address="192.0.2.7"), interface("eth0", pci_address="0000:01:00.0"),
                                            interface("eth1", OTHER, pci_address="0000:01:00.1")),
                            {"/interfaces/0/name": "eth0", "/interfaces/0/addresses": ["192.0.2.7"], "/interfaces/1/name": "eth1", "/interfaces/2": None}),
    "InfiniBand": (with_interfaces(interface(), interface("ib0", IB, client_id=None)), {"/interfaces/1/mac": IB_MAC, "/interfaces/1/clientId": IB_CLIENT}),
    "InfiniBand as the agent for it tells": (with_interfaces(interface(), interface("ib0", IB_MAC, client_id=IB_CLIENT)),
                                             {"/interfaces/1/mac": IB_MAC, "/interfaces/1/clientId": IB_CLIENT}),
    # root-device hints look at these
    "a disk with all that hints name": (changed(inventory__disks=[{
        "name": "/dev/sda", "model": "M", "vendor": "V", "serial": "S", "size": 1, "rotational": False, "wwn": "0x1", "wwn_with_extension": "0x12",
        "wwn_vendor_extension": "0x2", "hctl": "1:2:3:4", "by_path": "/dev/disk/by-path/p", "tran": "sas"}, {"size": 5}]),
        {"/disks": [{"name": "/dev/sda", "model": "M", "vendor": "V", "serial": "S", "size": 1, "rotational": False, "wwn": "0x1", "wwnWithExtension": "0x12",
                     "wwnVendorExtension": "0x2", "hctl": "1:2:3:4", "byPath": "/dev/disk/by-path/p", "transport": "sas", "logicalSectorSize": None,
                     "physicalSectorSize": None}]}),
    # LLDP
    "LLDP, as older agents have it": (with_interfaces(interface(lldp=[[5, "746f72"], [0, ""]])), {"/interfaces/0/lldp": {"switch_system_name": "tor"}}),
    "LLDP that was not heard": (with_interfaces(interface()) | {"lldp_raw": {"eth0": []}}, {"/interfaces/0/lldp": None, "/interfaces/0/switchName": None}),
    "LLDP that is none": (with_interfaces(interface()) | {"lldp_raw": {"eth0": [["x"], 7, None, [5, 7], [5], [5, "7"], [2000, "00"]]}},
                          {"/interfaces/0/lldp": None}),
    # what nobody knows yet
    "unknown keys": (changed(inventory__new={"a": [1, None]}, inventory__interfaces__1__new="x", new=[{"b": 1.5}]), IPA),
    "25 deep": (USABLE | {"new": json.loads("[" * 24 + "]" * 24)}, BARE),
    # what a program of the ramdisk printed that is no UTF-8, as Python's surrogateescape has it: no text can have it
    "bytes that are no text": (changed(inventory__system_vendor={"manufacturer": "Xe\udcaeon\udcff"}, new={"a\udc80": "\0 \ud83d"}),
                               {"/manufacturer": "Xe\ufffdon\ufffd"}),
    "NULs": (changed(inventory__disks__0__serial="QM\x0000\0\0", inventory__system_vendor={"serial_number": "\0S\0", "product_name": "\\u0000"}, new=["\0", 1e22, 0.1]),
             IPA | {"/disks/0/serial": "QM00", "/serial": "S", "/product": "\\u0000",
                    "/errors": ["text: NULs were taken out of 3 texts, the first at /inventory/disks/0/serial"]}),
    # counters have 64 bits without a sign, and RFC 8259 no bound
    "integers of more than 63 bits": (changed(new={"counter": 2 ** 64 - 1, "text": "18446744073709551615"}), IPA),
    "letters of all countries": (changed(inventory__system_vendor={"manufacturer": "Größe 大 \x1b[2J"}), {"/manufacturer": "Größe 大 ?[2J"}),
}


def as_text(payload):
    """Without NULs, and U+FFFD for what else no text can have; integers beyond 64 bits with a sign are as exact as their place allows."""
    if isinstance(payload, int) and payload >= 2 ** 63:
        return pytest.approx(payload, rel=1e-13)
    if isinstance(payload, str):
        return payload.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(payload, list):
        return [as_text(item) for item in payload]
    return {as_text(key): as_text(value) for key, value in payload.items()} if isinstance(payload, dict) else payload


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(shared, name):
    payload, expected = ACCEPTED[name]
    status, reason, inventory = post(shared, payload)
    assert (status, reason) == (200, None)
    assert inventory["raw"] == as_text(payload)  # as it came, unknown keys and all
    for pointer, value in expected.items():
        if pointer == "failure":
            assert inventory["failure"] is None if value is None else value in inventory["failure"]
        else:
            assert at(inventory["normalized"], pointer) == value, pointer
    assert shared.bus.broken == []


REFUSED = {
    "nothing": ({}, "validate-interfaces: the payload has no list `inventory.interfaces`"),
    "an inventory that is null": (changed(inventory=None), "validate-interfaces: the payload has no list"),
    "an inventory that is a list": (changed(inventory=[]), "validate-interfaces: the payload has no list"),
    "interfaces by name": (changed(inventory__interfaces={"eth0": interface()}), "validate-interfaces: the payload has no list"),
    "an empty list": (with_interfaces(), "validate-interfaces: none of the 0 interfaces"),
    "the loopback interface alone": (with_interfaces(interface("lo", ipv4_address="127.0.0.1")), "validate-interfaces: none of the 1 interfaces"),
    "an error that says that there is none": ({"error": ""}, "validate-interfaces: the payload has no list"),
    "a key that stands twice": (b'{"inventory": {}, "inventory": {"interfaces": [{"name": "a", "mac_address": "%s"}]}}' % MAC.encode(), "not acceptable JSON"),
    "26 deep": (USABLE | {"new": json.loads("[" * 25 + "]" * 25)}, "nested too deep"),
    "a number that is none": (json.dumps(USABLE | {"x": float("nan")}).encode(), "not acceptable JSON"),
    "no UTF-8": (json.dumps(USABLE).encode()[:-1] + b', "x": "\xff"}', "not acceptable JSON"),
    "a NUL in a name": (USABLE | {"a\0b": "x"}, "not acceptable JSON: NUL in the name of a member"),
    "more after the end": (json.dumps(USABLE).encode() + b"{}", "not acceptable JSON"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("path", ["/v1/continue", "/v1/continue_inspection"])
def test_refused(shared, name, path):
    payload, expected = REFUSED[name]
    seen = len(shared.bus.values("inventory"))
    status, reason, _ = post(shared, payload, path)
    assert status == 400 and expected in reason
    assert shared.spooled() == [] and len(shared.bus.values("inventory")) == seen


WRONG = [7, -1.5, "x", "", True, [], ["x", None, [], {}], {}, {"name": 7}]


def test_each_member_of_another_type(shared):
    """Nothing but the list of interfaces has to be as its name promises: what cannot be read is not known."""
    payload = ipa()
    paths = [(key,) for key in payload if key not in ("inventory", "error")] + [("inventory", key) for key in payload["inventory"] if key != "interfaces"]
    for part in "cpu", "memory", "boot", "system_vendor":
        paths += [("inventory", part, key) for key in payload["inventory"][part]]
    paths += [("inventory", "interfaces", 1, key) for key in payload["inventory"]["interfaces"][1] if key not in ("name", "mac_address")]
    paths += [("inventory", "disks", 0, key) for key in payload["inventory"]["disks"][0]] + [("lldp_raw", "nic0.100")]
    variants = []
    for *parents, key in paths:
        for wrong in WRONG:
            variant = copy.deepcopy(payload) | {"variant": len(variants)}
            target = variant
            for parent in parents:
                target = target[parent]
            target[key] = wrong
            variants.append(variant)
    seen = len(shared.bus.values("inventory"))
    for variant in variants:
        body, mac = of_another_machine(variant)
        status, answer = shared.post(body, make_token(mac))
        assert status == 200, (answer, variant)
    shared.bus.wait_for(lambda: len(shared.bus.values("inventory")) - seen == len(variants))
    assert shared.bus.broken == []
    for inventory in shared.bus.values("inventory")[seen:]:
        assert [one["mac"] for one in inventory["normalized"]["interfaces"]] == [OTHER, inventory["mac"]]


def test_agents_that_drop_macs_with_fa(shared):
    """Such a machine's own card is only in what it booted by; with an agent that keeps it, it is an interface as any."""
    dropped = with_interfaces(interface("eth1", OTHER), inventory__boot__pxe_interface=f"01-{FA.replace(':', '-')}")
    status, _, inventory = post(shared, dropped, mac=FA)
    assert status == 200 and [one["mac"] for one in inventory["normalized"]["interfaces"]] == [OTHER]
    assert inventory["normalized"]["errors"] == ["ports: the interface that the machine boots by is not in the inventory"]
    status, _, inventory = post(shared, with_interfaces(interface(mac=FA)), mac=FA)
    assert status == 200 and inventory["normalized"]["interfaces"][0]["mac"] == FA
    status, reason, _ = post(shared, with_interfaces(interface("eth1", OTHER)), mac=FA)
    assert status == 403 and FA in reason


def test_infiniband_machine(shared):
    """Its token has the MAC that firmware made of the GUID."""
    status, _, inventory = post(shared, with_interfaces(interface("ib0", IB)), mac=IB_MAC)
    assert status == 200 and inventory["normalized"]["interfaces"][0]["boots"]


# ---- LLDP, by frames that scapy builds

def organization(oui, subtype, value):
    return lldp.LLDPDUGenericOrganisationSpecific(org_code=oui, subtype=subtype, data=value)


FRAME = (
    Ether(dst=lldp.LLDP_NEAREST_BRIDGE_MAC, src=OTHER) / lldp.LLDPDUChassisID(subtype=4, id="00:11:22:33:44:55")
    / lldp.LLDPDUPortID(subtype=5, id=b"Ethernet1/7") / lldp.LLDPDUTimeToLive(ttl=120)
    / lldp.LLDPDUPortDescription(description=b"to rack 7") / lldp.LLDPDUSystemName(system_name=b"tor-7")
    / lldp.LLDPDUSystemDescription(description=b"Switch OS 1.2") / lldp.LLDPDUSystemCapabilities(mac_bridge_available=1, router_available=1, router_enabled=1,
                                                                                               telephone_available=1, s_vlan_component_available=1)
    / lldp.LLDPDUManagementAddress(management_address_subtype=1, management_address=b"\xc0\x00\x02\x01", interface_numbering_subtype=2, interface_number=7)
    / lldp.LLDPDUManagementAddress(management_address_subtype=2, management_address=b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01")
    / organization(0x0080C2, 1, b"\x00\x64") / organization(0x0080C2, 2, b"\x06\x00\x14") / organization(0x0080C2, 3, b"\x00\x65\x07vlan101")
    / organization(0x0080C2, 3, b"\x00\x66\x02v2") / organization(0x0080C2, 4, b"\x02\x88\xcc") / organization(0x0080C2, 6, b"\x00\x0a")
    / organization(0x0080C2, 7, b"\x03\x00\x00\x00\x11") / organization(0x00120F, 1, b"\x03\x6c\x01\x00\x1e") / organization(0x00120F, 4, b"\x05\xea")
    / organization(0x00AABB, 1, b"unknown") / lldp.LLDPDUEndOfLLDPDU()
)
PARSED = {
    "switch_chassis_id": "00:11:22:33:44:55", "switch_port_id": "Ethernet1/7", "switch_port_description": "to rack 7", "switch_system_name": "tor-7",
    "switch_system_description": "Switch OS 1.2", "switch_capabilities_support": ["Bridge", "Router", "Telephone", "S-Vlan"],
    "switch_capabilities_enabled": ["Router"], "switch_mgmt_addresses": ["192.0.2.1", "2001:db8::1"], "switch_port_untagged_vlan_id": 100,
    "switch_port_protocol_vlan_support": True, "switch_port_protocol_vlan_enabled": True, "switch_port_protocol_vlan_ids": [20],
    "switch_port_vlans": [{"id": 101, "name": "vlan101"}, {"id": 102, "name": "v2"}], "switch_protocol_identities": ["88cc"],
    "switch_port_management_vlan_id": 10, "switch_port_link_aggregation_support": True, "switch_port_link_aggregation_enabled": True,
    "switch_port_link_aggregation_id": 17, "switch_port_autonegotiation_support": True, "switch_port_autonegotiation_enabled": True,
    "switch_port_physical_capabilities": ["1000BASE-T fdx", "100BASE-TX fdx", "100BASE-TX hdx", "10BASE-T fdx", "10BASE-T hdx"],
    "switch_port_mau_type": "1000BASE-T full duplex", "switch_port_mtu": 1514,
}


def tlvs(frame):
    """As agents post them: the header stripped, End included."""
    data, found = bytes(frame)[len(Ether()):], []
    while data:
        header = int.from_bytes(data[:2], "big")
        found.append([header >> 9, data[2:2 + (header & 511)].hex()])
        data = data[2 + (header & 511):]
    return found


@pytest.mark.parametrize("form", ["lldp_raw", "of older agents"])
def test_lldp(shared, form):
    heard = tlvs(FRAME)
    assert len(heard) == 20 and heard[-1] == [0, ""]
    if form == "lldp_raw":
        payload = with_interfaces(interface(lldp=None), interface("eth1", OTHER)) | {"lldp_raw": {"eth0": heard, "eth1": []}}
    else:
        payload = with_interfaces(interface(lldp=heard), interface("eth1", OTHER, lldp=[]), lldp_raw=MISSING)
    _, _, inventory = post(shared, payload)
    eth0, eth1 = inventory["normalized"]["interfaces"]
    assert eth0["lldp"] == PARSED and eth1["lldp"] is None
    assert (eth0["switchChassis"], eth0["switchPort"], eth0["switchName"]) == ("00:11:22:33:44:55", "Ethernet1/7", "tor-7")
    assert (eth0["switchVlan"], eth0["switchVlans"]) == (100, [101, 102])
