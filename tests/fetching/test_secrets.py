"""Keys and passwords are sent to the publisher, and shown to nobody else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from geo_ree.errors import FetchError, GeoReeError
from geo_ree.fetching import fetch_snapshot
from geo_ree.fetching.probe import probe
from geo_ree.fetching.transport.masking import masked_query

TABLE = b"name,kind\nMade-up Town,town\n"
PATH = "/example.org/towns"
ASKED = f"{PATH}?f=csv&token=made-up%2Bkey"


@pytest.fixture
def locked(made_up):
    return made_up(
        {
            "query": {"f": "csv", "token": "made-up+key"},
            "headers": {"Authorization": "Bearer made-up-bearer", "Accept": "text/csv"},
        }
    )


def test_a_key_is_sent_and_not_kept(locked, site, settings):
    site.files[ASKED] = TABLE
    snapshot = fetch_snapshot(locked, settings, check=lambda path: None)
    assert site.headers[0]["Authorization"] == "Bearer made-up-bearer"
    record = json.loads((snapshot.folder / "provenance.json").read_text(encoding="utf-8"))
    assert record["query"] == "f=csv&token=***"
    assert "made-up" not in (snapshot.folder / "provenance.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("body", [b"", b"the token made-up+key of Bearer made-up-bearer is old"])
def test_no_error_and_no_log_shows_a_key(locked, site, settings, caplog, body):
    site.plan(ASKED, 503, body)
    site.plan(ASKED, 400, body)
    with caplog.at_level(logging.WARNING), pytest.raises(FetchError) as caught:
        fetch_snapshot(locked, settings)
    assert "HTTP 503" in caplog.text
    heard = caplog.text + str(caught.value) + str(caught.value.__cause__)
    assert "HTTP 400" in heard and "token=***" in heard
    assert "made-up" not in heard.replace("made_up", "")
    assert len(site.asked) == 2


def test_what_is_left_of_a_broken_download_shows_no_key(locked, site, settings):
    site.files[ASKED] = TABLE * 1000
    site.faults[ASKED] = ["cut"] * 4
    with pytest.raises(FetchError, match="cut short"):
        fetch_snapshot(locked, settings)
    (record,) = settings.raw_root.rglob("*.part.json")
    assert "token=***" in record.read_text(encoding="utf-8")
    assert (
        fetch_snapshot(locked, settings, check=lambda path: None).payload.read_bytes()
        == TABLE * 1000
    )
    assert site.headers[-1]["Range"].startswith("bytes=")


def test_the_password_of_a_mirror_is_kept_too(made_up, site, settings):
    source = made_up()
    site.files[PATH] = TABLE
    closed = replace(settings, mirror=site.url.replace("//", "//me:made-up-word@"))
    snapshot = fetch_snapshot(source, closed, check=lambda path: None)
    assert snapshot.provenance.mirror == site.url.replace("//", "//me:***@")
    assert fetch_snapshot(source, closed, check=lambda path: None) == snapshot
    assert site.headers[1]["If-None-Match"] == snapshot.provenance.etag
    site.plan(PATH, 403)
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(source, closed)
    assert "//me:***@" in str(caught.value)
    assert "made-up-word" not in str(caught.value)


def test_a_check_shows_no_key(locked, site, settings):
    site.plan(ASKED, 400, b'{"message": "made-up+key is no token"}')
    state = probe(locked, settings)
    assert state.word == "failed"
    assert "token=***" in state.detail and "*** is no token" in state.detail


@pytest.mark.parametrize("name", ["token", "key", "apikey", "API_KEY", "password"])
def test_secrets_are_known_by_the_names_of_their_parameters(name):
    assert masked_query({"bbox": "1,2", name: "made-up"}) == f"bbox=1,2&{name}=***"


@pytest.mark.parametrize(
    "url",
    [
        "https://me:made-up-word@example.org/towns",
        "https://example.org/towns?f=csv&token=made-up-word",
    ],
)
def test_a_password_in_the_address_is_sent_and_shown_to_nobody_else(
    made_up, site, settings, capsys, url
):
    source = made_up({"encodings": ["utf-8"]}, url=url)
    path = PATH + ("?f=csv&token=made-up-word" if "?" in url else "")
    site.files[path] = TABLE
    snapshot = fetch_snapshot(source, settings)
    assert site.asked == [path]
    kept = b"".join(p.read_bytes() for p in settings.data_root.rglob("*") if p.is_file())
    assert b"made-up-word" not in kept
    assert "***" in snapshot.provenance.url
    assert fetch_snapshot(source, settings) == snapshot
    for _ in range(2):
        site.plan(path, 403)
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(source, settings)
    shown = [str(caught.value), str(caught.value.__cause__), probe(source, settings).detail]
    shown.append(str(failed(lambda: fetch_snapshot(source, replace(settings, offline=True)))))
    shown.append(str(failed(lambda: fetch_snapshot(source, replace(settings, mirror="ftp://x")))))
    assert "made-up-word" not in "".join(shown)


def failed(call: Callable[[], object]) -> GeoReeError:
    with pytest.raises(GeoReeError) as caught:
        call()
    return caught.value


def test_an_error_of_a_service_keeps_its_number_when_it_is_masked(made_up, site, settings):
    url = "https://example.org/x/MapServer/0"
    source = made_up({"query": {"token": "made-up-word"}}, protocol="arcgis", url=url)
    site.plan(
        "/example.org/x/MapServer/0?token=made-up-word&f=json", 200, b'{"error": {"code": 499}}'
    )
    assert probe(source, settings).word == "refused (499)"
