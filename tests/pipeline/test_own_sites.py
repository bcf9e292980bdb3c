"""Sites of the user's own: any file, any place, among themselves or among the published candidates.

Places and lines are made up; towns of Kazakhstan are from the starter's settlements.
"""

from __future__ import annotations

import shlex
import zipfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from geo_ree import export, fetch, run
from geo_ree.catalog import load_catalog
from geo_ree.crs import GEOD
from geo_ree.deposits.stated_errors import read_stated_error
from geo_ree.errors import GeoReeError
from geo_ree.fetching.protocol import requested_box
from geo_ree.pipeline.missing_layers import choose_sources
from geo_ree.pipeline.own_sites import score_sites
from geo_ree.pipeline.records import Layers
from geo_ree.pipeline.regions import box_around, region_of
from geo_ree.pipeline.world_borders import borders_of
from geo_ree.settings import REGION, Options, Settings
from geo_ree.studies.visits import plan_visit, write_visit

LINE = [(34.0, 0.6), (33.2, 0.43), (32.6, 0.33), (30.2, 0.2)]
UGANDA = {"One": (32.52, 0.41), "Two": (30.11, -0.62), "Three": (33.9, 1.2)}
DRAWS = 40


def frame(places: dict[str, tuple[float, float]], crs: object = 4326, **more: object):
    points = gpd.GeoSeries(gpd.points_from_xy(*zip(*places.values(), strict=True)), crs=4326)
    return gpd.GeoDataFrame({"name": list(places), **more}, geometry=points).to_crs(crs)


def railway(crs: object = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["Made-up line"]}, geometry=[shapely.LineString(LINE)], crs=4326
    ).to_crs(crs)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data", offline=True)


def scored(points: object, settings: Settings, *args: object, **given: object):
    given = {"options": Options(without=("starter_water_bodies", "starter_rivers")), **given}
    return score_sites(points, *args, draws=DRAWS, settings=settings, **given)


@pytest.fixture(scope="module")
def uganda(tmp_path_factory: pytest.TempPathFactory):
    """Three sites in Uganda with a railway, a road and a town of the user's."""
    settings = Settings(data_root=tmp_path_factory.mktemp("uganda"), offline=True)
    town = pd.DataFrame({"town": ["x"], "lat": ["0,33"], "lon": ["32,6"]})
    own = {"railways": railway("EPSG:32636"), "roads": railway(), "settlements": town}
    sites = frame(UGANDA, grade=[1.2, 0.8, 0.5], Score=[7, 8, 9], licence=["007", "008", "x"])
    return scored(sites, settings, own, position_error="map sheet 1:200,000")


def test_sites_in_uganda_with_a_railway_of_their_own(uganda) -> None:
    table = uganda.table.set_index("name")
    assert table["country"].eq("UGA").all() and table["origin"].eq("own").all()
    assert sorted(table["rank_in_role"]) == [1, 2, 3]
    assert (table["rank_p5"] <= table["rank_p95"]).all()
    lines = np.array(LINE)
    for name, (lon, lat) in UGANDA.items():
        dense = np.vstack([np.array(GEOD.npts(*a, *b, 4000)) for a, b in pairwise(lines)])
        n = len(dense)
        want = GEOD.inv(np.full(n, lon), np.full(n, lat), dense[:, 0], dense[:, 1])[2].min() / 1e3
        assert table.loc[name, "dist_railway_km"] == pytest.approx(want, abs=0.02)
    assert table["dist_gateway_km"].isna().all(), "no port of the Caspian counts in Uganda"
    assert table["position_error_m"].eq(200.0).all()
    assert uganda.report["settings"]["region"] == (27.0, -4.0, 37.0, 5.0)
    assert not any("no score" in warning for warning in uganda.report["warnings"])


def test_sites_have_flags_and_what_no_layer_covers_is_unknown(uganda) -> None:
    flags = uganda.tables["flags"]
    assert set(flags["deposit_id"]) == set(uganda.table["id"])
    for _, rows in flags.groupby("deposit_id"):
        severity = dict(zip(rows["flag"], rows["severity"], strict=True))
        assert severity["no_tonnage"] == "caution"
        assert severity["seismic_hazard"] == severity["holder_not_found"] == "unknown"
        assert "licence_of_data" not in severity  # your own files are yours


