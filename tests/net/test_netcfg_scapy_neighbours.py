"""LLDP and CDP as pxed-netcfg reads them agree with scapy, field by field, on packets that scapy makes."""
import ipaddress
import random

import scapy.all as scapy
from scapy.contrib import cdp, lldp

from netcfg_read import read, sightings

SWITCH = "00:11:22:33:44:55"
LLDP_MAC, CDP_MAC = "01:80:c2:00:00:0e", "01:00:0c:cc:cc:cc"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./:_ "


def some_text(rng, most=60):
    return "x" + "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, most - 2))) + "y"


def some_mac(rng):
    return "02:" + ":".join(f"{rng.randint(0, 255):02x}" for _ in range(5))


def maybe(rng, value):
    return value if rng.random() < 0.8 else None


# ---- LLDP

def some_id(rng, cls, mac, address, words):
    """A chassis or port id: (its TLV, what is told of it)."""
    subtype = rng.choice((mac, address, *words))
    if subtype == mac:
        text = some_mac(rng)
        return cls(subtype=subtype, id=text), {"subtype": subtype, "id": text}
    if subtype == address:
        ip = ipaddress.ip_address(rng.randbytes(rng.choice((4, 16))))
        return cls(subtype=subtype, family=1 if ip.version == 4 else 2, id=str(ip)), {"subtype": subtype, "id": str(ip)}
    text = some_text(rng)
    return cls(subtype=subtype, id=text.encode()), {"subtype": subtype, "id": text}


def some_management(rng):
    family, value = rng.choice(((1, rng.randbytes(4)), (2, rng.randbytes(16)), (6, scapy.mac2str(some_mac(rng))),
                                (16, rng.randbytes(rng.randint(1, 31)))))
    text = {1: lambda: str(ipaddress.ip_address(value)), 2: lambda: str(ipaddress.ip_address(value)), 6: lambda: scapy.str2mac(value),
            16: lambda: "10" + value.hex()}[family]()
    told = {"address": text, "numbering": rng.randint(1, 3), "interface": rng.randint(0, 2**32 - 1)}
    return lldp.LLDPDUManagementAddress(management_address_subtype=family, management_address=value,
                                        interface_numbering_subtype=told["numbering"], interface_number=told["interface"],
                                        object_id=rng.randbytes(rng.randint(0, 8))), told


CAPABILITIES = ("repeater", "mac_bridge", "wlan_access_point", "router", "telephone", "docsis_cable_device", "station_only", "c_vlan_component",
                "s_vlan_component", "two_port_mac_relay")


def some_capabilities(rng):
    have = [name for name in CAPABILITIES if rng.random() < 0.4]
    used = [name for name in have if rng.random() < 0.5]
    bit = {name: 2 << i for i, name in enumerate(CAPABILITIES)}
    tlv = lldp.LLDPDUSystemCapabilities(**{f"{name}_available": 1 for name in have}, **{f"{name}_enabled": 1 for name in used})
    return tlv, sum(bit[name] for name in have), sum(bit[name] for name in used)


def organization(code, subtype, data):
    return lldp.LLDPDUGenericOrganisationSpecific(org_code=code, subtype=subtype, data=data)


