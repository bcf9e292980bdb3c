"""What the tags of OpenStreetMap say, as columns that a catalogue entry can name."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyogrio.raw import open_arrow

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.reading.osm_pbf import check_pbf
from geo_ree.reading.tables import check_rows, number_rows
from geo_ree.schema import LAYERS

logger = logging.getLogger(__name__)


_STATES = ("construction", "disused", "abandoned")
_WORD = re.compile(r"'(?:[^']|'')*'|\"([^\"]+)\"|([A-Za-z_][\w:]*)")
_SQL = {"and", "or", "not", "in", "is", "null", "like", "ilike", "between", "escape"}
_SOUND_KEY = re.compile(r"[^\s,;=\"'\[\]#]+")
_VOLTS = re.compile(r"(\d+(?:\.\d+)?)\s*(k?)v?", re.IGNORECASE)
_POWER = re.compile(r"(\d+)(?:([.,])(\d+))?\s*([kMG]?)Wp?", re.IGNORECASE)
_MEGAWATTS = {"": 1e-6, "k": 1e-3, "m": 1.0, "g": 1e3}


def voltage_kv(text: str) -> float | None:
    """Highest of the voltages in a tag ``voltage``, in kilovolts.

    Parameters
    ----------
    text
        Volts, several separated by ``;``, ``/``, ``,`` or ``|``; a piece may have a unit.

    Returns
    -------
    float or None
        None where a piece is no voltage.

    Examples
    --------
    >>> voltage_kv("220000;110000"), voltage_kv("35 kV"), voltage_kv("high")
    (220.0, 35.0, None)
    """
    kilovolts = []
    for piece in filter(None, map(str.strip, re.split(r"[;/,|]", text))):
        found = _VOLTS.fullmatch(piece)
        if not found:
            return None
        kilovolts.append(float(found[1]) if found[2] else float(found[1]) / 1000.0)
    return max(kilovolts, default=None)


def capacity_mw(text: str) -> float | None:
    """Electric output in a tag ``plant:output:electricity``, in megawatts.

    Parameters
    ----------
    text
        A number with its unit (W, kW, MW or GW, a trailing p for peak). A comma before three
        digits may be either mark and is not understood.

    Returns
    -------
    float or None
        None where it is not understood, a number without a unit among them.

    Examples
    --------
    >>> capacity_mw("500 MW"), capacity_mw("1,2 GW"), capacity_mw("1,200 MW"), capacity_mw("yes")
    (500.0, 1200.0, None, None)
    """
    found = _POWER.fullmatch(text.strip())
    if not found or (found[2] == "," and len(found[3]) == 3):
        return None
    return float(f"{found[1]}.{found[3] or 0}") * _MEGAWATTS[found[4].lower()]


def _number(rule: Callable[[str], float | None], key: str) -> Callable[[pd.DataFrame], pd.Series]:
    def column(tags: pd.DataFrame) -> pd.Series:
        told = [_text(rule(v)) if _given(v) else None for v in tags[key]]
        return pd.Series(told, index=tags.index, dtype=object)

    return column


def _state(key: str) -> Callable[[pd.DataFrame], pd.Series]:
    def column(tags: pd.DataFrame) -> pd.Series:
        out = tags[key].copy()
        for state in _STATES:
            out = out.where(out.map(_given) | ~tags[f"{state}:{key}"].map(_given), state)
        return out

    return column


def _given(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.10g}"


def _name(tags: pd.DataFrame) -> pd.Series:
    return tags["name:en"].where(tags["name:en"].map(_given), tags["name"])


_Rule = tuple[tuple[str, ...], Callable[[pd.DataFrame], pd.Series]]
_DERIVED: Mapping[str, _Rule] = MappingProxyType(
    {
        "osm_name": (("name", "name:en"), _name),
        "voltage_kv": (("voltage",), _number(voltage_kv, "voltage")),
        "capacity_mw": (
            ("plant:output:electricity",),
            _number(capacity_mw, "plant:output:electricity"),
        ),
        **{
            f"{key}_class": ((key, *(f"{s}:{key}" for s in _STATES)), _state(key))
            for key in ("railway", "power", "highway")
        },
    }
)


def wanted_tags(source: Source) -> tuple[str, ...]:
    """Tags that an entry needs: those of its columns and of its condition.

    Parameters
    ----------
    source
        The entry, or a single-table view of it.

    Returns
    -------
    tuple of str
        Keys of tags, such as ``name:en``, sorted.

    Raises
    ------
    SchemaError
        When a column is called what no tag can be called.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> roads = load_catalog()["osm_kazakhstan"].parts()[1]
    >>> wanted_tags(roads)
    ('highway', 'name', 'name:en')
    """
    asked = [m[1] or m[2] for m in _WORD.finditer(source.reader.where) if m[1] or m[2]]
    plain = {word for word in asked if word.lower() not in _SQL}
    plain |= {*source.columns.values(), *source.precision.columns} - {"osm_ref"}
    keys = {key for name in plain for key in _DERIVED.get(name, ((name,),))[0]}
    odd = sorted(k for k in keys if not _SOUND_KEY.fullmatch(k))
    if odd:
        raise SchemaError(
            f"{source.id}: {odd[0]!r} cannot be the key of a tag",
            "correct columns or reader.where in the catalogue entry",
        )
    return tuple(sorted(keys))


def with_derived(tags: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Add the columns that are told from several tags, or from one with a unit.

    These are: ``osm_name`` (``name:en``, else ``name``); ``voltage_kv`` (highest of
    ``voltage``); ``capacity_mw`` (of ``plant:output:electricity``); and ``railway_class``,
    ``power_class`` and ``highway_class``, which are the tag of that key or, where a feature has
    it with a prefix only (``disused:railway``), the prefix: ``construction``, ``disused`` or
    ``abandoned``. What is not understood is left blank and counted in a warning.

    Parameters
    ----------
    tags
        A column for each of `wanted_tags`, None where a feature lacks the tag.
    source
        The entry; only the columns that it names are added.

    Returns
    -------
    pandas.DataFrame
        A new frame.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> roads = load_catalog()["osm_kazakhstan"].parts()[1]
    >>> tags = pd.DataFrame({"highway": ["trunk"], "name": ["Жол"], "name:en": ["Road"]})
    >>> with_derived(tags, roads)["osm_name"].tolist()
    ['Road']
    """
    out = tags.copy()
    for name in sorted({*source.columns.values()} & _DERIVED.keys()):
        keys, rule = _DERIVED[name]
        out[name] = rule(tags).astype(object)
        if len(keys) == 1:
            _warn(tags[keys[0]], out[name], keys[0], source)
    return out