def test_own_columns_are_in_every_output(uganda, tmp_path: Path) -> None:
    table = uganda.table.set_index("name")
    assert table.loc["One", ["grade", "own_Score", "licence"]].tolist() == [1.2, 7, "007"]
    assert any("own_Score" in warning for warning in uganda.report["warnings"])
    uganda.write(tmp_path / "out")
    text = (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8")
    assert "grade,own_Score,licence" in text.splitlines()[0] and ",007" in text
    files = export(uganda, tmp_path / "gis", formats=("gpkg", "parquet", "xlsx", "csv", "kml"))
    (package,) = [f for f in files if f.suffix == ".gpkg"]
    deposits = gpd.read_file(package, layer="deposits")
    assert {"grade", "own_Score", "licence"} <= set(deposits.columns)
    assert uganda.to_html()


def test_without_layers_there_is_no_score_but_a_command(settings: Settings) -> None:
    result = scored(frame(UGANDA), settings)
    table = result.table
    assert table["score"].isna().all() and table["rank_in_role"].isna().all()
    assert table["score_note"].str.startswith("no score: 100 % of the weight is unknown").all()
    command = next(w for w in result.report["warnings"] if "geo-ree fetch" in w)
    words = shlex.split(command.partition("geo-ree ")[2])
    ids = [word for word in words[1:] if word in load_catalog()]
    layers = {t.layer for i in ids for t in load_catalog()[i].parts()}
    assert {"railways", "roads", "power_plants", "settlements"} <= layers
    box = next(w for w in words if w.startswith("--bbox=")).removeprefix("--bbox=")
    west, south, east, north = map(float, box.split(","))
    assert all(west < x < east and south < y < north for x, y in UGANDA.values())
    assert result.to_html()


def test_the_command_has_a_file_of_the_country_where_there_is_one() -> None:
    assert [s.id for s in choose_sources(["railways"], ["KAZ"])[0]] == ["osm_kazakhstan"]
    assert choose_sources(["gateways"], ["UGA"]) == ([], ["gateways"])


@pytest.fixture(scope="module")
def kazakh(tmp_path_factory: pytest.TempPathFactory):
    """Two sites at towns of Kazakhstan among the published candidates."""
    settings = Settings(data_root=tmp_path_factory.mktemp("kazakh"), offline=True)
    published = run(settings, Options(draws=DRAWS))
    sites = frame({"Site K": (73.1, 49.83), "Site B": (75.0, 46.85)}, grade=[1.0, 2.0])
    own = scored(sites, settings, against=published, position_error=500)
    return published, own, scored(sites, settings, position_error=500)


def test_sites_are_ranked_among_the_published_candidates(kazakh) -> None:
    published, own, alone = kazakh
    table = own.table[own.table["role"] == "candidate"].set_index("id")
    before = published.table[published.table["role"] == "candidate"].set_index("id")
    assert set(table["origin"]) == {"own", "published"}
    assert len(table) == len(before) + 2
    assert sorted(table["rank_in_role"].dropna()) == list(range(1, len(table) + 1))
    pd.testing.assert_series_equal(table.loc[before.index, "score"], before["score"])
    mine = table[table["origin"] == "own"]
    assert mine["rank_p5"].notna().all()
    assert mine["grade"].tolist() == [1.0, 2.0]
    assert table.loc[before.index, "grade"].isna().all()
    scores = alone.table.set_index("id")["score"]
    assert mine["score"].to_dict() == pytest.approx(scores.to_dict())
    assert alone.report["run_id"] != own.report["run_id"]


def test_sites_have_routes_and_costs_where_the_network_reaches(kazakh, uganda) -> None:
    published, own, _ = kazakh
    routes = ["route_port", "route_km", "route_usd_t_p50", "route_days", "access_usd_t_treo_p50"]
    table = own.table[own.table["role"] == "candidate"].set_index("id")
    before = published.table[published.table["role"] == "candidate"].set_index("id")
    pd.testing.assert_frame_equal(table.loc[before.index, routes], before[routes])
    mine = table[table["origin"] == "own"]
    assert mine[["route_port", "route_km", "route_usd_t_p50"]].notna().all(axis=None)
    assert mine["access_usd_t_treo_p50"].isna().all()  # no quantity is published
    assert mine["route_note"].str.contains("no quantity published").all()
    ids = set(mine.index)
    assert own.access[own.access["deposit_id"].isin(ids)]["usd_t_product_p50"].notna().any()
    afar = uganda.table
    assert afar[["route_port", "route_km", "access_usd_t_treo_p50"]].isna().all(axis=None)
    assert afar["route_note"].str.startswith("Outside the network").all()
    assert set(uganda.corridors["corridor"]) == {"none"}


def test_a_railway_of_your_own_joins_those_of_the_region(settings: Settings) -> None:
    sites = frame({"Site": (70.0, 46.0)})
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(69.9, 46.05), (70.1, 46.05)])], crs=4326)
    near, far = scored(sites, settings, {"railways": line}), scored(sites, settings)
    assert near.table["dist_railway_km"][0] == pytest.approx(5.6, abs=0.2)
    assert near.table["near_railway"][0].endswith("your railways")
    assert far.table["dist_railway_km"][0] > 20
    assert near.table["dist_road_km"][0] == far.table["dist_road_km"][0]


