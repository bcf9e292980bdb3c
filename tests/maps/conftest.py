import importlib.util
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.maps import render

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u2028'\"{{ 7 * 7 }}"
LAYERS = ("railway", "road", "power_line", "power_plant", "settlement", "gateway", "water")

SOURCE = {
    "id": "s",
    "title": "A source",
    "attribution": "A & B <i>",
    "edition": "2002",
    "licence": "public domain",
    "rows": 3,
    "sha256": "0" * 64,
    "came_from": "starter",
    "landing_page": "https://example.org",
}


def beside_of(row, measure):
    """Distance to a line of unknown course that may be nearer, and its error; None without one."""
    km, error = (row.get(f"{kind}_{measure}_km") for kind in ("unsure", "err_unsure"))
    return None if km is None or pd.isna(km) else (round(km, 3), round(error, 3))


CRITERIA = [
    {
        "name": "rail",
        "label": "railway",
        "weight": 1.0,
        "half_km": 50.0,
        "decay": "halves every 50 km",
        "measured_to": "open line",
        "reason": "because",
        "source": "judgement",
        "decay_reason": "spur",
    }
]


def _scored():
    rows = [
        ("a", "Kutessay II", "candidate", 1, 76.12, 42.86, 61.5),
        ("b", HOSTILE, "candidate", 2, 60.8, 52.0, 40.25),
        ("c", "Melovoye", "by_product_host", 1, 51.5, 43.7, 70.0),
        ("d", "Bayan Obo", "reference", None, 109.9, 41.8, 30.0),
        ("e", "Copper hill", "context", None, 70.0, 48.0, 20.0),
    ]
    frame = pd.DataFrame(
        rows, columns=["id", "name", "role", "rank_in_role", "longitude", "latitude", "score"]
    )
    frame["rank_in_role"] = frame["rank_in_role"].astype("Int64")
    ranked = frame["rank_in_role"].notna()
    for name, value in (("rank_p5", 1), ("rank_p95", 2)):
        frame[name] = pd.Series(value, index=frame.index, dtype="Int64").where(ranked, pd.NA)
    for name, value in (("p_top3", 1.0), ("p_top5", 1.0), ("score_p5", 35.0), ("score_p95", 66.0)):
        frame[name] = np.where(ranked, value, np.nan)
    for layer in LAYERS:
        known = layer != "power_line"
        frame[f"dist_{layer}_km"] = 12.345 if known else np.nan
        frame[f"err_{layer}_km"] = 2.0 if known else np.nan
        frame[f"near_{layer}"] = "Kemin (KGZ), OSM" if known else None
    frame["points_rail"], frame["value_rail"] = frame["score"], 0.5
    frame["country"], frame["position_error_m"] = "KAZ", 2000.0
    frame["reference"] = "see https://example.org/a?b=1 and javascript:alert(3)"
    frame["unknown_weight_pct"] = 0.0
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=4326)


def _lines(*geometries, error=0.0):
    return gpd.GeoDataFrame(
        {"kind": ["rail"] * len(geometries), "lateral_error_km": error},
        geometry=list(geometries),
        crs=4326,
    )


def page_data():
    towns = gpd.GeoDataFrame(
        {"name": [HOSTILE], "country": ["KGZ"], "population": [9000], "kind": ["town"]},
        geometry=[shapely.Point(75.7, 42.8)],
        crs=4326,
    )
    countries = gpd.GeoDataFrame(
        {"country": ["KAZ", "CHN"], "name": ["Kazakhstan", "China"]},
        geometry=[shapely.box(50, 42, 85, 55), shapely.box(85, 30, 119, 50)],
        crs=4326,
    )
    resources = pd.DataFrame(
        {
            "deposit_id": ["a", "u"],
            "substance": ["oxide", "metal"],
            "quantity_t": [42980.0, 935400.0],
            "category": ["Measured + Indicated", "resources"],
            "system": ["JORC", "ministry"],
            "year": [2011, 2025],
            "source": ["s", "s"],
        }
    )
    unranked = pd.DataFrame(
        {
            "id": ["u"],
            "name": ["Kuirektykol"],
            "role": ["candidate"],
            "country_reported": ["Kazakhstan"],
        }
    )
    gateways = pd.DataFrame(
        [
            (i, s, "Aktau (KAZ), x", 900.0, 60.0, r)
            for s in ("the preset's gateways", "every exit")
            for i, r in (("a", 1), ("b", 2))
        ],
        columns=["id", "scenario", "near_gateway", "dist_gateway_km", "score", "rank_in_role"],
    )
    return {
        "tables": {
            "scores": _scored(),
            "unranked": unranked,
            "resources": resources,
            "criteria": pd.DataFrame(CRITERIA),
            "gateways": gateways,
        },
        "layers": {
            "countries": countries,
            "settlements": towns,
            "railways": pd.concat(
                [
                    _lines(shapely.LineString([(70, 45), (72, 46)])),
                    _lines(shapely.LineString([(60, 45), (66, 46)]), error=40.0),
                ]
            ),
        },
        "report": {
            "inputs": [dict(SOURCE)],
            "ranked": 2,
            "candidates": 3,
            "without_coordinate": ["Kuirektykol"],
            "seed": 1,
            "disclaimer": "a screening of public data, not investment advice",
            "draws": 100,
            "schema_version": "1.0",
            "version": "0",
            "created": "2026",
            "preset": "p",
            "warnings": ["a warning"],
        },
    }


def changed(data, **changes):
    """The same arguments of `render` with some tables, or other arguments, replaced."""
    own = {k: v for k, v in changes.items() if k in ("layers", "models", "report", "picture")}
    tables = {k: v for k, v in changes.items() if k not in own}
    return {**data, **own, "tables": {**data["tables"], **tables}}


def written(data, folder):
    path = folder / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    return path


@pytest.fixture
def data():
    return page_data()


@pytest.fixture(scope="module")  # a loop that outlived its file would stop whoever starts another
def browser(require):
    require(CHROMIUM.exists(), f"{CHROMIUM} is missing")
    require(importlib.util.find_spec("playwright") is not None, "playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


class Visit:
    """A page opened with the network off, and all that it complained about or asked for.

    A script that gives the map or a layer takes 15 s: all that hangs on it is sent. Write ``void`` before it.
    """

    def __init__(self, context, path, link=""):
        self.trouble, self.asked = [], []
        self.page = context.new_page()
        self.page.on(
            "console", lambda m: m.type in ("error", "warning") and self.trouble.append(m.text)
        )
        self.page.on("pageerror", lambda e: self.trouble.append(str(e)))
        self.page.on("dialog", lambda d: (self.trouble.append(f"dialog {d.message}"), d.dismiss()))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.goto(path.as_uri() + link)
        self.until("typeof geoRee === 'object' && !!geoRee.map()")

    def until(self, script, seconds=10):
        """Wait until a script gives true.

        Not with wait_for_function: it evaluates text in the page, which the page's policy refuses.
        """
        for _ in range(seconds * 40):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"the page did not come to {script}: {self.trouble}")

    def value(self, script):
        return json.loads(self.page.evaluate(f"JSON.stringify({script})"))


@pytest.fixture
def visit(browser):
    contexts = []

    def opened(path, width=1280, height=800, link="", **options):
        screen = {"width": width, "height": height}
        context = browser.new_context(viewport=screen, offline=True, **options)
        context.route(lambda url: not url.startswith(("file:", "data:")), lambda r: r.abort())
        contexts.append(context)
        return Visit(context, path, link)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def starter_page(starter_run):
    """The result of the starter run, and the path of its page."""
    return starter_run.result, starter_run.out / "map.html"
