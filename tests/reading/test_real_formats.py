"""The real upstream files, from the stand-in for their hosts: all rows, right texts, in time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from geo_ree.fetching import fetch_snapshot, read
from geo_ree.reading.formats import open_file
from geo_ree.settings import Settings

pytestmark = pytest.mark.mirror

MIRROR = Path(__file__).parents[3] / "shared" / "mirror"
USGS = "https://mrdata.usgs.gov"
NATURAL_EARTH = "https://naciscdn.org/naturalearth"
PP1802 = (
    "https://www.sciencebase.gov/catalog/file/get/594d3c8ee4b062508e39b332"
    "?f=__disk__0a%2Fd5%2F3c%2F0ad53ca985bbc6ac61a3587176a0c37b57ac8053"
)


@pytest.fixture
def brought(mirror, made_up, tmp_path):
    settings = Settings(data_root=tmp_path, mirror=mirror())

    def bring(url: str, **reader: object):
        source = made_up(reader, url=url, columns={})
        return read(source, fetch_snapshot(source, settings).payload)

    return bring


@pytest.mark.parametrize(
    ("name", "rows", "children"),
    [
        ("ree", 799, ["mineral", "hostrock", "resource", "reference"]),
        ("carbonatite", 60, ["mineral", "reference"]),
        ("porcu", 690, ["mineral", "reference"]),
        ("sedcu", 785, ["mineral", "reference", "tracemin"]),
    ],
)
def test_usgs_tables_with_their_child_tables(brought, caplog, name, rows, children):
    tables = {child: f"{name}/{child}.csv" for child in children}
    frame = brought(
        f"{USGS}/{name}/{name}-csv.zip", member=f"{name}/main.csv", key="rec_id", tables=tables
    )
    assert len(frame) == rows
    for child in children:
        joined = [c for c in frame.columns if c.startswith(f"{child}.")]
        assert joined
        assert (frame[joined[-1]] != "").any()
    assert "belong to no record" not in caplog.text


@pytest.mark.parametrize(
    ("member", "rows"), [("pcu_deps_pros.csv", 2199), ("sedcu_deps_pros.csv", 1200)]
)
def test_both_tables_of_the_copper_assessment(brought, member, rows):
    frame = brought(f"{USGS}/sir20105090z/sir20105090z-csv.zip", member=member)
    assert len(frame) == rows
    assert frame.columns[0] == "objectid"  # no byte order mark is left before it


def test_shapefiles_of_sciencebase_in_a_zip_without_a_suffix(brought):
    frame = brought(PP1802, member="PP1802_CritMin_Shapefiles/PP1802_CritMin_pts.shp")
    assert isinstance(frame, gpd.GeoDataFrame)
    assert len(frame) == 2121
    texts = frame["DEPOSIT_NA"].tolist()
    assert "Santa Terezinha de Goiás" in texts
    assert not any("Ã" in str(t) for t in texts)


@pytest.mark.parametrize(
    ("path", "rows", "name", "words"),
    [
        ("10m/cultural/ne_10m_railroads", 2670, "featurecla", []),
        ("10m/cultural/ne_10m_airports", 891, "name", ["Rosario – Islas Malvinas Int'l"]),
        ("10m/cultural/ne_10m_populated_places_simple", 7322, "name", ["Bærum", "Tønsberg"]),
        ("10m/physical/ne_10m_lakes", 1343, "name", ["Vänern"]),
        ("10m/physical/ne_10m_rivers_lake_centerlines", 1404, "name", ["Ariège"]),
        ("50m/cultural/ne_50m_admin_0_countries", 241, "NAME", ["Åland", "Côte d'Ivoire"]),
    ],
)
def test_natural_earth_with_and_without_a_stated_encoding(brought, path, rows, name, words):
    frame = brought(f"{NATURAL_EARTH}/{path}.zip", member=f"{path.rpartition('/')[2]}.shp")
    assert len(frame) == rows
    assert frame.crs.to_epsg() == 4326
    assert set(words) <= set(frame[name])


def test_the_workbook_of_the_icmm(mirror, made_up):
    assert mirror
    path = MIRROR / "files" / "icmm-global-mining-dataset-2025-09.xlsx"
    source = made_up({"sheet": "External"}, columns={"name": "Mine Name"})
    frame = open_file(path, source)
    assert len(frame) == 8508
    assert frame.index[[0, -1]].tolist() == [2, 8509]
    assert (frame["Country"] == "Kazakhstan").sum() == 81
    assert (frame["Country"] == "Mongolia").sum() == 39
    assert frame.loc[2, "Latitude"] == "7.60535"


MEASURED = r"""
import json, re, sys, time
from pathlib import Path
from geo_ree.catalog import Source
from geo_ree.reading.formats import open_file
source = Source.model_validate(json.loads(sys.argv[2]))
frame = open_file(Path(sys.argv[1]), source)
# ru_maxrss would count what the process that started this one held
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024
print(json.dumps([len(frame), frame.shape[1], time.process_time(), peak]))
"""


def test_mrds_is_read_in_seconds_and_little_memory(mirror, made_up):
    """Measured from the start of the interpreter, in a process of its own."""
    assert mirror
    path = MIRROR / "mrdata.usgs.gov" / "mrds" / "mrds-csv.zip"
    source = made_up({"member": "mrds.csv"}, columns={"name": "site_name"})
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), source.model_dump_json(by_alias=True)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    rows, columns, seconds, megabytes = json.loads(done.stdout)
    assert (rows, columns) == (171_638, 46)
    assert seconds < 6  # of the processor, whatever else it has to do; about 2
    assert megabytes < 600  # about 330
