"""The page of a run of own sites: their mark and badge, their columns, and a map that opens on them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_ree.pipeline.own_sites import score_sites
from geo_ree.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Two made-up sites in Uganda; one has a railway and a road, the other lies in Kenya without."""
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(34, 0.6), (30.2, 0.2)])], crs=4326)
    names = ["<b>One</b>", "Two"]
    sites = gpd.GeoDataFrame(
        {"name": names, "score": [1, 2], "<i>grade</i>": ["=1+1", "</script>"]},
        geometry=[shapely.Point(32.52, 0.41), shapely.Point(37.5, 0.5)],
        crs=4326,
    )
    result = score_sites(
        sites,
        {"railways": line, "roads": line},
        draws=20,
        settings=Settings(data_root=tmp_path / "data", offline=True),
    )
    path = tmp_path / "map.html"
    path.write_text(result.to_html(), encoding="utf-8")
    return path


def test_own_sites_stand_out_and_show_their_columns(page, visit):
    seen = visit(page)
    assert seen.trouble == []
    assert seen.value("geoRee.deposits.filter(geoRee.isOwn).length") == 2
    assert set(seen.value("geoRee.deposits.map(d => geoRee.look(d).shape)")) == {"triangle"}
    inside = (
        "geoRee.deposits.every(d => geoRee.map().getBounds().contains([d.latitude, d.longitude]))"
    )
    assert seen.value(inside)
    assert seen.page.inner_text("#title") == "Your sites: access to infrastructure"
    assert "Your site" in seen.page.inner_text("#ranking")
    seen.page.evaluate("geoRee.open(geoRee.deposits.find(d => d.score === undefined).id)")
    text = seen.page.inner_text(".dossier")
    assert "no score: 100 % of the weight is unknown" in text
    assert "<i>grade</i>" in text and "</script>" in text and "own_score" in text
    seen.page.evaluate("geoRee.set({language: 'ru'})")
    assert "Ваш участок" in seen.page.inner_text("#ranking")
    assert seen.trouble == []
