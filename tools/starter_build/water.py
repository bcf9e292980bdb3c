"""Lakes, reservoirs and wide rivers of OpenStreetMap, near the seven countries."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo_ree.crs import GEOD, STORE_CRS, Floats
from geo_ree.settings import REGION, SCORED_COUNTRIES
from starter_build.checks import check_geometry
from starter_build.lake_names import TABLE, name_lakes, read_lakes
from starter_build.packages import Store
from starter_build.product import BuildError, Product, sha256, write_parquet

MEMBERS = ("river", "lake", "sea")
"""What the members of the package's GeometryCollection are, in order; the sea is left out."""

LEAST_KM2 = 0.1
WITHIN_KM = 150.0

LARGEST_KM2 = 20_000.0
"""Only a lake that the tables of lakes name may be larger (Balkhash has 17,000 km2)."""

DECIMALS = 4
BAND_DEG = 0.06
"""How far off a country's coast water counts as that country's: coast and shore, drawn apart from
each other, differ by kilometres."""

SLIVER_KM2 = 0.01
"""Pieces that a border cuts off are left out below this area."""

_PROJECTED = "+proj=aeqd +lat_0=44 +lon_0=80"

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Waters:
    """Polygons with their kind and their row in the package; all of shape (n,)."""

    shape: Shapes
    kind: Shapes
    row: NDArray[np.int64]
    mended: int = 0

    def take(self, keep: NDArray[np.bool_]) -> Waters:
        """Keep some of the polygons."""
        return Waters(self.shape[keep], self.kind[keep], self.row[keep], self.mended)


def build_water_bodies(store: Store, out: Path) -> Product:
    """Write ``water_bodies.parquet``, with the countries of the product of that name."""
    path = store.path("osm_waterbodies")
    countries = gpd.read_parquet(out / "countries.parquet")
    waters = mend(clip_to_region(read_members(path)), path.name)
    tiles = len(waters.row)
    waters = join_tiles(waters)
    joined = tiles - len(waters.row)
    area = areas_km2(waters.shape)
    small = area < LEAST_KM2
    near = within_reach(waters.shape, countries)
    waters = waters.take(~small & near)
    frame = name_lakes(
        to_frame(waters), gpd.read_file(store.path("ne_lakes")), read_lakes(TABLE), path.name
    )
    check_sizes(frame, path.name)
    frame = cut_at_borders(frame, countries)
    check_geometry(path.name, frame, "native_id", kind="polygon")
    write_parquet(out / "water_bodies.parquet", frame)
    return _product(
        frame,
        store,
        small=int(small.sum()),
        far=int((~small & ~near).sum()),
        joined=joined,
        mended=waters.mended,
    )


def _product(
    frame: gpd.GeoDataFrame, store: Store, *, small: int, far: int, joined: int, mended: int
) -> Product:
    kinds, qualities = Counter(frame["kind"]), Counter(frame["quality"].dropna())
    return Product(
        file="water_bodies.parquet",
        source_id="starter_water_bodies",
        rows=len(frame),
        built_from={
            **store.built_from("osm_waterbodies"),
            **store.built_from("ne_lakes"),
            TABLE.name: "sha256 " + sha256(TABLE),
        },
        took={f"polygons of kind {k}": n for k, n in sorted(kinds.items())},
        dropped={f"smaller than {LEAST_KM2} km2": small, f"farther than {WITHIN_KM:g} km": far},
        derived={
            "tiles joined to the water that they are part of": joined,
            "invalid rings mended": mended,
            "named": int(frame["name"].notna().sum()),
            **{f"called {q} by a source": n for q, n in sorted(qualities.items())},
            "vertices": int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()),
        },
    )


