"""What sources of lines leave out, on layers of made-up lines and on real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.errors import SchemaError
from geo_ree.fetching import fetch_snapshot
from geo_ree.pipeline.layers import read_layers
from geo_ree.proximity import load_targets, omission_rates
from geo_ree.proximity.omission import COLUMNS, STATES, draw_omission
from geo_ree.proximity.stretches import cut_lines, number_stretches
from geo_ree.settings import SCORED_COUNTRIES, Options, Settings

KM = 1.0 / 111.2  # degrees of latitude


def along(y: float, west: float = 70.0, east: float = 74.0) -> shapely.LineString:
    return shapely.LineString([(x, y) for x in np.linspace(west, east, 9)])


def layer(*rows: tuple[str, str, float, shapely.Geometry]) -> gpd.GeoDataFrame:
    """Rows of source, country, lateral error and line."""
    source, country, error, lines = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"source_id": source, "country": country, "lateral_error_km": error},
        geometry=list(lines),
        crs=4326,
    )


def rates(lines: gpd.GeoDataFrame, **options: object) -> pd.DataFrame:
    table = omission_rates(lines, countries=["KAZ", "UZB"], **options)  # type: ignore[arg-type]
    assert tuple(table.columns) == COLUMNS
    assert set(table["state"]) <= set(STATES)
    return table.set_index(["source_id", "country"])


def test_the_rate_is_the_share_of_the_others_length_without_a_line() -> None:
    """Source a has three of the four lines of b; b has all of a's."""
    ys = (47.0, 48.0, 49.0, 50.0)
    lines = layer(
        *[("b", "KAZ", 0.0, along(y)) for y in ys],
        *[("a", "KAZ", 0.0, along(y + 1.5 * KM)) for y in ys[:3]],
    )
    out = rates(lines)
    lengths = [cut_lines(np.array([along(y)])).km.sum() for y in ys]
    a = out.loc[("a", "KAZ")]
    assert a["rate"] == pytest.approx(lengths[3] / sum(lengths), abs=1e-9)
    assert a["length_km"] == pytest.approx(sum(lengths))
    assert a["seen_km"] == pytest.approx(sum(lengths[:3]))
    assert a["stretches"] == pytest.approx(4.0, abs=0.02)
    assert 0 < a["rate_low"] < a["rate"] < a["rate_high"] < 1
    assert a["basis"] == "measured on b"
    b = out.loc[("b", "KAZ")]
    assert (b["rate"], b["rate_low"]) == (0.0, 0.0)
    assert b["rate_high"] > 0.3, "three lines are few"
    assert out.loc[("a", "*"), "rate"] == pytest.approx(a["rate"])


def test_lines_of_two_drawings_are_one_within_both_errors() -> None:
    """4 km apart with errors of 1 and 2 km: the slack of 2 km decides."""
    lines = layer(
        ("a", "KAZ", 1.0, along(48)),
        ("b", "KAZ", 2.0, along(48 + 4 * KM)),
        ("a", "KAZ", 0.0, along(49)),
        ("b", "KAZ", 0.0, along(49)),
    )
    assert rates(lines).loc[("a", "KAZ"), "rate"] == 0.0
    assert rates(lines, slack_km=0.5).loc[("a", "KAZ"), "rate"] == pytest.approx(0.5, abs=0.01)
    wide = lines.assign(lateral_error_km=[6.0, 2.0, 0.0, 0.0])
    assert rates(wide, slack_km=0.5).loc[("a", "KAZ"), "rate"] == 0.0


def test_a_farther_line_of_a_larger_error_may_be_the_one() -> None:
    """The nearest line of a is no match, one behind it with a larger error is."""
    lines = layer(
        ("a", "KAZ", 0.0, along(48 + 5 * KM)),
        ("a", "KAZ", 12.0, along(48 + 9 * KM)),
        ("b", "KAZ", 0.0, along(48)),
        ("b", "KAZ", 0.0, along(48 + 5 * KM)),
    )
    assert rates(lines, slack_km=0.0).loc[("a", "KAZ"), "rate"] == 0.0


