"""Every format is read back by another library than the one that wrote it."""

import csv
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import python_calamine
import shapely

from geo_ree import Options
from geo_ree.errors import SettingsError
from geo_ree.outputs.bundle import Bundle, cleaned
from geo_ree.outputs.export_formats import FORMATS
from geo_ree.outputs.layer_styles import expression, qml_style, sld_style
from geo_ree.outputs.symbols import rules_for
from geo_ree.pipeline.export import export
from geo_ree.pipeline.report import identify_run

IMAGE = "<img src=x onerror=alert(1)>"
FORMULA = "=cmd|' /C calc'!A0"
RIGHT_TO_LEFT = "\u202egnp.elbmuh\u200f"
LONG = "я" * 10_000
NUL = "a\x00b\x07c"
BOMBS = (IMAGE, FORMULA, RIGHT_TO_LEFT, LONG, NUL, "'\"]]></script>\u2028$x^2$")
RUN = {
    "run_id": "0123456789abcdef",
    "version": "0",
    "schema_version": "1.1",
    "created": "2026-01-02T03:04:05+00:00",
    "preset": "p",
    "seed": 1,
    "draws": 10,
    "disclaimer": "a screening of public data, not investment advice",
}


def clean(text):
    return text.replace("\x00", "").replace("\x07", "")


NAMES = [b.replace("\x00", "").replace("\x07", "") for b in BOMBS]
ATTRIBUTIONS = ("A & B <i>", "© OpenStreetMap")
PLAIN = ("flags", "control", "pairwise")
KML = {"k": "http://www.opengis.net/kml/2.2"}


@pytest.fixture(scope="module")
def bombs():
    """A bundle whose every text is hostile."""
    count = len(BOMBS)
    scored = gpd.GeoDataFrame(
        {
            "id": [f"x:{i}" for i in range(count)],
            "name": BOMBS,
            "role": "candidate",
            "score": [64.25, 40.0, None, 20.0, 10.0, 5.0],
            "rank_in_role": pd.array([1, 2, None, 3, 4, 5], "Int64"),
            "rank_p5": pd.array([1] * count, "Int64"),
            "rank_p95": pd.array([5] * count, "Int64"),
            "latitude": 43.0,
            "longitude": 76.0,
            "dist_road_km": [1.5, None, 3.0, 4.0, 5.0, 6.0],
            "near_road": BOMBS,
            "notes": None,
            "reference": BOMBS,
        },
        geometry=[shapely.Point(76 + i / 7, 43) for i in range(count)],
        crs=4326,
    )
    hole = shapely.Polygon(
        [(70, 45), (70, 46), (71, 46), (71, 45)], [[(70.4, 45.4), (70.6, 45.4), (70.6, 45.6)]]
    )
    unranked = gpd.GeoDataFrame(
        {
            "id": ["u:1", "u:2"],
            "name": [IMAGE, FORMULA],
            "role": "candidate",
            "area_kind": ["feasible", None],
            "area_evidence": ["40 km from X", None],
        },
        geometry=[hole, None],
        crs=4326,
    )
    roads = gpd.GeoDataFrame(
        {"id": ["r:1"], "name": [IMAGE], "kind": ["main"], "lateral_error_km": [40.0]},
        geometry=[shapely.LineString([(70, 45), (71, 46)])],
        crs=4326,
    )
    areas = gpd.GeoDataFrame({"deposit": ["u:1"], "kind": ["feasible"]}, geometry=[hole], crs=4326)
    sources = pd.DataFrame(
        {
            "id": ["s1", "s2"],
            "layer": ["deposits", "roads"],
            "attribution": ["A & B <i>", "© OpenStreetMap"],
            "licence": ["CC BY 4.0", "ODbL 1.0"],
            "title": [FORMULA, "Roads"],
        }
    )
    criteria = pd.DataFrame({"name": ["rail"], "weight": [0.3], "reason": [FORMULA]})
    resources = pd.DataFrame({"deposit_id": ["x:0"], "quantity_t": [42980.0], "source": [IMAGE]})
    flags = pd.DataFrame({"deposit_id": ["x:0"], "flag": ["park"], "severity": ["stop"]})
    flags = flags.assign(fact=FORMULA, date="2024", source=NUL)
    control = pd.DataFrame(
        {"deposit_id": ["x:0"], "holder": [FORMULA], "holder_status": ["found"], "source": [NUL]}
    )
    pairwise = pd.DataFrame({"a": ["x:0"], "b": ["x:1"], "p_a_above_b": [0.9375]})
    route = {"deposit_id": ["x:0"], "corridor": ["baltic"], "question": ["any"], "port": [IMAGE]}
    track = shapely.MultiLineString([[(76, 43), (30, 59)]])
    corridors = gpd.GeoDataFrame(
        {**route, "rail_km": [4200.0], "note": [FORMULA]},
        geometry=[track],
        crs=4326,
    ).assign(rail_line=gpd.GeoSeries([track], crs=4326))
    access = pd.DataFrame(
        {"deposit_id": ["x:0"], "component": ["road"], "capital_musd_p50": [7.5], "note": [IMAGE]}
    )
    values = pd.DataFrame(
        {"deposit": ["x:0"], "attribute": ["name"], "value": [FORMULA], "record": ["s1:1"]}
    ).assign(source=IMAGE, date="2002", retrieved="")
    return Bundle(
        scored=cleaned(scored),
        unranked=cleaned(unranked),
        areas=areas,
        flags=cleaned(flags),
        facts={"control": cleaned(control)},
        pairwise=cleaned(pairwise),
        corridors=cleaned(corridors),
        access=cleaned(access),
        resources=cleaned(resources),
        values=cleaned(values),
        infrastructure={"roads": cleaned(roads)},
        sources=sources,
        criteria=criteria,
        run=RUN,
    )


