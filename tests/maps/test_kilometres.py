"""Distances and position errors of a few metres are shown without an empty range."""

import re

import numpy as np
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


@pytest.mark.parametrize("beside", [(50.0, 80.0), (84.0, 20.0), (90.0, 3.0)])
def test_the_range_of_a_distance_holds_a_line_of_unknown_course_that_may_be_nearer(
    data, tmp_path, visit, beside
):
    """As far as the draws of both reach, in the dossier and the library alike."""
    km, error = 85.0, 20.0
    scores = data["tables"]["scores"].assign(
        dist_railway_km=km,
        err_railway_km=error,
        unsure_railway_km=beside[0],
        err_unsure_railway_km=beside[1],
        near_unsure_railway="Chord (KAZ), course unknown, A source",
    )
    seen = visit(written(changed(data, scores=scores), tmp_path))
    shown = seen.page.evaluate("geoRee.distance(geoRee.deposits[0], 'railway')")
    assert shown == distance_text(km, error, beside=beside)
    low, high = (float(n) for n in re.search(r"\((\d+)–(\d+)\)", shown).groups())
    sides = np.linspace(-1.0, 1.0, 101)
    both = np.minimum.outer(np.abs(km + sides * error), np.abs(beside[0] + sides * beside[1]))
    assert low <= both.min() + 0.5 and both.max() == pytest.approx(high, abs=0.5)
    seen.page.evaluate("geoRee.open('a')")
    assert "A line of unknown course may be nearer: Chord" in seen.page.inner_text("#dossier")
    assert seen.trouble == []
