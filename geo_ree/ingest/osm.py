"""OpenStreetMap extracts (.osm.pbf): a country in one file, several layers read from it."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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
from geo_ree.ingest.osm_pbf import check_pbf
from geo_ree.ingest.osm_tags import wanted_tags, with_derived
from geo_ree.ingest.tables import check_rows, numbered
from geo_ree.schema import LAYERS

logger = logging.getLogger(__name__)

GDAL_LAYERS = ("points", "lines", "multilinestrings", "multipolygons", "other_relations")
"""The layers into which GDAL sorts the features of a file."""

AREAS = (
    "aeroway=aerodrome", "amenity", "boundary", "building", "landuse", "leisure", "man_made",
    "military", "natural", "place", "tourism", "power=plant", "power=substation",
    "power=generator", "power=construction", "power=disused", "power=abandoned",
    "construction:power", "disused:power", "abandoned:power",
)  # fmt: skip
"""Tags that make an area of a closed way, where an entry asks for areas."""

MEMORY_MB = 100
"""What GDAL may keep of the nodes in memory; the rest goes to a temporary file."""

DISK_FACTOR = 4
"""Free space (sizes of the file) asked for in the temporary folder."""

_BATCH = 8_192
_NO_ROOM_BYTES = 16_000_000  # what GDAL writes at once is less
_FAILURES = (DataSourceError, DataLayerError, FeatureError, GeometryError, pa.ArrowException,
             OSError, ValueError, RuntimeError)  # fmt: skip


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
        described at `geo_ree.ingest.osm_tags.with_derived`. No rows at all are an error only
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
    cure = f"fetch it again with geo-ree fetch {source.id}"
    with _scratch(path, source) as folder:
        config = folder / "osmconf.ini"
        config.write_text(_config(tags, areas=layers != ("lines",)), encoding="utf-8")
        options = {
            "CONFIG_FILE": str(config), "MAX_TMPFILE_SIZE": str(MEMORY_MB),
            "COMPRESS_NODES": "YES",  # a quarter of the room on the disk for a little more time
            # the quick index of nodes counts on their being sorted
            "USE_CUSTOM_INDEXING": "YES" if is_sorted else "NO",
        }  # fmt: skip
        try:
            found = [_read_layer(path, layer, tags, source, options, folder) for layer in layers]
        except _FAILURES as error:
            line = " ".join(str(error).split())
            raise SchemaError(
                f"{source.id}: {path.name} cannot be read as the entry asks ({line})",
                f"correct reader.where in the catalogue entry, or {cure}",
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
    >>> from geo_ree.catalog import load_catalog
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
        logger.warning("%s: %d features have no geometry in %s and are left out, %s among them",
                       source.id, gaps.sum(), path.name, found["osm_ref"][gaps].iloc[0])  # fmt: skip
    frame = numbered(with_derived(found[~gaps].reset_index(drop=True), source))
    if not source.part:
        cure = f"fetch it again with geo-ree fetch {source.id}, or correct reader.where"
        check_rows(source, frame, path.name, cure=cure)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=STORE_CRS)


def wanted_layers(source: Source) -> tuple[str, ...]:
    """Layers of GDAL that an entry reads.

    Raises
    ------
    SchemaError
        When it names another, or has no condition.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
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
    path: Path, layer: str, tags: tuple[str, ...], source: Source, options: dict[str, str],
    folder: Path,
) -> pd.DataFrame:  # fmt: skip
    # as a query, so that GDAL leaves out the work for the other layers; by batches, so that
    # areas are never held in memory all at once
    query = f"SELECT * FROM {layer} WHERE {source.reader.where}"
    with open_arrow(
        path, sql=query, use_pyarrow=True, batch_size=_BATCH, **options
    ) as (meta, batches):  # fmt: skip
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
    >>> from geo_ree.catalog import load_catalog
    >>> plants = load_catalog()["osm_kazakhstan"].parts()[3]
    >>> as_points([shapely.box(70, 45, 72, 46)], plants)[0].wkt
    'POINT (71 45.5)'
    """
    if "Polygon" in LAYERS[source.layer].geometries:
        return shapes
    points: Sequence[shapely.Geometry] = shapely.point_on_surface(np.asarray(shapes, dtype=object))
    return points
