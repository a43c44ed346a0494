"""The parsers of pxed-netcfg agree with scapy: packets that scapy makes go through `pxed-netcfg --read` and are compared field by field."""
import random
import subprocess
import uuid

import pytest
import scapy.all as scapy

from netcfg_read import BUILD, read, sightings, steps

MAC = "52:54:00:aa:00:01"
SERVER = "52:54:00:bb:00:01"
UUID = uuid.UUID("2b3f4c5d-1111-4222-8333-0123456789ab")
FIRMWARE = b"PXEClient:Arch:00007:UNDI:003016"


def broadcast(layer=None, source=MAC):
    ether = scapy.Ether(src=source, dst="ff:ff:ff:ff:ff:ff")
    return ether / layer if layer is not None else ether


def dhcp(options, op=1, mac=MAC, port=67, **header):
    header.setdefault("xid", 0x12345678)
    if op == 1:
        ip = scapy.IP(src="0.0.0.0", dst="255.255.255.255") / scapy.UDP(sport=68, dport=port)
    else:
        ip = scapy.IP(src="192.0.2.1", dst="255.255.255.255") / scapy.UDP(sport=port, dport=68)
    return (broadcast(source=MAC if op == 1 else SERVER) / ip / scapy.BOOTP(op=op, chaddr=scapy.mac2str(mac) + bytes(10), **header) /
            scapy.DHCP(options=[*options, "end"]))


def test_arp(tmp_path):
    frames = [broadcast(scapy.ARP(op=op, hwsrc=MAC, psrc=source, hwdst="52:54:00:00:00:09", pdst="192.0.2.1"))
              for op, source in ((1, "192.0.2.5"), (2, "192.0.2.6"), (1, "0.0.0.0"))]
    lines = read(tmp_path, *frames)
    for frame, line in zip(frames, lines):
        arp, told = frame[scapy.ARP], line["arp"]
        assert line["ethernet"] == {"destination": frame.dst, "source": frame.src, "tags": [], "type": 0x0806}
        assert told == {"operation": arp.op, "senderMac": arp.hwsrc, "senderAddress": arp.psrc if arp.psrc != "0.0.0.0" else None,
                        "targetMac": arp.hwdst, "targetAddress": arp.pdst}
    assert sightings(lines)[-1]["addresses"] == ["192.0.2.6", "192.0.2.5"]
    assert sightings(lines)[-1]["protocols"] == ["arp"]
    assert lines[0]["time"] == 1700000000 * 1000000


def test_two_machines_with_one_address(tmp_path):
    other = "52:54:00:aa:00:02"
    lines = read(tmp_path, *[broadcast(scapy.ARP(op=1, hwsrc=mac, psrc="192.0.2.5", pdst="192.0.2.1"), source=mac) for mac in (MAC, other, MAC, other)])
    told, = [o["addressConflict"] for o in lines[2]["observations"] if "addressConflict" in o]
    assert told == {"network": "capture", "address": "192.0.2.5", "macs": [MAC, other], "vlan": None}
    assert not any("addressConflict" in o for line in lines[:2] + lines[3:] for o in line["observations"])


def test_vlan_tags(tmp_path):
    arp = scapy.ARP(op=1, hwsrc=MAC, psrc="192.0.2.5", pdst="192.0.2.1")
    frames = [broadcast(scapy.Dot1Q(vlan=100, prio=5) / arp),
              broadcast(scapy.Dot1AD(vlan=4000) / scapy.Dot1Q(vlan=7) / arp),
              broadcast(scapy.Dot1Q(vlan=0, prio=7) / arp)]
    lines = read(tmp_path, *frames)
    assert [[(tag["vlan"], tag["priority"]) for tag in line["ethernet"]["tags"]] for line in lines] == [
        [(100, 5)], [(4000, 0), (7, 0)], [(0, 7)]]
    assert all(line["arp"]["senderAddress"] == "192.0.2.5" for line in lines)
    # a tag without a VLAN is of the network itself
    assert [s["vlan"] for s in sightings(lines)] == [100, 4000, None]


