"""Validation of scores: the result with its tables, figure and files."""

from __future__ import annotations

import base64
import io
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo_ree import storage
from geo_ree.errors import ScoreError
from geo_ree.outputs.table_files import library_versions, write_csv
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.scoring import ScoreModel, html_table, load_preset
from geo_ree.settings import DISCLAIMER, Options, Settings
from geo_ree.studies.validation.route_measures import measure_routes
from geo_ree.studies.validation.scopes import Gathered, Scope, gather_scopes
from geo_ree.studies.validation.success_curves import draw_curves
from geo_ree.studies.validation.trial_results import TrialResult, evaluate, measure_sites
from geo_ree.studies.validation.trials import MIN_SITES, TRIALS, classify_sites

logger = logging.getLogger(__name__)


if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILES = ("validation.csv", "validation_sites.parquet", "success_rate.png", "validation.json")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Validation:
    """Whether mines score higher than sites that did not become mines.

    Parameters
    ----------
    table
        A row per trial, scope and country (blank for the whole scope): sizes of the classes; ``auc``
        and ``population`` (the AUC of the distance to the nearest settlement alone) with their 95 %
        intervals ``_low`` and ``_high``, the wider of resampling sites and resampling blocks of
        one degree (``interval`` says which); ``gain``, their paired difference; the same with
        ``within_``, where sites are compared inside one country only; percentiles of random
        weights, and the share of them that the preset beats; the AUC with sites beside a mine of
        another name counted as other sites; and the mean share of the weights that was known.
    criteria
        A row per trial, scope and criterion: its AUC alone, on the sites where it is known.
    measures
        A row per trial, scope and measure of `route_measures.MEASURES` (route km, haulage, access
        cost, beside the score and the distance to the railway): its AUC, the same within
        countries, and its gain over the distance to the railway. NaN where it is not tested: the
        network of routes does not reach around the world.
    left_out
        A row per trial, scope and reason: sites left out.
    skipped
        Countries, and whole scopes, with too few sites of a class.
    sites
        A row per scope and site of any trial: ``label_<trial>``, score, distances, and why.
    curves
        Success-rate curves of the preset and the baselines.
    preset
        Name and variant of the model in each scope.
    layers
        The layers of each scope.
    inputs
        A row for each table read, as in ``run.json``.
    draws, seed
        Draws and seed of the bootstrap.
    warnings
        Limitations of this run.
    """

    table: pd.DataFrame
    criteria: pd.DataFrame
    measures: pd.DataFrame
    left_out: pd.DataFrame
    skipped: pd.DataFrame
    sites: pd.DataFrame
    curves: pd.DataFrame
    preset: Mapping[str, str]
    layers: Mapping[str, Sequence[str]]
    inputs: Sequence[Mapping[str, Any]]
    draws: int
    seed: int
    warnings: Sequence[str]

    def __repr__(self) -> str:
        whole = self.table[self.table["country"] == ""]
        return (
            f"<Validation: {whole['trial'].nunique()} trials in {whole['scope'].nunique()} scopes, "
            f"{self.draws:,} draws, seed {self.seed}>"
        )

    def _repr_html_(self) -> str:
        whole = html_table(brief_table(self.table[self.table["country"] == ""]))
        png = io.BytesIO()
        self.figure().savefig(png, format="png")
        picture = base64.b64encode(png.getvalue()).decode()
        items = "".join(f"<li>{escape(w)}</li>" for w in self.warnings)
        return f'{whole}<img src="data:image/png;base64,{picture}"><ul>{items}</ul>'

    def figure(self, trial: str = "all") -> Figure:
        """Draw the success-rate curves of one trial, a panel per scope.

        The figure is not known to pyplot, so it need not be closed.
        """
        whole = self.table[(self.table["trial"] == trial) & (self.table["country"] == "")]
        return draw_curves(self.curves[self.curves["trial"] == trial], whole)

    def write(self, folder: Path) -> None:
        """Write `FILES` into a folder, all or none; the folder is created if missing."""
        with storage.atomic_files(folder) as draft:
            write_csv(self.table, draft / FILES[0], float_format="%.6g")
            _as_text(self.sites).to_parquet(draft / FILES[1], index=False, compression="zstd")
            self.figure().savefig(draft / FILES[2], metadata={"Software": None})
            text = json.dumps(self._report(), indent=2, ensure_ascii=False, default=str)
            (draft / FILES[3]).write_text(text + "\n", encoding="utf-8")

    def _report(self) -> dict[str, Any]:
        return {
            "disclaimer": DISCLAIMER,
            "versions": library_versions(),
            "draws": self.draws,
            "seed": self.seed,
            "preset": dict(self.preset),
            "layers": {k: list(v) for k, v in self.layers.items()},
            "trials": {t.name: {"mines": t.mines, "others": t.others} for t in TRIALS.values()},
            "results": _records(self.table),
            "criteria": _records(self.criteria),
            "measures": _records(self.measures),
            "left_out": _records(self.left_out),
            "skipped": _records(self.skipped),
            "curves": _records(self.curves.round(4)),
            "inputs": list(self.inputs),
            "warnings": list(self.warnings),
        }