def test_a_line_of_unknown_course_says_nothing() -> None:
    """A chord tests nobody, and what lies within its error is neither seen nor missing."""
    chord = shapely.LineString([(70, 50), (74, 50)])
    known = layer(("a", "KAZ", 0.0, along(47)), ("b", "KAZ", 0.0, along(47)))
    assert rates(known).loc[("a", "KAZ"), "rate"] == 0.0
    tested = pd.concat([known, layer(("b", "KAZ", 60.0, chord))])
    assert rates(tested).loc[("a", "KAZ"), "rate"] == 0.0
    behind = pd.concat([known, layer(("a", "KAZ", 60.0, chord), ("b", "KAZ", 0.0, along(50.2)))])
    row = rates(behind).loc[("a", "KAZ")]
    assert row["rate"] == 0.0
    assert row["undecided_km"] == pytest.approx(cut_lines(np.array([along(50.2)])).km.sum())
    far = pd.concat([known, layer(("a", "KAZ", 60.0, chord), ("b", "KAZ", 0.0, along(51.0)))])
    assert rates(far).loc[("a", "KAZ"), "rate"] == pytest.approx(0.48, abs=0.03)


def test_one_source_alone_is_unknown_and_said_to_be() -> None:
    out = rates(layer(("a", "KAZ", 0.0, along(48)), ("chords", "KAZ", 90.0, along(48))))
    for source in ("a", "chords"):
        row = out.loc[(source, "KAZ")]
        assert np.isnan(row["rate"])
        assert (row["state"], row["length_km"]) == ("alone", 0.0)
        assert row["basis"] == "unknown: no other source has lines of known course"
    together = out.loc[("*", "KAZ")]
    assert (together["state"], together["basis"]) == ("assumed", "assumed (judgement)")
    assert together["rate"] == pytest.approx(0.2)


def test_a_table_of_what_another_lacks_tests_nobody() -> None:
    """Nothing in common: no recapture, no estimate, instead of a rate of one."""
    both = layer(("a", "KAZ", 0.0, along(47)), ("more", "KAZ", 0.0, along(49)))
    out = rates(both)
    assert out.loc[("*", "KAZ"), "state"] == "assumed"
    assert np.isnan(out.loc[("a", "KAZ"), "rate"])
    third = pd.concat([both, layer(("c", "KAZ", 0.0, along(47)), ("c", "KAZ", 0.0, along(48)))])
    out = rates(third)
    assert out.loc[("more", "KAZ"), "state"] == "apart"
    assert out.loc[("a", "KAZ"), "rate"] == pytest.approx(0.5, abs=0.01)
    assert out.loc[("a", "KAZ"), "basis"] == "measured on c"
    assert out.loc[("c", "KAZ"), "rate"] == 0.0


def test_a_country_with_little_to_test_has_the_rate_of_all() -> None:
    short = along(41, 66.0, 67.0)
    lines = layer(
        ("a", "KAZ", 0.0, along(47)),
        ("b", "KAZ", 0.0, along(47)),
        ("b", "KAZ", 0.0, along(49)),
        ("a", "UZB", 0.0, short),
        ("b", "UZB", 0.0, short),
    )
    out = rates(lines)
    row = out.loc[("a", "UZB")]
    assert (row["state"], row["basis"]) == (
        "short",
        "unknown: only 84 km of other sources' lines decide",
    )
    assert np.isnan(row["rate"])
    assert out.loc[("a", "*"), "state"] == "measured"
    table = out.reset_index()
    for country in ("UZB", "*"):
        drawn = draw_omission(table, country, np.random.default_rng(3), 20_000)
        alpha, beta = out.loc[("a", "*"), ["alpha", "beta"]]
        other = out.loc[("b", "*"), ["alpha", "beta"]]
        assert drawn.mean() == pytest.approx(
            alpha / (alpha + beta) * other["alpha"] / other.sum(), rel=0.05
        )
    assert rates(lines, least_km=50.0).loc[("a", "UZB"), "rate"] == 0.0


def test_what_all_leave_out_is_the_product() -> None:
    ys = np.linspace(41, 52, 12)
    lines = layer(
        *[("a", "KAZ", 0.0, along(y)) for y in ys[:9]],
        *[("b", "KAZ", 0.0, along(y)) for y in ys[3:]],
    )
    out = rates(lines)
    a, b, both = (out.loc[(s, "KAZ")] for s in ("a", "b", "*"))
    assert both["rate"] == pytest.approx(
        a["alpha"] / (a["alpha"] + a["beta"]) * b["alpha"] / (b["alpha"] + b["beta"])
    )
    assert both["rate"] < min(a["rate"], b["rate"])
    assert 0 < both["rate_low"] < both["rate"] < both["rate_high"]
    assert both["basis"] == "product of the rates of 2 sources"