def of_8021(rng, told):
    def tlv(subtype, *parts):
        return organization(0x0080c2, subtype, b"".join(part if isinstance(part, bytes) else part[0].to_bytes(part[1], "big") for part in parts))

    told["protocolVlans"] = [{"id": rng.randint(0, 4094), "flags": rng.choice((0, 2, 6))} for _ in range(rng.randint(0, 4))]
    told["vlans"] = [{"id": vlan, "name": some_text(rng, 32)} for vlan in rng.sample(range(1, 4095), rng.randint(0, 12))]
    told["protocols"] = [rng.randbytes(rng.randint(1, 32)).hex() for _ in range(rng.randint(0, 3))]
    tlvs = [tlv(2, (each["flags"], 1), (each["id"], 2)) for each in told["protocolVlans"]]
    tlvs += [tlv(3, (each["id"], 2), (len(each["name"]), 1), each["name"].encode()) for each in told["vlans"]]
    tlvs += [tlv(4, (len(each) // 2, 1), bytes.fromhex(each)) for each in told["protocols"]]
    for key, subtype, size in (("vlan", 1, 2), ("vidUsageDigest", 5, 4), ("managementVlan", 6, 2)):
        told[key] = maybe(rng, rng.randint(0, 256 ** size - 1))
        tlvs += [tlv(subtype, (told[key], size))] if told[key] is not None else []
    told["aggregation"] = maybe(rng, rng.randint(0, 3))
    told["aggregationPort"] = None if told["aggregation"] is None else rng.randint(0, 2**32 - 1)
    if told["aggregation"] is not None:
        tlvs.append(tlv(7, (told["aggregation"], 1), (told["aggregationPort"], 4)))
    return tlvs


def of_8023(rng, told):
    tlvs = []
    for subtype, fields in ((1, (("autonegotiation", 1, 3), ("advertised", 2, 65535), ("mauType", 2, 65535))),
                            (2, (("powerSupport", 1, 15), ("powerPair", 1, 255), ("powerClass", 1, 255))),
                            (4, (("frameSize", 2, 65535),))):
        there = rng.random() < 0.8
        values = [rng.randint(0, most) for _, _, most in fields]
        told.update({name: value if there else None for (name, _, _), value in zip(fields, values)})
        if there:
            tlvs.append(organization(0x00120f, subtype, b"".join(v.to_bytes(size, "big") for v, (_, size, _) in zip(values, fields))))
    return tlvs


def some_lldp(rng):
    chassis, chassis_told = some_id(rng, lldp.LLDPDUChassisID, 4, 5, (1, 2, 3, 6, 7))
    port, port_told = some_id(rng, lldp.LLDPDUPortID, 3, 4, (1, 2, 5, 7))
    told = {"chassis": chassis_told, "port": port_told, "ttl": rng.randint(0, 65535), "truncated": False}
    optional = []
    for key, cls in (("portDescription", lldp.LLDPDUPortDescription), ("systemName", lldp.LLDPDUSystemName),
                     ("systemDescription", lldp.LLDPDUSystemDescription)):
        told[key] = maybe(rng, some_text(rng, rng.choice((3, 60, 255))))
        field = {"portDescription": "description", "systemName": "system_name", "systemDescription": "description"}[key]
        optional += [cls(**{field: told[key].encode()})] if told[key] else []
    told["capabilities"] = told["enabledCapabilities"] = None
    if rng.random() < 0.8:
        tlv, told["capabilities"], told["enabledCapabilities"] = some_capabilities(rng)
        optional.append(tlv)
    management = [some_management(rng) for _ in range(rng.randint(0, 8))]
    told["managementAddresses"] = [each for _, each in management]
    optional += [tlv for tlv, _ in management] + of_8021(rng, told) + of_8023(rng, told)
    optional.append(organization(0x0012bb, 1, rng.randbytes(3)))  # TIA's are not looked at
    frame = scapy.Ether(src=SWITCH, dst=LLDP_MAC) / chassis / port / lldp.LLDPDUTimeToLive(ttl=told["ttl"])
    for tlv in optional:
        frame /= tlv
    if rng.random() < 0.9:
        frame /= lldp.LLDPDUEndOfLLDPDU()
    return frame, told


def test_any_lldp(tmp_path):
    rng = random.Random(3)
    frames, expected = zip(*(some_lldp(rng) for _ in range(300)))
    lines = read(tmp_path, *frames)
    for line, want in zip(lines, expected):
        assert line["lldp"] == want
    assert sightings(lines)[0]["mac"] == SWITCH and sightings(lines)[0]["protocols"] == ["lldp"]


def test_damaged_lldp(tmp_path):
    """Each of the mandatory TLVs missing, twice, or out of order; one cut off. scapy would not build the first, so it is told to do so."""
    scapy.conf.contribs["LLDP"].strict_mode_disable()
    try:
        chassis, port, ttl = lldp.LLDPDUChassisID(subtype=7, id=b"tor"), lldp.LLDPDUPortID(subtype=5, id=b"1"), lldp.LLDPDUTimeToLive(ttl=1)
        ether, end = scapy.Ether(src=SWITCH, dst=LLDP_MAC, type=0x88cc), lldp.LLDPDUEndOfLLDPDU()
        good = bytes(ether / chassis / port / ttl)[:14 + 6 + 4 + 4]  # without padding
        frames = [bytes(ether / port / chassis / ttl / end), bytes(ether / chassis / port / end), bytes(ether / chassis / port / ttl / ttl / end),
                  bytes(ether / end), bytes(ether), good[:-1], good + b"\x0a\xffshort"]
    finally:
        scapy.conf.contribs["LLDP"].strict_mode_enable()
    for frame, line in zip(frames, read(tmp_path, *(scapy.Raw(frame) for frame in frames))):
        assert line.get("error") == "damaged" and "lldp" not in line and not line["observations"], frame


# ---- CDP

def address_records(rng, count):
    addresses = [ipaddress.ip_address(rng.randbytes(rng.choice((4, 16)))) for _ in range(count)]
    records = [cdp.CDPAddrRecordIPv4(addr=str(a)) if a.version == 4 else cdp.CDPAddrRecordIPv6(addr=str(a)) for a in addresses]
    return records, [str(a) for a in addresses]


def some_cdp(rng):
    told = {"version": rng.choice((1, 2)), "ttl": rng.randint(0, 255), "checksumGood": True, "device": some_text(rng, 100)}
    fields = [cdp.CDPMsgDeviceID(val=told["device"].encode())]
    for key, cls in (("addresses", cdp.CDPMsgAddr), ("managementAddresses", cdp.CDPMsgMgmtAddr)):
        records, told[key] = address_records(rng, rng.randint(0, 8))
        fields += [cls(naddr=len(records), addr=records)] if records else []
    told["port"] = maybe(rng, some_text(rng))
    fields += [cdp.CDPMsgPortID(iface=told["port"].encode())] if told["port"] else []
    told["capabilities"] = maybe(rng, rng.randint(0, 2**32 - 1))
    fields += [cdp.CDPMsgCapabilities(cap=told["capabilities"])] if told["capabilities"] is not None else []
    for key, cls, most in (("software", cdp.CDPMsgSoftwareVersion, 400), ("platform", cdp.CDPMsgPlatform, 60),
                           ("domain", cdp.CDPMsgVTPMgmtDomain, 32)):
        told[key] = maybe(rng, some_text(rng, most))
        fields += [cls(val=told[key].encode())] if told[key] else []
    told["systemName"] = maybe(rng, some_text(rng))
    fields += [cdp.CDPMsg(type=0x14, val=told["systemName"].encode())] if told["systemName"] else []
    told["vlan"] = maybe(rng, rng.randint(1, 4094))
    fields += [cdp.CDPMsgNativeVLAN(vlan=told["vlan"])] if told["vlan"] is not None else []
    told["fullDuplex"] = maybe(rng, rng.random() < 0.5)
    fields += [cdp.CDPMsgDuplex(duplex=int(told["fullDuplex"]))] if told["fullDuplex"] is not None else []
    rng.shuffle(fields)
    message = cdp.CDPv2_HDR(vers=told["version"], ttl=told["ttl"], msg=fields)
    if rng.random() < 0.2:
        told["checksumGood"], message.cksum = False, 0xdead
    frame = scapy.Dot3(src=SWITCH, dst=CDP_MAC) / scapy.LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / scapy.SNAP(OUI=0xc, code=0x2000) / message
    return scapy.Raw(bytes(frame) + bytes(rng.choice((0, 20)))), told  # padding is no part of the message


def test_any_cdp(tmp_path):
    rng = random.Random(4)
    frames, expected = zip(*(some_cdp(rng) for _ in range(300)))
    lines = read(tmp_path, *frames)
    for line, want in zip(lines, expected):
        assert line["cdp"] == want
    assert sightings(lines)[0]["mac"] == SWITCH and sightings(lines)[0]["protocols"] == ["cdp"]
