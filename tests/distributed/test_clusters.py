"""Clusters that are not there, empty, or of another version: one line each."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from geo_ree import __version__
from geo_ree.distributed import open_cluster
from geo_ree.errors import SettingsError


def one_line(raised):
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_a_running_scheduler_is_used_and_left_running(scheduler):
    lines = []
    for _ in range(2):
        with open_cluster(scheduler.address, tell=lines.append) as client:
            assert client.submit(sum, [1, 2], pure=False).result() == 3
            assert len(client.scheduler_info()["workers"]) == 2
    assert len(lines) == 2
    assert lines[0].startswith("dashboard: http://127.0.0.1:")


def test_local_workers_end_with_the_cluster(scheduler):
    lines = []
    with open_cluster("local", 2, tell=lines.append) as client:
        pids = client.run(lambda dask_worker: __import__("os").getpid())
        settings = client.run(lambda: __import__("os").environ["NUMBA_NUM_THREADS"])
    assert len(set(pids.values())) == 2
    assert set(settings.values()) == {"1"}
    assert lines[0].startswith("dashboard: http://127.0.0.1:")
    for pid in pids.values():
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True
        )
        assert state.stdout.strip() in ("", "Z")


def test_no_scheduler_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingsError) as raised, open_cluster(address):
            pass
    assert one_line(raised).startswith(f"no scheduler answers at {address}; start one with: dask")


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_answers_is_no_scheduler(monkeypatch, greeting):
    """For instance the port of the dashboard."""
    monkeypatch.setattr("geo_ree.distributed.clusters._WAIT_S", 0.3)

    def answer(server):
        with server.accept()[0], server.accept()[0] as there, suppress(OSError):
            there.sendall(greeting)
            there.recv(1024)
            there.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        server.settimeout(5.0)
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        pool.submit(answer, server)
        with pytest.raises(SettingsError) as raised, open_cluster(address):
            pass
    assert one_line(raised).startswith(f"no scheduler answers at {address}; start one with: dask")


def test_a_protected_scheduler_without_a_certificate():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SettingsError) as raised, open_cluster(address):
            pass
    assert one_line(raised).startswith(f"{address} needs a certificate (TLS expects ")


@pytest.mark.parametrize("text", ["here", "http://127.0.0.1:1", "tcp://", "tcp://h:1:2", "tcp://h"])
def test_what_is_no_address(text):
    with (
        pytest.raises(SettingsError, match="is no cluster; use local or tcp://host:port"),
        open_cluster(text),
    ):
        pass


def test_a_number_of_workers_belongs_to_a_local_cluster():
    with pytest.raises(SettingsError, match="use at least 1"), open_cluster("local", 0):
        pass
    with pytest.raises(SettingsError, match="dask worker tcp://"), open_cluster("tcp://h:1", 2):
        pass


def test_a_scheduler_without_workers(own_scheduler, monkeypatch):
    monkeypatch.setattr("geo_ree.distributed.clusters._WORKERS_WAIT_S", 0.2)
    with pytest.raises(SettingsError) as raised, open_cluster(own_scheduler.address):
        pass
    assert "has no workers; start some with: dask worker" in one_line(raised)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("__version__ = '0.0.1'", f"has geo_ree 0.0.1, expected {__version__}"),
        ("raise ImportError", f"has no geo_ree, expected {__version__}"),
    ],
)
def test_a_worker_of_another_version(own_scheduler, tmp_path, source, words):
    package = tmp_path / "other" / "geo_ree"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source)
    own_scheduler.add_worker(path=[package.parent])
    own_scheduler.join()
    with pytest.raises(SettingsError) as raised, open_cluster(own_scheduler.address):
        pass
    assert words in one_line(raised)
    assert "the worker tcp://127.0.0.1:" in str(raised.value)


def test_without_dask_there_is_a_hint():
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from geo_ree.distributed import open_cluster\n"
        "from geo_ree.errors import SettingsError\n"
        "try:\n    with open_cluster('local'): pass\n"
        "except SettingsError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == 'distributed is not installed; pip install "geo_ree[dask]"\n'


def test_geo_ree_alone_does_not_load_dask():
    code = (
        "import sys, geo_ree.distributed, geo_ree.distributed.partition_jobs\n"
        "print({'dask', 'distributed', 'dask_geopandas', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