def test_discover_with_all_options(tmp_path):
    frame = dhcp([("message-type", "discover"), ("param_req_list", [1, 2, 3, 66, 67, 128, 175]), ("max_dhcp_size", 1472),
                  ("hostname", b"node-7"), ("client_id", b"\x01" + scapy.mac2str(MAC)), ("vendor_class_id", FIRMWARE),
                  (77, b"iPXE"), (82, b"\x01\x04\x00\x01\x02\x03\x02\x06abcdef"), (93, b"\x00\x07"), (94, b"\x01\x03\x10"),
                  (97, b"\x00" + UUID.bytes_le), (175, b"\xb1\x05\x01\x1a\xf4\x10\x00")],
                 hops=2, secs=9, flags=0x8000, giaddr="192.0.2.254")
    line, = read(tmp_path, frame)
    bootp = frame[scapy.BOOTP]
    assert line["ip"] == {"source": None, "destination": "255.255.255.255"}
    assert line["udp"] == {"source": 68, "destination": 67}
    assert line["dhcp4"] == {
        "operation": 1, "type": 1, "hops": 2, "xid": bootp.xid, "seconds": 9, "flags": 0x8000, "clientAddress": None, "yourAddress": None,
        "nextServer": None, "relay": "192.0.2.254", "mac": MAC, "truncated": False, "serverName": None, "file": None,
        "hostname": "node-7", "vendorClass": FIRMWARE.decode(), "message": None, "userClass": ["iPXE"], "requested": None,
        "serverId": None, "leaseTime": None, "parameters": [1, 2, 3, 66, 67, 128, 175], "clientId": "01" + MAC.replace(":", ""),
        "circuitId": "00010203", "remoteId": "616263646566", "architecture": 7, "interface": "010310", "uuid": str(UUID), "ipxe": True,
        "router": None, "vendorOptions": False}
    sighting, = sightings([line])
    assert {key: sighting[key] for key in ("hostname", "vendorClass", "architecture", "uuid", "clientId", "relay", "circuitId", "remoteId")} == {
        "hostname": "node-7", "vendorClass": FIRMWARE.decode(), "architecture": 7, "uuid": str(UUID), "clientId": "01" + MAC.replace(":", ""),
        "relay": "192.0.2.254", "circuitId": "00010203", "remoteId": "616263646566"}
    step, = steps([line])
    assert step["kind"] == "discover" and step["stage"] == "ipxe" and step["architecture"] == 7 and step["uuid"] == str(UUID)
    assert "by relay 192.0.2.254" in step["detail"]
    assert step["protocol"] == "dhcp4" and step["xid"] == bootp.xid
    assert step["options"] == {"12": "node-7", "53": "DISCOVER", "60": FIRMWARE.decode(), "77": "iPXE", "93": "7", "94": "1.3.16",
                               "82": "circuit 00010203 remote 616263646566", "97": str(UUID), "175": "present", "giaddr": "192.0.2.254"}


@pytest.mark.parametrize("kind,name,op", [("discover", "discover", 1), ("offer", "offer", 2), ("request", "request", 1),
                                          ("acknowledge", "ack", 2), ("nak", "nak", 2)])
def test_kinds(tmp_path, kind, name, op):
    line, = read(tmp_path, dhcp([("message-type", name), ("server_id", "192.0.2.1"), ("error_message", b"no")], op=op,
                                **({"yiaddr": "192.0.2.100", "siaddr": "192.0.2.9", "file": b"undionly.kpxe", "sname": b"boot"}
                                   if kind in ("offer", "acknowledge") else {})))
    step, = steps([line])
    assert step["kind"] == kind and step["mac"] == MAC
    if kind in ("offer", "acknowledge"):
        assert step["address"] == line["dhcp4"]["yourAddress"] == "192.0.2.100"
        assert step["file"] == line["dhcp4"]["file"] == "undionly.kpxe"
        assert line["dhcp4"]["serverName"] == "boot"
        assert step["detail"] == "from server 192.0.2.1, next server 192.0.2.9, no"
        assert step["server"] == "192.0.2.1"
        assert step["options"] == {"53": {"offer": "OFFER", "acknowledge": "ACK"}[kind], "54": "192.0.2.1",
                                   "66": "boot", "67": "undionly.kpxe"}


