"""The tables of a run as a database holds them: columns with types and comments, keys, shapes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo_ree.outputs.bundle import Bundle, cleaned
from geo_ree.outputs.notice import licence_notice, read_me
from geo_ree.outputs.run_layers import layers_of
from geo_ree.schema import FACT_LAYERS, LAYERS
from geo_ree.schema.columns import describe_columns, table_names, table_texts

GEOMETRY = "geom"
"""Name of the column of shapes, as in the GeoPackage."""

ROW = "row"
"""Primary key of a table whose own columns have none: the number of the row."""

_LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer names without an error
_LONGEST_KEY = 2_600  # bytes of a row in an index of PostgreSQL, less its head
_MOST_INT = 2**63 - 1
_SYSTEM = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", ROW, GEOMETRY}
_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "areas": (("deposit", "kind", "evidence"),),
    "flags": (("deposit_id", "flag", "fact"),),
    "corridors": (("deposit_id", "corridor", "question"),),
    "access": (("deposit_id", "component"),),
    "pairwise": (("a", "b"),),
    "values": (("deposit", "attribute"),),
    "sources": (("id",), ("id", "layer")),
    "criteria": (("name",),),
    "columns": (("table", "column"),),
    "read_me": (("about",),),
}
_REFERENCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "corridors": (("deposit_id", "deposits"),),
    "access": (("deposit_id", "deposits"),),
    "pairwise": (("a", "deposits"), ("b", "deposits")),
}


@dataclass(frozen=True)
class TableColumn:
    """One column: its name in the database, type, and what it means."""

    name: str
    kind: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class DatabaseTable:
    """One table of a run.

    Parameters
    ----------
    name
        Its name.
    columns
        Its columns in order; the shapes, in `GEOMETRY`, are the last.
    shape
        Kind of its shapes (``Point``, ``MultiPolygon`` ..., ``Geometry`` for a mixture); blank
        where it has none.
    rows
        The cells, named as `columns`; shapes are EWKB.
    key
        Columns of the primary key.
    references
        Column -> the table whose primary key it holds.
    comment
        What the table is, and the attribution of its sources.
    """

    name: str
    columns: tuple[TableColumn, ...]
    shape: str
    rows: pa.Table
    key: tuple[str, ...]
    references: Mapping[str, str]
    comment: str


def tables_of(bundle: Bundle) -> list[DatabaseTable]:
    """Give the tables of a run in the order in which their keys allow to write them."""
    frames: dict[str, tuple[pd.DataFrame, tuple[str, ...]]] = {
        "sources": (bundle.sources, ()),
        **dict(reversed(layers_of(bundle).items())),
        **{n: (t, (n,) if n in FACT_LAYERS else ()) for n, t in bundle.plain.items()},
    }
    about = pd.DataFrame(read_me(bundle.run, bundle.sources), columns=["about", "text"])
    described = {name: _describe(frame, name) for name, (frame, _) in frames.items()}
    dictionary = pd.concat([*described.values(), _describe(about, "read_me")], ignore_index=True)
    listed = pd.concat([dictionary, _describe(dictionary, "columns")], ignore_index=True)
    frames |= {"columns": (cleaned(listed), ()), "read_me": (about, ())}
    described |= {name: _describe(frames[name][0], name) for name in ("columns", "read_me")}
    keys = {name: _key(frame, name) for name, (frame, _) in frames.items()}
    return [
        _table(name, frame, described[name], keys, frames, _comment(name, layers, bundle))
        for name, (frame, layers) in frames.items()
    ]


def _comment(name: str, layers: Iterable[str], bundle: Bundle) -> str:
    title, description = table_texts().get(_layer_name(name), (f"Layer {name}", ""))
    meaning = f"{title}. {description}".removesuffix(". ").removesuffix(".")
    run = bundle.run
    made = f"geo_ree run {run['run_id']}, {run['created']}"
    return f"{meaning}. {made}. {licence_notice(bundle.sources, *layers)}".strip()


def _describe(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of the data dictionary for one table."""
    layer = LAYERS.get(_layer_name(name))
    if name not in table_names() and layer is not None:
        meanings = {column.name: column.meaning for column in layer.columns}
        names = [str(n) for n in frame.columns if frame[n].dtype != "geometry"]
        rows = [(name, n, "", None, meanings.get(n) or n) for n in names]
        heads = ["table", "column", "unit", "decimals", "description"]
        return pd.DataFrame(rows, columns=heads).astype({"decimals": "Int64"})
    plain = frame.loc[:, frame.dtypes != "geometry"]
    listed = describe_columns(plain, "scores" if name == "deposits" else name)
    return listed.assign(table=name)


def _layer_name(name: str) -> str:
    for end in ("_points", "_lines", "_areas"):
        if name not in LAYERS and name.endswith(end):
            return name.removesuffix(end)
    return name


def _key(frame: pd.DataFrame, name: str) -> tuple[str, ...]:
    """Columns that tell the rows of a table apart; none where no candidate does."""
    for key in _KEYS.get(name, (("id",),)):
        columns = list(key)
        if set(key) <= set(frame.columns) and not (
            frame.duplicated(columns).any() or frame[columns].isna().any(axis=None)
        ):
            return key if _longest(frame[columns]) <= _LONGEST_KEY else ()
    return ()


def _longest(keys: pd.DataFrame) -> int:
    """Bytes of the longest key of a table."""
    sizes = [pc.binary_length(pa.array(keys[n].astype(str), pa.string())) for n in keys.columns]
    return int(sum(size.to_numpy() for size in sizes).max(initial=0))


