import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from geo_ree.errors import SchemaError
from geo_ree.proximity import NearestIndex, Target, TargetIndex, load_targets, measure

GEOD = Geod(ellps="WGS84")
RAIL = {"railway": Target(name="railway", layer="railways", label="rail", max_lateral_error_km=25)}


def _rails(*rows):
    return gpd.GeoDataFrame(
        {
            "name": [r[0] for r in rows],
            "kind": "rail",
            "country": [r[1] for r in rows],
            "source_id": "osm",
            "lateral_error_km": [r[2] for r in rows],
        },
        geometry=[shapely.LineString([(x - 1, y), (x, y), (x + 1, y)]) for *_, x, y in rows],
        crs=4326,
    )


def _mine(country="KAZ", lon=75.0, lat=45.0, precision="arc_minute"):
    return gpd.GeoDataFrame(
        {"country": [country], "position_error_m": [2000.0], "precision_class": [precision]},
        index=["m"],
        geometry=[shapely.Point(lon, lat)],
        crs=4326,
    )


def _km(lat1, lat2, lon=75.0):
    return GEOD.inv(lon, lat1, lon, lat2)[2] / 1000


def test_own_country_counts_and_the_nearest_abroad_stands_beside(countries):
    rails = _rails(("Own", "KAZ", 0.0, 75, 48), ("Other", "KGZ", 0.0, 75, 44))
    got = measure(
        _mine(),
        {"railways": rails, "countries": countries},
        targets=RAIL,
        labels={"osm": "OSM 2024"},
    ).loc["m"]
    assert got["dist_railway_km"] == pytest.approx(_km(45, 48), rel=1e-3)
    assert got["near_railway"] == "Own (KAZ), OSM 2024"
    assert got["abroad_railway_km"] == pytest.approx(_km(45, 44), rel=1e-3)
    assert got["near_abroad_railway"] == "Other (KGZ), OSM 2024"
    assert got["err_railway_km"] == pytest.approx(2.0)


def test_what_lies_in_no_known_country_is_not_abroad(countries):
    rails = _rails(("Sea", None, 0.0, 75, 45.2), ("Other", "KGZ", 0.0, 75, 44))
    got = measure(_mine(), {"railways": rails, "countries": countries}, targets=RAIL).loc["m"]
    assert got["near_abroad_railway"] == "Other (KGZ), osm"


def test_the_nearest_abroad_is_that_of_an_index_of_all_other_countries():
    """Lines, points and areas, of equal distance too: the first of the nearest rows counts."""
    rng = np.random.default_rng(3)
    codes = np.array(["KAZ", "KGZ", "UZB", "MNG", None], dtype=object)
    x, y = rng.uniform(60, 95, 120), rng.uniform(38, 52, 120)
    shapes = np.concatenate(
        [
            shapely.points(x[:40], y[:40]),
            shapely.linestrings(np.stack([[x, y], [x + 1, y + 1]]).transpose(2, 0, 1)[40:80]),
            shapely.box(x[80:], y[80:], x[80:] + 2, y[80:] + 2),
        ]
    )
    shapes = np.concatenate([shapes, shapes[::7]])
    rows = gpd.GeoDataFrame(
        {"name": None, "country": codes[rng.integers(0, 5, len(shapes))], "source_id": "x"},
        geometry=shapes,
        crs=4326,
    )
    target = Target(name="railway", layer="railways", label="rail")
    made = TargetIndex({"railways": rows}, {"railway": target})
    lon, lat = rng.uniform(64, 90, 300), rng.uniform(40, 50, 300)
    own = codes[rng.integers(0, 4, 300)]
    got = made.nearest("railway", lon, lat, own, abroad=True)
    for code in set(own):
        here = own == code
        other = np.flatnonzero((rows["country"] != code) & rows["country"].notna())
        index = NearestIndex(rows.geometry.iloc[other])
        metres, position = index.query_lonlat(lon[here], lat[here])
        km = got.distance_km[here]
        known = ~np.isnan(km)  # else the edge of the region is nearer
        assert known.any()
        np.testing.assert_array_equal(km[known], metres[known] / 1000.0)
        np.testing.assert_array_equal(got.row[here][known], other[position[known]])
        assert (got.row[here][~known] == -1).all()


def test_nothing_in_the_own_country_is_unknown_not_far(countries):
    rails = _rails(("Other", "KGZ", 0.0, 75, 44))
    got = measure(_mine(), {"railways": rails, "countries": countries}, targets=RAIL).loc["m"]
    assert np.isnan(got["dist_railway_km"])
    assert got["near_railway"] is None
    assert np.isnan(got["err_railway_km"])


def test_an_absent_layer_is_unknown(countries):
    got = measure(_mine(), {"countries": countries}, targets=RAIL).loc["m"]
    assert np.isnan(got["dist_railway_km"])


