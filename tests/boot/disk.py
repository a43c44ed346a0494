"""Disks for the machines: blank ones, and one that says on the serial line that it was booted, under BIOS and UEFI alike."""
import pathlib
import struct
import subprocess

SECTOR = 512
ESP_START = 2048
MIB = 1024 * 1024


def blank(path, size):
    """A disk of `size` bytes with nothing on it."""
    with open(path, 'wb') as disk:
        disk.truncate(size)
    return path


def boot_sector(message):
    """x86 code for sector 0 that writes a message to COM1 and halts."""
    code = bytes.fromhex('fa 31c0 8ed8 be167c ac 84c0 7406 baf803 ee ebf5 f4 ebfd')
    text = message.encode() + b'\r\n\0'
    if len(code) + len(text) > 446:
        raise ValueError('the message does not fit into a boot sector')
    return code + text


def bootable(path, message, size=64 * MIB):
    """A disk with a boot sector and an EFI system partition; either prints `message` when firmware starts it."""
    path = pathlib.Path(path)
    blank(path, size)
    sectors = size // SECTOR - ESP_START
    partition = struct.pack('<B3sB3sII', 0x80, b'\x20\x21\x00', 0xEF, b'\xfe\xff\xff', ESP_START, sectors)
    with open(path, 'r+b') as disk:
        disk.write(boot_sector(message).ljust(446, b'\0') + partition.ljust(64, b'\0') + b'\x55\xaa')

    config, loader = path.with_suffix('.cfg'), path.with_suffix('.efi')
    config.write_text(f'echo "{message}"\nsleep 1\nhalt\n')
    subprocess.run(['grub-mkimage', '-O', 'x86_64-efi', '-p', '/none', '-c', config, '-o', loader, 'echo', 'sleep', 'halt'], check=True)
    partition_image = f'{path}@@{ESP_START * SECTOR}'
    for command in (['mformat', '-i', partition_image, '-T', str(sectors), '-h', '16', '-s', '63', '::'],
                    ['mmd', '-i', partition_image, '::/EFI', '::/EFI/BOOT'],
                    ['mcopy', '-i', partition_image, loader, '::/EFI/BOOT/BOOTX64.EFI']):
        subprocess.run(command, check=True)
    return path
