"""A cluster of Dask to work on: one on this machine, or one that runs already."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from geo_ree._version import __version__
from geo_ree.errors import SettingsError, import_extra

logger = logging.getLogger(__name__)

LOCAL = "local"

_ADDRESS = re.compile(r"(?:tcp|tls)://(\[[^\]]+\]|[^:/]+):(\d{1,5})/?")
_WAIT_S = 5.0  # for a scheduler's answer
_WORKERS_WAIT_S = 10.0
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("NUMBA", "OMP", "OPENBLAS", "MKL")}


@contextmanager
def open_cluster(
    text: str = LOCAL, workers: int | None = None, *, tell: Callable[[str], None] = logger.info
) -> Iterator[Any]:
    """Open a cluster, and close what was started for it.

    Parameters
    ----------
    text
        ``local``: worker processes on this machine, one thread each, stopped at the end.
        ``tcp://host:port`` or ``tls://host:port``: a scheduler that runs already, with its workers.
    workers
        Number of local workers, by default one for each processor.
    tell
        Called with the address of the dashboard.

    Yields
    ------
    distributed.Client

    Raises
    ------
    SettingsError
        When Dask is not installed, the address is none, no scheduler answers there, no worker joins
        it, or a worker has another version of geo_ree.

    Notes
    -----
    Local workers are new Python processes: a script that opens a cluster needs
    ``if __name__ == "__main__":`` around what it does.

    Examples
    --------
    >>> with open_cluster("tcp://127.0.0.1") as client:
    ...     pass
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: 'tcp://127.0.0.1' is no cluster; use local or tcp://host:port
    """
    if workers is not None and workers < 1:
        raise SettingsError(f"{workers} workers cannot work", "use at least 1")
    if text == LOCAL:
        opened = _local_cluster(workers)
    else:
        if workers is not None:
            raise SettingsError(
                f"the number of workers at {text} is not chosen here",
                "start more with: dask worker " + text,
            )
        opened = _running_cluster(text)
    with opened as client:
        if client.dashboard_link:
            tell(f"dashboard: {client.dashboard_link}")
        yield client


@contextmanager
def _local_cluster(workers: int | None) -> Iterator[Any]:
    distributed = import_extra("distributed", "dask")
    with (
        distributed.LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            env=_ONE_THREAD,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        try:
            yield client
        finally:  # a worker that is slow to end is ended, and that is no news
            logging.getLogger("distributed.nanny").setLevel(logging.ERROR)


@contextmanager
def _running_cluster(address: str) -> Iterator[Any]:
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise SettingsError(f"{address!r} is no cluster", "use local or tcp://host:port")
    distributed = import_extra("distributed", "dask")
    hint = f"start one with: dask scheduler --port {found[2]}"
    try:
        socket.create_connection((found[1].strip("[]"), int(found[2])), _WAIT_S).close()
        with ThreadPoolExecutor(1) as other:  # in this thread, a notebook has a loop that runs
            other.submit(asyncio.run, _greet(address)).result()
        client = distributed.Client(address, timeout=_WAIT_S)
    except TypeError as error:  # Dask has no certificate for tls://
        raise SettingsError(
            f"{address} needs a certificate ({' '.join(str(error).split())})",
            "configure Dask: https://distributed.dask.org/en/stable/tls.html",
        ) from error
    except (OSError, OverflowError, MemoryError) as error:  # TimeoutError is an OSError
        raise SettingsError(f"no scheduler answers at {address}", hint) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_WAIT_S)
        except TimeoutError as error:
            raise SettingsError(
                f"the scheduler at {address} has no workers",
                f"start some with: dask worker {address} --nworkers 2 --nthreads 1",
            ) from error
        version = _version_there()
        there = {f"the worker {at}": has for at, has in client.run(version).items()}
        check_versions({"the scheduler": client.run_on_scheduler(version), **there})
        yield client


async def _greet(address: str) -> None:
    """Exchange greetings with a scheduler: a `Client` waits without end for one that is none."""
    comm = import_extra("distributed.comm", "dask")
    options = import_extra("distributed.security", "dask").Security()
    options = options.get_connection_args("client")
    greeted = await asyncio.wait_for(comm.connect(address, timeout=_WAIT_S, **options), _WAIT_S)
    greeted.abort()


def check_versions(versions: Mapping[str, str]) -> None:
    """Raise SettingsError when a process of a cluster has another version of geo_ree than this one.

    Examples
    --------
    >>> check_versions({"the scheduler": "0.0.1"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: the scheduler has geo_ree 0.0.1, expected ...; install the same \
version there and start it again
    """
    for process, version in versions.items():
        if version != __version__:
            raise SettingsError(
                f"{process} has {f'geo_ree {version}' if version else 'no geo_ree'}, "
                f"expected {__version__}",
                "install the same version there and start it again",
            )


def _version_there() -> Callable[[], str]:
    # A function inside a function travels whole: the worker need not have this module.
    def version() -> str:
        from importlib import import_module  # noqa: PLC0415

        try:
            return str(getattr(import_module("geo_ree"), "__version__", "unknown"))
        except ImportError:
            return ""

    return version
