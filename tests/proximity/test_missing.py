"""Lines that no source has, on made-up networks of which the truth is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.crs import destination
from geo_ree.errors import SchemaError
from geo_ree.proximity import MissingLines, NearestIndex
from geo_ree.proximity.missing import CLASSES
from geo_ree.proximity.omission import COLUMNS

LAND = gpd.GeoDataFrame(
    {"country": ["KAZ", "KGZ"]},
    geometry=[shapely.box(55, 44, 85, 55), shapely.box(55, 39, 85, 44)],
    crs=4326,
)


def measured(rate: float, sure: float = 1e6) -> pd.DataFrame:
    """Rates of one source that is as good as certain, in all countries."""
    row = {
        "source_id": "a",
        "country": "*",
        "rate": rate,
        "state": "measured",
        "alpha": sure * rate + 1e-9,
        "beta": sure * (1 - rate) + 1e-9,
    }
    return pd.DataFrame([row], columns=list(COLUMNS))


def random_lines(count: int, seed: int, country: str = "KAZ") -> gpd.GeoDataFrame:
    """Lines of 60 km in all directions, evenly over the north of the land."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(56, 84, count), rng.uniform(45, 54, count)
    end = destination(lon, lat, rng.uniform(0, 360, count), np.full(count, 60_000.0))
    lines = shapely.linestrings(np.stack([np.c_[lon, lat], np.c_[end]], axis=1))
    return gpd.GeoDataFrame({"country": country}, geometry=lines, crs=4326, index=range(count))


