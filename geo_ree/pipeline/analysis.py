"""Measures and scores of one set of layers, with the doubt drawn through both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.catalog import Source
from geo_ree.errors import SettingsError
from geo_ree.pipeline.elevation import ElevationSource, terrain_columns
from geo_ree.pipeline.gateways import choose_gateways, compare_gateways, to_the_metre
from geo_ree.pipeline.sampling import (
    measure_omission,
    missing_lines,
    missing_sampler,
    position_sampler,
)
from geo_ree.pipeline.unplaced import possible_areas, score_unplaced
from geo_ree.proximity import Proximity, Target, load_targets, measure
from geo_ree.proximity.omission import ALL
from geo_ree.schema import RANKED_ROLES, SCORED_ROLES
from geo_ree.scoring import (
    Influence,
    ScoreModel,
    explain,
    influence,
    load_preset,
    models_for_table,
    score,
    strengths_and_weaknesses,
    uncertainty,
)
from geo_ree.settings import Options

_SAMPLES = 128
"""Base samples of the influence: enough to tell the strong assumptions from the weak."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What measuring and scoring gave.

    Parameters
    ----------
    scored
        A row per scored deposit: the deposit's columns, distances, points, score, ranks and, for
        the ranked ones, a ``sentence``.
    scenarios
        Rank and score of each candidate under other choices of gateway.
    acceptability
        Rank acceptability of the ranked deposits within their role: share of the draws on each
        rank.
    central_weights
        Deposits by criteria: what one has to believe to put a deposit first; NaN for those that
        never come first.
    influence
        Which assumption moves the ranking of the candidates most, and what changes the leader;
        None with fewer than two candidates.
    omission
        What each source of lines leaves out: ``target`` and ``layer``, then as
        `geo_ree.proximity.omission_rates` has it.
    unplaced
        On the ids of ranked deposits without a coordinate: the range of their scores, see
        `geo_ree.unplaced.RANGE_COLUMNS`.
    areas
        On the same ids: where they may be, with geometry.
    criteria
        The criteria as plain values, for the page.
    preset, aggregate
        Name and variant of the model, and how values became one score.
    warnings
        What a reader has to know of this run.
    models
        The model and the other presets as plain values, so that the page can score by them.
    model, targets
        What was scored by, its set of weights in force, and what was measured to, by name.
    """

    scored: gpd.GeoDataFrame
    scenarios: pd.DataFrame
    acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    influence: Influence | None
    omission: pd.DataFrame
    unplaced: pd.DataFrame
    areas: gpd.GeoDataFrame
    criteria: list[dict[str, Any]]
    preset: str
    aggregate: str
    warnings: list[str]
    models: list[dict[str, Any]]
    model: ScoreModel
    targets: Mapping[str, Target]


def analyse(
    layers: Mapping[str, gpd.GeoDataFrame],
    sources: Mapping[str, Source],
    coverage: Mapping[str, frozenset[str]],
    options: Options,
    *,
    areas: gpd.GeoDataFrame,
    rasters: tuple[ElevationSource, ...] = (),
) -> Analysis:
    """Measure and score every deposit of a scored role, with or without a coordinate.

    Parameters
    ----------
    layers
        Canonical layers by name; ``deposits`` with the column ``sources``.
    sources
        The catalogue entries behind them.
    coverage
        Layer -> countries in which a missing feature means something.
    options
        Preset, targets, gateways, draws and seed.
    areas
        Where deposits may be, of `geo_ree.deposits.location`.
    rasters
        From `geo_ree.pipeline.elevation.find_elevation`.

    Returns
    -------
    Analysis

    Notes
    -----
    The candidates are what TOPSIS compares; the other deposits are held against them, so that
    none of them changes how the candidates rank.
    """
    deposits = _scorable(layers["deposits"])
    targets = choose_gateways(load_targets(options.targets), layers, options)
    proximity = Proximity(layers, targets, coverage=coverage)
    labels = {i: s.label for i, s in sources.items()}
    measures = measure(deposits, layers, labels=labels, proximity=proximity, feet=True)
    terrain = terrain_columns(deposits, rasters, proximity)
    table = pd.concat([deposits, to_the_metre(measures), terrain], axis=1)
    model = _model(options, table)
    compared = _compared(table["role"])
    points = score(table, model, compared=compared)
    ranked = table["role"].isin(RANKED_ROLES) & points["score"].notna()
    rates = measure_omission(proximity)
    lines = missing_lines(proximity, rates, layers["countries"], options.seed)
    doubt = uncertainty(
        table[ranked],
        model,
        position_sampler(table[ranked], proximity, model),
        missing=missing_sampler(table[ranked], lines),
        compared=compared[ranked],
        groups=table.loc[ranked, "role"],
        draws=options.draws,
        seed=options.seed,
        concentration=options.concentration,
        keep_draws=True,
    )
    frame = _scored(pd.concat([table, points, doubt.table], axis=1), ranked, compared, model)
    candidates = frame[(frame["role"] == "candidate") & ranked]
    possible = possible_areas(layers["deposits"], areas, layers["countries"])
    return Analysis(
        scored=gpd.GeoDataFrame(frame, geometry="geometry", crs=deposits.crs),
        scenarios=compare_gateways(candidates, layers, targets, model, labels),
        acceptability=doubt.acceptability,
        central_weights=doubt.central_weights,
        influence=_influence(candidates, model, options.seed),
        omission=_omission(rates, targets),
        unplaced=score_unplaced(
            possible,
            layers["deposits"].set_index("id")["role"],
            frame[ranked],
            model,
            proximity=proximity,
            lines=lines,
            doubt=doubt,
            compared=compared[ranked],
            seed=options.seed,
        ),
        areas=possible,
        criteria=_criteria(model),
        preset=f"{model.name} ({model.variant})",
        aggregate=model.aggregate,
        warnings=[*_warnings(measures, layers, targets), *_untested(rates, targets)],
        models=models_for_table(model, table),
        model=model,
        targets=targets,
    )


def _model(options: Options, table: pd.DataFrame) -> ScoreModel:
    model = load_preset(options.preset).choose(table)
    return replace(model, aggregate=options.aggregate) if options.aggregate else model


def _compared(roles: pd.Series) -> pd.Series:
    """What TOPSIS compares: the candidates; without any, whatever is ranked."""
    candidates = roles == "candidate"
    return candidates if candidates.any() else roles.isin(RANKED_ROLES)


def _scored(
    table: pd.DataFrame, ranked: pd.Series, compared: pd.Series, model: ScoreModel
) -> gpd.GeoDataFrame:
    """The table with ranks, reasons and, for what is ranked, a sentence."""
    reasons = [strengths_and_weaknesses(row, model) for _, row in table.iterrows()]
    words = [text for text, _ in reasons], [text for _, text in reasons]
    out = table.assign(rank=_ranks(table, ranked), reasons_for=words[0], reasons_against=words[1])
    among = out[ranked]
    sentences = {
        label: explain(
            label, among, model, ranked=among["role"] == role, compared=compared[ranked]
        ).sentence
        for label, role in among["role"].items()
    }
    out["sentence"] = pd.Series(sentences, dtype=object).reindex(out.index)
    return out


def _influence(candidates: pd.DataFrame, model: ScoreModel, seed: int) -> Influence | None:
    if len(candidates) < 2:
        return None
    return influence(candidates, model, samples=_SAMPLES, seed=seed)


def _omission(rates: Mapping[str, pd.DataFrame], targets: Mapping[str, Target]) -> pd.DataFrame:
    parts = [table.assign(target=name, layer=targets[name].layer) for name, table in rates.items()]
    if not parts:
        return pd.DataFrame(columns=["target", "layer"])
    out = pd.concat(parts, ignore_index=True)
    return out[["target", "layer", *(c for c in out.columns if c not in ("target", "layer"))]]


def _scorable(deposits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    located = deposits.geometry.notna() & ~deposits.geometry.is_empty
    rows = deposits[located & deposits["role"].isin(SCORED_ROLES)]
    if rows.empty:
        raise SettingsError(
            "no deposit has both a coordinate and a role that is scored",
            "choose another source of deposits",
        )
    return rows.set_index("id", drop=False).rename_axis(None)


def _ranks(scored: pd.DataFrame, ranked: pd.Series) -> pd.Series:
    ranks = (
        scored["score"].where(ranked).groupby(scored["role"]).rank(ascending=False, method="first")
    )
    return ranks.astype("Int64")


def _criteria(model: ScoreModel) -> list[dict[str, Any]]:
    return [
        {
            "name": c.name,
            "label": c.label,
            "column": c.column,
            "weight": round(float(share), 6),
            "decay": str(c.value),
            "half_km": getattr(c.value, "half_km", None),
            "measured_to": c.measured_to,
            "reason": c.reason,
            "source": c.source,
            "decay_reason": c.decay_reason,
            "decay_source": c.decay_source,
        }
        for c, share in zip(model.criteria, model.shares, strict=True)
    ]


def _warnings(
    measures: pd.DataFrame, layers: Mapping[str, gpd.GeoDataFrame], targets: Mapping[str, Target]
) -> list[str]:
    out = []
    for name, target in targets.items():
        column = f"dist_{name}_km"
        if target.layer not in layers:
            out.append(
                f"no source of the layer {target.layer} is at hand: {target.label} is unknown"
            )
        elif measures[column].isna().any():
            count = int(measures[column].isna().sum())
            out.append(f"{target.label}: unknown for {count} of {len(measures)} deposits")
    for layer in ("railways", "roads"):
        if layer in layers:
            unsure = int((layers[layer]["lateral_error_km"] > 25.0).sum())
            if unsure:
                out.append(f"{layer}: {unsure} pieces have a course unknown by more than 25 km")
    return out


def _untested(rates: Mapping[str, pd.DataFrame], targets: Mapping[str, Target]) -> list[str]:
    """Say of which lines nobody knows how many are missing."""
    out = []
    for name, table in rates.items():
        row = table[(table["source_id"] == ALL) & (table["country"] == ALL)].iloc[0]
        if row["state"] == "assumed":
            out.append(
                f"{targets[name].layer}: no second source tests what is left out; "
                f"{100 * row['rate']:.0f} % of the lines are assumed to be missing"
            )
    return out
