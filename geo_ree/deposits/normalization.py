"""A source's table normalized to its canonical layer, with every row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.deposits.column_rules import (
    TableTask,
    as_text,
    as_texts,
    find_columns,
)
from geo_ree.deposits.column_values import canonical_columns
from geo_ree.deposits.commodities import add_commodities
from geo_ree.deposits.coordinates import place_rows
from geo_ree.deposits.dated_facts import check_facts
from geo_ree.deposits.precision import add_precision
from geo_ree.deposits.resources.quantities import classify_statements, unclassified_texts
from geo_ree.deposits.role_reasons import add_role_reasons
from geo_ree.deposits.row_countries import add_country
from geo_ree.errors import SchemaError
from geo_ree.reading.delimited import NOTED
from geo_ree.schema import COLUMN_DTYPES, FACT_LAYERS, LAYERS, Layer, check_layer
from geo_ree.settings import REGION, SCORED_COUNTRIES, Box


@dataclass(frozen=True, kw_only=True, repr=False)
class Normalized:
    """The canonical layer of one source, and what became of each of its rows.

    Attributes
    ----------
    frame
        The rows, valid for ``layer``; empty if none lies in the region. A line that crosses a
        border is several rows.
    layer
        Name of the layer.
    rows_read, kept
        Rows in the source, and those of them that are in ``frame``.
    skipped
        Reason -> number of rows skipped.
    noted
        Remark -> number of rows kept with it.
    unrecognised
        Canonical column -> {text that no rule of the source covers: number of rows}. The texts
        are kept where the column is free, and are unknown where it has a vocabulary. Under
        ``columns``: columns of the file that the layer does not have.

    Raises
    ------
    ValueError
        If a row is neither kept nor skipped.
    """

    frame: gpd.GeoDataFrame
    layer: str
    rows_read: int
    kept: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    noted: Mapping[str, int] = field(default_factory=dict)
    unrecognised: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = self.rows_read - self.kept - sum(self.skipped.values())
        if missing:
            raise ValueError(f"{missing} rows of the layer {self.layer} are not accounted for")

    def __repr__(self) -> str:
        return f"<Normalized {self.layer}: {self.rows_read} rows read, {self.kept} kept>"


def normalize(
    raw: pd.DataFrame,
    source: Source,
    countries: gpd.GeoDataFrame | None = None,
    *,
    skip_bad_rows: bool = False,
    keep_misprinted: bool = False,
    keep_outside: bool = False,
    region: Box = REGION,
) -> Normalized:
    """Normalize a source's table to its canonical layer.

    Parameters
    ----------
    raw
        The table as a reader returns it: upstream columns, texts, the row number of the file as
        the index, and a geometry if the format has one.
    source
        Its catalogue entry, or the part of the entry that describes this table.
    countries
        The canonical layer ``countries``; None only for that layer itself.
    skip_bad_rows
        Skip and count a row whose coordinates are invalid or whose id is that of another record,
        instead of raising an error; a number beyond the limits of its column becomes unknown.
    keep_misprinted
        Keep a misprinted point (`find_misprints`) as printed, with a ``country_note``,
        so that the audit of positions can report it.
    keep_outside
        Also keep rows outside the region, and those outside the scored countries that are not
        rare-earth records.
    region
        West, south, east and north limit (degrees) of the rows that are kept.

    Returns
    -------
    Normalized

    Raises
    ------
    SchemaError
        Naming the source, the row and a hint.

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.catalog.load import load_catalog
    >>> raw = pd.DataFrame({"native_id": ["KAZ"], "name": ["Kazakhstan"]})
    >>> frame = gpd.GeoDataFrame(raw, geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> entry = load_catalog()["starter_countries"].model_copy(
    ...     update={"columns": {"native_id": "native_id", "name": "name", "country": "native_id"},
    ...             "constants": {"kind": "country"}, "values": {}})
    >>> normalize(frame, entry).frame["id"].tolist()
    ['starter_countries:KAZ']
    """
    layer = LAYERS[source.layer]
    if raw.empty and source.part:  # one table of several: a country may have none of its features
        return Normalized(frame=_empty(layer), layer=layer.name, rows_read=0, kept=0)
    if raw.empty:
        raise SchemaError(
            f"{source.id} has no rows", "check the file, or run --without " + source.id
        )
    task = TableTask(source, skip_bad_rows, keep_misprinted, keep_outside, region)
    task.noted.update(raw.attrs.get(NOTED, {}))
    raw = raw.rename(columns=lambda label: str(label).strip())
    if not raw.index.is_unique:  # rows of several pages
        raw.index = pd.RangeIndex(1, len(raw) + 1, name="row")
    task.columns = find_columns(raw, task)
    table = _select_used(raw, task)

    ids = _record_ids(table, task)
    table = _drop_repeated(table, ids, task)
    if layer.geometries:
        table = place_rows(table, task, countries)

    frame = _fill_columns(table, ids[table.index], task)
    if layer.geometries:
        frame = gpd.GeoDataFrame(frame, geometry=table.geometry)
        if "precision_class" in layer.column_names() and "precision_class" not in frame:
            frame = add_precision(frame, table, task)
        if countries is not None and layer.name != "countries":
            frame = add_country(frame, table, task, countries)
    if layer.name in FACT_LAYERS:
        frame = check_facts(frame, table, task)
    if layer.name == "deposits":
        frame = add_role_reasons(_settle_roles(frame, task), source)

    kept = frame.pop("row").nunique()
    columns = [c for c in layer.column_names() if c in frame.columns]
    return Normalized(
        frame=check_layer(frame[columns], layer.name, where=source.id) if kept else _empty(layer),
        layer=layer.name,
        rows_read=len(raw),
        kept=kept,
        skipped=dict(task.skipped),
        noted=dict(task.noted),
        unrecognised={name: dict(texts) for name, texts in task.unrecognised.items()},
    )


def _select_used(raw: pd.DataFrame, task: TableTask) -> pd.DataFrame:
    """Keep only the columns that the entry reads, and the geometry."""
    labels = task.used_labels()
    if not isinstance(raw, gpd.GeoDataFrame):
        return raw[labels]
    shape = raw.active_geometry_name
    table = raw[[*(label for label in labels if label != shape), shape]]
    return table if shape == "geometry" else table.rename_geometry("geometry")


def _record_ids(table: pd.DataFrame, task: TableTask) -> pd.Series:
    """Ids ``<namespace>:<id>``: the publisher's id, or the row number if it gives none."""
    namespace, rows = task.source.namespace, table.index.tolist()
    if "native_id" not in task.columns:
        ids = [f"{namespace}:{row}" for row in rows]
    else:
        native = as_texts(task.cells(table, task.columns["native_id"]))
        pairs = zip(native, rows, strict=True)
        ids = [f"{namespace}:{text}" if text else f"{namespace}:row-{row}" for text, row in pairs]
    return pd.Series(ids, table.index, dtype=object)


def _drop_repeated(table: pd.DataFrame, ids: pd.Series, task: TableTask) -> pd.DataFrame:
    """Keep the first of several equal rows with one id; refuse rows that differ."""
    if not ids.duplicated().any():
        return table
    content = pd.DataFrame({"id": ids})
    for label in task.used_labels():
        content[label] = task.cells(table, label).map(as_text)
    if isinstance(table, gpd.GeoDataFrame):
        content["geometry"] = table.geometry.to_wkb()
    keep = task.skip(content.duplicated().to_numpy(), "the same record again")
    table, ids = table[keep], ids[keep]

    def describe(position: int) -> str:
        first = int((ids == ids.iloc[position]).to_numpy().argmax())
        native = ids.iloc[position].partition(":")[2]
        return (
            f"{task.row_name(table, position)}: id {native!r} is also that of row "
            f"{table.index[first]}, and the two rows differ"
        )

    hint = "correct the row, or name another column as native_id in the catalogue entry"
    other = ids.duplicated().to_numpy()
    return table[task.refuse(other, "another record of the same id", describe, hint)]


def _fill_columns(table: pd.DataFrame, ids: pd.Series, task: TableTask) -> pd.DataFrame:
    """Fill the columns of the layer, and the position of each row in `table` as ``row``."""
    frame = add_commodities(canonical_columns(table, task), table, task)
    if task.layer.name == "resources":
        for column, texts in unclassified_texts(frame).items():
            task.report_unrecognised(column, texts)
        frame = classify_statements(frame)
    frame = frame.assign(id=ids, source_id=task.source.id, row=np.arange(len(table)))
    if "licence" in task.layer.column_names():
        frame["licence"] = task.source.licence
    if "kind" not in frame and "kind" in task.layer.column_names():
        frame["kind"] = "unknown"
    return frame


def _settle_roles(frame: gpd.GeoDataFrame, task: TableTask) -> gpd.GeoDataFrame:
    """Outside the scored countries, make rare-earth records references and skip the others."""
    if "country" not in frame or "role" not in frame:
        return frame
    abroad = ~frame["country"].isin(SCORED_COUNTRIES)
    foreign = abroad & frame["role"].isin(("candidate", "by_product_host"))
    frame = frame.assign(role=frame["role"].mask(foreign, "reference"))
    tier = frame.get("commodity_tier", pd.Series(None, frame.index, dtype=object))
    works = (frame["role"] == "plant") & tier.isna()
    other = abroad & ((frame["role"] == "context") | works) & (not task.keep_outside)
    reason = "outside the scored countries, not a rare-earth record"
    return frame[task.skip(other.to_numpy(), reason)]


def _empty(layer: Layer) -> gpd.GeoDataFrame:
    """A frame of the layer without rows."""
    table = pd.DataFrame(
        {c.name: pd.Series([], dtype=COLUMN_DTYPES[c.kind]) for c in layer.columns}
    )
    return gpd.GeoDataFrame(table, geometry=[], crs=STORE_CRS) if layer.geometries else table


def join_layers(parts: Sequence[Normalized]) -> dict[str, gpd.GeoDataFrame]:
    """Concatenate the normalized tables of each layer.

    Parameters
    ----------
    parts
        One for each table, the most trusted source first.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layer by name. Deposits are still records, one per source; `merge` makes one row per
        deposit of them.

    Raises
    ------
    SchemaError
        If two sources use the same id.

    Examples
    --------
    >>> join_layers([])
    {}
    """
    grouped: dict[str, list[gpd.GeoDataFrame]] = {}
    for part in parts:
        if len(part.frame):
            grouped.setdefault(part.layer, []).append(part.frame)
    out: dict[str, gpd.GeoDataFrame] = {}
    for layer, frames in grouped.items():
        # each part is valid already: only ids can clash between sources
        joined = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].copy()
        repeated = joined["id"][joined["id"].duplicated()]
        if len(repeated):
            shown = "; ".join(f"id {i!r}" for i in repeated.iloc[:5])
            raise SchemaError(
                f"two sources of the layer {layer} use the same id: {shown}",
                "leave one of the sources out with --without",
            )
        out[layer] = joined
    return out
