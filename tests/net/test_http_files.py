"""/images and /loaders of pxed-tftp, asked by honest clients, odd firmware and worse."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from tftp_daemon import ADDRESS, BUILD, PORT, Daemon
from waiting import PATIENCE, contention, wait_for

SIZE = 1_000_000


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("http"))
    (daemon.images / "data").write_bytes(os.urandom(SIZE))
    (daemon.images / "empty").touch()
    (daemon.images / "boot.efi").write_bytes(b"MZ")
    (daemon.images / "a b+c%").write_bytes(b"odd name")
    (daemon.path / "secret").write_text("secret")
    (daemon.images / "outside").symlink_to("../secret")
    (daemon.images / "absolute").symlink_to(daemon.path / "secret")
    (daemon.images / "above").symlink_to("..")
    (daemon.images / "inside").symlink_to("inspect/vmlinuz")
    os.mkfifo(daemon.images / "fifo")
    daemon.start()
    yield daemon
    daemon.close()


@pytest.fixture(scope="module")
def data(daemon):
    return (daemon.images / "data").read_bytes()


def raw(daemon, text, timeout=PATIENCE):
    """All that comes back for bytes sent as they are."""
    with daemon.socket(timeout) as sock:
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while part := sock.recv(1 << 16):
            answer += part
        return answer


def test_whole(daemon, data):
    status, headers, body = daemon.get("/images/data")
    assert (status, body) == (200, data)
    assert headers["Content-Length"] == str(SIZE)
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Type"] == "application/octet-stream"
    assert re.fullmatch(r'"[0-9a-f-]+"', headers["ETag"])
    assert headers["Last-Modified"].endswith("GMT")
    assert all(value.strip() for value in headers.values())  # EDK II stumbles over empty ones


def test_head(daemon):
    status, headers, body = daemon.request("HEAD", "/images/data")
    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(SIZE)
    assert daemon.request("HEAD", "/images/none")[0] == 404


def test_empty(daemon):
    assert daemon.get("/images/empty")[::2] == (200, b"")


def test_odd_name(daemon):
    assert daemon.get("/images/a%20b+c%25")[::2] == (200, b"odd name")


def test_types(daemon):
    assert daemon.get("/images/boot.efi")[1]["Content-Type"] == "application/efi"
    assert daemon.get("/loaders/snponly.efi")[1]["Content-Type"] == "application/efi"


@pytest.mark.parametrize("value, start, end", [("bytes=0-99", 0, 100), ("bytes=999990-", 999990, SIZE), ("bytes=-10", SIZE - 10, SIZE),
                                               ("bytes=500000-9999999", 500000, SIZE)])
def test_range(daemon, data, value, start, end):
    status, headers, body = daemon.get("/images/data", Range=value)
    assert (status, body) == (206, data[start:end])
    assert headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("value", ["bytes=1000000-", "bytes=-0", "bytes=99999999999999999999999-"])
def test_range_outside(daemon, value):
    status, headers, _ = daemon.get("/images/data", Range=value)
    assert status == 416
    assert headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("value", ["bytes=0-1,4-5", "bytes=5-4", "bytes=x", "bytes=", "bytes=-", "lines=1-2", "bytes=1-2;", "=", "bytes=" + "9" * 2000])
def test_range_nonsense(daemon, data, value):
    assert daemon.get("/images/data", Range=value)[::2] == (200, data)


def test_conditions(daemon, data):
    _, headers, _ = daemon.request("HEAD", "/images/data")
    tag, date = headers["ETag"], headers["Last-Modified"]
    status, headers, body = daemon.get("/images/data", If_None_Match=tag)
    assert (status, body) == (304, b"")
    assert headers["ETag"] == tag
    assert daemon.get("/images/data", If_None_Match='"x"')[0] == 200
    assert daemon.get("/images/data", If_Modified_Since=date)[0] == 304
    assert daemon.get("/images/data", If_Match='"x"')[0] == 412
    assert daemon.get("/images/data", Range="bytes=0-9", If_Range=tag)[::2] == (206, data[:10])
    assert daemon.get("/images/data", Range="bytes=0-9", If_Range='"x"')[0] == 200


def test_changed_file_has_another_tag(daemon):
    path = daemon.images / "changing"
    path.write_bytes(b"a" * 10)
    first = daemon.request("HEAD", "/images/changing")[1]["ETag"]
    path.write_bytes(b"b" * 10)
    assert daemon.request("HEAD", "/images/changing")[1]["ETag"] != first


def test_resume_with_curl(daemon, data, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(data[:123_456])
    daemon.client.run(["curl", "--fail", "--silent", "--continue-at", "-", "--output", str(part), f"http://{ADDRESS}:{PORT}/images/data"])
    assert part.read_bytes() == data


@pytest.mark.parametrize("target, status", [
    ("/images/../secret", 400), ("/images/%2e%2e/secret", 400), ("/images/.%2e%2fsecret", 400), ("/images/x/../../secret", 400),
    ("/images/..", 400), ("/images//../secret", 400), ("/images/%00", 400), ("/images/data%00", 400), ("/images/%", 400),
    ("/images/outside", 404), ("/images/absolute", 404), ("/images/above/secret", 404), ("/images//etc/passwd", 404),
    ("/images/%2fetc%2fpasswd", 404), ("/images/", 404), ("/images/inspect", 404), ("/images/inspect/", 404), ("/images/fifo", 404),
    ("/images/data/", 404), ("/images/none", 404), ("/images", 404), ("/", 404), ("/etc/passwd", 404), ("/boot.ipxe/x", 404),
    ("/bootx", 404), ("/loaders/../consumed", 400), ("/loaders/none", 404), ("/images/" + "a" * 1100, 414), ("/images/" + "a/" * 300, 404),
])
def test_paths_refused(daemon, target, status):
    answer = daemon.get(target)
    assert answer[0] == status
    assert b"secret\n" not in answer[2] and b"root:" not in answer[2]


def test_link_inside_is_served(daemon):
    assert daemon.get("/images/inside")[2] == (daemon.images / "inspect/vmlinuz").read_bytes()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_other_methods(daemon, method):
    for path in ("/images/data", "/boot", "/boot.ipxe"):
        status, headers, _ = daemon.request(method, path)
        assert status == 405
        assert headers["Allow"] == "GET, HEAD"


def test_body_is_not_taken(daemon):
    answer = raw(daemon, b"POST /boot HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789")
    assert b" 405 " in answer.split(b"\r\n")[0]


def test_http_1_0(daemon, data):
    answer = raw(daemon, b"GET /images/data HTTP/1.0\r\n\r\n")
    header, body = answer.split(b"\r\n\r\n", 1)
    assert b" 200 " in header.split(b"\r\n")[0]
    assert body == data


def test_no_keep_alive(daemon, data):
    with daemon.socket() as sock:
        sock.sendall(b"GET /images/data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := sock.recv(1 << 16):
            answer += part
    assert answer.split(b"\r\n\r\n", 1)[1] == data


def test_keep_alive_and_pipelining(daemon):
    with daemon.socket() as sock:
        sock.sendall(b"GET /images/boot.efi HTTP/1.1\r\nHost: x\r\n\r\n" * 5 + b"HEAD /images/data HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while answer.count(b"\r\n\r\n") < 6:
            answer += sock.recv(1 << 16)
    assert answer.count(b"HTTP/1.1 200 ") == 6
    assert answer.count(b"\r\n\r\nMZ") == 5


def test_absolute_target(daemon):
    answer = raw(daemon, b"GET http://192.0.2.1:8080/images/boot.efi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nMZ")


@pytest.mark.parametrize("text", [
    b"GET /images/data HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /images/data HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /boot?" + b"mac=1&" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"\0" * 50_000,
    b"\r\n" * 50_000,
    b"GET\r\n\r\n",
    b"GET /images/data HTTP/9.9\r\n\r\n",
    b"GET /images/data HTTP/1.1\r\n: no name\r\n\r\n",
    b"GET /images/data HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET /images/data HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"GET /images/data HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
], ids=range(13))
def test_absurd_requests(daemon, text):
    """An error or an end for whoever sends it; the next client is served."""
    try:
        # The longest that an unfinished request lives, when libmicrohttpd does not notice at once that its client has said its last.
        answer = raw(daemon, text, timeout=18)
        assert not answer or re.match(rb"HTTP/1\.[01] (400|4\d\d|50[15]|200)", answer)
    except socket.timeout:
        pytest.fail("left waiting")
    except OSError:
        pass  # cut off
    assert daemon.get("/images/boot.efi")[0] == 200


def test_gone_in_the_middle(daemon):
    for _ in range(50):
        with daemon.socket() as sock:
            sock.sendall(b"GET /images/data HTTP/1.1\r\nHost: x\r\n\r\n")
            sock.recv(1000)
    assert daemon.get("/images/boot.efi")[0] == 200


def test_shrinking_file(daemon):
    """A file that is cut while it is sent ends the connection; it never hangs."""
    path = daemon.images / "shrinking"
    path.write_bytes(b"x" * 50_000_000)
    with daemon.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /images/shrinking HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.recv(1000)
        path.write_bytes(b"x")
        while sock.recv(1 << 20):
            pass
    assert daemon.get("/images/shrinking")[2] == b"x"


def test_slow_clients(daemon):
    """Clients that send a byte now and then are cut off, and keep nobody from being served meanwhile."""
    with daemon.client.entered():
        slow = [socket.create_connection((ADDRESS, PORT)) for _ in range(60)]
    start = time.monotonic()
    for sock in slow:
        sock.sendall(b"GET /images/da")
    open_ones = set(slow)
    while open_ones:
        assert time.monotonic() - start < 25 * contention()
        assert daemon.get("/images/boot.efi")[0] == 200
        for sock in list(open_ones):
            try:
                sock.sendall(b"t")
                sock.settimeout(0.001)
                if sock.recv(1000) == b"":
                    open_ones.discard(sock)
            except socket.timeout:
                pass
            except OSError:
                open_ones.discard(sock)
        time.sleep(1)
    assert time.monotonic() - start > 12


def test_many_connections_of_one_peer(daemon):
    """More than the limit per peer are refused; another peer is served."""
    with daemon.client.entered():
        held = []
        for _ in range(200):
            try:
                held.append(socket.create_connection((ADDRESS, PORT), timeout=2))
            except OSError:
                break
    other = subprocess.run(["ip", "netns", "exec", daemon.appliance.name, "curl", "--fail", "--silent", "--max-time", str(PATIENCE), "--output", "/dev/null",
                            f"http://{ADDRESS}:{PORT}/images/data"])
    assert other.returncode == 0
    for sock in held:
        sock.close()

    def served():
        with contextlib.suppress(OSError):
            return daemon.get("/images/boot.efi")[0] == 200
    wait_for(served, "the peer is served again")


def test_memory_stays_bounded(daemon):
    """After all of the above. (An address sanitizer has memory of its own.)"""
    sanitized = "libasan" in open(f"/proc/{daemon.process.pid}/maps").read()
    text = open(f"/proc/{daemon.process.pid}/smaps_rollup").read()
    assert int(re.search(r"Pss_Anon: +(\d+)", text).group(1)) < (64000 if sanitized else 8000)
    assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < 60


def test_the_ramdisk_that_pxed_brings(tmp_path):
    """It is found beside the program; a file of the image folder goes before it; nothing else of its folder is served."""
    programs = tmp_path / "programs"
    (programs / "ramdisk").mkdir(parents=True)
    shutil.copy(BUILD / "pxed-tftp", programs)
    shutil.copy(BUILD / "local-x64.efi", programs)
    for name in ("vmlinuz", "initrd"):
        (programs / "ramdisk" / name).write_text(f"brought {name}")
    daemon = Daemon(tmp_path)
    (daemon.images / "ramdisk").mkdir()
    (daemon.images / "ramdisk/initrd").write_text("another initrd")
    try:
        daemon.start(program=programs / "pxed-tftp")
        assert daemon.get("/images/ramdisk/vmlinuz")[2] == b"brought vmlinuz"
        assert daemon.get("/images/ramdisk/initrd")[2] == b"another initrd"
        for path in ("ramdisk/../pxed-tftp", "ramdisk/%2e%2e/pxed-tftp", "pxed-tftp", "ramdisk", "ramdisk/", "ramdisk/none"):
            assert daemon.get(f"/images/{path}")[0] in (400, 404), path
    finally:
        daemon.close()