def _as_text(sites: pd.DataFrame) -> pd.DataFrame:
    """The table with whatever is no number, flag or text written as text, as Parquet takes it."""
    mixed = [name for name in sites if sites[name].dtype == object]
    return sites.astype(dict.fromkeys(mixed, "string"))


def brief_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Results as text for people: each figure with its interval, empty where there is none.

    `rows` are rows of `Validation.table`.
    """
    out = rows[["trial", "scope", "country", "mines", "others"]].reset_index(drop=True)
    cells = {
        "AUC": "auc",
        "within countries": "within_auc",
        "population alone": "population",
        "gain over it": "gain",
    }
    for title, name in cells.items():
        if name in rows:
            three = rows[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
            out[title] = [_cell(*map(float, row), signed=name == "gain") for row in three]
    if "beats_random" in rows:
        out["beats random weights"] = [
            "" if pd.isna(share) else f"{100 * share:.0f} %" for share in rows["beats_random"]
        ]
    return out


def _cell(value: float, low: float, high: float, *, signed: bool) -> str:
    if math.isnan(value):
        return ""
    if signed:
        return f"{value:+.2f} ({low:+.2f} to {high:+.2f})"
    return f"{value:.2f} ({low:.2f}-{high:.2f})"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


ROUTED = "region"
"""The scope whose sites have routes: the network holds all of it, and the scored countries."""

_HINT = (
    "fetch tables that distinguish mines from prospects: geo-ree fetch usgs_copper_sites usgs_ree "
    "usgs_major_deposits, and geo-ree fetch icmm_mines --file WORKBOOK (download it by hand from "
    "icmm.com)"
)
_KEPT = ("id", "name", "country", "tables", "commodities", "stated", "icmm", "mine", "mine_km")


def validate(settings: Settings, options: Options, *, tell: Progress = logger.info) -> Validation:
    """Test whether sites that became mines score higher than sites that did not.

    This tests discrimination on the infrastructure of today; it is no back-test, which would need the
    infrastructure before each mine opened.

    Parameters
    ----------
    settings, options
        Where the data are; sources, preset and targets, draws and seed.
    tell
        Called with each line of progress.

    Returns
    -------
    Validation

    Raises
    ------
    ScoreError
        When no trial has enough mines and enough other sites; the message says what to fetch.
    GeoReeError
        With the file, the row and the hint.

    Examples
    --------
    >>> validate(Settings(), Options(only=("starter_deposits",)))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geo_ree.errors.ScoreError: no trial has 15 mines and 15 other sites (there are none); ...
    """
    gathered = gather_scopes(settings, options, tell)
    # sites are compared by what is known of them, however little that is
    preset = replace(load_preset(options.preset), least_known=0.0)
    scopes = {name: scope for name, scope in gathered.scopes.items() if len(scope.sites)}
    measured = _measure(scopes, preset, options, tell)
    models = {name: preset.choose(table) for name, table in measured.items()}
    results = {
        (name, trial.name): evaluate(
            scope, trial, measured[name], models[name], draws=options.draws, seed=options.seed
        )
        for name, scope in scopes.items()
        for trial in TRIALS.values()
    }
    return _collect(gathered, results, measured, models, options)


def _measure(
    scopes: Mapping[str, Scope], preset: ScoreModel, options: Options, tell: Progress
) -> dict[str, pd.DataFrame]:
    """Measure and score the sites of each scope; those of the region get routes and costs too."""
    out = {}
    for name, scope in scopes.items():
        tell(f"  {name}: {len(scope.sites)} sites")
        out[name] = measure_sites(scope, preset)
    if ROUTED not in scopes:
        return out
    sites = scopes[ROUTED].sites
    used = [classify_sites(sites, trial)["label"] != "" for trial in TRIALS.values()]
    tried = sites[np.logical_or.reduce(used)]
    tell(f"  routes of {len(tried)} sites")
    routes = measure_routes(tried, out[ROUTED].loc[tried.index], options.seed)
    inside = (name for name in ("seven", ROUTED) if name in out)
    return out | {name: out[name].join(routes) for name in inside}


def _collect(
    gathered: Gathered,
    results: Mapping[tuple[str, str], TrialResult],
    measured: Mapping[str, pd.DataFrame],
    models: Mapping[str, ScoreModel],
    options: Options,
) -> Validation:
    rows = [row for r in results.values() for row in r.rows]
    skipped = pd.DataFrame(
        [s for r in results.values() for s in r.skipped],
        columns=["trial", "scope", "country", "mines", "others"],
    )
    if not rows:
        raise ScoreError(_too_few(skipped), _HINT)
    curves = [r.curves for r in results.values() if len(r.curves)]
    return Validation(
        table=pd.DataFrame(rows),
        criteria=pd.DataFrame([c for r in results.values() for c in r.criteria]),
        measures=pd.DataFrame([m for r in results.values() for m in r.measures]),
        left_out=_left_out(results, gathered),
        skipped=skipped,
        sites=pd.concat(
            [_sites(gathered.scopes[name], table, results) for name, table in measured.items()],
            ignore_index=True,
        ),
        curves=pd.concat(curves, ignore_index=True),
        preset={name: f"{m.name} ({m.variant})" for name, m in models.items()},
        layers={name: s.layers for name, s in gathered.scopes.items()},
        inputs=gathered.inputs,
        draws=options.draws,
        seed=options.seed,
        warnings=gathered.warnings,
    )


def _too_few(skipped: pd.DataFrame) -> str:
    whole = skipped[(skipped["country"] == "") & (skipped[["mines", "others"]].sum(axis=1) > 0)]
    sizes = "; ".join(
        f"{r['trial']}, {r['scope']}: {r['mines']} and {r['others']}" for _, r in whole.iterrows()
    )
    return (
        f"no trial has {MIN_SITES} mines and {MIN_SITES} other sites ({sizes or 'there are none'})"
    )


def _left_out(results: Mapping[tuple[str, str], TrialResult], gathered: Gathered) -> pd.DataFrame:
    rows = [("", "", reason, count) for reason, count in gathered.left_out.items()]
    for (scope, trial), r in results.items():
        counts = r.labels["left_out"][r.labels["left_out"] != ""].value_counts()
        rows += [(trial, scope, str(reason), int(n)) for reason, n in counts.items()]
    return pd.DataFrame(rows, columns=["trial", "scope", "reason", "count"])


def _sites(
    scope: Scope, measured: pd.DataFrame, results: Mapping[tuple[str, str], TrialResult]
) -> pd.DataFrame:
    """The sites of a scope that are in any trial, with their class in each."""
    sites = scope.sites
    out = pd.DataFrame(sites[list(_KEPT)])
    out.insert(0, "scope", scope.name)
    out["latitude"], out["longitude"] = sites.geometry.y.round(5), sites.geometry.x.round(5)
    labels = pd.DataFrame(
        {f"label_{t}": results[scope.name, t].labels["label"] for t in TRIALS}, index=sites.index
    )
    distances = [c for c in measured.columns if c.startswith(("dist_", "route_"))]
    out = out.join(labels).join(measured[["score", *distances]].round(3))
    out["why"] = sites["why"]
    return out[(labels != "").any(axis=1)]
