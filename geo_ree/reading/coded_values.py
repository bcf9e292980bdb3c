"""Words of coded values that a file geodatabase or a GeoPackage states for its fields.

Both keep a table of domains: code -> word. GDAL reads them, pyogrio does not hand them on, so they
are read from the tables of the file itself.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring

import pandas as pd

from geo_ree.reading.esri_fields import code_text

Words = Mapping[str, Mapping[str, str]]
"""Field in lower case -> {code: word}."""

ITEMS = "GDB_Items"
"""Table of a file geodatabase that describes its layers and domains in XML."""

_PACKAGED = """
SELECT c.column_name, k.value, k.description
FROM gpkg_data_columns c JOIN gpkg_data_column_constraints k
ON k.constraint_name = c.constraint_name
WHERE k.constraint_type = 'enum' AND lower(c.table_name) = lower(?)
LIMIT 100000
"""
_TABLES = """
SELECT count(*) FROM sqlite_master WHERE type = 'table'
AND name IN ('gpkg_data_columns', 'gpkg_data_column_constraints')
"""  # as views they could run without end


def geodatabase_words(items: pd.DataFrame, layer: str) -> dict[str, dict[str, str]]:
    """Find the words of a layer's fields in the table `ITEMS` of a file geodatabase.

    Parameters
    ----------
    items
        With the columns ``Name`` and ``Definition`` (XML, blank where there is none).
    layer
        Name of the layer.
    """
    domains: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for name, text in zip(items["Name"], items["Definition"], strict=True):
        root = _parse(text)
        if root is None:
            continue
        kind = root.tag.rpartition("}")[2]
        if kind.startswith("GPCodedValueDomain"):
            values = [(v.findtext("Code"), v.findtext("Name")) for v in root.iter("CodedValue")]
            words = {code_text(c): n for c, n in values if c is not None and n is not None}
            domains[str(root.findtext("DomainName"))] = words
        elif str(name).casefold() == layer.casefold():
            for field in root.iter("GPFieldInfoEx"):
                domain = field.findtext("DomainName")
                if domain:
                    fields[str(field.findtext("Name")).casefold()] = domain
    return {field: domains[d] for field, d in fields.items() if domains.get(d)}


def geopackage_words(path: Path, layer: str) -> dict[str, dict[str, str]]:
    """Find the words of a layer's fields in the constraints of a GeoPackage."""
    words: dict[str, dict[str, str]] = {}
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        try:
            both = database.execute(_TABLES).fetchone()[0] == 2
            rows = database.execute(_PACKAGED, (layer,)).fetchall() if both else []
        except sqlite3.Error:  # it has no such tables
            return {}
    for field, code, word in rows:
        if isinstance(field, str) and isinstance(word, str) and word.strip():
            words.setdefault(field.casefold(), {})[code_text(code)] = word
    return words


def with_words(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Replace the codes in a table by their words; unknown codes and blanks stay.

    Examples
    --------
    >>> with_words(pd.DataFrame({"STATE": [2, 7]}), {"state": {"2": "Expired"}})["STATE"].tolist()
    ['Expired', '7']
    """
    known = {c: words[str(c).casefold()] for c in frame.columns if str(c).casefold() in words}
    return frame.assign(**{str(c): _replaced(frame[c], w) for c, w in known.items()})


def _replaced(column: pd.Series, words: Mapping[str, str]) -> pd.Series:
    texts: Iterable[str | None] = (
        None if pd.isna(value) else words.get(code_text(value), code_text(value))
        for value in column.tolist()
    )
    return pd.Series(list(texts), index=column.index, dtype=object)


def _parse(text: object) -> Element | None:
    """Parse a definition; None for a blank one, a damaged one, or one that declares entities."""
    if not isinstance(text, str) or not text.strip() or "<!" in text:
        return None
    try:
        return fromstring(text)
    except ParseError:
        return None
