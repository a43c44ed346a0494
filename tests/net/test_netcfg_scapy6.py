"""The parsers of IPv6, neighbour discovery and DHCPv6 agree with scapy, field by field, on random packets of known seeds."""
import ipaddress
import random
import uuid

import pytest
import scapy.all as scapy
from scapy.layers import dhcp6 as d6

from netcfg_read import read

COUNT = 300


def some_mac(rng):
    return "52:" + ":".join(f"{rng.randint(0, 255):02x}" for _ in range(5))


def some_address(rng, prefix="2001:db8::"):
    return str(ipaddress.ip_address(int(ipaddress.ip_address(prefix)) | rng.getrandbits(rng.choice((8, 64)))))


def some_text(rng, longest=40):
    return "".join(rng.choice("abcXYZ-/.:0189") for _ in range(rng.randint(1, longest)))


def some_packet(rng, **header):
    """Ethernet and IPv6 with any extension headers that are passed over, for a payload; and what is to be read from them."""
    ether = scapy.Ether(src=some_mac(rng), dst=some_mac(rng))
    ip = scapy.IPv6(src=some_address(rng, "fe80::"), dst=some_address(rng), hlim=rng.randint(1, 255), tc=rng.randint(0, 255),
                    fl=rng.getrandbits(20))
    for name, value in header.items():
        setattr(ip, name, value)
    told = {"source": ip.src if ip.src != "::" else None, "destination": ip.dst, "hopLimit": ip.hlim}
    extensions = rng.sample((scapy.IPv6ExtHdrHopByHop(), scapy.IPv6ExtHdrDestOpt(options=[scapy.PadN(optdata=bytes(rng.randint(0, 20)))]),
                             scapy.IPv6ExtHdrRouting(addresses=["2001:db8::1"] * rng.randint(0, 3))), rng.choice((0, 0, 1, 2, 3)))
    extensions.sort(key=lambda header: not isinstance(header, scapy.IPv6ExtHdrHopByHop))
    packet = ether / ip
    for extension in extensions:
        packet /= extension
    return packet, told


def some_router(rng):
    prefixes = [{"prefix": some_address(rng), "length": rng.randint(0, 128), "onLink": rng.random() < 0.5, "autonomous": rng.random() < 0.5,
                 "validLifetime": rng.getrandbits(32), "preferredLifetime": rng.getrandbits(32)} for _ in range(rng.randint(0, 4))]
    want = {"hopLimit": rng.randint(0, 255), "managed": rng.random() < 0.5, "other": rng.random() < 0.5, "lifetime": rng.randint(0, 65535),
            "reachableTime": rng.getrandbits(32), "retransmitTime": rng.getrandbits(32), "prefixes": prefixes,
            "mtu": rng.choice((None, rng.getrandbits(32))), "dns": [some_address(rng) for _ in range(rng.randint(0, 4))], "dnsLifetime": None}
    layer = scapy.ICMPv6ND_RA(chlim=want["hopLimit"], M=int(want["managed"]), O=int(want["other"]), routerlifetime=want["lifetime"],
                              reachabletime=want["reachableTime"], retranstimer=want["retransmitTime"], prf=rng.randint(0, 3))
    options = [scapy.ICMPv6NDOptPrefixInfo(prefix=p["prefix"], prefixlen=p["length"], L=int(p["onLink"]), A=int(p["autonomous"]),
                                           validlifetime=p["validLifetime"], preferredlifetime=p["preferredLifetime"]) for p in prefixes]
    options += [scapy.ICMPv6NDOptMTU(mtu=want["mtu"])] if want["mtu"] is not None else []
    if want["dns"]:
        want["dnsLifetime"] = rng.getrandbits(32)
        options.append(scapy.ICMPv6NDOptRDNSS(dns=want["dns"], lifetime=want["dnsLifetime"]))
    return layer, options, {"router": want}


