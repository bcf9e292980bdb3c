from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import pytest

from geo_ree.catalog import Source
from geo_ree.errors import SchemaError
from geo_ree.fetching import read
from geo_ree.reading import archives as unpack

Pack = Callable[..., bytes]
Write = Callable[[bytes], Path]


@pytest.fixture
def ree(catalog: Mapping[str, Source]) -> Source:
    return catalog["usgs_ree"]


@pytest.fixture
def railroads(catalog: Mapping[str, Source]) -> Source:
    return catalog["natural_earth_railroads"]


def pack(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def refusal(source: Source, path: Path) -> str:
    with pytest.raises(SchemaError) as caught:
        read(source, path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{source.id}: ")
    assert caught.value.hint
    return text


def test_rows_count_as_in_a_spreadsheet_and_texts_stay_as_printed(ree, payload, write):
    frame = read(ree, write(payload("usgs_ree")))
    assert frame.index.name == "row"
    assert frame.index.tolist() == [2, 3, 4]
    assert frame["rec_id"].tolist() == ["9001", "9002", "9003"]
    assert frame.loc[2, "comments"] == 'Dikes, "not drilled".'
    assert frame.loc[3, "latitude"] == ""
    assert frame.loc[4, "status"] == "NA"
    assert frame.loc[4, "latitude"] == "-22.166666666667"


def test_child_tables_are_joined_as_distinct_values_in_file_order(ree, payload, write):
    frame = read(ree, write(payload("usgs_ree")))
    assert frame.loc[2, "mineral.name"] == "bastnäsite;fluorite"
    assert frame.loc[2, "mineral.role"] == "ree;ore;gangue"
    assert frame.loc[2, "hostrock.hostrock"] == "syenite;granite"
    assert frame.loc[3, "mineral.name"] == ""
    assert frame.loc[3, "resource.resource"] == "1 Mt @ 2% REO (made up)"
    assert frame.loc[2, "reference.reflink"] == "Nobody, 1999;Noone, 2000"


def test_the_second_source_reads_the_same_way(catalog, payload, write):
    frame = read(catalog["usgs_major_deposits"], write(payload("usgs_major_deposits")))
    assert frame["commodity.value"].tolist() == ["REE", "Au;Ag", "Zr;REE"]


def test_a_child_row_without_a_record_is_reported(ree, payload, write, caplog):
    orphan = {"ree/hostrock.csv": b"rec_id,hostrock\n9001,tuff\n1,basalt\n"}
    frame = read(ree, write(payload("usgs_ree", orphan)))
    assert frame.loc[2, "hostrock.hostrock"] == "tuff"
    assert "usgs_ree: payload.zip/ree/hostrock.csv: 1 rows belong to no record" in caplog.text


def test_byte_order_mark_and_windows_encoding(ree, payload, write):
    main = "rec_id" + ",deptype,depname,country,lat_dms,lon_dms,status,comments,latitude,longitude"
    main += ",stprov,company\n1,carb,Bastnäs – Süd,,,,,,,,,\n"
    for content in (b"\xef\xbb\xbf" + main.encode(), main.encode("cp1252")):
        frame = read(ree, write(payload("usgs_ree", {"ree/main.csv": content})))
        assert frame["depname"].tolist() == ["Bastnäs – Süd"]
        assert frame.columns[0] == "rec_id"


def test_an_encoding_that_is_neither(ree, payload, write):
    reader = ree.reader.model_copy(update={"encodings": ("utf-8-sig", "cp1252")})
    stated = ree.model_copy(update={"reader": reader})
    content = payload("usgs_ree", {"ree/main.csv": b"rec_id\n\x81\x8d\xff\n"})
    text = refusal(stated, write(content))
    assert "payload.zip/ree/main.csv is not encoded as utf-8-sig or cp1252" in text


def test_a_renamed_column_is_reported_with_the_closest(ree, payload, write):
    main = (Path(__file__).parents[1] / "data/usgs_ree/main.csv").read_bytes()
    changed = main.replace(b"latitude", b"Latitude_dd", 1).replace(b"depname", b"dep_name", 1)
    text = refusal(ree, write(payload("usgs_ree", {"ree/main.csv": changed})))
    assert "lacks the columns 'depname' (closest: 'dep_name'), 'latitude' (closest:" in text
    assert "it has: rec_id, deptype, dep_name" in text
    assert "correct columns in the catalogue entry" in text


def test_a_missing_precision_column_is_reported(ree, payload, write):
    main = (Path(__file__).parents[1] / "data/usgs_ree/main.csv").read_bytes()
    text = refusal(
        ree, write(payload("usgs_ree", {"ree/main.csv": main.replace(b"lon_dms", b"x", 1)}))
    )
    assert "'lon_dms'" in text


def test_a_missing_key_column_is_reported(ree, payload, write):
    text = refusal(ree, write(payload("usgs_ree", {"ree/mineral.csv": b"id,name\n1,x\n"})))
    assert "payload.zip/ree/mineral.csv lacks the key column 'rec_id' (it has: id, name)" in text


@pytest.mark.parametrize("member", ["ree/main.csv", "ree/mineral.csv"])
def test_a_missing_member_is_reported_with_those_there_are(ree, payload, write, member):
    text = refusal(ree, write(payload("usgs_ree", {member: None})))
    assert f"payload.zip has no member {member!r}; it has: " in text
    assert "ree/hostrock.csv" in text
    assert "geo-ree fetch usgs_ree" in text


def test_the_case_of_a_member_is_forgiven(ree, payload, write):
    main = (Path(__file__).parents[1] / "data/usgs_ree/main.csv").read_bytes()
    changed = payload("usgs_ree", {"ree/main.csv": None, "REE/Main.CSV": main})
    assert len(read(ree, write(changed))) == 3


def test_an_empty_table_is_reported(ree, payload, write):
    main = (Path(__file__).parents[1] / "data/usgs_ree/main.csv").read_bytes()
    text = refusal(ree, write(payload("usgs_ree", {"ree/main.csv": main.splitlines()[0]})))
    assert "payload.zip/ree/main.csv has no rows" in text


@pytest.mark.parametrize("keep", [1, 30, 200, -30])
def test_a_truncated_archive_is_reported(ree, payload, write, keep):
    text = refusal(ree, write(payload("usgs_ree")[:keep]))
    assert "payload.zip is no whole zip archive" in text
    assert "fetch it again with geo-ree fetch usgs_ree" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "payload.zip is empty"),
        (b" \n", "payload.zip is empty"),
        (b"<html>sign in</html>", "payload.zip is a web page, not the file"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML><html>", "payload.zip is a web page, not the file"),
        (b'<?xml version="1.0"?><html><p/></html>', "payload.zip is a web page, not the file"),
        (b"%PDF-1.7", "payload.zip is a PDF document"),
        (b"\x1f\x8b\x08" + bytes(20), "payload.zip is compressed with gzip: unpack it first"),
        (b"Rar!\x1a\x07", "payload.zip is a RAR archive"),
        (bytes(range(256)), "payload.zip is in no format that geo_ree reads"),
        (b"not a zip archive", "payload.zip is no whole zip archive"),
    ],
)
def test_what_is_no_archive_is_reported_for_what_it_is(ree, write, content, said):
    assert said in refusal(ree, write(content))


