"""Allow one process at a time to write into a data root, and one thread per source."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from geo_ree.errors import SettingsError
from geo_ree.settings import Settings
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.drafts import make_folder
from geo_ree.storage.moves import check_inside

LOCK = ".lock"
WAIT_S = 5.0


class _Hold:
    """The lock of one data root, shared by all threads of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = FileLock(path, thread_local=False)
        self.guard = threading.Lock()
        self.users = 0
        self.sources: dict[str, threading.RLock] = {}

    def enter(self, wait_s: float) -> None:
        with self.guard:
            if not self.users:
                with explain_unwritable(self.path):
                    make_folder(self.path.parent)
                    check_inside(self.path.parent, LOCK)
                    self.lock.acquire(timeout=wait_s)
            self.users += 1

    def leave(self) -> None:
        with self.guard:
            self.users -= 1
            if not self.users:
                self.lock.release()

    def source(self, source_id: str) -> threading.RLock:
        with self.guard:
            return self.sources.setdefault(source_id, threading.RLock())


# an operating system's lock belongs to the process, so its threads must share one object
_HOLDS: dict[Path, _Hold] = {}
_GUARD = threading.Lock()


@contextmanager
def data_lock(settings: Settings, source_id: str = "", *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Keep other processes from writing into the data root while the block runs.

    The operating system releases the lock when the process ends, even if it is killed. Any thread
    of the process can enter again. Reading does not need the lock.

    Parameters
    ----------
    settings
        Where the data root is; it is created if missing.
    source_id
        A source that only one thread of this process may work on; blank for none.
    wait_s
        Seconds to wait for another process.

    Raises
    ------
    SettingsError
        When another process holds the lock, or the data root cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> settings = Settings(data_root=Path(tempfile.mkdtemp()))
    >>> with data_lock(settings), data_lock(settings, "usgs_ree"):
    ...     sorted(p.name for p in settings.data_root.iterdir())
    ['.lock']
    """
    path = settings.data_root.resolve() / LOCK
    with _GUARD:
        hold = _HOLDS.setdefault(path, _Hold(path))
    try:
        hold.enter(wait_s)
    except Timeout as error:
        raise SettingsError(
            f"the data folder {settings.data_root} is in use by another run of geo_ree",
            "wait until it ends, or choose another folder with --data",
        ) from error
    try:
        if source_id:
            with hold.source(source_id):
                yield
        else:
            yield
    finally:
        hold.leave()
