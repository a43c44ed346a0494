#!/bin/busybox sh
# The first process of the guest of test_vlan.py. What it asks of pxed-netcfg is awaited here; what then is, is told in lines
# "vlan: NAME {JSON}", and judged there.
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /var/lib/pxed/images
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec </dev/null >/dev/console 2>&1

# busybox would take its own
ip() { /usr/sbin/ip "$@"; }
pxectl() { /usr/bin/pxectl "$@"; }

tell() {
        name=$1
        shift
        echo "vlan: $name $("$@" | tr -d '\n')"
}

finish() {
        echo "vlan: $*"
        poweroff -f
}

# wait_until WHAT COMMAND...
wait_until() {
        what=$1 tries=0
        shift
        until "$@" >/dev/null 2>&1; do
                tries=$((tries + 1))
                if [ $tries -gt 100 ]; then
                        pxectl status
                        tail -n 30 /tmp/*.log
                        finish "failed: $what"
                fi
                usleep 100000
        done
}

has_address() { ip address show "$1" | grep -qF "inet $2 " && ip link show "$1" | grep -q '[<,]UP[,>]'; }
has_address6() { ip -6 address show "$1" | grep -F "inet6 $2 " | grep -qv tentative; }
is_gone() { ! ip link show "$1"; }
says() { pxectl --json status | grep -qF "$1"; }
says_no_more() { ! says "$1"; }
sees() { pxectl --json sighting list | grep -qF "$1"; }
has_mtu() { [ "$(cat "/sys/class/net/$1/mtu")" = "$2" ]; }

configure() {
        cp "/etc/pxed/$1" /etc/pxed/pxed.conf
        pxectl reload
}

start_netcfg() {
        pxed-netcfg >>/tmp/netcfg.log 2>&1 &
        netcfg=$!
}

# A host with two cards and a bridge; all is down, and no module for VLANs is loaded.
ip link set lo up
modprobe bridge
for card in eth1 eth2 eth3; do
        ip link add $card type veth peer name far-$card
        ip link set far-$card up
done
ip link add br0 type bridge forward_delay 0
ip link set eth3 master br0
ip link set eth3 up
mkdir -p /run/netns
ip netns add machine
ip link set far-eth1 netns machine
ip -n machine link set far-eth1 up
tell before ip -j link

cp /etc/pxed/first /etc/pxed/pxed.conf
pxed >/tmp/pxed.log 2>&1 &
start_netcfg
wait_until 'VLAN 42' has_address eth1.42 192.0.2.1/24
wait_until 'VLAN 42, IPv6' has_address6 eth1.42 2001:db8::1/64
wait_until 'VLAN 43' has_address prov43 198.51.100.1/24
wait_until 'the bridge' has_address br0 10.0.0.1/16
tell made ip -j -d address
tell limits cat /proc/sys/net/ipv4/neigh/default/gc_thresh2 /proc/sys/net/ipv4/neigh/default/gc_thresh3

# drift
ip link delete eth1.42
wait_until 'VLAN 42 again' has_address eth1.42 192.0.2.1/24
ip link set eth1 down
wait_until 'both up again' has_address eth1.42 192.0.2.1/24
wait_until 'both up again' has_address6 eth1.42 2001:db8::1/64
tell again ip -j -d address

# a machine on the tagged network, one on the bridge
ip -n machine link add link far-eth1 name tagged address 52:54:00:aa:00:42 type vlan id 42
ip -n machine address add 192.0.2.50/24 dev tagged
ip -n machine link set tagged up
ip netns exec machine arping -q -c 2 -I tagged 192.0.2.1 && echo 'vlan: answered true'
wait_until 'the tagged machine' sees 192.0.2.50
ip link set far-eth3 address 52:54:00:aa:00:03
arping -q -c 1 -w 1 -A -I far-eth3 -s 10.0.0.50 10.0.0.50
tell sightings pxectl --json sighting list

# what cannot be, and then can
wait_until 'the MTU of VLAN 44' says 'that of eth2, which it is on, is 1500'
tell fault pxectl --json status
ip link set eth2 mtu 9000
wait_until 'the MTU of VLAN 44' has_mtu eth2.44 9000
wait_until 'nothing to say of that MTU' says_no_more 'that of eth2, which it is on, is 1500'

# networks that change and go, one of them while nobody looks; others' things stay
ip address add 203.0.113.7/24 dev eth1
ip link add link eth1 name eth1.99 type vlan id 99
kill -9 $netcfg
configure second
start_netcfg
wait_until 'VLAN 43 gone' is_gone prov43
wait_until 'VLAN 42 gone' is_gone eth1.42
wait_until 'VLAN 45' has_address eth1.45 192.0.2.1/24
tell changed ip -j -d address
configure third
wait_until 'VLAN 45 gone' is_gone eth1.45
wait_until 'VLAN 44 gone' is_gone eth2.44
kill $netcfg
wait $netcfg
tell end ip -j -d address
tell events pxectl --json events
finish done
