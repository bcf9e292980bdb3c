"""TOML files that a user gives: read as plain values, or refused in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from geo_ree.errors import GeoReeError

MOST_BYTES = 16_000_000
"""A larger file is refused: the package's whole catalogue is a hundredth of that."""

_LARGEST = 10**18


def read_toml(path: Path | str, kind: type[GeoReeError]) -> dict[str, Any]:
    """Read a TOML file; the mark of order that some editors put first (BOM) is skipped.

    Raises an error of the `kind`, with the file and what to do, if it cannot be read or is no TOML.
    """
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise kind(f"{path} cannot be read ({error.strerror})", "check the path") from error
    except ValueError as error:  # a path with a zero
        raise kind(f"{str(path)!r} is no path ({error})", "check the path") from error
    if len(raw) > MOST_BYTES:
        raise kind(f"{path} has more than {MOST_BYTES} bytes", "check the path")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kind(f"{path} is not UTF-8 text", "save it as UTF-8") from error
    return parse_toml(text, str(path), kind)


def parse_toml(text: str, name: str, kind: type[GeoReeError]) -> dict[str, Any]:
    """Parse TOML; raises an error of the `kind`, which begins with `name`, if it is none.

    Examples
    --------
    >>> from geo_ree.errors import CatalogError
    >>> parse_toml("a = " + "9" * 5000, "mine.toml", CatalogError)
    Traceback (most recent call last):
    geo_ree.errors.CatalogError: mine.toml is not TOML: a number has too many digits; correct that line
    """
    try:
        found = tomllib.loads(text.removeprefix("\ufeff"))
        _check_numbers(found, "", name, kind)
        return found
    except tomllib.TOMLDecodeError as error:
        line = " ".join(str(error).split())[:200]
        raise kind(f"{name} is not TOML: {line}", "correct that line") from error
    except RecursionError as error:
        raise kind(f"{name} is not TOML: it is nested too deeply", "correct it") from error
    except ValueError as error:  # Python refuses integers of more than 4300 digits
        raise kind(
            f"{name} is not TOML: a number has too many digits", "correct that line"
        ) from error


def _check_numbers(value: Any, path: str, name: str, kind: type[GeoReeError]) -> None:
    """Refuse numbers that are none, or beyond all that is counted or measured here."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _check_numbers(inner, f"{path}.{key}" if path else str(key), name, kind)
    elif isinstance(value, int | float) and not -_LARGEST <= value <= _LARGEST:
        shown = (
            f"{value:g}" if isinstance(value, float) else f"a number of {len(str(value))} digits"
        )
        raise kind(f"{name}: {path} is {shown}: expected a finite number of at most 18 digits")
