from __future__ import annotations

import json
import shutil
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from geo_ree.catalog import Source
from geo_ree.errors import FetchError, SchemaError, SettingsError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.storage import data_lock, latest_snapshot, sha256_of

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
    snapshot = fetch_snapshot(source, settings, today=MONDAY)
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
    assert record["etag"] == site.etag(address(source))
    assert record["last_modified"] == "Sun, 01 Feb 2026 00:00:00 GMT"
    age = datetime.now(UTC) - datetime.fromisoformat(record["retrieved"])
    assert 0 <= age.total_seconds() < 60
    assert len(read(source, snapshot.payload)) in (2, 3)
    assert latest_snapshot(settings, source_id) == snapshot


def test_the_same_bytes_keep_the_old_snapshot(ree, settings):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    assert fetch_snapshot(ree, settings, today=TUESDAY) == first
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


def test_other_bytes_make_a_new_snapshot_and_keep_the_old(ree, settings, site, payload):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    site.files[address(ree)] = payload("usgs_ree", {"readme.txt": b"second edition"})
    second = fetch_snapshot(ree, settings, today=TUESDAY)
    assert second.folder.name == "2026-02-03"
    assert first.payload.is_file()
    assert latest_snapshot(settings, "usgs_ree") == second


def test_other_bytes_on_the_same_day_replace_the_snapshot(ree, settings, site, payload):
    fetch_snapshot(ree, settings, today=MONDAY)
    site.files[address(ree)] = payload("usgs_ree", {"readme.txt": b"second edition"})
    second = fetch_snapshot(ree, settings, today=MONDAY)
    assert latest_snapshot(settings, "usgs_ree") == second
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02.2"]


# what the server may call unchanged


def test_an_unchanged_source_is_not_sent_again(ree, settings, site):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    site.faults[address(ree)] = ["", "html"] * 9  # a second sending would be spoilt
    assert fetch_snapshot(ree, settings, today=TUESDAY) == first
    assert site.headers[1]["If-None-Match"] == site.etag(address(ree))
    assert len(site.asked) == 2
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


def test_a_damaged_snapshot_is_never_called_unchanged(ree, settings, site):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    first.payload.write_bytes(b"rotten")
    fetch_snapshot(ree, settings, today=TUESDAY)
    assert "If-None-Match" not in site.headers[1]


@pytest.mark.parametrize("change", ["pin", "address", "mirror", "provided", "query"])
def test_another_file_is_never_called_unchanged(ree, settings, site, tmp_path, change):
    body = site.files[address(ree)]
    if change == "provided":
        (tmp_path / "ree.zip").write_bytes(body)
        first = fetch_snapshot(ree, settings, provided=tmp_path / "ree.zip", today=MONDAY)
    else:
        first = fetch_snapshot(ree, settings, today=MONDAY)
    if change == "pin":
        ree = ree.model_copy(update={"sha256": "ab" * 32})
    elif change == "address":
        ree = ree.model_copy(update={"url": "https://example.org/new.zip"})
        site.files["/example.org/new.zip"] = body
    elif change == "query":
        reader = ree.reader.model_copy(update={"query": {"edition": "2"}})
        ree = ree.model_copy(update={"reader": reader})
        site.files[f"{address(ree)}?edition=2"] = body
    elif change == "mirror":
        site.files[f"/m{address(ree)}"] = body
        settings = replace(settings, mirror=f"{site.url}/m")
    if change == "pin":
        with pytest.raises(FetchError, match=r"the catalogue pins abababababab…; the publisher"):
            fetch_snapshot(ree, settings, today=TUESDAY)
    else:
        assert fetch_snapshot(ree, settings, today=TUESDAY) == first  # byte for byte the same
    assert not {"If-None-Match", "If-Modified-Since"} & set(site.headers[-1])


def test_the_same_question_may_be_answered_unchanged(ree, settings, site):
    reader = ree.reader.model_copy(update={"query": {"edition": "2", "token": "old-token"}})
    asked = ree.model_copy(update={"reader": reader})
    newer = reader.model_copy(update={"query": {"edition": "2", "token": "new-token"}})
    for token in ("old", "new"):
        site.files[f"{address(ree)}?edition=2&token={token}-token"] = site.files[address(ree)]
    first = fetch_snapshot(asked, settings, today=MONDAY)
    assert first.provenance.query == "edition=2&token=***"
    assert (
        fetch_snapshot(ree.model_copy(update={"reader": newer}), settings, today=TUESDAY) == first
    )
    assert site.headers[1]["If-None-Match"] == first.provenance.etag


def test_a_senseless_unchanged_harms_nothing(ree, settings, site):
    site.faults[address(ree)] = ["304"]
    assert fetch_snapshot(ree, settings).payload.stat().st_size > 100


