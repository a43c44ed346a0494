#!/bin/sh
# Builds the inspection ramdisk: build.sh OUTPUT-FOLDER AGENT
#
# Writes OUTPUT-FOLDER/vmlinuz and OUTPUT-FOLDER/initrd from Debian's kernel package and busybox-static. The kernel is
# unpacked, not installed; root is not needed. The same packages and the same agent give the same bytes.
#
#   RAMDISK_KERNEL=cloud|generic         virtual machines (small, default) or real ones
#   RAMDISK_COMPRESS=none|lz4|zstd|gzip  of the initrd (default: README.md says why)
#   RAMDISK_EXTRA=FOLDER                 a tree to put over the ramdisk's, for instance lib/firmware
#   RAMDISK_CACHE=FOLDER                 where downloads are kept (OUTPUT-FOLDER/cache)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
output=$1
agent=$2
flavour=${RAMDISK_KERNEL:-cloud}
cache=${RAMDISK_CACHE:-$output/cache}
export LC_ALL=C
# Tools that administrators use are not on every builder's PATH.
PATH=$PATH:/usr/sbin:/sbin

fail() {
    echo "ramdisk: $*" >&2
    exit 1
}

case $flavour in
cloud) meta=linux-image-cloud-amd64 compress=${RAMDISK_COMPRESS:-lz4} ;;
generic) meta=linux-image-amd64 compress=${RAMDISK_COMPRESS:-zstd} ;;
*) fail "RAMDISK_KERNEL=$flavour: must be cloud or generic" ;;
esac

for tool in apt-cache apt-get dpkg-deb cpio depmod modprobe strip; do
    command -v "$tool" >/dev/null || fail "the program $tool is missing (packages: apt dpkg cpio kmod binutils)"
done
[ -x /bin/busybox ] || fail "/bin/busybox is missing (package: busybox-static)"
ldd /bin/busybox >/dev/null 2>&1 && fail "/bin/busybox needs shared libraries (install busybox-static instead of busybox)"

# The meta package depends on the image of the current ABI: "Depends: linux-image-6.1.0-56-cloud-amd64"
find_package() {
    apt-cache depends --important "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

# Prints the path of the package's file, downloaded unless it is in the cache.
fetch_package() {
    package=$1
    version=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
    file=$cache/${package}_$(echo "$version" | sed 's/:/%3a/g')_amd64.deb
    if [ ! -s "$file" ]; then
        (cd "$cache" && apt-get -q -o APT::Sandbox::User= download "$package=$version" >&2) ||
            fail "cannot download $package $version: is apt's list current (apt-get update), is the mirror reachable?"
    fi
    [ -s "$file" ] || fail "$package was downloaded, but not as $file"
    echo "$file"
}

# Without apt's lists or a network, the newest kernel of this flavour in the cache still makes a ramdisk.
newest_in_cache() {
    case $flavour in
    cloud) ls -t "$cache"/linux-image-[0-9]*-cloud-amd64_*.deb 2>/dev/null | head -n 1 ;;
    generic) ls -t "$cache"/linux-image-[0-9]*.deb 2>/dev/null | grep -v -- -cloud- | head -n 1 ;;
    esac
}

# Unpacks into the cache, once; the stamp says that it was not interrupted. Prints the folder.
unpack_package() {
    tree=${1%.deb}
    if [ ! -e "$tree.unpacked" ]; then
        rm -rf "$tree"
        dpkg-deb -x "$1" "$tree"
        depmod -b "$tree" "$(ls "$tree/lib/modules")"
        : >"$tree.unpacked"
    fi
    echo "$tree"
}

# Paths, below the tree, of the modules that the list names and of all that they need. What this host's modprobe.d forbids is no matter of the ramdisk's.
module_files() {
    tree=$1 release=$2 list=$3
    modules=$tree/lib/modules/$release
    sed 's/#.*//' "$list" | while read -r word; do
        case $word in
        '') ;;
        */) (cd "$modules/kernel" && find "$word" -name '*.ko' 2>/dev/null) | sed 's|.*/||; s|\.ko$||' ;;
        *) echo "$word" ;;
        esac
    done | sort -u | xargs modprobe -C /dev/null -d "$tree" -S "$release" -a --show-depends 2>/dev/null |
        sed -n "s|^insmod $tree/||p" | sed 's/ *$//' | sort -u
}

