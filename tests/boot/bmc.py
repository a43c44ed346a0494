"""A management controller with a LAN for QEMU's ipmi-bmc-extern, whose own simulated one has none.

QEMU's protocol (hw/ipmi/ipmi_bmc_extern.c): a message is sequence, network function and LUN, command, data and a checksum that makes the sum zero,
ended by 0xa0; a command of the virtual hardware ends in 0xa1; these two and 0xaa are escaped by 0xaa and bit 4. Commands: IPMI 2.0, 20 to 23.
"""
import ipaddress
import socket
import threading

MESSAGE_END, COMMAND_END, ESCAPE = 0xa0, 0xa1, 0xaa
APPLICATION, TRANSPORT = 0x06, 0x0c
LAN_CHANNEL = 2
INVALID_COMMAND, INVALID_PARAMETER, INVALID_FIELD = b'\xc1', b'\x80', b'\xcc'


class Bmc:
    """Listens at `path` of a UNIX socket. v6: its static address; a link-local one and a disabled one come before it, as in real ones."""

    def __init__(self, path, mac, v4, v6):
        disabled, local = '2001:db8::dead', 'fe80::1'
        addresses = [(0x80, local), (0x00, disabled), (0x80, v6)]
        static = [bytes([number, enabled]) + ipaddress.IPv6Address(address).packed + bytes([64, 0])
                  for number, (enabled, address) in enumerate(addresses)]
        self.lan = {3: [ipaddress.IPv4Address(v4).packed], 5: [bytes.fromhex(mac.replace(':', ''))], 56: static}
        self.asked = []
        self.path = str(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        threading.Thread(target=self.run, daemon=True).start()

    def arguments(self):
        """What QEMU needs to be told. With `reconnect` it connects when its devices are complete; without, QEMU 7.2 dies of a connection too early."""
        return ['-chardev', f'socket,id=bmc,path={self.path},reconnect=1', '-device', 'ipmi-bmc-extern,id=bmc0,chardev=bmc', '-device', 'isa-ipmi-kcs,bmc=bmc0']

    def run(self):
        peer, _ = self.listener.accept()
        message, escaped = bytearray(), False
        while data := peer.recv(4096):
            for byte in data:
                if byte == MESSAGE_END:
                    peer.sendall(self.reply(bytes(message)))
                if byte in (MESSAGE_END, COMMAND_END):
                    message.clear()
                elif byte == ESCAPE:
                    escaped = True
                else:
                    message.append(byte & ~0x10 if escaped else byte)
                    escaped = False

    def reply(self, message):
        assert sum(message) & 0xff == 0, message.hex()
        sequence, function, command, data = message[0], message[1] >> 2, message[2], message[3:-1]
        answer = bytes([sequence, (function | 1) << 2, command]) + self.answer(function, command, data)
        answer += bytes([-sum(answer) & 0xff])
        escape = bytes([MESSAGE_END, COMMAND_END, ESCAPE])
        return b''.join(bytes([ESCAPE, byte | 0x10]) if byte in escape else bytes([byte]) for byte in answer) + bytes([MESSAGE_END])

    def answer(self, function, command, data):
        """Completion code and data."""
        if (function, command) == (APPLICATION, 0x01):  # Get Device ID: IPMI 2.0
            return bytes([0, 0x20, 1, 1, 0, 0x02, 0x8f, 0, 0, 0, 0, 0])
        if (function, command) in [(APPLICATION, 0x2f), (APPLICATION, 0x31)]:  # Get BMC Global Enables, Get Message Flags
            return bytes(2)
        if (function, command) in [(APPLICATION, 0x2e), (APPLICATION, 0x30)]:  # Set, Clear
            return bytes(1)
        if (function, command) == (TRANSPORT, 0x02):
            return self.lan_parameter(*data)
        return INVALID_COMMAND

    def lan_parameter(self, channel, parameter, number, _):
        self.asked.append((channel, parameter, number))
        if channel != LAN_CHANNEL:
            return INVALID_FIELD
        values = self.lan.get(parameter, [])
        return b'\0\x11' + values[number] if number < len(values) else INVALID_PARAMETER if not values else INVALID_FIELD