def some_nd(rng):
    """A message, its options, the destination's kind where it matters, and what is to be read."""
    kind, options = rng.randint(133, 136), []
    want = {"type": kind, "sourceMac": None, "targetMac": None}
    if kind == 133:
        layer = scapy.ICMPv6ND_RS()
    elif kind == 134:
        layer, options, told = some_router(rng)
        want |= told
    elif kind == 135:
        want["target"] = some_address(rng)
        layer = scapy.ICMPv6ND_NS(tgt=want["target"])
    else:
        want["target"], flags = some_address(rng), {"router": rng.random() < 0.5, "solicited": rng.random() < 0.5, "override": rng.random() < 0.5}
        want["flags"] = flags
        layer = scapy.ICMPv6ND_NA(tgt=want["target"], R=int(flags["router"]), S=int(flags["solicited"]), O=int(flags["override"]))
    if rng.random() < 0.7:
        want["targetMac" if kind == 136 else "sourceMac"] = mac = some_mac(rng)
        options.append((scapy.ICMPv6NDOptDstLLAddr if kind == 136 else scapy.ICMPv6NDOptSrcLLAddr)(lladdr=mac))
    # options of no interest here, and one that has no place in this message
    options.append(rng.choice((scapy.ICMPv6NDOptUnknown(type=200, len=1, data=bytes(6)), scapy.ICMPv6NDOptDNSSL(searchlist=["lab.example"]),
                               (scapy.ICMPv6NDOptSrcLLAddr if kind == 136 else scapy.ICMPv6NDOptDstLLAddr)(lladdr="02:00:00:00:00:01"))))
    rng.shuffle(options)
    for option in options:
        layer /= option
    if kind == 134:
        order = [option.prefix for option in options if isinstance(option, scapy.ICMPv6NDOptPrefixInfo)]
        want["router"]["prefixes"].sort(key=lambda prefix: order.index(prefix["prefix"]))
    return layer, want


def test_any_neighbour_discovery(tmp_path):
    rng = random.Random(4)
    frames, expected = [], []
    for _ in range(COUNT):
        packet, ip = some_packet(rng, hlim=255)
        layer, want = some_nd(rng)
        frames.append(packet / layer)
        expected.append({"ip6": {**ip, "protocol": 58}, "nd": want})
    for line, want in zip(read(tmp_path, *frames), expected):
        assert {key: line.get(key) for key in want} == want


# with a destination: scapy would ask the network for it
ETHER = scapy.Ether(src="52:54:00:aa:00:01", dst="33:33:00:00:00:01")
SOURCE = scapy.ICMPv6NDOptSrcLLAddr(lladdr="52:54:00:aa:00:01")
NODE = "ff02::1:ff00:5"


@pytest.mark.parametrize("ip,layer,sound", [
    (scapy.IPv6(src="fe80::1", dst="ff02::1"), scapy.ICMPv6ND_RA(), True),
    (scapy.IPv6(src="2001:db8::1", dst="ff02::1"), scapy.ICMPv6ND_RA(), False),
    (scapy.IPv6(src="fe80::1", dst="ff02::1", hlim=254), scapy.ICMPv6ND_RA(), False),
    (scapy.IPv6(src="fe80::1", dst="ff02::1"), scapy.ICMPv6ND_RA(code=1), False),
    (scapy.IPv6(src="::", dst="ff02::2"), scapy.ICMPv6ND_RS(), True),
    (scapy.IPv6(src="::", dst="ff02::2"), scapy.ICMPv6ND_RS() / SOURCE, False),
    (scapy.IPv6(src="::", dst=NODE), scapy.ICMPv6ND_NS(tgt="2001:db8::5"), True),
    (scapy.IPv6(src="::", dst=NODE), scapy.ICMPv6ND_NS(tgt="2001:db8::5") / SOURCE, False),
    (scapy.IPv6(src="::", dst="2001:db8::5"), scapy.ICMPv6ND_NS(tgt="2001:db8::5"), False),
    (scapy.IPv6(src="fe80::1", dst=NODE), scapy.ICMPv6ND_NS(tgt="ff02::5"), False),
    (scapy.IPv6(src="fe80::1", dst="ff02::1"), scapy.ICMPv6ND_NA(tgt="fe80::1", S=0), True),
    (scapy.IPv6(src="fe80::1", dst="ff02::1"), scapy.ICMPv6ND_NA(tgt="fe80::1", S=1), False),
    (scapy.IPv6(src="fe80::1", dst=NODE), scapy.ICMPv6ND_NS(tgt="fe80::5") / scapy.ICMPv6NDOptUnknown(type=1, len=0, data=b""), False),
    (scapy.IPv6(src="fe80::1", dst=NODE), scapy.ICMPv6ND_NS(tgt="fe80::5") / scapy.ICMPv6NDOptUnknown(type=1, len=2, data=b"123456"), False),
    (scapy.IPv6(src="ff02::1", dst=NODE), scapy.ICMPv6ND_NS(tgt="fe80::5"), False),
])
def test_what_neighbour_discovery_may_be_believed(tmp_path, ip, layer, sound):
    if ip.hlim == 64:
        ip.hlim = 255
    line, = read(tmp_path, ETHER / ip / layer)
    assert ("nd" in line, line.get("error")) == ((True, None) if sound else (False, "damaged"))


