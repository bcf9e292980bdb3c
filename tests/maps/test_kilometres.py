"""Distances and position errors of a few metres are shown without an empty range."""

import pytest

from geo_ree.maps.style import distance_text
from tests.maps.conftest import changed, written


@pytest.mark.parametrize("error_m", [0.0, 5.0, 49.0, 51.0, 2_000.0])
def test_the_page_and_the_library_write_a_distance_alike(data, tmp_path, visit, error_m):
    scores = data["tables"]["scores"].assign(
        position_error_m=error_m, dist_railway_km=12.345, err_railway_km=error_m / 1_000
    )
    seen = visit(written(changed(data, scores=scores), tmp_path))
    shown = seen.page.evaluate("geoRee.distance(geoRee.deposits[0], 'railway')")
    assert shown == distance_text(12.345, error_m / 1_000)
    assert ("about" in shown) == (error_m > 50)
    seen.page.evaluate("geoRee.open('a')")
    text = seen.page.inner_text("#dossier")
    assert f"± {error_m:.0f} m" in text if error_m < 1_000 else "± 2.0 km" in text
    assert seen.trouble == []
