"""The columns of a source's table: found, and cleaned.

`TableTask` carries what every step of `normalize` needs: the catalogue entry, the options, and the
counts of rows skipped, rows noted and texts not recognised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.coordinate_columns import CoordinateColumns, find_coordinate_columns
from geo_ree.schema import LAYERS, Layer
from geo_ree.settings import REGION, Box

Mask = np.ndarray

PLACE_COLUMNS = ("native_id", "latitude", "longitude", "coordinates", "zone")
"""Columns that a catalogue entry may name besides those of its layer."""


@dataclass
class TableTask:
    """One table that is being normalized.

    ``columns`` maps canonical columns to the labels of the file. ``skipped`` and ``noted`` count
    rows by reason; ``unrecognised`` counts texts by canonical column. ``coordinates`` are columns
    recognised by their names, ``accuracy_m`` is that of the transformation to the store's system.
    `normalize` describes the options.
    """

    source: Source
    skip_bad_rows: bool = False
    keep_misprinted: bool = False
    keep_outside: bool = False
    region: Box = REGION
    columns: dict[str, str] = field(default_factory=dict)
    coordinates: CoordinateColumns | None = None
    accuracy_m: float = 0.0
    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    unrecognised: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def layer(self) -> Layer:
        """The canonical layer that the table feeds."""
        return LAYERS[self.source.layer]

    def skip(self, rows: Mask, reason: str) -> Mask:
        """Count the rows to skip and return the mask of the rows to keep."""
        if rows.any():
            self.skipped[reason] += int(rows.sum())
        return ~rows

    def refuse(self, bad: Mask, reason: str, describe: Callable[[int], str], hint: str) -> Mask:
        """Skip bad rows if the user asked for it, otherwise raise SchemaError for the first.

        ``describe`` returns the message for the row at a position.
        """
        if bad.any() and not self.skip_bad_rows:
            first = int(np.flatnonzero(bad)[0])
            raise SchemaError(describe(first), f"{hint}, or use --skip-bad-rows")
        return self.skip(bad, reason)

    def note(self, rows: Mask, remark: str) -> None:
        """Count rows that are kept with a remark."""
        if rows.any():
            self.noted[remark] += int(rows.sum())

    def report_unrecognised(self, column: str, texts: Iterable[str]) -> None:
        """Count texts that no rule of the source covers; a mapping holds the counts itself."""
        found = Counter(texts)
        if found:
            self.unrecognised.setdefault(column, Counter()).update(found)

    def row_name(self, table: pd.DataFrame | pd.Series, position: int) -> str:
        """Name a row by source, file and row number, for messages."""
        reader = self.source.reader
        where = reader.member or reader.layer or reader.sheet or "payload"
        return f"{self.source.id} ({where}) row {table.index[position]}"

    def nulls(self, label: str) -> tuple[str, ...]:
        """Texts that mean "unknown" in one column of the file."""
        return (*self.source.nulls.get("*", ()), *self.source.nulls.get(label, ()))

    def cells(self, table: pd.DataFrame, label: str) -> pd.Series:
        """Clean one column of the file."""
        return clean_column(table[label], self.nulls(label))

    def used_labels(self) -> list[str]:
        """Labels of the file that the catalogue entry reads, each once."""
        places = self.coordinates.labels() if self.coordinates else ()
        used = [*self.columns.values(), *places, *self.source.further_columns()]
        return list(dict.fromkeys(used))


_CONTROL: Mapping[int, str | None] = {
    **{c: bytes([c]).decode("cp1252", "ignore") for c in range(0x80, 0xA0)},
    **dict.fromkeys((*range(9), *range(14, 28), 127)),
}
"""C1 control characters are cp1252 bytes that lost their encoding; C0 ones mean nothing."""

_CYRILLIC = re.compile("[Ѐ-ԯ]+")
_DECIMAL = re.compile(r"-?\d+\.\d*0*$")
_UNCLEAN = r"^ | $|  |[^ -~]"
"""Texts that `clean_text` may change; it changes no other."""


def clean_text(text: str) -> str:
    """Repair control characters and collapse each run of whitespace to one space."""
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_CONTROL)
    return " ".join(text.split())


def as_text(value: object) -> str:
    """Write a value as text: "" if missing, whole numbers without a decimal point."""
    if isinstance(value, str):
        return clean_text(value)
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_texts(cleaned: pd.Series) -> list[str]:
    """Write a column whose texts are clean already as texts, "" where missing."""
    if cleaned.dtype.kind in "iu":
        return [str(v) for v in cleaned.tolist()]
    return [v if isinstance(v, str) else as_text(v) for v in cleaned.tolist()]


def clean_column(column: pd.Series, nulls: Collection[str] = ()) -> pd.Series:
    """Clean the cells of an upstream column and blank those that mean "unknown".

    A number among ``nulls`` also matches its other spellings (``-9999`` for ``-9999.00``). Returns
    numbers with NaN for a numeric column, otherwise texts with None.
    """
    if column.dtype.kind in "iuf":
        unknown = [number for n in nulls if (number := _number(n)) is not None]
        return column.where(~column.isin(unknown)) if unknown else column
    blank = {_trim_decimals(n) for n in nulls} | {""}
    if isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "pyarrow":
        return _clean_texts(column, blank)
    return _clean_cells(column, blank)


def _clean_texts(column: pd.Series, blank: set[str]) -> pd.Series:
    """Clean a column of texts, most of which are clean: only the others are looked at one by one."""
    texts = pa.array(column.array)
    odd = pc.match_substring_regex(texts, _UNCLEAN)
    if any(_number(n) is not None for n in blank):
        odd = pc.or_(odd, pc.match_substring_regex(texts, r"\.\d*$"))
    unknown = pc.is_in(texts, value_set=pa.array(sorted(blank), type=texts.type))
    out = column.astype(object).where(~unknown.to_numpy(zero_copy_only=False), None)
    at = np.flatnonzero(pc.fill_null(odd, True).to_numpy(zero_copy_only=False))
    if len(at):
        out.iloc[at] = _clean_cells(column.iloc[at], blank).to_numpy()
    return out


def _clean_cells(column: pd.Series, blank: set[str]) -> pd.Series:
    cleaned: dict[str, str | None] = {}  # a column repeats its texts: each is cleaned once
    out: list[str | None] = []
    for cell in column.tolist():
        if isinstance(cell, str):
            if cell not in cleaned:
                text = clean_text(cell)
                cleaned[cell] = None if _trim_decimals(text) in blank else text
            out.append(cleaned[cell])
        else:
            text = as_text(cell)
            out.append(None if _trim_decimals(text) in blank else text)
    return pd.Series(out, index=column.index, dtype=object)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _trim_decimals(text: str) -> str:
    """Write ``-9999.00`` as ``-9999``; leave any other text as it is."""
    if "." in text and _DECIMAL.match(text):
        return text.rstrip("0").removesuffix(".")
    return text


def latin_name(name: str) -> str:
    """Transliterate the Cyrillic parts of a name."""
    return _CYRILLIC.sub(lambda found: anyascii(found.group()), name)


def find_columns(raw: pd.DataFrame, task: TableTask) -> dict[str, str]:
    """Find the label of the file for each canonical column.

    If the catalogue entry names no columns, the columns of the file that bear a canonical name
    are used; for a file that a user provides, the others are reported as unrecognised.

    Raises
    ------
    SchemaError
        If a column that the entry names is missing; the message lists those of the file.
    """
    source = task.source
    have = list(raw.columns)
    further = source.further_columns()
    for name in (*source.columns.values(), *further):
        if name not in have:
            raise SchemaError(
                f"{source.id}: column {name!r} is missing (the file has: {', '.join(have)})",
                "the publisher may have renamed it: correct columns in the catalogue entry",
            )
    if source.columns:
        return dict(source.columns)
    own = {*task.layer.column_names(), *PLACE_COLUMNS} - {"id", "source_id", "geometry"}
    places = set[str]()
    if not isinstance(raw, gpd.GeoDataFrame) and not {"latitude", "longitude"} <= set(have):
        task.coordinates = find_coordinate_columns(have)
        places = set(task.coordinates.labels()) if task.coordinates else places
    if not source.fetchable:
        spare = [c for c in have if c not in {*own, *places, *further, "geometry"}]
        filled = {c: int((raw[c].notna() & (raw[c] != "")).sum()) for c in spare}
        task.report_unrecognised("columns", filled)
    return {name: name for name in have if name in own - places - set(source.constants)}
