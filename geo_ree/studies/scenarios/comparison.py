"""The comparison of a scenario: the same deposits measured, scored and drawn before and after."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import SettingsError
from geo_ree.pipeline.deposit_routes import with_quantities
from geo_ree.pipeline.records import Result
from geo_ree.pipeline.sampling import measure_omission, missing_lines, missing_sampler
from geo_ree.proximity import TargetIndex
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import score
from geo_ree.studies.scenarios.additions import ScenarioSampler, draw_changes
from geo_ree.studies.scenarios.changes import Added, Removed
from geo_ree.studies.scenarios.route_changes import compare_routes
from geo_ree.studies.scenarios.scenario_case import Case, make_case, measure_after
from geo_ree.studies.scenarios.scenario_result import Scenario
from geo_ree.studies.scenarios.scenario_sentences import (
    REACH_CHANGES,
    describe_changes,
    describe_routes,
)
from geo_ree.studies.scenarios.tonnage import sum_by_change

RAILWAY = "railway"
"""The target that ``reached_before`` and ``reached_after`` refer to."""

_HEAD = ("id", "name", "country", "role")


def scenario(
    result: Result,
    *,
    add: Mapping[str, Added] | None = None,
    remove: Mapping[str, Removed] | None = None,
    year: int | None = None,
    within_km: float = 50.0,
) -> Scenario:
    """Add or remove infrastructure, and compare the deposits of a run before and after.

    Parameters
    ----------
    result
        The result of `geo_ree.run`, with the layers and scores before.
    add
        Layer (``railways``, ``roads``, ``power_lines``, ``power_plants``, ``gateways``) -> a
        GeoJSON file or a GeoDataFrame of features, as
        `geo_ree.studies.scenarios.read_features` takes them; `geo_ree.studies.scenarios.planned_lines` returns the
        packaged ones. Added gateways count beside the gateways of the targets.
    remove
        Layer -> ids or names of features, ``kind=WORD``, ``source=ID``, ``country=ISO3``, or a
        function that returns a mask of the rows.
    year
        Count only features that are open by this year. A feature without a published year of
        opening is then left out and listed. None counts all features that are not suspended or
        abandoned.
    within_km
        Distance (km) that counts as within reach of a railway.

    Returns
    -------
    Scenario

    Raises
    ------
    SchemaError
        When features are invalid: all mistakes, with file, feature and hint.
    SettingsError
        When nothing is changed, a layer is not available, or a name is not found.

    Notes
    -----
    Distances go to the deposit's own country, so a line is cut where it crosses a border. An
    added line of uncertain course changes the score only where even its farthest course is nearer
    than the network before; in the draws its course is drawn. An addition never makes a distance
    longer. Where a removal leaves a country without any such feature, the deposit is out of reach
    (value 0), not unknown. The model is the one chosen for the table before. Before and after
    share their random numbers, so a scenario that changes nothing keeps the intervals. Lines that
    no source has are drawn too; the chance of being within reach leaves them out. Routes follow
    added railways for freight; other changes leave them as they are.

    Examples
    --------
    >>> from geo_ree import Options, Settings, run
    >>> from geo_ree.studies.scenarios import planned_lines
    >>> base = run(Settings(), Options(draws=20))
    >>> study = scenario(base, add={"railways": planned_lines("Balykchy - Kara-Keche")})
    >>> study.table.loc["starter_deposits:kyzyl-ompol", "reached_after"]
    'yes'
    """
    if not 0 < within_km < np.inf:
        raise SettingsError(f"within_km is {within_km!r}", "give kilometres above 0")
    case = make_case(result, dict(add or {}), dict(remove or {}), year)
    after = measure_after(case)
    table = _compare(case, after, within_km)
    routes = _compare_routes(result, case, after)
    change = _reach_change(table, within_km)
    tonnes = sum_by_change(change, table["name"], result.statements)
    return Scenario(
        table=table,
        tonnes=tonnes,
        added=case.changes.added,
        removed=case.changes.removed,
        routes=routes,
        sentences=(
            *describe_changes(table, tonnes, case.changes, change, case.moved, within_km),
            *describe_routes(routes),
        ),
        year=year,
        within_km=float(within_km),
        draws=case.options.draws,
        seed=case.options.seed,
        preset=result.scores.preset,
    )


def _compare_routes(result: Result, case: Case, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Routes of the ranked deposits, before and after; none where no railway is added."""
    added = case.changes.added
    counted = (added["layer"] == "railways") & added["counted"].astype(bool)
    ranked = case.before["role"].isin(RANKED_ROLES)
    return compare_routes(
        with_quantities(case.before[ranked], result.layers),
        with_quantities(after[ranked], result.layers),
        added[counted],
        case.options.seed,
    )


def _compare(case: Case, after: gpd.GeoDataFrame, within_km: float) -> pd.DataFrame:
    before = case.before
    out = pd.DataFrame(before[list(_HEAD)])
    targets = dict.fromkeys((*case.moved, *(n for n in case.targets if n == RAILWAY)))
    for name in targets:
        for word, table in (("before", before), ("after", after)):
            for column in (f"dist_{name}_km", f"err_{name}_km", f"near_{name}"):
                out[f"{column}_{word}"] = table[column]
        if case.additions.for_target(name):
            out = out.join(_nearest_addition(case, name))
    points = score(after, case.model, compared=case.compared)["score"]
    out["score_before"], out["score_after"] = before["score"], points
    ranked = before["role"].isin(RANKED_ROLES) & before["score"].notna() & points.notna()
    for word, values in (("before", before["score"]), ("after", points)):
        ranks = values.where(ranked).groupby(before["role"]).rank(ascending=False, method="first")
        out[f"rank_{word}"] = ranks.astype("Int64")
    if RAILWAY in case.targets:
        for word, table, added in (("before", before, False), ("after", after, True)):
            out[f"reached_{word}"] = _within_reach(case, table, within_km, added=added)
    drawn = _draw(case, after, ranked, within_km)
    out = out.join(drawn)
    for name in (column for column in drawn.columns if str(column).startswith("rank_")):
        out[name] = out[name].astype("Int64")
    return out.assign(changed=_changed(out))