@pytest.mark.parametrize(
    "changes",
    [{"ree/main.csv": None}, {"ree/main.csv": b"rec_id\n1\n"}, {"ree/mineral.csv": b""}],
)
def test_a_wrong_payload_leaves_the_old_snapshot(ree, settings, site, payload, changes):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    before = listing(settings.data_root)
    site.files[address(ree)] = payload("usgs_ree", changes)
    with pytest.raises(SchemaError, match=r"^usgs_ree: ree-csv\.zip"):
        fetch_snapshot(ree, settings, today=TUESDAY)
    assert listing(settings.data_root) == before
    assert latest_snapshot(settings, "usgs_ree") == first


@pytest.mark.parametrize("fault", ["401", "403", "404", "429", "500", "html", "304", "loop"])
def test_a_failed_fetch_leaves_nothing_at_all(ree, settings, site, fault):
    site.faults[address(ree)] = [fault] * 9
    with pytest.raises(FetchError, match=r"^usgs_ree: http://127\.0\.0\.1"):
        fetch_snapshot(ree, settings)
    assert not (settings.raw_root / "usgs_ree").exists()


@pytest.mark.parametrize("fault", ["401", "403", "404", "429", "500", "html", "empty", "other"])
def test_a_failed_fetch_leaves_the_old_snapshot(ree, settings, site, fault):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    if fault in ("empty", "other"):
        site.files[address(ree)] = b"" if fault == "empty" else b"Rar!"
    else:
        site.faults[address(ree)] = [fault] * 9
    with pytest.raises(FetchError, match=r"^usgs_ree: http://127\.0\.0\.1") as caught:
        fetch_snapshot(ree, settings, today=TUESDAY)
    assert "\n" not in str(caught.value)
    assert latest_snapshot(settings, "usgs_ree") == first
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


@pytest.mark.parametrize("fault", ["name", "certificate", "deaf", "large"])
def test_a_network_that_fails_leaves_the_old_snapshot(
    ree, settings, site, payload, other_site, monkeypatch, fault
):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    if fault == "name":

        def unknown(*args: object, **kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        settings, said = replace(settings, mirror="http://nowhere.invalid"), "not known (DNS)"
    elif fault == "certificate":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        settings = replace(settings, mirror=other_site(context).url)
        said = "certificate cannot be trusted"
    elif fault == "deaf":
        gone = other_site()
        gone.close()
        settings, said = replace(settings, mirror=gone.url), "refused or broke"
    else:
        settings, said = replace(settings, max_download_bytes=10), "at most 10 are accepted"
        site.files[address(ree)] = payload("usgs_ree", {"readme.txt": b"second edition"})
    with pytest.raises(FetchError, match=r"^usgs_ree: https?://\S+: ") as caught:
        fetch_snapshot(ree, settings, today=TUESDAY)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert latest_snapshot(settings, "usgs_ree") == first
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-02"]


def test_a_fetch_that_was_cut_off_is_resumed(ree, settings, site):
    site.faults[address(ree)] = ["cut"] * 4
    with pytest.raises(FetchError, match=r"cut short"):
        fetch_snapshot(ree, settings, today=MONDAY)
    assert listing(settings.raw_root / "usgs_ree") == [
        ".incoming/.ree-csv.zip.part",
        ".incoming/.ree-csv.zip.part.json",
    ]
    assert latest_snapshot(settings, "usgs_ree") is None
    fetch_snapshot(ree, settings, today=TUESDAY)
    assert site.headers[-1]["Range"].startswith("bytes=")
    assert [p.name for p in (settings.raw_root / "usgs_ree").iterdir()] == ["2026-02-03"]


def test_what_killed_runs_left_goes(ree, settings, site):
    home = settings.raw_root / "usgs_ree"
    for name in (".1a2b3c4d.new", ".incoming", ".incoming/pages"):
        (home / name).mkdir(parents=True)
        (home / name / "x.zip").write_bytes(b"x")
    site.faults[address(ree)] = ["404"]
    with pytest.raises(FetchError):
        fetch_snapshot(ree, settings)
    assert not home.exists()
    fetch_snapshot(ree, settings, today=MONDAY)
    assert [p.name for p in home.iterdir()] == ["2026-02-02"]


def test_a_check_that_fails_leaves_no_payload_behind(ree, settings, site):
    def refuse(path: Path) -> None:
        raise SchemaError(f"{path.name} is odd", "none")

    with pytest.raises(SchemaError):
        fetch_snapshot(ree, settings, check=refuse)
    assert not (settings.raw_root / "usgs_ree").exists()


def test_several_threads_fetch_under_one_lock(catalog, settings, site, payload):
    for source_id in IDS:
        site.files[address(catalog[source_id])] = payload(source_id)
    wanted = [*IDS, "usgs_ree"]  # the same one twice, too
    with data_lock(settings), ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(lambda name: fetch_snapshot(catalog[name], settings, today=MONDAY), wanted)
        )
    assert [s.provenance.source_id for s in done] == wanted
    assert done[0] == done[3]
    for source_id in IDS:
        names = [p.name for p in (settings.raw_root / source_id).iterdir()]
        assert names == ["2026-02-02"]


