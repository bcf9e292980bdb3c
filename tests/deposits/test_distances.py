import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo_ree.crs import GEOD, destination
from geo_ree.deposits.distances import (
    PublishedDistance,
    allowed_area,
    distance_to_area_km,
    feasible_area,
    read_distances,
)
from geo_ree.errors import SchemaError
from geo_ree.schema import DIRECTIONS, RELATIONS

SLACK_KM = 0.05


def published(relation="road", km=35.0, lon=72.836, lat=48.857, **more):
    return PublishedDistance(
        id=more.pop("id", "x:1"),
        relation=relation,
        distance_km=km,
        place="Zharyk",
        longitude=lon,
        latitude=lat,
        **more,
    )


@st.composite
def distances(draw, lon=70.0, lat=45.0):
    relation = draw(st.sampled_from(RELATIONS))
    direction = draw(st.sampled_from(DIRECTIONS)) if relation == "sector" else ""
    return published(
        relation,
        draw(st.floats(1.0, 600.0)),
        lon + draw(st.floats(-3.0, 3.0)),
        lat + draw(st.floats(-3.0, 3.0)),
        direction=direction,
    )


def misses_by_km(distance, lon, lat):
    """How far (km) a point is from satisfying a published distance, 0 if it does."""
    turn, _, away = GEOD.inv(distance.longitude, distance.latitude, lon, lat)
    least, most = distance.bounds_km()
    radial = max(least - away / 1000.0, away / 1000.0 - most, 0.0)
    span = distance.azimuths_deg()
    if span is None:
        return radial
    off = abs((turn - sum(span) / 2.0 + 180.0) % 360.0 - 180.0) - (span[1] - span[0]) / 2.0
    return radial if off <= 0.0 else max(radial, away / 1000.0 * np.sin(np.radians(min(off, 90.0))))


@settings(max_examples=200, deadline=None)
@given(distances(), st.floats(0.0, 360.0), st.floats(0.0, 1.3))
def test_an_area_contains_exactly_the_places_that_its_distance_allows(one, azimuth, part):
    lon, lat = (
        float(v)
        for v in destination(
            one.longitude, one.latitude, azimuth, 1000.0 * part * one.bounds_km()[1]
        )
    )
    broken = misses_by_km(one, lon, lat)
    away = distance_to_area_km(lon, lat, allowed_area(one))
    if broken == 0.0:
        assert away <= 0.001
    if broken > SLACK_KM:
        assert away > 0.0
    assert away == pytest.approx(broken, abs=SLACK_KM) or one.direction


@settings(max_examples=100, deadline=None)
@given(st.lists(distances(), min_size=2, max_size=4), st.floats(-4.0, 4.0), st.floats(-4.0, 4.0))
def test_the_intersection_contains_what_all_distances_allow(several, east, north):
    lon, lat = 70.0 + east, 45.0 + north
    broken = max(misses_by_km(s, lon, lat) for s in several)
    found = feasible_area(several)
    if found.area is None:
        assert broken > 0.0 and len(found.conflict) >= 2
        assert feasible_area(found.conflict).area is None
        for i in range(len(found.conflict)):
            rest = found.conflict[:i] + found.conflict[i + 1 :]
            assert feasible_area(rest).area is not None
        assert all(len(part) < len(several) for part, _ in found.parts)
        assert set().union(*(part for part, _ in found.parts)) == set(several)
    elif broken == 0.0:
        assert distance_to_area_km(lon, lat, found.area) <= 0.001
    elif broken > 2.0 * SLACK_KM:
        assert not found.area.contains(shapely.Point(lon, lat))


@settings(max_examples=60, deadline=None)
@given(distances(), st.floats(0.0, 360.0), st.floats(1.01, 3.0))
def test_the_distance_to_a_disc_is_that_beyond_its_radius(one, azimuth, part):
    assume(one.relation in ("road", "rail"))
    most = one.bounds_km()[1]
    lon, lat = (
        float(v) for v in destination(one.longitude, one.latitude, azimuth, 1e3 * part * most)
    )
    assert distance_to_area_km(lon, lat, allowed_area(one)) == pytest.approx(
        (part - 1.0) * most, abs=SLACK_KM
    )