def test_the_rate_comes_back_when_lines_are_left_out_by_lot() -> None:
    """Each of two sources leaves out a known share of 400 made-up lines, independently."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(60, 80, 400), rng.uniform(44, 54, 400)
    lines = [shapely.LineString([(a, b), (a + 0.4, b)]) for a, b in zip(x, y, strict=True)]
    rows = [("a", "KAZ", 0.0, line) for line in lines if rng.random() > 0.3]
    rows += [("b", "KAZ", 0.0, line) for line in lines if rng.random() > 0.1]
    out = rates(layer(*rows), slack_km=0.1)
    for source, true in (("a", 0.3), ("b", 0.1)):
        row = out.loc[(source, "KAZ")]
        assert row["rate_low"] < true < row["rate_high"]
        assert row["rate"] == pytest.approx(true, abs=0.06)


def test_points_and_gaps_are_passed_over() -> None:
    lines = layer(
        ("a", "KAZ", 0.0, along(48)),
        ("b", "KAZ", 0.0, along(48)),
        ("b", "KAZ", 0.0, shapely.Point(72, 52)),
        ("b", "KAZ", 0.0, shapely.LineString()),
        ("b", None, 0.0, along(52)),
    )
    lines.loc[len(lines)] = ["b", "KAZ", 0.0, None]
    out = rates(lines)
    assert out.loc[("a", "KAZ"), "rate"] == 0.0
    assert out.loc[("a", "KAZ"), "length_km"] == pytest.approx(
        cut_lines(np.array([along(48)])).km.sum()
    )


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (lambda t: t.drop(columns="country"), {}, "the lines have no column country; give rows of"),
        (lambda t: t, {"slack_km": -1.0}, "slack_km is -1.0; give kilometres, 0 or more"),
        (lambda t: t, {"widest_km": float("nan")}, "widest_km is nan"),
        (lambda t: t.set_crs(None, allow_override=True), {}, "no coordinate reference system"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], options: dict[str, float], says: str
) -> None:
    with pytest.raises(SchemaError, match=says):
        omission_rates(change(layer(("a", "KAZ", 0.0, along(48)))), **options)  # type: ignore[arg-type]


def test_stretches_run_from_junction_to_junction() -> None:
    chain = [shapely.LineString([(x, 45), (x + 1, 45)]) for x in range(70, 74)]
    branch = shapely.LineString([(72, 45), (72, 46)])
    numbers = number_stretches(np.array([*chain, branch]))
    assert numbers[0] == numbers[1]
    assert numbers[2] == numbers[3]
    assert len(set(numbers)) == 3
    ring = shapely.LineString([(80, 45), (81, 45), (81, 46), (80, 45)])
    assert len(number_stretches(np.array([ring]))) == 1
    assert number_stretches(np.array([], dtype=object)).tolist() == []


@pytest.mark.mirror
def test_the_packed_railways_lack_a_fifth_of_what_natural_earth_draws(
    mirror: Callable[..., str], tmp_path: Path
) -> None:
    """The figures of docs/uncertainty.md, from the real files."""
    settings = Settings.from_environment(data_root=tmp_path, mirror=mirror())
    fetch_snapshot(load_catalog()["natural_earth_railroads"], settings)
    only = ("natural_earth_railroads", "starter_railways")
    layers = read_layers(settings, Options(only=only), only_layers=("railways",)).frames
    table = omission_rates(load_targets()["railway"].choose(layers["railways"]))
    out = table.set_index(["source_id", "country"])
    packed, drawn = out.loc["starter_railways"], out.loc["natural_earth_railroads"]
    assert packed.loc["*", "rate"] == pytest.approx(0.178, abs=0.002)
    assert packed.loc["*", "length_km"] == pytest.approx(21_876, abs=10)
    assert drawn.loc["*", "rate"] == pytest.approx(0.117, abs=0.002)
    assert packed.loc["KAZ", "rate"] == pytest.approx(0.184, abs=0.002)
    assert packed.loc["KGZ", "rate"] == pytest.approx(0.255, abs=0.002)
    assert drawn.loc["KGZ", "rate"] == 0.0
    assert drawn.loc["AFG", "state"] == "short"
    together = out.loc["*"].drop(index="*")
    assert set(together.index) == set(SCORED_COUNTRIES)
    assert (together["rate"] < 0.15).all()