def test_offline_nothing_is_asked_and_nothing_made(ree, settings, site):
    with pytest.raises(FetchError, match=r"^usgs_ree: https://mrdata\.usgs\.gov/.* works offline"):
        fetch_snapshot(ree, replace(settings, offline=True))
    assert site.asked == []
    assert not settings.data_root.exists()


# files that the user provides


def test_a_provided_file_goes_the_same_way_offline(ree, settings, site, tmp_path):
    provided = tmp_path / "from a friend.zip"
    provided.write_bytes(site.files[address(ree)])
    snapshot = fetch_snapshot(ree, replace(settings, offline=True), provided=provided, today=MONDAY)
    assert site.asked == []
    assert snapshot.payload.name == "from a friend.zip"
    assert provided.is_file()
    proof = snapshot.provenance
    assert (proof.origin, proof.mirror, proof.url) == ("provided", "", ree.url)
    assert (proof.etag, proof.query) == ("", "file from a friend.zip")
    assert fetch_snapshot(ree, settings, provided=provided, today=TUESDAY) == snapshot


@pytest.mark.parametrize("name", ["provenance.json", "Provenance.JSON"])
def test_a_payload_does_not_take_the_name_of_its_record(ree, settings, site, tmp_path, name):
    provided = tmp_path / name
    provided.write_bytes(site.files[address(ree)])
    snapshot = fetch_snapshot(ree, settings, provided=provided)
    assert snapshot.payload.name == f"usgs_ree-{name}"
    assert latest_snapshot(settings, "usgs_ree") == snapshot


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder; pack it into one zip archive"),
        ("gone.zip", "is not a file; check the path"),
        ("empty.zip", "is empty; get the file again"),
        ("large.zip", "has 101 bytes, at most 100 are accepted; check the path"),
    ],
)
def test_what_cannot_be_provided_over_is_refused(ree, settings, tmp_path, name, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.zip").touch()
    (tmp_path / "large.zip").write_bytes(bytes(101))
    with pytest.raises(SettingsError) as caught:
        fetch_snapshot(ree, replace(settings, max_download_bytes=100), provided=tmp_path / name)
    assert str(caught.value).startswith(f"usgs_ree: {tmp_path / name} {said}")
    assert not settings.data_root.exists()


def test_a_provided_file_of_another_kind_leaves_the_old_snapshot(ree, settings, tmp_path):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(SchemaError, match=r"^usgs_ree: x\.zip"):
        fetch_snapshot(ree, settings, provided=tmp_path / "x.zip", today=TUESDAY)
    assert latest_snapshot(settings, "usgs_ree") == first


def test_a_provided_file_that_may_not_be_read_is_reported(ree, settings, tmp_path, monkeypatch):
    (tmp_path / "x.zip").write_bytes(b"x")

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr(shutil, "copyfile", refuse)
    with pytest.raises(SettingsError, match=r"x\.zip cannot be read \(Permission denied\)"):
        fetch_snapshot(ree, settings, provided=tmp_path / "x.zip")


def test_fetching_again_heals_a_damaged_snapshot(ree, settings):
    first = fetch_snapshot(ree, settings, today=MONDAY)
    first.payload.write_bytes(b"rotten")
    with pytest.raises(SchemaError, match=r"fetch it again with geo-ree fetch usgs_ree"):
        latest_snapshot(settings, "usgs_ree")
    healed = fetch_snapshot(ree, settings, today=MONDAY)
    assert latest_snapshot(settings, "usgs_ree") == healed
    assert healed.payload.stat().st_size > 100


def test_progress_is_reported(ree, settings):
    heard: list[int] = []
    snapshot = fetch_snapshot(ree, settings, on_bytes=lambda now, of: heard.append(now))
    assert heard[-1] == snapshot.provenance.bytes


def test_without_a_date_the_snapshot_bears_todays(ree, settings):
    before = datetime.now(UTC).date()
    name = fetch_snapshot(ree, settings).folder.name
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
        fetch_snapshot(ree.model_copy(update=changes), settings)
    assert said in str(caught.value)
    assert site.asked == []


def test_a_url_without_a_file_name_still_gets_one(ree, settings, site, payload):
    odd = ree.model_copy(update={"url": "https://example.org/get/"})
    site.files["/example.org/get/"] = payload("usgs_ree")
    assert fetch_snapshot(odd, settings).payload.name == "get"
    root = ree.model_copy(update={"url": "https://example.org/"})
    site.files["/example.org/"] = payload("usgs_ree", {"x": b""})
    assert fetch_snapshot(root, settings).payload.name == "usgs_ree.zip"


def test_a_data_root_that_is_a_file_is_reported(ree, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"cannot be written: .*; choose another folder"):
        fetch_snapshot(ree, replace(settings, data_root=tmp_path / "file"))


def test_a_mirror_that_is_no_address_is_reported(ree, settings):
    with pytest.raises(SettingsError, match=r"is not a web address"):
        fetch_snapshot(ree, replace(settings, mirror="ftp://m"))
    assert not (settings.raw_root / "usgs_ree").exists()
