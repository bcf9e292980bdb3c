from __future__ import annotations

import hashlib
import json
import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from geo_ree.errors import FetchError
from geo_ree.fetching import Client
from geo_ree.fetching.transport import transfer
from geo_ree.fetching.transport.download import ZIP_MAGIC
from geo_ree.fetching.transport.retry import AbsentError
from geo_ree.fetching.transport.transfer import ATTEMPTS
from geo_ree.settings import Settings

URL = "https://example.org/a/b.zip"
PATH = "/example.org/a/b.zip"
BODY = b"PK\x03\x04" + bytes(range(256)) * 1000
HTML = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


def get(settings: Settings, target: Path, **options: Any) -> Any:
    on_bytes = options.pop("on_bytes", None)
    with Client(settings, source_id="usgs_ree", on_bytes=on_bytes) as client:
        return client.download(URL, target, **{"magic": ZIP_MAGIC, **options})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "arriving"
    folder.mkdir()
    return folder / "b.zip"


def failure(settings: Settings, target: Path, **options: Any) -> str:
    with pytest.raises(FetchError) as caught:
        get(settings, target, **options)
    assert not target.exists()
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"usgs_ree: {settings.mirror}{PATH}: ")
    assert caught.value.hint
    return text


def test_a_whole_file_arrives_with_its_hash_and_version(site, settings, target):
    site.files[PATH] = BODY
    came = get(settings, target)
    assert target.read_bytes() == BODY
    assert came.sha256 == hashlib.sha256(BODY).hexdigest()
    assert came.bytes == len(BODY)
    assert (came.etag, came.last_modified) == (site.etag(PATH), "Sun, 01 Feb 2026 00:00:00 GMT")
    assert not came.unchanged
    assert site.headers[0]["User-Agent"] == settings.user_agent
    assert site.headers[0]["Accept-Encoding"] == "identity"
    assert [p.name for p in target.parent.iterdir()] == ["b.zip"]


def test_progress_is_reported_up_to_the_whole(site, settings, target):
    site.files[PATH] = BODY
    heard: list[tuple[int, int | None]] = []
    get(settings, target, on_bytes=lambda now, of: heard.append((now, of)))
    assert heard[-1] == (len(BODY), len(BODY))
    assert [now for now, _ in heard] == sorted(now for now, _ in heard)


@pytest.mark.parametrize(
    "fault",
    ["503 1", "503", "502", "504", "500", "429", "408", "cut", "html", "slow", "stall"],
)
def test_a_passing_fault_is_survived(site, settings, target, fault):
    site.files[PATH] = BODY
    site.faults[PATH] = [fault]
    assert get(settings, target).bytes == len(BODY)
    assert target.read_bytes() == BODY
    assert len(site.asked) == 2


def test_faults_of_several_kinds_in_a_row_are_survived(site, settings, target, caplog):
    site.files[PATH] = BODY
    site.faults[PATH] = ["503", "cut", "html"]
    with caplog.at_level(logging.WARNING, "geo_ree"):
        assert get(settings, target).bytes == len(BODY)
    assert target.read_bytes() == BODY
    said = [r.getMessage() for r in caplog.records if r.name.startswith("geo_ree")]
    assert len(said) == 3
    for part, line in zip(("HTTP 503", "cut short", "web page"), said, strict=True):
        assert part in line
        assert line.startswith("usgs_ree: ")


