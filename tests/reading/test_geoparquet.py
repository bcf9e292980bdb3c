"""Parquet files that are damaged, odd, or made to exhaust the reader."""

from __future__ import annotations

import json
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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


def test_a_file_that_expands_too_far_is_refused(tmp_path, made_up, monkeypatch):
    monkeypatch.setattr(geoparquet, "MAX_EXPANDED_BYTES", 1_000_000)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"name": ["x" * 1000] * 10_000}), path)  # a dictionary of one value
    assert path.stat().st_size < 10_000
    with pytest.raises(SchemaError, match="expands to more than 1000000 bytes"):
        open_file(path, made_up())


def test_lists_are_texts(tmp_path, made_up):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"name": ["A", "B"], "lat": [[45.0, 1.5], None]}), path)
    assert open_file(path, made_up())["lat"].tolist() == ["[45.0, 1.5]", None]
