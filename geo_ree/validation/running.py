"""A validation from the sources at hand to its tables."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd

from geo_ree.errors import ScoreError
from geo_ree.intake import Progress
from geo_ree.options import Options
from geo_ree.scoring import ScoreModel, load_preset
from geo_ree.settings import Settings
from geo_ree.validation.judging import Judged, judge, measure_sites
from geo_ree.validation.outcome import Validation
from geo_ree.validation.sites import Gathered, Scope, gather_scopes
from geo_ree.validation.trials import LEAST, TRIALS

logger = logging.getLogger(__name__)

_CURE = (
    "get tables that tell mines from prospects: geo-ree fetch usgs_copper_sites usgs_ree "
    "usgs_major_deposits, and geo-ree fetch icmm_mines --file WORKBOOK (a person downloads it from "
    "icmm.com)"
)
_KEPT = ("id", "name", "country", "tables", "commodities", "stated", "icmm", "mine", "mine_km")


def validate_scores(
    settings: Settings, options: Options, *, tell: Progress = logger.info
) -> Validation:  # fmt: skip
    """Test whether sites that became mines score higher than those that did not.

    This is a test of discrimination on the infrastructure of today, not a back-test: that
    would need the lines and towns as they were before each mine was opened.

    Parameters
    ----------
    settings, options
        Where the data are; which sources, preset and targets, how many draws, which seed.
    tell
        Called with a line of progress.

    Returns
    -------
    Validation

    Raises
    ------
    ScoreError
        When no trial has enough mines and enough other sites; the message tells what to fetch.
    GeoReeError
        With the file, the row and the cure.

    Examples
    --------
    >>> validate_scores(Settings(), Options(only=("starter_deposits",)))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geo_ree.errors.ScoreError: no trial has 15 mines and 15 other sites (there are none); ...
    """
    gathered = gather_scopes(settings, options, tell)
    preset = load_preset(options.preset)
    judged: dict[tuple[str, str], Judged] = {}
    measured: dict[str, pd.DataFrame] = {}
    models: dict[str, ScoreModel] = {}
    for scope in gathered.scopes.values():
        if scope.sites.empty:
            continue
        tell(f"  {scope.name}: {len(scope.sites)} sites")
        table = measured[scope.name] = measure_sites(scope, preset)
        models[scope.name] = preset.choose(table)
        for trial in TRIALS.values():
            judged[scope.name, trial.name] = judge(
                scope, trial, table, models[scope.name], draws=options.draws, seed=options.seed
            )
    return _outcome(gathered, judged, measured, models, options)


def _outcome(
    gathered: Gathered, judged: Mapping[tuple[str, str], Judged],
    measured: Mapping[str, pd.DataFrame], models: Mapping[str, ScoreModel], options: Options,
) -> Validation:  # fmt: skip
    rows = [row for j in judged.values() for row in j.rows]
    skipped = pd.DataFrame([s for j in judged.values() for s in j.skipped],
                           columns=["trial", "scope", "country", "mines", "others"])  # fmt: skip
    if not rows:
        raise ScoreError(_too_few(skipped), _CURE)
    curves = [j.curves for j in judged.values() if len(j.curves)]
    return Validation(
        table=pd.DataFrame(rows),
        criteria=pd.DataFrame([c for j in judged.values() for c in j.criteria]),
        left_out=_left_out(judged, gathered), skipped=skipped,
        sites=pd.concat(
            [_sites(gathered.scopes[name], table, judged) for name, table in measured.items()],
            ignore_index=True,
        ),
        curves=pd.concat(curves, ignore_index=True),
        preset={name: f"{m.name} ({m.variant})" for name, m in models.items()},
        layers={name: s.layers for name, s in gathered.scopes.items()},
        inputs=gathered.inputs, draws=options.draws, seed=options.seed,
        warnings=gathered.warnings,
    )  # fmt: skip


def _too_few(skipped: pd.DataFrame) -> str:
    whole = skipped[(skipped["country"] == "") & (skipped[["mines", "others"]].sum(axis=1) > 0)]
    sizes = "; ".join(
        f"{r['trial']}, {r['scope']}: {r['mines']} and {r['others']}" for _, r in whole.iterrows()
    )
    return f"no trial has {LEAST} mines and {LEAST} other sites ({sizes or 'there are none'})"


def _left_out(judged: Mapping[tuple[str, str], Judged], gathered: Gathered) -> pd.DataFrame:
    rows = [("", "", reason, count) for reason, count in gathered.left_out.items()]
    for (scope, trial), j in judged.items():
        counts = j.labels["left_out"][j.labels["left_out"] != ""].value_counts()
        rows += [(trial, scope, str(reason), int(n)) for reason, n in counts.items()]
    return pd.DataFrame(rows, columns=["trial", "scope", "reason", "count"])


def _sites(
    scope: Scope, measured: pd.DataFrame, judged: Mapping[tuple[str, str], Judged]
) -> pd.DataFrame:
    """Sites that take part in any trial of a scope, with their class in each."""
    sites = scope.sites
    out = pd.DataFrame(sites[list(_KEPT)])
    out.insert(0, "scope", scope.name)
    out["latitude"], out["longitude"] = sites.geometry.y.round(5), sites.geometry.x.round(5)
    labels = pd.DataFrame(
        {f"label_{t}": judged[scope.name, t].labels["label"] for t in TRIALS}, index=sites.index
    )
    distances = [c for c in measured.columns if c.startswith("dist_")]
    out = out.join(labels).join(measured[["score", *distances]].round(3))
    out["why"] = sites["why"]
    return out[(labels != "").any(axis=1)]