def test_one_site_alone_has_a_score(settings: Settings) -> None:
    row = scored(frame({"Site": (70.0, 46.0)}), settings).table.iloc[0]
    assert row["rank_in_role"] == 1 and 0 < row["score"] < 100


def test_a_file_with_decimal_commas_and_its_own_words(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "участки.csv"
    path.write_text(
        "Название;Страна;Широта;Долгота;Содержание\nПервый;Казахстан;49,83;73,1;1\n",
        encoding="utf-8",
    )
    row = scored(path, settings, position_error="GPS").table.iloc[0]
    assert (row["name"], row["country"], row["Содержание"]) == ("Первый", "KAZ", 1.0)
    assert (row["latitude"], row["longitude"]) == (49.83, 73.1)


def test_an_excel_sheet(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "sites.xlsx"
    pd.DataFrame({"site": ["A"], "lat": [49.83], "lon": [73.1], "note": ["x"]}).to_excel(
        path, index=False
    )
    row = scored(path, settings).table.iloc[0]
    assert (row["name"], row["country"], row["note"]) == ("A", "KAZ", "x")
    assert "position error" in " ".join(scored(path, settings).report["warnings"])


def test_the_antimeridian_and_the_south(settings: Settings) -> None:
    """Fiji, on both sides of 180 degrees, with a road of the user's."""
    sites = frame({"East": (179.2, -16.6), "West": (-179.95, -16.8)})
    road = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(178.8, -16.5), (179.3, -16.6)])], crs=4326
    )
    own = {"roads": road, "railways": road}
    table = scored(sites, settings, own).table.set_index("name")
    assert table["country"].eq("FJI").all()
    want = GEOD.inv(179.3, -16.6, -179.95, -16.8)[2] / 1000
    assert table.loc["West", "dist_road_km"] == pytest.approx(want, abs=0.5)
    assert region_of(np.array([179.2, -179.95]), np.array([-16.6, -16.8]))[2] > 180


def test_regions() -> None:
    def region(*places: tuple[float, float], **options: bool):
        lon, lat = (np.array(v) for v in zip(*places, strict=True))
        return region_of(lon, lat, **options)

    assert region((70.0, 45.0)) == REGION
    assert region((32.0, 0.5), (33.0, 1.0)) == (28.0, -3.0, 37.0, 4.0)
    assert region((32.0, 0.5), (70.0, 45.0)) == (27.0, -3.0, 120.0, 56.0)
    assert region((10.0, 89.0)) == (-180.0, 86.0, 180.0, 90.0)
    west, _, east, _ = box_around(np.array([179.0, -179.0]), np.array([0.0, 0.0]), 1.0)
    assert (west, east) == (177.0, 183.0)