def _warn(given: pd.Series, told: pd.Series, key: str, source: Source) -> None:
    lost: Iterable[str] = given[given.map(_given) & ~told.map(_given)]
    counts = pd.Series(list(lost), dtype=object).value_counts()
    if len(counts):
        shown = ", ".join(f"{text!r} ({n})" for text, n in counts.head(5).items())
        logger.warning(
            "%s: %d features have a %s that is not understood and left blank: %s%s",
            source.id,
            counts.sum(),
            key,
            shown,
            " …" if len(counts) > 5 else "",
        )


GDAL_LAYERS = ("points", "lines", "multilinestrings", "multipolygons", "other_relations")
"""The layers into which GDAL sorts the features of a file."""

AREAS = (
    "aeroway=aerodrome",
    "amenity",
    "boundary",
    "building",
    "landuse",
    "leisure",
    "man_made",
    "military",
    "natural",
    "place",
    "tourism",
    "power=plant",
    "power=substation",
    "power=generator",
    "power=construction",
    "power=disused",
    "power=abandoned",
    "construction:power",
    "disused:power",
    "abandoned:power",
)
"""Tags that make an area of a closed way, where an entry asks for areas."""

MEMORY_MB = 100
"""What GDAL may keep of the nodes in memory; the rest goes to a temporary file."""

DISK_FACTOR = 4
"""Free space (sizes of the file) asked for in the temporary folder."""

_BATCH = 8_192
_NO_ROOM_BYTES = 16_000_000  # what GDAL writes at once is less
_FAILURES = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    GeometryError,
    pa.ArrowException,
    OSError,
    ValueError,
    RuntimeError,
)


