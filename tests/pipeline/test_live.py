"""One test for each entry of the catalogue, against its publisher: `pytest -m live`.

Never run in CI. A failure is news about a publisher: correct the entry, or its status.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import normalize
from geo_ree.fetching import PROTOCOLS, fetch_snapshot, read
from geo_ree.fetching.probe import probe
from geo_ree.schema import RASTER_LAYERS
from geo_ree.settings import Settings

pytestmark = pytest.mark.live

CATALOG = load_catalog()
BOX = (76.0, 42.5, 76.5, 43.0)
"""Around Kutessay: for sources that are fetched by parts."""


@pytest.fixture(scope="module")
def borders() -> gpd.GeoDataFrame:
    base = CATALOG["starter_countries"]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


@pytest.mark.parametrize("source", CATALOG.values(), ids=CATALOG)
def test_live(source: Source, tmp_path: Path, borders: gpd.GeoDataFrame):
    settings = replace(Settings.from_environment(data_root=tmp_path), read_timeout_s=120.0)
    state = probe(source, settings)
    assert state.good, f"{source.id}: {state.word}: {state.detail}"
    if not source.fetchable:
        assert state.word in ("starter", source.status)
        _page_answers(source, settings)
    elif source.status == "ok":
        _fetched(source, settings, borders)


def _page_answers(source: Source, settings: Settings) -> None:
    """What cannot be fetched still has a page for people, and that can be asked for."""
    if source.protocol == "starter" or not source.landing_page.startswith("https://"):
        return
    page = source.model_copy(
        update={"url": source.landing_page, "status": "unverified", "protocol": "archive"}
    )
    state = probe(page, settings)
    assert state.good or "web page" in state.detail, f"{source.id}: {state.word}: {state.detail}"


def _fetched(source: Source, settings: Settings, borders: gpd.GeoDataFrame) -> None:
    box = BOX if PROTOCOLS[source.protocol].needs_box else None
    snapshot = fetch_snapshot(source, settings, box=box)
    assert snapshot.provenance.bytes > 0
    for part in source.parts():
        if part.layer in RASTER_LAYERS:
            continue
        countries = None if part.layer == "countries" else borders
        kept = normalize(read(part, snapshot.payload), part, countries, skip_bad_rows=True)
        assert kept.rows_read > 0
        assert len(kept.frame) > 0
