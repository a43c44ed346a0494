#!/bin/bash
# Runs in the guest, by systemd. Each check tells its end in one line of the console, "check: passed NAME" or "check: failed NAME",
# and what it printed when it failed, or what it wants to tell (lines with "note:").
exec </dev/null >/dev/ttyS0 2>&1
stty -F /dev/ttyS0 -opost 2>/dev/null
cd /

DAEMONS=(pxed pxed-dhcp pxed-tftp pxed-netcfg pxed-introspect)
SERVICES=("${DAEMONS[@]/%/.service}")
MAC=52:54:00:00:00:0a
UUID=0f0e0d0c-0b0a-4908-8706-050403020100
URL=http://192.0.2.1

check() {
        local name=$1 output status start
        start=$(now)
        output=$(set -eo pipefail; "$name" 2>&1)
        status=$?
        if [ $status -eq 0 ]; then
                grep '^note:' <<<"$output"
                echo "check: passed $name in $((($(now) - start) / 100)) s"
        else
                tail -n 60 <<<"$output"
                echo "check: failed $name"
        fi
}

fail() { echo "$*"; exit 1; }
# "!" alone does not end a check
no() { if "$@"; then fail "should not succeed: $*"; fi; }
now() { read -r uptime _ </proc/uptime; echo "${uptime/./}"; } # hundredths of a second

# wait_until SECONDS COMMAND...
wait_until() {
        local end=$(($(now) + $1 * 100))
        shift
        until "$@" >/dev/null 2>&1; do
                [ "$(now)" -lt $end ] || fail "not within the time: $*"
                sleep 0.05
        done
}
is_ready() { pxectl status --wait --timeout 0.2; }
wait_ready() { wait_until "$1" pxectl status --wait --timeout "$1"; }
main_pid() { systemctl show -P MainPID "$1"; }
processes() { cat "/sys/fs/cgroup/system.slice/$1/cgroup.procs" 2>/dev/null; }
node() { ip netns exec node "$@"; }
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }

# ---- the steps of README

the_segment() {
        ip link add eno2 type veth peer name eth0
        ip address add 192.0.2.1/24 dev eno2
        ip link set eno2 up
        ip netns add node
        ip link set eth0 netns node
        node ip link set lo up
        node ip link set eth0 address $MAC up
}

installs_as_in_readme() {
        the_segment
        cp -a /stage/. /
        systemd-sysusers && systemd-tmpfiles --create
        wait_until 10 systemctl is-active tftpd-hpa
        systemctl stop tftpd-hpa && systemctl disable tftpd-hpa
        sed -n '/^ *\[network lab\]$/,/^ *finish /p' /check/README.md | sed 's/^ *//' >/etc/pxed/pxed.conf
        grep -q 'interface = eno2' /etc/pxed/pxed.conf
        local start=$(now)
        systemctl enable --now pxed.target
        wait_ready 20
        echo "note: ready $(($(now) - start)) hundredths of a second after enable --now"
        pxectl status
}

runs_as_its_own_users() {
        local daemon pid
        for daemon in "${DAEMONS[@]}"; do
                [ "$(systemctl show -P SubState "$daemon")" = running ] || fail "$daemon: $(systemctl status "$daemon")"
                [ "$(stat -c %U "/proc/$(main_pid "$daemon")")" = "$daemon" ] || fail "$daemon has another user"
                for pid in $(processes "$daemon.service"); do
                        [ "$(stat -c %u "/proc/$pid")" != 0 ] || fail "root has $(tr '\0' ' ' <"/proc/$pid/cmdline")"
                done
        done
        [ -z "$(systemctl --failed --plain --no-legend)" ] || fail "$(systemctl --failed)"
}

# ---- a machine on the wire

gets_an_address() {
        wait_until 15 node udhcpc -i eth0 -n -q -f -t 3 -T 1
        node ip -o -4 address show dev eth0 | grep -q 'inet 192\.0\.2\.1[0-9][0-9]/24'
        wait_until 5 sh -c "pxectl lease list | grep -q $MAC"
}

