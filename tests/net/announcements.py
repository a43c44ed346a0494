"""Frames by which switches announce themselves: LLDP and CDP, made by scapy; and a sender that repeats them."""
import contextlib
import socket
import threading

import scapy.all as scapy
from scapy.contrib import cdp, lldp

SWITCH = "00:11:22:33:44:55"
GROUPS = ("01:80:c2:00:00:0e", "01:80:c2:00:00:03", "01:80:c2:00:00:00")


def lldp_frame(chassis=SWITCH, port="Eth1/7", ttl=120, *more, group=GROUPS[0], source=SWITCH):
    """`chassis`: a MAC, or a local name. `more`: TLVs of scapy.contrib.lldp."""
    id_of_chassis = lldp.LLDPDUChassisID(subtype=4, id=chassis) if ":" in chassis else lldp.LLDPDUChassisID(subtype=7, id=chassis.encode())
    frame = (scapy.Ether(src=source, dst=group, type=0x88cc) / id_of_chassis / lldp.LLDPDUPortID(subtype=5, id=port.encode()) /
             lldp.LLDPDUTimeToLive(ttl=ttl))
    for tlv in more:
        frame /= tlv
    return frame / lldp.LLDPDUEndOfLLDPDU()


def vlan(number):
    """The TLV of the port VLAN id."""
    return lldp.LLDPDUGenericOrganisationSpecific(org_code=0x0080c2, subtype=1, data=number.to_bytes(2, "big"))


def vlan_name(number, name):
    """The TLV of a VLAN that the port carries."""
    data = number.to_bytes(2, "big") + bytes([len(name)]) + name.encode()
    return lldp.LLDPDUGenericOrganisationSpecific(org_code=0x0080c2, subtype=3, data=data)


def cdp_frame(device="tor-7.example", port="GigabitEthernet0/1", ttl=180, fields=()):
    message = cdp.CDPv2_HDR(ttl=ttl, msg=[cdp.CDPMsgDeviceID(val=device.encode()), cdp.CDPMsgPortID(iface=port.encode()), *fields])
    return (scapy.Dot3(src=SWITCH, dst="01:00:0c:cc:cc:cc") / scapy.LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / scapy.SNAP(OUI=0xc, code=0x2000) /
            message)


@contextlib.contextmanager
def announced(frames, interval):
    """Sends each interface of this namespace its frame, every `interval` seconds, for as long as this lasts. `frames`: {interface: frame}."""
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        wires = []
        for interface, frame in frames.items():
            wire = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
            wire.bind((interface, 0))
            wires.append((wire, bytes(frame)))

        def repeat():
            while not over.wait(interval):
                for wire, frame in wires:
                    # a cable whose other end is switched off takes nothing
                    with contextlib.suppress(OSError):
                        wire.send(frame)

        sender = threading.Thread(target=repeat)
        sender.start()
        try:
            yield
        finally:
            over.set()
            sender.join()
