"""Before and after: the same deposits measured, scored and drawn twice."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import SettingsError
from geo_ree.pipeline.result import Result
from geo_ree.pipeline.sampling import measure_omission, missing_lines, missing_sampler
from geo_ree.proximity import TargetIndex
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import score
from geo_ree.studies.scenario.changes import Added, Removed
from geo_ree.studies.scenario.outcome import Scenario
from geo_ree.studies.scenario.sides import (
    Case,
    Draw,
    chance_within,
    draw_changes,
    make_case,
    measure_after,
)
from geo_ree.studies.scenario.wording import REACH_CHANGES, sentences_of, tonnes_of

RAILWAY = "railway"
"""The target whose reach is told."""

_HEAD = ("id", "name", "country", "role")


def scenario(
    result: Result,
    *,
    add: Mapping[str, Added] | None = None,
    remove: Mapping[str, Removed] | None = None,
    year: int | None = None,
    within_km: float = 50.0,
) -> Scenario:
    """Add or remove infrastructure, and see what changes for the deposits of a run.

    Parameters
    ----------
    result
        Of `geo_ree.run`: the layers and scores before.
    add
        Layer (``railways``, ``roads``, ``power_lines``, ``power_plants``, ``gateways``) -> a
        GeoJSON file or a frame of features, as `geo_ree.studies.scenario.read_features` takes them;
        `geo_ree.studies.scenario.planned_lines` gives those of the package. Added gateways count beside those
        that the targets name.
    remove
        Layer -> ids or names of features, ``kind=WORD``, ``source=ID``, ``country=ISO3``, or a
        function that gives a mask of the rows.
    year
        Count only what is open by then. What has no published year of opening is then left out
        and named. None counts all that is not suspended or abandoned.
    within_km
        What counts as within reach of a railway (km).

    Returns
    -------
    Scenario

    Raises
    ------
    SchemaError
        When features are wrong: every mistake, with file, feature and hint.
    SettingsError
        When nothing is changed, a layer is not at hand, or a name is not there.

    Notes
    -----
    Distances go to the deposit's own country, so a line is cut where it crosses a border. A line
    whose course is less sure than its target asks for moves the score only where even its farthest
    course is nearer than what was there; in the draws its course is drawn. What is added never
    makes anything farther. Where a removal leaves a country without any such feature, the
    deposit counts as out of reach (value 0), not as unknown. The model is the one chosen for the
    table before. Before and after are drawn with the same random numbers, so a scenario that
    changes nothing has the same intervals.

    Intervals and chances are drawn for the ranked deposits as in `geo_ree.pipeline.analysis.score_deposits`, save
    that the course of each addition is drawn for itself. Lines that no source has are drawn too,
    the same before and after; the chance of being within reach is of the lines at hand.

    Examples
    --------
    >>> from geo_ree import Options, Settings, run
    >>> from geo_ree.studies.scenario.changes import planned_lines
    >>> base = run(Settings(), Options(draws=20))
    >>> told = scenario(base, add={"railways": planned_lines("Balykchy - Kara-Keche")})
    >>> bool(told.table.loc["starter_deposits:kyzyl-ompol", "reached_after"] == "yes")
    True
    """
    if not 0 < within_km < np.inf:
        raise SettingsError(f"within_km is {within_km!r}", "give kilometres above 0")
    case = make_case(result, dict(add or {}), dict(remove or {}), year)
    after = measure_after(case)
    table = _compared(case, after, within_km)
    change = _reach_change(table, within_km)
    tonnes = tonnes_of(change, table["name"], result.statements)
    return Scenario(
        table=table,
        tonnes=tonnes,
        added=case.changes.added,
        removed=case.changes.removed,
        sentences=sentences_of(table, tonnes, case.changes, change, case.moved, within_km),
        year=year,
        within_km=float(within_km),
        draws=case.options.draws,
        seed=case.options.seed,
        preset=result.scores.preset,
    )


def _compared(case: Case, after: gpd.GeoDataFrame, within_km: float) -> pd.DataFrame:
    before = case.before
    out = pd.DataFrame(before[list(_HEAD)])
    targets = dict.fromkeys((*case.moved, *(n for n in case.targets if n == RAILWAY)))
    for name in targets:
        for word, table in (("before", before), ("after", after)):
            for column in (f"dist_{name}_km", f"err_{name}_km", f"near_{name}"):
                out[f"{column}_{word}"] = table[column]
        if case.additions.of(name):
            out = out.join(_beside(case, name))
    points = score(after, case.model, compared=case.compared)["score"]
    out["score_before"], out["score_after"] = before["score"], points
    ranked = before["role"].isin(RANKED_ROLES) & before["score"].notna() & points.notna()
    for word, values in (("before", before["score"]), ("after", points)):
        ranks = values.where(ranked).groupby(before["role"]).rank(ascending=False, method="first")
        out[f"rank_{word}"] = ranks.astype("Int64")
    if RAILWAY in case.targets:
        out["reached_before"], out["reached_after"] = _reached(case, after, within_km)
    drawn = _drawn(case, after, ranked, within_km)
    out = out.join(drawn)
    for name in drawn.columns[drawn.columns.str.startswith("rank_")]:
        out[name] = out[name].astype("Int64")
    return out.assign(changed=_changed(out))


def _beside(case: Case, name: str) -> pd.DataFrame:
    """The nearest addition as drawn, and how far its true course may be from that."""
    distance, error = _added_reach(case, name)
    none = np.isnan(distance).all(axis=0)
    nearest = np.where(
        none, 0, np.nanargmin(np.where(np.isnan(distance), np.inf, distance), axis=0)
    )
    columns = np.arange(distance.shape[1])
    return pd.DataFrame(
        {
            f"dist_added_{name}_km": np.where(none, np.nan, distance[nearest, columns]),
            f"err_added_{name}_km": np.where(none, np.nan, error[nearest, columns]),
        },
        index=case.before.index,
    )


def _added_reach(case: Case, name: str) -> tuple[Floats, Floats]:
    """Distance and error of each addition from each deposit, both of shape (additions, n)."""
    lon, lat = case.before.geometry.x.to_numpy(), case.before.geometry.y.to_numpy()
    country = case.before["country"].astype(object).to_numpy()
    added = case.additions.of(name)
    distance = np.stack([one.measure(lon, lat, country) for one in added])
    error = np.array([one.error_km for one in added])
    own = pd.to_numeric(case.before["position_error_m"]).fillna(0.0).to_numpy(np.float64) / 1000.0
    return distance, error[:, None] + own


def _reached(case: Case, after: gpd.GeoDataFrame, within_km: float) -> tuple[pd.Series, pd.Series]:
    """Whether a railway is within reach: yes and no only where the doubt leaves no other."""
    sides = []
    for table, added in ((case.before, False), (after, True)):
        distance = table[f"dist_{RAILWAY}_km"].to_numpy(np.float64)
        error = np.nan_to_num(table[f"err_{RAILWAY}_km"].to_numpy(np.float64))
        low, high = distance - error, distance + error
        if added and case.additions.of(RAILWAY):
            away, doubt = _added_reach(case, RAILWAY)
            low = np.fmin(low, np.fmin.reduce(away - doubt, axis=0))
            high = np.fmin(high, np.fmin.reduce(away + doubt, axis=0))
        words = np.select(
            [np.isnan(low), high <= within_km, low > within_km],
            ["unknown", "yes", "no"],
            "perhaps",
        )
        sides.append(pd.Series(words, index=table.index, dtype=object))
    return sides[0], sides[1]


def _drawn(
    case: Case, after: gpd.GeoDataFrame, ranked: pd.Series, within_km: float
) -> pd.DataFrame:
    if not ranked.any():
        return pd.DataFrame(index=case.before.index)
    network = TargetIndex(case.layers, case.targets, coverage=case.coverage)
    removed = len(case.changes.removed) > 0
    left = (
        network
        if not removed
        else TargetIndex({**case.layers, **case.changes.kept}, case.targets, coverage=case.coverage)
    )

    def draws(columns: tuple[str, ...]) -> tuple[Draw, Draw]:
        sides = ((case.before, network, False), (after, left, True))
        one, two = (Draw(t[ranked], p, case.additions, c, columns) for t, p, c in sides)
        return one, two

    rates = measure_omission(network)
    lines = missing_lines(network, rates, case.layers["countries"], case.options.seed)
    out = draw_changes(
        *draws(case.model.columns),
        case.model,
        missing_sampler(case.before[ranked], lines),
        case.compared[ranked],
        case.options,
    )
    column = f"dist_{RAILWAY}_km"
    if RAILWAY in case.targets:
        for word, draw in zip(("before", "after"), draws((column,)), strict=True):
            out[f"p_within_{word}"] = chance_within(draw, column, within_km, case.options)
    return out


def _changed(table: pd.DataFrame) -> pd.Series:
    """Rows in which before and after differ in anything that is told."""
    out = pd.Series(False, index=table.index)
    for name in table.columns[table.columns.str.endswith("_before")]:
        other = table[name.removesuffix("_before") + "_after"]
        same = (table[name] == other).fillna(False).astype(bool)
        out |= ~(same | (table[name].isna() & other.isna()))
    return out


def _reach_change(table: pd.DataFrame, within_km: float) -> pd.Series:
    """Deposit id -> what the scenario does to its reach, for those where it does something."""
    if "reached_before" not in table:
        return pd.Series([], index=pd.Index([], dtype=object), dtype=object)
    rows = table[table["role"].isin(RANKED_ROLES)]
    pairs = zip(rows["reached_before"], rows["reached_after"], strict=True)
    words = pd.Series([REACH_CHANGES.get(p) for p in pairs], index=rows.index, dtype=object)
    return words.dropna().map(lambda w: f"{w} {within_km:g} km")
