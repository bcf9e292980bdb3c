"""What only layers with a geometry have: axes, reference systems, conditions, encodings."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import threading
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.reading.formats import open_file
from geo_ree.reading.vectors import read_vector

PLAIN = "EPSG:4326"
URN = "urn:ogc:def:crs:EPSG::4326"
URL = "http://www.opengis.net/gml/srs/epsg.xml#4326"


def gml(srs: str, *places: str, names: tuple[str, ...] = ("A",)) -> str:
    """Write an answer of a WFS 1.1.0 as MapServer does."""
    features = "".join(
        f'<gml:featureMember><ms:towns gml:id="towns.{n}"><gml:boundedBy><gml:Envelope '
        f'srsName="{srs}"><gml:lowerCorner>0 0</gml:lowerCorner><gml:upperCorner>1 1'
        f"</gml:upperCorner></gml:Envelope></gml:boundedBy><ms:geom>{place}</ms:geom>"
        f"<ms:name>{name}</ms:name><ms:code>0012</ms:code></ms:towns></gml:featureMember>"
        for n, (place, name) in enumerate(zip(places, names * len(places), strict=False))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><wfs:FeatureCollection '
        'xmlns:ms="http://mapserver.gis.umn.edu/mapserver" xmlns:wfs="http://www.opengis.net/wfs" '
        f'xmlns:gml="http://www.opengis.net/gml">{features}</wfs:FeatureCollection>'
    )


def point(srs: str, first: str, second: str) -> str:
    return f'<gml:Point srsName="{srs}"><gml:pos>{first} {second}</gml:pos></gml:Point>'


def pack_pages(target: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.fixture
def write(tmp_path):
    def put(content: str | bytes, name: str = "towns.gml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["A", "B", "C"], "n": [1, 2, 3]},
        geometry=shapely.points([70, 71, 72], [45, 46, 47]),
        crs=4326,
    )


def refusal(path, source) -> str:
    with pytest.raises(SchemaError) as caught:
        open_file(path, source)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("made_up: ")
    return str(caught.value)


@pytest.mark.parametrize("srs", [PLAIN, URN, URL])
def test_latitude_first_is_swapped_once_whatever_the_srs_name(write, made_up, srs):
    frame = open_file(write(gml(srs, point(srs, "45", "70"))), made_up({"axis": "latlon"}))
    assert frame.geometry.iloc[0].equals(shapely.Point(70, 45))
    assert frame.crs.to_epsg() == 4326


@pytest.mark.parametrize("srs", [PLAIN, URN, URL])
def test_longitude_first_is_kept_whatever_the_srs_name(write, made_up, srs):
    frame = open_file(write(gml(srs, point(srs, "70", "45"))), made_up({"axis": "lonlat"}))
    assert frame.geometry.iloc[0].equals(shapely.Point(70, 45))


def test_without_a_word_about_axes_the_srs_name_decides(write, made_up):
    urn = open_file(write(gml(URN, point(URN, "45", "70"))), made_up())
    assert urn.geometry.iloc[0].equals(shapely.Point(70, 45))
    plain = open_file(write(gml(PLAIN, point(PLAIN, "70", "45"))), made_up())
    assert plain.geometry.iloc[0].equals(shapely.Point(70, 45))


def test_the_order_is_never_guessed_from_the_values(write, made_up):
    """70 is no latitude of Kazakhstan, but 46 and 50 might be either: nothing is looked at."""
    for first, second in (("46", "50"), ("50", "46"), ("10", "170")):
        path = write(gml(PLAIN, point(PLAIN, first, second)))
        frame = open_file(path, made_up({"axis": "latlon"}))
        assert frame.geometry.iloc[0].equals(shapely.Point(float(second), float(first)))


def test_lines_and_polygons_are_swapped_too(write, made_up):
    line = (
        f'<gml:LineString srsName="{PLAIN}"><gml:posList>45 70 46 71</gml:posList></gml:LineString>'
    )
    ring = (
        f'<gml:Polygon srsName="{PLAIN}"><gml:exterior><gml:LinearRing><gml:posList>45 70 45 71 46 '
        "71 45 70</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )
    source = made_up({"axis": "latlon"})
    lines = open_file(write(gml(PLAIN, line)), source)
    assert list(lines.geometry.iloc[0].coords) == [(70, 45), (71, 46)]
    rings = open_file(write(gml(PLAIN, ring)), source)
    assert rings.geometry.iloc[0].bounds == (70, 45, 71, 46)


def test_gml_2_of_a_wfs_1_0_0(write, made_up):
    place = (
        f'<gml:Point srsName="{PLAIN}"><gml:coordinates decimal="." cs="," ts=" ">70,45'
        "</gml:coordinates></gml:Point>"
    )
    frame = open_file(write(gml(PLAIN, place)), made_up({"axis": "lonlat"}))
    assert frame.geometry.iloc[0].equals(shapely.Point(70, 45))


def test_pages_of_gml_follow_the_axis_too(tmp_path, made_up):
    pages = [gml(PLAIN, point(PLAIN, str(40 + n), "70")).encode() for n in range(3)]
    pack_pages(tmp_path / "p.zip", {f"page-0000{n}.gml": p for n, p in enumerate(pages, 1)})
    frame = open_file(tmp_path / "p.zip", made_up({"axis": "latlon", "type_name": "ms:towns"}))
    assert frame.geometry.y.tolist() == [40, 41, 42]


def test_values_of_gml_stay_as_printed(write, made_up):
    before = pyogrio.get_gdal_config_option("GML_FIELDTYPES")
    path = write(gml(PLAIN, point(PLAIN, "70", "45")))
    assert open_file(path, made_up())["code"].tolist() == ["0012"]
    assert pyogrio.get_gdal_config_option("GML_FIELDTYPES") == before


def test_files_can_be_opened_by_several_threads(tmp_path, made_up, towns):
    paths = []
    for n in range(8):
        path = tmp_path / f"{n}.gml"
        path.write_text(gml(PLAIN, point(PLAIN, "70", "45")))
        paths.append(path)
    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda p=p: found.append(list(open_file(p, made_up())["code"])))
        for p in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["0012"]] * 8


def test_a_condition_selects_features(tmp_path, made_up, towns):
    path = tmp_path / "x.gpkg"
    towns.to_file(path)
    frame = open_file(path, made_up({"where": "n > 1 AND name <> 'C'"}))
    assert frame["name"].tolist() == ["B"]
    assert "does not answer to reader.where 'n >'" in refusal(path, made_up({"where": "n >"}))
    assert "x.gpkg has no rows" in refusal(path, made_up({"where": "n > 9"}))


def test_a_layer_is_chosen_by_its_name(tmp_path, made_up, towns):
    path = tmp_path / "x.gpkg"
    towns.to_file(path, layer="towns")
    towns.iloc[:1].to_file(path, layer="layer_styles", mode="a")
    assert len(open_file(path, made_up())) == 3  # a table of styles is no layer
    towns.iloc[:2].to_file(path, layer="villages", mode="a")
    assert len(open_file(path, made_up({"layer": "Villages"}))) == 2
    assert "has several layers: towns, villages" in refusal(path, made_up())
    text = refusal(path, made_up({"layer": "cities"}))
    assert "has no layer 'cities'; it has: towns, villages; correct reader.layer" in text


def test_a_reference_system_of_its_own_is_kept(tmp_path, made_up, towns):
    path = tmp_path / "x.gpkg"
    towns.to_crs(32642).to_file(path)
    frame = open_file(path, made_up({"crs": "EPSG:4284"}))
    assert frame.crs.to_epsg() == 32642  # reader.crs is for a file that states none


@pytest.mark.parametrize("kind", ["gpkg", "shp", "parquet"])
def test_without_a_reference_system_the_entry_has_to_name_it(tmp_path, made_up, towns, kind):
    path = tmp_path / f"x.{kind}"
    bare = towns.set_crs(None, allow_override=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare.to_parquet(path) if kind == "parquet" else bare.to_file(path)
    text = refusal(path, made_up())
    if kind == "shp":
        assert "x.prj is missing" in text
    else:
        assert f"x.{kind} states no reference system; name it in reader.crs" in text
    frame = open_file(path, made_up({"crs": "EPSG:4284"}))
    assert frame.crs.to_epsg() == 4284
    text = refusal(path, made_up({"crs": "EPSG:999999"}))
    assert "no reference system is called 'EPSG:999999'; correct reader.crs" in text


def test_a_system_that_is_not_of_the_earth_is_refused(tmp_path, made_up, towns):
    path = tmp_path / "x.gpkg"
    local = 'LOCAL_CS["mine grid",UNIT["metre",1]]'
    towns.set_crs(local, allow_override=True).to_file(path)
    text = refusal(path, made_up())
    assert "x.gpkg states 'mine grid' as such; name it in reader.crs" in text
    assert open_file(path, made_up({"crs": "EPSG:28412"})).crs.to_epsg() == 28412


def test_a_prj_that_is_none_is_refused(tmp_path, made_up, towns):
    towns.to_file(tmp_path / "x.shp")
    (tmp_path / "x.prj").write_text("not at all")
    assert "x.shp states no reference system" in refusal(tmp_path / "x.shp", made_up())


def shapes(towns, tmp_path, encoding: str, cpg: str | None) -> bytes:
    folder = tmp_path / "shapes"
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        towns.to_file(folder / "x.shp", encoding=encoding)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in folder.iterdir():
            if part.suffix != ".cpg":
                archive.write(part, part.name)
        if cpg is not None:
            archive.writestr("x.cpg", cpg)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "cpg", "is_logged"),
    [
        ("utf-8", "UTF-8", False),
        ("utf-8", None, False),
        ("cp1252", None, False),
        ("cp1252", "1252", False),
        ("cp1252", "ANSI 1252", False),
        ("cp1252", "UTF-8", True),
        ("utf-8", "klingon", True),
    ],
)
def test_texts_of_a_shapefile_whatever_it_says_of_them(
    tmp_path, write, made_up, towns, caplog, encoding, cpg, is_logged
):
    named = towns.assign(name=["Bastnäs", "6–5", "Curaçao"])
    path = write(shapes(named, tmp_path, encoding, cpg), "x.zip")
    frame = open_file(path, made_up({"member": "x.shp"}))
    assert frame["name"].tolist() == ["Bastnäs", "6–5", "Curaçao"]
    assert ("x.cpg says" in caplog.text) == is_logged


def test_cyrillic_texts_by_the_encodings_of_the_entry(tmp_path, write, made_up, towns):
    named = towns.assign(name=["Хребет", "Выдуманный", "C"])
    path = write(shapes(named, tmp_path, "cp1251", None), "x.zip")
    frame = open_file(path, made_up({"encodings": ["utf-8", "cp1251"]}))
    assert frame["name"].tolist() == ["Хребет", "Выдуманный", "C"]
    text = refusal(path, made_up({"encodings": ["utf-8", "ascii"]}))
    assert "x.zip/x.dbf is not encoded as utf-8 or ascii; fetch it again" in text


def test_warnings_of_gdal_go_to_the_log(tmp_path, made_up, towns, caplog):
    path = tmp_path / "x.gpkg"
    towns.to_file(path)
    content = bytearray(path.read_bytes())
    content[68:72] = b"GPXX"  # the application id of a GeoPackage
    path.write_bytes(content)
    assert open_file(path, made_up())["name"].tolist() == ["A", "B", "C"]
    assert "made_up: x.gpkg: " in caplog.text
    assert "GPKG" in caplog.text


def test_a_geometry_that_is_none_is_refused(tmp_path, made_up):
    path = tmp_path / "x.json"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon",'
        '"coordinates":[[[70,45],[71,45]]]},"properties":{"name":"A"}}]}'
    )
    assert "x.json: feature 1 has a broken geometry" in refusal(path, made_up())


def test_pages_in_two_reference_systems_become_one(tmp_path, made_up, towns):
    first = '{"spatialReference":{"wkid":%d},"geometryType":"esriGeometryPoint","fields":[{"name":'
    first += '"name","type":"esriFieldTypeString"}],"features":[{"attributes":{"name":"A"},'
    first += '"geometry":{"x":%s,"y":%s}}]}'
    pages = {
        "page-00001.json": (first % (4326, 70, 45)).encode(),
        "page-00002.json": (first % (3857, 7792364.36, 5621521.49)).encode(),
    }
    pack_pages(tmp_path / "p.zip", pages)
    frame = open_file(tmp_path / "p.zip", made_up())
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.x.round(4).tolist() == [70, 70]
    assert frame.geometry.y.round(4).tolist() == [45, 45]


def test_a_prj_in_the_encoding_of_the_region_is_read(tmp_path, made_up, towns):
    towns.to_file(tmp_path / "x.shp")
    text = (tmp_path / "x.prj").read_text().replace("GCS_WGS_1984", "Система 1984")
    (tmp_path / "x.prj").write_bytes(text.encode("cp1251"))
    assert open_file(tmp_path / "x.shp", made_up()).crs.is_geographic


def test_parts_of_two_exports_are_refused(tmp_path, made_up, towns):
    towns.to_file(tmp_path / "x.shp")
    (tmp_path / "other").mkdir()
    towns.iloc[:2].to_file(tmp_path / "other" / "x.shp")
    (tmp_path / "other" / "x.dbf").replace(tmp_path / "x.dbf")
    text = refusal(tmp_path / "x.shp", made_up())
    assert "x.shx lists 3 shapes, but " in text
    assert "x.dbf has 2 rows" in text


@pytest.mark.parametrize(("byte", "encoding"), [(0xC9, "cp1251"), (0x65, "cp866")])
def test_the_language_of_a_dbf_is_used_where_no_cpg_says_more(
    tmp_path, write, made_up, towns, byte, encoding
):
    named = towns.assign(name=["Мойынкум", "Хребет", "C"])
    content = shapes(named, tmp_path, encoding, None)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    parts["x.dbf"][29] = byte
    pack_pages(tmp_path / "x.zip", parts)
    frame = open_file(tmp_path / "x.zip", made_up({"member": "x.shp"}))
    assert frame["name"].tolist() == ["Мойынкум", "Хребет", "C"]


def test_one_damaged_name_does_not_spoil_the_others(tmp_path, made_up, towns):
    named = towns.assign(name=["Мойынкум", "Хребет", "Холм"])
    content = shapes(named, tmp_path, "utf-8", "UTF-8")
    (tmp_path / "x.zip").write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["x.dbf"] = parts["x.dbf"].replace("Холм".encode(), b"\xd5\xee\xeb\xec    ")
    pack_pages(tmp_path / "x.zip", parts)
    frame = open_file(tmp_path / "x.zip", made_up())
    assert frame["name"].tolist() == ["Мойынкум", "Хребет", "Холм"]
    assert list(frame.attrs["noted"]) == ["texts that are not utf-8, read as cp1251"]


def test_cyrillic_texts_of_which_nothing_is_stated_are_read_and_noted(tmp_path, made_up, towns):
    named = towns.assign(name=["Мойынкум", "Хребет", "Холм"])
    (tmp_path / "x.zip").write_bytes(shapes(named, tmp_path, "cp1251", None))
    frame = open_file(tmp_path / "x.zip", made_up())
    assert frame["name"].tolist() == ["Мойынкум", "Хребет", "Холм"]
    assert "cp1251" in next(iter(frame.attrs["noted"]))


def test_rows_that_a_dbf_marks_as_deleted_are_counted(tmp_path, made_up, towns):
    towns.to_file(tmp_path / "x.shp")
    table = bytearray((tmp_path / "x.dbf").read_bytes())
    table[int.from_bytes(table[8:10], "little")] = ord("*")
    (tmp_path / "x.dbf").write_bytes(table)
    frame = open_file(tmp_path / "x.shp", made_up())
    assert frame["name"].tolist() == ["B", "C"]
    assert frame.attrs["noted"] == {"rows that the .dbf marks as deleted, left out": 1}


@pytest.mark.parametrize(
    "names",
    [
        {".prj": "SITE.PRJ"},
        {".prj": "wgs84.prj"},
        {".prj": "x.qpj"},
        {".prj": "crs/any.prj"},
        {".shp": "X.SHP", ".dbf": "x.DBF", ".shx": "X.shx", ".prj": "x.Prj"},
    ],
)
def test_the_parts_of_a_shapefile_whatever_their_case_and_a_prj_of_any_name(
    tmp_path, made_up, towns, names
):
    folder = tmp_path / "as"
    folder.mkdir()
    towns.to_crs(32642).to_file(folder / "x.shp")
    parts = {
        names.get(p.suffix, p.name): p.read_bytes() for p in folder.iterdir() if p.suffix != ".cpg"
    }
    pack_pages(tmp_path / "x.zip", parts)
    assert open_file(tmp_path / "x.zip", made_up()).crs.to_epsg() == 32642
    beside = tmp_path / "beside"
    beside.mkdir()
    for name, content in parts.items():
        (beside / name.rpartition("/")[2]).write_bytes(content)
    shape = beside / names.get(".shp", "x.shp")
    assert open_file(shape, made_up()).crs.to_epsg() == 32642


def test_a_prj_of_another_shapefile_is_not_taken(tmp_path, made_up, towns):
    towns.to_crs(32642).to_file(tmp_path / "roads.shp")
    towns.to_file(tmp_path / "x.shp")
    (tmp_path / "x.prj").unlink()
    assert "x.prj is missing" in refusal(tmp_path / "x.shp", made_up())


@pytest.mark.parametrize("stated", [1, 9])
def test_all_rows_are_read_though_a_geopackage_miscounts_them(tmp_path, made_up, towns, stated):
    path = tmp_path / "x.gpkg"
    towns.to_file(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (stated,))
        database.commit()
    assert open_file(path, made_up())["name"].tolist() == ["A", "B", "C"]


def test_a_view_is_refused_since_it_may_never_end(tmp_path, made_up, towns):
    path = tmp_path / "x.gpkg"
    towns.to_file(path, layer="towns")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
            " SELECT x AS fid, geom, name FROM c, towns"
        )
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            rows = database.execute(f"SELECT * FROM {table}").fetchone()
            changed = ["endless" if value == "towns" else value for value in rows]
            database.execute(
                f"INSERT INTO {table} VALUES ({','.join('?' * len(changed))})", changed
            )
        database.commit()
    assert "'endless' is a view" in refusal(path, made_up({"layer": "endless"}))
    assert len(open_file(path, made_up({"layer": "towns"}))) == 3


def test_a_label_in_disguise_is_not_opened(tmp_path, made_up):
    """GDAL's PDS4 driver reads whatever file a label names."""
    path = tmp_path / "payload.gml"
    path.write_text(
        '<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1">made up'
        "</Product_Observational>"
    )
    assert "is XML of a kind that geo_ree does not read" in refusal(path, made_up())
    with pytest.raises(SchemaError, match="points to other files"):
        read_vector(path, made_up(), where="x.gml", hint="do not")
