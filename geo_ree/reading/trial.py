"""A file of unknown origin is first read by a child process, which may die of it.

Libraries in C++ and Rust end the process for what they did not expect: a stack that overflows, memory
that cannot be had. `try_file` lets a child read the file within limits of memory and time, and says
in one line what became of it; then the parent reads it. A file whose checksum a fetch has recorded
was tried then, and is read at once: see `known_files`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from geo_ree.errors import SchemaError
from geo_ree.reading.trial_child import REFUSED
from geo_ree.settings import GDAL_OPTIONS, GDAL_SKIP, LARGER_LIMITS, Limits

_IS_KNOWN: ContextVar[bool] = ContextVar("geo_ree_known_files", default=False)
_CHILD = Path(__file__).with_name("trial_child.py")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GML_DOWNLOAD_SCHEMA": "NO"}


@contextmanager
def known_files(known: bool = True) -> Iterator[None]:
    """Read files without a trial: they are ours, or were tried when they were fetched."""
    token = _IS_KNOWN.set(known)
    try:
        yield
    finally:
        _IS_KNOWN.reset(token)


def try_file(
    path: Path, kind: Literal["vector", "parquet", "workbook"], *, where: str, layer: str = ""
) -> None:
    """Let a child process read a file.

    Raises `SchemaError` if the child dies, runs out of memory or time, or refuses the file. `where`
    names it; `layer` is the layer that will be read, blank for all.
    """
    # where Python is embedded (QGIS), the executable is another program
    if _IS_KNOWN.get() or "python" not in Path(sys.executable or "").name.lower():
        return
    limits = Limits.current()
    most = limits.text_bytes if kind == "workbook" else limits.expanded_bytes
    numbers = map(str, (most, limits.child_bytes, limits.child_s))
    options = {name: value for name, value in GDAL_OPTIONS.items() if "READDIR" not in name}
    skipped = {"GDAL_SKIP": ",".join(GDAL_SKIP.split())}
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_CHILD), kind, str(path.absolute()), layer, *numbers],
            env=os.environ | options | skipped | _ONE_THREAD,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.child_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _timeout(where, limits) from error
    if _cause(done.returncode) == "SIGXCPU":
        raise _timeout(where, limits)
    if done.returncode == REFUSED:
        raise SchemaError(f"{where} {done.stdout.decode().strip()}", LARGER_LIMITS)
    if done.returncode < 0 or done.returncode > 128:
        raise SchemaError(
            f"{where} ends the program that reads it ({_cause(done.returncode)})",
            f"save it again with the program that wrote it, or {LARGER_LIMITS}",
        )


def _timeout(where: str, limits: Limits) -> SchemaError:
    return SchemaError(f"{where} is not read within {limits.child_s} seconds", LARGER_LIMITS)


def _cause(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"status {status}"