def read_members(path: Path) -> Waters:
    """Read the polygons of rivers and lakes.

    Raises
    ------
    BuildError
        When the file is not a collection of three MultiPolygons, or a polygon cannot be read.
    """
    text = path.read_text(encoding="utf-8")
    try:
        members = shapely.get_parts(shapely.from_geojson(text))
    except shapely.errors.GEOSException as error:
        raise BuildError(f"{path.name}, {_first_unreadable(text)}: {str(error).strip()}") from error
    kinds = [member.geom_type for member in members]
    if kinds != ["MultiPolygon"] * len(MEMBERS):
        raise BuildError(
            f"{path.name}: members {', '.join(kinds) or 'none'}, expected MultiPolygons of "
            f"{', '.join(MEMBERS)}: the package changed, look at what it holds now"
        )
    parts = [shapely.get_parts(member) for member in members[:2]]
    return Waters(
        np.concatenate(parts),
        np.repeat(np.array(MEMBERS[:2], dtype=object), [len(p) for p in parts]),
        np.concatenate([np.arange(len(p)) for p in parts]),
    )


def _first_unreadable(text: str) -> str:
    """Name the first polygon that cannot be read, or say that the text is no JSON."""
    try:
        members = json.loads(text)["geometries"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return "not a GeometryCollection in JSON"
    for kind, member in zip(MEMBERS, members, strict=False):
        for row, rings in enumerate(member.get("coordinates", ())):
            try:
                shapely.from_geojson(json.dumps({"type": "Polygon", "coordinates": rings}))
            except shapely.errors.GEOSException:
                return f"row {row} of kind {kind}"
    return "a geometry that is no polygon"


def clip_to_region(waters: Waters) -> Waters:
    """Keep the polygons whose box meets the region; what cannot be placed stays for `mend`."""
    west, south, east, north = REGION
    x0, y0, x1, y1 = shapely.bounds(waters.shape).T
    return waters.take(~((x1 < west) | (x0 > east) | (y1 < south) | (y0 > north)))


def mend(waters: Waters, file: str) -> Waters:
    """Make invalid polygons valid.

    Raises
    ------
    BuildError
        Naming the rows of which no area is left: lines, points, coordinates that are no numbers.
    """
    shape = waters.shape.copy()
    broken = ~shapely.is_valid(shape)
    finite = np.isfinite(shapely.bounds(shape)).all(axis=1)
    repaired = shapely.make_valid(shape[broken & finite], method="structure", keep_collapsed=False)
    shape[broken & finite] = repaired
    lost = ~finite | (shapely.area(shape) == 0.0)
    if lost.any():
        rows = [f"row {waters.row[i]} of kind {waters.kind[i]}" for i in np.flatnonzero(lost)[:3]]
        more = f" and {int(lost.sum()) - 3} more" if lost.sum() > 3 else ""
        raise BuildError(
            f"{file}, {', '.join(rows)}{more}: no area is left of it, a river or lake of one point "
            "or one line; the package changed, look at these rows"
        )
    return Waters(shape, waters.kind, waters.row, int(broken.sum()))


def join_tiles(waters: Waters) -> Waters:
    """Join polygons of one kind that touch: the package cuts its polygons along map tiles."""
    first, second = shapely.STRtree(waters.shape).query(waters.shape, predicate="intersects")
    same = (first < second) & (waters.kind[first] == waters.kind[second])
    first, second = first[same], second[same]
    n = len(waters.row)
    links = coo_array((np.ones(len(first)), (first, second)), shape=(n, n))
    _, group = connected_components(links, directed=False)
    lead = np.unique(group, return_index=True)[1]
    shape = waters.shape[lead]
    many = np.flatnonzero(np.bincount(group) > 1)
    for number in many:
        shape[number] = shapely.union_all(waters.shape[group == number])
    return Waters(shape, waters.kind[lead], waters.row[lead], waters.mended)


def areas_km2(shapes: Shapes) -> Floats:
    """Areas on the ellipsoid."""
    return np.array([abs(GEOD.geometry_area_perimeter(s)[0]) for s in shapes]) / 1e6


def within_reach(shapes: Shapes, countries: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Whether a polygon meets the region within `WITHIN_KM` of the seven countries."""
    seven = countries[countries["native_id"].isin(SCORED_COUNTRIES)].to_crs(_PROJECTED)
    # Nobody needs the edge of the reach to the kilometre: coarse borders do.
    wide = seven.geometry.simplify(2000.0).buffer(1000.0 * WITHIN_KM, quad_segs=8).union_all()
    edge = gpd.GeoSeries([wide], crs=_PROJECTED).segmentize(20_000.0).to_crs(STORE_CRS)
    reach = shapely.intersection(edge.iloc[0], shapely.box(*REGION))
    shapely.prepare(reach)
    return np.asarray(shapely.intersects(reach, shapes))


def to_frame(waters: Waters) -> gpd.GeoDataFrame:
    """Polygons cut at the region's edge, with their ids."""
    shapes = shapely.intersection(waters.shape, shapely.box(*REGION))
    ids = [f"{kind}-{row}" for kind, row in zip(waters.kind, waters.row, strict=True)]
    return gpd.GeoDataFrame({"native_id": ids, "kind": waters.kind}, geometry=shapes, crs=STORE_CRS)


def check_sizes(frame: gpd.GeoDataFrame, file: str) -> None:
    """Raise when water of a country's size is none of the lakes that have a name.

    Raises
    ------
    BuildError
        Naming the row.
    """
    nameless = frame[frame["name"].isna()].reset_index(drop=True)
    check_geometry(file, nameless, "native_id", kind="polygon", largest_km2=LARGEST_KM2)


def cut_at_borders(frame: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut water at borders, with the country of each piece in ``country_reported``.

    Water off a coast, which is in no country's polygon, counts as the country's within `BAND_DEG`
    of it; the rest has no country.
    """
    shapes = countries.geometry.to_numpy()
    codes = countries["native_id"].to_numpy(dtype=object)
    country, water = shapely.STRtree(frame.geometry.to_numpy()).query(shapes, predicate="contains")
    inside = np.full(len(frame), -1)
    inside[water] = country
    whole = frame[inside >= 0].assign(country_reported=codes[inside[inside >= 0]])
    pieces = [
        {
            **row,
            "native_id": f"{row['native_id']}/{code or 'open'}",
            "country_reported": code,
            "geometry": piece,
        }
        for row in frame[inside < 0].to_dict("records")
        for code, piece in _pieces(row["geometry"], shapes, codes)
    ]
    cut = gpd.GeoDataFrame(pieces, columns=whole.columns, geometry="geometry", crs=STORE_CRS)
    cut = cut[areas_km2(cut.geometry.to_numpy()) >= SLIVER_KM2]
    joined = pd.concat([whole, cut], ignore_index=True)
    rounded = shapely.set_precision(joined.geometry.to_numpy(), 10.0**-DECIMALS)
    out = joined.set_geometry(gpd.GeoSeries(rounded, crs=STORE_CRS))
    columns = ["native_id", "name", "kind", "quality", "country_reported", "geometry"]
    return out[~out.geometry.is_empty][columns].reset_index(drop=True)


def _pieces(
    shape: shapely.Geometry, countries: Shapes, codes: Shapes
) -> list[tuple[str | None, shapely.Geometry]]:
    """Cut one polygon by countries: the pieces with their codes, then what no country has."""
    box = shapely.box(*shape.bounds).buffer(BAND_DEG)
    near = [
        (code, shapely.intersection(country, box))
        for code, country in zip(codes, countries, strict=True)
        if country.intersects(box)
    ]
    rest, coast = shape, []
    for _, country in near:
        rest = shapely.difference(rest, country)
    out: list[tuple[str | None, shapely.Geometry]] = []
    for code, country in near:
        band = shapely.intersection(rest, country.buffer(BAND_DEG, quad_segs=2))
        coast.append(band)
        mine = shapely.union(shapely.intersection(shape, country), band)
        out.append((str(code), _polygons(mine)))
    out.append((None, _polygons(shapely.difference(rest, shapely.union_all(coast)))))
    return [(code, piece) for code, piece in out if not piece.is_empty]


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()