def test_beyond_the_coverage_is_unknown(countries):
    rails = _rails(("Own", "KAZ", 0.0, 75, 48))
    layers = {"railways": rails, "countries": countries}
    uncovered = measure(_mine(), layers, targets=RAIL, coverage={"railways": frozenset({"KGZ"})})
    covered = measure(_mine(), layers, targets=RAIL, coverage={"railways": frozenset({"KAZ"})})
    assert np.isnan(uncovered["dist_railway_km"]["m"])
    assert covered["dist_railway_km"]["m"] > 300


def test_beyond_the_region_of_a_cut_country_is_unknown(countries):
    cut = countries.assign(complete=False)
    rails = _rails(("Far", "KAZ", 0.0, 75, 45))
    at_the_edge = measure(_mine(lon=41.0), {"railways": rails, "countries": cut}, targets=RAIL)
    assert np.isnan(at_the_edge["dist_railway_km"]["m"])


def test_a_course_unknown_counts_only_where_nothing_better_is_near(countries):
    near_bad = [("Bad", "KAZ", 30.0, 75, 45.5)]
    better = ("Good", "KAZ", 1.0, 75, 45.7)
    far = ("Good", "KAZ", 1.0, 75, 46.5)
    with_better = measure(_mine(), {"railways": _rails(*near_bad, better)}, targets=RAIL).loc["m"]
    with_far = measure(_mine(), {"railways": _rails(*near_bad, far)}, targets=RAIL).loc["m"]
    assert with_better["near_railway"].startswith("Good")
    assert with_far["near_railway"].startswith("Bad (KAZ), course unknown")
    assert with_far["err_railway_km"] == pytest.approx(32.0)


def test_a_town_coordinate_says_nothing_of_the_way_to_town(countries):
    towns = gpd.GeoDataFrame(
        {
            "name": ["Town"],
            "kind": ["town"],
            "country": ["KAZ"],
            "source_id": ["g"],
            "population": [9000],
        },
        geometry=[shapely.Point(75, 45)],
        crs=4326,
    )
    targets = {"settlement": load_targets()["settlement"]}
    named = measure(_mine(precision="named_place"), {"settlements": towns}, targets=targets)
    exact = measure(_mine(), {"settlements": towns}, targets=targets)
    assert np.isnan(named["dist_settlement_km"]["m"])
    assert exact["dist_settlement_km"]["m"] == 0.0


def test_gateways_count_across_borders(countries):
    ports = gpd.GeoDataFrame(
        {
            "name": ["Aktau", "Dostyk"],
            "kind": ["sea_port", "rail_border"],
            "source_id": "g",
            "country": ["KAZ", "KAZ"],
            "neighbour": [None, "CHN"],
        },
        geometry=[shapely.Point(51.2, 43.7), shapely.Point(82.5, 45.2)],
        crs=4326,
    )
    targets = {"gateway": load_targets()["gateway"]}
    got = measure(_mine("KGZ"), {"gateways": ports}, targets=targets).loc["m"]
    assert got["near_gateway"].startswith("Aktau (KAZ)")
    assert "abroad_gateway_km" not in got


def test_a_deposit_without_a_coordinate_is_an_error():
    mine = _mine().set_geometry([None]).set_crs(4326)
    with pytest.raises(SchemaError, match="deposit m has no coordinate"):
        measure(mine, {})


def test_reach_agrees_with_measure(countries):
    rails = _rails(("Own", "KAZ", 3.0, 75, 48), ("Other", "KGZ", 0.0, 75, 44))
    made = TargetIndex({"railways": rails, "countries": countries}, RAIL)
    reach = made.nearest("railway", np.array([75.0]), np.array([45.0]), np.array(["KAZ"], object))
    table = measure(_mine(), {}, index=made)
    assert reach.distance_km[0] == table["dist_railway_km"]["m"]
    assert reach.error_km[0] == 3.0


