"""A TPM for QEMU, by swtpm."""
import pathlib
import subprocess
import time

START_SECONDS = 20


class Tpm:
    def __init__(self, folder, version='2.0'):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / 'tpm'
        self.kind = {'2.0': ['--tpm2'], '1.2': []}[version]

    def __enter__(self):
        self.process = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', 'swtpm', 'socket', *self.kind, '--tpmstate', f'dir={self.folder}', '--ctrl',
                                         f'type=unixio,path={self.socket}'], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self.socket.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, 'swtpm does not start'
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def arguments(self):
        """What QEMU needs to be told."""
        return ['-chardev', f'socket,id=tpm,path={self.socket}', '-tpmdev', 'emulator,id=tpm0,chardev=tpm', '-device', 'tpm-tis,tpmdev=tpm0']
