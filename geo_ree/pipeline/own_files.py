"""Files and frames that a user provides: opened, described as a source, and normalized without loss."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd

from geo_ree.catalog import Source
from geo_ree.catalog.table_rules import Reader
from geo_ree.deposits import Normalized, normalize
from geo_ree.deposits.vocabulary import read_country
from geo_ree.errors import GeoReeError, SchemaError, SettingsError
from geo_ree.fetching import read
from geo_ree.fetching.retrieval import check_provided
from geo_ree.pipeline.layers import InputFile
from geo_ree.reading.tables import number_rows
from geo_ree.schema.vocabularies import OWN
from geo_ree.settings import Settings
from geo_ree.storage import sha256_of

Provided: TypeAlias = pd.DataFrame | gpd.GeoDataFrame | str | Path
"""A frame, or the path of a file that geo_ree reads."""

_PLAIN_NUMBER = re.compile(r"^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$")


@dataclass(frozen=True, kw_only=True)
class OwnLayer:
    """One layer that a user provides.

    Parameters
    ----------
    part
        The canonical layer, and what became of each row.
    source
        An entry as those of the catalogue, which says that it is the user's.
    file
        Where it came from.
    columns
        Of sites: the columns that geo_ree has no use for, on the ids.
    """

    part: Normalized
    source: Source
    file: InputFile
    columns: pd.DataFrame


def load_provided(
    provided: Provided, source_id: str, layer: str, settings: Settings
) -> tuple[str, pd.DataFrame, InputFile]:
    """Open a file or take a frame: its name for errors, its rows numbered, and how to recognise it."""
    if isinstance(provided, pd.DataFrame):
        if provided.empty:
            raise SchemaError(f"{own_words(source_id)} have no rows", "give at least one")
        frame = number_rows(provided.copy())
        frame.columns = [str(c).strip() for c in frame.columns]
        if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name != "geometry":
            frame = frame.rename_geometry("geometry")
        file = InputFile(Path(f"{source_id}.frame"), "provided", _fingerprint(frame), "")
        return own_words(source_id), frame, file
    path = Path(provided)
    source = own_source(source_id, layer, path.name)
    try:
        check_provided(path, source, settings)
    except SettingsError as error:
        raise SettingsError(error.what.removeprefix(f"{source_id}: "), error.hint) from None
    raw = read(source, path)
    if raw.empty:
        raise SchemaError(f"{path.name} has no rows", "check the file")
    raw = raw.rename(columns=lambda label: str(label).strip())
    digest = sha256_of(path) if path.is_file() else _fingerprint(raw)
    return path.name, raw, InputFile(path, "provided", digest, "")


def _fingerprint(frame: pd.DataFrame) -> str:
    plain = frame
    if isinstance(frame, gpd.GeoDataFrame):
        plain = pd.DataFrame(frame.drop(columns="geometry")).assign(wkb=frame.geometry.to_wkb())
    text = plain.to_csv(index=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def own_words(source_id: str) -> str:
    """What a user provides, in words."""
    return f"your {source_id.removeprefix(OWN).replace('_', ' ')}"


def own_source(source_id: str, layer: str, where: str, *, crs: str = "", **more: Any) -> Source:
    """Describe what a user provides as an entry of the catalogue."""
    words = own_words(source_id)
    label = words if where == words else f"{words} ({where})"
    return Source(
        id=source_id,
        title=label,
        publisher="provided by you",
        country="as provided",
        label=label,
        layer=layer,
        protocol="local",
        licence="not stated: provided by you",
        attribution=label,
        edition="as provided",
        coverage=("none",),
        reader=Reader(crs=crs),
        **more,
    )


def label_key(label: object) -> str:
    """Words of a column's name in small letters, without signs."""
    return " ".join(re.findall(r"[^\W_]+|№", str(label).casefold()))


def find_label(labels: Iterable[str], words: Iterable[str]) -> str | None:
    """The column that is called like the first of some words that any is called like."""
    by_key = {label_key(label): label for label in reversed(list(labels))}
    return next((by_key[word] for word in words if word in by_key), None)


def select_columns(raw: pd.DataFrame, used: Mapping[str, str]) -> pd.DataFrame:
    """The columns that the layer takes, under their canonical names; coordinates keep theirs."""
    out = pd.DataFrame(index=raw.index)
    for name, label in used.items():
        out[label if name.startswith("coordinate ") else name] = raw[label]
    if isinstance(raw, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(out, geometry=raw.geometry, crs=raw.crs)
    return out


def read_countries(words: pd.Series, where: str) -> pd.Series:
    """ISO codes of the countries that a column names; a word that names none is refused with its row."""
    codes: dict[str, str] = {}
    for row, word in words.items():
        text = "" if pd.isna(word) else str(word).strip()
        if text and text not in codes:
            codes[text] = read_country(text, f"{where} row {row}: the country")
    return words.map(lambda w: codes.get("" if pd.isna(w) else str(w).strip()))


def normalize_provided(
    table: pd.DataFrame, source: Source, countries: gpd.GeoDataFrame, where: str
) -> Normalized:
    """Normalize, with the user's file in errors in place of a catalogue entry; no row is lost unsaid."""
    try:
        part = normalize(table, source, countries, keep_outside=True)
    except GeoReeError as error:
        hint = error.hint.replace("reader.crs in the catalogue entry", "--crs (crs= in Python)")
        hint = hint.replace(", or use --skip-bad-rows", "").replace(" in the catalogue entry", "")
        what = error.what.replace(f"{source.id} (payload)", where).replace(source.id, where)
        raise type(error)(what, hint) from None
    if part.skipped:
        reasons = "; ".join(f"{count} {reason}" for reason, count in part.skipped.items())
        raise SchemaError(
            f"{where}: {sum(part.skipped.values())} of {part.rows_read} rows cannot be used: {reasons}",
            "correct these rows, or leave them out",
        )
    return part


def plain_column(column: pd.Series) -> pd.Series:
    """Numbers stay numbers, and texts that all are plain numbers become such; the rest is text."""
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return column
    texts = [None if _is_blank(v) else str(v).strip() for v in column.astype(object)]
    filled = [t for t in texts if t is not None]
    if filled and all(_PLAIN_NUMBER.match(t) for t in filled):
        return pd.to_numeric(pd.Series(texts, column.index, dtype=object), errors="coerce").astype(
            "float64"
        )
    return pd.Series(texts, index=column.index, dtype=object)


def _is_blank(value: object) -> bool:
    if isinstance(value, list | tuple | dict):
        return not value
    return bool(pd.isna(value)) or not str(value).strip()  # type: ignore[call-overload]
