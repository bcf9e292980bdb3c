from __future__ import annotations

import hashlib
import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from geo_ree.errors import FetchError, SettingsError
from geo_ree.ingest import download, mirrored
from geo_ree.ingest.http import ATTEMPTS, ZIP_MAGIC, open_session
from geo_ree.settings import Settings

URL = "https://example.org/a/b.zip"
PATH = "/example.org/a/b.zip"
BODY = b"PK\x03\x04" + bytes(range(256)) * 1000


def get(settings: Settings, target: Path, **options: Any) -> Any:
    options = {"what": "usgs_ree", "magic": ZIP_MAGIC, **options}
    return download(URL, settings, target, **options)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "b.zip"


def failure(settings: Settings, target: Path, **options: Any) -> str:
    with pytest.raises(FetchError) as caught:
        get(settings, target, **options)
    assert not target.exists()
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"usgs_ree: {settings.mirror}{PATH}: ")
    assert caught.value.cure
    return text


def test_a_whole_file_arrives_with_its_hash_and_version(site, settings, target):
    site.files[PATH] = BODY
    came = get(settings, target)
    assert target.read_bytes() == BODY
    assert came.sha256 == hashlib.sha256(BODY).hexdigest()
    assert came.bytes == len(BODY)
    assert (came.etag, came.last_modified) == ('"v1"', "Sun, 01 Feb 2026 00:00:00 GMT")
    assert site.headers[0]["User-Agent"] == settings.user_agent
    assert site.headers[0]["Accept-Encoding"] == "identity"


def test_progress_is_told_up_to_the_whole(site, settings, target):
    site.files[PATH] = BODY
    told: list[tuple[int, int | None]] = []
    get(settings, target, on_bytes=lambda now, of: told.append((now, of)))
    assert told[-1] == (len(BODY), len(BODY))
    assert [now for now, _ in told] == sorted(now for now, _ in told)


@pytest.mark.parametrize("fault", ["503 1", "503", "500", "429", "cut", "html", "slow", "stall"])
def test_a_passing_fault_is_survived(site, settings, target, fault):
    site.files[PATH] = BODY
    site.faults[PATH] = [fault]
    assert get(settings, target).bytes == len(BODY)
    assert target.read_bytes() == BODY
    assert len(site.asked) == 2


def test_faults_of_several_kinds_in_a_row_are_survived(site, settings, target, caplog):
    site.files[PATH] = BODY
    site.faults[PATH] = ["503", "cut", "429", "html", "slow"]
    with caplog.at_level(logging.WARNING, "geo_ree"):
        assert get(settings, target).bytes == len(BODY)
    said = [r.getMessage() for r in caplog.records if r.name == "geo_ree.ingest.http"]
    assert len(said) == 2
    assert "cut short" in said[0]
    assert "web page" in said[1]


@pytest.mark.parametrize(
    ("fault", "said_and_cure", "requests_made"),
    [
        ("401", ("HTTP 401, access is refused", "sign in"), 1),
        ("403", ("HTTP 403, access is refused", "sign in"), 1),
        ("404", ("HTTP 404, there is no such file", "the mirror lacks it"), 1),
        ("410", ("HTTP 410, there is no such file", "the mirror lacks it"), 1),
        ("418", ("HTTP 418, expected 200", "correct url"), 1),
        ("429", ("HTTP 429, too many requests", "wait"), ATTEMPTS),
        ("500", ("HTTP 500, the mirror is out of order", "later"), ATTEMPTS),
        ("503", ("HTTP 503, the mirror is out of order", "later"), ATTEMPTS),
        ("cut", ("the file was cut short", "try again later"), ATTEMPTS),
        ("stall", ("the server fell silent", "try again later"), ATTEMPTS),
        ("html", ("a web page (HTML) came instead of the file", "browser"), ATTEMPTS),
        ("slow", ("no answer within 0.5 s", "check the network and --mirror"), ATTEMPTS),
        ("loop", ("it redirects without end", "check the address"), 31),
    ],
)
def test_a_lasting_fault_is_told_in_one_line(
    site, settings, target, fault, said_and_cure, requests_made
):
    site.files[PATH] = BODY
    site.faults[PATH] = [fault] * 50
    text = failure(settings, target)
    assert all(part in text for part in said_and_cure)
    assert len(site.asked) == requests_made


