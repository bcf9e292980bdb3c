from __future__ import annotations

from dataclasses import replace

import pytest

from geo_ree.errors import FetchError, SettingsError
from geo_ree.fetching import Client, mirrored
from geo_ree.fetching.transport.session import Session
from geo_ree.settings import Settings

URL = "https://example.org/a/b.zip"
PATH = "/example.org/a/b.zip"


def test_certificates_are_verified():
    assert Session(Settings()).verify is True


def test_without_a_mirror_the_publisher_is_asked():
    assert mirrored("https://example.org/x?y=1", Settings()) == "https://example.org/x?y=1"


@pytest.mark.parametrize(
    ("url", "mirror", "asked"),
    [
        ("https://a.org/b/c.zip", "http://m:1", "http://m:1/a.org/b/c.zip"),
        ("https://a.org/b/c.zip", "https://m/sub/", "https://m/sub/a.org/b/c.zip"),
        ("https://a.org:8443/b?f=x%2Fy", "http://m", "http://m/a.org:8443/b?f=x%2Fy"),
        ("https://me:secret@a.org/b", "http://m", "http://m/a.org/b"),
        ("http://m:1/a.org/b", "http://m:1/", "http://m:1/a.org/b"),
        ("http://m:2/a.org/b", "http://m:1/", "http://m:1/m:2/a.org/b"),
    ],
)
def test_a_mirror_takes_the_place_of_the_publisher(url, mirror, asked):
    assert mirrored(url, Settings(mirror=mirror)) == asked


@pytest.mark.parametrize(
    "mirror",
    ["ftp://m", "file:///etc", "m.example.org", "http://", "http://m?x=1", "//m", "http://m:x"],
)
def test_a_mirror_that_is_no_web_address(mirror):
    with pytest.raises(SettingsError, match=r"is not a web address; give it like http://"):
        mirrored(URL, Settings(mirror=mirror))


# what may be asked


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x",
        "https://cdn.example.org:8443/x",
        "https://EXAMPLE.org/x",
        "https://me:secret@example.org/x",
        "https://example.org/a name\\.zip?x=\\",
    ],
)
def test_the_hosts_of_a_source_are_allowed(url):
    Client(Settings(), hosts=frozenset({"example.org", "cdn.example.org"})).allow(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://evil.org/x", "and evil.org is not one of example.org; if that is right, add"),
        ("https://example.org.evil.org/x", "example.org.evil.org is not one of"),
        ("https://example.org@evil.org/x", "evil.org is not one of"),
        ("https://evil.org\\@example.org/x", "is not a web address"),
        ("https://evil.org\t@example.org/x", "is not a web address"),
        ("http://127.0.0.1/x", "127.0.0.1 is not one of"),
        ("https://169.254.169.254/latest", "169.254.169.254 is not one of"),
        ("file:///etc/passwd", "file:///etc/passwd is not a web address"),
        ("ftp://example.org/x", "is not a web address"),
        ("https:///x", "is not a web address"),
        ("https://[::1/x", "is not a web address"),
        ("https://example.org:99999/x", "is not a web address"),
        ("/x", "is not a web address"),
        ("http://example.org/x", "the connection would not be encrypted; give its https"),
    ],
)
def test_other_addresses_are_refused_before_they_are_asked(url, said):
    client = Client(Settings(), source_id="usgs_ree", hosts=frozenset({"example.org"}))
    with pytest.raises(FetchError) as caught:
        client.get(url)
    assert said in str(caught.value)
    assert str(caught.value).startswith("usgs_ree: ")


def test_through_a_mirror_no_connection_leads_to_the_publisher(settings, site):
    Client(settings, hosts=frozenset({"example.org"})).allow("http://example.org/x")
    Client(settings, hosts=frozenset({"example.org"})).allow(f"{site.url}/example.org/x")


@pytest.mark.parametrize(
    "location",
    [
        "/169.254.169.254/latest/meta-data",
        "/example.org/../169.254.169.254/latest",
        "/example.org/%2e%2E/169.254.169.254/latest",
        "../../../169.254.169.254/latest",
        "https://169.254.169.254/latest",
        "/",
    ],
)
def test_a_mirror_is_not_led_to_another_host(site, settings, location):
    site.plan(PATH, 302, headers={"Location": location})
    client = Client(settings, source_id="x", hosts=frozenset({"example.org"}))
    with pytest.raises(FetchError, match=r"is not one of example.org|is not a web address"):
        client.get(URL, headers={"Authorization": "made-up"})
    assert site.asked == [PATH]


def test_steps_upwards_do_not_lead_out_of_a_host_of_the_mirror(site, settings):
    site.files["/example.org/evil.org/x"] = b"it"
    location = "https://example.org/a/../../%2e%2e/evil.org/x"
    site.plan(PATH, 302, headers={"Location": location})
    assert Client(settings, hosts=frozenset({"example.org"})).get(URL) == b"it"
    assert site.asked == [PATH, "/example.org/evil.org/x"]


