"""Every format, from disk and inside a zip archive, under a name that tells nothing."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.errors import SchemaError
from geo_ree.reading.formats import open_file

NAMES = ["Made-up Ridge", "Выдуманный"]
FILES = ("csv", "gpkg", "gdb", "geojson", "esri", "kml", "gml", "parquet", "xlsx", "shp")
ESRI = """{"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4326},
 "fields": [{"name": "name", "type": "esriFieldTypeString"},
            {"name": "code", "type": "esriFieldTypeString"},
            {"name": "n", "type": "esriFieldTypeInteger"}],
 "features": [
  {"attributes": {"name": "Made-up Ridge", "code": "0012", "n": 7}, "geometry": {"x": 70, "y": 45}},
  {"attributes": {"name": "Выдуманный", "code": "3", "n": null}, "geometry": {"x": 71, "y": 46}}]}"""


@pytest.fixture
def towns() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": NAMES, "code": ["0012", "3"], "n": pd.array([7, None], dtype="Int64")},
        geometry=shapely.points([70, 71], [45, 46]),
        crs=4326,
    )


@pytest.fixture
def make(tmp_path, towns, workbook):
    """Write the two towns in a format; gives the file, or the folder with all its files."""

    def write(kind: str) -> Path:
        home = tmp_path / kind
        home.mkdir()
        path = home / f"towns.{kind}"
        texts = pd.DataFrame(towns.drop(columns="geometry"))
        if kind == "csv":
            texts.to_csv(path, index=False)
        elif kind == "xlsx":
            cells = [["name", "code", "n"], [NAMES[0], "0012", 7], [NAMES[1], "3", None]]
            path.write_bytes(workbook({"Towns": cells}))
        elif kind == "parquet":
            towns.to_parquet(path)
        elif kind == "esri":
            path.write_text(ESRI, encoding="utf-8")
        else:
            driver = {
                "gpkg": "GPKG",
                "gdb": "OpenFileGDB",
                "geojson": "GeoJSON",
                "kml": "LIBKML",
                "gml": "GML",
                "shp": "ESRI Shapefile",
            }[kind]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what the format cannot hold
                pyogrio.write_dataframe(towns, path, driver=driver, layer="towns")
        return path

    return write


@pytest.fixture
def pack(tmp_path):
    def write(path: Path, folder: str = "in/") -> Path:
        target = tmp_path / "download"
        with zipfile.ZipFile(target, "w") as archive:
            files = path.parent.rglob("*") if path.suffix in (".gdb", ".shp") else [path]
            for file in files:
                if file.is_file():
                    archive.write(file, folder + file.relative_to(path.parent).as_posix())
        return target

    return write


def pack_pages(target: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.fixture
def entry(made_up):
    def of(kind: str, **reader):
        return made_up(reader, columns={"name": "Name" if kind == "kml" else "name"})

    return of


def check(frame: pd.DataFrame, kind: str) -> None:
    assert frame["Name" if kind == "kml" else "name"].tolist() == NAMES
    assert frame["code"].tolist() == ["0012", "3"]
    assert frame.index.name == "row"
    assert frame.index.tolist() == ([2, 3] if kind in ("csv", "xlsx") else [1, 2])
    assert isinstance(frame, gpd.GeoDataFrame) == (kind not in ("csv", "xlsx"))
    if isinstance(frame, gpd.GeoDataFrame):
        assert frame.crs.to_epsg() == 4326
        assert frame.geometry.x.tolist() == [70, 71]


def refusal(path, source) -> str:
    with pytest.raises(SchemaError) as caught:
        open_file(path, source)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"made_up: {path.name}")
    assert "/geo_ree-" not in text  # our own folders are nobody's business
    assert caught.value.hint
    return text


@pytest.mark.parametrize("kind", FILES)
def test_each_format_from_disk(make, entry, kind):
    path = make(kind)
    before = sorted(path.parent.rglob("*"))
    check(open_file(path, entry(kind)), kind)
    assert sorted(path.parent.rglob("*")) == before  # nothing is written beside it


@pytest.mark.parametrize("kind", sorted(set(FILES) - {"gdb", "shp"}))
def test_the_name_of_a_file_does_not_matter(make, entry, tmp_path, kind):
    path = shutil.copyfile(make(kind), tmp_path / "download.dat")
    check(open_file(path, entry(kind)), kind)


@pytest.mark.parametrize("kind", sorted(set(FILES) - {"esri"}))
def test_each_format_as_the_only_table_of_an_archive(make, entry, pack, kind):
    check(open_file(pack(make(kind)), entry(kind)), kind)


@pytest.mark.parametrize("kind", FILES)
def test_each_format_as_the_named_member_of_an_archive(make, entry, pack, kind):
    path = make(kind)
    archive = pack(path)
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("other.csv", "name\nX\n")
        more.writestr("other.shp", "x")
    check(open_file(archive, entry(kind, member=f"in/towns.{kind}")), kind)


def test_a_geodatabase_at_the_root_of_an_archive(make, entry, pack, tmp_path):
    path = make("gdb")
    with zipfile.ZipFile(tmp_path / "x.gdb.zip", "w") as archive:
        for file in path.iterdir():
            archive.write(file, file.name)
    check(open_file(tmp_path / "x.gdb.zip", entry("gdb")), "gdb")
    check(open_file(tmp_path / "x.gdb.zip", entry("gdb", layer="TOWNS")), "gdb")


def test_a_geodatabase_without_a_part_is_refused(make, entry, tmp_path):
    path = make("gdb")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for file in path.iterdir():
            if file.name != "a00000001.gdbtablx":
                archive.write(file, f"towns.gdb/{file.name}")
    text = refusal(tmp_path / "x.zip", entry("gdb"))
    assert "x.zip/towns.gdb lacks a00000001.gdbtablx, the index of a00000001.gdbtable" in text


def test_a_table_without_geometry_and_its_child_table(make, entry, pack):
    path = make("gdb")
    records = pd.DataFrame({"name": ["A", "B"], "ref": ["1", "2"]})
    papers = pd.DataFrame({"ref": ["1", "1"], "title": ["Nobody, 1999", "Noone, 2000"]})
    pyogrio.write_dataframe(records, path, driver="OpenFileGDB", layer="records", append=False)
    pyogrio.write_dataframe(papers, path, driver="OpenFileGDB", layer="papers", append=False)
    source = entry("gdb", layer="records", key="ref", tables={"papers": "papers"})
    frame = open_file(pack(path), source)
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert frame["papers.title"].tolist() == ["Nobody, 1999;Noone, 2000", ""]
    text = refusal(pack(path), entry("gdb"))
    assert "download/in/towns.gdb has several layers: towns, records, papers" in text
    assert "reader.layer" in text


def test_a_kmz_is_read_by_its_main_document(make, entry, tmp_path):
    path = make("kml")
    with zipfile.ZipFile(tmp_path / "towns.kmz", "w") as archive:
        archive.write(path, "doc.kml")
        archive.writestr("files/more.kml", "<kml/>")
    check(open_file(tmp_path / "towns.kmz", entry("kml")), "kml")


def test_a_kmz_of_linked_documents_is_read_whole(made_up, tmp_path):
    place = "<Placemark><name>{0}</name><Point><coordinates>70,45</coordinates></Point></Placemark>"
    link = "<NetworkLink><Link><href>layers/a.kml</href></Link></NetworkLink>"
    frame = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{0}</Document></kml>'
    for main, names in (("", ["B"]), (place.format("A"), ["A", "B"])):
        members = {
            "doc.kml": frame.format(main + link).encode(),
            "layers/a.kml": frame.format(place.format("B")).encode(),
            "layers/not-linked.kml": frame.format(place.format("C")).encode(),
        }
        pack_pages(tmp_path / "x.kmz", members)
        source = made_up(columns={"name": "Name"})
        assert open_file(tmp_path / "x.kmz", source)["Name"].tolist() == names


def test_the_folders_of_a_kml_are_one_table(made_up, tmp_path):
    place = "<Placemark><name>{0}</name><Point><coordinates>70,45</coordinates></Point></Placemark>"
    folders = "".join(
        f"<Folder><name>{n}</name>{place.format(n)}</Folder>" for n in ("North", "South")
    )
    path = tmp_path / "towns.kml"
    path.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'
    )
    source = made_up(columns={"name": "Name"})
    frame = open_file(path, source)
    assert frame["Name"].tolist() == ["North", "South"]
    assert frame.index.tolist() == [1, 2]
    south = made_up({"layer": "South"}, columns={"name": "Name"})
    assert open_file(path, south)["Name"].tolist() == ["South"]


@pytest.mark.parametrize(("kind", "number"), [("geojson", "7"), ("esri", "7"), ("gpkg", 7)])
def test_integers_stay_integers_where_one_is_missing(make, entry, kind, number):
    values = open_file(make(kind), entry(kind))["n"].tolist()
    assert values == [number, None]
    assert type(values[0]) is type(number)


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "esri"])
def test_long_ids_keep_their_last_digit_where_one_is_missing(made_up, tmp_path, kind):
    ids = [9007199254740993, None, 9007199254740995]
    path = tmp_path / "x"
    if kind == "gpkg":
        frame = gpd.GeoDataFrame(
            {"name": list("ABC"), "id": pd.array(ids, dtype="Int64")},
            geometry=shapely.points([70, 71, 72], [45, 46, 47]),
            crs=4326,
        )
        frame.to_file(tmp_path / "x.gpkg")
        path = tmp_path / "x.gpkg"
    else:
        values, key = [{"name": n, "id": i} for n, i in zip("ABC", ids, strict=True)], "attributes"
        key = "attributes" if kind == "esri" else "properties"
        path.write_text(json.dumps({"features": [{key: v} for v in values]}))
    found = open_file(path, made_up())["id"].tolist()
    assert [None if pd.isna(i) else str(i) for i in found] == [i and str(i) for i in ids]


def test_values_of_geojson_are_kept_as_printed(made_up, tmp_path):
    path = tmp_path / "x"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":'
        '{"name":"A","day":"2017/01/02","list":["x",1],"more":{"k":"ж"}}},{"type":"Feature",'
        '"geometry":{"type":"Point","coordinates":[70,45]},"properties":{"name":"B"}}]}',
        encoding="utf-8",
    )
    first = open_file(path, made_up()).loc[1]
    assert first["day"] == "2017/01/02"
    assert first["list"] == '["x", 1]'
    assert first["more"] == '{"k": "ж"}'
    assert first.geometry is None


@pytest.mark.parametrize("kind", ["esri", "gml", "geojson"])
def test_the_pages_of_a_service_are_one_table(make, entry, tmp_path, kind):
    page = make(kind).read_bytes()
    suffix = "xml" if kind == "gml" else "json"
    members = {f"page-0000{i}.{suffix}": page for i in (1, 2)}
    pack_pages(tmp_path / "pages.zip", {"layer.json": b'{"id": 1}', **members})
    frame = open_file(tmp_path / "pages.zip", entry(kind))
    assert frame["name"].tolist() == NAMES * 2
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert frame.crs.to_epsg() == 4326


def test_an_empty_page_is_no_error_but_only_empty_ones_are(make, entry, tmp_path):
    page, empty = make("geojson").read_bytes(), b'{"type":"FeatureCollection","features":[]}'
    path = tmp_path / "pages.zip"
    pack_pages(path, {"page-00001.json": page, "page-00002.json": empty})
    assert len(open_file(path, entry("geojson"))) == 2
    pack_pages(path, {"page-00001.json": empty, "page-00002.json": empty})
    assert "pages.zip has no rows" in refusal(path, entry("geojson"))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (b"<html>sign in</html>", "page-00002.json is a web page, not the file"),
        (b"name\nA\n", "page-00002.json is no page of a service (text)"),
        (b'{"features": [', "page-00002.json: the JSON is damaged or cut short"),
        (
            b'{"error": {"code": 498, "message": "Invalid token"}}',
            "page-00002.json: the service says: error 498, Invalid token",
        ),
        (
            b'{"remark": "runtime error: out of memory"}',
            "page-00002.json: the service says: runtime error",
        ),
        (b"", "page-00002.json is empty"),
    ],
)
def test_a_page_that_is_none_is_refused_by_its_name(make, entry, tmp_path, page, said):
    path = tmp_path / "pages.zip"
    good = make("geojson").read_bytes()
    pack_pages(path, {"page-00001.json": good, "page-00002.json": page})
    assert said in refusal(path, entry("geojson"))


def test_saved_answers_under_other_names_are_read(make, entry, tmp_path):
    path = tmp_path / "saved.zip"
    page = make("geojson").read_bytes()
    pack_pages(path, {"north.geojson": page, "south.geojson": page})
    assert len(open_file(path, entry("geojson"))) == 4


def test_an_archive_of_several_tables_wants_a_name(tmp_path, made_up):
    path = tmp_path / "x.zip"
    pack_pages(path, {"a.csv": b"name\nA\n", "b.csv": b"name\nB\n"})
    text = refusal(path, made_up())
    assert "x.zip has several tables: a.csv, b.csv; name one in reader.member" in text


def test_the_only_table_stands_in_for_one_that_was_renamed(tmp_path, made_up, caplog):
    path = tmp_path / "x.zip"
    pack_pages(path, {"towns 2026.csv": b"name\nA\n", "read me.txt": b"hello"})
    source = made_up({"member": "towns.csv", "key": "name", "tables": {"more": "more.csv"}})
    assert open_file(path, source)["name"].tolist() == ["A"]
    assert "has no member 'towns.csv'; its only table 'towns 2026.csv' is read" in caplog.text
    assert "was provided without the table more: its columns are blank" in caplog.text


def test_the_main_table_alone_is_worth_having(tmp_path, caplog):
    main = Path(__file__).parents[1] / "data" / "usgs_ree" / "main.csv"
    path = shutil.copyfile(main, tmp_path / "provided main.csv")
    frame = open_file(path, load_catalog()["usgs_ree"])
    assert len(frame) == 3
    assert set(frame["mineral.name"]) == {""}
    assert (
        "provided main.csv was provided without the table mineral: its columns are blank"
        in caplog.text
    )


def test_child_tables_beside_the_main_one_are_joined(caplog):
    main = Path(__file__).parents[1] / "data" / "usgs_ree" / "main.csv"
    frame = open_file(main, load_catalog()["usgs_ree"])
    assert frame.loc[2, "mineral.name"] == "bastnäsite;fluorite"
    assert caplog.text == ""


@pytest.mark.parametrize("kind", sorted(set(FILES) - {"csv", "shp", "gdb"}))
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_each_format_cut_short_is_refused(make, entry, tmp_path, kind, part):
    content = make(kind).read_bytes()
    path = tmp_path / "download"
    path.write_bytes(content[: int(len(content) * part)])
    text = refusal(path, entry(kind))
    assert "damaged" in text or "no whole zip archive" in text
    assert "geo-ree fetch made_up" in text


def test_a_shapefile_on_disk_wants_its_other_parts(make, entry):
    path = make("shp")
    path.with_suffix(".dbf").unlink()
    with pytest.raises(SchemaError) as caught:
        open_file(path, entry("shp"))
    text = str(caught.value)
    assert "made_up: towns.dbf is missing beside the other parts of the shapefile" in text
    assert "into one zip archive" in text


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_only_layers_have_conditions(make, entry, kind):
    text = refusal(make(kind), entry(kind, where="n > 1"))
    assert f"towns.{kind} is a table, and reader.where is only for layers" in text


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("csv", {"sheet": "Towns"}),
        ("csv", {"layer": "towns"}),
        ("xlsx", {"encodings": ("cp1251",)}),
        ("parquet", {"header_row": 3}),
        ("gpkg", {"sheet": "Towns"}),
        ("geojson", {"encodings": ("cp1251",)}),
    ],
)
def test_a_setting_of_another_format_is_refused(make, entry, kind, setting):
    text = refusal(make(kind), entry(kind, **setting))
    (name,) = setting
    assert f"which has no use for reader.{name}" in text


def test_nulls_of_a_column_that_is_not_there_are_refused(make, entry):
    source, path = entry("csv"), make("csv")
    for nulls in ({"naem": ("-",)}, {"name": ("-",), "*": ("none",), "naem": ("-",)}):
        text = refusal(path, source.model_copy(update={"nulls": nulls}))
        assert "has no column 'naem', as nulls.naem says; did you mean name" in text


def test_a_folder_that_is_no_geodatabase_is_refused(tmp_path, made_up):
    assert "is a folder, not a file" in refusal(tmp_path, made_up())


def test_a_text_table_may_have_a_title_above_its_header(tmp_path, made_up):
    path = tmp_path / "x.csv"
    path.write_text("Towns of a test\n\nname;n\nA;1\n")
    assert open_file(path, made_up({"header_row": 3}))["n"].to_dict() == {4: "1"}


def test_xml_of_another_kind_is_refused_by_its_root(tmp_path, made_up):
    path = tmp_path / "x.xml"
    path.write_text("<?xml version='1.0'?><gpx:tracks xmlns:gpx='urn:x'/>")
    assert "is XML of a kind that geo_ree does not read (<tracks>)" in refusal(path, made_up())
    path.write_text(
        "<o:ExceptionReport xmlns:o='urn:o'><o:Exception><o:ExceptionText>No such layer"
        "\n</o:ExceptionText></o:Exception></o:ExceptionReport>"
    )
    assert "is an error of the service: No such layer" in refusal(path, made_up())


def test_json_of_another_kind_is_refused(tmp_path, made_up):
    path = tmp_path / "x.json"
    path.write_text('{"name": "A"}')
    assert "neither GeoJSON nor Esri JSON: it has no features (it has: name)" in refusal(
        path, made_up()
    )


@pytest.mark.parametrize("kind", ["geojson", "gml", "kml"])
def test_an_answer_without_features_is_refused(tmp_path, made_up, kind):
    content = {
        "geojson": '{"type": "FeatureCollection", "features": []}',
        "gml": '<f:FeatureCollection xmlns:f="http://www.opengis.net/wfs" '
        'xmlns:gml="http://www.opengis.net/gml"/>',
        "kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>',
    }[kind]
    path = tmp_path / f"x.{kind}"
    path.write_text(content)
    assert f"x.{kind} has no rows" in refusal(path, made_up())


def test_columns_are_wanted_from_every_rule_that_names_them(tmp_path, made_up):
    path = tmp_path / "x.csv"
    path.write_text("name,commod1\nA,Cerium\n")
    rule = {"main": ["commod1"], "minor": ["commod2"], "trace": ["commod3"]}
    text = refusal(path, made_up(layer="deposits", commodities=rule))
    assert "lacks the columns 'commod2' (closest: 'commod1'), 'commod3'" in text
    bare = made_up(columns={})
    assert open_file(path, bare)["name"].tolist() == ["A"]


def test_a_file_that_cannot_be_opened_is_refused(tmp_path, made_up, monkeypatch):
    assert "gone.csv is missing" in refusal(tmp_path / "gone.csv", made_up())
    path = tmp_path / "locked.csv"
    path.write_text("name\nA\n")

    def denied(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "locked.csv cannot be read (Permission denied)" in refusal(path, made_up())


KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>%s</Document></kml>'
PLACE = "<Placemark><name>%s</name><Point><coordinates>76,42</coordinates></Point></Placemark>"
LINK = "<NetworkLink><Link><href>%s</href></Link></NetworkLink>"


def test_links_within_a_kmz_are_followed_from_document_to_document(made_up, tmp_path):
    pages = {
        "Doc.kml": (KML % (PLACE % "A" + LINK % "layers/my%20site.kml")).encode(),
        "layers/my site.kml": (KML % (PLACE % "B" + LINK % "c.kml")).encode(),
        "layers/C.kml": (KML % (PLACE % "C")).encode(),
    }
    pack_pages(tmp_path / "x.kmz", pages)
    frame = open_file(tmp_path / "x.kmz", made_up(columns={"name": "Name"}))
    assert frame["Name"].tolist() == ["A", "B", "C"]
    assert frame.attrs["noted"] == {}


def test_links_that_are_not_followed_and_documents_left_out_are_counted(made_up, tmp_path):
    pages = {
        "doc.kml": (KML % (PLACE % "A" + LINK % "https://x.example/y.kml")).encode(),
        "other.kml": (KML % (PLACE % "B")).encode(),
    }
    pack_pages(tmp_path / "x.kmz", pages)
    frame = open_file(tmp_path / "x.kmz", made_up(columns={"name": "Name"}))
    assert frame["Name"].tolist() == ["A"]
    assert frame.attrs["noted"] == {
        "links to documents elsewhere, which are not followed": 1,
        "documents of the archive to which none links, left out": 1,
    }


def test_a_kml_of_links_alone_says_so(made_up, tmp_path):
    path = tmp_path / "x.kml"
    path.write_text(KML % (LINK % "https://x.example/y.kml"))
    assert "x.kml holds no places but 1 links to documents elsewhere" in refusal(
        path, made_up(columns={"name": "Name"})
    )


def test_documents_of_an_archive_without_a_main_one_are_one_table(made_up, tmp_path):
    pages = {f"{name}.kml": (KML % (PLACE % name)).encode() for name in "AB"}
    pack_pages(tmp_path / "x.zip", pages)
    assert open_file(tmp_path / "x.zip", made_up(columns={"name": "Name"}))["Name"].tolist() == [
        "A",
        "B",
    ]


def test_places_in_folders_of_folders_and_documents_are_all_read(made_up, tmp_path):
    path = tmp_path / "x.kml"
    inner = (
        f"<Folder><name>f</name>{PLACE % 'B'}<Folder><name>g</name>{PLACE % 'C'}</Folder></Folder>"
    )
    path.write_text(KML % (PLACE % "A" + inner + f"<Document>{PLACE % 'D'}</Document>"))
    assert sorted(open_file(path, made_up(columns={"name": "Name"}))["Name"]) == [
        "A",
        "B",
        "C",
        "D",
    ]
