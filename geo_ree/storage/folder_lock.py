"""A lock on a folder that leaves no file behind and ends with the process that holds it."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from geo_ree.storage.interrupts import uninterrupted

if os.name == "nt":
    fcntl: Any = None
else:
    import fcntl

_BUSY = {errno.EAGAIN, errno.EWOULDBLOCK}
_PAUSE_S = 0.01


class FolderLock:
    """Keeps other processes and threads from what the same lock protects.

    The operating system locks the folder itself. Where it cannot (Windows, some network drives), a
    file in the temporary folder is locked instead, named after the folder's path.

    Parameters
    ----------
    folder
        An existing folder; it need not be writable.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> lock, other = FolderLock(folder), FolderLock(folder)
    >>> lock.acquire(), other.acquire()
    (True, False)
    >>> lock.release()
    >>> other.acquire()
    True
    >>> other.release()
    """

    fd = -1
    _file: FileLock | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def acquire(self, wait_s: float = 0.0, *, shared: bool = False) -> bool:
        """Take the lock; return whether that was possible in time.

        Any number of holders can share it. Raises FileNotFoundError when the folder is gone.
        """
        end = time.monotonic() + wait_s
        while not self._try(shared=shared):
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE_S)
        return True

    def release(self) -> None:
        """Give the lock back."""
        with uninterrupted():
            if self._file is not None:
                self._file.release()
                self._file = None
            if self.fd >= 0:
                os.close(self.fd)
                self.fd = -1

    def __del__(self) -> None:
        if self.fd >= 0:  # Ctrl-C fell between two steps of its holder
            os.close(self.fd)

    def _try(self, *, shared: bool) -> bool:
        with uninterrupted():
            return (
                self._try_file(shared=shared) if fcntl is None else self._try_folder(shared=shared)
            )

    def _try_folder(self, *, shared: bool) -> bool:
        fd = os.open(self.folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(fd), self.folder.stat()):
                self.fd, fd = fd, -1
                return True
        except OSError as error:
            if error.errno in _BUSY:
                return False
            if isinstance(error, FileNotFoundError):
                raise
            return self._try_file(shared=shared)
        finally:
            if fd >= 0:
                os.close(fd)
        return False  # another folder has its name by now

    def _try_file(self, *, shared: bool) -> bool:
        self.folder.stat()
        if shared:  # files know no shared locks: readers go without
            return True
        key = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:16]
        lock = FileLock(Path(tempfile.gettempdir()) / f"geo_ree-{key}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._file = lock
        return True
