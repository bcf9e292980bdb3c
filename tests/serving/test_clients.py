"""Real clients read what the tables hold: OWSLib, GDAL's OAPIF driver, rasterio over HTTP, QGIS where it is."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import requests
import shapely

from geo_ree.settings import GDAL_OPTIONS

SHAPED = ("deposits", "unranked", "settlements", "countries", "railways_planned")
PLAIN = ("flags", "access", "sources", "values")
BOXES = {
    "a corner of a country": (66.0, 40.0, 71.5, 44.25),
    "one place": (67.49, 45.33, 67.51, 45.34),
    "nothing": (-20.0, -20.0, -10.0, -10.0),
    "across the antimeridian": (110.0, 30.0, 60.0, 50.0),
}


def features(running, name, /, **asked):
    """The features of one page that OWSLib gets, of at most 5000."""
    return client_of(running).collection_items(name, limit=5000, **asked)


def read(gpkg, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyogrio.read_dataframe(gpkg, layer=name)


def ids_of(address):
    """The ids of all pages, by the links from each to the next."""
    ids = []
    while address:
        page = requests.get(address, timeout=60).json()
        ids += [f["id"] for f in page["features"]]
        address = next((x["href"] for x in page["links"] if x["rel"] == "next"), "")
    return ids


def client_of(running):
    from owslib.ogcapi.features import Features

    return Features(running.api)


def rows_of(collection):
    frame = pd.DataFrame([f["properties"] for f in collection["features"]])
    shapes = [f["geometry"] for f in collection["features"]]
    frame["wkt"] = [
        None if s is None else shapely.geometry.shape(s).normalize().wkt for s in shapes
    ]
    return frame


def test_every_table_is_a_collection_with_title_licence_and_columns(service, served):
    client = client_of(service)
    listed = {c["id"]: c for c in client.collections()["collections"]}
    tables = set(pyogrio.list_layers(served.gpkg)[:, 0]) - {"layer_styles"}
    assert set(listed) == tables | {"rasters"}
    for name, about in listed.items():
        assert about["title"] and about["description"].endswith("."), name
        assert about["attribution"], name
        assert any(link["rel"] == "license" for link in about["links"]), name
    assert "OpenStreetMap" in listed["railways"]["attribution"]
    assert "GeoNames" not in listed["countries"]["attribution"]
    west, south, east, north = listed["railways"]["extent"]["spatial"]["bbox"][0]
    assert np.allclose((west, south, east, north), read(served.gpkg, "railways").total_bounds)
    schema = requests.get(f"{service.api}/collections/deposits/schema", timeout=30).json()
    score = schema["properties"]["score"]
    assert score["x-ogc-unit"] == "points" and "0 to 100" in score["description"]
    assert score["type"] == "number" and "fid" not in schema["properties"]


@pytest.mark.parametrize("name", ["deposits", "settlements", *PLAIN])
def test_pages_are_complete_and_stable(either_service, served, name):
    rows = len(read(served.gpkg, name))
    ask = f"{either_service.api}/collections/{name}/items?skipGeometry=true"
    sizes = (rows // 5 + 1, rows // 3 + 1)
    first, second = (ids_of(f"{ask}&limit={min(size, 5000)}") for size in sizes)
    assert first == second
    assert len(set(first)) == len(first) == rows


@pytest.mark.parametrize("name", [*SHAPED, *PLAIN])
def test_features_are_the_rows_of_the_table(either_service, served, name):
    whole = read(served.gpkg, name)
    given, offset = [], 0
    while page := client_of(either_service).collection_items(name, limit=5000, offset=offset)[
        "features"
    ]:
        given += page
        offset += 5000
    frame = rows_of({"features": given})
    columns = [c for c in whole.columns if c != "geometry"]
    assert set(columns) == set(frame.columns) - {"wkt"}
    expected = pd.DataFrame(whole[columns])
    if isinstance(whole, gpd.GeoDataFrame):
        # PostGIS gives a table of mixed forms the Multi form
        expected["wkt"] = [None if s is None else s.normalize().wkt for s in whole.geometry]
        assert frame["wkt"].isna().tolist().count(True) == whole.geometry.isna().sum()
        assert set(frame["wkt"].dropna()) == set(expected["wkt"].dropna())
    key = [c for c in ("id", "deposit", "deposit_id", "attribute", "flag", "fact") if c in columns]
    key += [c for c in ("component", "corridor", "question") if c in columns]
    left = frame.sort_values(key, ignore_index=True)[columns]
    right = expected.sort_values(key, ignore_index=True)[columns]
    for column in columns:
        kind = right[column].dtype
        a = left[column].astype(object).where(left[column].notna(), None).tolist()
        b = right[column].astype(object).where(right[column].notna(), None).tolist()
        if pd.api.types.is_float_dtype(kind):
            assert [None if v is None else float(v) for v in a] == b, column
        else:
            assert a == b, column


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("deposits", {"country": "KAZ"}),
        ("deposits", {"role": "candidate", "country": "KGZ"}),
        ("deposits", {"rank_in_role": "1"}),
        ("deposits", {"name": "a' OR 1=1 --"}),
        ("flags", {"severity": "high"}),
        ("countries", {"complete": "true"}),
    ],
)
def test_filters_give_the_same_rows_as_the_table(either_service, served, name, filters):
    whole = read(served.gpkg, name)
    expected = whole
    for column, value in filters.items():
        texts = expected[column].map(
            lambda v: (
                str(v).lower()
                if isinstance(v, bool | np.bool_)
                else f"{v:g}"
                if isinstance(v, float)
                else str(v)
            )
        )
        expected = expected[texts == value]
    given = features(either_service, name, **filters)
    assert given["numberMatched"] == len(given["features"]) == len(expected)
    if "id" in whole.columns:
        assert {f["id"] for f in given["features"]} == set(expected["id"])
    assert len(expected) < len(whole)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("name", ["deposits", "railways_planned", "countries", "unranked"])
def test_a_box_gives_the_features_that_meet_it(either_service, served, name, box):
    whole = read(served.gpkg, name)
    west, south, east, north = box
    parts = [box] if west <= east else [(west, south, 180, north), (-180, south, east, north)]
    area = shapely.union_all([shapely.box(*part) for part in parts])
    expected = whole[whole.geometry.intersects(area)]
    given = features(either_service, name, bbox=[str(v) for v in box])
    assert {f["id"] for f in given["features"]} == set(expected["id"])


def test_a_table_without_geometry_meets_no_box(either_service):
    given = features(either_service, "flags", bbox=["0", "0", "90", "90"])
    assert given["numberMatched"] == 0 and not given["features"]


def test_cql_and_order(either_service, served):
    table = read(served.gpkg, "deposits")
    ask = f"{either_service.api}/collections/deposits/items"
    asked = {"filter": "score > 60 AND country = 'KAZ'", "sortby": "-country,-score", "limit": 500}
    given = requests.get(ask, asked, timeout=30).json()["features"]
    expected = table[(table["score"] > 60) & (table["country"] == "KAZ")]
    assert len(expected) > 3
    assert [f["properties"]["score"] for f in given] == sorted(expected["score"], reverse=True)


def test_one_item_by_its_id(either_service):
    ask = f"{either_service.api}/collections"
    for name in ("deposits", "flags", "areas", "sources"):
        page = requests.get(f"{ask}/{name}/items", {"limit": 3}, timeout=30).json()["features"]
        for known in page:
            item = requests.utils.quote(str(known["id"]), safe="")
            one = requests.get(f"{ask}/{name}/items/{item}", timeout=30)
            assert one.status_code == 200, one.text
            assert one.json()["properties"] == known["properties"]
        missing = requests.get(f"{ask}/{name}/items/none", timeout=30)
        assert missing.status_code == 404 and "Traceback" not in missing.text


GDAL = """
import json, sys
import pyogrio
api, _, names = sys.argv[1:]
found = {}
for name in json.loads(names):
    table = pyogrio.read_dataframe(f"OAPIF:{api}", layer=name)
    found[name] = [[len(table), sorted(table["id"]), list(table.total_bounds)]]