def read_osm(path: Path, source: Source) -> pd.DataFrame:
    """Open one table of an OpenStreetMap file.

    Nodes, ways and relations that meet ``reader.where`` are taken from the layers of GDAL that
    ``reader.layer`` names, separated by commas. Areas become a point on them where the
    canonical layer has no areas. Closed ways are lines where the entry asks for no areas.

    Parameters
    ----------
    path
        A file as Geofabrik gives it.
    source
        Its catalogue entry, or the view of it for one table.

    Returns
    -------
    geopandas.GeoDataFrame
        ``osm_ref`` (``way/123``), the tags that the entry names, and the derived columns
        described at `geo_ree.reading.osm.with_derived`. No rows at all are an error only
        where the entry has but one table: a country may well have no power plant.

    Raises
    ------
    SchemaError
        When the file is damaged or not such a file, or the entry asks for what cannot be.
    SettingsError
        When the temporary folder has too little room.
    """
    layers = wanted_layers(source)
    tags = wanted_tags(source)
    is_sorted = check_pbf(path, source)
    hint = f"fetch it again with geo-ree fetch {source.id}"
    with _scratch(path, source) as folder:
        config = folder / "osmconf.ini"
        config.write_text(_config(tags, areas=layers != ("lines",)), encoding="utf-8")
        options = {
            "CONFIG_FILE": str(config),
            "MAX_TMPFILE_SIZE": str(MEMORY_MB),
            "COMPRESS_NODES": "YES",  # a quarter of the room on the disk for a little more time
            # the quick index of nodes counts on their being sorted
            "USE_CUSTOM_INDEXING": "YES" if is_sorted else "NO",
        }
        try:
            found = [_read_layer(path, layer, tags, source, options, folder) for layer in layers]
        except _FAILURES as error:
            line = " ".join(str(error).split())
            raise SchemaError(
                f"{source.id}: {path.name} cannot be read as the entry asks ({line})",
                f"correct reader.where in the catalogue entry, or {hint}",
            ) from error
    return as_table(pd.concat(found, ignore_index=True), path, source)


def as_table(found: pd.DataFrame, path: Path, source: Source) -> gpd.GeoDataFrame:
    """Make the table of a reader from what was found: derived columns, rows counted from 1.

    Parameters
    ----------
    found
        ``osm_ref``, the tags and ``geometry``; rows without a geometry are left out, counted in
        a warning.
    path, source
        The payload and its entry.

    Returns
    -------
    geopandas.GeoDataFrame

    Raises
    ------
    SchemaError
        When there are no rows, and the entry has but one table.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> road = pd.DataFrame({"osm_ref": ["way/1"], "highway": ["trunk"], "name": [None],
    ...                      "name:en": ["Made-up Road"],
    ...                      "geometry": [shapely.LineString([(70, 45), (71, 45)])]})
    >>> roads = load_catalog()["osm_kazakhstan"].parts()[1]
    >>> as_table(road, Path("x.osm.pbf"), roads)[["osm_ref", "osm_name"]].values.tolist()
    [['way/1', 'Made-up Road']]
    """
    gaps = shapely.is_missing(found["geometry"].to_numpy(dtype=object))
    gaps |= shapely.is_empty(found["geometry"].to_numpy(dtype=object))
    if gaps.any():
        logger.warning(
            "%s: %d features have no geometry in %s and are left out, %s among them",
            source.id,
            gaps.sum(),
            path.name,
            found["osm_ref"][gaps].iloc[0],
        )
    frame = number_rows(with_derived(found[~gaps].reset_index(drop=True), source))
    if not source.part:
        hint = f"fetch it again with geo-ree fetch {source.id}, or correct reader.where"
        check_rows(source, frame, path.name, hint=hint)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=STORE_CRS)


def wanted_layers(source: Source) -> tuple[str, ...]:
    """Layers of GDAL that an entry reads.

    Raises
    ------
    SchemaError
        When it names another, or has no condition.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> wanted_layers(load_catalog()["osm_kazakhstan"].parts()[2])
    ('lines', 'points', 'multipolygons')
    """
    asked = tuple(name.strip() for name in source.reader.layer.split(","))
    odd = [name for name in asked if name not in GDAL_LAYERS]
    if odd or not source.reader.where:
        what = f"reader.layer has {odd[0]!r}" if odd else "reader.where is missing"
        raise SchemaError(
            f"{source.id}: {what}; an OpenStreetMap file has the layers {', '.join(GDAL_LAYERS)}, "
            "and a condition chooses from them",
            "correct reader in the catalogue entry",
        )
    return asked


