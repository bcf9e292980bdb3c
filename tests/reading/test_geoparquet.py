"""Parquet files that are damaged, odd, or made to exhaust the reader."""

from __future__ import annotations

import json
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.reading import geoparquet
from geo_ree.reading.formats import open_file

POINT = struct.pack("<BIdd", 1, 1, 70, 45)
COLUMN = {"encoding": "WKB", "geometry_types": []}
GEO = json.dumps(
    {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": COLUMN}}
)


@pytest.fixture
def write(tmp_path):
    def put(wkb: bytes, geo: str = GEO):
        path = tmp_path / "x.parquet"
        table = pa.table({"name": ["A"], "geometry": pa.array([wkb], type=pa.binary())})
        pq.write_table(table.replace_schema_metadata({"geo": geo}), path)
        return path

    return put


@pytest.mark.parametrize(
    ("wkb", "geo"),
    [
        (b"\x01\x02\x00\x00\x00\xff\xff\xff\x7f", GEO),
        (POINT, "[1, 2]"),
        (POINT, '{"columns":' + "[" * 100_000 + "]" * 100_000 + "}"),
        (POINT, GEO.replace('"encoding"', '"crs": {"type": "nonsense"}, "encoding"')),
    ],
    ids=["wkb cut short", "geo is a list", "geo is deep", "crs is nonsense"],
)
def test_a_damaged_file_is_refused_in_one_line(write, made_up, wkb, geo):
    with pytest.raises(SchemaError, match=r"^made_up: x\.parquet is damaged") as caught:
        open_file(write(wkb, geo), made_up())
    assert "\n" not in str(caught.value)


def test_collections_of_collections_never_reach_geos(write, made_up):
    path = write(b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 1000 + POINT)
    with pytest.raises(SchemaError, match=r"x\.parquet has collections of collections"):
        open_file(path, made_up())
    assert len(open_file(write(b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" + POINT), made_up())) == 1


@pytest.mark.parametrize(
    "wkb",
    [
        (struct.pack("<BII", 1, 7, 2) + POINT) * 9 + POINT,  # only the second is another collection
        struct.pack("<BII", 1, 4, 1) * 9 + POINT,  # GEOS descends before it looks at the type
        struct.pack("<BII", 1, 9, 1) * 9 + POINT,
        struct.pack(">BII", 0, 1007, 1) * 9 + POINT,
        struct.pack("<BIII", 1, 0xA0000007, 4326, 1) * 9 + POINT,
        struct.pack("<BII", 1, 7, 3)
        + struct.pack("<BIIIdddddd", 1, 3, 1, 3, *range(6))
        + struct.pack("<BIIdd", 1, 2, 1, 0, 0)
        + struct.pack("<BII", 1, 7, 1) * 9
        + POINT,
    ],
)
def test_nesting_is_found_wherever_it_begins(write, made_up, wkb):
    with pytest.raises(SchemaError, match="has collections of collections"):
        open_file(write(wkb), made_up())


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.binary())])
def test_geometries_of_another_type_are_not_decoded(tmp_path, made_up, kind):
    nested = struct.pack("<BII", 1, 7, 1) * 9 + POINT
    given = nested.hex() if kind == pa.string() else nested
    table = pa.table({"name": ["A"], "geometry": pa.array([given]).cast(kind)})
    pq.write_table(table.replace_schema_metadata({"geo": GEO}), tmp_path / "x.parquet")
    with pytest.raises(SchemaError, match=r"of the type .*, expected binary"):
        open_file(tmp_path / "x.parquet", made_up())


def test_collections_that_people_make_are_read(write, made_up):
    parts = [shapely.MultiPoint([(70, 45), (71, 46)]), shapely.box(70, 45, 71, 46)]
    inner = shapely.GeometryCollection([*parts, shapely.MultiPolygon([parts[1]])])
    shape = shapely.GeometryCollection([inner, shapely.Point(1, 2, 3)])
    frame = open_file(write(shapely.to_wkb(shape)), made_up())
    assert frame.geometry.iloc[0].equals_exact(shape)


def test_a_file_that_expands_too_far_is_refused(tmp_path, made_up, monkeypatch):
    monkeypatch.setattr(
        geoparquet.Limits, "current", lambda: geoparquet.Limits(expanded_bytes=1_000_000)
    )
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"name": ["x" * 1000] * 10_000}), path)  # a dictionary of one value
    assert path.stat().st_size < 10_000
    with pytest.raises(SchemaError, match="expands to more than 1000000 bytes"):
        open_file(path, made_up())


def test_lists_are_texts(tmp_path, made_up):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"name": ["A", "B"], "lat": [[45.0, 1.5], None]}), path)
    assert open_file(path, made_up())["lat"].tolist() == ["[45.0, 1.5]", None]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
def test_long_numbers_beside_empty_cells_keep_their_digits(tmp_path, made_up, kind):
    path, long = tmp_path / "x.parquet", 9_007_199_254_740_993
    columns = {"name": pa.array([long, None], kind), "few": pa.array([7, None], kind)}
    pq.write_table(pa.table(columns), path)
    frame = open_file(path, made_up())
    assert frame["name"].tolist() == [long, None]
    assert frame["few"].iloc[0] == 7


@pytest.mark.parametrize("deep", [False, True])
def test_a_program_that_uses_geoarrow_reads_the_same(tmp_path, request, deep):
    import geoarrow.pyarrow as ga

    ga.register_extension_types(lazy=True)  # for the whole process
    request.addfinalizer(lambda: ga.unregister_extension_types(lazy=True))
    shape = shapely.Point(70, 45)
    for _ in range(9 if deep else 0):
        shape = shapely.GeometryCollection([shape])
    column = ga.wkb().wrap_array(pa.array([shape.wkb], type=pa.binary()))
    path = tmp_path / "x.parquet"
    table = pa.table({"name": ["A"], "geometry": column})
    pq.write_table(table.replace_schema_metadata({"geo": GEO}), path)
    assert isinstance(pq.read_schema(path).field("geometry").type, pa.BaseExtensionType)
    if deep:
        with pytest.raises(SchemaError, match="has collections of collections"):
            geoparquet.read_parquet(path, where="x.parquet", hint="none")
    else:
        got = geoparquet.read_parquet(path, where="x.parquet", hint="none")
        assert got.geometry.tolist() == [shape]