def test_through_a_mirror_each_host_gets_its_own_headers(site, settings):
    site.plan(PATH, 302, headers={"Location": "https://cdn.example.org/b"})
    site.plan("/cdn.example.org/b", 206, b"it", {"Content-Range": "bytes 0-1/9"})
    client = Client(settings, hosts=frozenset({"example.org", "cdn.example.org"}))
    ours = {"Authorization": "made-up", "X-Api-Key": "made-up", "Range": "bytes=0-1"}
    assert client.get(URL, headers=ours) == b"it"
    assert site.headers[0]["Authorization"] == "made-up"
    assert "made-up" not in site.headers[1].values()
    assert site.headers[1]["Range"] == "bytes=0-1"


# redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_publisher_is_asked_through_the_mirror(site, settings, status):
    site.plan(PATH, status, headers={"Location": "https://example.org/moved/c.zip?x=1"})
    site.files["/example.org/moved/c.zip?x=1"] = b"it"
    client = Client(settings, hosts=frozenset({"example.org"}))
    assert client.get(URL, headers={"X-Ours": "1"}) == b"it"
    assert site.asked == [PATH, "/example.org/moved/c.zip?x=1"]
    assert site.headers[1]["X-Ours"] == "1"


def test_a_redirect_within_the_mirror_is_followed(site, settings):
    site.plan(PATH, 302, headers={"Location": "../store/7"})
    site.files["/example.org/store/7"] = b"it"
    assert Client(settings, hosts=frozenset({"example.org"})).get(URL) == b"it"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://evil.org/x", "evil.org is not one of example.org"),
        ("//evil.org/x", "evil.org is not one of example.org"),
        ("file:///etc/passwd", "is not a web address"),
        ("https://[::1", "is not a web address"),
        ("ftp://example.org/x", "is not a web address"),
    ],
)
def test_a_redirect_elsewhere_is_refused(site, settings, location, said):
    site.plan(PATH, 302, headers={"Location": location})
    with pytest.raises(FetchError, match=said):
        Client(settings, source_id="x", hosts=frozenset({"example.org"})).get(URL)
    assert site.asked == [PATH]


def test_five_redirects_are_followed_and_no_sixth(site, settings):
    for number in range(6):
        site.plan(f"/example.org/{number}", 302, headers={"Location": f"./{number + 1}"})
    site.files["/example.org/6"] = b"it"
    client = Client(settings)
    with pytest.raises(FetchError, match=r"it redirects without end \(5 redirects"):
        client.get("https://example.org/0")
    site.plan("/example.org/1", 302, headers={"Location": "./2"})
    for number in range(2, 6):
        site.plan(f"/example.org/{number}", 302, headers={"Location": f"./{number + 1}"})
    assert client.get("https://example.org/1") == b"it"


def test_a_redirect_with_a_large_body_is_not_read(site, settings):
    site.plan(PATH, 302, b"x" * 1000, {"Location": "./c"}, length=10**12)
    site.files["/example.org/a/c"] = b"it"
    assert Client(settings).get(URL) == b"it"


def test_a_redirect_without_an_address_is_reported(site, settings):
    site.plan(PATH, 302)
    with pytest.raises(FetchError, match=r"HTTP 302, expected 200"):
        Client(settings).get(URL)


def test_another_host_is_not_told_our_headers(site, other_site, tmp_path):
    there = other_site()
    there.files["/c"] = b"it"
    site.plan("/a", 307, headers={"Location": f"{there.url}/c"})
    client = Client(Settings(data_root=tmp_path))
    got = client.get(f"{site.url}/a", headers={"Authorization": "secret"}, data="q")
    assert got == b"it"
    assert site.headers[0]["Authorization"] == "secret"
    assert "Authorization" not in there.headers[0]
    assert there.bodies == [b"q"]


def test_a_question_that_is_redirected_to_a_page_becomes_a_visit(site, settings):
    site.plan(PATH, 303, headers={"Location": "./answer"})
    site.files["/example.org/a/answer"] = b"it"
    assert Client(settings).get(URL, data="q", headers={"Content-Type": "text/plain"}) == b"it"
    assert site.bodies == [b"q", b""]
    assert "Content-Type" not in site.headers[1]


def test_an_encrypted_connection_does_not_become_an_open_one(site, settings):
    site.plan("/a", 302, headers={"Location": "http://example.org/b"})
    open_to_all = replace(settings, mirror=None)
    with pytest.raises(
        FetchError, match=r"http://example.org/b is not requested, because the connection"
    ):
        Client(open_to_all, source_id="x").get(f"{site.url}/a")


def test_part_of_a_file_comes_with_the_size_of_the_whole(site, settings):
    site.plan(PATH, 206, b"cde", {"Content-Range": "bytes 2-4/26"})
    assert Client(settings).get_range(URL, 2, 3) == (b"cde", 26)
    assert site.headers[0]["Range"] == "bytes=2-4"
    site.plan(PATH, 200, b"abc")
    assert Client(settings).get_range(URL, 0, 1000) == (b"abc", 3)


def test_a_server_that_sends_the_whole_file_for_a_part_is_an_error(site, settings):
    site.plan(PATH, 200, b"x" * 2000)
    with pytest.raises(FetchError, match=r"2000 bytes.* at most 1000 .*range requests.*--file"):
        Client(settings).get_range(URL, 0, 1000)
