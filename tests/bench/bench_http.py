#!/usr/bin/python3
"""Figures of pxed-tftp's HTTP server beside nginx in the same run (where nginx is installed: apt install nginx-light): a 200 MB image,
boot scripts, memory with 10,000 nodes. Needs root. Nothing is asserted.

    tests/bench/bench_http.py [--build DIR]
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from measuring import cpu, pss

MIB = 1 << 20
SIZE = 200 * MIB
NGINX = """\
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 2;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen {address}:8081; location /images/ {{ alias {images}/; }} }}
}}
"""


def together(daemon, commands):
    """Seconds that the commands take side by side in the client's namespace."""
    start = time.monotonic()
    processes = [daemon.client.popen(command, stdout=subprocess.DEVNULL) for command in commands]
    if any([process.wait() for process in processes]):
        sys.exit("a client failed")
    return time.monotonic() - start


def image_speed(daemon, port, streams, url="images/large"):
    seconds = together(daemon, [["curl", "-sf", "-o", "/dev/null", f"http://192.0.2.1:{port}/{url}"]] * streams)
    return streams * SIZE / MIB / seconds


def request_rate(daemon, port, url, count=5000, clients=4):
    seconds = together(daemon, [["curl", "-sf", "-o", "/dev/null", f"http://192.0.2.1:{port}/{url}[1-{count}]"]] * clients)
    return clients * count / seconds


def memory(daemon):
    return {name: pss(daemon.process.pid, name) for name in ("Pss", "Pss_Anon")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("PXED_BUILD", "build"))
    os.environ["PXED_BUILD"] = str(pathlib.Path(parser.parse_args().build).resolve())
    from tftp_daemon import MAC, Daemon, node_entry

    folder = pathlib.Path(tempfile.mkdtemp(prefix="pxed-bench-"))
    daemon = Daemon(folder)
    try:
        with open(daemon.images / "large", "wb") as file:
            for _ in range(SIZE // MIB):
                file.write(os.urandom(MIB))
        daemon.bus.set_entries(dict([node_entry(1, profile="installer", assignment=7)]))
        daemon.start().wait_ready()
        print(f"idle: {memory(daemon)} kB")
        servers = [("pxed-tftp", 8080)]
        if shutil.which("nginx"):
            configuration = folder / "nginx.conf"
            configuration.write_text(NGINX.format(folder=folder, images=daemon.images, address="192.0.2.1"))
            daemon.appliance.popen(["nginx", "-c", str(configuration)])
            (daemon.images / "script").write_text(daemon.script())
            time.sleep(0.5)
            servers.append(("nginx", 8081))
        token = daemon.urls(daemon.script())[0].split("?")[1]
        for streams in (1, 8):
            for name, port in servers:
                image_speed(daemon, port, streams)
                print(f"200 MB image, {streams} streams: {name} {image_speed(daemon, port, streams):.0f} MiB/s")
        print(f"200 MB image, 8 streams, counted for a machine: pxed-tftp {image_speed(daemon, 8080, 8, f'images/large?{token}'):.0f} MiB/s")
        print(f"start scripts: pxed-tftp {request_rate(daemon, 8080, 'boot.ipxe?'):.0f}/s")
        print(f"scripts of a machine: pxed-tftp {request_rate(daemon, 8080, f'boot?mac={MAC}&'):.0f}/s")
        if len(servers) > 1:
            print(f"small files: nginx {request_rate(daemon, 8081, 'images/script?'):.0f}/s")
        print(f"after that: {memory(daemon)} kB, {cpu(daemon.process.pid):.1f} s of CPU")

        daemon.bus.set_entries(dict(
            (f"node/{n:08x}-0000-4000-8000-000000000000",
             {"id": f"{n:08x}-0000-4000-8000-000000000000", "name": f"node{n}", "macs": [f"52:54:01:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"],
              "uuid": f"{n:08x}-1111-4000-8000-000000000000", "profile": "installer", "parameters": {}, "assignment": n + 1, "once": False,
              "inspect": False}) for n in range(10000)))
        daemon.bus.wait_applied("tftp")
        time.sleep(2)
        print(f"with 10,000 nodes: {memory(daemon)} kB")
        before, start = cpu(daemon.process.pid), time.monotonic()
        for n in range(500):
            daemon.bus.set_entries(dict([node_entry(1, profile="installer", assignment=20000 + n)]))
        daemon.bus.wait_applied("tftp")
        print(f"500 changes of one node among them: {time.monotonic() - start:.2f} s, {cpu(daemon.process.pid) - before:.2f} s of CPU here")
        before = cpu(daemon.process.pid)
        time.sleep(5)
        print(f"idle for 5 s: {(cpu(daemon.process.pid) - before) * 1000:.0f} ms of CPU, {memory(daemon)} kB")
        daemon.kill()
        daemon.start(applied=False)
        start = time.monotonic()
        daemon.bus.wait_applied("tftp")
        print(f"10,000 nodes applied after a start: {time.monotonic() - start:.2f} s")
        time.sleep(2)
        print(f"then: {memory(daemon)} kB")
    finally:
        daemon.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