def test_a_missing_file_is_reported(ree, tmp_path):
    assert "gone.zip is missing" in refusal(ree, tmp_path / "gone.zip")


def test_a_flipped_byte_is_reported(ree, payload, write):
    content = bytearray(payload("usgs_ree"))
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        info = whole.getinfo("ree/main.csv")
    content[info.header_offset + 30 + len(info.filename) + 20] ^= 0xFF
    assert "ree/main.csv is damaged or cut short" in refusal(ree, write(bytes(content)))


def test_a_link_is_refused(ree, payload, tmp_path):
    path = tmp_path / "payload.zip"
    path.write_bytes(payload("usgs_ree", {"ree/main.csv": None}))
    link = zipfile.ZipInfo("ree/main.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(link, "/etc/passwd")
    assert "ree/main.csv is a link, not a file" in refusal(ree, path)


def test_an_encrypted_member_is_refused(ree, payload, write):
    content = bytearray(payload("usgs_ree"))
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        start = whole.start_dir
        first = whole.infolist()[0].filename
    content[start + 8] |= 1  # the flag of the first entry of the directory
    source = ree.model_copy(update={"reader": ree.reader.model_copy(update={"member": first})})
    assert f"{first} is encrypted" in refusal(source, write(bytes(content)))


def test_a_bomb_is_refused_by_its_ratio(ree, payload, write):
    bomb = payload("usgs_ree", {"ree/main.csv": b"0" * 20_000_000})
    text = refusal(ree, write(bomb))
    assert "ree/main.csv expands to 20000000 bytes" in text
    assert "do not use it" in text


def test_a_bomb_is_refused_by_its_size(ree, payload, write, monkeypatch):
    monkeypatch.setattr(unpack.Limits, "current", lambda: unpack.Limits(expanded_bytes=100))
    assert "expands to" in refusal(ree, write(payload("usgs_ree")))


def test_a_shapefile_becomes_a_geodataframe_counted_from_one(railroads, payload, write):
    frame = read(railroads, write(payload("natural_earth_railroads")))
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs.to_epsg() == 4326
    assert frame.index.name == "row"
    assert frame.index.tolist() == [1, 2]
    assert frame.geometry.geom_type.tolist() == ["LineString", "MultiLineString"]
    assert frame["rwdb_rr_id"].tolist() == [0, 7]


@pytest.mark.parametrize("suffix", ["shp", "shx", "dbf", "prj"])
def test_a_shapefile_without_one_of_its_parts_is_reported(railroads, payload, write, suffix):
    part = f"ne_10m_railroads.{suffix}"
    text = refusal(railroads, write(payload("natural_earth_railroads", {part: None})))
    assert f"has no member {part!r}" in text


@pytest.mark.parametrize("suffix", ["shp", "dbf", "prj"])
def test_a_damaged_shapefile_is_reported(railroads, payload, write, suffix):
    junk = {f"ne_10m_railroads.{suffix}": b"not at all"}
    text = refusal(railroads, write(payload("natural_earth_railroads", junk)))
    assert "payload.zip/ne_10m_railroads." in text
    assert "geo-ree fetch natural_earth_railroads" in text


@pytest.mark.parametrize("suffix", ["shp", "shx", "dbf"])
def test_a_shapefile_cut_short_is_reported(railroads, payload, write, tmp_path, suffix):
    content = payload("natural_earth_railroads")
    whole = (tmp_path / "shape" / f"ne_10m_railroads.{suffix}").read_bytes()
    cut = {f"ne_10m_railroads.{suffix}": whole[:-20]}
    assert content
    text = refusal(railroads, write(payload("natural_earth_railroads", cut)))
    assert f"payload.zip/ne_10m_railroads.{suffix} is cut short" in text


def test_nothing_is_written_where_the_archive_wants_it(railroads, payload, write, tmp_path):
    evil = {"../../evil.shp": b"x", "/abs/ne_10m_railroads.dbf": b"x"}
    before = {p for p in tmp_path.parent.rglob("*") if "evil" in p.name}
    frame = read(railroads, write(payload("natural_earth_railroads", evil)))
    assert len(frame) == 2
    assert {p for p in tmp_path.parent.rglob("*") if "evil" in p.name} == before


def test_an_archive_of_something_else_is_reported(ree, write):
    text = refusal(ree, write(pack({"notes.txt": b"hello", "a.png": b"x"})))
    assert "has no member 'ree/main.csv'; it has: notes.txt, a.png" in text


def test_a_member_of_another_folder_or_case_is_found(ree, payload, write):
    names = {f"ree/{n}.csv" for n in ("main", "mineral", "hostrock", "resource", "reference")}
    members = {n: zipfile.ZipFile(io.BytesIO(payload("usgs_ree"))).read(n) for n in names}
    moved = {n.replace("ree/", "REE-2026/").upper(): content for n, content in members.items()}
    assert len(read(ree, write(pack(moved)))) == 3


def test_a_child_table_that_the_archive_lacks_is_an_error(ree, payload, write):
    text = refusal(ree, write(payload("usgs_ree", {"ree/resource.csv": None})))
    assert "has no member 'ree/resource.csv'" in text


def test_each_table_of_a_payload_is_read_by_itself(made_up, write):
    source = made_up(
        table=[
            {"name": "near", "reader": {"member": "near.csv"}},
            {
                "name": "far",
                "layer": "gateways",
                "reader": {"member": "x/far.csv"},
                "columns": {"name": "gate"},
            },
        ]
    )
    path = write(pack({"near.csv": b"name\nA\nB\n", "x/far.csv": b"gate,name\nC,D\n"}))
    near, far = source.parts()
    assert read(near, path)["name"].tolist() == ["A", "B"]
    assert read(far, path)["gate"].tolist() == ["C"]


def test_a_protocol_without_a_reader_is_reported(ree, tmp_path):
    odd = ree.model_copy(update={"protocol": "telepathy"})
    with pytest.raises(SchemaError, match=r"no reader for the protocol 'telepathy'"):
        read(odd, tmp_path)
