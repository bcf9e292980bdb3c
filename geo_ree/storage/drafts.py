"""Draft folders: what is written is written there, and moved to its place when it is whole.

How several files are replaced at once, though a process can be killed at any moment:

1. A draft is a hidden folder in the folder of the files. Its process holds a lock on it while it
   lives; whoever writes into the folder next removes the drafts without a holder.
2. To commit, the folder is locked, so that one commit follows another. Nothing is moved if a folder
   or a link stands where a file is to go. The old files get second names in the draft, and the list
   of moves is stored.
3. `geo_ree.storage.moves` makes the moves in a process of its own, which survives the command. If
   that process is killed, the command makes the moves; if both are, the next command that writes into
   the folder does. ``run.json`` is moved last.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from geo_ree.errors import SettingsError
from geo_ree.storage import moves
from geo_ree.storage.disk_errors import explain_full_scratch
from geo_ree.storage.folder_lock import FolderLock
from geo_ree.storage.interrupts import uninterrupted

_NAME = re.compile(r"\.(?:.+-)?writing-[0-9a-f]{8}", re.DOTALL)
_LAST = "run.json"
_WAIT_S = 60.0
_SCRATCH_WAIT_S = 5.0
_ATTEMPTS = 100
_own_drafts = threading.RLock()
_left: dict[Path, tuple[int, list[Path]]] = {}  # drafts of this process: its id, folders made


@contextmanager
def open_draft(folder: Path, stem: str = "") -> Iterator[Path]:
    """Yield an empty draft folder inside `folder`, which is created if missing.

    The draft is removed at the end; after an error, so are the folders that were made for it.
    """
    name = f".{stem[:40]}-writing-{uuid.uuid4().hex[:8]}".replace(".-", ".")
    draft, made = folder / name, make_folder(folder)
    _left[draft] = os.getpid(), made
    own = FolderLock(draft)
    try:
        _make_draft(draft, own)
        yield draft
    finally:
        with uninterrupted():
            own.release()
            _discard(draft)


def _make_draft(draft: Path, own: FolderLock) -> None:
    for attempt in range(_ATTEMPTS):
        with locked(draft.parent):
            try:
                sweep_drafts(draft.parent)
                draft.mkdir(mode=0o700)
            except FileNotFoundError:  # another command removes the empty folder that it had made
                if attempt == _ATTEMPTS - 1:
                    raise
                make_folder(draft.parent)
                continue
            own.acquire()
            return


def _discard(draft: Path) -> None:
    if any((draft / name).exists() for name in (moves.MOVES, moves.UNDO)):
        # interrupted in the middle of a commit: whoever makes its moves holds the folder
        with suppress(OSError, SettingsError), locked(draft.parent):
            moves.complete(draft)
    shutil.rmtree(draft, ignore_errors=True)
    _, made = _left.pop(draft, (0, []))
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


@atexit.register
def discard_drafts() -> None:
    """Remove what this process still has of drafts and scratch folders: it is about to end."""
    with uninterrupted():
        for draft, (process, _) in list(_left.items()):
            if process == os.getpid():
                _discard(draft)
        with suppress(OSError):  # others use it, or it is gone
            _scratch_home().rmdir()


def make_folder(folder: Path) -> list[Path]:
    """Create a folder and its parents; give those that were created, deepest first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    for attempt in range(_ATTEMPTS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, FileNotFoundError):
            # it was there, or its parent was, until another command removed what it had made
            if attempt == _ATTEMPTS - 1 or folder.exists():
                raise
        else:
            break
    return missing