def test_a_server_that_asks_for_an_hour_is_not_waited_for(site, settings, target):
    site.faults[PATH] = ["429 3600"] * 9
    assert "the mirror asks to wait 3600 s" in failure(settings, target)
    assert len(site.asked) == 1


def test_a_missing_file_at_the_publisher_points_at_the_catalogue(site, tmp_path):
    with pytest.raises(FetchError, match=r"moved it: correct url in the catalogue entry"):
        download(f"{site.url}/gone.zip", Settings(), tmp_path / "x", what="usgs_ree")


def test_another_kind_of_file_is_refused_by_its_first_bytes(site, settings, target):
    site.files[PATH] = b"Rar!\x1a\x07 whatever its name"
    text = failure(settings, target)
    assert "not the expected kind of file" in text
    assert "Rar!" in text


def test_a_web_page_is_refused_even_where_anything_goes(site, settings, target):
    site.files[PATH] = b"\xef\xbb\xbf\n <HTML lang='en'>"
    assert "web page" in failure(settings, target, magic=())


def test_an_empty_file_is_refused(site, settings, target):
    site.files[PATH] = b""
    assert "an empty file came" in failure(settings, target)


def test_a_file_above_the_cap_is_refused_before_its_body(site, settings, target):
    site.files[PATH] = BODY
    small = replace(settings, max_download_bytes=1000)
    assert "at most 1000 are accepted" in failure(small, target)
    assert len(site.asked) == 1


def test_nobody_listening(settings, target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    deaf = replace(settings, mirror=f"http://127.0.0.1:{port}")
    text = failure(deaf, target)
    assert "the connection was refused or broke" in text
    assert "check the network and --mirror" in text


def test_an_unknown_host(settings, target, monkeypatch):
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    lost = replace(settings, mirror="http://mirror.invalid")
    assert "the host is not known (DNS)" in failure(lost, target)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), "certificate"),
        (requests.exceptions.ProxyError("no"), "the proxy does not answer"),
        (requests.exceptions.ConnectTimeout("no"), "no answer (2 s for a connection"),
        (requests.exceptions.InvalidURL("odd\nthing"), "the request failed (odd thing)"),
    ],
)
def test_other_errors_of_a_connection(settings, target, monkeypatch, raised, said):
    def fail(*args: object, **kwargs: object) -> None:
        raise raised

    monkeypatch.setattr(requests.Session, "get", fail)
    assert said in failure(settings, target)


def test_an_interrupted_download_leaves_nothing(site, settings, target):
    site.files[PATH] = BODY

    def interrupt(now: int, of: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(settings, target, on_bytes=interrupt)
    assert not target.exists()


def test_certificates_are_verified():
    assert open_session(Settings()).verify is True


def test_without_a_mirror_the_publisher_is_asked():
    assert mirrored("https://example.org/x?y=1", Settings()) == "https://example.org/x?y=1"


@pytest.mark.parametrize(
    ("url", "mirror", "asked"),
    [
        ("https://a.org/b/c.zip", "http://m:1", "http://m:1/a.org/b/c.zip"),
        ("https://a.org/b/c.zip", "https://m/sub/", "https://m/sub/a.org/b/c.zip"),
        ("https://a.org:8443/b?f=x%2Fy", "http://m", "http://m/a.org:8443/b?f=x%2Fy"),
        ("https://me:secret@a.org/b", "http://m", "http://m/a.org/b"),
    ],
)
def test_a_mirror_takes_the_place_of_the_publisher(url, mirror, asked):
    assert mirrored(url, Settings(mirror=mirror)) == asked


@pytest.mark.parametrize(
    "mirror", ["ftp://m", "file:///etc", "m.example.org", "http://", "http://m?x=1", "//m"]
)
def test_a_mirror_that_is_no_web_address(mirror):
    with pytest.raises(SettingsError, match=r"is no web address; give it like http://"):
        mirrored(URL, Settings(mirror=mirror))