def test_the_ring_is_within_50_m_of_the_true_circle_up_to_1000_km():
    for km in (35.0, 300.0, 1000.0):
        ring = np.asarray(allowed_area(published(km=km)).exterior.coords)
        middle = (ring[1:] + ring[:-1]) / 2.0
        for xy in (ring, middle):
            n = len(xy)
            away = GEOD.inv(np.full(n, 72.836), np.full(n, 48.857), xy[:, 0], xy[:, 1])[2]
            most = published(km=km).bounds_km()[1]
            assert np.abs(np.asarray(away) / 1000.0 - most).max() < SLACK_KM


def test_tolerances_follow_the_stated_rule_or_the_row():
    assert published(km=35).bounds_km() == (0.0, 36.5)
    assert published(km=400).bounds_km() == (0.0, 404.0)
    assert published("straight", 100).bounds_km() == (95.0, 105.0)
    assert published("straight", 1).bounds_km() == (0.0, 2.5)
    assert published("sector", 300, direction="SE").bounds_km() == pytest.approx((225.0, 330.0))
    assert published("unstated", 420).bounds_km() == pytest.approx((315.0, 462.0))
    assert published("road", 35, tolerance_km=0.0).bounds_km() == (0.0, 35.0)


def test_azimuths_are_half_a_point_to_either_side():
    assert published("sector", direction="SE").azimuths_deg() == (112.5, 157.5)
    assert published("sector", direction="SSW").azimuths_deg() == (191.25, 213.75)
    assert published("sector", direction="N").azimuths_deg() == (-22.5, 22.5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"km": -1.0}, "kilometres from 0"),
        ({"km": float("nan")}, "kilometres from 0"),
        ({"relation": "flight"}, "use road, rail"),
        ({"relation": "sector"}, "a sector without a direction"),
        ({"relation": "sector", "direction": "SO"}, "direction 'SO'"),
        ({"lat": 84.0, "km": 300.0}, "reaches a pole"),
        ({"lon": 179.9}, "the 180th meridian"),
    ],
)
def test_an_invalid_distance_is_refused(given, words):
    with pytest.raises(SchemaError, match=words):
        published(**given)


def test_the_smallest_conflicting_set_is_named():
    near = published(km=10, id="near")
    wide = published(km=900, id="wide")
    far = published(km=10, lon=74.0, id="far")
    found = feasible_area([wide, near, far])
    assert [s.id for s in found.conflict] == ["near", "far"]
    assert [[s.id for s in part] for part, _ in found.parts] == [["wide", "near"], ["wide", "far"]]
    three = [
        published(km=60, lon=x, lat=y, id=i)
        for i, x, y in (("a", 70.0, 45.0), ("b", 71.4, 45.0), ("c", 70.7, 45.9))
    ]
    assert all(feasible_area(three[:i] + three[i + 1 :]).area is not None for i in range(3))
    assert [s.id for s in feasible_area(three).conflict] == ["a", "b", "c"]


def test_none_and_too_many_distances_are_refused():
    for number in (0, 13):
        with pytest.raises(SchemaError, match=f"{number} published distances of one deposit"):
            feasible_area([published()] * number)


def test_a_row_whose_place_has_no_coordinate_gives_no_distance():
    row = {
        "id": "x:1",
        "deposit_id": "d:1",
        "relation": "rail",
        "distance_km": 48.0,
        "direction": None,
        "from_place": None,
        "from_latitude": np.nan,
        "from_longitude": np.nan,
        "tolerance_km": np.nan,
        "source": "a paper",
    }
    placed = {**row, "from_latitude": 43.0, "from_longitude": 76.0, "from_place": "Kemin"}
    (_, none), (deposit, one) = read_distances(pd.DataFrame([row, placed]))
    assert none is None and deposit == "d:1"
    assert one is not None and one.describe() == "48 km by rail from Kemin [a paper]"
