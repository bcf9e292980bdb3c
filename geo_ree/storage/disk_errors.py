"""Errors of the user's own disk: a full, read-only or failing one is said in one line, and is no bad input."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_ree.errors import GeoReeError, SettingsError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SICK = _FULL | {errno.EIO, errno.EROFS, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENODEV}
_UNWRITABLE = _SICK | {
    errno.EACCES,
    errno.EPERM,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOTEMPTY,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EBUSY,
    errno.ETXTBSY,
}
# libraries in C give the words of the system, not its number
_WORDS = {
    "no space left": errno.ENOSPC,
    "not enough space": errno.ENOSPC,
    "disk is full": errno.ENOSPC,
    "quota exceeded": errno.EDQUOT,
    "file too large": errno.EFBIG,
    "input/output error": errno.EIO,
    "disk i/o error": errno.EIO,
    "too many open files": errno.EMFILE,
}
_NEARLY_FULL_BYTES = 65_536


@contextmanager
def explain_unwritable(target: Path) -> Iterator[None]:
    """Turn an error about writing `target` into a one-line SettingsError.

    That is an OSError about `target` or its folder, and any error that a full or failing disk
    caused, whatever a library made of it. Others pass unchanged.
    """
    try:
        yield
    except OSError as error:
        about, whole = Path(str(error.filename or target)).absolute(), target.absolute()
        ours = about.is_relative_to(whole.parent) or whole.is_relative_to(about)
        # some file systems refuse a new folder with "No such file or directory"
        nowhere = error.errno == errno.ENOENT and whole.is_relative_to(about)
        if not nowhere and (error.errno not in _UNWRITABLE or not ours):
            raise
        raise SettingsError(
            f"{target} cannot be written: {error.strerror} ({about})",
            "choose another folder with --out or --data, or free this one",
        ) from error
    except GeoReeError:
        raise
    except Exception as error:
        reason = disk_reason(error) or _full_reason(target.parent) or _library_reason(error)
        if not reason:
            raise
        raise SettingsError(
            f"{target} cannot be written: {reason}",
            "free some space, or choose another folder with --out or --data",
        ) from error


@contextmanager
def explain_full_scratch(folder: Path) -> Iterator[None]:
    """Turn an error that a full or failing disk caused into a SettingsError about TMPDIR.

    A reader may have called the input damaged: it cannot know that its own copy was cut short.
    """
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:
        reason = disk_reason(error)
        if not reason:
            raise
        about = error.what if isinstance(error, GeoReeError) else str(folder)
        where = re.split(r" (?:is|cannot|has) ", about)[0]
        raise SettingsError(
            f"{where} cannot be read: {reason} in {tempfile.gettempdir()}",
            "free some space, or set TMPDIR to a folder with more",
        ) from error


def disk_reason(error: BaseException) -> str:
    """Say why the disk made a call fail, as the system puts it; blank if another cause did.

    Examples
    --------
    >>> disk_reason(OSError(errno.ENOSPC, "No space left on device"))
    'No space left on device'
    >>> disk_reason(ValueError("a row is too short"))
    ''
    """
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            break
        if isinstance(seen, OSError) and seen.errno in _SICK:
            return os.strerror(seen.errno)
        line = str(seen).lower()
        if not isinstance(seen, GeoReeError):
            for words, number in _WORDS.items():
                if words in line:
                    return os.strerror(number)
        seen = seen.__cause__ or seen.__context__
    return ""


def _library_reason(error: Exception) -> str:
    """Give the words of GDAL when it cannot write: of a full disk, it may say nothing."""
    library = type(error).__module__.split(".")[0]
    return " ".join(str(error).split()) if library in ("pyogrio", "rasterio") else ""


def _full_reason(folder: Path) -> str:
    """Say that the disk of a folder is full: some libraries report a full disk without a word of it."""
    try:
        room = os.statvfs(folder)
    except (AttributeError, OSError):
        return ""
    full = room.f_blocks and room.f_bavail * room.f_frsize < _NEARLY_FULL_BYTES
    return os.strerror(errno.ENOSPC) if full else ""