@pytest.fixture(scope="module")
def written(bombs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    export(bombs, folder, formats=FORMATS)
    return folder


def _names_everyone(text):
    return all(a in text for a in ATTRIBUTIONS) and RUN["run_id"] in text


def test_gdal_reads_every_layer_of_the_geopackage(written):
    path = written / "geo_ree.gpkg"
    listed = {n for n, _ in pyogrio.list_layers(path)}
    assert {
        "deposits",
        "unranked",
        "areas",
        "roads",
        "flags",
        "control",
        "pairwise",
        "corridors",
        "access",
        "resources",
        "values",
        "sources",
        "criteria",
        "read_me",
        "layer_styles",
    } == listed
    deposits = pyogrio.read_dataframe(path, layer="deposits")
    assert deposits["name"].tolist() == NAMES
    assert deposits["score"].isna().tolist() == [False, False, True, False, False, False]
    assert pd.api.types.is_integer_dtype(deposits["rank_p5"].dtype)
    assert deposits.crs.to_epsg() == 4326
    assert deposits.geometry.x.round(6).tolist() == [round(76 + i / 7, 6) for i in range(6)]
    blank = pyogrio.read_dataframe(path, layer="unranked").geometry
    assert blank.isna().tolist() == [False, True]


def test_the_geopackage_names_its_sources_and_its_run(written):
    path = written / "geo_ree.gpkg"
    roads = pyogrio.read_info(path, layer="roads")["layer_metadata"]
    assert roads["run_id"] == RUN["run_id"]
    assert "Open Database License" in roads["DESCRIPTION"]
    assert "© OpenStreetMap" in roads["DESCRIPTION"]
    # what was measured to roads stands in the table of deposits
    assert "ODbL" in pyogrio.read_info(path, layer="deposits")["layer_metadata"]["DESCRIPTION"]
    assert "ODbL" not in str(pyogrio.read_info(path, layer="areas")["layer_metadata"])
    lines = pyogrio.read_dataframe(path, layer="read_me")
    assert _names_everyone(" ".join(lines["text"]))


def notice_in(folder, name):
    """What each format says of its licences."""
    if name == "gpkg":
        layer = pyogrio.read_info(folder / "geo_ree.gpkg", layer="deposits")["layer_metadata"]
        return layer["DESCRIPTION"]
    if name == "parquet":
        return pq.read_schema(folder / "deposits.parquet").metadata[b"notice"].decode()
    if name == "kml":
        return (folder / "deposits.kml").read_text(encoding="utf-8")
    if name == "geojson":
        return json.loads((folder / "deposits.geojson").read_text(encoding="utf-8"))["licence"]
    if name == "csv":
        return (folder / "read_me.csv").read_text(encoding="utf-8")
    book = python_calamine.CalamineWorkbook.from_path(folder / "geo_ree.xlsx")
    return str(book.get_sheet_by_index(0).to_python())


@pytest.mark.parametrize("layer", ["countries", "water", "railways"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_format_carries_the_notices_of_the_sources_that_gave_rows(bombs, tmp_path, name, layer):
    def told(licence, rows):
        own = {"id": "s3", "layer": layer, "attribution": "Whose", "licence": licence, "rows": rows}
        sources = pd.concat(
            [bombs.sources.iloc[:1].assign(rows=1), pd.DataFrame([own])], ignore_index=True
        )
        folder = tmp_path / f"{licence} {rows}"
        export(replace(bombs, sources=sources), folder, formats=[name])
        return notice_in(folder, name)

    notice = "Open Database License (ODbL) 1.0"
    assert notice in told("ODbL 1.0", 3)
    assert notice not in told("ODbL 1.0", 0)
    assert notice not in told("public domain", 3)


def test_the_geopackage_holds_the_styles_that_qgis_opens_with(written):
    with closing(sqlite3.connect(written / "geo_ree.gpkg")) as base:
        rows = base.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML, styleSLD FROM layer_styles"
        ).fetchall()
        spatial = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {r[0] for r in rows} == {
        "deposits",
        "areas",
        "unranked",
        "roads",
        "corridors",
    }
    for layer, column, default, qml, sld in rows:
        assert spatial[layer] == column
        assert default == 1
        rules = ET.fromstring(qml).findall("renderer-v2/rules/rule")
        symbols = {s.get("name") for s in ET.fromstring(qml).findall("renderer-v2/symbols/symbol")}
        assert {r.get("symbol") for r in rules} == symbols
        assert len(ET.fromstring(sld).findall(".//{http://www.opengis.net/se}Rule")) == len(rules)


def test_every_deposit_of_a_run_falls_under_one_rule(real):
    with closing(sqlite3.connect(":memory:")) as base:
        real.table[["role", "score"]].to_sql("deposits", base)
        rules = rules_for("deposits")
        assert [r.otherwise for r in rules] == [False] * (len(rules) - 1) + [True]
        filters = [expression(r.tests) for r in rules[:-1]]
        counts = [
            base.execute(f"SELECT count(*) FROM deposits WHERE {f}").fetchone()[0] for f in filters
        ]
    assert sum(counts) == len(real.table)
    assert counts[0] == ((real.table["role"] == "candidate") & (real.table["score"] >= 60)).sum()


def test_a_layer_of_lines_and_points_becomes_two(bombs, tmp_path):
    shapes = [
        shapely.LineString([(70, 45), (71, 46)]),
        shapely.Point(70, 45),
        shapely.MultiLineString([[(70, 45), (71, 45)], [(72, 45), (73, 45)]]),
    ]
    mixed = gpd.GeoDataFrame({"id": ["l:1", "p:1", "l:2"]}, geometry=shapes, crs=4326)
    export(replace(bombs, infrastructure={"power_lines": mixed}), tmp_path, formats=["gpkg"])
    path = tmp_path / "geo_ree.gpkg"
    types = {n: pyogrio.read_info(path, layer=n) for n in ("power_lines", "power_lines_points")}
    assert [(t["geometry_type"], t["features"]) for t in types.values()] == [
        ("MultiLineString", 2),
        ("Point", 1),
    ]
    with closing(sqlite3.connect(path)) as base:
        styled = {r[0] for r in base.execute("SELECT f_table_name FROM layer_styles")}
    assert {"power_lines", "power_lines_points"} <= styled


def test_lines_of_unknown_course_are_dashed_and_none_is_left_out():
    unsure, rest = rules_for("roads")
    assert (unsure.tests, unsure.symbol.dashed) == ((("lateral_error_km", ">=", 25.0),), True)
    assert (rest.otherwise, rest.symbol.dashed) == (True, False)
    assert ET.fromstring(qml_style((unsure, rest)))[0][0][1].get("filter") == "ELSE"
    assert "<se:ElseFilter />" in sld_style("roads", (unsure, rest))


def test_geoparquet_is_of_version_1_1_and_names_its_sources(written):
    path = written / "deposits.parquet"
    metadata = pq.read_schema(path).metadata
    geo = json.loads(metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    about = json.loads(metadata[b"geo_ree"])
    assert about["run_id"] == RUN["run_id"]
    assert [s["id"] for s in about["sources"]] == ["s1", "s2"]
    assert _names_everyone(metadata[b"geo_ree"].decode())
    back = gpd.read_parquet(path)
    assert back["name"].tolist() == NAMES
    assert back.crs.to_epsg() == 4326
    roads = written / "infrastructure" / "roads.parquet"
    assert b"Open Database License" in pq.read_schema(roads).metadata[b"notice"]
    assert len(gpd.read_parquet(roads, bbox=(70, 45, 70.5, 45.5))) == 1
    assert len(gpd.read_parquet(roads, bbox=(10, 45, 11, 45.5))) == 0


def test_flags_and_pairs_are_tables_of_every_format_for_tables(written):
    book = python_calamine.CalamineWorkbook.from_path(written / "geo_ree.xlsx")

    def read(name):
        sheet = book.get_sheet_by_name(name.capitalize()).to_python()
        yield pd.DataFrame(sheet[1:], columns=sheet[0])
        yield pyogrio.read_dataframe(written / "geo_ree.gpkg", layer=name)
        yield pd.read_parquet(written / f"{name}.parquet")
        yield pd.read_csv(written / f"{name}.csv")

    for flags in read("flags"):
        assert flags["fact"].str.lstrip("'").tolist() == [FORMULA]
        assert flags["source"].tolist() == [clean(NUL)]
    for pairwise in read("pairwise"):
        assert pairwise[["a", "b", "p_a_above_b"]].to_numpy().tolist() == [["x:0", "x:1", 0.9375]]
    for values in read("values"):
        assert values["value"].str.lstrip("'").tolist() == [FORMULA]
        assert values[["deposit", "source"]].to_numpy().tolist() == [["x:0", IMAGE]]
    notice = {n: pq.read_schema(written / f"{n}.parquet").metadata[b"notice"] for n in PLAIN}
    assert b"ODbL" in notice["pairwise"] and b"ODbL" in notice["flags"]
    meant = pd.read_csv(written / "columns.csv").groupby("table")["column"].agg(set)
    assert {"fact", "severity"} <= meant["flags"] and "p_a_above_b" in meant["pairwise"]


def test_routes_and_access_are_tables_of_every_format_for_tables(written):
    book = python_calamine.CalamineWorkbook.from_path(written / "geo_ree.xlsx")

    def read(name):
        sheet = book.get_sheet_by_name(name.capitalize()).to_python()
        yield pd.DataFrame(sheet[1:], columns=sheet[0])
        yield pyogrio.read_dataframe(written / "geo_ree.gpkg", layer=name)
        yield gpd.read_parquet(path) if name == "corridors" else pd.read_parquet(path)
        yield pd.read_csv(written / f"{name}.csv")

    path = written / "corridors.parquet"
    for corridors in read("corridors"):
        assert corridors["note"].str.lstrip("'").tolist() == [FORMULA]
        assert corridors[["deposit_id", "rail_km"]].to_numpy().tolist() == [["x:0", 4200.0]]
    routes = pyogrio.read_dataframe(written / "geo_ree.gpkg", layer="corridors")
    assert routes.geometry.iloc[0].equals(gpd.read_parquet(path)["rail_line"].iloc[0])
    path = written / "access.parquet"
    for access in read("access"):
        assert access[["component", "capital_musd_p50"]].to_numpy().tolist() == [["road", 7.5]]
    meant = pd.read_csv(written / "columns.csv").groupby("table")["unit"].agg(set)
    assert "km" in meant["corridors"] and "M USD" in meant["access"]


def test_an_export_has_the_flags_and_pairs_of_its_run(real, tmp_path):
    export(real, tmp_path, formats=["parquet"])
    for name in PLAIN:
        table = pd.read_parquet(tmp_path / f"{name}.parquet")
        assert len(table) == len(real.tables[name]) > 0
        assert table.columns.tolist() == real.tables[name].columns.tolist()


def test_geojson_keeps_to_rfc_7946(written):
    text = (written / "deposits.geojson").read_text(encoding="utf-8")
    found = json.loads(text)
    assert "crs" not in found
    assert found["bbox"] == [76.0, 43.0, 76.7142857, 43.0]
    assert [f["geometry"]["coordinates"][0] for f in found["features"]] == [
        round(76 + i / 7, 7) for i in range(6)
    ]
    assert _names_everyone(text)
    assert pyogrio.read_dataframe(written / "deposits.geojson")["name"].tolist() == NAMES
    blank = json.loads((written / "unranked.geojson").read_text(encoding="utf-8"))["features"]
    assert blank[1]["geometry"] is None
    outer, inner = blank[0]["geometry"]["coordinates"]
    assert shapely.is_ccw(shapely.LinearRing(outer))
    assert not shapely.is_ccw(shapely.LinearRing(inner))


def test_kml_is_read_by_gdal_and_runs_nothing(written):
    path = written / "deposits.kml"
    root = ET.parse(path).getroot()
    assert root.tag == f"{{{KML['k']}}}kml"
    marks = root.findall(".//k:Placemark", KML)
    assert [m.findtext("k:name", namespaces=KML) for m in marks] == [*NAMES, IMAGE, FORMULA]
    told = [d.text for d in root.iter(f"{{{KML['k']}}}description")]
    assert not any("<img" in t or "<script" in t for t in told)
    assert "&lt;img src=x onerror=alert(1)&gt;" in told[1]
    assert "64.2 of 100, rank 1 (90 % of the draws: 1 to 5)" in told[1]
    assert "unknown" in told[2]
    assert "© OpenStreetMap" in told[0]
    assert RUN["run_id"] in told[0]
    styles = {s.get("id") for s in root.findall(".//k:Style", KML)}
    balloons = root.findall(".//k:Style/k:BalloonStyle", KML)  # the name is no HTML there
    assert {b.findtext("k:text", namespaces=KML) for b in balloons} == {"$[description]"}
    assert len(balloons) == len(styles)
    assert {m.findtext("k:styleUrl", namespaces=KML)[1:] for m in marks} <= styles
    colour = root.findtext(".//k:Style[@id='score4']/k:IconStyle/k:color", namespaces=KML)
    assert colour == "ff7c2f1d"
    layers = [n for n, _ in pyogrio.list_layers(path)]
    read = pyogrio.read_dataframe(path, layer=layers[0])
    assert read["Name"].tolist()[0] == IMAGE
    assert read.geometry.x.round(6).tolist()[1] == round(76 + 1 / 7, 6)
    area = pyogrio.read_dataframe(path, layer=layers[1]).geometry.iloc[0]
    assert len(area.interiors) == 1


def test_the_kmz_brings_its_sign_along(written):
    import io
    import zipfile

    from PIL import Image

    with zipfile.ZipFile(written / "deposits.kmz") as archive:
        assert archive.testzip() is None
        root = ET.fromstring(archive.read("doc.kml"))
        used = {h.text for h in root.findall(".//k:IconStyle/k:Icon/k:href", KML)}
        assert used == {"disc.png"}
        with Image.open(io.BytesIO(archive.read("disc.png"))) as disc:
            assert (disc.mode, disc.size) == ("RGBA", (48, 48))
            assert disc.getpixel((24, 24)) == (255, 255, 255, 255)
            assert disc.getpixel((0, 0))[3] == 0
    plain = ET.parse(written / "deposits.kml").getroot()
    assert plain.findall(".//k:Icon", KML) == []
    assert len(plain.findall(".//k:Placemark", KML)) == len(root.findall(".//k:Placemark", KML))


def test_the_id_of_a_run_is_that_of_its_inputs_and_options(real):
    assert real.report["run_id"] == identify_run(real.report["inputs"], Options(draws=200))


def test_csv_runs_nothing_and_says_what_it_is(written):
    with (written / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["name"] for r in rows] == ["'" + n if n == FORMULA else n for n in NAMES]
    assert rows[2]["score"] == ""
    assert {r["run_id"] for r in rows} == {RUN["run_id"]}
    assert _names_everyone(rows[0]["attribution"] + rows[0]["run_id"])
    sources = pd.read_csv(written / "sources.csv")
    assert sources["title"].tolist() == ["'" + FORMULA, "Roads"]


def test_the_workbook_has_numbers_as_numbers_and_texts_as_texts(written):
    book = python_calamine.CalamineWorkbook.from_path(written / "geo_ree.xlsx")
    tables = ["Scores", "Unranked", "Corridors", "Flags", "Control", "Pairwise", "Access"]
    tables += ["Resources", "Values", "Sources", "Criteria"]
    assert book.sheet_names == ["Read me", *tables, "Columns"]
    meaning = book.get_sheet_by_name("Columns").to_python()
    assert ["scores", "score", "points", 4.0] in [row[:4] for row in meaning]
    assert all(row[4] for row in meaning), "every column is explained"
    head, *rows = book.get_sheet_by_name("Scores").to_python()
    assert [r[head.index("name")] for r in rows] == NAMES
    assert [r[head.index("score")] for r in rows] == [64.25, 40.0, "", 20.0, 10.0, 5.0]
    about = book.get_sheet_by_name("Read me").to_python()
    assert _names_everyone(" ".join(str(c) for r in about for c in r))
    head, first, _ = book.get_sheet_by_name("Sources").to_python()
    assert first[head.index("title")] == FORMULA


def test_no_cell_of_the_workbook_is_a_formula(written):
    import zipfile

    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(written / "geo_ree.xlsx") as book:
        sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        roots = {n: ET.fromstring(book.read(n)) for n in sheets}
        styles = ET.fromstring(book.read("xl/styles.xml"))
        texts = [
            "".join(t.text or "" for t in item.iter(f"{{{space['m']}}}t"))
            for item in ET.fromstring(book.read("xl/sharedStrings.xml")).findall("m:si", space)
        ]
        assert not any("hyperlink" in book.read(n).decode() for n in sheets)
    assert len(sheets) == 13
    assert not any(r.findall(".//m:f", space) for r in roots.values())
    formats = styles.findall("m:cellXfs/m:xf", space)
    quoted = [i for i, f in enumerate(formats) if f.get("quotePrefix") == "1"]
    scores = roots["xl/worksheets/sheet2.xml"]
    cells = [c for c in scores.iter(f"{{{space['m']}}}c") if c.get("t") == "s"]
    armed = [c for c in cells if texts[int(c.findtext("m:v", namespaces=space))] == FORMULA]
    assert len(armed) == 3
    assert all(int(c.get("s")) in quoted for c in armed)
    pane = scores.find(".//m:pane", space)
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")


def test_a_field_of_ten_thousand_letters_is_whole_everywhere(written):
    place = NAMES.index(LONG)
    book = python_calamine.CalamineWorkbook.from_path(written / "geo_ree.xlsx")
    row = book.get_sheet_by_name("Scores").to_python()[place + 1]
    assert len(row[1]) == 10_000
    marks = ET.parse(written / "deposits.kml").getroot().findall(".//k:Placemark", KML)
    assert len(marks[place].findtext("k:name", namespaces=KML)) == 10_000
    deposits = pyogrio.read_dataframe(written / "geo_ree.gpkg", layer="deposits")
    assert len(deposits["name"][place]) == 10_000


def test_an_unknown_format_is_named_with_those_there_are(bombs, tmp_path):
    with pytest.raises(SettingsError, match="no format is called shp; use some of gpkg, parquet"):
        export(bombs, tmp_path, formats=["csv", "shp"])
    assert list(tmp_path.iterdir()) == []


def test_a_failing_format_leaves_the_folder_as_it_was(bombs, tmp_path, monkeypatch):
    from geo_ree.pipeline import export as formats

    def broken(bundle, folder):
        raise RuntimeError("disk")

    (tmp_path / "deposits.kml").write_text("older", encoding="utf-8")
    monkeypatch.setattr(formats, "FORMATS", {**FORMATS, "csv": broken})
    with pytest.raises(RuntimeError, match="disk"):
        export(bombs, tmp_path, formats=["kml", "csv"])
    assert [p.name for p in tmp_path.iterdir()] == ["deposits.kml"]
    assert (tmp_path / "deposits.kml").read_text(encoding="utf-8") == "older"


def test_a_run_is_handed_on_with_all_that_it_has(real, tmp_path):
    export(real, tmp_path, formats=["gpkg", "kml"])
    path = tmp_path / "geo_ree.gpkg"
    counts = {n: pyogrio.read_info(path, layer=n)["features"] for n, _ in pyogrio.list_layers(path)}
    layers = real.layers.frames
    assert counts["deposits"] == len(real.table)
    assert counts["unranked"] == len(real.unranked)
    assert counts["resources"] == len(real.statements)
    assert counts["sources"] == len(real.report["inputs"])
    for name in (
        "railways",
        "roads",
        "power_plants",
        "gateways",
        "settlements",
        "countries",
    ):
        assert counts[name] == len(layers[name])
    # QGIS draws no layer that mixes lines and areas
    assert counts["water"] + counts["water_areas"] == len(layers["water"])
    text = (tmp_path / "deposits.kml").read_text(encoding="utf-8")
    assert real.report["run_id"] in text
    for source in real.report["inputs"]:
        assert source["attribution"].split("(")[0].strip() in text