loads_by_tftp() {
        local name
        for name in undionly.kpxe snponly.efi; do
                node tftp -m binary 192.0.2.1 -c get "$name" "/tmp/$name"
                cmp "/tmp/$name" "$(find /usr/lib/ipxe -name "$name" | head -n 1)"
        done
        node tftp -m binary 192.0.2.1 -c get ../../../etc/passwd /tmp/stolen || true
        [ ! -s /tmp/stolen ] || fail 'a file outside was served'
}

script() { node curl -sSf --max-time 10 "$URL:8080/boot?mac=$MAC&uuid=$UUID&platform=pcbios&arch=i386"; }

loads_the_ramdisk_by_http() {
        node curl -sSf --max-time 10 $URL:8080/boot.ipxe | grep -q '^#!ipxe'
        script >/tmp/script
        cat /tmp/script
        local url name
        for name in vmlinuz initrd; do
                url=$(grep -o "http://[^ ]*/$name?token=[^ ]*" /tmp/script | head -n 1)
                node curl -sSf --max-time 20 -o "/tmp/$name" "$url"
                cmp "/tmp/$name" "/usr/share/pxed/ramdisk/$name"
        done
}

is_inspected() {
        local callback
        callback=$(grep -o 'ipa-inspection-callback-url=[^ ]*' /tmp/script | head -n 1 | cut -d = -f 2-)
        node curl -sSf --max-time 10 -H 'Content-Type: application/json' -d "{\"inventory\": {
            \"interfaces\": [{\"name\": \"eth0\", \"mac_address\": \"$MAC\", \"has_carrier\": true}],
            \"cpu\": {\"architecture\": \"x86_64\", \"count\": 2}, \"memory\": {\"physical_mb\": 4096, \"total\": 4294967296}, \"disks\": [],
            \"boot\": {\"current_boot_mode\": \"bios\", \"pxe_interface\": \"$MAC\"}, \"bmc_address\": null,
            \"system_vendor\": {\"manufacturer\": \"Check\", \"product_name\": \"Guest\", \"serial_number\": \"S1\"}}}" "$callback"
        wait_until 5 sh -c "pxectl inventory show $MAC | grep -q Guest"
        pxectl boot list | grep -q inspected
}

# Images are the administrator's, who has another umask than the daemons and puts them there as root.
boots_an_image() {
        mkdir -p /var/lib/pxed/images/rescue
        head -c 3000000 /dev/urandom >/var/lib/pxed/images/rescue/vmlinuz
        pxectl profile set rescue --kind kernel --kernel rescue/vmlinuz --arguments console=ttyS0
        pxectl node set-boot $MAC rescue --once --wait
        node curl -sSf --max-time 10 -o /tmp/kernel "$(script | grep -o 'http://[^ ]*/rescue/vmlinuz?token=[^ ]*' | head -n 1)"
        cmp /tmp/kernel /var/lib/pxed/images/rescue/vmlinuz
        wait_until 5 sh -c "pxectl boot list | grep -q booted"
}

is_seen_on_the_wire() {
        pxectl sighting list | grep -q $MAC
        pxectl boot show $MAC | tee /tmp/boot
        pxectl network list
        [ "$(pxectl --json call org.pxed.Network.List '{}' | grep -o '"received": *[0-9]*' | grep -o '[0-9]*$' | head -n 1)" != 0 ]
}

# journal_shows FIELD=VALUE UNIT
journal_shows() { journalctl -b -n 1 -o json "$1" "_SYSTEMD_UNIT=$2.service" | grep -q '"MESSAGE"' || fail "nothing with $1 of $2"; }

journal_has_fields() {
        journal_shows EVENT=node.created pxed
        journal_shows "MAC=$MAC" pxed
        journal_shows SYSLOG_IDENTIFIER=pxed-netcfg pxed-netcfg
        journal_shows SYSLOG_IDENTIFIER=pxed-introspect pxed-introspect
}