def test_decline(tmp_path):
    step, = steps(read(tmp_path, dhcp([("message-type", "decline"), ("requested_addr", "192.0.2.100"), ("server_id", "192.0.2.1")])))
    assert (step["kind"], step["address"], step["server"], step["options"]["53"]) == ("nak", "192.0.2.100", "192.0.2.1", "DECLINE")


@pytest.mark.parametrize("name", ["release", "inform"])
def test_other_types_are_no_steps(tmp_path, name):
    line, = read(tmp_path, dhcp([("message-type", name)], ciaddr="192.0.2.44"))
    assert not steps([line])
    assert sightings([line])[0]["addresses"] == ["192.0.2.44"]


def test_pxe_boot_server(tmp_path):
    request = dhcp([("message-type", "request"), ("vendor_class_id", FIRMWARE)], port=4011, ciaddr="192.0.2.44")
    answer = dhcp([("message-type", "ack"), ("server_id", "192.0.2.1"), ("vendor_class_id", b"PXEClient"), (67, b"snponly.efi")], op=2, port=4011)
    told = steps(read(tmp_path, request, answer))
    assert [s["kind"] for s in told] == ["request", "acknowledge"]
    assert {s["stage"] for s in told} == {"firmware"}
    assert told[1]["file"] == "snponly.efi" and "PXE boot server" in told[1]["detail"]


def test_overload_and_pieces(tmp_path):
    long_class = b"PXEClient:" + b"x" * 240
    frame = dhcp([("message-type", "offer"), (52, b"\x03"), (60, long_class[:200]), (60, long_class[200:])], op=2,
                 sname=b"\x0c\x05node7\xff", file=b"\x43\x0bsnponly.efi\xff")
    told = read(tmp_path, frame)[0]["dhcp4"]
    assert told["hostname"] == "node7" and told["file"] == "snponly.efi" and told["serverName"] is None
    assert told["vendorClass"] == long_class.decode()


def test_tftp(tmp_path):
    def client(layer, port):
        return (scapy.Ether(src=MAC, dst=SERVER) / scapy.IP(src="192.0.2.100", dst="192.0.2.1") / scapy.UDP(sport=2070, dport=port) /
                layer)

    def server(layer):
        return (scapy.Ether(src=SERVER, dst=MAC) / scapy.IP(src="192.0.2.1", dst="192.0.2.100") / scapy.UDP(sport=40000, dport=2070) /
                layer)

    options = scapy.TFTP_Options(options=[scapy.TFTP_Option(oname="tsize", value="0"), scapy.TFTP_Option(oname="blksize", value="1468")])
    acknowledged = scapy.TFTP_Options(options=[scapy.TFTP_Option(oname="tsize", value="174080")])
    frames = [client(scapy.TFTP(op=1) / scapy.TFTP_RRQ(filename="snponly.efi", mode="octet") / options, 69),
              server(scapy.TFTP(op=6) / scapy.TFTP_OACK() / acknowledged),
              server(scapy.TFTP(op=5) / scapy.TFTP_ERROR(errorcode=1, errormsg="File not found")),
              client(scapy.TFTP(op=2) / scapy.TFTP_WRQ(filename="dump", mode="netascii"), 69),
              server(scapy.TFTP(op=3) / scapy.TFTP_DATA(block=2) / b"data")]
    lines = read(tmp_path, *frames)
    assert lines[0]["tftp"] == {"operation": 1, "file": "snponly.efi", "mode": "octet", "size": 0, "blockSize": 1468, "timeout": None,
                                "windowSize": None, "block": None, "error": None, "message": None}
    assert lines[1]["tftp"]["size"] == 174080
    assert lines[2]["tftp"]["error"] == 1 and lines[2]["tftp"]["message"] == "File not found"
    assert lines[3]["tftp"]["file"] == "dump" and lines[3]["tftp"]["mode"] == "netascii"
    assert lines[4]["error"] == "unknown"
    told = steps(lines)
    assert [s["total"] for s in told] == [None, 174080, 174080, None]
    assert [s["transfer"] for s in told] == ["requested", "options", "refused", "requested"]
    assert told[0]["options"] == {"blksize": "1468", "tsize": "0"} and told[1]["options"] == {"tsize": "174080"}
    assert {s["server"] for s in told} == {"192.0.2.1"}
    assert "File not found" in told[2]["detail"]


