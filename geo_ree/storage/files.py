"""Write files completely or not at all, and find those inside the package."""

from __future__ import annotations

import errno
import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from geo_ree.errors import SchemaError, SettingsError

_UNWRITABLE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOTEMPTY,
    errno.ENAMETOOLONG,
}


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Write a file completely or not at all.

    Parameters
    ----------
    target
        The file to write; its folder is created if missing.

    Yields
    ------
    pathlib.Path
        A draft in the same folder with the same suffix. It replaces `target` when the block
        ends, and is removed when the block raises.

    Raises
    ------
    SettingsError
        When the folder cannot be created or written.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "deep" / "note.txt"
    >>> with atomic_path(target) as path:
    ...     _ = path.write_text("all of it")
    >>> target.read_text()
    'all of it'
    """
    draft = target.with_name(f".{target.stem}-{uuid.uuid4().hex[:8]}{target.suffix}")
    with explain_unwritable(target):
        made = make_folder(target.parent)
        draft.touch(exist_ok=False)  # fail before the work is done, not after it
        draft.unlink()
    try:
        with explain_unwritable(target):
            yield draft
            draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        _remove_empty(made)
        raise


def atomic_text(target: Path, text: str) -> None:
    """Write a UTF-8 text file completely or not at all.

    Raises
    ------
    SettingsError
        When the folder cannot be created or written.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> atomic_text(target, "Кутессай II")
    >>> target.read_text(encoding="utf-8")
    'Кутессай II'
    """
    with atomic_path(target) as path:
        path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def atomic_files(folder: Path) -> Iterator[Path]:
    """Write several files into a folder, all of them or none.

    Parameters
    ----------
    folder
        Their folder, created if missing. Other files in it are not touched.

    Yields
    ------
    pathlib.Path
        An empty folder to write into. Its files move to `folder` when the block ends; if the
        block or a move fails, `folder` is left as it was.

    Raises
    ------
    SettingsError
        When the folder cannot be created or written.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with atomic_files(out) as draft:
    ...     _ = (draft / "map.html").write_text("<html>")
    ...     _ = (draft / "run.json").write_text("{}")
    >>> sorted(p.name for p in out.iterdir())
    ['map.html', 'run.json']
    """
    with explain_unwritable(folder):
        made = make_folder(folder)
        # inside the folder itself: the moves then never cross a file system
        draft = folder / f".writing-{uuid.uuid4().hex[:8]}"
        draft.mkdir()
    new, old = draft / "new", draft / "old"
    try:
        with explain_unwritable(folder):
            new.mkdir()
            old.mkdir()
            yield new
            _move_all(new, old, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        _remove_empty(made)


def check_writable(folder: Path) -> None:
    """Raise SettingsError unless files can be written into a folder; leave nothing behind."""
    with atomic_files(folder):
        pass


def _move_all(new: Path, old: Path, folder: Path) -> None:
    done: list[Path] = []
    try:
        for path in sorted(p for p in new.rglob("*") if p.is_file()):
            part = path.relative_to(new)
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            (old / part).parent.mkdir(parents=True, exist_ok=True)
            if (folder / part).exists():
                (folder / part).replace(old / part)
            done.append(part)
            path.replace(folder / part)
    except BaseException:
        for part in reversed(done):
            (folder / part).unlink(missing_ok=True)
            if (old / part).exists():
                (old / part).replace(folder / part)
        raise


@contextmanager
def explain_unwritable(target: Path) -> Iterator[None]:
    """Turn an OSError about `target` into a one-line SettingsError."""
    try:
        yield
    except OSError as error:
        about = Path(str(error.filename or target))
        ours = about.is_relative_to(target.parent) or target.is_relative_to(about)
        # some file systems refuse a new folder with "No such file or directory"
        nowhere = error.errno == errno.ENOENT and target.is_relative_to(about)
        if not nowhere and (error.errno not in _UNWRITABLE or not ours):
            raise
        raise SettingsError(
            f"{target} cannot be written: {error.strerror} ({about})",
            "choose another folder with --out or --data, or free this one",
        ) from error


def make_folder(folder: Path) -> list[Path]:
    """Create a folder and its parents; give those that were created, deepest first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(made: list[Path]) -> None:
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def sha256_of(path: Path) -> str:
    """Give the SHA-256 checksum of a file in hexadecimal.

    Raises
    ------
    SchemaError
        When the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty"
    >>> _ = path.write_bytes(b"")
    >>> sha256_of(path)[:12]
    'e3b0c44298fc'
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SchemaError(f"{path} cannot be read: {error.strerror}", "check the path") from error


def starter_path(name: str) -> Path:
    """Find a file of the starter data.

    Parameters
    ----------
    name
        Its name inside ``geo_ree/starter``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SchemaError
        When the package lacks it.

    Examples
    --------
    >>> starter_path("nothing.csv")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: the package lacks starter/nothing.csv; reinstall geo_ree
    """
    path = Path(str(files("geo_ree"))) / "starter" / name
    if Path(name).name != name or not path.is_file():
        raise SchemaError(f"the package lacks starter/{name}", "reinstall geo_ree")
    return path