journal_has_no_errors() {
        journalctl -b --no-pager -o short-monotonic -u 'pxed*' -p warning >/tmp/warnings
        sed '/^-- No entries/d; s/^/note: /' /tmp/warnings
        journalctl -b --no-pager -u 'pxed*' -p err >/tmp/errors
        no grep -v '^-- No entries' /tmp/errors
        journalctl -b --no-pager _PID=1 >/tmp/systemd
        no grep -i 'pxed.*\(unknown\|ignoring\|failed to parse\|unsafe\)' /tmp/systemd
}

# ---- who may

who_may_use_the_sockets() {
        useradd -M -G pxed alice
        useradd -M -G pxed-monitor mona
        useradd -M eve
        as alice pxectl status
        as alice pxectl node create alice-1 --mac 52:54:00:00:01:01
        as alice pxectl node delete alice-1
        no as alice pxectl call org.pxed.Worker.Report '{}'
        as mona pxectl --monitor status
        as mona pxectl --monitor node list
        no as mona pxectl --monitor node delete $MAC
        no as mona pxectl node list
        no as eve pxectl node list
        no as eve pxectl --monitor node list
        as alice curl -sSf --max-time 20 --unix-socket /run/pxed/inspector "http://pxed/v1/introspection/$MAC"
        no as mona curl -sSf --unix-socket /run/pxed/inspector http://pxed/v1/introspection
        no as eve curl -sSf --unix-socket /run/pxed/inspector http://pxed/v1/introspection
        no as eve ls /var/lib/pxed/pxed
        no as eve touch /run/pxed/mine
        no as pxed-tftp rm -f /run/pxed/bus
        no as pxed-tftp ls /var/lib/pxed/pxed
        test -S /run/pxed/bus
}

# ---- reload

reloads_a_good_file() {
        sed -i 's/192.0.2.199/192.0.2.198/' /etc/pxed/pxed.conf
        systemctl reload pxed
        wait_until 5 sh -c "pxectl events | grep -q 'read again'"
        wait_ready 10
        wait_until 5 sh -c 'grep -rq 192.0.2.198 /var/lib/pxed/dhcp /run/pxed 2>/dev/null || tr "\0" " " </proc/$(pgrep -o dnsmasq)/cmdline | grep -q 198'
}

refuses_a_bad_file() {
        cp /etc/pxed/pxed.conf /tmp/good.conf
        echo 'pool = nonsense' >>/etc/pxed/pxed.conf
        local pid
        pid=$(main_pid pxed)
        no systemctl reload pxed
        journalctl -u pxed --no-pager | grep -q 'pxed.conf:[0-9]'
        [ "$(systemctl is-active pxed)" = active ]
        [ "$(main_pid pxed)" = "$pid" ]
        pxectl status | grep -q 'pxed.conf' # still the old one is in force, and an operator is told
        script | grep -q '^#!ipxe'
        cp /tmp/good.conf /etc/pxed/pxed.conf
        systemctl reload pxed
        wait_ready 5
}

# ---- deaths

# is_back DAEMON FORMER-PID: another process, and all is well
is_back() { [ "$(main_pid "$1")" != "$2" ] && is_ready; }

# dies_and_comes_back DAEMON KILL-WHOM
dies_and_comes_back() {
        local daemon=$1 pid start former
        pid=$(main_pid "$daemon")
        former=$(processes "$daemon.service")
        start=$(now)
        systemctl kill -s KILL --kill-whom="$2" "$daemon"
        wait_until 20 is_back "$daemon" "$pid"
        echo "note: $daemon ($2 killed) ready after $(($(now) - start)) hundredths of a second"
        for pid in $former; do
                [ ! -e "/proc/$pid" ] || fail "left behind: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
        done
}

killed_daemons_come_back() { for daemon in "${DAEMONS[@]}"; do dies_and_comes_back "$daemon" main; done; }
killed_units_come_back() { for daemon in "${DAEMONS[@]}"; do dies_and_comes_back "$daemon" all; done; }