def _table(
    name: str,
    frame: pd.DataFrame,
    described: pd.DataFrame,
    keys: Mapping[str, tuple[str, ...]],
    frames: Mapping[str, tuple[pd.DataFrame, tuple[str, ...]]],
    comment: str,
) -> DatabaseTable:
    shapes = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else None
    plain = frame.loc[:, frame.dtypes != "geometry"]
    names = database_names(plain.columns)
    comments = {str(row["column"]): _column_comment(row) for row in described.to_dict("records")}
    columns, cells = [], []
    if not keys[name]:
        columns.append(TableColumn(ROW, "bigint", "number of the row"))
        cells.append(pa.array(range(1, len(plain) + 1), pa.int64()))
    for own in map(str, plain.columns):
        array = _cells(plain[own])
        full = comments.get(own) or own
        renamed = "" if names[own] == own else f" (the column {own})"
        columns.append(TableColumn(names[own], _kind(array.type), full + renamed))
        cells.append(array)
    shape = "" if shapes is None else shape_of(shapes)
    if shapes is not None:
        columns.append(TableColumn(GEOMETRY, "geometry", "shape, EPSG:4326"))
        cells.append(_ewkb(shapes, shape))
    return DatabaseTable(
        name=name,
        columns=tuple(columns),
        shape=shape,
        rows=pa.table(cells, names=[column.name for column in columns]),
        key=keys[name] or (ROW,),
        references=_references(name, frame, keys, frames),
        comment=comment,
    )


def _column_comment(row: Mapping[object, object]) -> str:
    unit = f" [{row['unit']}]" if row["unit"] else ""
    return f"{row['description']}{unit}"


def _references(
    name: str,
    frame: pd.DataFrame,
    keys: Mapping[str, tuple[str, ...]],
    frames: Mapping[str, tuple[pd.DataFrame, tuple[str, ...]]],
) -> dict[str, str]:
    """Columns all of whose values are keys of another table."""
    wanted = list(_REFERENCES.get(name, ()))
    if "source_id" in frame.columns:
        wanted.append(("source_id", "sources"))
    return {
        column: other
        for column, other in wanted
        if keys[other] == ("id",) and frame[column].dropna().isin(frames[other][0]["id"]).all()
    }


def database_names(columns: Iterable[object]) -> dict[str, str]:
    """Name of each column in a database: short enough, and none that PostgreSQL or geo_ree uses.

    Examples
    --------
    >>> database_names(["score", "ctid", "geom"])
    {'score': 'score', 'ctid': 'ctid_', 'geom': 'geom_'}
    >>> len(database_names(["длинное название столбца из чужой таблицы"]).popitem()[1].encode())
    63
    """
    out: dict[str, str] = {}
    for column in map(str, columns):
        name = column.replace("\x00", "") or "column"
        name = f"{name}_" if name in _SYSTEM else name
        if len(name.encode()) > _LONGEST_NAME or name in out.values():
            end = "_" + hashlib.sha256(column.encode()).hexdigest()[:8]
            name = name.encode()[: _LONGEST_NAME - len(end)].decode(errors="ignore") + end
        out[column] = name
    return out


def _cells(column: pd.Series) -> pa.Array:
    if pd.api.types.is_bool_dtype(column.dtype):
        return pa.array(column, pa.bool_(), from_pandas=True)
    if column.dtype.kind == "u" and (column > _MOST_INT).any():
        column = column.astype(object).map(str, na_action="ignore")
    if pd.api.types.is_integer_dtype(column.dtype):
        return pa.array(column, pa.int64(), from_pandas=True)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return pa.array(column.astype(float), pa.float64(), from_pandas=True)
    texts = pa.array(column.tolist(), pa.string(), from_pandas=True)
    return pc.replace_substring(texts, "\x00", "")  # PostgreSQL keeps no NUL


def _kind(arrow: pa.DataType) -> str:
    if pa.types.is_boolean(arrow):
        return "boolean"
    if pa.types.is_integer(arrow):
        return "bigint"
    return "double precision" if pa.types.is_floating(arrow) else "text"


def shape_of(shapes: gpd.GeoSeries) -> str:
    """Kind of the shapes of a table: that of all, its Multi form, or ``Geometry`` for a mixture.

    Examples
    --------
    >>> shape_of(gpd.GeoSeries([shapely.Point(1, 2), None, shapely.MultiPoint([(3, 4)])]))
    'MultiPoint'
    """
    kinds = set(shapes.geom_type.dropna().unique())
    single = {kind.removeprefix("Multi") for kind in kinds}
    if len(single) != 1 or not single <= {"Point", "LineString", "Polygon"}:
        return "Geometry"
    many = "Multi" if len(kinds) > 1 or kinds != single else ""
    return many + single.pop()


def _ewkb(shapes: gpd.GeoSeries, kind: str) -> pa.Array:
    values = shapely.set_srid(shapes.to_numpy(), 4326)
    values = shapely.force_2d(values)  # neither heights nor measures fit the column
    if kind.startswith("Multi"):
        values = [_multi(v) for v in values]
    return pa.array(shapely.to_wkb(values, include_srid=True).tolist(), pa.binary())


def _multi(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    if shape is None or shape.geom_type.startswith("Multi"):
        return shape
    kinds = {
        "Point": shapely.multipoints,
        "LineString": shapely.multilinestrings,
        "Polygon": shapely.multipolygons,
    }
    return shapely.set_srid(kinds[shape.geom_type]([shape]), shapely.get_srid(shape))
