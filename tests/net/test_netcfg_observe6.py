"""What pxed-netcfg concludes from IPv6: sightings by neighbour discovery and DHCPv6, steps of DHCPv6, TFTP over IPv6. scapy makes the
packets, `pxed-netcfg --read` tells."""
import uuid

import pytest
import scapy.all as scapy
from scapy.layers import dhcp6 as d6

from netcfg_read import read, sightings, steps

MAC = "52:54:00:aa:00:01"
SERVER = "52:54:00:bb:00:01"
RELAY = "52:54:00:cc:00:01"
LINK_LOCAL = "fe80::5054:ff:feaa:1"  # of MAC, by RFC 4291 appendix A
OTHER_LINK_LOCAL = "fe80::1234:5678:9abc:def0"
ADDRESS = "2001:db8::100"
UUID = uuid.UUID("2b3f4c5d-1111-4222-8333-0123456789ab")
MIXED = uuid.UUID(bytes=UUID.bytes_le)  # as SMBIOS has it
FIRMWARE = d6.DHCP6OptVendorClass(enterprisenum=343, vcdata=[d6.VENDOR_CLASS_DATA(data=b"PXEClient:Arch:00007:UNDI:003016")])
IPXE = d6.DHCP6OptUserClass(userclassdata=[d6.USER_CLASS_DATA(data=b"iPXE")])
ARCHITECTURE = d6.DHCP6OptClientArchType(archtypes=[7])


def client_id(duid):
    return d6.DHCP6OptClientId(duid=duid)


def addresses(*found, status=None, lifetime=3600):
    options = [d6.DHCP6OptIAAddress(addr=address, preflft=lifetime, validlft=lifetime) for address in found]
    if status:
        options.append(d6.DHCP6OptStatusCode(statuscode=status, statusmsg=b"no addresses available"))
    return d6.DHCP6OptIA_NA(iaid=1, ianaopts=options)


def from_client(message, source=LINK_LOCAL, mac=MAC):
    return (scapy.Ether(src=mac, dst="33:33:00:01:00:02") / scapy.IPv6(src=source, dst="ff02::1:2") /
            scapy.UDP(sport=546, dport=547) / message)


def from_server(message, destination=LINK_LOCAL, mac=MAC, port=546):
    return (scapy.Ether(src=SERVER, dst=mac) / scapy.IPv6(src="fe80::bb", dst=destination) / scapy.UDP(sport=547, dport=port) / message)


def relayed(kind, message, *options, peer=LINK_LOCAL, link="2001:db8:1::1"):
    layer = kind(hopcount=0, linkaddr=link, peeraddr=peer) / d6.DHCP6OptRelayMsg(message=scapy.Raw(bytes(message)))
    for option in options:
        layer /= option
    return layer


def to_relay(*arguments, **named):
    return from_server(relayed(d6.DHCP6_RelayReply, *arguments, **named), destination="2001:db8:1::1", mac=RELAY, port=547)


def from_relay(*arguments, **named):
    return from_client(relayed(d6.DHCP6_RelayForward, *arguments, **named), source="2001:db8:1::1", mac=RELAY)


def exchange(duid, *said):
    """Solicit, Advertise, Request, Reply."""
    mine, server = client_id(duid), d6.DHCP6OptServerId(duid=d6.DUID_LL(lladdr=SERVER))
    answer = d6.DHCP6OptBootFileUrl(optdata=b"tftp://[2001:db8::1]/snponly.efi")
    return [d6.DHCP6_Solicit(trid=7) / mine / addresses() / join(said), d6.DHCP6_Advertise(trid=7) / mine / server / addresses(ADDRESS) / answer,
            d6.DHCP6_Request(trid=8) / mine / server / addresses(ADDRESS) / join(said),
            d6.DHCP6_Reply(trid=8) / mine / server / addresses(ADDRESS) / answer]


def join(options):
    return scapy.Raw(b"".join(map(bytes, options)))


@pytest.mark.parametrize("said,ident,stage", [((ARCHITECTURE, FIRMWARE), MIXED, "firmware"), ((ARCHITECTURE, FIRMWARE, IPXE), UUID, "ipxe")])
def test_exchange(tmp_path, said, ident, stage):
    messages = exchange(d6.DUID_UUID(uuid=ident), *said)
    lines = read(tmp_path, *((from_client, from_server)[i % 2](message) for i, message in enumerate(messages)))
    told = steps(lines)
    assert [step["kind"] for step in told] == ["discover", "offer", "request", "acknowledge"]
    for step in told:
        assert (step["mac"], step["protocol"], step["stage"], step["architecture"], step["uuid"]) == (MAC, "dhcp6", stage, 7, str(UUID))
    assert [step["xid"] for step in told] == [7, 7, 8, 8]
    assert [step["address"] for step in told] == [None, ADDRESS, ADDRESS, ADDRESS]
    assert [step["server"] for step in told] == [None, "fe80::bb", None, "fe80::bb"]
    assert [step["file"] for step in told] == [None, "tftp://[2001:db8::1]/snponly.efi"] * 2
    assert told[3]["options"] == {"1": "0004" + ident.hex, "2": "00030001" + SERVER.replace(":", ""), "5": ADDRESS,
                                  "59": "tftp://[2001:db8::1]/snponly.efi"}
    assert told[0]["options"]["61"] == "7" and told[0]["options"]["16"] == "PXEClient:Arch:00007:UNDI:003016"
    assert told[0]["detail"] == "PXEClient:Arch:00007:UNDI:003016" and told[1]["detail"] == "from server fe80::bb"
    seen = sightings(lines)[-1]
    assert (seen["mac"], seen["addresses"], seen["protocols"]) == (MAC, [ADDRESS], ["dhcp6"])
    assert (seen["uuid"], seen["architecture"], seen["clientId"]) == (str(UUID), 7, "0004" + ident.hex)