def test_borders_are_exact_in_the_region_and_whole_beyond_it() -> None:
    world = borders_of((-180.0, -90.0, 180.0, 90.0))
    assert world["country"].is_unique and world.geometry.is_valid.all()
    for lon, lat, code in (
        (32.5, 0.3, "UGA"),
        (37.6, 55.7, "RUS"),
        (-175.0, 66.5, "RUS"),
        (71.4, 51.1, "KAZ"),
        (-51.0, 64.3, "GRL"),
        (178.0, -18.0, "FJI"),
    ):
        found = world["country"][world.intersects(shapely.Point(lon, lat))]
        assert found.tolist() == [code]
    own = borders_of(REGION).set_index("country").geometry["KAZ"]
    assert world.set_index("country").geometry["KAZ"].equals(own)


@pytest.mark.parametrize(
    ("stated", "metres", "kind"),
    [
        (500, 500.0, "none"),
        ("2 km", 2000.0, "none"),
        ("250,5 м", 250.5, "none"),
        ("GPS", 10.0, "surveyed"),
        ("licence corner", 200.0, "surveyed"),
        ("map sheet 1:200,000", 200.0, "none"),
        ("1:1 000 000", 1000.0, "none"),
        ("arc_minute", 2000.0, "arc_minute"),
        ("named place", 20_000.0, "named_place"),
    ],
)
def test_position_errors_as_people_state_them(stated: object, metres: float, kind: str) -> None:
    found = read_stated_error(stated)
    assert (found.metres, found.precision_class) == (metres, kind)
    assert found.basis


def test_position_errors_by_row(settings: Settings) -> None:
    sites = frame({"A": (70, 46), "B": (71, 46), "C": (72, 46)}, taken=["GPS", "1:50,000", None])
    table = scored(sites, settings, position_error="taken").table.set_index("name")
    assert table["position_error_m"].fillna(-1).to_dict() == {"A": 10.0, "B": 50.0, "C": -1.0}


def mercator_called_degrees() -> gpd.GeoDataFrame:
    return frame({"A": (70.0, 46.0)}, "EPSG:3857").set_crs(4326, allow_override=True)


REFUSED = [
    (mercator_called_degrees(), {}, "is in degrees, but the coordinates reach .* they are metres"),
    (
        frame({"A": (70.0, 46.0)}).set_crs(32642, allow_override=True),
        {},
        "is in metres, but the coordinates reach 70, 46: they are degrees; give --crs EPSG:4326",
    ),
    (frame({"A": (46.0, 120.0)}), {}, "latitude and longitude are interchanged"),
    (frame({"A": (45.0, 75.0)}), {}, "each does with latitude and longitude interchanged"),
    (frame({"A": (0.0, 0.0), "B": (0.0, 0.0)}), {}, "all coordinates are 0, 0"),
    (frame({"A": (70.0, 46.0)}).set_crs(None, allow_override=True), {}, "states no coordinate"),
    (pd.DataFrame({"name": ["A"], "v": [1]}), {}, "no columns with coordinates"),
    (frame({"A": (70.0, 46.0)}, country=["Ugunda"]), {}, "'Ugunda'.*did you mean Uganda"),
    (frame({"A": (70.0, 46.0)}), {"position_error": "GPSS"}, "did you mean GPS"),
    (frame({"A": (70.0, 46.0)}), {"columns": {"nam": "x"}}, "did you mean name"),
    (frame({"A": (70.0, 46.0)}), {"columns": {"name": "nama"}}, "did you mean name"),
    (frame({"A": (70.0, 46.0)}), {"model": "infrastucture"}, "infrastructure"),
    (frame({"A": (70.0, 46.0)}), {"infrastructure": {"railway": "x"}}, "did you mean railways"),
    (frame({"A": (70.0, 46.0)}), {"infrastructure": {"roads": "no.shp"}}, "no.shp is not a file"),
    (frame({"A": (70.0, 46.0)}), {"region": (5, 6, 4)}, "is not a region"),
    (
        pd.DataFrame({"lat": [46.0], "lon": [200.0]}),
        {},
        "your sites row 1: latitude 46, longitude 200",
    ),
    (pd.DataFrame({"lat": ["abc"], "lon": ["1"]}), {}, "your sites row 1: lat is 'abc'"),
    ("no.csv", {}, "^no.csv is not a file"),
    (frame({"A": (70.0, 46.0)}), {"against": "nothing"}, "nothing|no run is kept"),
]


