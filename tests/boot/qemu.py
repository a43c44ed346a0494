"""Machines: QEMU with real firmware.

    with Machine(folder, firmware='uefi', nics=[Nic('52:54:00:00:00:01', tap='tap0')], disks=[Disk(path, serial='D1')]) as machine:
        machine.wait_for('inspects this machine', timeout=40)

One lock for the host, /tmp/pxed-qemu.lock, is held while any machine of this process runs: emulation is slow enough without competition.
"""
import dataclasses
import fcntl
import json
import pathlib
import shutil
import socket
import subprocess
import time
import uuid as uuids

LOCK = '/tmp/pxed-qemu.lock'
OVMF = pathlib.Path('/usr/share/OVMF')
POLL = 0.02
QMP_SECONDS = 20

DISK_DEVICES = {
    'virtio': 'virtio-blk-pci,drive={id}{serial}',
    'scsi': 'scsi-hd,bus=scsi0.0,drive={id}{serial}',
    'sas': 'scsi-hd,bus=sas0.0,drive={id}{serial}',          # needs a wwn
    'lsi': 'scsi-hd,bus=lsi0.0,drive={id}{serial}',          # parallel SCSI
    'ide': 'ide-hd,bus=ide.0,drive={id}{serial}',
    'sata': 'ide-hd,bus=ahci0.{number},drive={id}{serial}',
    'usb': 'usb-storage,bus=xhci0.0,port={number_from_1},drive={id}{serial}',
    'nvme': 'nvme,drive={id}{serial}',
    'nvme-ns': 'nvme-ns,bus=nvme0,drive={id},nsid={number_from_1}',
}
CONTROLLERS = {'sas': 'mptsas1068,id=sas0', 'lsi': 'lsi53c895a,id=lsi0', 'scsi': 'virtio-scsi-pci,id=scsi0', 'sata': 'ich9-ahci,id=ahci0',
               'usb': 'qemu-xhci,id=xhci0', 'nvme-ns': 'nvme,id=nvme0{serial}'}


@dataclasses.dataclass
class Disk:
    path: pathlib.Path
    bus: str = 'virtio'       # a key of DISK_DEVICES; 'ide': bios machines only; 'nvme-ns': the first one's serial is their controller's
    serial: str = None
    bootindex: int = None
    options: str = ''         # more properties of the device, 'a=b,c=d'


@dataclasses.dataclass
class Nic:
    """With none of tap, stream and user, the card has no cable."""
    mac: str
    tap: str = None           # name of an existing tap interface of the namespace that QEMU is started in
    stream: str = None        # path of a UNIX stream socket that a switch listens on
    user: str = None          # QEMU's own network; '' or options: 'net=192.0.2.0/24,hostfwd=...'
    bootindex: int = None
    model: str = 'virtio-net-pci'
    options: str = ''         # a card that names its bus comes after Machine's `extra`, which makes the bus

    def netdev(self, number):
        if self.tap is not None:
            return f'tap,id=n{number},ifname={self.tap},script=no,downscript=no'
        if self.stream is not None:
            return f'stream,id=n{number},server=off,addr.type=unix,addr.path={self.stream}'
        if self.user is not None:
            return f'user,id=n{number}' + (f',{self.user}' if self.user else '')
        return f'hubport,id=n{number},hubid={number}'


class HostLock:
    """Counted within the process, so that several machines of one test run together."""
    file, holders = None, 0

    @classmethod
    def take(cls):
        if cls.holders == 0:
            cls.file = open(LOCK, 'a')
            fcntl.flock(cls.file, fcntl.LOCK_EX)
        cls.holders += 1

    @classmethod
    def release(cls):
        cls.holders -= 1
        if cls.holders == 0:
            cls.file.close()