def test_an_operating_system_has_a_uuid_of_its_own(tmp_path):
    lines = read(tmp_path, from_client(d6.DHCP6_Solicit(trid=7) / client_id(d6.DUID_UUID(uuid=UUID)) /
                                       d6.DHCP6OptClientFQDN(fqdn="node-7.lab.example")))
    step, = steps(lines)
    assert step["stage"] == "os" and step["uuid"] is None
    assert sightings(lines)[0]["uuid"] is None and sightings(lines)[0]["hostname"] == "node-7.lab.example"


EN = d6.DUID_EN(enterprisenum=9, id=b"node7")
LLT = d6.DUID_LLT(timeval=1, lladdr="52:54:00:aa:00:99")  # of another interface of the machine
OPTION_79 = d6.DHCP6OptClientLinkLayerAddr(lltype=1, clladdr=MAC)


@pytest.mark.parametrize("frame,mac", [
    (from_client(d6.DHCP6_Solicit(trid=7) / client_id(LLT), source=OTHER_LINK_LOCAL), MAC),
    (from_client(d6.DHCP6_Renew(trid=7) / client_id(LLT), source=ADDRESS), "52:54:00:aa:00:99"),  # a router may have sent the frame
    (from_client(d6.DHCP6_Renew(trid=7) / client_id(EN), source=ADDRESS), None),
    (from_relay(d6.DHCP6_Solicit(trid=7) / client_id(LLT), OPTION_79, peer=OTHER_LINK_LOCAL), MAC),
    (from_relay(d6.DHCP6_Solicit(trid=7) / client_id(LLT)), MAC),
    (from_relay(d6.DHCP6_Solicit(trid=7) / client_id(LLT), peer=OTHER_LINK_LOCAL), "52:54:00:aa:00:99"),
    (from_relay(d6.DHCP6_Solicit(trid=7) / client_id(EN), peer=OTHER_LINK_LOCAL), None),
    (from_client(d6.DHCP6_Solicit(trid=7), mac="33:33:00:00:00:01"), None),
])
def test_whose_a_message_is(tmp_path, frame, mac):
    lines = read(tmp_path, frame)
    assert [seen["mac"] for seen in sightings(lines)] == [step["mac"] for step in steps(lines)] == ([mac] if mac else [])


def test_relays(tmp_path):
    interface, remote = d6.DHCP6OptIfaceId(ifaceid=b"port7"), d6.DHCP6OptRemoteID(enterprisenum=9, remoteid=b"switch")
    messages = exchange(d6.DUID_UUID(uuid=MIXED), ARCHITECTURE, FIRMWARE)
    lines = read(tmp_path, *(from_relay(message, OPTION_79, interface, remote, peer=OTHER_LINK_LOCAL) if i % 2 == 0 else
                             to_relay(message, peer=OTHER_LINK_LOCAL) for i, message in enumerate(messages)))
    told = steps(lines)
    assert [step["kind"] for step in told] == ["discover", "offer", "request", "acknowledge"]
    assert {step["mac"] for step in told} == {MAC}, "an answer is known by its transaction and DUID"
    assert {step["stage"] for step in told} == {"firmware"} and all("by relay 2001:db8:1::1" in step["detail"] for step in told)
    seen = sightings(lines)[-1]
    assert seen["addresses"] == [ADDRESS] and seen["relay"] == "2001:db8:1::1"
    assert seen["circuitId"] == b"port7".hex() and seen["remoteId"] == "00000009" + b"switch".hex()


def test_an_answer_whose_question_nobody_heard(tmp_path):
    step, = steps(read(tmp_path, from_server(d6.DHCP6_Reply(trid=9) / client_id(EN) / addresses(ADDRESS))))
    assert (step["mac"], step["stage"], step["address"]) == (MAC, None, ADDRESS)


