"""Measures and scores of one set of layers, with the doubt drawn through both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.catalog import Source
from geo_ree.crs import Floats, destination
from geo_ree.errors import SettingsError
from geo_ree.options import Options
from geo_ree.proximity import Proximity, Target, load_targets, measure
from geo_ree.schema import RANKED_ROLES, SCORED_ROLES
from geo_ree.scoring import ScoreModel, load_preset, phrase, plain_models, score, uncertainty
from geo_ree.settings import SCORED_COUNTRIES

_DISTANCE_DECIMALS = 3
"""Of kilometres."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What measuring and scoring gave.

    Parameters
    ----------
    scored
        A row per scored deposit: the deposit's columns, distances, points, score and ranks.
    scenarios
        Rank and score of each candidate under other choices of gateway.
    acceptability
        Rank acceptability of the candidates: share of the draws on each rank.
    criteria
        The criteria as plain values, for the page.
    preset
        Name and variant of the model.
    warnings
        What a reader has to know of this run.
    models
        The model and the other presets as plain values, so that the page can score by them.
    """

    scored: gpd.GeoDataFrame
    scenarios: pd.DataFrame
    acceptability: pd.DataFrame
    criteria: list[dict[str, Any]]
    preset: str
    warnings: list[str]
    models: list[dict[str, Any]] = field(default_factory=list)


def analyse(
    layers: Mapping[str, gpd.GeoDataFrame], sources: Mapping[str, Source],
    coverage: Mapping[str, frozenset[str]], options: Options,
) -> Analysis:  # fmt: skip
    """Measure and score every located deposit of a scored role.

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

    Returns
    -------
    Analysis
    """
    deposits = _scorable(layers["deposits"])
    targets = _with_gateways(load_targets(options.targets), layers, options)
    proximity = Proximity(layers, targets, coverage=coverage)
    labels = {i: s.label for i, s in sources.items()}
    measures = measure(deposits, layers, labels=labels, proximity=proximity, feet=True)
    table = pd.concat([deposits, _to_the_metre(measures)], axis=1)
    model = load_preset(options.preset).choose(table)
    points = score(table, model)
    ranked = table["role"].isin(RANKED_ROLES) & points["score"].notna()
    doubt = uncertainty(
        table[ranked], model, _sampler(table[ranked], proximity, model),
        groups=table.loc[ranked, "role"], draws=options.draws, seed=options.seed,
    )  # fmt: skip
    scored = pd.concat([table, points, doubt.table], axis=1)
    scored["rank"] = _ranks(scored, ranked)
    reasons = [phrase(row, model) for _, row in scored.iterrows()]
    scored["reasons_for"], scored["reasons_against"] = zip(*reasons, strict=True)
    frame = gpd.GeoDataFrame(scored, geometry="geometry", crs=deposits.crs)
    candidates = (frame["role"] == "candidate") & ranked
    return Analysis(
        scored=frame,
        scenarios=_scenarios(frame[candidates], layers, targets, model, labels),
        acceptability=doubt.acceptability,
        criteria=_criteria(model),
        preset=f"{model.name} ({model.variant})",
        warnings=_warnings(measures, layers, targets),
        models=plain_models(model, table),
    )


def _scorable(deposits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    located = deposits.geometry.notna() & ~deposits.geometry.is_empty
    rows = deposits[located & deposits["role"].isin(SCORED_ROLES)]
    if rows.empty:
        raise SettingsError("no deposit has both a coordinate and a role that is scored",
                            "choose another source of deposits")  # fmt: skip
    return rows.set_index("id", drop=False).rename_axis(None)


def _to_the_metre(measures: pd.DataFrame) -> pd.DataFrame:
    """Distances as they are published: whoever scores the published table gets these scores."""
    distances = [c for c in measures if str(c).startswith(("dist_", "abroad_"))]
    return measures.assign(**{str(c): measures[c].round(_DISTANCE_DECIMALS) for c in distances})


def _ranks(scored: pd.DataFrame, ranked: pd.Series) -> pd.Series:
    ranks = (
        scored["score"].where(ranked).groupby(scored["role"]).rank(ascending=False, method="first")
    )
    return ranks.astype("Int64")


def _exits(gateways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gateways that lead out of the scored countries: open sea ports and outer borders."""
    outer = gateways["neighbour"].notna() & ~gateways["neighbour"].isin(SCORED_COUNTRIES)
    return gateways[(gateways["kind"] == "sea_port") | outer]


