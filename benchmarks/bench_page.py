"""The page beside folium's own ways to show many points, in headless Chromium.

    python benchmarks/bench_page.py [--candidates 50000] [--slow 2000]

Made-up candidates, seeded; every file is self-contained and opened with the network off. At rest:
from the start of the navigation until the page is whole and the browser idle. Heap: of JavaScript,
after a collection. Zoom: from the call to the frame that shows it, median of six. The best of the
runs counts, for whatever else the machine does only adds. Ways that need
over a minute at the full number are measured at a smaller one and scaled in proportion, which
favours them: their time to rest grows faster than that. Exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from peers_page import PEERS, self_contained

from geo_ree import Options, Settings
from geo_ree.maps import render
from geo_ree.maps.style import score_colour
from geo_ree.pipeline import result as pipeline

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--enable-precise-memory-info",
]
SLOW = ("folium Marker", "folium MarkerCluster")
BARS = {"mb": 2.5, "rest_s": 1.5, "heap_mb": 25.0, "zoom_ms": 150.0}
STARTER_MB = 3.0
RUNS = 5
LONG_S = 20.0  # a page that takes longer to come to rest is opened once
REST = """() => new Promise(done => {
  const whole = () => document.readyState === "complete"
    && (typeof geoRee === "undefined" || !!geoRee.map());
  const look = () => whole()
    ? requestIdleCallback(() => requestAnimationFrame(() => done(performance.now() / 1000)))
    : setTimeout(look, 5);
  look();
})"""
ZOOM = """async () => {
  const map = typeof geoRee === "object" ? geoRee.map()
    : window[Object.keys(window).find(k => /^map_[0-9a-f]{32}$/.test(k))];
  const frame = () => new Promise(r => requestAnimationFrame(() => setTimeout(r)));
  const took = [], start = map.getZoom();
  for (const by of [1, 2, 1, 0, 1, 0]) {
    await frame();
    const t = performance.now();
    map.setView([47, 75], start + by, { animate: false });
    await frame();
    took.push(performance.now() - t);
  }
  return took;
}"""


@dataclass(frozen=True)
class Figures:
    """What one page costs: made_s to write it, the rest as in the bars."""

    made_s: float
    mb: float
    rest_s: float
    heap_mb: float
    zoom_ms: float


def candidates(count: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(20_240_607)
    hubs = rng.uniform([48, 36], [118, 54], (max(count // 200, 1), 2))
    lon, lat = (hubs[rng.integers(len(hubs), size=count)] + rng.normal(0, 0.6, (count, 2))).T
    parts = ["ak", "kara", "tash", "bulak", "tau", "kol", "sai", "zhan", "sary", "kum", "tyub"]
    words = rng.choice(parts, (count, 4))
    score = np.round(100 * rng.beta(2, 3, count), 4)
    frame = pd.DataFrame(
        {
            "id": [f"made_up:{n}" for n in range(count)],
            "name": [f"{a}{b} {c}{d}".title() for a, b, c, d in words],
            "country": rng.choice(["KAZ", "UZB", "KGZ", "TJK", "TKM", "MNG", "AFG"], count),
            "role": "candidate",
            "status": rng.choice(
                ["occurrence", "prospect", "deposit, undeveloped", "past producer"], count
            ),
            "commodities": rng.choice(["REE", "REE;Nb", "Ce;La;Nd", "Y;REE", "REE;Th"], count),
            "dist_railway_km": np.round(rng.gamma(2.0, 60.0, count), 1),
            "latitude": np.round(lat, 4),
            "longitude": np.round(lon, 4),
            "score": score,
            "rank_in_role": pd.Series(score).rank(ascending=False, method="first").astype("Int64"),
        }
    )
    points = shapely.points(frame["longitude"], frame["latitude"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=4326)


def page(points: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> str:
    return render({"scores": points}, layers={"countries": countries}, report={})


def peer(way: Callable[[gpd.GeoDataFrame], object], points: gpd.GeoDataFrame) -> str:
    return self_contained(way(points.assign(colour=points["score"].map(score_colour))))


def measured(browser: object, make: Callable[[], str], folder: Path) -> Figures:
    start = time.perf_counter()
    text = make()
    made = time.perf_counter() - start
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    rest, heap, zoom = [], [], []
    for _ in range(RUNS):
        visit = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
        tab = visit.new_page()
        tab.set_default_timeout(600_000)
        tab.on("pageerror", lambda e: sys.exit(f"a page broke: {e}"))
        tab.goto(path.as_uri(), wait_until="commit")
        rest.append(tab.evaluate(REST))
        devtools = visit.new_cdp_session(tab)
        devtools.send("Performance.enable")
        devtools.send("HeapProfiler.collectGarbage")
        metrics = {
            m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]
        }
        heap.append(metrics["JSHeapUsedSize"] / 1e6)
        zoom.append(statistics.median(tab.evaluate(ZOOM)))
        visit.close()
        if rest[-1] > LONG_S:
            break
    return Figures(made, len(text.encode()) / 1e6, min(rest), min(heap), min(zoom))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=50_000)
    parser.add_argument("--slow", type=int, default=2_000)
    asked = parser.parse_args()
    points = candidates(asked.candidates)
    few = points.head(asked.slow)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    print(f"{asked.candidates:,} candidates, best of {RUNS} runs")
    print(f"{'':28}{'written, s':>11}{'MB':>8}{'at rest, s':>12}{'heap, MB':>10}{'zoom, ms':>10}")
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        result = pipeline.run(Settings(data_root=Path(folder, "data")), Options(draws=200))
        countries = result.layers.frames["countries"]
        home = measured(browser, result.to_html, Path(folder))
        show("geo_ree, starter data", home, 1.0)
        ours = measured(browser, lambda: page(points, countries), Path(folder))
        show("geo_ree", ours, 1.0)
        for name, way in PEERS.items():
            some = few if name in SLOW else points
            there = measured(browser, lambda w=way, s=some: peer(w, s), Path(folder))
            show(name, there, len(points) / len(some))
        browser.close()
    missed = [
        f"{k}: {getattr(ours, k):.2f}, expected under {bar}"
        for k, bar in BARS.items()
        if getattr(ours, k) >= bar
    ]
    if home.mb >= STARTER_MB:
        missed.append(f"starter page: {home.mb:.2f} MB, expected under {STARTER_MB}")
    print("\n".join(missed) or "within the bars")
    return 1 if missed else 0


def show(name: str, cost: Figures, scale: float) -> None:
    sign = "~" if scale > 1.0 else " "
    cells = (
        ("made_s", 10, 1),
        ("mb", 7, 2),
        ("rest_s", 11, 2),
        ("heap_mb", 9, 1),
        ("zoom_ms", 9, 0),
    )
    print(
        f"{name:28}"
        + "".join(
            f"{sign}{getattr(cost, k) * scale:{width}.{digits}f}" for k, width, digits in cells
        )
        + (f"  from {1 / scale:.0%} of them" if scale > 1.0 else ""),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
