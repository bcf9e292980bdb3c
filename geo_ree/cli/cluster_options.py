"""The options that put a command on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from geo_ree.cli.shared import tell, together

clustered = together(
    click.option(
        "--cluster",
        metavar="local|tcp://HOST:PORT",
        help="Work in parts on a Dask cluster; resumed when run again. Needs geo_ree[dask].",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1),
        help="Workers of the local cluster. [default: one a processor]",
    ),
)


@contextmanager
def open_wanted(cluster: str | None, workers: int | None) -> Iterator[Any]:
    """Open the cluster that the options name; None where they name none."""
    if cluster is None and workers is None:
        yield None
        return
    from geo_ree.distributed import open_cluster

    with open_cluster(cluster or "local", workers, tell=tell) as client:
        yield client
