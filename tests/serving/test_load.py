"""Many clients, slow ones, and an end in the middle: none fails, none holds up another."""

import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import requests

PATHS = (
    "/",
    "/api",
    "/api/collections/deposits",
    "/api/collections/deposits/items?limit=20",
    "/api/collections/railways/items?limit=50&bbox=66,40,72,44",
    "/api/collections/flags/items?severity=high&limit=10",
    "/rasters/suitability.tif",
)


def test_500_requests_over_8_connections(either_service):
    listed = requests.get(f"{either_service.api}/collections", timeout=60).json()["collections"]
    rasters = any(c["id"] == "rasters" for c in listed)
    paths = PATHS if rasters else PATHS[:-1]

    def work(number):
        with requests.Session() as session:
            addresses = (either_service.url + paths[k % len(paths)] for k in range(number, 500, 8))
            return [session.get(address, timeout=120) for address in addresses]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for some in pool.map(work, range(8)) for answer in some]
    assert len(answers) == 500
    assert [a.url for a in answers if a.status_code != 200] == []


def test_slow_clients_hold_up_nobody(service):
    ended = threading.Event()
    request = f"GET /api HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nX-Slow: ".encode()

    def send_slowly(line):
        for byte in request + b"x" * 10_000:
            if ended.wait(0.05):
                return
            line.sendall(bytes([byte]))

    lines = [socket.create_connection(("127.0.0.1", service.port), 30) for _ in range(20)]
    threads = [threading.Thread(target=send_slowly, args=(line,)) for line in lines]
    try:
        for thread in threads:
            thread.start()
        for path in PATHS * 3:
            assert requests.get(service.url + path, timeout=60).status_code == 200
        assert all(thread.is_alive() for thread in threads)
    finally:
        ended.set()
        for thread in threads:
            thread.join(10)
        for line in lines:
            line.close()


def test_clients_that_do_not_read_hold_up_nobody(service):
    request = "GET /{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n"
    kinds = ("", "api/collections/railways/items?limit=5000", "api/openapi")
    lines = [socket.create_connection(("127.0.0.1", service.port), 60) for _ in range(21)]
    try:
        for number, line in enumerate(lines):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(request.format(kinds[number % 3], service.port).encode())
        for path in PATHS:
            assert requests.get(service.url + path, timeout=120).status_code == 200
        for line in lines:
            assert line.recv(15) == b"HTTP/1.1 200 OK"
    finally:
        for line in lines:
            line.close()


def test_a_kill_in_the_middle_of_a_download_loses_nothing(start_service, served, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(served.out, out)
    large = out / "export" / "rasters" / "suitability.tif"
    with large.open("r+b") as raster:
        raster.truncate(200_000_000)  # more than the buffers of both ends hold
    kept = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in out.rglob("*")}
    items = "/api/collections/deposits/items?limit=500"
    running = start_service("--out", str(out), "--port", "0")
    port = str(running.port)
    before = requests.get(running.url + items, timeout=60).json()["features"]
    download = requests.get(f"{running.url}/rasters/suitability.tif", stream=True, timeout=60)
    first = download.raw.read(1_000_000)
    running.process.kill()
    running.process.wait(10)
    got = first
    while part := _rest(download):
        got += part
    assert len(got) < 200_000_000
    assert {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in out.rglob("*")} == kept
    again = start_service("--out", str(out), "--port", port)
    assert requests.get(again.url + items, timeout=60).json()["features"] == before
    resume = {"Range": f"bytes={len(got)}-{len(got) + 999}", "If-Range": download.headers["ETag"]}
    answer = requests.get(f"{again.url}/rasters/suitability.tif", headers=resume, timeout=60)
    assert answer.status_code == 206
    assert got + answer.content == large.read_bytes()[: len(got) + 1000]


def _rest(download):
    try:
        return download.raw.read(1_000_000)
    except Exception:  # noqa: BLE001 (the server is gone)
        return b""