@pytest.mark.parametrize("answer,kind,detail", [
    (d6.DHCP6_Advertise(trid=7) / addresses(status=2), "nak", "refused: no addresses available (status 2)"),
    (d6.DHCP6_Reply(trid=7) / d6.DHCP6OptStatusCode(statuscode=4, statusmsg=b""), "nak", "refused: no reason told (status 4)"),
    (d6.DHCP6_Reply(trid=7) / d6.DHCP6OptStatusCode(statuscode=0, statusmsg=b"success"), "acknowledge", None),
    (d6.DHCP6_Reply(trid=7) / addresses(status=2) / addresses(ADDRESS), "acknowledge", None),
])
def test_refusals(tmp_path, answer, kind, detail):
    question = d6.DHCP6_Request(trid=7) / client_id(LLT)
    told = steps(read(tmp_path, from_client(question), from_server(answer / client_id(LLT))))
    assert told[1]["kind"] == kind and told[1]["detail"] == "from server fe80::bb" + (f", {detail}" if detail else "")


@pytest.mark.parametrize("question,kinds", [
    (d6.DHCP6_Confirm, ["request", "acknowledge"]), (d6.DHCP6_Rebind, ["request", "acknowledge"]),
    (d6.DHCP6_InfoRequest, ["request", "acknowledge"]), (d6.DHCP6_Release, []), (d6.DHCP6_Decline, ["nak"])])
def test_other_types(tmp_path, question, kinds):
    lines = read(tmp_path, from_client(question(trid=7) / client_id(LLT) / addresses(ADDRESS)),
                 from_server(d6.DHCP6_Reply(trid=7) / client_id(LLT) / addresses(ADDRESS, lifetime=0)),
                 from_server(d6.DHCP6_Reconf(trid=0) / client_id(LLT)))
    assert [step["kind"] for step in steps(lines)] == kinds
    assert sightings(lines)[-1]["addresses"] == [], "an address that is given back, or taken away, is not the machine's"


def nd(layer, source=LINK_LOCAL, destination="ff02::1:ff00:7", mac=MAC):
    return scapy.Ether(src=mac, dst="33:33:ff:00:00:07") / scapy.IPv6(src=source, dst=destination, hlim=255) / layer


@pytest.mark.parametrize("frame,mac,address", [
    (nd(scapy.ICMPv6ND_NS(tgt="fe80::7") / scapy.ICMPv6NDOptSrcLLAddr(lladdr=MAC), mac=RELAY), MAC, LINK_LOCAL),
    (nd(scapy.ICMPv6ND_NS(tgt="fe80::7"), source=ADDRESS), MAC, ADDRESS),
    (nd(scapy.ICMPv6ND_NS(tgt=ADDRESS), source="::"), MAC, None),  # is there anybody? It is not the machine's yet
    (nd(scapy.ICMPv6ND_NA(tgt=ADDRESS) / scapy.ICMPv6NDOptDstLLAddr(lladdr=MAC), mac=RELAY, destination="fe80::7"), MAC, ADDRESS),
    (nd(scapy.ICMPv6ND_NA(tgt=ADDRESS), destination="fe80::7"), MAC, ADDRESS),
    (nd(scapy.ICMPv6ND_RA() / scapy.ICMPv6NDOptPrefixInfo(prefix="2001:db8::"), destination="ff02::1"), MAC, LINK_LOCAL),
    (nd(scapy.ICMPv6ND_RS(), source="::", destination="ff02::2"), MAC, None),
])
def test_neighbour_discovery(tmp_path, frame, mac, address):
    lines = read(tmp_path, frame)
    seen, = sightings(lines)
    assert (seen["mac"], seen["addresses"], seen["protocols"]) == (mac, [address] if address else [], ["nd"])
    assert not steps(lines)


def test_nothing_from_beyond_a_router(tmp_path):
    frame = nd(scapy.ICMPv6ND_NA(tgt=ADDRESS), destination="fe80::7")
    frame[scapy.IPv6].hlim = 254
    assert not read(tmp_path, frame)[0]["observations"]


def test_tftp(tmp_path):
    def client(layer, port):
        return scapy.Ether(src=MAC, dst=SERVER) / scapy.IPv6(src=ADDRESS, dst="2001:db8::1") / scapy.UDP(sport=2070, dport=port) / layer

    def server(layer):
        return scapy.Ether(src=SERVER, dst=MAC) / scapy.IPv6(src="2001:db8::1", dst=ADDRESS) / scapy.UDP(sport=40000, dport=2070) / layer

    lines = read(tmp_path, client(scapy.TFTP(op=1) / scapy.TFTP_RRQ(filename="snponly.efi", mode="octet"), 69),
                 server(scapy.TFTP(op=5) / scapy.TFTP_ERROR(errorcode=1, errormsg="File not found")))
    assert lines[0]["ip6"]["source"] == ADDRESS and lines[0]["tftp"]["file"] == "snponly.efi"
    told = steps(lines)
    assert [(step["kind"], step["file"], step["address"], step["mac"]) for step in told] == [("tftp", "snponly.efi", ADDRESS, MAC)] * 2
    assert "File not found" in told[1]["detail"]
    assert sightings(lines)[0]["protocols"] == ["tftp"] and sightings(lines)[0]["addresses"] == [ADDRESS]
