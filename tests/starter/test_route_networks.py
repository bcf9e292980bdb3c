"""The packed networks for routes: joins that close what is one line, and countries of the ends."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geo_ree.crs import distance_m

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
NEAR_REGION = shapely.box(39, 28, 121, 57)
Tool = Callable[[str], Any]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Tool:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


@pytest.fixture(scope="module")
def rails() -> gpd.GeoDataFrame:
    return gpd.read_parquet(STARTER / "routing_railways.parquet")


@pytest.fixture(scope="module")
def joins() -> gpd.GeoDataFrame:
    return gpd.read_parquet(STARTER / "rail_joins.parquet")


def main_share(*frames: gpd.GeoDataFrame) -> float:
    """Share of the nodes in and near the region that the largest component holds."""
    lines = pd.concat([frame[["geometry"]] for frame in frames])
    ends = shapely.get_coordinates(lines.geometry.to_numpy())
    places, index = np.unique(ends, axis=0, return_inverse=True)
    a, b = index.reshape(-1, 2).T
    size = len(places)
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size))
    parts = connected_components(graph, directed=False)[1]
    parts = parts[shapely.contains_xy(NEAR_REGION, places)]
    return float(np.bincount(parts).max() / len(parts))


def test_joins_make_the_network_of_the_region_one(
    rails: gpd.GeoDataFrame, joins: gpd.GeoDataFrame
) -> None:
    assert main_share(rails) < 0.92
    assert main_share(rails, joins) > 0.985


def test_joins_are_short_and_bridges_are_named(joins: gpd.GeoDataFrame) -> None:
    heals, bridges = joins[joins["kind"] == "heal"], joins[joins["kind"] == "bridge"]
    assert len(heals) + len(bridges) == len(joins)
    assert (heals["gap_km"] <= 2.5).all() and (heals["length_km"] == heals["gap_km"]).all()
    assert np.allclose(bridges["length_km"], 1.08 * bridges["gap_km"], atol=0.002)
    assert len(bridges) == 9 and not bridges["note"].str.contains("Yeraskh|Sharur").any()
    ends = shapely.get_coordinates(joins.geometry.to_numpy()).reshape(-1, 4).T
    assert np.allclose(distance_m(*ends) / 1000.0, joins["gap_km"], atol=0.001)
    assert joins["source"].str.contains("OpenStreetMap").all()


def test_the_closed_border_stays_open(joins: gpd.GeoDataFrame) -> None:
    araks = shapely.box(44.6, 39.4, 45.2, 39.9)  # Yeraskh and Sharur
    assert not joins.intersects(araks).any()


def test_the_published_heals_are_found_again() -> None:
    files = json.loads((STARTER / "starter.json").read_text("utf-8"))["files"]
    derived = files["rail_joins.parquet"]["derived"]
    there, here = (
        derived["heals in network_heals.csv"],
        derived["heals of network_heals.csv that are here"],
    )
    assert there - here <= 1, "one gap at Baoji is closed 0.3 km farther on"


def test_chords_of_opened_lines_are_drawn_once(rails: gpd.GeoDataFrame) -> None:
    """What rail_additions.csv calls open is in the network: as sections, in place of the chord."""
    drawn = rails["native_id"].str.partition(".")
    sections = rails[drawn[1] == "."]
    assert len(sections) and not rails["native_id"].isin(drawn[0][drawn[1] == "."]).any()
    packed = gpd.read_parquet(STARTER / "railways.parquet").set_index("native_id")
    both = rails.set_index("native_id").reindex(packed.index)
    assert both.geometry.notna().all(), "the network for routes holds that of the region"
    assert np.allclose(both["length_km"], packed["length_km"])
    assert set(sections["native_id"]) == {i for i in packed.index if "." in i}


@pytest.mark.parametrize("name", ["routing_railways", "rail_joins", "routing_roads"])
def test_ends_have_countries(name: str) -> None:
    frame = gpd.read_parquet(STARTER / f"{name}.parquet")
    world = gpd.read_parquet(STARTER / "world.parquet").set_index("native_id").geometry
    for column in ("country_a", "country_b"):
        assert frame[column].isin([*world.index, ""]).all()
    start = shapely.get_point(frame.geometry.to_numpy(), 0)
    country = world.reindex(frame["country_a"]).to_numpy()
    outside = ~shapely.intersects(country, start)
    assert outside.mean() < 0.15, "ports and causeways"
    assert shapely.dwithin(country[outside], start[outside], 0.3).all()


def test_roads_for_routes_are_no_second_copy(rails: gpd.GeoDataFrame) -> None:
    more = gpd.read_parquet(STARTER / "routing_roads.parquet")
    roads = gpd.read_parquet(STARTER / "roads.parquet")
    assert not more["native_id"].isin(roads["native_id"]).any()
    assert main_share(more, roads) > 0.9


NODES = [
    [50.0, 70.00],  # 0 to 1: a line, whose end is 0.7 km from 2
    [50.0, 70.50],
    [50.0, 70.51],  # 2 to 3: another part
    [50.0, 71.00],
    [50.5, 70.00],  # 4 to 5: ends 0.7 km from 6, which belongs to the same part the long way round
    [50.5, 70.50],
    [50.5, 70.51],
    [50.5, 71.00],
    [50.6, 70.50],  # 8: a siding 0.7 km from 9, 2 km by rail
    [50.6, 70.51],
    [50.6, 70.505],
]
EDGES = [[0, 1], [2, 3], [4, 5], [0, 4], [6, 7], [3, 7], [8, 10], [9, 10], [4, 10]]


@pytest.fixture
def network(tool: Tool) -> Any:
    nodes, edges = np.array(NODES), np.array(EDGES)
    ends = nodes[edges]
    chords = distance_m(*ends[:, 0, ::-1].T, *ends[:, 1, ::-1].T) / 1000.0
    return tool("networks").Network(edges, chords, nodes, 0, 0, 0)


def test_dead_ends_are_joined_between_parts_and_where_the_way_round_is_long(
    tool: Tool, network: Any
) -> None:
    joins = tool("rail_joins")
    between = joins.join_components(network)
    assert between.tolist() == [[5, 6]], "one join makes the two parts one: the shortest gap"
    loose = joins.join_dead_ends(network, between)
    assert loose.tolist() == [[1, 2]], "sidings of one yard are left apart"


def test_a_dead_end_is_joined_to_the_line_that_it_runs_towards(tool: Tool) -> None:
    joins = tool("rail_joins")
    nodes = np.array([[50.0, 70.0], [50.0, 70.5], [50.0, 70.51], [50.3, 70.51], [49.9, 70.51]])
    edges = np.array([[0, 1], [2, 3], [2, 4], [0, 3]])
    ends = nodes[edges]
    chords = distance_m(*ends[:, 0, ::-1].T, *ends[:, 1, ::-1].T) / 1000.0
    network = tool("networks").Network(edges, chords, nodes, 0, 0, 0)
    assert joins.turns(network, np.array([[1, 2]]))[0] < 1.0
    assert joins.join_ahead(network, edges[:0]).tolist() == [[1, 2]]
    nodes[1] = [50.005, 70.52]  # past the line: it would have to turn round
    assert joins.join_ahead(network, edges[:0]).tolist() == []


def test_a_bridge_must_end_at_nodes_and_have_its_gap(
    tool: Tool, network: Any, tmp_path: Path
) -> None:
    joins, wrong = tool("rail_joins"), tool("product").BuildError
    table = tmp_path / "network_bridges.csv"
    row = "Line,50.0,70.5,50.0,70.51,{},bridge\nShut,50.0,70.5,50.5,70.5,1,closed border\n"
    head = "line,lat1,lon1,lat2,lon2,gap_km,what\n"
    table.write_text(head + row.format(0.7), encoding="utf-8")
    pairs, names, left_open = joins.read_bridges(table, network)
    assert (pairs.tolist(), names, left_open) == ([[1, 2]], ["Line"], 1)
    table.write_text(head + row.format(7.0), encoding="utf-8")
    with pytest.raises(wrong, match=r"network_bridges.csv, Line: the gap is 0.7 km"):
        joins.read_bridges(table, network)
    table.write_text(head + row.format(0.7).replace("70.51", "70.7"), encoding="utf-8")
    with pytest.raises(wrong, match=r"network_bridges.csv, row 2: no node of the network at"):
        joins.read_bridges(table, network)


def test_a_port_at_sea_belongs_to_its_shore_and_a_ship_to_nobody(tool: Tool) -> None:
    world = gpd.GeoDataFrame(
        {"native_id": ["AZE", "KAZ"]},
        geometry=[shapely.box(48, 40, 49, 41), shapely.box(51, 43, 52, 44)],
        crs=4326,
    )
    places = np.array([[48.5, 40.5], [49.05, 40.5], [50.0, 42.0], [50.95, 43.5]])
    assert tool("route_edges").countries_of(places, world).tolist() == ["AZE", "AZE", "", "KAZ"]
