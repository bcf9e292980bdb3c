"""Measures into scores: points, ranks, their uncertainty and what the ranking rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.pipeline.deposit_measures import measure_warnings
from geo_ree.pipeline.gateways import compare_gateways
from geo_ree.pipeline.records import Layers, Measures, Scores
from geo_ree.pipeline.sampling import missing_sampler, position_sampler
from geo_ree.pipeline.unplaced import score_unplaced
from geo_ree.proximity import Target
from geo_ree.schema import RANKED_ROLES
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
from geo_ree.scoring.raster_columns import add_raster_columns
from geo_ree.settings import Options

_SIZE = re.compile(r"of [\d,.]+ (?:people|MW|kV) or more")
"""The size that a preset states of what it is measured to; that of the targets takes its place."""

_INFLUENCE_SAMPLES = 128
"""Base samples of the influence: enough to tell the strong assumptions from the weak."""


def score_deposits(measures: Measures, layers: Layers, options: Options) -> Scores:
    """Score and rank what was measured, and draw the uncertainty of the ranks.

    Parameters
    ----------
    measures
        From `geo_ree.pipeline.deposit_measures.measure_deposits`.
    layers
        From which they were measured.
    options
        Preset, aggregate, draws, concentration and seed.

    Notes
    -----
    TOPSIS compares the candidates with each other; the other deposits are scored against them,
    so that none of them changes how the candidates rank.
    """
    proximity, targets = measures.proximity, measures.targets
    preset = name_features(load_preset(options.preset), targets)
    table = add_raster_columns(measures.table, preset)
    model = preset.choose(table)
    if options.aggregate:
        model = replace(model, aggregate=options.aggregate)
    compared = _compared(table["role"])
    points = score(table, model, compared=compared)
    ranked = table["role"].isin(RANKED_ROLES) & points["score"].notna()
    drawn = uncertainty(
        table[ranked],
        model,
        position_sampler(table[ranked], proximity, model),
        missing=missing_sampler(table[ranked], measures.missing, model),
        compared=compared[ranked],
        groups=table.loc[ranked, "role"],
        stages=table.loc[ranked, "stage"],
        draws=options.draws,
        seed=options.seed,
        concentration=options.concentration,
        keep_draws=True,
    )
    scored = _with_ranks(pd.concat([table, points, drawn.table], axis=1), ranked, compared, model)
    candidates = scored[(scored["role"] == "candidate") & ranked]
    frames = layers.frames
    return Scores(
        table=gpd.GeoDataFrame(scored, geometry="geometry", crs=table.crs),
        model=model,
        models=[name_features_in_values(m, targets) for m in models_for_table(model, table)],
        gateways=compare_gateways(
            candidates, frames, targets, model, layers.labels, layers.regions
        ),
        pairwise=drawn.pairwise,
        acceptability=drawn.acceptability,
        central_weights=drawn.central_weights,
        influence=_influence(candidates, model, options.seed),
        unplaced=score_unplaced(
            measures.areas,
            frames["deposits"].set_index("id")["role"],
            scored[ranked],
            model,
            proximity=proximity,
            lines=measures.missing,
            drawn=drawn,
            compared=compared[ranked],
            seed=options.seed,
        ),
        warnings=measure_warnings(measures, frames),
    )


def name_features(model: ScoreModel, targets: Mapping[str, Target]) -> ScoreModel:
    """Name what each criterion is measured to with the least size that the targets of a run count.

    Examples
    --------
    >>> from geo_ree.proximity import load_targets
    >>> named = name_features(load_preset("infrastructure"), load_targets())
    >>> [c.features for c in named.criteria][3:5]
    ['power plant of 50 MW or more', 'town of 5,000 people or more']
    """
    criteria = []
    for c in model.criteria:
        features, measured_to = _feature_words(c.column, c.label, c.measured_to, targets)
        criteria.append(replace(c, features=features, measured_to=measured_to))
    return replace(model, criteria=tuple(criteria))


def name_features_in_values(
    model: Mapping[str, Any], targets: Mapping[str, Target]
) -> dict[str, Any]:
    """Do the same in the plain values of a model, as `geo_ree.scoring.models_for_table` gives them."""
    criteria = []
    for c in model["criteria"]:
        words = _feature_words(c["column"], c["label"], c["measured_to"], targets)
        criteria.append({**c, **dict(zip(("features", "measured_to"), words, strict=True))})
    return {**model, "criteria": criteria}


def _feature_words(
    column: str, label: str, measured_to: str, targets: Mapping[str, Target]
) -> tuple[str, str]:
    """Name and description of what is measured to, their sizes those of the target."""
    target = targets.get(column.removeprefix("dist_").removesuffix("_km"))
    if target is None or not target.size_words():
        return label, measured_to
    return target.name_with_size(label), _SIZE.sub(target.size_words(), measured_to)


def rescore(table: pd.DataFrame, model: ScoreModel) -> tuple[pd.DataFrame, ScoreModel]:
    """Score the table of a run by another model: its points and score, without ranks and intervals.

    ``rank_in_role`` stays as it was: its blanks say which deposits are not ranked.
    """
    table = add_raster_columns(table, model)
    model = model.choose(table)
    points = score(table, model, compared=_compared(table["role"]))
    old = table.filter(regex="^(value|points)_|^rank_(p|in_stage)").columns
    plain = table.drop(columns=[*old, *points.columns], errors="ignore")
    return plain.join(points), model


def _compared(roles: pd.Series) -> pd.Series:
    """What TOPSIS compares: the candidates; without any, every ranked deposit."""
    candidates = roles == "candidate"
    return candidates if candidates.any() else roles.isin(RANKED_ROLES)


def _with_ranks(
    table: pd.DataFrame, ranked: pd.Series, compared: pd.Series, model: ScoreModel
) -> gpd.GeoDataFrame:
    """Add ranks within the role and the stage, reasons and, for ranked deposits, a sentence."""
    scores = table["score"].where(ranked)
    ranks = scores.groupby(table["role"]).rank(ascending=False, method="first").astype("Int64")
    same = scores.groupby([table["role"], table["stage"]])
    in_stage = same.rank(ascending=False, method="first").astype("Int64")
    # explanations read columns that are no geometry, which makes a row costly
    plain = pd.DataFrame(table.drop(columns=table.columns[table.dtypes == "geometry"]))
    used = {*model.columns, "score", "veto", "upper_limits"}
    parts = plain.filter(regex="^(value|points)_").join(plain[[c for c in plain if c in used]])
    reasons = [strengths_and_weaknesses(row, model) for _, row in parts.iterrows()]
    out = table.assign(
        rank_in_role=ranks,
        rank_in_stage=in_stage,
        reasons_for=[strengths for strengths, _ in reasons],
        reasons_against=[weaknesses for _, weaknesses in reasons],
    )
    among = pd.DataFrame(out[ranked])[[*plain.columns, "rank_in_role", "rank_in_stage"]]
    sentences = {
        label: explain(
            label, among, model, ranked=among["role"] == role, compared=compared[ranked]
        ).sentence
        for label, role in among["role"].items()
    }
    return out.assign(sentence=pd.Series(sentences, dtype=object).reindex(out.index))


def _influence(candidates: pd.DataFrame, model: ScoreModel, seed: int) -> Influence | None:
    if len(candidates) < 2:
        return None
    return influence(candidates, model, samples=_INFLUENCE_SAMPLES, seed=seed)
