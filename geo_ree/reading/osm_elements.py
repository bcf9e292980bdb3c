"""Elements of OpenStreetMap, from a file or from Overpass, as rows with a geometry.

`reader.layer` of a catalogue entry names the kinds of features by the layers of GDAL's OSM driver:
points, lines, multilinestrings, multipolygons and other_relations.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.reading.osm_states import STATES
from geo_ree.reading.osm_tags import Condition, tag_value, wanted_tags, with_derived
from geo_ree.reading.tables import check_rows, number_rows
from geo_ree.schema import LAYERS

logger = logging.getLogger(__name__)

OSM_LAYERS = ("points", "lines", "multilinestrings", "multipolygons", "other_relations")
"""The kinds of features that ``reader.layer`` can name, several separated by commas."""

AREAS = frozenset(
    {
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
        *(f"power={state}" for state in STATES),
    }
)
"""Tags that make a closed way an area, unless an entry reads lines only."""

Corners = Sequence[tuple[float, float]]
"""Longitudes and latitudes along a way."""


@dataclass(frozen=True, kw_only=True)
class Element:
    """A node, way or relation.

    `lines` has the role and corners of a way, or of each way in a relation; `points` the place
    of a node, or of each node in a relation.
    """

    kind: str
    id: int
    tags: Mapping[str, str]
    lines: Sequence[tuple[str, Corners]] = ()
    points: Corners = ()


@dataclass
class Selection:
    """The rows that an entry selects among the elements it is given."""

    source: Source
    layers: tuple[str, ...] = field(init=False)
    tags: tuple[str, ...] = field(init=False)
    condition: Condition = field(init=False)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.layers = wanted_layers(self.source)
        self.tags = wanted_tags(self.source)
        self.condition = Condition(self.source)

    def add(self, element: Element) -> None:
        """Keep an element that is in the entry's layers and meets its condition."""
        layer = _layer(element, self.layers)
        if layer in self.layers and self.condition.matches(element.tags):
            self.rows.append(
                {
                    "osm_ref": f"{element.kind}/{element.id}",
                    **{name: tag_value(element.tags, name) for name in self.tags},
                    "geometry": _geometry(element, layer),
                }
            )

    def table(self, path: Path) -> gpd.GeoDataFrame:
        """Give the rows as `as_table` does."""
        return as_table(self.rows, self.tags, path, self.source)


def wanted_layers(source: Source) -> tuple[str, ...]:
    """Layers that an entry reads; raises SchemaError for an unknown one or a missing condition."""
    asked = tuple(name.strip() for name in source.reader.layer.split(","))
    unknown = [name for name in asked if name not in OSM_LAYERS]
    if unknown or not source.reader.where:
        what = f"reader.layer has {unknown[0]!r}" if unknown else "reader.where is missing"
        raise SchemaError(
            f"{source.id}: {what}; OpenStreetMap data has the layers {', '.join(OSM_LAYERS)}, "
            "and a condition selects from them",
            "correct reader in the catalogue entry",
        )
    return asked


def _layer(element: Element, asked: tuple[str, ...]) -> str:
    tags = element.tags
    if element.kind == "node":
        return "points"
    if element.kind == "relation":
        if tags.get("type") in ("multipolygon", "boundary"):
            return "multipolygons"
        joined = tags.get("type") in ("multilinestring", "route")
        return "multilinestrings" if joined else "other_relations"
    ((_, corners),) = element.lines
    closed = len(corners) > 3 and corners[0] == corners[-1]
    if not closed or asked == ("lines",):
        return "lines"
    if "area" in tags:
        return "multipolygons" if tags["area"] == "yes" else "lines"
    bare = {_without_state(key): value for key, value in tags.items()}
    marks = {*bare, *(f"{key}={value}" for key, value in bare.items())}
    return "lines" if marks.isdisjoint(AREAS) else "multipolygons"


def _without_state(key: str) -> str:
    """Key of a tag without the prefix of a state: a disused plant is an area as well."""
    state, _, rest = key.partition(":")
    return rest if rest and state in STATES else key


def _geometry(element: Element, layer: str) -> shapely.Geometry | None:
    """Geometry of an element, None where its members or nodes are missing or impossible."""
    try:
        return _shape(element, layer)
    except shapely.GEOSException:
        return None


