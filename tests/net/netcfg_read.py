"""Packets through `pxed-netcfg --read`: frames that scapy makes go in as a capture, what the daemon's parsers and observer tell comes out."""
import json
import subprocess

import scapy.all as scapy

from places import BUILD



def read(tmp_path, *frames):
    """What --read prints of the frames, one object each."""
    path = tmp_path / "frames.pcap"
    for i, frame in enumerate(frames):
        frame.time = 1700000000 + i
    scapy.wrpcap(str(path), list(frames), linktype=1)
    output = subprocess.run([str(BUILD / "pxed-netcfg"), "--json", "--read", str(path)], check=True, capture_output=True, text=True).stdout
    lines = [line for line in map(json.loads, output.splitlines()) if "ethernet" in line]
    assert len(lines) == len(frames)
    return lines


def steps(lines):
    return [o["step"] for line in lines for o in line["observations"] if o.get("step")]


def sightings(lines):
    return [o["sighting"] for line in lines for o in line["observations"] if o.get("sighting")]
