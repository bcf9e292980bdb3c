"""Reading the catalogue's TOML files, with every mistake in them reported at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from geo_ree.catalog.source import MistakesError, Source
from geo_ree.errors import CatalogError

_STAND_IN: Mapping[str, Any] = MappingProxyType(
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
"""What an entry has to say, for one that does not."""


def load_catalog(extra: Path | str | None = None) -> Mapping[str, Source]:
    """Read the package's catalogue, and a file of the user's own behind it.

    Parameters
    ----------
    extra
        A TOML file with more ``[[source]]`` tables. An entry there replaces the package's
        entry of the same id. With ``like = "id"`` an entry takes what it does not say from one
        that stands before it.

    Returns
    -------
    Mapping of str to Source
        By id, in the order of the files.

    Raises
    ------
    CatalogError
        Every mistake in one message, each with its file and dotted path.

    Examples
    --------
    >>> load_catalog()["usgs_ree"].layer
    'deposits'
    """
    complaints: list[str] = []
    sources: dict[str, Source] = {}
    tables: dict[str, dict[str, Any]] = {}
    for name, text in _package_files():
        for source in _parse(text, name, complaints, tables):
            if source.id in sources:
                complaints.append(f"{name}: source.{source.id} is defined twice")
            sources[source.id] = source
    if extra is not None:
        path = Path(extra)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CatalogError(
                f"the catalogue {path} cannot be read ({error.strerror})", "check the path"
            ) from error
        except UnicodeDecodeError as error:
            raise CatalogError(
                f"the catalogue {path} is no text in UTF-8", "save it as UTF-8"
            ) from error
        for source in _parse(text, path.name, complaints, tables):
            sources[source.id] = source
    for source in sources.values():
        if source.extract_of and source.extract_of not in sources:
            complaints.append(f"source.{source.id}.extract_of: no source is {source.extract_of!r}")
    if complaints:
        raise CatalogError("the catalogue has mistakes: " + "; ".join(complaints))
    return MappingProxyType(sources)


def _package_files() -> Iterator[tuple[str, str]]:
    folder = files("geo_ree.catalog")
    for item in sorted(folder.iterdir(), key=lambda f: f.name):
        if item.name.endswith(".toml"):
            yield item.name, item.read_text(encoding="utf-8")


def _parse(
    text: str, name: str, complaints: list[str], known: dict[str, dict[str, Any]]
) -> list[Source]:
    try:
        tables = tomllib.loads(text).get("source", [])
    except tomllib.TOMLDecodeError as error:
        complaints.append(f"{name}: not TOML: {error}")
        return []
    if not isinstance(tables, list):
        complaints.append(f"{name}: source: is one table, expected [[source]] in double brackets")
        return []
    out = []
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict):
            complaints.append(f"{name}: source.#{number}: is no table")
            continue
        label = table.get("id", f"#{number}")
        model = table.get("like", "")
        if model and model not in known:
            complaints.append(f"{name}: source.{label}.like: no source before it is {model!r}")
            continue
        full = _overlaid(known.get(model, {}), table)
        known[str(label)] = full
        try:
            out.append(Source.model_validate(full))
        except ValidationError as error:
            told = [line for item in error.errors() for line in _lines(item)]
            told += _behind(full, {str(item["loc"][0]) for item in error.errors() if item["loc"]})
            complaints += [f"{name}: source.{label}.{line}" for line in told]
    return out


def _behind(table: Mapping[str, Any], wrong: set[str]) -> list[str]:
    """Mistakes that hide behind others: how the parts of an entry fit, leaving the wrong ones out."""
    if not wrong or "table" in wrong:
        return []
    try:
        Source.model_validate({**_STAND_IN, **{k: v for k, v in table.items() if k not in wrong}})
    except ValidationError as error:
        told = [line for item in error.errors() for line in _lines(item)]
        return [line for line in told if re.split(r"[.:]", line)[0] not in wrong]
    return []


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay an entry over the one that it is ``like``: tables are joined, all else replaced."""
    out = {**below}
    for key, value in above.items():
        if key == "like":
            continue
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        out[key] = _overlaid(below[key], value) if both else value
    return out


def _lines(item: Any) -> list[str]:
    """One line for each mistake in an error of pydantic, from the dotted path on."""
    found = item.get("ctx", {}).get("error")
    if isinstance(found, MistakesError):
        return found.mistakes
    path = ".".join(map(str, item["loc"])) or "entry"
    said = "is no setting" if item["type"] == "extra_forbidden" else item["msg"]
    return [f"{path}: {said}"]
