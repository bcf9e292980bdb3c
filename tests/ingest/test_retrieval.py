from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from geo_ree.catalog import Source
from geo_ree.errors import FetchError, SchemaError, SettingsError
from geo_ree.ingest import fetch, read
from geo_ree.storage import latest_snapshot, sha256_of

MONDAY, TUESDAY = date(2026, 2, 2), date(2026, 2, 3)
IDS = ["usgs_ree", "usgs_major_deposits", "natural_earth_railroads"]


def address(source: Source) -> str:
    parts = urlsplit(source.url)
    return f"/{parts.netloc}{parts.path}"


def listing(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def ree(catalog: Mapping[str, Source], site, payload) -> Source:
    site.files[address(catalog["usgs_ree"])] = payload("usgs_ree")
    return catalog["usgs_ree"]


@pytest.mark.parametrize("source_id", IDS)
def test_each_source_arrives_with_its_provenance(catalog, site, settings, payload, source_id):
    source = catalog[source_id]
    site.files[address(source)] = payload(source_id)
    snapshot = fetch(source, settings, today=MONDAY)
    assert snapshot.folder == settings.raw_root / source_id / "2026-02-02"
    name = source.url.rpartition("/")[2]
    assert listing(snapshot.folder) == sorted([name, "provenance.json"])
    record = json.loads((snapshot.folder / "provenance.json").read_text(encoding="utf-8"))
    assert record["source_id"] == source_id
    assert record["url"] == source.url
    assert record["mirror"] == site.url
    assert record["licence"] == source.licence
    assert record["attribution"] == source.attribution
    assert record["sha256"] == sha256_of(snapshot.payload)
    assert record["bytes"] == snapshot.payload.stat().st_size
    assert record["etag"] == '"v1"'
    assert record["last_modified"] == "Sun, 01 Feb 2026 00:00:00 GMT"
    age = datetime.now(UTC) - datetime.fromisoformat(record["retrieved"])
    assert 0 <= age.total_seconds() < 60
    assert len(read(source, snapshot.payload)) in (2, 3)
    assert latest_snapshot(settings, source_id) == snapshot


def test_the_same_bytes_keep_the_old_snapshot(ree, settings):
    first = fetch(ree, settings, today=MONDAY)
    assert fetch(ree, settings, today=TUESDAY) == first
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


def test_other_bytes_make_a_new_snapshot_and_keep_the_old(ree, settings, site, payload):
    first = fetch(ree, settings, today=MONDAY)
    site.files[address(ree)] = payload("usgs_ree", {"readme.txt": b"second edition"})
    second = fetch(ree, settings, today=TUESDAY)
    assert second.folder.name == "2026-02-03"
    assert first.payload.is_file()
    assert latest_snapshot(settings, "usgs_ree") == second


def test_other_bytes_on_the_same_day_replace_the_snapshot(ree, settings, site, payload):
    fetch(ree, settings, today=MONDAY)
    site.files[address(ree)] = payload("usgs_ree", {"readme.txt": b"second edition"})
    second = fetch(ree, settings, today=MONDAY)
    assert latest_snapshot(settings, "usgs_ree") == second
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


@pytest.mark.parametrize(
    "changes",
    [{"ree/main.csv": None}, {"ree/main.csv": b"rec_id\n1\n"}, {"ree/mineral.csv": b""}],
)
def test_a_wrong_payload_leaves_the_old_snapshot(ree, settings, site, payload, changes):
    first = fetch(ree, settings, today=MONDAY)
    before = listing(settings.data_root)
    site.files[address(ree)] = payload("usgs_ree", changes)
    with pytest.raises(SchemaError, match=r"^usgs_ree: ree-csv\.zip"):
        fetch(ree, settings, today=TUESDAY)
    assert listing(settings.data_root) == before
    assert latest_snapshot(settings, "usgs_ree") == first


@pytest.mark.parametrize("fault", ["404", "403", "500", "html", "cut"])
def test_a_failed_fetch_leaves_nothing_at_all(ree, settings, site, fault):
    site.faults[address(ree)] = [fault] * 9
    with pytest.raises(FetchError, match=r"^usgs_ree: http://127\.0\.0\.1"):
        fetch(ree, settings)
    assert not (settings.raw_root / "usgs_ree").exists()


def test_a_failed_fetch_leaves_the_old_snapshot(ree, settings, site):
    first = fetch(ree, settings, today=MONDAY)
    site.faults[address(ree)] = ["html"] * 9
    with pytest.raises(FetchError):
        fetch(ree, settings, today=TUESDAY)
    assert latest_snapshot(settings, "usgs_ree") == first
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


def test_fetching_again_heals_a_damaged_snapshot(ree, settings):
    first = fetch(ree, settings, today=MONDAY)
    first.payload.write_bytes(b"rotten")
    with pytest.raises(SchemaError, match=r"fetch it again with geo-ree fetch usgs_ree"):
        latest_snapshot(settings, "usgs_ree")
    healed = fetch(ree, settings, today=MONDAY)
    assert latest_snapshot(settings, "usgs_ree") == healed
    assert healed.payload.stat().st_size > 100


def test_progress_is_told(ree, settings):
    told: list[int] = []
    snapshot = fetch(ree, settings, on_bytes=lambda now, of: told.append(now))
    assert told[-1] == snapshot.provenance.bytes


def test_without_a_date_the_snapshot_bears_todays(ree, settings):
    before = datetime.now(UTC).date()
    name = fetch(ree, settings).folder.name
    assert before.isoformat() <= name <= datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"protocol": "starter"}, "usgs_ree comes with the package; there is nothing to fetch"),
        (
            {"status": "manual", "why": "it is sold", "instead": "buy it"},
            "usgs_ree cannot be fetched by a program: it is sold; buy it, then geo-ree fetch "
            "usgs_ree --file PATH",
        ),
        (
            {"status": "none", "why": "it is secret", "instead": "ask"},
            "usgs_ree: nothing is published: it is secret; ask, then geo-ree fetch",
        ),
        ({"protocol": "local"}, "usgs_ree cannot be fetched by a program"),
        ({"status": "unverified", "url": ""}, "usgs_ree has no url"),
    ],
)
def test_what_is_not_to_be_fetched_is_refused_before_any_request(
    ree, settings, site, changes, said
):
    with pytest.raises(FetchError) as caught:
        fetch(ree.model_copy(update=changes), settings)
    assert said in str(caught.value)
    assert site.asked == []


def test_a_url_without_a_file_name_still_gets_one(ree, settings, site, payload):
    odd = ree.model_copy(update={"url": "https://example.org/get/"})
    site.files["/example.org/get/"] = payload("usgs_ree")
    assert fetch(odd, settings).payload.name == "get"
    root = ree.model_copy(update={"url": "https://example.org/"})
    site.files["/example.org/"] = payload("usgs_ree", {"x": b""})
    assert fetch(root, settings).payload.name == "usgs_ree.zip"


def test_a_data_root_that_is_a_file_is_told(ree, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"cannot be written: .*; choose another folder"):
        fetch(ree, replace(settings, data_root=tmp_path / "file"))


def test_a_mirror_that_is_no_address_is_told(ree, settings):
    with pytest.raises(SettingsError, match=r"is no web address"):
        fetch(ree, replace(settings, mirror="ftp://m"))
    assert not (settings.raw_root / "usgs_ree").exists()
