"""Nearest lines in a PostGIS of its own on loopback, for as long as a benchmark runs."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from postgis_cluster import TEMPLATE, Cluster, cluster, programs

__all__ = ["loaded", "programs"]

NEAREST = """
SELECT count(*), max(metres) FROM (
  SELECT ST_Distance(p.g, n.g) AS metres FROM dot p
  CROSS JOIN LATERAL (SELECT l.g FROM line l ORDER BY l.g <-> p.g LIMIT 1) n) AS found
"""
SETTINGS = (
    *("shared_buffers=512MB", "work_mem=128MB", "maintenance_work_mem=512MB"),
    *("max_parallel_workers_per_gather=2", "min_parallel_table_scan_size=0"),
    *("parallel_setup_cost=0", "parallel_tuple_cost=0", "jit=off"),
)


@dataclass(frozen=True)
class Peer:
    """A running server with tables of geographies."""

    server: Cluster

    def ask(self, statement: str, given: str | None = None) -> str:
        """Run one statement and give what psql prints."""
        return self.server.ask(statement, given, database=TEMPLATE)

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


@contextlib.contextmanager
def loaded(lines: np.ndarray, points: np.ndarray) -> Iterator[tuple[Peer, str]]:
    """A cluster that holds all segments, indexed, and the points; and its versions."""
    starts, ends = lines[:, :-1].reshape(-1, 2).tolist(), lines[:, 1:].reshape(-1, 2).tolist()
    with cluster(*SETTINGS) as started:
        server = Peer(started)
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