killed_children_come_back() {
        local name pid
        for name in dnsmasq in.tftpd; do
                pid=$(pgrep -o -x "$name")
                kill -KILL "$pid"
                wait_until 5 test ! -e "/proc/$pid"
                wait_ready 10
        done
        journal_shows CHILD=dnsmasq:lab pxed-dhcp
        journal_shows CHILD=in.tftpd:lab pxed-tftp
}

# More often than systemd's own limit of starts allows
a_daemon_that_dies_often_comes_back() {
        local i pid
        for i in 1 2 3 4 5 6 7 8; do
                pid=$(main_pid pxed-introspect)
                systemctl kill -s KILL pxed-introspect
                wait_until 5 sh -c "[ \$(systemctl show -P MainPID pxed-introspect) != $pid ] && systemctl is-active pxed-introspect"
        done
        wait_ready 10
}

machine_still_boots() {
        gets_an_address
        loads_by_tftp
        script | grep -q '^#!ipxe'
}

# ---- stop and start

nothing_left() {
        local service
        for service in "${SERVICES[@]}"; do
                [ "$(systemctl is-active "$service")" = inactive ] || fail "$service is $(systemctl is-active "$service")"
        done
        no pgrep -a 'pxed|dnsmasq|in.tftpd'
        ss -Hlntu >/tmp/ports
        no grep -E ':(67|69|4011|8080|5050) ' /tmp/ports
}

stops_all_and_starts_all() {
        local start
        start=$(now)
        systemctl stop pxed.target
        wait_until 10 nothing_left
        echo "note: stopped within $(($(now) - start)) hundredths of a second"
        start=$(now)
        systemctl start pxed.target
        wait_ready 20
        echo "note: started within $(($(now) - start)) hundredths of a second"
        systemctl restart pxed.target
        wait_ready 20
}

# ---- after a restart of the host

# As systemctl edit does it: 30 seconds are long
the_watchdog_is_short() {
        local service
        for service in "${SERVICES[@]}"; do
                mkdir -p "/etc/systemd/system/$service.d"
                printf '[Service]\nWatchdogSec=4s\n' >"/etc/systemd/system/$service.d/watchdog.conf"
        done
        systemctl daemon-reload
        systemctl restart pxed.target
        wait_ready 30
}

is_started_with_the_host() {
        local service
        for service in "${SERVICES[@]}"; do wait_until 20 systemctl is-active "$service"; done
        wait_until 10 sh -c 'pxectl status | grep -q eno2' # says what it misses
        the_segment
        wait_ready 20
        pxectl node list | grep -qi ${MAC}
        machine_still_boots
}

hanging_daemons_are_restarted() {
        the_watchdog_is_short
        local daemon
        local -A pids
        for daemon in "${DAEMONS[@]}"; do
                pids[$daemon]=$(main_pid "$daemon")
                kill -STOP "${pids[$daemon]}"
        done
        local start=$(now)
        for daemon in "${DAEMONS[@]}"; do wait_until 20 sh -c "systemctl is-active $daemon && [ \$(systemctl show -P MainPID $daemon) != ${pids[$daemon]} ]"; done
        wait_ready 20
        echo "note: all five stopped and ready again after $(($(now) - start)) hundredths of a second"
        for daemon in "${DAEMONS[@]}"; do
                [ ! -e "/proc/${pids[$daemon]}" ] || fail "$daemon still there"
                journalctl -b -u "$daemon" | grep -q 'Watchdog timeout' || fail "$daemon: no watchdog timeout"
        done
}

read -r -a words </proc/cmdline
for word in "${words[@]}"; do
        [[ $word == check=* ]] || continue
        for name in $(tr , ' ' <<<"${word#check=}"); do check "$name"; done
done
echo "check: done"
sync
systemctl poweroff --no-block 2>/dev/null # no logind is asked
