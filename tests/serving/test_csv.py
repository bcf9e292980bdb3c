"""Tables as CSV: with and without shapes, without rows, with own columns x and y."""

import csv
import io

import requests

from geo_ree.serving.csv_formatter import CsvFormatter


def _rows(service, collection, **asked):
    answer = requests.get(
        f"{service.api}/collections/{collection}/items", {"f": "csv", **asked}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_every_collection_is_a_table(either_service):
    listed = requests.get(f"{either_service.api}/collections", timeout=60).json()["collections"]
    assert {"deposits", "flags", "unranked"} <= {c["id"] for c in listed}
    for name in (c["id"] for c in listed):
        rows = _rows(either_service, name, limit=3)
        address = f"{either_service.api}/collections/{name}/items"
        features = requests.get(address, {"limit": 3}, timeout=60).json()["features"]
        for row, feature in zip(rows, features, strict=True):
            known = {n: "" if v is None else str(v) for n, v in feature["properties"].items()}
            assert {n: row[n] for n in known} == known, name
    (row, *_) = _rows(either_service, "deposits", limit=1)
    assert (row["x"], row["y"]) == (row["longitude"], row["latitude"])
    bare = _rows(either_service, "deposits", limit=1, skipGeometry="true", properties="name")
    assert list(bare[0]) == ["id", "name"]
    empty = requests.get(
        f"{either_service.api}/collections/deposits/items",
        {"f": "csv", "filter": "score > 1000"},
        timeout=60,
    )
    assert empty.text.splitlines()[0].startswith("id,name,") and len(empty.text.splitlines()) == 1


def test_points_that_are_missing_and_own_columns():
    about = {"fields": (("x", "REAL"), ("geom", "BLOB")), "geom_field": "geom", "hidden": ()}
    point = {"type": "Point", "coordinates": [70.5, 43.0]}
    empty = {"type": "Point", "coordinates": []}

    def write(*features):
        data = {"features": [{"geometry": g, "properties": p} for g, p in features]}
        formatter = CsvFormatter({"name": "CSV", "geom": True})
        return formatter.write({"provider_def": about}, data).decode().splitlines()

    shown = write((None, {"a": 1}), (point, {"a": None}), (empty, {"a": "b,c"}))
    assert shown == ["x,y,a", ",,1", "70.5,43.0,", ',,"b,c"']
    assert write((point, {"x": 500_000.0})) == ["x", "500000.0"]
    assert write() == ["x"]