class Machine:
    """`folder` takes its console, firmware variables and QEMU's messages, under its name.

    kernel, initrd, append: a direct kernel boot instead of firmware's. boot: the order as for -boot ('n', 'nc').
    smbios: further fields of SMBIOS type 1, {'manufacturer': ...}. extra: more arguments for QEMU. fw_cfg: {name: text}.
    """

    def __init__(self, folder, name='machine', firmware='bios', memory=None, cpus=1, disks=(), nics=(), uuid=None, serial=None, smbios=None,
                 kernel=None, initrd=None, append='', boot='n', fw_cfg=None, accel='tcg', extra=()):
        if firmware not in ('bios', 'uefi'):
            raise ValueError(f'firmware: {firmware}')
        self.folder, self.name, self.firmware = pathlib.Path(folder), name, firmware
        self.memory = memory or (1024 if firmware == 'uefi' else 512)
        self.cpus, self.disks, self.nics = cpus, list(disks), list(nics)
        self.uuid = str(uuid or uuids.uuid4())
        self.serial, self.smbios = serial, dict(smbios or {})
        self.kernel, self.initrd, self.append, self.boot = kernel, initrd, append, boot
        self.fw_cfg, self.accel, self.extra = dict(fw_cfg or {}), accel, [str(word) for word in extra]
        self.console_path = self.folder / f'{name}.console'
        self.messages_path = self.folder / f'{name}.qemu'
        self.qmp_path = self.folder / f'{name}.qmp'
        self.process = self.started = self.qmp = None

    # ---- the command line ----

    def firmware_arguments(self):
        if self.firmware == 'bios':
            return []
        variables = self.folder / f'{self.name}.vars'
        shutil.copyfile(OVMF / 'OVMF_VARS_4M.fd', variables)
        return ['-M', 'q35', '-drive', f'if=pflash,format=raw,unit=0,readonly=on,file={OVMF / "OVMF_CODE_4M.fd"}',
                '-drive', f'if=pflash,format=raw,unit=1,file={variables}']

    def identity_arguments(self):
        fields = dict(self.smbios)
        if self.serial:
            fields['serial'] = self.serial
        words = ['-uuid', self.uuid]
        if fields:
            words += ['-smbios', 'type=1,' + ','.join(f'{key}={str(value).replace(",", ",,")}' for key, value in fields.items())]
        for name, text in self.fw_cfg.items():
            words += ['-fw_cfg', f'name={name},string={text}']
        return words

    def nic_arguments(self, on_own_bus):
        words = []
        for number, nic in enumerate(self.nics):
            if ('bus=' in nic.options) != on_own_bus:
                continue
            device = f'{nic.model},id=nic{number},netdev=n{number},mac={nic.mac}'
            if nic.bootindex is not None:
                device += f',bootindex={nic.bootindex}'
            if self.firmware == 'uefi':
                device += ',romfile='  # else the card's iPXE replaces the firmware's PXE
            if nic.options:
                device += f',{nic.options}'
            words += ['-netdev', nic.netdev(number), '-device', device]
        return words if words or on_own_bus else ['-nic', 'none']

    def disk_arguments(self):
        words, counts = [], {}
        for number, disk in enumerate(self.disks):
            at = counts.setdefault(disk.bus, 0)
            counts[disk.bus] += 1
            serial = f',serial={disk.serial}' if disk.serial else ''
            if at == 0 and disk.bus in CONTROLLERS:
                words += ['-device', CONTROLLERS[disk.bus].format(serial=serial)]
            device = DISK_DEVICES[disk.bus].format(id=f'd{number}', number=at, number_from_1=at + 1, serial=serial) + f',id=disk{number}'
            if disk.bootindex is not None:
                device += f',bootindex={disk.bootindex}'
            if disk.options:
                device += f',{disk.options}'
            words += ['-drive', f'if=none,id=d{number},format=raw,file={disk.path}', '-device', device]
        return words

    def arguments(self):
        words = ['qemu-system-x86_64', '-name', self.name, '-accel', self.accel, '-cpu', 'max', '-m', str(self.memory), '-smp', str(self.cpus),
                 '-display', 'none', '-no-reboot', '-monitor', 'none', '-serial', f'file:{self.console_path}',
                 '-qmp', f'unix:{self.qmp_path},server=on,wait=off']
        words += self.firmware_arguments() + self.identity_arguments() + self.nic_arguments(False) + self.disk_arguments()
        if self.kernel:
            words += ['-kernel', str(self.kernel), '-append', self.append]
            words += ['-initrd', str(self.initrd)] if self.initrd else []
        else:
            words += ['-boot', self.boot]
        return words + self.extra + self.nic_arguments(True)

    # ---- running ----

    def start(self):
        HostLock.take()
        try:
            self.console_path.write_bytes(b'')
            with open(self.messages_path, 'wb') as messages:
                # it ends with this process, also when that is killed
                self.process = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', *self.arguments()], stdin=subprocess.DEVNULL,
                                                stdout=messages, stderr=messages)
            self.started = time.monotonic()
        except BaseException:
            HostLock.release()
            raise
        return self

    def stop(self):
        """Switches it off as if by pulling the plug."""
        if not self.process:
            return
        self.process.kill()
        self.process.wait()
        if self.qmp:
            self.qmp.close()
        self.process = self.qmp = None
        HostLock.release()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def elapsed(self):
        """Seconds since power-on."""
        return time.monotonic() - self.started

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def console(self):
        return self.console_path.read_bytes().decode(errors='replace')

    def report(self):
        """What a person would want to see when it did not do as expected."""
        return f'--- console of {self.name}\n{self.console[-6000:]}\n--- QEMU\n{self.messages_path.read_text(errors="replace")[-2000:]}'

    def query(self, command, **arguments):
        """What QEMU itself says of the machine, by its protocol QMP; of one that runs."""
        if self.qmp is None:
            self.wait_until(self.qmp_path.exists, QMP_SECONDS, 'QMP')
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(QMP_SECONDS)
                peer.connect(str(self.qmp_path))
                self.qmp = peer.makefile('rw')
            self.query('qmp_capabilities')
        self.qmp.write(json.dumps({'execute': command, 'arguments': arguments}))
        self.qmp.flush()
        while 'return' not in (answer := json.loads(self.qmp.readline())):
            if 'error' in answer:
                raise AssertionError(f'{self.name}: QEMU refuses {command}: {answer["error"]}')
        return answer['return']

    def wait_until(self, ask, timeout, what):
        """Asks until it gets something true, which it returns; AssertionError with the console when time, or the machine, is over."""
        deadline = time.monotonic() + timeout
        while True:
            alive = self.running
            answer = ask()
            if answer:
                return answer
            if not alive or time.monotonic() > deadline:
                why = f'within {timeout} s' if alive else 'before the machine went off'
                raise AssertionError(f'{self.name}: no {what} {why}\n{self.report()}')
            time.sleep(POLL)

    def wait_for(self, text, timeout):
        """Waits for a text on the console; returns the seconds since power-on."""
        self.wait_until(lambda: text in self.console, timeout, f'"{text}" on the console')
        return self.elapsed

    def wait_off(self, timeout):
        """Waits until it has switched itself off or restarted (-no-reboot makes that the same); returns the seconds since power-on."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'{self.name}: still on after {timeout} s\n{self.report()}') from None
        return self.elapsed
