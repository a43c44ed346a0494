#!/usr/bin/python3
"""Figures of the whole appliance: start to ready, memory when idle, whole boots, and set-boot that waits until it is true on the wire."""
import pathlib
import statistics
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "net")]

import namespace  # noqa: E402
from simulated_machine import SimulatedMachine  # noqa: E402
from test_appliance_size import NODES, fill, idle_pss, restart_all, tell  # noqa: E402
from whole_appliance import WholeAppliance  # noqa: E402

BOOTS, ASSIGNMENTS = 20, 1000


def spans(what, values):
    ordered = sorted(values)
    print(f"{what}, {len(values)} times: median {statistics.median(ordered) * 1000:.1f} ms, 99 of 100 under "
          f"{ordered[len(ordered) * 99 // 100 - 1] * 1000:.1f} ms, worst {ordered[-1] * 1000:.1f} ms", flush=True)


def measured(act, times):
    taken = []
    for number in range(times):
        began = time.monotonic()
        act(number)
        taken.append(time.monotonic() - began)
    return taken


def boots(appliance, turn):
    machine = SimulatedMachine(appliance, turn)

    def boot(number):
        machine.become(f"52:54:00:0d:{turn:02x}:{number:02x}")
        machine.boot()
        appliance.wait_inspected(machine.mac)

    spans("a simulated machine, unknown to inspected", measured(boot, BOOTS))
    with appliance.connect() as bus:
        spans("set-boot, waiting", measured(lambda number: bus.call("org.pxed.Node.SetBoot", node=machine.mac, wait=True,
                                                                    profile=("local", "inspect")[number % 2]), ASSIGNMENTS))
    machine.close()


def main():
    with WholeAppliance() as appliance:
        for turn, nodes in enumerate((0, NODES), 1):
            if nodes:
                fill(appliance)
            took = restart_all(appliance)
            tell(nodes, took, idle_pss(appliance))
            boots(appliance, turn)


if __name__ == "__main__":
    namespace.enter()
    main()
