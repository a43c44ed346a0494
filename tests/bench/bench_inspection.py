#!/usr/bin/python3
"""Figures of an inspection in QEMU: what the appliance and its ramdisk add to firmware and kernel, where the time goes, and how big they are."""
import os
import statistics
import time

import measuring  # noqa: F401 (where the tests' helpers are)

import namespace  # noqa: E402
from appliance import Appliance  # noqa: E402
from hardware import MIB, Disk, Hardware  # noqa: E402
from lab import Lab  # noqa: E402
from places import BUILD  # noqa: E402

TIMES, PATIENCE, MEMORY = 3, 120, 256
KERNELS = {"cloud": "ramdisk", "generic": "ramdisk-generic"}
# What of an inspection is the appliance's and the ramdisk's: from here to there, by the words of the agent and the steps of the boot.
SPANS = [("script to kernel fetched", "script", "kernel"), ("kernel to initrd fetched", "kernel", "started"),
         ("agent to network card up", "inspects this machine", "asking for an address"), ("to drivers loaded", None, "drivers loaded"),
         ("to devices collected", None, "disks found"), ("to address", None, "has the address"), ("to inventory complete", None, "network cards found"),
         ("to inventory taken", None, "inventory"), ("to node inspected", None, "inspected")]


def blank(number):
    return Hardware(f"bench{number}", "bios", cpus=1, memory=MEMORY * MIB, uuid=f"11111111-2222-4333-8444-5555555556{number:02}",
                    serial=f"BENCH-{number}", macs=[f"52:54:00:0b:20:{number:02x}"], disks=[Disk(64 * MIB, f"BENCH-DISK-{number}")])


def moments(lab, hardware):
    """Seconds since 1970 of what happened on the way, on the appliance's clock."""
    [boot] = lab.boots(hardware)
    steps = [(step["kind"], step["time"] / 1e6) for step in boot["steps"]]
    files = [time for kind, time in steps if kind == "file"]
    found = {kind: time for kind, time in reversed(steps)}
    told = lab.appliance.ask("call", "org.pxed.Inventory.GetRaw", f'{{"node": "{hardware.macs[0]}"}}')
    told = told.get("parameters", told)["raw"]["pxed_agent"]["steps"]
    # It counts its network cards when the server has heard "started". So its clock is set, at most the length of that request too early, which counts
    # as the agent's time and not as the kernel's.
    [counted] = [step["at"] for step in told if "network cards found" in step["text"]]
    offset = found["agent"] - counted
    found.update({words: offset + step["at"] for step in told for _, *ends in SPANS for words in ends if words and words in step["text"]})
    return {**found, "kernel": files[1], "inspected": lab.node(hardware)["inspection"]["finished"] / 1e6}


def inspect(lab, number):
    """Each span's length, the kernel's own boot, and from power-on to inspected."""
    hardware = blank(number)
    lab.add(hardware)
    with lab.machine(hardware) as machine:
        powered_on = time.time() - machine.elapsed
        machine.wait_until(lambda: lab.is_inspected(hardware), PATIENCE, "inspection")
        machine.wait_off(PATIENCE)
    at = moments(lab, hardware)
    spans, before = {}, None
    # what runs beside the other may end in either order
    for name, start, end in SPANS:
        start = at[start] if start else before
        before = max(start, at[end])
        spans[name] = before - start
    return {**spans, "kernel": at["inspects this machine"] - at["started"], "whole": at["inspected"] - powered_on}


def tell(kernel, folder):
    sizes = [(folder / name).stat().st_size for name in ("vmlinuz", "initrd")]
    print(f"{kernel}: kernel and ramdisk {sizes[0] / 1e6:.1f} + {sizes[1] / 1e6:.1f} = {sum(sizes) / 1e6:.1f} MB (at most 30)", flush=True)
    with Appliance(BUILD, ramdisk=folder) as appliance:
        lab = Lab(appliance)
        runs = [inspect(lab, number) for number in range(TIMES)]
    added = [sum(run[name] for name, *_ in SPANS) for run in runs]
    print(f"  {TIMES} machines of {MEMORY} MB, BIOS: script fetched to node inspected, less kernel boot: median {statistics.median(added):.2f} s, "
          f"{min(added):.2f} to {max(added):.2f} s (at most 2)")
    for name, *_ in SPANS:
        print(f"    {name:<26}{statistics.median(run[name] for run in runs) * 1000:7.0f} ms")
    print(f"  kernel boot {statistics.median(run['kernel'] for run in runs):.2f} s; power-on to inspected {statistics.median(run['whole'] for run in runs):.1f} s",
          flush=True)


def main():
    load = os.getloadavg()[0]
    print(f"load of the host before: {load:.1f} on {os.cpu_count()} processors; machines are emulated, so that other work here counts as theirs")
    for kernel, name in KERNELS.items():
        if (BUILD / name / "initrd").exists():
            tell(kernel, BUILD / name)
        else:
            print(f"{kernel}: not built (make ramdisk-{kernel})")


if __name__ == "__main__":
    namespace.enter()
    main()