@pytest.mark.parametrize(
    ("fault", "said_and_hint", "requests_made"),
    [
        ("401", ("HTTP 401, access is refused", "sign in"), 1),
        ("403", ("HTTP 403, access is refused", "sign in"), 1),
        ("404", ("HTTP 404, there is no such file", "the mirror lacks it"), 1),
        ("410", ("HTTP 410, there is no such file", "the mirror lacks it"), 1),
        ("418", ("HTTP 418, expected 200", "correct url"), 1),
        ("206", ("HTTP 206, expected 200", "correct url"), 1),
        ("302", ("HTTP 302, expected 200", "correct url"), 1),
        ("304", ("HTTP 304, unchanged, came though", "later"), ATTEMPTS),
        ("429", ("HTTP 429, too many requests (4 attempts)", "wait"), ATTEMPTS),
        ("500", ("HTTP 500, the mirror is out of order", "later"), ATTEMPTS),
        ("501", ("HTTP 501, the mirror is out of order", "later"), 1),
        ("503", ("HTTP 503, the mirror is out of order", "later"), ATTEMPTS),
        ("html", ("a web page (HTML) came instead of the file", "browser"), ATTEMPTS),
        ("slow", ("no answer within 0.5 s", "check the network and --mirror"), ATTEMPTS),
        ("loop", ("it redirects without end (5 redirects", "check the address"), 6),
    ],
)
def test_a_lasting_fault_is_reported_in_one_line(
    site, settings, target, fault, said_and_hint, requests_made
):
    site.files[PATH] = BODY
    site.faults[PATH] = [fault] * 50
    text = failure(settings, target)
    assert all(part in text for part in said_and_hint)
    assert len(site.asked) == requests_made
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "said"), [("cut", "the connection broke"), ("stall", "the server fell silent")]
)
def test_a_body_that_never_ends_well_is_reported(site, settings, target, fault, said):
    site.files[PATH] = BODY
    site.ranges = False
    site.faults[PATH] = [fault] * 50
    text = failure(settings, target)
    assert f"the file was cut short, {said} (4 attempts)" in text
    assert "try again later" in text
    assert len(site.asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (
            b"<?xml version='1.0'?><Exception code='x'>\n <Text>no layer &lt;a&gt;</Text></Exception>",
            "text/xml",
            "no layer <a>",
        ),
        (
            b'{"error":\n "unknown field GRADE"}',
            "application/json",
            '{"error": "unknown field GRADE"}',
        ),
        (b"x" * 300, "text/plain", "x" * 200 + "\N{HORIZONTAL ELLIPSIS}"),
        (b"\x1b[31mred\x07 alert", "text/plain", "[31mred alert"),
        ("пустой запрос".encode(), "", "пустой запрос"),
    ],
)
def test_what_the_server_says_is_quoted_in_one_line(site, settings, target, body, kind, said):
    site.plan(PATH, 400, body, {"Content-Type": kind} if kind else None)
    text = failure(settings, target)
    assert f"HTTP 400, expected 200, the server says: {said}; correct url" in text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (HTML, "text/plain"),
        (b"sorry", "text/html"),
        (b"\0\1\2", "text/plain"),
        (b"x", "image/png"),
        (b"", "text/plain"),
        (b" \n", "text/plain"),
    ],
)
def test_a_web_page_is_never_quoted(site, settings, target, body, kind):
    site.plan(PATH, 400, body, {"Content-Type": kind})
    assert "HTTP 400, expected 200; correct url" in failure(settings, target)


def test_a_server_that_says_nothing_after_all_is_not_waited_for_long(site, settings, target):
    site.faults[PATH] = ["stall"]
    site.plan(PATH, 400, b"", {"Content-Type": "text/plain"}, 50)
    assert "HTTP 400, expected 200; correct url" in failure(settings, target)


def test_a_download_that_crawls_for_ever_is_given_up_and_resumed(site, settings, target):
    site.files[PATH] = BODY
    site.piece, site.pace_s = 1, 0.01
    crawling = replace(settings, stall_s=0.2, min_bytes_per_s=1000.0)
    text = failure(crawling, target)
    assert "too slow, only" in text
    assert "bytes came in 0 s (4 attempts)" in text
    assert site.headers[1]["Range"].startswith("bytes=")


def test_a_slow_download_is_borne_with(site, settings, target):
    site.files[PATH] = BODY[:100_000]
    site.piece, site.pace_s = 10_000, 0.05
    slow = replace(settings, stall_s=0.1, min_bytes_per_s=1000.0)
    assert get(slow, target).bytes == 100_000
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "wait", ["3600", "9" * 400, "Sun, 01 Feb 2099 00:00:00 GMT", "01 Feb 2099 00:00:00 -0000"]
)
def test_a_server_that_asks_for_an_hour_is_not_waited_for(site, settings, target, wait):
    site.faults[PATH] = [f"429 {wait}"] * 9
    text = failure(settings, target)
    assert "the mirror asks to wait " in text
    assert "attempts" not in text
    assert len(site.asked) == 1


@pytest.mark.parametrize("wait", ["1", "date"])
def test_a_server_that_asks_for_a_second_gets_it(site, settings, target, wait):
    site.files[PATH] = BODY
    if wait == "date":
        now = {"Date": "Sun, 01 Feb 2026 00:00:00 GMT"}
        site.plan(PATH, 503, headers={"Retry-After": "Sun, 01 Feb 2026 00:00:01 GMT", **now})
    else:
        site.plan(PATH, 503, headers={"Retry-After": "1"})
    assert get(settings, target).bytes == len(BODY)
    assert 0.9 < site.moments[1] - site.moments[0] < 5


def test_waits_grow_and_are_never_the_same(monkeypatch, site, settings, target):
    waited: list[float] = []
    monkeypatch.setattr(transfer.time, "sleep", waited.append)
    monkeypatch.setattr(transfer, "_BACKOFF_S", 1.0)
    site.faults[PATH] = ["500"] * 9
    failure(settings, target)
    pauses = [s for s in waited if s]
    assert len(pauses) == ATTEMPTS - 1
    for seconds, most in zip(pauses, (1, 2, 4), strict=True):
        assert most / 2 <= seconds <= most


