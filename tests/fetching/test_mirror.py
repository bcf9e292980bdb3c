"""The real payloads, from the stand-in for the upstream hosts beside the project."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from geo_ree.fetching import Client, fetch_snapshot, read
from geo_ree.settings import Settings

ROWS = {"usgs_ree": 799, "usgs_major_deposits": 3168, "natural_earth_railroads": 2670}
MIRROR = Path(__file__).parents[3] / "shared" / "mirror"

pytestmark = pytest.mark.mirror


@pytest.mark.parametrize("options", [(), ("--faults",)], ids=["calm", "faults"])
def test_the_real_payloads_arrive_and_open(mirror, catalog, tmp_path, options):
    settings = Settings(data_root=tmp_path, mirror=mirror(*options), read_timeout_s=2)
    frames = {}
    for source_id, rows in ROWS.items():
        snapshot = fetch_snapshot(catalog[source_id], settings)
        frames[source_id] = read(catalog[source_id], snapshot.payload)
        assert len(frames[source_id]) == rows
        assert (
            fetch_snapshot(catalog[source_id], settings) == snapshot
        )  # unchanged, says the mirror
    ree = frames["usgs_ree"].set_index("depname")
    assert ree.loc["Kutessai-II", "lat_dms"] == "42-40N"
    assert ree.loc["Lugin Gol", "mineral.name"].startswith("bastnäsite;synchysite;parisite")
    assert (ree["latitude"] != "").sum() == 577
    major = frames["usgs_major_deposits"].set_index("gid")
    assert major.loc["1445", "commodity.value"] == "REE"
    rails = frames["natural_earth_railroads"]
    assert set(rails.geometry.geom_type) <= {"LineString", "MultiLineString"}


@pytest.mark.parametrize(
    ("patience_s", "most"),
    [(2.0, None), (Settings().read_timeout_s, 4)],  # with patience each of the four faults once
    ids=["hasty", "patient"],
)
def test_every_file_of_the_mirror_arrives_through_faults(mirror, tmp_path, patience_s, most):
    settings = Settings(mirror=mirror("--faults"), read_timeout_s=patience_s)
    files = [
        path
        for host in MIRROR.iterdir()
        if host.is_dir() and "." in host.name
        for path in host.rglob("*")
        if path.is_file()
    ]
    assert len(files) > 10

    def arrives(path: Path) -> bool:
        name = path.relative_to(MIRROR).as_posix()
        with Client(settings, source_id="mirror") as client:
            came = client.download(f"https://{name}", tmp_path / name.replace("/", "_"))
        return came.sha256 == sha256(path.read_bytes()).hexdigest()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(arrives, files[:most]))


def test_every_deposit_type_of_the_real_payload_has_been_judged(mirror, catalog, tmp_path):
    source = catalog["usgs_ree"]
    settings = Settings(data_root=tmp_path, mirror=mirror())
    frame = read(source, fetch_snapshot(source, settings).payload)
    for column in ("role", "commodity_tier", "commodity_group"):
        assert set(frame[source.columns[column]]) <= set(source.values[column])
