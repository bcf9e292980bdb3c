"""What the service answers: read only, nothing outside the run, no traceback, safe headers."""

import re
import shutil
import signal
import socket
import sqlite3
import time
from contextlib import closing

import pytest
import requests

OUTSIDE = (
    "/export/",
    "/export/geo_ree.gpkg",
    "/geo_ree.gpkg",
    "/run.json",
    "/rasters",
    "/rasters/",
    "/rasters/suitability.qml",
    "/rasters/..%2Fgeo_ree.gpkg",
    "/rasters/%2e%2e/geo_ree.gpkg",
    "/rasters/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/rasters/..%5c..%5cgeo_ree.gpkg",
    "/rasters//etc/passwd",
    "/rasters/suitability.tif%00.txt",
    "/static/css/default.css",
    "/api/processes",
    "/api/jobs",
    "/api/admin/config",
    "/api/stac",
    "/api/TileMatrixSets",
    "/api/collections/deposits/coverage",
    "/api/collections/deposits/position?coords=POINT(70 45)",
)
WRONG = (
    "items?bbox=1,2,3",
    "items?bbox=nan,1,2,3",
    "items?bbox=1,9,2,3",
    "items?limit=0",
    "items?limit=many",
    "items?offset=-1",
    "items?offset=99999999999999999999999",
    "items?score=abc",
    "items?rank_in_role=one",
    "items?contry=KAZ",
    "items?sortby=",
    "items?sortby=nothing",
    "items?properties=nothing",
    "items?crs=EPSG:1",
    "items?filter=nothing > 3",
    "items?filter=score >",
    "items?filter=score > 'abc' OR",
    "items?filter=INTERSECTS(geom,POINT(60 40))",
    "items?f=xml",
    "?f=xml",
    "?lang=xx",
    "items/none?lang=xx",
    "schema?lang=xx",
)
TIMES = "a date or time of RFC 3339, or two with a slash between, such as"
WRONG_VALUES = {
    "datetime=garbage": f"datetime is {TIMES} 2026-01-31 or 2026-01-31T12:00:00Z/..",
    "datetime=2026-02-30": TIMES,
    "datetime=2026-01-31T25:00:00Z": TIMES,
    "datetime=2026-01-31T12:00:00": TIMES,  # without the zone, which RFC 3339 wants
    "datetime=2026-02-01/2026-01-31": TIMES,
    "datetime=2026-01-31/garbage": TIMES,
    "datetime=..": TIMES,
    "datetime=": TIMES,
    "datetime=2026-01-31&datetime=garbage": TIMES,
    "skipGeometry=maybe": "skipGeometry is true or false",
    "resulttype=foo": "resulttype is hits or results",
    "resulttype=HITS": "resulttype is hits or results",
    "filter=score>60&filter-crs=foo": "filter-crs is http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "filter-crs=foo": "filter-crs is http://www.opengis.net/def/crs/OGC/1.3/CRS84 or",
    "filter=score>60&filter-lang=cql-json": "filter-lang is cql-text",
    "lang=xx": "lang is en",
}
RIGHT_VALUES = (
    "datetime=2026-01-31",
    "datetime=2026-01-31T12:00:00Z",
    "datetime=2026-01-31t12:00:00.25%2B06:00",
    "datetime=2016-12-31T23:59:60Z",
    "datetime=2026-01-31/2026-01-31",
    "datetime=2026-01-31T12:00:00Z/2026-01-31",
    "datetime=../..",
    "datetime=2026-01-31/..",
    "datetime=../2026-01-31T12:00:00-03:30",
    "datetime=/2026-01-31",
    "skipGeometry=True&resulttype=results&lang=en-GB",
    "resulttype=hits&lang=en",
    "filter=score>-1&filter-lang=cql-text&filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
)


