from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from geo_ree.errors import FetchError
from geo_ree.fetching import Client
from geo_ree.fetching.transport import transfer
from geo_ree.fetching.transport.transfer import ATTEMPTS

URL = "https://example.org/a/b.zip"
PATH = "/example.org/a/b.zip"
BODY = b"PK\x03\x04" + bytes(range(256)) * 100
OTHER = b"PK\x03\x04" + bytes(range(255, -1, -1)) * 100
MODIFIED = "Sun, 01 Feb 2026 00:00:00 GMT"

Break = Callable[[int], None]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "arriving"
    folder.mkdir()
    return folder / "b.zip"


def names(target: Path) -> list[str]:
    return sorted(p.name for p in target.parent.iterdir())


def ranges(site) -> list[str]:
    return [sent.get("Range", "") for sent in site.headers]


@pytest.fixture
def interrupted(site, settings, target) -> Break:
    """Leaves what a run leaves that was interrupted after some bytes of BODY."""

    def stop(after: int) -> None:
        site.files[PATH] = BODY
        site.piece, site.pace_s = max(1, after), 0.02

        def interrupt(now: int, of: int | None) -> None:
            if now >= after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Client(settings, on_bytes=interrupt).download(URL, target)
        site.piece, site.pace_s = 1 << 14, 0.0
        site.headers.clear()

    return stop


def test_a_cut_body_is_resumed_from_the_last_byte(site, settings, target):
    site.files[PATH] = BODY
    site.faults[PATH] = ["cut", "stall", "cut"]
    heard: list[int] = []
    client = Client(settings, on_bytes=lambda now, of: heard.append(now))
    assert client.download(URL, target).bytes == len(BODY)
    assert target.read_bytes() == BODY
    half = len(BODY) // 2
    places = [half, half + (len(BODY) - half) // 2]
    assert ranges(site)[:3] == ["", *(f"bytes={p}-" for p in places)]
    assert [s.get("If-Range") for s in site.headers] == [None, *[site.etag(PATH)] * 3]
    assert heard == sorted(heard)
    assert names(target) == ["b.zip"]


@effort(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 400), max_size=3), size=st.integers(1, 400), data=st.data())
def test_wherever_it_is_cut_the_same_bytes_arrive(site, settings, target, cuts, size, data):
    body = data.draw(st.binary(min_size=size, max_size=size).map(lambda b: b"PK" + b))
    site.files[PATH] = body
    version = {"ETag": site.etag(PATH), "Last-Modified": MODIFIED}
    start = 0
    for cut in cuts:  # each answer is what is left, cut somewhere
        end = min(len(body), start + cut)
        whole = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}", **version}
        site.plan(
            PATH,
            206 if start else 200,
            body[start:end],
            whole if start else version,
            len(body) - start,
        )
        if end == len(body):
            break
        start = end
    came = Client(settings).download(URL, target)
    assert target.read_bytes() == body
    assert came.bytes == len(body)
    assert names(target) == ["b.zip"]
    site.replies.clear()


def test_a_long_file_takes_as_many_attempts_as_it_needs(monkeypatch, site, settings, target):
    monkeypatch.setattr(transfer, "GAIN_BYTES", 1000)
    site.files[PATH] = BODY
    site.faults[PATH] = ["cut"] * 4 + ["500"] * 3
    assert Client(settings).download(URL, target).bytes == len(BODY)
    assert len(site.asked) == 8 > ATTEMPTS


def test_a_server_that_begins_anew_every_time_is_given_up(monkeypatch, site, settings, target):
    monkeypatch.setattr(transfer, "GAIN_BYTES", 1000)
    for length in (5000, 1000, 3000, 1000, 4000):  # without ranges, never further than at first
        site.plan(PATH, 200, BODY[:length], {"ETag": '"x"'}, len(BODY))
    with pytest.raises(FetchError, match=r"cut short, the connection broke \(4 attempts\)"):
        Client(settings).download(URL, target)
    assert len(site.asked) == ATTEMPTS + 1


def test_attempts_that_bring_little_are_counted(site, settings, target):
    site.files[PATH] = BODY
    site.faults[PATH] = ["cut"] * 50
    with pytest.raises(FetchError, match=r"cut short, the connection broke \(4 attempts\)"):
        Client(settings).download(URL, target)
    assert len(site.asked) == ATTEMPTS


