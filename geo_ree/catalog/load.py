"""Read the catalogue's TOML files, and report every mistake in them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from geo_ree.catalog.source import MistakesError, Source
from geo_ree.catalog.toml_files import parse_toml, read_toml
from geo_ree.errors import CatalogError

_PLACEHOLDERS: Mapping[str, Any] = MappingProxyType(
    {
        "id": "x",
        "title": "xxx",
        "publisher": "xx",
        "country": "xx",
        "label": "xx",
        "protocol": "local",
        "licence": "xx",
        "attribution": "xxx",
        "edition": "x",
        "status": "unverified",
    }
)
"""Values of the required fields, to check the rest of an entry that has mistakes in them."""


def load_catalog(extra: Path | str | None = None) -> Mapping[str, Source]:
    """Read the package's catalogue, then a file of your own.

    Parameters
    ----------
    extra
        A TOML file with more ``[[source]]`` tables. An entry replaces the package's entry with
        the same id. With ``like = "id"`` it copies everything it does not set from an earlier
        entry.

    Returns
    -------
    Mapping of str to Source
        By id, in the order of the files.

    Raises
    ------
    CatalogError
        With every mistake in one message, each with its file and dotted path.

    Examples
    --------
    >>> load_catalog()["usgs_ree"].layer
    'deposits'
    """
    mistakes: list[str] = []
    sources: dict[str, Source] = {}
    tables: dict[str, dict[str, Any]] = {}
    for name, text in _package_files():
        for source in _parse(parse_toml(text, name, CatalogError), name, mistakes, tables):
            if source.id in sources:
                mistakes.append(f"{name}: source.{source.id} is defined twice")
            sources[source.id] = source
    if extra is not None:
        for source in _parse(read_toml(extra, CatalogError), Path(extra).name, mistakes, tables):
            sources[source.id] = source
    for source in sources.values():
        if source.extract_of and source.extract_of not in sources:
            mistakes.append(f"source.{source.id}.extract_of: no source is {source.extract_of!r}")
    if mistakes:
        raise CatalogError("the catalogue has mistakes: " + "; ".join(mistakes))
    return MappingProxyType(sources)


def _package_files() -> Iterator[tuple[str, str]]:
    folder = files("geo_ree.catalog")
    for item in sorted(folder.iterdir(), key=lambda f: f.name):
        if item.name.endswith(".toml"):
            yield item.name, item.read_text(encoding="utf-8")


def _parse(
    document: Mapping[str, Any],
    name: str,
    mistakes: list[str],
    known: dict[str, dict[str, Any]],
) -> list[Source]:
    tables = document.get("source", [])
    if not isinstance(tables, list):
        mistakes.append(f"{name}: source: is one table, expected [[source]] in double brackets")
        return []
    out = []
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict):
            mistakes.append(f"{name}: source.#{number}: is not a table")
            continue
        label = table.get("id", f"#{number}")
        model = table.get("like", "")
        if not isinstance(model, str):
            mistakes.append(f"{name}: source.{label}.like: is no text, expected the id of a source")
            continue
        if model and model not in known:
            mistakes.append(f"{name}: source.{label}.like: no source before it is {model!r}")
            continue
        full = _overlay(known.get(model, {}), table)
        known[str(label)] = full
        try:
            out.append(Source.model_validate(full))
        except ValidationError as error:
            found = [line for item in error.errors() for line in _lines(item)]
            found += _hidden_mistakes(
                full, {str(item["loc"][0]) for item in error.errors() if item["loc"]}
            )
            mistakes += [f"{name}: source.{label}.{line}" for line in found]
    return out


def _hidden_mistakes(table: Mapping[str, Any], wrong: set[str]) -> list[str]:
    """Check how the correct fields of an entry fit together: pydantic stops at the wrong ones."""
    if not wrong or "table" in wrong:
        return []
    try:
        Source.model_validate(
            {**_PLACEHOLDERS, **{k: v for k, v in table.items() if k not in wrong}}
        )
    except ValidationError as error:
        found = [line for item in error.errors() for line in _lines(item)]
        return [line for line in found if re.split(r"[.:]", line)[0] not in wrong]
    return []


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay an entry over the one it is ``like``: tables are joined, everything else is replaced."""
    out = {**below}
    for key, value in above.items():
        if key == "like":
            continue
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        out[key] = _overlay(below[key], value) if both else value
    return out


def _lines(item: Any) -> list[str]:
    """Turn one error of pydantic into lines that begin with the dotted path."""
    found = item.get("ctx", {}).get("error")
    if isinstance(found, MistakesError):
        return found.mistakes
    path = ".".join(map(str, item["loc"])) or "entry"
    message = "is no setting" if item["type"] == "extra_forbidden" else item["msg"]
    return [f"{path}: {message}"]