print(json.dumps([sorted(pyogrio.list_layers(f"OAPIF:{api}")[:, 0]), found]))
"""
QGIS = """
import json, sys
from urllib.parse import urlsplit
from qgis.core import QgsApplication, QgsDataSourceUri, QgsRectangle, QgsVectorLayer

def open_layers(api, store, name):
    yield QgsVectorLayer(f"url='{api}' typename='{name}'", name, "OAPIF")
    if not store.startswith("postgresql:"):
        yield QgsVectorLayer(f"{store}|layername={name}", name, "ogr")
        return
    at, uri = urlsplit(store), QgsDataSourceUri()
    uri.setConnection(at.hostname, str(at.port), at.path[1:], at.username, at.password)
    uri.setDataSource("latest", name, "geom", "", "id")
    yield QgsVectorLayer(uri.uri(False), name, "postgres")

def read(layer):
    assert layer.isValid() and layer.crs().authid() in ("EPSG:4326", "OGC:CRS84"), layer.source()
    features, box = list(layer.getFeatures()), QgsRectangle()
    for feature in features:
        box.combineExtentWith(feature.geometry().boundingBox())
    bounds = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
    return [len(features), sorted(feature["id"] for feature in features), bounds]

api, store, names = sys.argv[1:]
program = QgsApplication([], False)
program.initQgis()
found = {n: [read(layer) for layer in open_layers(api, store, n)] for n in json.loads(names)}
print(json.dumps([json.loads(names), found]))
program.exitQgis()
"""
GDAL_WINDOW = """
import sys
import numpy as np
import rasterio
from rasterio.windows import Window
with rasterio.open(f"/vsicurl/{sys.argv[1]}") as raster:
    part = raster.read(1, window=Window(40, 30, 25, 20))
    whole = raster.read()