@pytest.mark.parametrize("after", [1, 1000, len(BODY) // 2, len(BODY) - 1, len(BODY)])
def test_a_later_run_goes_on_where_the_first_was_ended(site, settings, target, interrupted, after):
    interrupted(after)
    assert names(target) == [".b.zip.part", ".b.zip.part.json"]
    size = min((target.parent / ".b.zip.part").stat().st_size, len(BODY) - 1)
    came = Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert (came.etag, came.last_modified) == (site.etag(PATH), MODIFIED)
    assert ranges(site) == [f"bytes={size}-"]
    assert names(target) == ["b.zip"]


def test_what_failed_for_long_is_resumed_next_time(site, settings, target):
    site.files[PATH] = BODY
    site.faults[PATH] = ["cut"] * ATTEMPTS
    with pytest.raises(FetchError):
        Client(settings).download(URL, target)
    assert names(target) == [".b.zip.part", ".b.zip.part.json"]
    site.headers.clear()
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert ranges(site)[0] not in ("", "bytes=0-")


def test_a_file_that_changed_meanwhile_starts_anew(site, settings, target, interrupted):
    interrupted(1000)
    site.files[PATH] = OTHER
    Client(settings).download(URL, target)
    assert target.read_bytes() == OTHER
    assert len(site.headers) == 1  # If-Range saves the second question


def test_a_server_without_ranges_sends_the_whole_again(site, settings, target, interrupted):
    interrupted(1000)
    site.ranges = False
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert len(site.headers) == 1


@pytest.mark.parametrize(
    ("status", "place", "version"),
    [
        (206, "bytes {size}-{last}/{total}", {"ETag": '"other"'}),
        (206, "bytes {size}-{last}/{total}", {"Last-Modified": "Mon, 02 Feb 2026 00:00:00 GMT"}),
        (206, "bytes {size}-{last}/9999999", {}),
        (206, "bytes 0-{last}/{total}", {}),
        (206, "bytes {last}-{size}", {}),
        (206, "", {}),
        (206, "bytes {size}-{last}/{total}", {"Content-Encoding": "gzip"}),
        (416, "bytes */{total}", {}),
        (412, "", {}),
    ],
)
def test_a_rest_that_does_not_fit_is_not_taken(
    site, settings, target, interrupted, status, place, version
):
    interrupted(1000)
    size = (target.parent / ".b.zip.part").stat().st_size
    place = place.format(size=size, last=len(BODY) - 1, total=len(BODY))
    site.plan(PATH, status, OTHER[size:], {"Content-Range": place, **version})
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert ranges(site) == [f"bytes={size}-", ""]


def test_a_server_that_ignores_the_condition_is_trusted_by_its_version(
    site, settings, target, interrupted
):
    interrupted(1000)
    size = (target.parent / ".b.zip.part").stat().st_size
    place = {"Content-Range": f"bytes {size}-{len(BODY) - 1}/*", "ETag": site.etag(PATH)}
    site.plan(PATH, 206, BODY[size:], place)
    assert Client(settings).download(URL, target).bytes == len(BODY)
    assert target.read_bytes() == BODY


def test_more_than_the_rest_is_not_taken(site, settings, target, interrupted):
    interrupted(1000)
    size = (target.parent / ".b.zip.part").stat().st_size
    place = {"Content-Range": f"bytes {size}-{len(BODY) - 1}/{len(BODY)}"}
    site.plan(PATH, 206, BODY[size:] + b"more", place)
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert len(site.headers) == 2


@pytest.mark.parametrize(
    ("version", "condition"),
    [
        ({"ETag": '"strong"', "Last-Modified": MODIFIED}, '"strong"'),
        ({"ETag": 'W/"weak"', "Last-Modified": MODIFIED}, MODIFIED),
        ({"Last-Modified": MODIFIED}, MODIFIED),
        ({"ETag": 'W/"weak"'}, None),
        ({}, None),
        ({"ETag": '"strong"', "Content-Encoding": "identity"}, '"strong"'),
    ],
)
def test_only_what_has_a_sure_version_is_resumed(site, settings, target, version, condition):
    site.files[PATH] = BODY
    site.plan(PATH, 200, BODY[:1000], version, len(BODY))
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert site.headers[1].get("If-Range") == condition
    assert ("Range" in site.headers[1]) == (condition is not None)


def test_what_came_from_another_address_is_of_no_use(site, settings, target, interrupted):
    interrupted(1000)
    site.files["/example.org/new.zip"] = OTHER
    Client(settings).download("https://example.org/new.zip", target)
    assert target.read_bytes() == OTHER
    assert ranges(site) == [""]


@pytest.mark.parametrize(
    "spoil",
    ["{", "[]", '{"url": "x", "moon": 1}', '{"url": "URL", "etag": "\\"x\\"", "total": "9"}', None],
)
def test_bytes_without_a_sound_record_are_of_no_use(site, settings, target, interrupted, spoil):
    interrupted(1000)
    record = target.parent / ".b.zip.part.json"
    record.unlink() if spoil is None else record.write_text(
        spoil.replace("URL", f"{site.url}{PATH}")
    )
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
    assert ranges(site) == [""]
    assert names(target) == ["b.zip"]


def test_the_record_says_what_the_bytes_are_of(site, settings, target, interrupted):
    interrupted(1000)
    assert json.loads((target.parent / ".b.zip.part.json").read_text()) == {
        "url": f"{site.url}{PATH}",
        "etag": site.etag(PATH),
        "last_modified": MODIFIED,
        "total": len(BODY),
    }


def test_unchanged_forgets_what_had_arrived(site, settings, target, interrupted):
    interrupted(1000)
    assert Client(settings).download(URL, target, etag=site.etag(PATH)).unchanged
    assert names(target) == []


@pytest.mark.parametrize("fault", ["404", "403"])
def test_a_file_that_is_gone_leaves_nothing(site, settings, target, interrupted, fault):
    interrupted(1000)
    site.faults[PATH] = [fault]
    with pytest.raises(FetchError, match=f"HTTP {fault}"):
        Client(settings).download(URL, target)
    assert names(target) == []


def test_a_network_that_is_down_loses_nothing(site, settings, target, interrupted):
    interrupted(1000)
    with pytest.raises(FetchError, match="offline"):
        Client(replace(settings, offline=True)).download(URL, target)
    site.faults[PATH] = ["slow"] * ATTEMPTS
    with pytest.raises(FetchError, match="no answer within"):
        Client(settings).download(URL, target)
    assert names(target) == [".b.zip.part", ".b.zip.part.json"]


def test_a_web_page_in_place_of_the_rest_is_not_appended(site, settings, target, interrupted):
    interrupted(1000)
    site.faults[PATH] = ["html", "html"]
    Client(settings).download(URL, target)
    assert target.read_bytes() == BODY