def _with_gateways(
    targets: Mapping[str, Target], layers: Mapping[str, gpd.GeoDataFrame], options: Options
) -> dict[str, Target]:
    out = dict(targets)
    if not (options.gateways or options.avoid) or "gateways" not in layers:
        return out
    gateways = layers["gateways"]
    unknown = set(options.gateways) - set(gateways["name"])
    if unknown:
        raise SettingsError(f"no gateway is called {', '.join(sorted(unknown))}",
                            f"use some of {', '.join(sorted(gateways['name']))}")  # fmt: skip
    names = options.gateways or tuple(_exits(gateways)["name"])
    out["gateway"] = out["gateway"].model_copy(
        update={"names": names, "avoid_neighbours": options.avoid,
                "label": "gateway of the user's choice"})  # fmt: skip
    return out


def _sampler(table: gpd.GeoDataFrame, proximity: Proximity, model: ScoreModel) -> Any:
    """A callable that draws positions and courses and measures again, not approximately."""
    lon, lat = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
    radius = pd.to_numeric(table["position_error_m"]).fillna(0.0).to_numpy(dtype=np.float64)
    country = table["country"].astype(object).to_numpy()
    wanted = {c.column for c in model.criteria}

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        shape = (draws, len(table))
        length = radius * np.sqrt(rng.random(shape))
        x, y = destination(lon, lat, rng.random(shape) * 360.0, length)
        codes = np.broadcast_to(country, shape).ravel()
        out: dict[str, Floats] = {}
        for name in proximity.targets:
            side = rng.uniform(-1.0, 1.0, shape)
            column = f"dist_{name}_km"
            if column not in wanted:
                continue
            reach = proximity.reach(name, x.ravel(), y.ravel(), codes)
            drawn = reach.distance_km.reshape(shape) + side * reach.error_km.reshape(shape)
            out[column] = np.where(table[column].isna().to_numpy(), np.nan, np.abs(drawn))
        return out

    return sample


def _scenarios(
    candidates: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, Target], model: ScoreModel, labels: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    if "gateways" not in layers or "gateway" not in targets or candidates.empty:
        return pd.DataFrame(
            columns=["id", "scenario", "near_gateway", "dist_gateway_km", "score", "rank"]
        )
    exits = tuple(_exits(layers["gateways"])["name"])
    chosen = targets["gateway"]
    choices = {
        "the preset's gateways": chosen,
        "every exit": chosen.model_copy(update={"names": exits, "avoid_neighbours": ()}),
        "no exit through China": chosen.model_copy(
            update={"names": exits, "avoid_neighbours": ("CHN",)}),
        "no exit through Russia": chosen.model_copy(
            update={"names": exits, "avoid_neighbours": ("RUS",)}),
        "no exit through China or Russia": chosen.model_copy(
            update={"names": exits, "avoid_neighbours": ("CHN", "RUS")}),
    }  # fmt: skip
    out = []
    for name, target in choices.items():
        only = {"gateways": layers["gateways"], "countries": layers["countries"]}
        again = _to_the_metre(
            measure(candidates, only, targets={"gateway": target}, labels=labels, feet=True)
        )
        table = candidates.drop(columns=again.columns, errors="ignore").join(again)
        points = score(table, model)["score"]
        out.append(
            pd.DataFrame(
                {"id": table["id"], "scenario": name, "near_gateway": again["near_gateway"],
                 "dist_gateway_km": again["dist_gateway_km"], "score": points.round(4),
                 "rank": points.rank(ascending=False, method="first").astype("Int64"),
                 **again.filter(regex="^foot_")})
        )  # fmt: skip
    return pd.concat(out, ignore_index=True)


def _criteria(model: ScoreModel) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "label": c.label, "column": c.column, "weight": c.weight,
         "decay": str(c.value), "half_km": getattr(c.value, "half_km", None),
         "measured_to": c.measured_to, "reason": c.reason, "source": c.source,
         "decay_reason": c.decay_reason, "decay_source": c.decay_source}
        for c in model.criteria
    ]  # fmt: skip


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