def raw(running, target, method="GET", **headers):
    """Send a request as it is; requests would tidy its path."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{running.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", running.port), 30) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while part := line.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_nothing_can_be_changed(service, method):
    for path in ("/", "/api", "/api/collections/deposits/items", "/rasters/suitability.tif"):
        answer = requests.request(method, service.url + path, data="{}", timeout=30)
        assert answer.status_code == 405, path
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_nothing_outside_the_run_is_served(service):
    for target in OUTSIDE:
        status, _, body = raw(service, target.replace(" ", "%20"))
        assert status == 404, (target, status)
        assert b"Traceback" not in body and b"/tmp" not in body
    status, _, _ = raw(service, "/../../etc/passwd")
    assert status == 404
    listed = requests.get(f"{service.api}/openapi", timeout=30).json()["paths"]
    assert "/collections/deposits/items" in listed
    assert not [path for path in listed if re.search("process|jobs|admin|Matrix|tiles", path)]
    assert {method for methods in listed.values() for method in methods} == {"get"}
    classes = requests.get(f"{service.api}/conformance", timeout=30).json()["conformsTo"]
    assert not [c for c in classes if "create" in c] and len(classes) > 10


@pytest.mark.parametrize("asked", WRONG)
def test_a_wrong_request_gets_400_in_one_line(either_service, asked):
    answer = requests.get(f"{either_service.api}/collections/deposits/{asked}", timeout=30)
    assert answer.status_code == 400, answer.text
    assert answer.json()["description"] and "Traceback" not in answer.text
    assert "SELECT" not in answer.text and "sqlite" not in answer.text


@pytest.mark.parametrize(("asked", "said"), WRONG_VALUES.items(), ids=WRONG_VALUES)
def test_a_wrong_value_is_said_with_what_is_allowed(service, asked, said):
    answer = requests.get(f"{service.api}/collections/deposits/items?{asked}", timeout=30)
    assert answer.status_code == 400, answer.text
    words = answer.json()["description"]
    assert said in words and "\n" not in words


@pytest.mark.parametrize("asked", RIGHT_VALUES)
def test_right_values_leave_no_row_out(service, asked):
    """No table has times: what has none is part of every answer, as the standard says."""
    answer = requests.get(f"{service.api}/collections/deposits/items?{asked}", timeout=30)
    assert answer.status_code == 200, answer.text
    whole = requests.get(f"{service.api}/collections/deposits/items", timeout=30).json()
    assert answer.json()["numberMatched"] == whole["numberMatched"] > 0


def test_a_value_that_a_column_cannot_take_gets_400(service):
    items = f"{service.api}/collections/deposits/items"
    answer = requests.get(items, {"filter": "geom = 'abc'"}, timeout=30)
    assert answer.status_code == 400, answer.text
    assert answer.json()["description"] == "the filter cannot be evaluated"


def test_headers_of_pages_and_files(service, served):
    page = requests.get(f"{service.url}/", timeout=30)
    assert page.content == (served.out / "map.html").read_bytes()
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Content-Security-Policy" not in page.headers  # the page has its own
    assert b'http-equiv="Content-Security-Policy"' in page.content
    for path in ("", "/collections", "/collections/deposits", "/collections/deposits/items"):
        answer = requests.get(f"{service.api}{path}", {"f": "html"}, timeout=30)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "<script" not in answer.text and "unpkg" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
    tiff = requests.head(f"{service.url}/rasters/suitability.tif", timeout=30)
    kind = "image/tiff; application=geotiff; profile=cloud-optimized"
    assert tiff.headers["Content-Type"] == kind and tiff.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_pages_of_other_origins_cannot_read_it(service, method):
    asked = {"Origin": "http://other.example", "Access-Control-Request-Method": "GET"}
    for path in ("/", "/api", "/api/collections/deposits/items", "/rasters/suitability.tif"):
        answer = requests.request(method, service.url + path, headers=asked, timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_links_lead_to_the_address_that_the_client_used(service):
    for name in (f"localhost:{service.port}", f"127.0.0.1:{service.port}"):
        text = requests.get(f"{service.api}/collections", headers={"Host": name}, timeout=30).text
        assert f"http://{name}/api/collections/deposits" in text and "service.invalid" not in text
    other = requests.get(f"{service.api}", headers={"Host": "evil.example"}, timeout=30)
    assert other.status_code == 400 and "evil" not in other.text
    assert raw(service, "/api", Host='"><script>')[0] == 400


def test_ranges(service, served):
    path = served.gpkg.parent / "rasters" / "suitability.tif"
    whole, address = path.read_bytes(), f"{service.url}/rasters/suitability.tif"

    def ask(**headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(address, headers=named, timeout=30)

    size = len(whole)
    for asked, part in {
        "bytes=0-99": whole[:100],
        "bytes=100-": whole[100:],
        "bytes=-7": whole[-7:],
        f"bytes=5-{size + 99}": whole[5:],
    }.items():
        answer = ask(Range=asked)
        assert answer.status_code == 206 and answer.content == part, asked
        start, end = whole.find(part), whole.find(part) + len(part) - 1
        assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{size}"
    beyond = ask(Range=f"bytes={size}-")
    assert beyond.status_code == 416 and beyond.headers["Content-Range"] == f"bytes */{size}"
    for ignored in ("bytes=0-1,5-6", "bytes=9-2", "lines=1-2", "bytes=x"):
        answer = ask(Range=ignored)
        assert answer.status_code == 200 and answer.content == whole
    tag, changed = answer.headers["ETag"], answer.headers["Last-Modified"]
    for known in (tag, changed):
        assert ask(Range="bytes=0-9", If_Range=known).status_code == 206
    for old in ('"other"', f"W/{tag}", "Sat, 01 Jan 2000 00:00:00 GMT"):
        answer = ask(Range="bytes=0-9", If_Range=old)
        assert answer.status_code == 200 and answer.content == whole
    assert ask(If_None_Match=tag).status_code == 304
    assert ask(Range="bytes=0-9", If_None_Match=tag).status_code == 304
    for asked in ({"Range": "bytes=0-9"}, {}):
        refused = ask(If_Match='"other"', **asked)
        assert refused.status_code == 412 and refused.content == b""
        assert ask(If_Match=tag, **asked).status_code in (200, 206)
    head = requests.head(address, headers={"Range": "bytes=0-9"}, timeout=30)
    assert head.content == b"" and head.status_code == 200
    assert int(head.headers["Content-Length"]) == size


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_the_folder_is_as_before(
    start_service, served, tmp_path, number, status
):
    out = tmp_path / "out"
    shutil.copytree(served.out, out)
    before = state(out)
    running = start_service("--out", str(out), "--port", "0")
    for path in ("/", "/api/collections/deposits/items", "/rasters/suitability.tif"):
        assert requests.get(running.url + path, timeout=30).status_code == 200
    assert running.stop(number) == status
    running.kill()
    assert running.lines[-1] == "geo-ree: interrupted" and len(running.lines) == 2
    assert state(out) == before


def state(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*")}


def test_texts_of_data_stay_texts(start_service, served, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(served.out, out)
    hostile = "<img src=x onerror=alert(1)></td><script>alert(2)</script>"
    with closing(sqlite3.connect(out / "export" / "geo_ree.gpkg")) as base, base:
        base.execute("UPDATE sources SET title = ?, attribution = ?", (hostile, hostile))
    running = start_service("--out", str(out), "--port", "0")
    for path in ("collections/sources", "collections/sources/items", "collections/railways", ""):
        text = requests.get(f"{running.api}/{path}", {"f": "html"}, timeout=30).text
        assert "<script" not in text and "<img" not in text
    items = requests.get(f"{running.api}/collections/sources/items", timeout=30)
    assert items.headers["Content-Type"].startswith("application/json")
    one = requests.utils.quote(items.json()["features"][0]["id"], safe="")
    text = requests.get(f"{running.api}/collections/sources/items/{one}?f=html", timeout=30).text
    assert "&lt;script&gt;" in text and "<script" not in text


def test_a_new_export_is_served_without_a_restart(start_service, served, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(served.out, out)
    running = start_service("--out", str(out), "--port", "0")
    address = f"{running.api}/collections/gateways/items?limit=500"
    before = len(requests.get(address, timeout=30).json()["features"])
    draft = out / "export" / "draft"
    shutil.copy(out / "export" / "geo_ree.gpkg", draft)
    with closing(sqlite3.connect(draft)) as base, base:
        base.execute("DROP TRIGGER rtree_gateways_geom_delete")
        base.execute("DELETE FROM gateways WHERE fid = 1")
    draft.rename(out / "export" / "geo_ree.gpkg")
    until = time.monotonic() + 60
    while len(requests.get(address, timeout=30).json()["features"]) == before:
        assert time.monotonic() < until, "the new export is not served"
        time.sleep(0.5)
    assert len(requests.get(address, timeout=30).json()["features"]) == before - 1
    draft.write_bytes(b"no GeoPackage")
    draft.rename(out / "export" / "geo_ree.gpkg")
    while not any("served further" in line for line in running.lines):
        assert time.monotonic() < until, "the damaged export is not named"
        requests.get(address, timeout=30)
        time.sleep(0.5)
    assert len(requests.get(address, timeout=30).json()["features"]) == before - 1


def test_the_map_and_the_pages_of_the_api_load_in_a_browser(service, require):
    from pathlib import Path

    chromium = Path("/usr/bin/chromium")
    require(chromium.is_file(), "no Chromium at /usr/bin/chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu"]
        )
        for path in ("/", "/api", "/api/collections", "/api/collections/deposits/items"):
            page = browser.new_page()
            said = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            asked = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            answer = page.goto(service.url + path, wait_until="load")
            page.wait_for_timeout(500)
            assert answer.status == 200 and said == [], (path, said)
            assert all(address.startswith(service.url) for address in asked), asked
            page.close()
        browser.close()