def _is_in_own_draft(folder: Path) -> bool:
    """Whether a folder is a draft of this process, or inside one: nobody else writes there."""
    own = [draft for draft, (process, _) in list(_left.items()) if process == os.getpid()]
    return any(folder.is_relative_to(draft) for draft in own)


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the lock of a folder; another command in it is waited for. Yields its descriptor.

    This process holds the lock of its own drafts already: there its threads take turns, and -1 is
    yielded.
    """
    if _is_in_own_draft(folder):
        with _own_drafts:
            yield -1
        return
    lock = FolderLock(folder)
    try:
        _acquire(lock)
        yield lock.fd
    finally:
        lock.release()


def _acquire(lock: FolderLock) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            if lock.acquire(_WAIT_S):
                return
            break
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1:
                raise
            make_folder(lock.folder)
    raise SettingsError(
        f"{lock.folder} is in use by another command of geo_ree",
        "wait until it ends, or choose another folder with --out",
    )


def sweep_drafts(folder: Path) -> None:
    """Complete or remove what killed processes left in a folder. Hold its lock."""
    for draft in folder.iterdir():
        if not _NAME.fullmatch(draft.name) or not _is_own(draft):
            continue
        lock = FolderLock(draft)
        try:
            if not lock.acquire():
                continue
        except FileNotFoundError:
            continue
        try:
            with suppress(ValueError):  # none of our lists of moves: they do not lead elsewhere
                moves.complete(draft)
            shutil.rmtree(draft, ignore_errors=True)
        finally:
            lock.release()


def recover(folder: Path) -> None:
    """Complete what a killed command had begun to move into a folder; call it before reading.

    Nothing happens where there is no such folder, or it cannot be written.

    Examples
    --------
    >>> recover(Path("no-such-folder"))
    """
    with suppress(OSError):
        if any(_NAME.fullmatch(path.name) for path in folder.iterdir()):
            with locked(folder):
                sweep_drafts(folder)


def _is_own(path: Path) -> bool:
    """Return whether a path is a folder, no link, of this user: others' are left to them."""
    with suppress(FileNotFoundError):
        found = path.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == _user()
    return False


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def commit(draft: Path, folder: Path) -> None:
    """Move the files in ``new`` of a draft into the folder of the draft, all or none.

    Raises OSError if one cannot be moved; then the folder is as it was.
    """
    new = draft / "new"
    parts = [p.relative_to(new).as_posix() for p in new.rglob("*") if not p.is_dir()]
    parts.sort(key=lambda part: (part == _LAST, part))
    if not parts:
        return
    with locked(folder) as fd:
        for part in parts:
            check_place(folder / part, folder)
            flush(new / part)
        replaced = {part: _keep_old(part, draft, folder) for part in parts}
        homes = {str(p.as_posix()) for part in parts for p in Path(part).parents} - {"."}
        made = [home for home in sorted(homes) if not (folder / home).exists()]
        with uninterrupted():
            moves.write_moves(draft, made, replaced)
            _complete(draft.absolute(), fd)


def check_place(target: Path, folder: Path) -> None:
    """Raise an OSError if a folder of the user's, a link or a device stands where a file is to go."""
    moves.check_inside(folder, target.relative_to(folder).as_posix())
    for home in target.relative_to(folder).parents:
        if (folder / home).exists() and not (folder / home).is_dir():
            raise NotADirectoryError(
                20, "a file stands where a folder is needed", str(folder / home)
            )
    if target.is_dir():
        raise IsADirectoryError(21, "a folder has the name of an output; rename it", str(target))
    if target.exists() and not target.is_file():
        raise OSError(1, "it is no regular file", str(target))


def flush(path: Path) -> None:
    """Make the system write a file to the disk: a power cut then finds it whole."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _keep_old(part: str, draft: Path, folder: Path) -> bool:
    """Give the file to be replaced a second name in the draft; return whether there is one."""
    target, old = folder / part, draft / "old" / part
    if not target.exists():
        return False
    old.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(target, old)
    except OSError:  # a file system without second names, or a file of another user
        shutil.copy2(target, old)
    return True


def _complete(draft: Path, fd: int) -> None:
    """Make the moves in a process that outlives this one; here, if that process is killed."""
    done = _run_moves(draft, fd)
    if done is not None and done.returncode == moves.REFUSED:
        number, reason, name = done.stderr.decode("utf-8", "surrogateescape").split("\0")
        raise OSError(int(number), reason, name or None)
    if done is None or done.returncode:
        moves.complete(draft)


def _run_moves(draft: Path, fd: int) -> subprocess.CompletedProcess[bytes] | None:
    if not sys.executable or getattr(sys, "frozen", False):
        return None
    with suppress(OSError):
        return subprocess.run(
            [sys.executable, "-I", "-S", moves.__file__, str(draft)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(fd,) if fd >= 0 else (),  # the folder stays locked as long as either lives
        )
    return None


def _is_private(home: Path) -> bool:
    """Make a folder for this user alone; return whether it is one."""
    for _ in range(_ATTEMPTS):
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
        with suppress(FileNotFoundError):  # another command removes it when it ends
            home.lstat()
            return _is_own(home)
    return False


def _is_free(home: Path) -> bool:
    """Return whether the lock of a folder can be had soon."""
    lock = FolderLock(home)
    with suppress(FileNotFoundError):  # another command removes it when it ends; we make it again
        if not lock.acquire(_SCRATCH_WAIT_S):
            return False
        lock.release()
    return True


def _scratch_home() -> Path:
    return Path(tempfile.gettempdir()) / f"geo_ree-{_user()}"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder in the system's temporary folder (TMPDIR), removed at the end.

    What killed processes left there is removed, too.

    Raises
    ------
    SettingsError
        When the temporary folder is full or cannot be written.

    Examples
    --------
    >>> with scratch_folder() as folder:
    ...     (folder / "a").write_text("x")
    1
    >>> folder.exists()
    False
    """
    home = _scratch_home()
    with explain_full_scratch(home):
        # somebody else made it, or a command that hangs holds it: no place for our files
        if not (_is_private(home) and _is_free(home)):
            with tempfile.TemporaryDirectory(prefix="geo_ree-") as other:
                yield Path(other)
            return
        try:
            with open_draft(home) as folder:
                yield folder
        finally:
            with suppress(OSError):
                home.rmdir()
