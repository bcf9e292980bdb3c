"""Write files completely or not at all, and find those inside the package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from geo_ree.errors import SchemaError
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.drafts import check_place, commit, flush, open_draft


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
        A draft of the same name in a hidden folder beside `target`, where more files of your own may
        lie meanwhile. It replaces `target` when the block ends; when the block raises, or the process
        is killed, `target` stays as it was. The hidden folder is removed, that of a killed process
        by the next command that writes there.

    Raises
    ------
    SettingsError
        When the folder cannot be created or written, or a folder or a link has the file's name.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "deep" / "note.txt"
    >>> with atomic_path(target) as path:
    ...     _ = path.write_text("all of it")
    >>> target.read_text()
    'all of it'
    """
    with explain_unwritable(target), open_draft(target.parent, target.stem) as folder:
        check_place(target, target.parent)  # fail before the work is done, not after it
        yield folder / target.name
        flush(folder / target.name)
        check_place(target, target.parent)
        (folder / target.name).replace(target)


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
        block or a move fails, `folder` is left as it was. If the process is killed, too, see
        `geo_ree.storage.drafts`. Two processes may write into a folder: their moves follow each
        other.

    Raises
    ------
    SettingsError
        When the folder cannot be created or written, or a folder of yours or a link has the name of
        one of the files: then nothing is moved.

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
    with explain_unwritable(folder), open_draft(folder) as draft:
        for name in ("new", "old"):
            (draft / name).mkdir()
        yield draft / "new"
        commit(draft, folder)


def check_writable(folder: Path, names: Iterable[str] = ()) -> None:
    """Raise SettingsError unless these files can be written into a folder; leave nothing behind.

    Call it before the work. Without names, it is only checked that the folder takes files.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp())
    >>> (out / "map.html").mkdir()
    >>> check_writable(out, ["map.html"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: ...a folder has the name of an output; rename it...
    """
    with explain_unwritable(folder / "x"), open_draft(folder) as draft:
        (draft / "x").write_bytes(b"x")
        for name in names:
            check_place(folder / name, folder)


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
