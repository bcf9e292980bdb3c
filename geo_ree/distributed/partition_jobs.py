"""One piece of work for each partition, each with a file of its own: resumable, on a cluster or here."""

from __future__ import annotations

import logging
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from geo_ree._version import __version__
from geo_ree.distributed.partition_files import (
    Manifest,
    claim_folder,
    missing_parts,
    read_manifest,
)
from geo_ree.errors import GeoReeError, SettingsError, describe_unexpected, import_extra
from geo_ree.storage.files import atomic_path

logger = logging.getLogger(__name__)

Work = Callable[[Any, Path], None]
Tell = Callable[[str], None]

_LOOK_S = 1.0  # how often the parts are counted
_ALONE_S = 30.0  # without any worker, until that is said
_MOST_NAMED = 5
_LOST = (CancelledError, OSError)  # what futures raise when their scheduler is gone


def run_partitions(
    work: Work,
    parts: Sequence[Any],
    folder: Path | str,
    *,
    key: str,
    stamps: Sequence[str] | None = None,
    suffix: str = ".parquet",
    prepare: Callable[[], None] | None = None,
    client: Any = None,
    tell: Tell | None = None,
) -> list[Path]:
    """Write a file for each part; what a call before has written stays.

    Parameters
    ----------
    work
        ``work(part, path)`` writes the file of one part to `path`. On a cluster it is a function of a
        module that the workers can import, and may run again when a worker was killed.
    parts
        What is passed to `work`: small values, for example paths.
    folder
        Where ``part-00000`` and so on are written, with a manifest. On a cluster all workers see it.
    key
        Hash of all inputs and options that every part depends on. The version of geo_ree is added.
    stamps
        For each part, a hash of what it alone depends on: when it changes, only this part is done
        again.
    suffix
        Ending of the files.
    prepare
        Called before the first part, when the folder is ours and parts are missing: stores what all
        parts read.
    client
        The client of `open_cluster`; by default the parts are done here, one after another.
    tell
        Called with lines of progress, by default the log.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the parts: no matter which worker wrote them, and when.

    Raises
    ------
    SettingsError
        When the folder holds something else or cannot be written, or the cluster is lost.
    GeoReeError
        When parts failed, with the cause of each; all others have been done. Call it again when the
        cause is gone.

    Notes
    -----
    A file appears when it is complete. A killed worker costs time: Dask gives its part to another one.
    A part whose workers are killed again and again (by default four times, see
    ``distributed.scheduler.allowed-failures``) counts as failed.

    Examples
    --------
    >>> import tempfile
    >>> def write(part, path):
    ...     _ = path.write_text(part)
    >>> out = Path(tempfile.mkdtemp(), "letters")
    >>> [p.name for p in run_partitions(write, ["a", "b"], out, key="1", suffix=".txt")]
    ['part-00000.txt', 'part-00001.txt']
    """
    folder, tell = Path(folder).absolute(), tell or logger.info
    if stamps is not None and len(stamps) != len(parts):
        raise ValueError(f"{len(stamps)} stamps of {len(parts)} parts")
    manifest = Manifest(f"{__version__}:{key}", suffix, tuple(stamps or [""] * len(parts)))
    claim_folder(folder, manifest)
    paths = manifest.paths(folder)
    todo = missing_parts(paths)
    if len(todo) < len(parts):
        tell(f"{len(parts) - len(todo)} of {len(parts)} parts are done already")
    if todo and prepare is not None:
        prepare()
    jobs = [(work, parts[i], paths[i], manifest.key, manifest.stamps[i]) for i in todo]
    answers = _run_here(jobs, tell) if client is None else _run_on(client, jobs, tell)
    causes = dict(zip(todo, answers, strict=True))
    nowhere = f"its file is not in {folder}; use a folder that all workers share"
    # where a file is there in spite of an error, another process has written it
    failed = {paths[i].stem: causes.get(i) or nowhere for i in missing_parts(paths)}
    _raise_failed(failed, len(parts), folder)
    return paths