def test_extension_headers_have_bounds(tmp_path):
    def packet(*extensions, upper=scapy.ICMPv6ND_RS()):
        frame = ETHER / scapy.IPv6(src="fe80::1", dst="ff02::2", hlim=255)
        for extension in extensions:
            frame /= extension
        return frame / upper

    options = [scapy.IPv6ExtHdrDestOpt() for _ in range(9)]
    cut = scapy.Ether(bytes(packet(options[0]))[:-4])
    told = read(tmp_path, packet(*options[:8]), packet(*options), packet(options[0], scapy.IPv6ExtHdrHopByHop()),
                packet(scapy.IPv6ExtHdrFragment(m=1)), packet(scapy.IPv6ExtHdrHopByHop(), scapy.IPv6ExtHdrFragment()), cut,
                packet(upper=scapy.TCP()))
    assert [line.get("error") for line in told] == [None, "damaged", "damaged", "unknown", "unknown", "damaged", "unknown"]


def some_duid(rng):
    mac, ident = some_mac(rng), uuid.UUID(bytes=rng.randbytes(16))
    duid, has_mac, has_uuid = rng.choice((
        (d6.DUID_LLT(timeval=rng.getrandbits(32), lladdr=mac), mac, None), (d6.DUID_LL(lladdr=mac), mac, None),
        (d6.DUID_LL(hwtype=6, lladdr=mac), None, None), (d6.DUID_UUID(uuid=ident), None, str(ident)),
        (d6.DUID_EN(enterprisenum=rng.getrandbits(32), id=rng.randbytes(rng.randint(1, 124))), None, None)))
    return duid, {"bytes": bytes(duid).hex(), "mac": has_mac, "uuid": has_uuid}


def some_status(rng):
    code, message = rng.randint(0, 65535), rng.choice(("", some_text(rng, 100)))
    return d6.DHCP6OptStatusCode(statuscode=code, statusmsg=message.encode()), {"code": code, "message": message or None}


def some_association(rng):
    want = {"id": rng.getrandbits(32), "renew": rng.getrandbits(32), "rebind": rng.getrandbits(32), "status": None, "addresses": [
        {"address": some_address(rng), "preferredLifetime": rng.getrandbits(32), "validLifetime": rng.getrandbits(32)}
        for _ in range(rng.randint(0, 4))]}
    options = [d6.DHCP6OptIAAddress(addr=a["address"], preflft=a["preferredLifetime"], validlft=a["validLifetime"]) for a in want["addresses"]]
    if rng.random() < 0.5:
        option, want["status"] = some_status(rng)
        if options and rng.random() < 0.5:
            options[-1].iaaddropts = [option]  # of an address of it
        else:
            options.insert(rng.randint(0, len(options)), option)
    return d6.DHCP6OptIA_NA(iaid=want["id"], T1=want["renew"], T2=want["rebind"], ianaopts=options), want


def some_classes(rng, of):
    names = [some_text(rng) for _ in range(rng.randint(1, 4))]
    return [of(data=name.encode()) for name in names], names


MESSAGES = {1: d6.DHCP6_Solicit, 2: d6.DHCP6_Advertise, 3: d6.DHCP6_Request, 4: d6.DHCP6_Confirm, 5: d6.DHCP6_Renew, 6: d6.DHCP6_Rebind,
            7: d6.DHCP6_Reply, 8: d6.DHCP6_Release, 9: d6.DHCP6_Decline, 10: d6.DHCP6_Reconf, 11: d6.DHCP6_InfoRequest}


def some_options(rng, want):
    """Each option there or not; enters into `want` what is to be read."""
    options = []

    def maybe(key, make):
        if rng.random() < 0.6:
            option, want[key] = make()
            options.append(option)

    def number(key, bits, option, field):
        maybe(key, lambda: (option(**{field: (value := rng.getrandbits(bits))}), value))

    def vendor_class():
        items, names = some_classes(rng, d6.VENDOR_CLASS_DATA)
        want["vendorClassEnterprise"] = rng.getrandbits(32)
        return d6.DHCP6OptVendorClass(enterprisenum=want["vendorClassEnterprise"], vcdata=items), names

    def vendor_options():
        item = d6.VENDOR_SPECIFIC_OPTION(optcode=rng.getrandbits(16), optdata=rng.randbytes(rng.randint(0, 100)))
        want["vendorOptionsEnterprise"] = rng.getrandbits(32)
        return d6.DHCP6OptVendorSpecificInfo(enterprisenum=want["vendorOptionsEnterprise"], vso=[item]), bytes(item).hex()

    def user_class():
        items, names = some_classes(rng, d6.USER_CLASS_DATA)
        return d6.DHCP6OptUserClass(userclassdata=items), names

    def fqdn():
        name = ".".join(some_text(rng).replace(".", "-") for _ in range(rng.randint(1, 4)))
        return d6.DHCP6OptClientFQDN(flags=rng.randint(0, 7), fqdn=name), name

    maybe("clientId", lambda: (lambda duid: (d6.DHCP6OptClientId(duid=duid[0]), duid[1]))(some_duid(rng)))
    maybe("serverId", lambda: (lambda duid: (d6.DHCP6OptServerId(duid=duid[0]), duid[1]))(some_duid(rng)))
    maybe("status", lambda: some_status(rng))
    maybe("requested", lambda: (lambda codes: (d6.DHCP6OptOptReq(reqopts=codes), codes))([rng.getrandbits(16) for _ in range(rng.randint(1, 64))]))
    number("preference", 8, d6.DHCP6OptPref, "prefval")
    number("elapsed", 16, d6.DHCP6OptElapsedTime, "elapsedtime")
    maybe("rapidCommit", lambda: (d6.DHCP6OptRapidCommit(), True))
    maybe("userClass", user_class)
    maybe("vendorClass", vendor_class)
    maybe("vendorOptions", vendor_options)
    maybe("dns", lambda: (lambda servers: (d6.DHCP6OptDNSServers(dnsservers=servers), servers))([some_address(rng) for _ in range(rng.randint(1, 4))]))
    maybe("fqdn", fqdn)
    maybe("bootUrl", lambda: (lambda url: (d6.DHCP6OptBootFileUrl(optdata=url.encode()), url))("tftp://" + some_text(rng, 200)))
    maybe("architecture", lambda: (lambda codes: (d6.DHCP6OptClientArchType(archtypes=codes), codes[0]))(
        [rng.getrandbits(16) for _ in range(rng.randint(1, 3))]))
    maybe("interface", lambda: (lambda b: (d6.DHCP6OptClientNetworkInterId(iitype=b[0], iimajor=b[1], iiminor=b[2]), b.hex()))(rng.randbytes(3)))
    rng.shuffle(options)
    options.append(d6.DHCP6OptUnknown(optcode=0xfff0, optlen=3, data=b"xyz"))
    return options