def test_targets_with_mistakes_name_their_dotted_path(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text('[road]\nlayer = "roads"\n[rail]\nlabel = 3\n', encoding="utf-8")
    with pytest.raises(SchemaError, match=r"t.toml has mistakes: road.label: .*rail.layer"):
        load_targets(path)


def _layers(countries):
    return {"railways": _rails(("Own", "KAZ", 3.0, 75, 48)), "countries": countries}


def test_the_error_is_that_of_the_position_and_of_the_line(countries):
    got = measure(_mine(), _layers(countries), targets=RAIL).loc["m"]
    assert got["err_railway_km"] == pytest.approx(2.0 + 3.0)
    nobody_says = _mine().assign(position_error_m=np.nan)
    got = measure(nobody_says, _layers(countries), targets=RAIL).loc["m"]
    assert got["dist_railway_km"] > 300
    assert np.isnan(got["err_railway_km"])


def test_a_line_without_a_name_is_named_by_the_settlements_along_it(countries):
    rails = _rails((None, "KAZ", 0.0, 75, 45.5))
    towns = gpd.GeoDataFrame(
        {
            "name": ["Kemin"],
            "kind": ["town"],
            "country": ["KAZ"],
            "source_id": ["g"],
            "population": [9000],
        },
        geometry=[shapely.Point(75.2, 45.6)],
        crs=4326,
    )
    layers = {"railways": rails, "countries": countries, "settlements": towns}
    got = measure(_mine(), layers, targets=RAIL, labels={"osm": "OSM 2024"}).loc["m"]
    assert got["near_railway"] == "line near Kemin (KAZ), OSM 2024"


def test_other_reference_systems_measure_alike(countries):
    layers = _layers(countries)
    here = measure(_mine(), layers, targets=RAIL)
    moved = {name: layer.to_crs(32643) for name, layer in layers.items() if name == "railways"}
    there = measure(_mine().to_crs(3857), layers | moved, targets=RAIL)
    assert there["dist_railway_km"]["m"] == pytest.approx(here["dist_railway_km"]["m"], abs=1e-6)
    assert there["near_railway"].tolist() == here["near_railway"].tolist()
    assert there["err_railway_km"].tolist() == here["err_railway_km"].tolist()


@pytest.mark.parametrize("column", ["country", "position_error_m", "precision_class"])
def test_a_column_that_the_deposits_lack_is_named(countries, column):
    with pytest.raises(SchemaError, match=f"the deposits have no column {column}; give a table"):
        measure(_mine().drop(columns=column), _layers(countries), targets=RAIL)


@pytest.mark.parametrize(
    ("layer", "column"),
    [
        ("railways", "name"),
        ("railways", "country"),
        ("railways", "source_id"),
        ("railways", "kind"),
        ("countries", "complete"),
    ],
)
def test_a_column_that_a_layer_lacks_is_named(countries, layer, column):
    layers = _layers(countries)
    layers[layer] = layers[layer].drop(columns=column)
    targets = {"railway": RAIL["railway"].model_copy(update={"kinds": ("rail",)})}
    with pytest.raises(SchemaError, match=f"the layer {layer} has no column {column}; give the"):
        measure(_mine(), layers, targets=targets)


def test_what_does_not_say_where_it_is_is_refused(countries):
    lost = _layers(countries)
    lost["railways"] = lost["railways"].set_crs(None, allow_override=True)
    with pytest.raises(SchemaError, match="the layer railways has no coordinate reference system"):
        measure(_mine(), lost, targets=RAIL)
    with pytest.raises(SchemaError, match="the table of deposits has no coordinate reference"):
        measure(_mine().set_crs(None, allow_override=True), _layers(countries), targets=RAIL)


def test_a_label_that_stands_twice_is_refused(countries):
    twice = gpd.GeoDataFrame(pd.concat([_mine(), _mine()]))
    with pytest.raises(SchemaError, match="two deposits have the label 'm' in the index"):
        measure(twice, _layers(countries), targets=RAIL)


def test_an_area_is_no_place_to_measure_from(countries):
    area = _mine().set_geometry([shapely.box(75, 45, 76, 46)], crs=4326)
    with pytest.raises(SchemaError, match="deposit m is a Polygon; give points"):
        measure(area, _layers(countries), targets=RAIL)


def test_no_target_at_all_is_an_error(countries):
    with pytest.raises(SchemaError, match="there is no target; leave targets out"):
        measure(_mine(), _layers(countries), targets={})


def test_no_deposit_gives_no_row_and_every_column(countries):
    got = measure(_mine().iloc[:0], _layers(countries), targets=RAIL)
    assert len(got) == 0
    assert list(got.columns) == [
        "dist_railway_km",
        "err_railway_km",
        "near_railway",
        "near_railway_id",
        "unsure_railway_km",
        "err_unsure_railway_km",
        "near_unsure_railway",
        "abroad_railway_km",
        "near_abroad_railway",
    ]


def test_layers_with_nothing_to_measure_to_make_it_unknown(countries):
    rails = _rails(("Own", "KAZ", 0.0, 75, 48))
    closed = {"railway": RAIL["railway"].model_copy(update={"kinds": ("narrow_gauge",)})}
    bare = rails.assign(geometry=[None])
    for layer, targets in ((rails.iloc[:0], RAIL), (rails, closed), (bare, RAIL)):
        got = measure(_mine(), {"railways": layer, "countries": countries}, targets=targets)
        assert np.isnan(got["dist_railway_km"]["m"]) and np.isnan(got["err_railway_km"]["m"])
        assert got["near_railway"]["m"] is None
    everything = measure(_mine(), {})
    assert len(everything) == 1
    assert everything.isna().all(axis=None)


def test_a_single_point_is_a_target(countries):
    port = gpd.GeoDataFrame(
        {
            "name": ["Aktau"],
            "kind": ["sea_port"],
            "source_id": ["g"],
            "country": ["KAZ"],
            "neighbour": [None],
        },
        geometry=[shapely.Point(75, 46)],
        crs=4326,
    )
    targets = {"gateway": load_targets()["gateway"]}
    got = measure(_mine(), {"gateways": port}, targets=targets).loc["m"]
    assert got["dist_gateway_km"] == pytest.approx(_km(45, 46), rel=1e-6)
    assert got["near_gateway"] == "Aktau (KAZ), g"