def test_a_missing_file_at_the_publisher_points_at_the_catalogue(site, tmp_path):
    with pytest.raises(AbsentError, match=r"moved it: correct url in the catalogue entry"):
        Client(Settings(), source_id="x").download(f"{site.url}/gone.zip", tmp_path / "x")


def test_another_kind_of_file_is_refused_by_its_first_bytes(site, settings, target):
    site.files[PATH] = b"Rar!\x1a\x07 whatever its name"
    text = failure(settings, target)
    assert "not the expected kind of file" in text
    assert "Rar!" in text
    assert "correct url in the catalogue entry" in text


def test_a_file_that_comes_byte_by_byte_is_known_by_its_beginning(site, settings, target):
    site.files[PATH] = BODY[:40]
    site.piece, site.pace_s = 1, 0.001
    assert get(settings, target).bytes == 40


@pytest.mark.parametrize(
    "page",
    [
        b"\xef\xbb\xbf\n <HTML lang='en'>",
        b"<!-- saved -->\n<!-- twice --><!doctype  html>",
        b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>",
        "\ufeff<html>".encode("utf-16"),
        b"<head><title>Sign in</title>",
        b"<script>location='/login'</script>",
        HTML + b" " * 100_000,
    ],
)
def test_a_web_page_is_refused_even_where_anything_goes(site, settings, target, page):
    site.files[PATH] = page
    assert "web page" in failure(settings, target, magic=())
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"<?xml version='1.0'?><kml/>", b"<!-- note --><wfs:x/>", b"{}", b"a,b\n", b"<headers/>"],
)
def test_what_only_looks_like_a_web_page_is_taken(site, settings, target, content):
    site.files[PATH] = content
    assert get(settings, target, magic=()).bytes == len(content)


def test_many_comments_do_not_keep_us_busy(site, settings, target):
    site.files[PATH] = b"<!---->" * 2000
    assert get(settings, target, magic=()).bytes == 14_000


def test_a_web_page_that_was_asked_for_is_taken(site, settings):
    site.files[PATH] = HTML
    assert Client(settings).get(URL, headers={"accept": "text/html, */*"}) == HTML


def test_an_empty_file_is_refused(site, settings, target):
    site.files[PATH] = b""
    assert "an empty file came (4 attempts)" in failure(settings, target)


def test_a_file_above_the_cap_is_refused_before_its_body(site, settings, target):
    site.files[PATH] = BODY
    small = replace(settings, max_download_bytes=1000)
    text = failure(small, target)
    assert f"the file has {len(BODY)} bytes or more, at most 1000 are accepted" in text
    assert len(site.asked) == 1
    assert list(target.parent.iterdir()) == []


def test_a_file_above_the_cap_that_hides_its_length_is_refused(site, settings, target):
    site.plan(PATH, body=BODY, length=-1, headers={"ETag": '"x"'})
    text = failure(replace(settings, max_download_bytes=100_000), target)
    assert "at most 100000 are accepted; check the address, or raise Settings" in text
    assert list(target.parent.iterdir()) == []


def test_a_file_without_a_length_arrives(site, settings, target):
    site.plan(PATH, body=BODY, length=-1)
    assert get(settings, target).bytes == len(BODY)


def test_a_length_that_is_wrong_is_reported(site, settings, target):
    site.ranges = False
    for _ in range(ATTEMPTS):
        site.plan(PATH, body=BODY, length=len(BODY) + 7)
    assert "the file was cut short" in failure(settings, target)