def join(*layers):
    """As bytes: scapy takes long over many layers, and over those in others."""
    return b"".join(map(bytes, layers))


def some_message(rng):
    want = {"type": rng.randint(1, 11), "xid": rng.getrandbits(24), "truncated": False, "fromRelay": False, "relays": [], "clientId": None,
            "serverId": None, "associations": [], "status": None, "preference": None, "dns": [], "bootUrl": None, "requested": [],
            "elapsed": None, "rapidCommit": False, "userClass": [], "vendorClassEnterprise": None, "vendorClass": [],
            "vendorOptionsEnterprise": None, "vendorOptions": None, "fqdn": None, "architecture": None, "interface": None}
    associations = [some_association(rng) for _ in range(rng.randint(0, 4))]
    want["associations"] = [told for _, told in associations]
    return join(MESSAGES[want["type"]](trid=want["xid"]), *some_options(rng, want), *(option for option, _ in associations)), want


def wrapped(rng, message, want):
    """The message inside of up to nine relays."""
    count = rng.choice((0, 0, 1, 2, 9))
    kind = rng.choice((d6.DHCP6_RelayForward, d6.DHCP6_RelayReply))
    want["fromRelay"] = count > 0 and kind is d6.DHCP6_RelayForward
    for hop in range(count):
        told = {"hopCount": hop, "linkAddress": rng.choice((None, some_address(rng))), "peerAddress": some_address(rng, "fe80::"),
                "interfaceId": None, "remoteId": None, "clientMac": None}
        options = [d6.DHCP6OptRelayMsg(message=scapy.Raw(message))]
        if rng.random() < 0.5:
            interface = rng.randbytes(rng.randint(1, 100))
            told["interfaceId"] = interface.hex()
            options.append(d6.DHCP6OptIfaceId(ifaceid=interface))
        if rng.random() < 0.5:
            remote = d6.DHCP6OptRemoteID(enterprisenum=rng.getrandbits(32), remoteid=rng.randbytes(rng.randint(1, 100)))
            told["remoteId"] = bytes(remote)[4:].hex()
            options.append(remote)
        if rng.random() < 0.5:
            told["clientMac"] = some_mac(rng)
            options.append(d6.DHCP6OptClientLinkLayerAddr(lltype=1, clladdr=told["clientMac"]))
        rng.shuffle(options)
        message = join(kind(hopcount=hop, linkaddr=told["linkAddress"] or "::", peeraddr=told["peerAddress"]), *options)
        want["relays"].insert(0, told)
    return message


def test_any_dhcp6(tmp_path):
    rng = random.Random(5)
    frames, expected = [], []
    for _ in range(COUNT):
        packet, ip = some_packet(rng)
        message, want = some_message(rng)
        message = wrapped(rng, message, want)
        udp = scapy.UDP(sport=rng.choice((546, 547)), dport=rng.choice((546, 547)))
        frames.append(packet / udp / scapy.Raw(message))
        expected.append({"ip6": {**ip, "protocol": 17}, "udp": {"source": udp.sport, "destination": udp.dport}, "dhcp6": want})
    for line, want in zip(read(tmp_path, *frames), expected):
        assert {key: line.get(key) for key in want} == want
