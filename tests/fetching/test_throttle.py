from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from geo_ree.errors import FetchError
from geo_ree.fetching import Client
from geo_ree.fetching.transport.retry import MOST_AT_ONCE, Throttle, retry_after_s

URL = "https://example.org/a"


def test_two_requests_at_most_are_under_way_to_one_host(site, settings):
    site.files.update({f"/example.org/{n}": bytes(1000) for n in range(8)})
    site.piece, site.pace_s = 100, 0.005

    def one(number: int) -> int:
        return len(Client(settings).get(f"https://example.org/{number}"))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(8))) == [1000] * 8
    assert site.most_under_way == MOST_AT_ONCE == 2


def test_another_host_need_not_wait():
    throttle, inside = Throttle(most=1), threading.Event()

    def other() -> None:
        with throttle.turn("b", 0):
            inside.set()

    with throttle.turn("a", 0):
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(5)
    thread.join()


def test_a_pause_is_left_between_requests_of_all_clients(site, settings):
    site.files["/example.org/a"] = b"it"

    def one(number: int) -> bytes:
        return Client(settings, pause_s=0.15).get(URL)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(5))) == [b"it"] * 5
    assert site.moments[-1] - site.moments[0] > 0.4  # four pauses, and a busy machine


def test_a_redirect_and_a_second_attempt_wait_for_their_turn(site, settings):
    site.files["/example.org/b"] = b"it"
    site.plan("/example.org/a", 503)
    site.plan("/example.org/a", 302, headers={"Location": "./b"})
    assert Client(settings, pause_s=0.15).get(URL) == b"it"
    gaps = [b - a for a, b in zip(site.moments, site.moments[1:], strict=False)]
    assert len(gaps) == 2
    assert min(gaps) > 0.1


def test_no_pause_is_left_where_none_is_asked_for(site, settings):
    site.files["/example.org/a"] = b"it"
    started = time.monotonic()
    with Client(settings) as client:
        for _ in range(10):
            client.get(URL)
    assert time.monotonic() - started < 3


def test_the_pause_begins_when_the_answer_has_ended():
    throttle = Throttle()
    with throttle.turn("a", 0):
        time.sleep(0.1)
    ended = time.monotonic()
    with throttle.turn("a", 0.1):
        assert time.monotonic() - ended >= 0.09


def test_a_hasty_thread_does_not_starve_a_patient_one():
    throttle, over = Throttle(), threading.Event()

    def hasty() -> None:
        while not over.is_set():
            with throttle.turn("a", 0):
                time.sleep(0.001)

    thread = threading.Thread(target=hasty)
    thread.start()
    started = time.monotonic()
    with throttle.turn("a", 0.2):
        waited = time.monotonic() - started
    over.set()
    thread.join()
    assert waited < 5


def test_a_place_is_given_back_after_an_error(site, settings):
    for _ in range(3):
        site.plan("/example.org/a", 404)
    for _ in range(3):
        with pytest.raises(FetchError):
            Client(settings).get(URL)
    site.files["/example.org/a"] = b"it"
    assert Client(settings).get(URL) == b"it"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": " 7 "}, 7),
        ({"Retry-After": "-7"}, 0),
        ({"Retry-After": "²"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "Sun, 01 Feb 1999 00:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 99 Feb 2026 00:00:00 GMT"}, 0),
        (
            {
                "Retry-After": "Sun, 01 Feb 2026 00:01:30 GMT",
                "Date": "Sun, 01 Feb 2026 00:00:00 GMT",
            },
            90,
        ),
    ],
)
def test_what_a_server_asks_to_wait(headers, seconds):
    assert retry_after_s(headers) == seconds


def test_a_date_without_the_servers_own_is_compared_with_our_clock():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    assert 35 < retry_after_s({"Retry-After": soon}) <= 40
