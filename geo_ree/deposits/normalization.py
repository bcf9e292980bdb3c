"""Which rows of a table are one record, and by what id each is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.deposits.borders import assign_country, named_country, split_at_borders
from geo_ree.deposits.commodities import add_commodities
from geo_ree.deposits.coordinates import (
    POINT_LAYERS,
    classify_precision,
    find_swapped,
    locate_records,
    refuse_swapped,
)
from geo_ree.deposits.fields import (
    Account,
    as_text,
    canonical_columns,
    clean_column,
    nulls_of,
    upstream_columns,
    used_columns,
)
from geo_ree.deposits.quantities import classify_statements
from geo_ree.deposits.vocabulary import country_code
from geo_ree.errors import SchemaError
from geo_ree.schema import LAYERS, PRECISION_ERROR_M, Layer, validate
from geo_ree.settings import SCORED_COUNTRIES


def record_ids(table: pd.DataFrame, upstream: Mapping[str, str], source: Source) -> pd.Series:
    """Ids of the rows: the publisher's own, or the number of the row where it gives none.

    Returns
    -------
    pandas.Series of str
        ``<namespace>:<id>`` on the index of `table`.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> ree = load_catalog()["usgs_ree"]
    >>> rows = pd.DataFrame({"rec_id": ["4", ""]}, index=[2, 3])
    >>> record_ids(rows, {"native_id": "rec_id"}, ree).tolist()
    ['usgs_ree:4', 'usgs_ree:row-3']
    """
    if "native_id" not in upstream:
        return pd.Series([f"{source.namespace}:{row}" for row in table.index], table.index, object)
    label = upstream["native_id"]
    native = clean_column(table[label], nulls_of(source, label))
    texts = [as_text(v) or f"row-{row}" for row, v in native.items()]
    return pd.Series([f"{source.namespace}:{t}" for t in texts], table.index, dtype=object)


def fold_repeated(
    table: pd.DataFrame,
    ids: pd.Series,
    upstream: Mapping[str, str],
    source: Source,
    account: Account,
) -> pd.DataFrame:
    """Keep the first of rows that say the same under one id.

    Parameters
    ----------
    table, ids
        The rows, and the id of each.
    upstream, source
        Tell which columns count.
    account
        Told of the rows left out.

    Returns
    -------
    pandas.DataFrame
        The rows left; no id stands twice.

    Raises
    ------
    SchemaError
        When two rows that differ have one id, unless bad rows are skipped.
    """
    again = ids.duplicated(keep=False).to_numpy()
    if not again.any():
        return table
    said = pd.DataFrame({"id": ids})
    for label in used_columns(upstream, source):
        said[label] = clean_column(table[label], nulls_of(source, label)).map(as_text)
    if isinstance(table, gpd.GeoDataFrame):
        said["geometry"] = table.geometry.to_wkb()
    stay = account.leave_out(said.duplicated().to_numpy(), "the same record again")
    table, ids = table[stay], ids[stay]
    other = ids.duplicated().to_numpy()

    def tell(position: int) -> str:
        first = int((ids == ids.iloc[position]).to_numpy().argmax())
        native = ids.iloc[position].partition(":")[2]
        return (
            f"{account.place(table, position)}: id {native!r} is that of row "
            f"{table.index[first]} too, and the two differ"
        )

    hint = "correct the row, or name another column as native_id in the catalogue entry"
    return table[account.refuse(other, "another record of the same id", tell, hint)]


_DTYPES = {"text": "str", "number": "float64", "integer": "Int64", "flag": "bool"}


@dataclass(frozen=True, kw_only=True)
class Normalized:
    """A canonical layer of one source, and what became of each of its rows.

    Every row read is either kept or set aside under a reason; anything else is an error.

    Attributes
    ----------
    frame
        The rows, valid for ``layer``; empty where none lies in the region. A line that crosses
        a border is several rows.
    layer
        Name of the layer.
    rows_read, kept
        Rows in the source, and those of them that are in ``frame``.
    skipped
        Reason -> number of rows left out.
    noted
        Remark -> number of rows that it applies to.
    unrecognised
        Canonical column -> {text that no rule of the source knows: number of rows}; the texts
        are kept as they are where the column is free, and count as unknown where it is not.
        Under ``columns`` those of the file that the layer does not have.

    Raises
    ------
    ValueError
        When a row is missing from the account.
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


