"""The choice of gateways, and how the ranking changes with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import pandas as pd

from geo_ree.deposits.vocabulary import read_country
from geo_ree.errors import SettingsError, suggest_words
from geo_ree.proximity import Target, measure
from geo_ree.routing.route_answers import AVOIDED
from geo_ree.schema.columns import rounded
from geo_ree.scoring import ScoreModel, score
from geo_ree.settings import SCORED_COUNTRIES, Box, Options

_COUNTRY = {"CHN": "China", "RUS": "Russia", "IRN": "Iran"}

EVERY_EXIT = "every exit"
"""The choice of all gateways out of the scored countries."""

NO_EXIT_THROUGH_ANY = "no exit through China, Russia or Iran"
"""The choice that answers the question of every run: the countries of `AVOIDED`."""

_COLUMNS = (
    "id",
    "scenario",
    "near_gateway",
    "dist_gateway_km",
    "score",
    "rank_in_role",
    "foot_gateway_lon",
    "foot_gateway_lat",
)


def choose_gateways(
    targets: Mapping[str, Target], layers: Mapping[str, gpd.GeoDataFrame], options: Options
) -> dict[str, Target]:
    """Targets with the gateways that the options choose.

    Raises
    ------
    SettingsError
        When no gateway has one of the names, none leads to a country to avoid, or none is left.
    """
    out = dict(targets)
    if not (options.gateways or options.avoid):
        return out
    if "gateways" not in layers or "gateway" not in targets:
        raise SettingsError(
            "gateways are chosen, and there are none to choose from",
            "leave out --gateway and --avoid, or keep a source and a target of gateways",
        )
    gateways = layers["gateways"]
    _check_words("no gateway is called", options.gateways, gateways["name"])
    avoid = tuple(read_country(word, "the neighbour to avoid") for word in options.avoid)
    _check_words("no gateway leads to", avoid, gateways["neighbour"].dropna())
    names = options.gateways or tuple(_exits(gateways)["name"])
    out["gateway"] = out["gateway"].model_copy(
        update={
            "names": names,
            "avoid_neighbours": avoid,
            "label": "chosen gateway",
        }
    )
    if out["gateway"].choose(gateways).empty:
        raise SettingsError("no gateway is left to measure to", "avoid fewer, or choose others")
    return out


def _check_words(what: str, words: Iterable[str], known: Iterable[str]) -> None:
    there = sorted(set(known))
    for word in words:
        if word not in there:
            raise SettingsError(
                f"{what} {word}", suggest_words(word, there) or f"use some of {', '.join(there)}"
            )


def check_names(
    targets: Mapping[str, Target], layers: Mapping[str, gpd.GeoDataFrame], where: str
) -> None:
    """Refuse names of targets that no feature of their layer bears; a layer without a source is no error.

    Raises
    ------
    SettingsError
        Naming the target and the nearest spellings.
    """
    for name, target in targets.items():
        if target.layer in layers:
            known = layers[target.layer]["name"].dropna().astype(str)
            what = f"{where}: {name}.names: no feature of the layer {target.layer} is called"
            _check_words(what, target.names, known)
            neighbours = layers[target.layer].get("neighbour", pd.Series(dtype=object)).dropna()
            what = f"{where}: {name}.avoid_neighbours: no gateway leads to"
            _check_words(what, target.avoid_neighbours, neighbours)


def compare_gateways(
    candidates: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, Target],
    model: ScoreModel,
    labels: Mapping[str, str],
    regions: Mapping[str, Sequence[Box]] | None = None,
) -> pd.DataFrame:
    """Rank the candidates under other choices of gateway.

    Returns
    -------
    pandas.DataFrame
        A row per choice and candidate: ``id, scenario, near_gateway, dist_gateway_km, score,
        rank_in_role, foot_gateway_lon, foot_gateway_lat``; empty without gateways or candidates.
    """
    if "gateways" not in layers or "gateway" not in targets or candidates.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    out = []
    for name, target in gateway_choices(layers["gateways"], targets["gateway"]).items():
        only = {"gateways": layers["gateways"], "countries": layers["countries"]}
        again = to_the_metre(
            measure(
                candidates,
                only,
                targets={"gateway": target},
                regions=regions,
                labels=labels,
                feet=True,
            )
        )
        table = candidates.drop(columns=again.columns, errors="ignore").join(again)
        points = score(table, model)["score"]
        out.append(
            pd.DataFrame(
                {
                    "id": table["id"],
                    "scenario": name,
                    "near_gateway": again["near_gateway"],
                    "dist_gateway_km": again["dist_gateway_km"],
                    "score": points.round(4),
                    "rank_in_role": points.rank(ascending=False, method="first").astype("Int64"),
                    **again.filter(regex="^foot_"),
                }
            )
        )
    return pd.concat(out, ignore_index=True)


def gateway_choices(gateways: gpd.GeoDataFrame, chosen: Target) -> dict[str, Target]:
    """Return the choices of gateways that a run compares, that of the run first."""
    exits = tuple(_exits(gateways)["name"])
    avoided: dict[str, tuple[str, ...]] = {EVERY_EXIT: ()}
    avoided |= {f"no exit through {_COUNTRY[code]}": (code,) for code in AVOIDED}
    avoided[NO_EXIT_THROUGH_ANY] = AVOIDED
    return {"the preset's gateways": chosen} | {
        name: chosen.model_copy(update={"names": exits, "avoid_neighbours": codes})
        for name, codes in avoided.items()
    }


def to_the_metre(measures: pd.DataFrame) -> pd.DataFrame:
    """Round distances to their published decimals, so that the published table gives its scores.

    Examples
    --------
    >>> to_the_metre(pd.DataFrame({"dist_road_km": [1.23456]}))["dist_road_km"].tolist()
    [1.235]
    """
    distances = [c for c in measures if str(c).startswith(("dist_", "abroad_", "unsure_"))]
    return measures.assign(**rounded(measures[distances], "scores"))


def _exits(gateways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gateways that lead out of the scored countries: open sea ports and outer borders."""
    outer = gateways["neighbour"].notna() & ~gateways["neighbour"].isin(SCORED_COUNTRIES)
    return gateways[(gateways["kind"] == "sea_port") | outer]
