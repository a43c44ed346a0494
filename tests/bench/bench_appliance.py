#!/usr/bin/python3
"""Figures of the whole appliance: start to ready, memory when idle, whole boots, and set-boot that waits until it is true on the wire."""
import statistics

from measuring import measured, share

import namespace  # noqa: E402
from simulated_machine import SimulatedMachine  # noqa: E402
from test_appliance_size import NODES, fill, idle_pss, restart_all, tell  # noqa: E402
from whole_appliance import WholeAppliance  # noqa: E402

BOOTS, ASSIGNMENTS = 20, 1000


def spans(what, values):
    print(f"{what}, {len(values)} times: median {statistics.median(values) * 1000:.1f} ms, 99 of 100 under {share(values, 99) * 1000:.1f} ms, "
          f"worst {max(values) * 1000:.1f} ms", flush=True)


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