def sites(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(60, 80, count), rng.uniform(46.5, 52.5, count)


def drawn(
    lines: MissingLines,
    lon: np.ndarray,
    lat: np.ndarray,
    draws: int = 200,
    places: int = 40,
    country: str = "KAZ",
    seed: int = 1,
) -> dict[str, np.ndarray]:
    shape = (len(lon), places)
    near = lines.measure(
        np.broadcast_to(lon[:, None], shape),
        np.broadcast_to(lat[:, None], shape),
        np.full(len(lon), country, dtype=object),
    )
    return near.draw(np.random.default_rng(seed), draws)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_drawn_distances_are_like_the_true_ones(share: float) -> None:
    """Of a known network a share is hidden; what the rest tells must fit the whole."""
    whole = random_lines(500, seed=11)
    hidden = np.random.default_rng(12).random(len(whole)) < share
    lon, lat = sites(400, seed=13)
    true = NearestIndex(whole.geometry).query_lonlat(lon, lat)[0] / 1000.0
    known = NearestIndex(whole.geometry[~hidden]).query_lonlat(lon, lat)[0] / 1000.0
    lines = MissingLines({"rail": whole[~hidden]}, {"rail": measured(share)}, LAND)
    missing = drawn(lines, lon, lat)["rail"]
    told = np.minimum(known, missing)
    assert (true < known - 1e-9).mean() == pytest.approx(share, abs=0.06)
    assert (missing < known).mean() == pytest.approx(share, abs=0.03)
    gap = known.mean() - true.mean()
    assert known.mean() - told.mean() == pytest.approx(gap, rel=0.3)
    quarters = np.quantile(true, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(np.quantile(told, [0.25, 0.5, 0.75]), quarters, rtol=0.1)


def test_a_place_near_a_known_line_has_less_to_gain() -> None:
    lines = MissingLines({"rail": random_lines(500, 11)}, {"rail": measured(0.2)}, LAND)
    lon, lat = sites(300, seed=3)
    known = NearestIndex(random_lines(500, 11).geometry).query_lonlat(lon, lat)[0] / 1000.0
    nearer = (drawn(lines, lon, lat)["rail"] < known).mean(axis=0)
    close, far = known < np.quantile(known, 0.25), known > np.quantile(known, 0.75)
    assert nearer[close].mean() < 0.1
    assert nearer[far].mean() > 0.3


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    lon, lat = sites(5, seed=4)

    def once(seed: int, draw: int) -> np.ndarray:
        lines = MissingLines(
            {"rail": random_lines(200, 1)}, {"rail": measured(0.3)}, LAND, seed=seed
        )
        return drawn(lines, lon, lat, seed=draw)["rail"]

    assert np.array_equal(once(1, 1), once(1, 1))
    assert not np.array_equal(once(1, 1), once(2, 1))
    assert not np.array_equal(once(1, 1), once(1, 2))


def test_a_draw_misses_the_same_lines_for_all_of_a_country() -> None:
    lines = MissingLines({"rail": random_lines(200, 1)}, {"rail": measured(0.3)}, LAND)
    near = lines.measure(
        np.full((2, 1), 70.0), np.full((2, 1), 49.0), np.array(["KAZ", "KAZ"], dtype=object)
    )
    twins = {k: v[[0, 0]] for k, v in near.km.items()}
    out = type(near)(twins, near.country, near.rates).draw(
        np.random.default_rng(1), 300, np.zeros((300, 2), dtype=np.int64)
    )["rail"]
    assert np.array_equal(out[:, 0], out[:, 1])
    assert len(np.unique(out[:, 0])) > 3, "and not always the same ones"


def test_nothing_is_missing_where_nothing_is_known_or_the_rate_is_zero() -> None:
    lon, lat = sites(4, seed=5)
    none = MissingLines({"rail": random_lines(100, 1)}, {"rail": measured(0.0)}, LAND)
    assert np.isinf(drawn(none, lon, lat)["rail"]).all()
    other = MissingLines({"rail": random_lines(100, 1)}, {"rail": measured(0.3)}, LAND)
    assert np.isinf(drawn(other, lon, lat - 5.0, country="KGZ")["rail"]).all()
    assert np.isinf(drawn(other, lon, lat, country="XXX")["rail"]).all()


def test_more_than_half_is_drawn_as_half() -> None:
    lon, lat = sites(50, seed=6)
    half, most = (
        drawn(MissingLines({"rail": random_lines(100, 1)}, {"rail": measured(p)}, LAND), lon, lat)[
            "rail"
        ]
        for p in (0.6, 0.9)
    )
    assert np.array_equal(half, most)
    assert np.isfinite(half).all(), "as much again as is known: every class is kept"


def test_another_target_or_country_changes_nothing() -> None:
    lon, lat = sites(4, seed=7)
    both = pd.concat([random_lines(100, 1), random_lines(100, 2, country="KGZ")])
    alone = MissingLines({"rail": random_lines(100, 1)}, {"rail": measured(0.3)}, LAND)
    among = MissingLines({"rail": both}, {"rail": measured(0.3)}, LAND)
    assert np.array_equal(drawn(alone, lon, lat)["rail"], drawn(among, lon, lat)["rail"])


def test_places_stay_in_their_country_and_within_reach() -> None:
    """One class per line: a deposit on the border looks from its own side only."""
    shape = (1, 500)
    lines = MissingLines({}, {}, LAND, within_km=50.0)
    x, y = lines._move(
        np.full(shape, 70.0),
        np.full(shape, 44.05),
        np.array(["KAZ"], dtype=object),
        np.random.default_rng(1),
    )
    assert (y >= 44.0).all()
    back = NearestIndex(gpd.GeoSeries([shapely.Point(70, 44.05)], crs=4326))
    km = back.query_lonlat(x.ravel(), y.ravel())[0] / 1000.0
    assert km.max() < 50.0
    assert km.max() > 45.0


def test_stretches_are_left_out_as_a_whole() -> None:
    """A chain of a hundred pieces without a junction is in one class."""
    chain = gpd.GeoDataFrame(
        {"country": "KAZ"},
        index=range(100),
        crs=4326,
        geometry=[shapely.LineString([(60 + i / 10, 48), (60.1 + i / 10, 48)]) for i in range(100)],
    )
    lines = MissingLines({"rail": chain}, {"rail": measured(0.3)}, LAND)
    near = lines.measure(
        np.full((1, 3), 65.0), np.full((1, 3), 48.3), np.array(["KAZ"], dtype=object)
    )
    assert near.km["rail"].shape == (1, 3, CLASSES)
    assert np.isfinite(near.km["rail"]).any(axis=(0, 1)).sum() == 1


def test_a_target_needs_rates() -> None:
    with pytest.raises(SchemaError, match="no omission rates of rail; give those of omission"):
        MissingLines({"rail": random_lines(3, 1)}, {}, LAND)