def normalize(
    raw: pd.DataFrame,
    source: Source,
    countries: gpd.GeoDataFrame | None = None,
    *,
    skip_bad_rows: bool = False,
    keep_swapped: bool = False,
    whole: bool = False,
) -> Normalized:
    """Give a source's table in canonical form.

    Parameters
    ----------
    raw
        What a reader gave: upstream columns, texts, the index being the row in the file; with
        a geometry where the format has one.
    source
        Its catalogue entry, or the part of it that describes this table.
    countries
        The canonical layer ``countries``; None only for that layer itself.
    skip_bad_rows
        Set a row aside, counted, instead of raising when its coordinates make no sense or its
        id is that of another record.
    keep_swapped
        Keep a point that lies in the country its source names only when mirrored, as printed and
        wherever that is, with a ``country_note``; the audit of positions tells of it.
    whole
        Keep what lies outside the region, and what is no rare-earth record outside the scored
        countries, as well.

    Returns
    -------
    Normalized

    Raises
    ------
    SchemaError
        Naming the source, the row and the hint.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> import shapely
    >>> raw = pd.DataFrame({"native_id": ["KAZ"], "name": ["Kazakhstan"]})
    >>> frame = gpd.GeoDataFrame(raw, geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> entry = load_catalog()["starter_countries"].model_copy(
    ...     update={"columns": {"native_id": "native_id", "name": "name", "country": "native_id"},
    ...             "constants": {"kind": "country"}, "values": {}})
    >>> normalize(frame, entry).frame["id"].tolist()
    ['starter_countries:KAZ']
    """
    spec = LAYERS[source.layer]
    if raw.empty and source.part:  # one of several tables: a country may have none of its features
        return Normalized(frame=_no_rows(spec), layer=spec.name, rows_read=0, kept=0)
    if raw.empty:
        raise SchemaError(
            f"{source.id} has no rows", "check the file, or run --without " + source.id
        )
    account = Account(source, skip_bad_rows, keep_swapped, whole)
    raw = raw.rename(columns=lambda label: str(label).strip())
    if not raw.index.is_unique:
        raw.index = pd.RangeIndex(1, len(raw) + 1, name="row")
    upstream = upstream_columns(raw, source, spec, account)
    table = _used(raw, upstream, source)
    ids = record_ids(table, upstream, source)
    table = fold_repeated(table, ids, upstream, source, account)
    if spec.geometries:
        table = locate_records(table, upstream, source, spec, countries, account)
    frame = _canonical(table, ids[table.index], upstream, source, spec, account)
    if countries is not None and spec.name != "countries" and spec.geometries:
        frame = _with_country(frame, table, upstream, source, spec, countries, account)
    if spec.name == "deposits":
        frame = _roles_by_place(frame, account)
    kept = frame.pop("row").nunique()
    columns = [c for c in spec.column_names() if c in frame.columns]
    return Normalized(
        frame=validate(frame[columns], spec.name, where=source.id) if kept else _no_rows(spec),
        layer=spec.name,
        rows_read=len(raw),
        kept=kept,
        skipped=dict(account.skipped),
        noted=dict(account.noted),
        unrecognised={name: dict(texts) for name, texts in account.unrecognised.items()},
    )


def _used(raw: pd.DataFrame, upstream: Mapping[str, str], source: Source) -> pd.DataFrame:
    """Only the columns that the entry reads, and the geometry."""
    names = used_columns(upstream, source)
    if not isinstance(raw, gpd.GeoDataFrame):
        return raw[names]
    shape = raw.active_geometry_name
    table = raw[[*(n for n in names if n != shape), shape]]
    return table if shape == "geometry" else table.rename_geometry("geometry")


def _canonical(
    table: pd.DataFrame,
    ids: pd.Series,
    upstream: Mapping[str, str],
    source: Source,
    spec: Layer,
    account: Account,
) -> pd.DataFrame:
    """Canonical columns and geometry, with the place of each row in `table` as ``row``."""
    out = canonical_columns(table, upstream, source, spec, account)
    out = add_commodities(out, table, source, spec, account)
    if spec.name == "resources":
        out = classify_statements(out, account=account)
    out = out.assign(id=ids, source_id=source.id, row=np.arange(len(table)))
    if "kind" not in out and "kind" in spec.column_names():
        out["kind"] = "unknown"
    if not isinstance(table, gpd.GeoDataFrame) or not spec.geometries:
        return out
    frame = gpd.GeoDataFrame(out, geometry=table.geometry)
    if "precision_class" in spec.column_names() and "precision_class" not in frame:
        return _with_precision(frame, table, upstream, source)
    return frame


def _with_precision(
    frame: gpd.GeoDataFrame, table: gpd.GeoDataFrame, upstream: Mapping[str, str], source: Source
) -> gpd.GeoDataFrame:
    labels = (upstream.get(n, "") for n in ("latitude", "longitude", "name"))
    classes = classify_precision(table, source.precision, *labels)
    classes = classes.mask(_unplaced(frame), "none")
    error = classes.map(dict(PRECISION_ERROR_M)).astype("float64")
    if "position_error_m" in frame:
        stated = pd.to_numeric(frame["position_error_m"], errors="coerce")
        error = stated.where(stated.notna(), error)
    basis = source.title + "; printed to " + classes.str.replace("_", "-")
    if "position_basis" in frame:
        basis = frame["position_basis"].where(frame["position_basis"].notna(), basis)
    return frame.assign(precision_class=classes, position_error_m=error, position_basis=basis)