def _shape(element: Element, layer: str) -> shapely.Geometry | None:
    if layer == "points":
        return shapely.Point(element.points[0]) if element.points else None
    lines = [(role, corners) for role, corners in element.lines if len(corners) > 1]
    if layer == "lines":
        return shapely.LineString(lines[0][1]) if lines else None
    if layer == "multipolygons":
        outer = _join_rings(corners for role, corners in lines if role != "inner")
        inner = _join_rings(corners for role, corners in lines if role == "inner")
        area = outer.difference(inner)
        return shapely.MultiPolygon(
            [p for p in shapely.get_parts(area) if p.geom_type == "Polygon" and not p.is_empty]
        )
    parts = [shapely.LineString(corners) for _, corners in lines]
    if layer == "multilinestrings":
        return shapely.MultiLineString(parts)
    return shapely.GeometryCollection([*map(shapely.Point, element.points), *parts])


def _join_rings(ways: Iterable[Corners]) -> shapely.Geometry:
    """The areas that ways close together, in whatever order they come."""
    lines = [shapely.LineString(corners) for corners in ways]
    areas = list(shapely.polygonize(lines).geoms)
    if not areas:  # perhaps a ring that crosses itself
        merged = shapely.get_parts(shapely.line_merge(shapely.MultiLineString(lines)))
        areas = [shapely.make_valid(shapely.Polygon(line)) for line in merged if line.is_closed]
    return shapely.union_all(areas)


def as_table(
    rows: Sequence[Mapping[str, Any]], tags: Sequence[str], path: Path, source: Source
) -> gpd.GeoDataFrame:
    """Make a table of rows: tags, derived columns, geometry, numbered from 1.

    Areas and collections become a point on them where the canonical layer has no areas. Rows
    without a geometry are skipped with a warning. Raises SchemaError when there are no rows and the
    entry has but one table: a country may well have no power plant.
    """
    columns = ("osm_ref", *tags, "geometry")
    found = pd.DataFrame({c: pd.Series([r.get(c) for r in rows], dtype=object) for c in columns})
    shapes = found["geometry"].to_numpy(dtype=object, copy=True)
    gaps = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if gaps.any():
        logger.warning(
            "%s: skipped %d features of %s without a geometry, such as %s",
            source.id,
            gaps.sum(),
            path.name,
            found["osm_ref"][gaps].iloc[0],
        )
    if "Polygon" not in LAYERS[source.layer].geometries:
        areas = ~gaps & np.isin(shapely.get_type_id(shapes), (3, 6, 7))
        shapes[areas] = shapely.point_on_surface(shapes[areas])
    found["geometry"] = shapes
    frame = number_rows(with_derived(found[~gaps].reset_index(drop=True), source))
    if not source.part:
        hint = f"fetch it again with geo-ree fetch {source.id}, or correct reader.where"
        check_rows(source, frame, path.name, hint=hint)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=STORE_CRS)


def elements_of_json(found: Iterable[Any], source: Source, *, where: str) -> list[Element]:
    """Read the tagged elements of an answer of Overpass (``out geom``).

    Raises SchemaError, naming the file, when an element lacks what Overpass always writes.
    """
    out = []
    for record in found:
        try:
            if record.get("tags"):
                if not all(isinstance(value, str) for value in record["tags"].values()):
                    raise TypeError("a tag that is not a text")
                out.append(_READERS[record["type"]](record))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            start = json.dumps(record, ensure_ascii=False)[:80]
            raise SchemaError(
                f"{source.id}: {where}: an element is not as Overpass writes it ({start} …)",
                f"fetch it again with geo-ree fetch {source.id}",
            ) from error
    return out


def _node(record: Mapping[str, Any]) -> Element:
    return Element(
        kind="node", id=record["id"], tags=record["tags"], points=_on_globe([_place(record)])
    )


def _way(record: Mapping[str, Any]) -> Element:
    return Element(kind="way", id=record["id"], tags=record["tags"], lines=[("", _corners(record))])


def _relation(record: Mapping[str, Any]) -> Element:
    members = record.get("members") or []
    return Element(
        kind="relation",
        id=record["id"],
        tags=record["tags"],
        lines=[(m.get("role", ""), _corners(m)) for m in members if m.get("type") == "way"],
        points=_on_globe(_place(m) for m in members if m.get("type") == "node" and "lon" in m),
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Element]] = {
    "node": _node,
    "way": _way,
    "relation": _relation,
}


def _corners(way: Mapping[str, Any]) -> Corners:
    # null stands for a node that the answer leaves out
    return _on_globe(_place(corner) for corner in way.get("geometry") or [] if corner)


def _place(record: Mapping[str, Any]) -> tuple[float, float]:
    return float(record["lon"]), float(record["lat"])


def _on_globe(places: Iterable[tuple[float, float]]) -> Corners:
    return [(lon, lat) for lon, lat in places if abs(lon) <= 180 and abs(lat) <= 90]
