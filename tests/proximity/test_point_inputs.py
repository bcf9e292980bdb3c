"""Points as arrays or Arrow columns are measured as geometries are, to the last bit."""

import json

import geoarrow.pyarrow as ga
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_ree.errors import SchemaError
from geo_ree.proximity import NearestIndex, nearest, point_blocks

ga.unregister_extension_types()  # importing it has registered them

ROADS = gpd.GeoSeries(
    [shapely.LineString([(60, 40), (75, 47)]), shapely.Point(-170, -60)],
    index=["A2", "far"],
    crs=4326,
)
INDEX = NearestIndex(ROADS)
PLACES = [(76.12, 42.86), None, (-179.5, -89.0), (60.0, 40.0), (70.0, 45.0)]


@pytest.fixture(params=["registered", "unregistered"], autouse=True)
def _extension_types(request):
    """Arrow's libraries know of GeoArrow, or only keep its metadata."""
    ga.unregister_extension_types(lazy=True)
    if request.param == "registered":
        ga.register_extension_types()
    yield
    ga.unregister_extension_types(lazy=True)  # the other tests of this process know of none


def _series(places, crs=4326):
    return gpd.GeoSeries([None if p is None else shapely.Point(p) for p in places], crs=crs)


def _xy(series):
    return series.x.to_numpy(), series.y.to_numpy()


def _separated(series):
    parts = [pa.array(axis) for axis in _xy(series)]
    return _table(series, pa.StructArray.from_arrays(parts, ["x", "y"], mask=_missing(series)))


def _interleaved(series):
    values = pa.array(np.column_stack(_xy(series)).ravel())
    return _table(series, pa.FixedSizeListArray.from_arrays(values, 2, mask=_missing(series)))


def _missing(series):
    return pa.array(series.isna().to_numpy(), pa.bool_())


def _table(series, points):
    stated = {} if series.crs is None else {"crs": series.crs.to_json_dict()}
    metadata = {
        "ARROW:extension:name": "geoarrow.point",
        "ARROW:extension:metadata": json.dumps(stated),
    }
    return pa.table([points], pa.schema([pa.field("place", points.type, metadata=metadata)]))


class OnlyArray:
    """A column without a table, of which nothing is known but Arrow's C interface."""

    def __init__(self, table):
        self.field, self.array = table.schema.field(0), table.column(0).combine_chunks()

    def __arrow_c_array__(self, requested_schema=None):
        return self.field.__arrow_c_schema__(), self.array.__arrow_c_array__()[1]