def _with_country(
    frame: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    upstream: Mapping[str, str],
    source: Source,
    spec: Layer,
    countries: gpd.GeoDataFrame,
    account: Account,
) -> gpd.GeoDataFrame:
    """Fill ``country``; what lies in none of the region's countries may be left out."""
    if "country_reported" not in frame:
        frame = frame.assign(country_reported=None)
    words = frame["country_reported"]
    named = named_country(words, countries)
    codes = pd.Series([country_code(w) if isinstance(w, str) else "" for w in words], words.index)
    account.puzzle("country_reported", words[words.notna() & named.isna() & codes.isna()])
    named = named.where(named.notna(), codes.mask(codes == ""))
    if source.country_from == "reported" or frame.empty:
        return frame.assign(country=named.astype(object))
    kinds = set(frame.geometry.dropna().geom_type)
    if kinds & {"LineString", "MultiLineString"}:
        return _cut_at_borders(frame, countries, account)
    points = frame.assign(position_error_m=frame.get("position_error_m", 0.0))
    if kinds & {"Polygon", "MultiPolygon"}:
        points = points.set_geometry(points.geometry.representative_point())
    found = assign_country(points, countries)
    noted = found["country_note"].notna().to_numpy()
    frame = frame.assign(country=found["country"])
    if "country_note" in spec.column_names():
        frame["country_note"] = found["country_note"]
    stay = np.ones(len(frame), dtype=bool)
    if spec.name in POINT_LAYERS:
        bounds = frame.geometry.bounds.to_numpy()
        swapped = find_swapped(table, bounds, noted, upstream, source, countries)
        stay = refuse_swapped(table, bounds, swapped, upstream, source, account)
        frame = _keep_swapped(frame, swapped & stay, named, spec, account)
        noted = noted & ~swapped
    account.note(noted & stay, "the source names another country than that of the point")
    if spec.name != "deposits" and not spec.geometry_required:
        far = _unplaced(frame) & named.notna() & ~named.isin(countries["country"])
        stay &= account.leave_out(far.to_numpy(), "without a place, in a country elsewhere")
    return frame[stay]


def _keep_swapped(
    frame: gpd.GeoDataFrame, kept: np.ndarray, named: pd.Series, spec: Layer, account: Account
) -> gpd.GeoDataFrame:
    """Give points that are swapped, and kept as printed, the country that their source names."""
    remark = "latitude and longitude swapped, kept as printed"
    account.note(kept, remark)
    frame = frame.assign(country=frame["country"].mask(kept, named))
    if "country_note" in spec.column_names():
        frame["country_note"] = frame["country_note"].mask(kept, remark)
    return frame


def _cut_at_borders(
    frame: gpd.GeoDataFrame, countries: gpd.GeoDataFrame, account: Account
) -> gpd.GeoDataFrame:
    pieces = split_at_borders(frame, countries)
    lost = ~frame["row"].isin(pieces["row"])
    account.leave_out(lost.to_numpy(), "a line without length")
    return pieces


def _roles_by_place(frame: gpd.GeoDataFrame, account: Account) -> gpd.GeoDataFrame:
    """Outside the scored countries a rare-earth record is a reference, others are left out."""
    if "country" not in frame or "role" not in frame:
        return frame
    abroad = ~frame["country"].isin(SCORED_COUNTRIES)
    foreign = abroad & frame["role"].isin(("candidate", "by_product_host"))
    frame = frame.assign(role=frame["role"].mask(foreign, "reference"))
    tier = frame.get("commodity_tier", pd.Series(None, frame.index, dtype=object))
    works = (frame["role"] == "plant") & tier.isna()
    left = abroad & ((frame["role"] == "context") | works) & (not account.whole)
    reason = "outside the scored countries, not a rare-earth record"
    return frame[account.leave_out(left.to_numpy(), reason)]


def _unplaced(frame: gpd.GeoDataFrame) -> pd.Series:
    return frame.geometry.isna() | frame.geometry.is_empty


def _no_rows(spec: Layer) -> gpd.GeoDataFrame:
    """A frame of the layer without rows."""
    columns = {c.name: pd.Series([], dtype=_DTYPES[c.kind]) for c in spec.columns}
    table = pd.DataFrame(columns)
    return gpd.GeoDataFrame(table, geometry=[], crs=STORE_CRS) if spec.geometries else table


def join_layers(parts: Sequence[Normalized]) -> dict[str, gpd.GeoDataFrame]:
    """Put the canonical layers of several sources together.

    Parameters
    ----------
    parts
        One for each table, in the order in which they are trusted.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layer by name. Deposits are records still, one a source: `geo_ree.deposits.merging` makes one
        row a deposit of them.

    Raises
    ------
    SchemaError
        When two different sources use one id.

    Examples
    --------
    >>> from geo_ree.pipeline import result as pipeline
    >>> len(join_layers([]))
    0
    """
    grouped: dict[str, list[gpd.GeoDataFrame]] = {}
    for part in parts:
        if len(part.frame):
            grouped.setdefault(part.layer, []).append(part.frame)
    out: dict[str, gpd.GeoDataFrame] = {}
    for layer, frames in grouped.items():
        together = pd.concat([f.astype(object) if len(frames) > 1 else f for f in frames])
        if LAYERS[layer].geometries:
            together = gpd.GeoDataFrame(together, geometry="geometry", crs=frames[0].crs)
        together = together.reset_index(drop=True)
        out[layer] = validate(together, layer)
    return out
