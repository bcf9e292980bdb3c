"""A PostGIS of its own on loopback, for as long as a benchmark runs."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

NEAREST = """
SELECT count(*), max(metres) FROM (
  SELECT ST_Distance(p.g, n.g) AS metres FROM dot p
  CROSS JOIN LATERAL (SELECT l.g FROM line l ORDER BY l.g <-> p.g LIMIT 1) n) AS found
"""


@dataclass(frozen=True)
class Cluster:
    """A running server and how to talk to it."""

    psql: list[str]

    def ask(self, statement: str, given: str | None = None) -> str:
        """Run one statement and give what psql prints."""
        done = subprocess.run(
            [*self.psql, "-c", statement], input=given, check=True, text=True, capture_output=True
        )
        return done.stdout.strip()

    def load(self, table: str, rows: str) -> None:
        """Make a table of geographies from lines of well-known text."""
        self.ask(f"CREATE UNLOGGED TABLE {table} (g geography)")
        self.ask(f"COPY {table} FROM STDIN", rows)

    def nearest(self, count: int) -> float:
        """Seconds for the nearest line to each of so many dots."""
        start = time.perf_counter()
        answer = self.ask(NEAREST)
        assert answer.startswith(f"{count}|"), answer
        return time.perf_counter() - start


def programs() -> Path | None:
    """Folder of Debian's PostgreSQL where PostGIS is installed too."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/lib/postgis-3.so"))
    return found[-1].parent.parent / "bin" if found else None


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a cluster in a temporary folder, as the user postgres where we are root."""
    bin_, owner = programs(), "postgres" if os.getuid() == 0 else None
    assert bin_ is not None
    become = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"] if owner else []
    folder = Path(tempfile.mkdtemp(prefix="geo_ree-postgis-"))
    if owner:
        shutil.chown(folder, owner, pwd.getpwnam(owner).pw_gid)
    data = str(folder / "data")

    def run(*command: str) -> None:
        subprocess.run([*become, *command], check=True, capture_output=True, cwd=folder)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    settings = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off "
        "-c shared_buffers=512MB -c work_mem=128MB -c maintenance_work_mem=512MB "
        "-c max_parallel_workers_per_gather=2 -c min_parallel_table_scan_size=0 "
        "-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c jit=off"
    )
    try:
        run(
            str(bin_ / "initdb"),
            "-D",
            data,
            "-U",
            "bench",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        )
        run(
            str(bin_ / "pg_ctl"),
            "-D",
            data,
            "-w",
            "-l",
            str(folder / "log"),
            "-o",
            settings,
            "start",
        )
        psql = [
            str(bin_ / "psql"),
            "-h",
            "127.0.0.1",
            "-p",
            port,
            "-U",
            "bench",
            "-d",
            "postgres",
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        yield Cluster(psql)
    finally:
        subprocess.run(
            [*become, str(bin_ / "pg_ctl"), "-D", data, "-m", "immediate", "stop"],
            capture_output=True,
            cwd="/",
            check=False,
        )
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def loaded(lines: np.ndarray, points: np.ndarray) -> Iterator[tuple[Cluster, str]]:
    """A cluster that holds all segments, indexed, and the points; and its versions."""
    starts, ends = lines[:, :-1].reshape(-1, 2).tolist(), lines[:, 1:].reshape(-1, 2).tolist()
    with cluster() as server:
        server.ask("CREATE EXTENSION postgis")
        server.load(
            "line",
            "".join(
                f"LINESTRING({a!r} {b!r},{c!r} {d!r})\n"
                for (a, b), (c, d) in zip(starts, ends, strict=True)
            ),
        )
        server.load("dot", "".join(f"POINT({x!r} {y!r})\n" for x, y in points.tolist()))
        server.ask("CREATE INDEX ON line USING gist (g)")
        server.ask("ALTER TABLE dot SET (parallel_workers = 2)")
        server.ask("VACUUM ANALYZE")
        version = server.ask(
            "SELECT split_part(version(), ' ', 2) || ', PostGIS ' || "
            "split_part(postgis_version(), ' ', 1)"
        )
        yield server, f"PostgreSQL {version}"
