#!/bin/sh
# A disk with Debian 12, systemd and an installed pxed that waits in /stage: image.sh FOLDER INSTALLED MODULES PACKAGES...
#
# Writes FOLDER/disk. INSTALLED: where `make install` went. MODULES: a tree with lib/modules of the kernel that boots it. PACKAGES:
# what pxed needs to run. Debian's part is kept in FOLDER/root-*.tar, so that it is downloaded once. As root.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$1 installed=$2 modules=$3
shift 3

# What a host with systemd has, the libraries that the daemons are linked with, and what the checks use.
packages="$* systemd systemd-sysv udev kmod procps curl tftp-hpa udhcpc
 libsystemd0 libjansson4 libnettle8 libinih1 libsqlite3-0 libpcre2-8-0 libmicrohttpd12 libpcap0.8 libnl-3-200 libnl-route-3-200 zlib1g"
mkdir -p "$folder"
debian=$folder/root-$(echo "$packages" | cksum | cut -d ' ' -f 1).tar
if [ ! -s "$debian" ]; then
        rm -f "$folder"/root-*.tar
        # by its suffix mmdebstrap knows that a tar is wanted, not a folder
        mmdebstrap --quiet --mode=root --variant=minbase --include="$(echo $packages | tr ' ' ',')" bookworm "$folder/new.tar"
        mv "$folder/new.tar" "$debian"
fi

root=$(mktemp -d "$folder/root.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
tar -C "$root" --exclude='./dev/*' --exclude='./usr/share/doc/*' --exclude='./usr/share/locale/*' -xf "$debian"
cp -a "$modules/lib/modules" "$root/usr/lib/"
mkdir "$root/stage" "$root/check"
cp -a "$installed/." "$root/stage/"
cp "$here"/guest.sh "$here"/../../README.md "$root/check/"
echo appliance >"$root/etc/hostname"
echo '/dev/nvme0n1 / ext4 defaults 0 1' >"$root/etc/fstab"
mkdir -p "$root/var/log/journal"
cat >"$root/etc/systemd/system/pxed-check.service" <<'UNIT'
[Unit]
Description=The checks of this image

[Service]
Type=exec
ExecStart=/bin/bash /check/guest.sh
TimeoutStopSec=1s
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../pxed-check.service "$root/etc/systemd/system/multi-user.target.wants/pxed-check.service"
ln -s /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"

rm -f "$folder/disk"
truncate -s 1G "$folder/disk"
mkfs.ext4 -q -O ^has_journal -d "$root" "$folder/disk"