def _config(tags: tuple[str, ...], *, areas: bool) -> str:
    """GDAL's description of the columns: the tags we need, under their own names."""
    lines = [
        "[general]",
        f"closed_ways_are_polygons={','.join(AREAS) if areas else ''}",
        "attribute_name_laundering=no",
    ]
    for layer in GDAL_LAYERS:
        lines += [f"[{layer}]", "osm_id=yes", f"attributes={','.join(tags)}", "other_tags=no"]
        lines += [f"osm_{name}=no" for name in ("version", "timestamp", "uid", "user", "changeset")]
    return "\n".join(lines) + "\n"


@contextmanager
def _scratch(path: Path, source: Source) -> Iterator[Path]:
    """Give a folder for GDAL's temporary files, which else lie in the working directory."""
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        _check_room(Path(folder), DISK_FACTOR * path.stat().st_size, source)
        before = pyogrio.get_gdal_config_option("CPL_TMPDIR")
        pyogrio.set_gdal_config_options({"CPL_TMPDIR": folder})
        try:
            yield Path(folder)
        finally:
            pyogrio.set_gdal_config_options({"CPL_TMPDIR": before})


def _check_room(folder: Path, needed: int, source: Source) -> None:
    """Refuse a disk that is full, or will be: GDAL stops there without a word."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SettingsError(
            f"{source.id}: {folder.parent} has {free / 1e6:.0f} MB free, and reading the file "
            f"may take {needed / 1e6:.0f} MB there",
            "make room, or name another folder in the environment variable TMPDIR",
        )


def _read_layer(
    path: Path,
    layer: str,
    tags: tuple[str, ...],
    source: Source,
    options: dict[str, str],
    folder: Path,
) -> pd.DataFrame:
    # as a query, so that GDAL leaves out the work for the other layers; by batches, so that
    # areas are never held in memory all at once
    query = f"SELECT * FROM {layer} WHERE {source.reader.where}"
    with open_arrow(path, sql=query, use_pyarrow=True, batch_size=_BATCH, **options) as (
        meta,
        batches,
    ):
        found = [_table(batch, meta["geometry_name"], layer, tags, source) for batch in batches]
        _check_room(folder, _NO_ROOM_BYTES, source)  # as long as the temporary files are there
    empty = pd.DataFrame(columns=["osm_ref", *tags, "geometry"], dtype=object)
    return pd.concat(found, ignore_index=True) if found else empty


def _table(
    batch: pa.RecordBatch, geometry: str, layer: str, tags: tuple[str, ...], source: Source
) -> pd.DataFrame:
    columns = {n: pd.Series(batch.column(n).to_pylist(), dtype=object) for n in tags}
    ids = batch.column("osm_id").to_pylist()
    kind = {"points": "node", "lines": "way"}.get(layer, "relation")
    ways = batch.column("osm_way_id").to_pylist() if layer == "multipolygons" else [None] * len(ids)
    refs = [f"way/{w}" if w else f"{kind}/{i}" for w, i in zip(ways, ids, strict=True)]
    shapes = shapely.from_wkb(np.array(batch.column(geometry).to_pylist(), dtype=object))
    if layer in ("multipolygons", "other_relations"):
        shapes = as_points(shapes, source)
    return pd.DataFrame({"osm_ref": refs, **columns, "geometry": shapes})


def as_points(shapes: Sequence[shapely.Geometry], source: Source) -> Sequence[shapely.Geometry]:
    """Give a point on each area or collection, unless the canonical layer has areas.

    Parameters
    ----------
    shapes
        Geometries, in degrees.
    source
        Its layer decides.

    Returns
    -------
    sequence
        Geometries in the same order.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> plants = load_catalog()["osm_kazakhstan"].parts()[3]
    >>> as_points([shapely.box(70, 45, 72, 46)], plants)[0].wkt
    'POINT (71 45.5)'
    """
    if "Polygon" in LAYERS[source.layer].geometries:
        return shapes
    points: Sequence[shapely.Geometry] = shapely.point_on_surface(np.asarray(shapes, dtype=object))
    return points