np.savez(sys.argv[2], part=part, whole=whole)
"""
QGIS_WINDOW = """
import sys
import numpy as np
from qgis.core import QgsApplication, QgsRasterLayer, QgsRectangle

def read(source, box, width, height, band):
    block = source.block(band, box, width, height)
    kind = {6: np.float32, 7: np.float64}[int(source.dataType(band))]
    return np.frombuffer(block.data(), kind).reshape(height, width)

def read_all(layer):
    assert layer.isValid() and layer.crs().authid() == "EPSG:4326"
    source, box = layer.dataProvider(), layer.extent()
    x, y = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    west, north = box.xMinimum() + 40 * x, box.yMaximum() - 30 * y
    part = QgsRectangle(west, north - 20 * y, west + 25 * x, north)
    size = (layer.width(), layer.height())
    whole = [read(source, box, *size, band + 1) for band in range(layer.bandCount())]
    return {"part": read(source, part, 25, 20, 1), "whole": np.stack(whole)}

program = QgsApplication([], False)
program.initQgis()
np.savez(sys.argv[2], **read_all(QgsRasterLayer(f"/vsicurl/{sys.argv[1]}", "raster", "gdal")))
program.exitQgis()
"""
PROGRAMS = {"GDAL": (sys.executable, GDAL, 1, GDAL_WINDOW)}
DEBIAN = "/usr/bin/python3"  # whose packages QGIS is one of


def _has_qgis():
    if not Path(DEBIAN).is_file():
        return False
    ask = [DEBIAN, "-c", "import qgis.core"]
    return subprocess.run(ask, capture_output=True, check=False).returncode == 0


if _has_qgis():
    PROGRAMS["QGIS"] = (DEBIAN, QGIS, 2, QGIS_WINDOW)


def _run(command, home):
    """What a program prints, without what `restrict_gdal` set where a test ran a command here."""
    left_out = {"GDAL_SKIP", "PYTHONPATH", *GDAL_OPTIONS}
    env = {n: v for n, v in os.environ.items() if n not in left_out}
    env |= {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, capture_output=True, check=False, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_read_the_same_features(either_service, served, tmp_path, program):
    """From the service; QGIS from what it serves, too: the GeoPackage, the views of the database."""
    python, code, ways, _ = PROGRAMS[program]
    words = [either_service.api, either_service.store, json.dumps(SHAPED[:3])]
    layers, found = json.loads(_run([python, "-W", "ignore", "-c", code, *words], tmp_path))
    assert program == "QGIS" or {"deposits", "railways", "corridors"} <= set(layers)
    for name, answers in found.items():
        table = read(served.gpkg, name)
        assert len(answers) == ways
        for rows, ids, bounds in answers:
            assert rows == len(table) and ids == sorted(table["id"])
            assert np.allclose(bounds, table.total_bounds)


@pytest.mark.parametrize("program", PROGRAMS)
def test_rasters_are_read_in_parts_over_http(service, served, tmp_path, program):
    items = client_of(service).collection_items("rasters")["features"]
    names = sorted(p.stem for p in (served.gpkg.parent / "rasters").glob("*.tif"))
    assert [f["id"] for f in items] == names
    links = requests.get(f"{service.api}/collections/rasters", timeout=30).json()["links"]
    linked = {link["href"]: link["length"] for link in links if link["rel"] == "item"}
    for item in items:
        about = item["properties"]
        path = served.gpkg.parent / "rasters" / f"{item['id']}.tif"
        assert linked[about["href"]] == about["size_bytes"] == path.stat().st_size
        assert about["attribution"] and about["unit"]
    href = items[-1]["properties"]["href"]
    copy = tmp_path / "read.npz"
    python, _, _, code = PROGRAMS[program]
    _run([python, "-c", code, href, str(copy)], tmp_path)
    read = np.load(copy)
    with rasterio.open(served.gpkg.parent / "rasters" / f"{names[-1]}.tif") as raster:
        whole = raster.read()
    assert np.array_equal(read["whole"], whole, equal_nan=True)
    assert np.array_equal(read["part"], whole[0, 30:50, 40:65], equal_nan=True)
