"""Codes of a GeoPackage or a file geodatabase are read as the words that the file has for them."""

import sqlite3

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.reading import vectors
from geo_ree.reading.coded_values import geodatabase_words, geopackage_words, with_words
from geo_ree.reading.formats import open_file

DOMAIN = """<GPCodedValueDomain2 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<DomainName>states</DomainName><FieldType>esriFieldTypeInteger</FieldType><CodedValues>
<CodedValue><Name>Valid</Name><Code>1</Code></CodedValue>
<CodedValue><Name>Expired &amp; gone</Name><Code>2</Code></CodedValue>
</CodedValues></GPCodedValueDomain2>"""
LAYER = """<t:DEFeatureClassInfo xmlns:t="http://www.esri.com/schemas/ArcGIS/10.1"><GPFieldInfoExs>
<GPFieldInfoEx><Name>STATE</Name><DomainName>states</DomainName></GPFieldInfoEx>
<GPFieldInfoEx><Name>NAME</Name></GPFieldInfoEx>
<GPFieldInfoEx><Name>DEPTH</Name><DomainName>depths</DomainName></GPFieldInfoEx>
</GPFieldInfoExs></t:DEFeatureClassInfo>"""
ITEMS = pd.DataFrame({"Name": ["", "states", "lic"], "Definition": [None, DOMAIN, LAYER]})


def licences():
    frame = gpd.GeoDataFrame(
        {"STATE": [1, 2, 9], "NAME": ["a", "b", "c"]},
        geometry=[shapely.Point(70 + n, 45) for n in range(3)],
        crs=4326,
    )
    return frame.astype({"STATE": "int32"})


@pytest.fixture
def source():
    entry = load_catalog()["natural_earth_populated_places"]
    return entry.model_copy(
        update={
            "id": "own",
            "protocol": "local",
            "columns": {},
            "constants": {},
            "values": {},
            "nulls": {},
            "reader": type(entry.reader)(),
        }
    )


@pytest.fixture
def package(tmp_path):
    """A GeoPackage whose STATE has a domain of codes."""
    path = tmp_path / "own.gpkg"
    pyogrio.write_dataframe(licences(), path, layer="lic")
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE gpkg_data_columns (table_name, column_name, constraint_name)")
        base.execute(
            "CREATE TABLE gpkg_data_column_constraints "
            "(constraint_name, constraint_type, value, description)"
        )
        base.execute("INSERT INTO gpkg_data_columns VALUES ('lic', 'STATE', 'states')")
        base.executemany(
            "INSERT INTO gpkg_data_column_constraints VALUES ('states', 'enum', ?, ?)",
            [("1", "Valid"), ("2", "Expired")],
        )
    base.close()
    return path


def test_a_geopackage_says_what_its_codes_mean(package, source):
    assert open_file(package, source)["STATE"].tolist() == ["Valid", "Expired", "9"]


def test_constraints_that_are_a_view_are_not_run(package):
    with sqlite3.connect(package) as base:
        base.execute("ALTER TABLE gpkg_data_columns RENAME TO real_columns")
        base.execute("CREATE VIEW gpkg_data_columns AS SELECT * FROM real_columns")
    base.close()
    assert geopackage_words(package, "lic") == {}


def test_a_geodatabase_says_what_its_codes_mean(tmp_path, source, monkeypatch):
    path = tmp_path / "own.gdb"
    pyogrio.write_dataframe(licences(), path, layer="lic", driver="OpenFileGDB")
    plain = open_file(path, source)
    assert plain["STATE"].astype(int).tolist() == [1, 2, 9]
    whole = pyogrio.read_dataframe

    def read(where, **options):
        return ITEMS if options.get("layer") == "GDB_Items" else whole(where, **options)

    monkeypatch.setattr(vectors.pyogrio, "read_dataframe", read)
    coded = open_file(path, source)
    assert coded["STATE"].tolist() == ["Valid", "Expired & gone", "9"]
    assert coded["NAME"].tolist() == ["a", "b", "c"]


def test_definitions_that_are_damaged_or_declare_entities_are_left():
    odd = pd.DataFrame(
        {
            "Name": ["states", "lic", "x"],
            "Definition": [f'<!DOCTYPE a [<!ENTITY b "c">]>{DOMAIN}', LAYER, "<cut"],
        }
    )
    assert geodatabase_words(odd, "lic") == {}


def test_codes_without_a_word_and_blanks_stay():
    frame = pd.DataFrame({"STATE": [1.0, None, 3.0], "other": ["1", "2", "3"]})
    got = with_words(frame, {"state": {"1": "Valid"}})
    assert got["STATE"].tolist() == ["Valid", None, "3"]
    assert got["other"].tolist() == ["1", "2", "3"]