def test_what_is_not_looked_at(tmp_path):
    frames = [scapy.Ether(src=MAC, dst=SERVER) / scapy.IP(dst="192.0.2.1") / scapy.TCP(dport=80),
              scapy.Ether(src=MAC, dst=SERVER) / scapy.IPv6(dst="2001:db8::1") / scapy.UDP(dport=5353),
              scapy.Dot3(src=MAC, dst="01:80:c2:00:00:00") / scapy.LLC() / scapy.STP(),
              scapy.Ether(src=MAC, dst=SERVER) / scapy.IP(dst="192.0.2.1", flags="MF") / scapy.UDP(dport=69) / b"\0\1a\0octet\0",
              broadcast(scapy.ARP(hwtype=6, hwsrc=MAC))]
    for line in read(tmp_path, *frames):
        assert line["error"] == "unknown" and not line["observations"]


def some_text(rng):
    return "".join(rng.choice("abcXYZ-/.0189") for _ in range(rng.randint(1, 40)))


def some_dhcp(rng):
    """A DHCPv4 message, each of its options there or not, and all that is to be read from it."""
    ident, maybe = uuid.UUID(bytes=rng.randbytes(16)), lambda value: rng.choice((None, value, value))
    want = {"operation": rng.randint(1, 2), "type": rng.randint(1, 8), "hops": rng.randint(0, 255), "xid": rng.randint(0, 2**32 - 1),
            "seconds": rng.randint(0, 65535), "flags": rng.randint(0, 65535), "clientAddress": some_address(rng),
            "yourAddress": some_address(rng), "nextServer": some_address(rng), "relay": some_address(rng), "mac": some_mac(rng),
            "truncated": False, "serverName": maybe(some_text(rng)), "file": maybe(some_text(rng)), "hostname": maybe(some_text(rng)),
            "vendorClass": maybe(some_text(rng)), "message": maybe(some_text(rng)),
            "userClass": [some_text(rng) for _ in range(rng.randint(0, 4))], "requested": maybe(some_address(rng)),
            "serverId": maybe(some_address(rng)), "leaseTime": maybe(rng.randint(0, 2**32 - 1)),
            "parameters": list(rng.randbytes(rng.randint(0, 60))), "clientId": maybe(rng.randbytes(rng.randint(2, 60)).hex()),
            "circuitId": maybe(rng.randbytes(rng.randint(1, 40)).hex()), "remoteId": maybe(rng.randbytes(rng.randint(1, 40)).hex()),
            "architecture": maybe(rng.randint(0, 65535)), "interface": maybe(rng.randbytes(3).hex()), "uuid": maybe(str(ident)),
            "ipxe": rng.random() < 0.5, "router": maybe(some_address(rng)), "vendorOptions": rng.random() < 0.5}
    options = [(number, want[key].encode()) for number, key in ((12, "hostname"), (56, "message"), (60, "vendorClass"), (66, "serverName"),
                                                                (67, "file")) if want[key]]
    options += [(name, want[key]) for name, key in (("router", "router"), ("requested_addr", "requested"), ("server_id", "serverId"),
                                                    ("lease_time", "leaseTime")) if want[key] is not None]
    options += [(number, bytes.fromhex(want[key])) for number, key in ((61, "clientId"), (94, "interface")) if want[key]]
    options += [(55, bytes(want["parameters"]))] if want["parameters"] else []
    options += [(77, b"".join(bytes((len(name),)) + name.encode() for name in want["userClass"]))] if want["userClass"] else []
    relay = b"".join(bytes((code, len(want[key]) // 2)) + bytes.fromhex(want[key])
                     for code, key in ((1, "circuitId"), (2, "remoteId")) if want[key])
    options += [(82, relay)] if relay else []
    options += [(93, want["architecture"].to_bytes(2, "big"))] if want["architecture"] is not None else []
    options += [(97, b"\0" + ident.bytes_le)] if want["uuid"] else []
    options += [(175, b"")] if want["ipxe"] else []
    options += [(43, b"\x06\x01\x08")] if want["vendorOptions"] else []
    rng.shuffle(options)
    options.insert(rng.randint(0, len(options)), ("message-type", want["type"]))
    return dhcp(options, op=want["operation"], mac=want["mac"], hops=want["hops"], xid=want["xid"], secs=want["seconds"],
                flags=want["flags"], ciaddr=want["clientAddress"], yiaddr=want["yourAddress"], siaddr=want["nextServer"],
                giaddr=want["relay"]), want


def test_any_dhcp(tmp_path):
    """Random messages: every field as scapy put it in."""
    rng = random.Random(1)
    frames, expected = zip(*(some_dhcp(rng) for _ in range(300)))
    for line, want in zip(read(tmp_path, *frames), expected):
        assert line["dhcp4"] == want


def some_mac(rng):
    return "52:" + ":".join(f"{rng.randint(0, 255):02x}" for _ in range(5))


def some_address(rng):
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


def test_any_tags_and_arp(tmp_path):
    """Up to four tags, of 802.1Q or 802.1ad, of a VLAN or only of a priority, around any ARP packet."""
    rng = random.Random(2)
    frames, expected = [], []
    for _ in range(300):
        tags = [{"type": rng.choice((0x8100, 0x88a8, 0x9100)), "priority": rng.randint(0, 7), "dropEligible": rng.random() < 0.5,
                 "vlan": rng.choice((0, 1, 4095, rng.randint(0, 4095)))} for _ in range(rng.randint(0, 4))]
        arp = scapy.ARP(op=rng.choice((1, 2, rng.randint(0, 65535))), hwsrc=some_mac(rng), psrc=some_address(rng), hwdst=some_mac(rng),
                        pdst=some_address(rng))
        types = [tag["type"] for tag in tags] + [0x0806]
        frame = scapy.Ether(src=some_mac(rng), dst=some_mac(rng), type=types[0])
        for tag, follows in zip(tags, types[1:]):
            frame /= scapy.Dot1Q(prio=tag["priority"], id=int(tag["dropEligible"]), vlan=tag["vlan"], type=follows)
        frames.append(frame / arp / scapy.Padding(bytes(rng.randint(0, 18))))
        expected.append({"ethernet": {"destination": frame.dst, "source": frame.src, "tags": tags, "type": 0x0806},
                         "arp": {"operation": arp.op, "senderMac": arp.hwsrc, "senderAddress": arp.psrc, "targetMac": arp.hwdst,
                                 "targetAddress": arp.pdst}})
    for line, want in zip(read(tmp_path, *frames), expected):
        assert {key: line[key] for key in want} == want


def test_more_tags_than_four_are_damage(tmp_path):
    arp = scapy.ARP(op=1, hwsrc=MAC, psrc="192.0.2.5", pdst="192.0.2.1")
    line, = read(tmp_path, broadcast(scapy.Dot1Q(vlan=1) / scapy.Dot1Q(vlan=2) / scapy.Dot1Q(vlan=3) / scapy.Dot1Q(vlan=4) /
                                     scapy.Dot1Q(vlan=5) / arp))
    assert line["error"] == "damaged" and not line["observations"]


def some_tftp(rng):
    """A TFTP packet, its client's port where it is the server's, and what is to be read from it."""
    name = "".join(rng.choice("abcXYZ-/._0189") for _ in range(rng.randint(1, 200)))
    numbers = {key: rng.choice((None, 0, 2**63 - 1, rng.randint(0, 2**63 - 1))) for key in ("tsize", "blksize", "timeout", "windowsize")}
    told = [scapy.TFTP_Option(oname=rng.choice((key, key.upper())), value=str(value)) for key, value in numbers.items() if value is not None]
    rng.shuffle(told)
    want = {"operation": rng.choice((1, 2, 3, 4, 5, 6)), "file": None, "mode": None, "size": None, "blockSize": None, "timeout": None,
            "windowSize": None, "block": None, "error": None, "message": None}
    if want["operation"] == 3:
        return scapy.TFTP(op=3) / scapy.TFTP_DATA(block=1) / name.encode(), want | {"block": 1}
    if want["operation"] == 4:
        want |= {"block": rng.randint(0, 65535)}
        return scapy.TFTP(op=4) / scapy.TFTP_ACK(block=want["block"]), want
    if want["operation"] == 5:
        want |= {"error": rng.randint(0, 65535), "message": name[:100]}
        return scapy.TFTP(op=5) / scapy.TFTP_ERROR(errorcode=want["error"], errormsg=name[:100]), want
    want |= {"size": numbers["tsize"], "blockSize": numbers["blksize"], "timeout": numbers["timeout"], "windowSize": numbers["windowsize"]}
    options = scapy.TFTP_Options(options=told)
    if want["operation"] == 6:
        return scapy.TFTP(op=6) / scapy.TFTP_OACK() / options, want
    want |= {"file": name, "mode": rng.choice(("octet", "netascii", "OCTET"))}
    request = scapy.TFTP_RRQ if want["operation"] == 1 else scapy.TFTP_WRQ
    return scapy.TFTP(op=want["operation"]) / request(filename=name, mode=want["mode"]) / options, want


def test_any_tftp(tmp_path):
    rng = random.Random(3)
    frames, expected = [], []
    for _ in range(300):
        tftp, want = some_tftp(rng)
        if rng.random() < 0.5:
            ip = scapy.IP(src=some_address(rng), dst=some_address(rng), ttl=rng.randint(1, 255))
            told = {"ip": {"source": ip.src, "destination": ip.dst}}
        else:
            ip = scapy.IPv6(src="2001:db8::1", dst=f"fe80::{rng.randint(1, 0xffff):x}", hlim=rng.randint(1, 255))
            told = {"ip6": {"source": ip.src, "destination": ip.dst, "protocol": 17, "hopLimit": ip.hlim}}
        udp = scapy.UDP(sport=rng.randint(5000, 65535), dport=69 if want["operation"] < 3 else rng.randint(5000, 65535))
        frames.append(scapy.Ether(src=some_mac(rng), dst=some_mac(rng)) / ip / udp / tftp)
        expected.append({**told, "udp": {"source": udp.sport, "destination": udp.dport}, "tftp": want})
    for line, want in zip(read(tmp_path, *frames), expected):
        assert {key: line[key] for key in want} == want


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "x").write_bytes(b"nothing")
    done = subprocess.run([str(BUILD / "pxed-netcfg"), "--read", str(tmp_path / "x")], capture_output=True, text=True)
    assert done.returncode == 1 and f"Cannot read {tmp_path / 'x'}" in done.stderr