stage_modules() {
    tree=$1 stage=$2
    release=$(ls "$tree/lib/modules")
    module_files "$tree" "$release" "$here/modules.$flavour" | (cd "$tree" && cpio --quiet -pdm "$stage")
    cp "$tree/lib/modules/$release/modules.builtin" "$tree/lib/modules/$release/modules.builtin.modinfo" \
        "$tree/lib/modules/$release/modules.order" "$stage/lib/modules/$release/"
    depmod -b "$stage" "$release"
    # the agent and busybox read the text tables
    find "$stage/lib/modules/$release" -maxdepth 1 -type f ! -name modules.dep ! -name modules.alias ! -name modules.softdep -delete
}

stage_programs() {
    stage=$1
    mkdir -p "$stage/bin" "$stage/sbin" "$stage/dev" "$stage/proc" "$stage/sys" "$stage/run" "$stage/tmp" "$stage/root" "$stage/etc"
    strip -o "$stage/init" "$agent"
    cp /bin/busybox "$stage/bin/busybox"
    ln -s busybox "$stage/bin/sh"
    ln -s ../init "$stage/bin/udhcpc-script"
    ln -s ../init "$stage/bin/udhcpc-address"
    # the kernel calls it for what drivers ask for at run time (request_module)
    ln -s ../bin/busybox "$stage/sbin/modprobe"
    chmod 755 "$stage/init" "$stage/bin/busybox"
}

# Owner, times, order and inode numbers do not depend on who builds where.
pack() {
    stage=$1
    find "$stage" -exec touch -h -d @"${SOURCE_DATE_EPOCH:-0}" {} +
    (cd "$stage" && find . -mindepth 1 | sort | cpio --quiet -o -H newc -R +0:+0 --reproducible)
}

compressed() {
    case $compress in
    none) cat ;;
    gzip) gzip -9n ;;
    lz4) lz4 -l -9 -q ;; # the kernel reads only lz4's legacy format
    zstd) zstd -q -15 -T0 ;; # the output does not depend on the number of threads
    *) fail "RAMDISK_COMPRESS=$compress: must be none, gzip, lz4 or zstd" ;;
    esac
}

mkdir -p "$cache"
output=$(cd "$output" && pwd)
cache=$(cd "$cache" && pwd)

# Lists that are missing, or name a version that the mirror has no more, are fetched once.
refresh_lists() {
    [ "$(id -u)" -eq 0 ] && apt-get -q update >&2
}

fetch() {
    package=$(find_package)
    [ -n "$package" ] && fetch_package "$package"
}

deb=$(fetch) || { refresh_lists && deb=$(fetch); } || {
    deb=$(newest_in_cache)
    [ -n "$deb" ] || fail "cannot get $meta from Debian's mirror, and there is no linux-image-*.deb in $cache"
    echo "ramdisk: apt has no $meta, using $deb" >&2
}

tree=$(unpack_package "$deb")
stage=$(mktemp -d "$output/stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"
umask 022
stage_programs "$stage"
stage_modules "$tree" "$stage"
[ -z "${RAMDISK_EXTRA:-}" ] || cp -a "$RAMDISK_EXTRA/." "$stage/"
pack "$stage" | compressed >"$output/initrd.new"
cp "$tree"/boot/vmlinuz-* "$output/vmlinuz.new"
chmod 644 "$output/initrd.new" "$output/vmlinuz.new"
mv "$output/initrd.new" "$output/initrd"
mv "$output/vmlinuz.new" "$output/vmlinuz"
echo "ramdisk: $flavour kernel $(ls "$tree/lib/modules"), vmlinuz $(stat -c %s "$output/vmlinuz") bytes," \
    "initrd $(stat -c %s "$output/initrd") bytes ($compress)"
