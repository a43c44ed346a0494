"""How much the five daemons take, and how soon they are ready: with nothing stored, and with 10,000 nodes."""
import subprocess
import time

import pytest

from waiting import contention
from whole_appliance import BUILD, DAEMONS, WholeAppliance

NODES = 10_000
READY_SECONDS_MAX = 1
PSS_KIB_MAX = 30 * 1024
BATCH = 200
# After this time the daemons have given back what they needed to start.
IDLE_SECONDS = 2


def mac(number):
    return f"52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def inventory(number):
    """Of a server with two cards, as pxed-introspect reports it."""
    macs = [mac(number), mac(number + 0x100000)]
    return {"mac": macs[0], "post": f"size-{number}", "raw": {"inventory": {"filler": "x" * 4000}}, "normalized": {
        "uuid": f"00000000-1111-4222-8333-{number:012x}", "serial": f"SERIAL-{number}", "manufacturer": "Maker", "product": "Server 1",
        "architecture": "x86_64", "bootMode": "uefi", "cpus": 64, "memory": 1 << 38, "errors": [],
        "disks": [{"name": "sda", "size": 1 << 40, "serial": f"DISK-{number}"}],
        "interfaces": [{"name": f"eth{i}", "mac": each, "addresses": [], "boots": i == 0, "switchChassis": f"switch-{number // 48}",
                        "switchPort": f"Ethernet1/{number % 48}"} for i, each in enumerate(macs)]}}


def fill(appliance, nodes=NODES):
    """Stores nodes as they come to be in practice: by their inventories."""
    with appliance.connect() as bus:
        for batch, first in enumerate(range(0, nodes, BATCH), 1):
            now = time.time_ns() // 1000
            bus.call("org.pxed.Worker.Report", role="introspect", instance="size", batch=batch, observations=[
                {"time": now, "inventory": inventory(number)} for number in range(first, first + BATCH)])


def restart_all(appliance):
    """Seconds until each is ready, as on an idle host; on return each has all of the state, too."""
    for name in DAEMONS:
        appliance.stop(name)
    took = {}
    for name in DAEMONS:
        before = contention()
        took[name] = appliance.time_to_ready(name) / max(before, contention())
    appliance.wait_ready()

    def applied():
        status = appliance.ask("status")
        return all(daemon["applied"] == status["revision"] for daemon in status["daemons"] if daemon["name"] != "pxed")
    appliance.wait("each worker has all", applied)
    return took


def idle_pss(appliance):
    """KiB of each daemon once it is idle."""
    time.sleep(IDLE_SECONDS)
    return {name: appliance.pss(name) for name in DAEMONS}


def tell(nodes, took, memory):
    print(f"\n{nodes} nodes: " + ", ".join(f"{name} ready after {took[name] * 1000:.0f} ms with {memory[name] / 1024:.1f} MiB" for name in DAEMONS))
    print(f"{nodes} nodes: idle PSS of the five daemons {sum(memory.values()) / 1024:.1f} MiB")


def is_sanitized():
    symbols = subprocess.run(["ldd", BUILD / "pxed"], capture_output=True, text=True).stdout
    return "libasan" in symbols or "asan" in BUILD.name


@pytest.fixture(scope="module")
def figures():
    """{nodes: (seconds to ready, KiB when idle)} by daemon."""
    with WholeAppliance() as appliance:
        took = restart_all(appliance)
        found = {0: (took, idle_pss(appliance))}
        fill(appliance)
        took = restart_all(appliance)
        found[NODES] = took, idle_pss(appliance)
        assert appliance.ask("status")["nodes"] == NODES
    for nodes, (took, memory) in found.items():
        tell(nodes, took, memory)
    return found


@pytest.mark.parametrize("nodes", [0, NODES])
def test_ready_within_a_second(figures, nodes):
    took = figures[nodes][0]
    assert max(took.values()) < READY_SECONDS_MAX, took


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's own memory is not what is asked for")
@pytest.mark.parametrize("nodes", [0, NODES])
def test_memory_when_idle(figures, nodes):
    memory = figures[nodes][1]
    assert sum(memory.values()) < PSS_KIB_MAX, memory
