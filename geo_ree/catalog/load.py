"""Reading the catalogue's TOML files, with every mistake in them reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from geo_ree.catalog.source import Source
from geo_ree.errors import CatalogError


def load_catalog(extra: Path | str | None = None) -> Mapping[str, Source]:
    """Read the package's catalogue, and a file of the user's own behind it.

    Parameters
    ----------
    extra
        A TOML file with more ``[[source]]`` tables. An entry there replaces the package's
        entry of the same id.

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
    for name, text in _package_files():
        for source in _parse(text, name, complaints):
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
        for source in _parse(text, path.name, complaints):
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


def _parse(text: str, name: str, complaints: list[str]) -> list[Source]:
    try:
        tables: list[dict[str, Any]] = tomllib.loads(text).get("source", [])
    except tomllib.TOMLDecodeError as error:
        complaints.append(f"{name}: not TOML: {error}")
        return []
    out = []
    for number, table in enumerate(tables, 1):
        label = table.get("id", f"#{number}") if isinstance(table, dict) else f"#{number}"
        try:
            out.append(Source.model_validate(table))
        except ValidationError as error:
            for item in error.errors():
                path = ".".join(["source", str(label), *map(str, item["loc"])])
                complaints.append(f"{name}: {path}: {item['msg']}")
    return out
