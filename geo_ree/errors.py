"""The errors of geo_ree: each says what is wrong, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


class GeoReeError(Exception):
    """Base of all errors that geo_ree raises on purpose.

    Parameters
    ----------
    what
        What is wrong: the file, the row or setting, what was found and what was expected.
    hint
        What the reader can do about it.

    Examples
    --------
    >>> str(SchemaError("deposits.csv row 7: latitude is 98.2", "give degrees from -90 to 90"))
    'deposits.csv row 7: latitude is 98.2; give degrees from -90 to 90'
    """

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(f"{what}; {hint}" if hint else what)


class SettingsError(GeoReeError):
    """A setting or option that cannot be used (an unwritable folder, an unknown source id)."""


class CatalogError(GeoReeError):
    """A catalogue entry that does not hold together."""


class FetchError(GeoReeError):
    """A source that could not be downloaded, or whose download is not what it should be."""


class DatabaseError(GeoReeError):
    """A database that cannot be reached, read or written."""


class SchemaError(GeoReeError):
    """Data that does not fit its canonical layer."""


class ScoreError(GeoReeError):
    """A preset, criterion or request for scores that has no sound answer."""


class RouteError(GeoReeError):
    """A route, cost or table of theirs that cannot be used, or a place that is unknown."""


class RenderError(GeoReeError):
    """A page that could not be made or written."""


def describe_unexpected(error: Exception) -> tuple[str, str]:
    """Say in one line what went wrong where no error of geo_ree was raised, and a hint.

    Whoever works through many sources catches every `Exception`, so that one of them does not
    lose the others. (Not `MemoryError`, which is no fault of that source.)

    Examples
    --------
    >>> describe_unexpected(KeyError("rows"))[0]
    "unexpected KeyError: 'rows'"
    """
    text = " ".join(str(error).split())[:200]
    what = f"unexpected {type(error).__name__}" + (f": {text}" if text else "")
    return (
        what,
        "this is a fault of geo_ree: report it with the traceback that geo-ree --debug shows",
    )


@contextmanager
def naming_unexpected(where: str, hint: str) -> Iterator[None]:
    """Turn an error that is none of geo_ree's own into a SchemaError that says where it happened.

    Examples
    --------
    >>> with naming_unexpected("usgs_ree", "leave it out"):
    ...     [][0]
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: unexpected IndexError: list index out of range; leave it \
out; this is a fault of geo_ree: report it with the traceback that geo-ree --debug shows
    """
    try:
        yield
    except (GeoReeError, MemoryError):
        raise
    except Exception as error:
        what, more = describe_unexpected(error)
        raise SchemaError(f"{where}: {what}", f"{hint}; {more}") from error


def suggest_words(word: str, known: Iterable[str]) -> str:
    """Say which known words are spelt like a word that is not known; empty where none is.

    Parameters
    ----------
    word
        What was given.
    known
        What could have been given.

    Returns
    -------
    str
        Up to three words for a hint, the nearest first.

    Examples
    --------
    >>> suggest_words("railway", ["roads", "railways", "water"])
    'did you mean railways?'
    >>> suggest_words("xyz", ["roads"])
    ''
    """
    by_folded = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(word.strip().casefold(), list(by_folded), 3, 0.6)
    return f"did you mean {' or '.join(by_folded[n] for n in near)}?" if near else ""


def import_extra(module: str, extra: str) -> Any:
    """Import a library that an optional extra of geo_ree installs.

    Parameters
    ----------
    module
        Full name of the module.
    extra
        Name of the extra in ``pyproject.toml``.

    Returns
    -------
    module

    Raises
    ------
    SettingsError
        When the library is not installed.

    Examples
    --------
    >>> import_extra("no_such_library", "dask")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: no_such_library is not installed; pip install "geo_ree[dask]"
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.split(".", maxsplit=1)[0]
        raise SettingsError(
            f"{library} is not installed", f'pip install "geo_ree[{extra}]"'
        ) from error
