"""What the tests of the inspection ramdisk share: a machine that boots it, and somebody to post to."""
import base64
import contextlib
import http.server
import io
import json
import os
import pathlib
import socket
import struct
import subprocess
import tarfile
import threading

import pytest

from disk import blank
from qemu import Disk, Machine, Nic

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('PXED_BUILD', ROOT / 'build'))
GIB = 1 << 30
UUID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa'
MACS = '52:54:00:aa:00:01', '52:54:00:aa:00:02', '52:54:00:aa:00:03'
HOST = '10.0.2.2'  # this host, as QEMU's user network shows it
# an emulated timer can be late by so much, where the host is busy, that the kernel gives up on it
SPEED_UP = 'quiet cryptomgr.notests no_timer_check'


def built(folder):
    path = BUILD / folder
    if not (path / 'initrd').exists() or not (path / 'vmlinuz').exists():
        pytest.skip(f'{path} is not built: make ramdisk' + (' RAMDISK_KERNEL=generic' if 'generic' in folder else ''))
    return path


def bootif(mac):
    """As firmware's PXE names the card that was booted from."""
    return '01-' + mac.replace(':', '-')


class StandIn:
    """In place of pxed-introspect. `statuses`: what the first posts are answered with; `order`: what a waiting machine is told; `orders`:
    what it is told in other states."""

    def __init__(self, statuses=(), order='poweroff', orders=None, chunked=False):
        self.statuses, self.orders, self.chunked = list(statuses), {**(orders or {}), 'waiting': order}, chunked
        self.posts, self.reports, self.paths, self.headers = [], [], [], []
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                stand_in.answer(self, self.rfile.read(int(self.headers['Content-Length'])))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_port
        self.url = f'http://{HOST}:{self.port}/v1/continue?token=p1.x-_y'

    def answer(self, handler, body):
        status, reply = 200, {'uuid': UUID}
        self.paths.append(handler.path)
        if handler.path.startswith('/v1/agent'):
            report = json.loads(body)
            self.reports.append(report)
            reply = {'order': self.orders.get(report['state'], 'wait')}
        else:
            status = self.statuses.pop(0) if self.statuses else 200
            self.headers.append(dict(handler.headers))
            self.posts.append((status, body))
            if status != 200:
                reply = {'error': {'message': 'the rack \x1b[31mis closed'}}
        text = json.dumps(reply).encode()
        handler.send_response(status)
        if self.chunked:
            handler.send_header('Transfer-Encoding', 'chunked')
            text = b''.join(b'%x\r\n%c\r\n' % (1, byte) for byte in text) + b'0\r\n\r\n'
        else:
            handler.send_header('Content-Length', str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def __enter__(self):
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=False)  # a test namespace starts without it
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def payload(self):
        return json.loads(self.posts[-1][1])


class Switch:
    """The far end of a cable: QEMU's stream protocol is a 4-byte length before each frame. Says LLDP every 0.2 s."""
    HEARD = [[1, '04001122334455'], [2, '05457468312f3234'], [3, '0078'], [5, '746f72'], [0, '']]
    FRAME = bytes.fromhex('0180c200000e 020000000001 88cc'
                          '0207 04001122334455'    # chassis: a MAC address
                          '0408 05457468312f3234'  # port: Eth1/24
                          '0602 0078'              # time to live: 120 s
                          '0a03 746f72'            # system name: tor
                          '0000')                  # end

    def __init__(self, path):
        self.path = str(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.ended = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        cable, _ = self.listener.accept()
        threading.Thread(target=self.drain, args=(cable,), daemon=True).start()
        while not self.ended.wait(0.2):
            try:
                cable.sendall(struct.pack('>I', len(self.FRAME)) + self.FRAME)
            except OSError:
                return

    @staticmethod
    def drain(cable):
        with contextlib.suppress(ConnectionResetError):  # the machine is switched off
            while cable.recv(65536):
                pass


def machine(tmp_path, server, ramdisk='ramdisk', append='', nics=None, **options):
    path = built(ramdisk)
    append = f'console=ttyS0 {SPEED_UP} ipa-inspection-callback-url={server.url} {append}'
    nics = [Nic(MACS[0], user='')] if nics is None else nics
    return Machine(tmp_path, uuid=UUID, serial='SER-42', smbios={'manufacturer': 'ACME, Inc.', 'product': 'Box 9000'}, nics=nics,
                   kernel=path / 'vmlinuz', initrd=path / 'initrd', append=append, **options)


def disk(tmp_path, name, size, **options):
    return Disk(blank(tmp_path / name, size), **options)


def read_logs(text):
    """The files of a payload's `logs`, by name."""
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(text, validate=True)), mode='r:gz') as archive:
        return {member.name: archive.extractfile(member).read().decode(errors='replace') for member in archive.getmembers()}
