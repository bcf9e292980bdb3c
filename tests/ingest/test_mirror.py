"""The three real payloads, from the stand-in for the upstream hosts beside the project."""

from __future__ import annotations

import pytest

from geo_ree.ingest import download, fetch, read
from geo_ree.settings import Settings

ROWS = {"usgs_ree": 799, "usgs_major_deposits": 3168, "natural_earth_railroads": 2670}

pytestmark = pytest.mark.mirror


@pytest.mark.parametrize("options", [(), ("--faults",)], ids=["calm", "faults"])
def test_the_real_payloads_arrive_and_open(mirror, catalog, tmp_path, options):
    settings = Settings(data_root=tmp_path, mirror=mirror(*options), read_timeout_s=2)
    frames = {}
    for source_id, rows in ROWS.items():
        snapshot = fetch(catalog[source_id], settings)
        frames[source_id] = read(catalog[source_id], snapshot.payload)
        assert len(frames[source_id]) == rows
    ree = frames["usgs_ree"].set_index("depname")
    assert ree.loc["Kutessai-II", "lat_dms"] == "42-40N"
    assert ree.loc["Lugin Gol", "mineral.name"].startswith("bastnäsite;synchysite;parisite")
    assert (ree["latitude"] != "").sum() == 577
    major = frames["usgs_major_deposits"].set_index("gid")
    assert major.loc["1445", "commodity.value"] == "REE"
    rails = frames["natural_earth_railroads"]
    assert set(rails.geometry.geom_type) <= {"LineString", "MultiLineString"}
    if options:  # the fourth fault in turn is a stall of ten seconds
        stalled = "https://mrdata.usgs.gov/carbonatite/carbonatite-csv.zip"
        assert download(stalled, settings, tmp_path / "stalled.zip").bytes > 1000


def test_every_deposit_type_of_the_real_payload_has_been_judged(mirror, catalog, tmp_path):
    source = catalog["usgs_ree"]
    settings = Settings(data_root=tmp_path, mirror=mirror())
    frame = read(source, fetch(source, settings).payload)
    for column in ("role", "commodity_tier", "commodity_group"):
        assert set(frame[source.columns[column]]) <= set(source.values[column])