class OnlyStream:
    """An object of which nothing is known but Arrow's C interface."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


FORMS = {
    "separated": _separated,
    "of two chunks": lambda s: pa.concat_tables([_separated(s)[:2], _separated(s)[2:]]),
    "a slice": lambda s: pa.concat_tables([_separated(s), _separated(s)])[len(s) :],
    "another library's": lambda s: OnlyStream(_separated(s)),
    "a reader": lambda s: _separated(s).to_reader(max_chunksize=2),
    "interleaved": _interleaved,
    "interleaved, slice": lambda s: pa.concat_tables([_interleaved(s), _interleaved(s)])[len(s) :],
    "binary": lambda s: s.to_frame("g").to_arrow(geometry_encoding="WKB"),
    "binary, slice": lambda s: pa.table(pd.concat([s, s]).to_frame("g").to_arrow())[len(s) :],
    "an array of binary": lambda s: s.to_arrow(geometry_encoding="WKB"),
    "an array of points": lambda s: OnlyArray(_separated(s)),
    "an array of lists": lambda s: OnlyArray(_interleaved(s)),
    "a batch": lambda s: (_separated(s).to_batches() or [_separated(s)])[0],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("crs", [4326, 3857, 32643])
def test_an_arrow_column_is_measured_as_geometries_are(form, crs):
    points = _series(PLACES).set_crs(4326) if crs == 4326 else _series(PLACES[3:]).to_crs(crs)
    pd.testing.assert_frame_equal(
        INDEX.query(FORMS[form](points)), INDEX.query(points), check_exact=True
    )


@pytest.mark.parametrize("crs", [4326, "EPSG:3857", 32643])
def test_arrays_are_measured_as_geometries_are(crs):
    points = _series([*PLACES[3:], None]).to_crs(crs)
    x, y = _xy(points)
    whole = INDEX.query(points)
    for form in (
        lambda v: v,
        list,
        np.ma.masked_invalid,
        pa.array,
        lambda v: np.column_stack([v, v])[:, 0],
    ):
        pd.testing.assert_frame_equal(
            INDEX.query(x=form(x), y=form(y), crs=crs), whole, check_exact=True
        )
    named = pd.Series(x, index=list("abc")).astype("Float64"), pd.Series(y, index=list("abc"))
    got = nearest(targets=ROADS, x=named[0], y=named[1], crs=crs)
    pd.testing.assert_frame_equal(got, whole.set_axis(["a", "b", "c"]), check_exact=True)


PLACE = st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PLACE, max_size=9), st.integers(1, 5))
def test_whatever_the_points_and_the_blocks_the_form_does_not_matter(places, size):
    points = _series(places)
    whole = INDEX.query(points)
    x, y = _xy(points)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(point_blocks, "BLOCK", size)
        forms = [{"x": x, "y": y}, *({"points": form(points)} for form in FORMS.values())]
        for form in forms:
            got = INDEX.query(**form)
            assert (
                got["distance_m"].to_numpy().tobytes() == whole["distance_m"].to_numpy().tobytes()
            )
            pd.testing.assert_frame_equal(got, whole, check_exact=True)


def test_geoparquet_is_read_as_it_lies(tmp_path):
    points = _series(PLACES)
    whole = INDEX.query(points)
    for encoding in ("WKB", "geoarrow"):
        points.to_frame("geometry").to_parquet(tmp_path / "p", geometry_encoding=encoding)
        with pq.ParquetFile(tmp_path / "p") as file:
            stream = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(2))
            pd.testing.assert_frame_equal(INDEX.query(stream), whole, check_exact=True)


def test_the_tables_of_other_libraries_are_read():
    points = _series(PLACES)
    whole = INDEX.query(points)
    for form in (
        points.to_frame("g").to_arrow(geometry_encoding="geoarrow", interleaved=True),
        points.to_frame("g").to_arrow(geometry_encoding="geoarrow", interleaved=False),
        points.to_arrow(geometry_encoding="geoarrow"),
    ):
        pd.testing.assert_frame_equal(INDEX.query(form), whole, check_exact=True)
    ga.register_extension_types(lazy=True)
    own = ga.as_geoarrow([None if p is None else p.wkb for p in points], type=ga.wkb())
    for column in (own, pa.chunked_array([own[:2], own[2:]]), ga.as_geoarrow(own, type=ga.point())):
        pd.testing.assert_frame_equal(INDEX.query(column, crs=4326), whole, check_exact=True)


def test_all_kinds_of_well_known_binary_are_read():
    shapes = [
        shapely.Point(70, 45),
        shapely.Point(70, 45, 3),
        shapely.Point(),
        shapely.LineString(),
    ]
    kinds = [
        shapely.to_wkb(
            shape, byte_order=order, output_dimension=4, flavor=flavor, include_srid=srid
        )
        for shape in shapely.set_srid(shapes, 4326)
        for order in (0, 1)
        for flavor, srid in (("iso", False), ("extended", False), ("extended", True))
    ]
    stated = {"ARROW:extension:name": "geoarrow.wkb"}
    for kind in (pa.binary(), pa.large_binary(), pa.binary_view()):
        column = pa.array([*kinds, None], kind)
        table = pa.table([column], pa.schema([pa.field("g", kind, metadata=stated)]))
        got = INDEX.query(table, crs=4326)["distance_m"]
        assert got[:12].nunique() == 1
        assert got[12:].isna().all()
        assert len(got) == 25


def test_the_table_of_a_frame_without_rows_gives_no_rows():
    none = INDEX.query(_series([]))
    for form in FORMS.values():
        pd.testing.assert_frame_equal(INDEX.query(form(_series([]))), none, check_exact=True)
    pd.testing.assert_frame_equal(INDEX.query(x=[], y=[]), none, check_exact=True)
    assert none["distance_m"].dtype == np.float64


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [(76, 98.2, "latitude 98.2"), (np.inf, 43, "longitude inf"), (np.nan, 43, "longitude nan")],
)
def test_places_off_the_globe_are_refused_with_their_row(lon, lat, said, monkeypatch):
    monkeypatch.setattr(point_blocks, "BLOCK", 2)
    x, y = [76.0, np.nan, 77.0, lon], [43.0, np.nan, 43.0, lat]
    with pytest.raises(SchemaError, match=rf"^row 4 of the points has .*{said}"):
        INDEX.query(x=x, y=y)
    points = gpd.GeoSeries(shapely.points(x, y), crs=4326)
    for form in ("separated", "interleaved", "binary", "a reader"):
        with pytest.raises(SchemaError, match=rf"^row 4 of the points has .*{said}"):
            INDEX.query(FORMS[form](points))


def _two_columns():
    one = _separated(_series(PLACES))
    return one.append_column(one.schema.field(0).with_name("other"), one.column(0))


BAD = {
    "the points are not given once; give a frame": {},
    "not given once": {"x": [1.0]},
    "once; give a frame or an Arrow table, or else both": {
        "points": _series(PLACES),
        "x": [1],
        "y": [2],
    },
    "a frame, which states its own reference system; leave crs out": {
        "points": _series(PLACES),
        "crs": 4326,
    },
    "are of the type list": {"points": [(76, 43)]},
    "x has 2 values and y has 1; give one of each": {"x": [1, 2], "y": [3]},
    r"y is not numeric \(row 2: '45 N'\); give numbers": {"x": [76, 77], "y": [45, "45 N"]},
    "x has 0 dimensions, expected 1; give a list": {"x": 76.1, "y": 43.2},
    "different indexes; take both from one frame": {
        "x": pd.Series([1.0]),
        "y": pd.Series([1.0], [5]),
    },
    "'EPSG:99' is no coordinate reference system": {"x": [1], "y": [1], "crs": "EPSG:99"},
    "the column place of the points has no coordinate reference system; state it": {
        "points": _separated(_series(PLACES, crs=None))
    },
    "the column place of the points is in WGS 84, and crs= says WGS 84 / Pseudo-Mercator": {
        "points": _separated(_series(PLACES)),
        "crs": 3857,
    },
    "have no geometry column; give a table with one column of the type geoarrow.point": {
        "points": pa.table({"x": [1.0], "y": [2.0]})
    },
    "no geometry column": {"points": pd.DataFrame({"x": [1.0]})},
    "several geometry columns, place, other; select": {"points": _two_columns()},
    "is of the type int64; give a table": {"points": pa.array([1, 2])},
    "is of the type geoarrow.linestring": {
        "points": ROADS[:1].to_arrow(geometry_encoding="geoarrow")
    },
    r"row 1 of the points \(the column g\) is a LineString; give points, for": {
        "points": ROADS.to_frame("g").to_arrow()
    },
    r"row 2 of the points \(the column g\) is no well-known binary": {
        "points": pa.table(
            [pa.array([None, b"\x01\x02"])],
            pa.schema([pa.field("g", pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})]),
        ),
        "crs": 4326,
    },
}


@pytest.mark.parametrize("said", BAD)
def test_bad_input_is_named_in_one_line(said):
    with pytest.raises(SchemaError, match=said) as caught:
        INDEX.query(**BAD[said])
    assert "\n" not in str(caught.value)


def test_points_without_targets_are_refused():
    with pytest.raises(SchemaError, match="there are no targets; give them as targets="):
        nearest(x=[1], y=[2])


def test_the_arguments_of_an_arrow_column_count_where_it_states_none():
    points = _series(PLACES[3:]).to_crs(3857)
    got = INDEX.query(_separated(points.set_crs(None, allow_override=True)), crs="EPSG:3857")
    pd.testing.assert_frame_equal(got, INDEX.query(points), check_exact=True)


def test_no_geometry_is_built_of_arrays_or_arrow(monkeypatch):
    points = _series(PLACES)
    forms = [FORMS[form](points) for form in ("separated", "interleaved", "binary", "a reader")]
    whole, (x, y) = INDEX.query(points), _xy(points)

    def refuse(*_args, **_options):
        raise AssertionError("a geometry was built")

    for name in ("points", "from_wkb", "from_ragged_array", "Point"):
        monkeypatch.setattr(shapely, name, refuse)
    for given_points in forms:
        pd.testing.assert_frame_equal(INDEX.query(given_points), whole, check_exact=True)
    pd.testing.assert_frame_equal(INDEX.query(x=x, y=y), whole, check_exact=True)