def _nearest_addition(case: Case, name: str) -> pd.DataFrame:
    """Distance to the nearest addition as drawn, and the error of that distance."""
    distance, error = _addition_distances(case, name)
    none = np.isnan(distance).all(axis=0)
    nearest = np.argmin(np.where(np.isnan(distance), np.inf, distance), axis=0)
    columns = np.arange(distance.shape[1])
    return pd.DataFrame(
        {
            f"dist_added_{name}_km": np.where(none, np.nan, distance[nearest, columns]),
            f"err_added_{name}_km": np.where(none, np.nan, error[nearest, columns]),
        },
        index=case.before.index,
    )


def _addition_distances(case: Case, name: str) -> tuple[Floats, Floats]:
    """Distance and error of each addition from each deposit, both of shape (additions, n)."""
    lon, lat = case.before.geometry.x.to_numpy(), case.before.geometry.y.to_numpy()
    country = case.before["country"].astype(object).to_numpy()
    additions = case.additions.for_target(name)
    distance = np.stack([a.measure(lon, lat, country) for a in additions])
    error = np.array([a.error_km for a in additions])
    own = pd.to_numeric(case.before["position_error_m"]).fillna(0.0).to_numpy(np.float64) / 1000.0
    return distance, error[:, None] + own


def _within_reach(case: Case, table: pd.DataFrame, within_km: float, *, added: bool) -> pd.Series:
    """Whether a railway is within reach; "perhaps" where the errors allow both."""
    distance = table[f"dist_{RAILWAY}_km"].to_numpy(np.float64)
    error = np.nan_to_num(table[f"err_{RAILWAY}_km"].to_numpy(np.float64))
    low, high = distance - error, distance + error
    if added and case.additions.for_target(RAILWAY):
        away, error = _addition_distances(case, RAILWAY)
        low = np.fmin(low, np.fmin.reduce(away - error, axis=0))
        high = np.fmin(high, np.fmin.reduce(away + error, axis=0))
    words = np.select(
        [np.isnan(low), high <= within_km, low > within_km], ["unknown", "yes", "no"], "perhaps"
    )
    return pd.Series(words, index=table.index, dtype=object)


def _draw(case: Case, after: gpd.GeoDataFrame, ranked: pd.Series, within_km: float) -> pd.DataFrame:
    """Intervals and chances of the ranked deposits."""
    if not ranked.any():
        return pd.DataFrame(index=case.before.index)
    network = TargetIndex(case.layers, case.targets, coverage=case.coverage, regions=case.regions)
    remaining = network
    if len(case.changes.removed):
        layers = {**case.layers, **case.changes.kept}
        remaining = TargetIndex(layers, case.targets, coverage=case.coverage, regions=case.regions)

    def samplers(columns: tuple[str, ...]) -> tuple[ScenarioSampler, ScenarioSampler]:
        return (
            ScenarioSampler(
                case.before[ranked], network, case.additions, False, columns, case.model
            ),
            ScenarioSampler(after[ranked], remaining, case.additions, True, columns, case.model),
        )

    rates = measure_omission(network)
    lines = missing_lines(network, rates, case.layers["countries"], case.options.seed)
    out = draw_changes(
        *samplers(case.model.columns),
        case.model,
        missing_sampler(case.before[ranked], lines, case.model),
        case.compared[ranked],
        case.options,
    )
    column = f"dist_{RAILWAY}_km"
    if RAILWAY in case.targets:
        for word, sampler in zip(("before", "after"), samplers((column,)), strict=True):
            drawn = sampler(np.random.default_rng(case.options.seed), case.options.draws)[column]
            share = (drawn <= within_km).mean(axis=0)
            out[f"p_within_{word}"] = np.where(np.isnan(drawn[0]), np.nan, share)
    return out


def _changed(table: pd.DataFrame) -> pd.Series:
    """Rows in which any column differs before and after."""
    out = pd.Series(False, index=table.index)
    for name in table.columns[table.columns.str.endswith("_before")]:
        other = table[name.removesuffix("_before") + "_after"]
        same = (table[name] == other).fillna(False).astype(bool)
        out |= ~(same | (table[name].isna() & other.isna()))
    return out


def _reach_change(table: pd.DataFrame, within_km: float) -> pd.Series:
    """Deposit id -> how its reach changes, for the ranked roles where it does."""
    if "reached_before" not in table:
        return pd.Series([], index=pd.Index([], dtype=object), dtype=object)
    rows = table[table["role"].isin(RANKED_ROLES)]
    pairs = zip(rows["reached_before"], rows["reached_after"], strict=True)
    words = pd.Series([REACH_CHANGES.get(p) for p in pairs], index=rows.index, dtype=object)
    return words.dropna().map(lambda w: f"{w} {within_km:g} km")
