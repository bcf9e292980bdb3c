import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.errors import SchemaError
from geo_ree.schema import LAYERS, PRECISION_ERROR_M, check_layer, layer_named


def _towns(**columns):
    base = {"id": ["t:1", "t:2"], "source_id": "t", "kind": "town", "population": [9000, None]}
    return gpd.GeoDataFrame(
        {**base, **columns}, geometry=[shapely.Point(76, 43), shapely.Point(70, 45)], crs=4326
    )


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_layer_begins_with_who_and_whence(name):
    names = LAYERS[name].column_names()
    assert names[:2] == ["id", "source_id"]
    assert len(set(names)) == len(names)
    assert all(c.meaning for c in LAYERS[name].columns)


def test_missing_columns_are_added_typed_and_in_order():
    got = check_layer(_towns(), "settlements")
    assert list(got.columns) == LAYERS["settlements"].column_names()
    assert got["population"].dtype == "Int64"
    assert got["population"].isna().tolist() == [False, True]
    assert got["name"].isna().all()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"kind": "hamlet"}, "row 1: kind is 'hamlet', expected one of capital, town"),
        ({"population": [-1, 5]}, "row 1: population is -1, expected 0 to 50000000 (the"),
        ({"population": ["many", 5]}, "row 1: population is 'many', expected a number"),
        ({"id": ["t:1", "t:1"]}, "row 2: id 't:1' is used twice"),
        ({"id": ["t:1", None]}, "row 2: id is empty"),
        ({"extra": 1}, "unknown column 'extra'"),
    ],
)
def test_a_complaint_names_row_and_column(columns, told):
    with pytest.raises(SchemaError, match="towns.csv does not fit the layer settlements") as error:
        check_layer(_towns(**columns), "settlements", where="towns.csv")
    assert told in str(error.value)


def test_all_complaints_come_at_once():
    with pytest.raises(SchemaError) as error:
        check_layer(_towns(kind="hamlet", population=[-1, -1], id=["t:1", "t:1"]), "settlements")
    assert str(error.value).count("row ") == 5


@pytest.mark.parametrize("point", [(200, 45), (76, 95), (np.nan, 45), (np.inf, 1)])
def test_coordinates_off_the_globe_are_told(point):
    frame = _towns().set_geometry([shapely.Point(point), shapely.Point(70, 45)]).set_crs(4326)
    with pytest.raises(SchemaError, match="row 1: (coordinates .* swapped|the geometry is empty)"):
        check_layer(frame, "settlements")


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_number_has_limits_and_a_reason(name):
    for column in LAYERS[name].columns:
        if column.kind in ("number", "integer"):
            assert np.isfinite([column.low, column.high]).all(), column.name
            assert column.limit, column.name


def test_a_vertex_that_is_not_a_number_is_told_with_its_row():
    wkt = ["LINESTRING (70 45, 71 45)", "LINESTRING (70 45, nan nan, 71 45)"]
    with np.errstate(invalid="ignore"):
        lines = shapely.from_wkt(wkt)
    columns = {"id": ["t:1", "t:2"], "source_id": "t", "kind": "main"}
    roads = gpd.GeoDataFrame(columns, geometry=lines, crs=4326)
    with pytest.raises(SchemaError, match="row 2: a vertex is not a number"):
        check_layer(roads, "roads")


def test_a_wrong_geometry_an_empty_layer_and_no_crs_are_told():
    with pytest.raises(SchemaError, match="geometry is a Polygon, expected Point"):
        check_layer(
            _towns()
            .set_geometry(_towns().buffer(0, 1).map(lambda _: shapely.box(0, 0, 1, 1)))
            .set_crs(4326, allow_override=True),
            "settlements",
        )
    with pytest.raises(SchemaError, match="has no rows for the layer settlements; check"):
        check_layer(_towns().iloc[:0], "settlements")
    with pytest.raises(SchemaError, match="no coordinate reference system; set it"):
        check_layer(_towns().set_crs(None, allow_override=True), "settlements")
    with pytest.raises(SchemaError, match="give a GeoDataFrame"):
        check_layer(pd.DataFrame(_towns().drop(columns="geometry")), "settlements")
    with pytest.raises(SchemaError, match="no layer is called 'towns'; use one of deposits"):
        layer_named("towns")


def test_other_reference_systems_are_brought_to_wgs84():
    got = check_layer(_towns().to_crs(3857), "settlements")
    assert got.crs.to_epsg() == 4326
    assert got.geometry.x.round(6).tolist() == [76.0, 70.0]


def test_deposits_may_lack_a_place_but_not_a_role():
    frame = gpd.GeoDataFrame(
        {
            "id": ["d:1"],
            "source_id": ["d"],
            "kind": ["deposit"],
            "role": ["candidate"],
            "commodity_group": ["rare_earth"],
            "precision_class": ["none"],
        },
        geometry=[None],
        crs=4326,
    )
    assert check_layer(frame, "deposits").geometry.isna().tolist() == [True]
    with pytest.raises(SchemaError, match="column 'role' is missing"):
        check_layer(frame.drop(columns="role"), "deposits")


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=20),
    st.floats(-180, 180),
    st.floats(-90, 90),
)
def test_valid_rows_come_through_unchanged_and_twice_is_once(people, lon, lat):
    n = len(people)
    frame = gpd.GeoDataFrame(
        {
            "id": [f"t:{i}" for i in range(n)],
            "source_id": "t",
            "kind": "town",
            "population": people,
        },
        geometry=[shapely.Point(lon, lat)] * n,
        crs=4326,
    )
    once = check_layer(frame, "settlements")
    assert once["population"].tolist() == people
    pd.testing.assert_frame_equal(once, check_layer(once, "settlements"))


def test_finer_coordinates_have_smaller_errors():
    order = ["arc_second", "hundredth_degree", "arc_minute", "tenth_degree", "named_place"]
    assert [PRECISION_ERROR_M[c] for c in order] == sorted(PRECISION_ERROR_M[c] for c in order)