def test_nobody_listening(settings, target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    deaf = replace(settings, mirror=f"http://127.0.0.1:{port}")
    text = failure(deaf, target)
    assert "the connection was refused or broke (4 attempts)" in text
    assert "check the network and --mirror" in text


def test_an_unknown_host(settings, target, monkeypatch):
    asked: list[object] = []

    def unknown(*args: object, **kwargs: object) -> None:
        asked.append(args[0])
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    lost = replace(settings, mirror="http://nowhere.invalid")
    assert "the host is not known (DNS)" in failure(lost, target)
    assert asked == ["nowhere.invalid"] * ATTEMPTS


@pytest.mark.parametrize(
    ("raised", "said", "tries"),
    [
        (requests.exceptions.ProxyError("no"), "the proxy does not answer", ATTEMPTS),
        (requests.exceptions.ConnectTimeout("no"), "no connection within 2 s", ATTEMPTS),
        (requests.exceptions.SSLError("EOF"), "no encrypted connection could be made", ATTEMPTS),
        (requests.exceptions.InvalidURL("odd\nthing"), "the request failed (odd thing)", 1),
    ],
)
def test_other_errors_of_a_connection(settings, target, monkeypatch, raised, said, tries):
    asked: list[object] = []

    def fail(*args: object, **kwargs: object) -> None:
        asked.append(kwargs)
        raise raised

    monkeypatch.setattr(requests.Session, "request", fail)
    assert said in failure(settings, target)
    assert len(asked) == tries


# offline


def test_offline_never_opens_a_socket(settings, target, monkeypatch):
    def blow_up(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, blow_up)
    client = Client(replace(settings, offline=True), source_id="usgs_ree")
    for call in (
        lambda: client.download(URL, target),
        lambda: client.get(URL),
        lambda: client.get_json(URL, data="x"),
        lambda: client.allow(URL),
    ):
        with pytest.raises(FetchError) as caught:
            call()
        assert str(caught.value).startswith(
            f"usgs_ree: {URL} is not requested, because geo_ree works off"
        )
    assert list(target.parent.iterdir()) == []


# revalidation


def test_a_file_that_is_unchanged_is_not_sent_again(site, settings, target):
    site.files[PATH] = BODY
    first = get(settings, target)
    target.unlink()
    for known in ({"etag": first.etag}, {"last_modified": first.last_modified}):
        again = get(settings, target, **known)
        assert again.unchanged
        assert again.bytes == 0
        assert list(target.parent.iterdir()) == []
    assert site.headers[1]["If-None-Match"] == first.etag
    assert site.headers[2]["If-Modified-Since"] == first.last_modified


def test_a_file_that_changed_is_sent_whole(site, settings, target):
    site.files[PATH] = BODY
    came = get(settings, target, etag='"another"', last_modified="Sat, 01 Jan 2000 00:00:00 GMT")
    assert not came.unchanged
    assert target.read_bytes() == BODY


def test_a_version_is_only_named_to_the_address_that_gave_it(site, settings, target):
    site.files[PATH] = BODY
    for available, named in (("https://example.org/old.zip", False), (URL, True)):
        client = Client(settings, previous_url=available)
        came = client.download(URL, target, last_modified="Sun, 01 Feb 2026 00:00:00 GMT")
        assert came.unchanged is named
        assert ("If-Modified-Since" in site.headers[-1]) is named


# parameters, bodies and small answers


def test_parameters_headers_and_a_body_are_sent(site, settings):
    path = "/example.org/q?x=1&name=%D0%9E%D1%88"
    site.files[path] = b"[1]"
    client = Client(settings, source_id="x")
    url = "https://example.org/q?x=1"
    assert client.get_json(url, params={"name": "Ош"}, headers={"Referer": "https://m/"}) == [1]
    assert site.headers[0]["Referer"] == "https://m/"
    assert client.get(url, params={"name": "Ош"}, data="[out:json];Ош") == b"[1]"
    assert site.bodies == [b"", "[out:json];Ош".encode()]


def test_a_question_is_asked_again_like_a_file(site, settings):
    site.files[PATH] = BODY
    site.faults[PATH] = ["429", "cut", "stall"]
    assert Client(settings, source_id="x").get(URL, data="area[name=x];out;") == BODY
    assert site.bodies == [b"area[name=x];out;"] * 4
    assert not any("Range" in sent for sent in site.headers)


def test_a_part_of_a_file_can_be_asked_for(site, settings):
    site.files[PATH] = BODY
    assert Client(settings).get(URL, headers={"Range": "bytes=4-9"}) == BODY[4:10]
    site.faults[PATH] = ["cut"]
    assert Client(settings).get(URL, headers={"range": "bytes=4-9"}) == BODY[4:10]
    assert site.headers[-1]["range"] == "bytes=4-9"


def test_a_small_answer_that_is_large_is_refused(site, settings):
    site.files[PATH] = BODY
    with pytest.raises(FetchError, match=r"x: .*at most 1000 are accepted; check the address: no"):
        Client(settings, source_id="x").get(URL, most_bytes=1000)


def test_an_answer_that_is_no_json_is_reported(site, settings):
    site.files[PATH] = b"Token\n expired"
    with pytest.raises(FetchError, match=r"^x: .*is no JSON \(it begins with 'Token expired'\); "):
        Client(settings, source_id="x").get_json(URL)
    site.files[PATH] = json.dumps({"a": [1]}).encode()
    assert Client(settings).get_json(URL) == {"a": [1]}


def test_connections_are_kept_between_requests_and_closed_at_the_end(site, settings):
    site.files[PATH] = b"{}"
    with Client(settings) as client:
        assert client.get_json(URL) == {}
        assert client.get_json(URL) == {}