def _raise_failed(failed: dict[str, str], count: int, folder: Path) -> None:
    if not failed:
        return
    by_cause: dict[str, list[str]] = {}
    for name, cause in sorted(failed.items()):
        by_cause.setdefault(cause, []).append(name)
    said = [f"{_some(names)} ({cause})" for cause, names in by_cause.items()]
    raise GeoReeError(
        f"{len(failed)} of {count} parts failed: {_some(said)}",
        f"the others are in {folder}: correct the cause and run it again",
    )


def _some(words: list[str]) -> str:
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return ", ".join(words[:_MOST_NAMED]) + more


def write_part(
    work: Work, part: Any, path: Path, key: str, stamp: str, version: str = __version__
) -> str:
    """Write the file of one part, whole or not at all; return why it failed, blank if it did not."""
    if version != __version__:
        return f"a worker has geo_ree {__version__}, expected {version}"
    try:
        with atomic_path(path) as draft:
            work(part, draft)
            manifest = read_manifest(path.parent)
            if manifest is None or not manifest.wants(path, key, stamp):
                raise SettingsError(
                    f"{path.parent} belongs to another job by now", "choose another folder"
                )
    except MemoryError:
        return "out of memory; use smaller partitions"
    except GeoReeError as error:
        return str(error)
    except Exception as error:
        logger.warning("%s failed", path.name, exc_info=True)
        return "; ".join(describe_unexpected(error))
    return ""


Job = tuple[Work, Any, Path, str, str]


def _run_here(jobs: Sequence[Job], tell: Tell) -> list[str]:
    out, count = [], _Counter(len(jobs), tell)
    for job in jobs:
        out.append(write_part(*job))
        count.show(len(out))
    return out


def _run_on(client: Any, jobs: Sequence[Job], tell: Tell) -> list[str]:
    distributed = import_extra("distributed", "dask")
    if not jobs:
        return []
    name = f"write-{uuid.uuid4().hex}"
    # Keys of one group: the scheduler keeps the tasks and gives each worker one when it is free.
    futures = [
        client.submit(write_part, *job, __version__, key=(name, i), pure=False, priority=-i)
        for i, job in enumerate(jobs)
    ]
    try:
        with _bar(distributed, futures):
            _wait(client, distributed, futures, tell)
        return [_answer(future, distributed) for future in futures]
    except _LOST as error:
        raise SettingsError(
            f"the cluster at {client.scheduler.address if client.scheduler else '?'} is lost",
            "finished parts are kept: start it and run the command again",
        ) from error
    finally:
        with suppress(*_LOST):
            client.cancel(futures, force=True)


def _wait(client: Any, distributed: Any, futures: Sequence[Any], tell: Tell) -> None:
    count, seen = _Counter(len(futures), tell), time.monotonic()
    while True:
        try:
            distributed.wait(futures, timeout=_LOOK_S)
            count.show(len(futures))
            return
        except TimeoutError:
            count.show(sum(future.done() for future in futures))
        if client.scheduler_info(n_workers=0)["n_workers"]:
            seen = time.monotonic()
        elif time.monotonic() - seen > _ALONE_S:
            seen = time.monotonic()
            tell(f"no worker is left: start one with dask worker {client.scheduler.address}")


def _answer(future: Any, distributed: Any) -> str:
    try:
        return str(future.result())
    except distributed.scheduler.KilledWorker as error:
        return f"{error.allowed_failures + 1} workers died over it; use smaller partitions"
    except _LOST:
        raise
    except Exception as error:  # noqa: BLE001 - for example, the worker lacks the module of `work`
        return "; ".join(describe_unexpected(error))


@contextmanager
def _bar(distributed: Any, futures: Sequence[Any]) -> Iterator[None]:
    """Show Dask's own progress bar while the futures are waited for, on a terminal."""
    if sys.stdout.isatty():
        draw = threading.Thread(
            target=lambda: distributed.progress(list(futures), notebook=False), daemon=True
        )
        draw.start()
        yield
        draw.join(_LOOK_S)
    else:
        yield


class _Counter:
    """Says how many parts are done, at most at each tenth."""

    def __init__(self, count: int, tell: Tell) -> None:
        self.count, self.tell, self.said = count, tell, 0

    def show(self, done: int) -> None:
        tenths = 10 * done // self.count if self.count else 0
        if tenths > self.said and not sys.stdout.isatty():
            self.said = tenths
            self.tell(f"{done} of {self.count} parts")