@pytest.mark.parametrize(("points", "options", "words"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(
    points: object, options: dict[str, object], words: str, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(GeoReeError, match=words) as error:
        scored(points, settings, out=tmp_path / "out", **options)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_label_that_is_wrong_can_be_replaced(settings: Settings) -> None:
    row = scored(mercator_called_degrees(), settings, crs="EPSG:3857").table.iloc[0]
    assert (row["longitude"], row["latitude"]) == pytest.approx((70.0, 46.0))


def test_kinds_and_sizes_of_own_layers_are_read_as_maps_write_them(settings: Settings) -> None:
    def lines(kind: str, words: list[str], **more: list[object]) -> gpd.GeoDataFrame:
        shapes = [shapely.LineString([(69.9, 46 + k), (70.1, 46 + k)]) for k in (0.1, 0.2, 0.3)]
        return gpd.GeoDataFrame({kind: words, **more}, geometry=shapes, crs=4326)

    own = {
        "railways": lines("railway", ["tram", "disused", "rail"]),
        "roads": lines("fclass", ["track", "residential", "primary"]),
        "power_lines": lines("power", ["line"] * 3, voltage=["35000", "10000", "220000;110000"]),
    }
    row = scored(frame({"A": (70.0, 46.0)}), settings, own).table.iloc[0]
    for target in ("railway", "road", "power_line"):
        assert row[f"dist_{target}_km"] == pytest.approx(33.3, abs=0.2), target


PLANTS = """country,country_long,name,gppd_idnr,capacity_mw,latitude,longitude,primary_fuel,url
UGA,Uganda,Made-up Falls,X1,250,0.45,33.2,Hydro,https://example.org
KEN,Kenya,Made-up Spring,X2,250,0.45,34.9,Hydro,https://example.org
"""


def test_a_table_of_the_world_counts_where_the_sites_are(
    settings: Settings, tmp_path: Path
) -> None:
    archive = tmp_path / "plants.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("global_power_plant_database.csv", PLANTS)
    fetched = fetch("wri_power_plants", settings=settings, file=archive, box=(29, -2, 36, 5))
    assert fetched.outcomes[0].tables[0]["kept"] == 2
    result = scored(frame(UGANDA), settings, {"railways": railway(), "roads": railway()})
    row = result.table.set_index("name").loc["One"]
    want = GEOD.inv(32.52, 0.41, 33.2, 0.45)[2] / 1000
    assert row["dist_power_plant_km"] == pytest.approx(want, abs=0.01)
    assert row["near_power_plant"].startswith("Made-up Falls (UGA)")
    assert "starter_roads" not in {i["id"] for i in result.report["inputs"]}


def test_a_box_that_was_fetched_is_known_as_far_as_its_edge() -> None:
    assert requested_box("bbox 29,-2,36,5 subtype rail,road") == (29.0, -2.0, 36.0, 5.0)
    assert requested_box("[out:json][bbox:-2,29,5,36];") == (29.0, -2.0, 36.0, 5.0)
    assert requested_box("subtype rail") is None
    source = load_catalog()["overture_transport"]
    layers = Layers(
        frames={}, sources={source.id: source}, inputs=[], boxes={source.id: (29, -2, 36, 5)}
    )
    assert layers.regions["railways"] == ((29, -2, 36, 5),)
    assert layers.coverage["railways"] == frozenset()


def test_a_visit_and_rasters_of_own_sites(uganda, tmp_path: Path) -> None:
    visit = write_visit(plan_visit(uganda, ["One"]), tmp_path / "visit")
    assert {p.name for p in visit} == {"visit.html", "visit.kml"}
    files = export(uganda, tmp_path / "cog", formats=("cog",), resolution="0.5 deg")
    (raster,) = [f for f in files if f.name == "dist_railway_km.tif"]
    with rasterio.open(raster) as opened:
        assert tuple(opened.bounds) == uganda.report["settings"]["region"]
