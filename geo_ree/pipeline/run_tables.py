"""The tables of a run by name, as every output takes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.deposits import (
    arrange_statements,
    holder_columns,
    ore_classes,
    stated_quantities,
    with_owner,
)
from geo_ree.flagging.flag_rules import read_rules
from geo_ree.flagging.flag_table import COUNTS, flag_counts, flags
from geo_ree.outputs.table_files import with_notice, with_place
from geo_ree.pipeline.deposit_routes import route_columns
from geo_ree.pipeline.records import Layers, Measures, Result, Scores
from geo_ree.routing.products import flowsheet_states
from geo_ree.schema import FACT_LAYERS, RANKED_ROLES
from geo_ree.schema.columns import arrange, output_columns
from geo_ree.schema.vocabularies import OWN
from geo_ree.scoring import Influence

TableT = TypeVar("TableT", bound=pd.DataFrame)

_ROLE_ORDER = ("candidate", "by_product_host", "reference", "not_ree", "context")
_FOOT = "^foot_"


def run_tables(layers: Layers, measures: Measures, scores: Scores) -> dict[str, pd.DataFrame]:
    """Collect every table of a run.

    Returns
    -------
    dict of str to pandas.DataFrame
        Published tables: ``scores`` (a row per scored deposit, sorted by role and rank),
        ``unranked`` (candidates and hosts without a coordinate, with the range of their scores),
        ``flags`` (facts beside the score, see `geo_ree.flags`),
        ``control`` (who holds the deposits),
        ``deals`` and ``governance`` (dated facts about deposits and countries),
        ``pairwise`` (the chance of the order of each pair), ``acceptability``,
        ``central_weights``, ``influence``, ``omission``, ``corridors`` (the routes of the ranked
        deposits) and ``access`` (what access costs them).

        For the page and the exports: ``resources`` (published statements of quantity),
        ``criteria``, ``gateways`` (ranks under other choices of gateway), ``audit``,
        ``positions``, ``areas``, ``conflicts`` and ``feet`` (the nearest points).
    """
    frames = layers.frames
    statements = arrange_statements(frames.get("resources", pd.DataFrame()), frames["deposits"])
    stated = stated_quantities(statements, scores.table["id"])
    unplaced = scores.unplaced.set_axis(scores.unplaced.index.astype(object))
    unranked = _unranked(frames["deposits"]).join(unplaced, on="id")
    unranked = unranked.join(ore_classes(unranked))
    facts = {name: fact_table(frames, name) for name in FACT_LAYERS}
    unranked = unranked.join(flowsheet_states(unranked))
    unranked = unranked.join(holder_columns(facts["control"], unranked))
    corridors, access = measures.corridors, measures.access
    scored = scores.table.join(ore_classes(scores.table)).join(stated)
    scored = scored.join(flowsheet_states(scored))
    scored = scored.join(route_columns(scored, corridors, access))
    scored = scored.join(holder_columns(facts["control"], scored))
    flagged = flag_table(scored, unranked, statements, layers, facts["control"])
    beside = flag_counts(flagged)
    tables = {
        "scores": arrange_scores(with_counts(scored, beside)),
        "unranked": arrange(with_counts(unranked, beside), "unranked"),
        "flags": flagged,
        **facts,
        "pairwise": arrange(scores.pairwise, "pairwise"),
        "acceptability": acceptability_table(scores.acceptability),
        "central_weights": central_weights_table(scores.central_weights),
        "influence": influence_table(scores.influence),
        "omission": arrange(measures.omission, "omission"),
        "corridors": corridors,
        "access": access,
        "resources": statements,
        "criteria": scores.criteria,
        "gateways": scores.gateways,
        "feet": scores.table.filter(regex=_FOOT),
    }
    if layers.located is not None and layers.merged is not None:
        tables |= {
            "audit": layers.located.audit,
            "positions": layers.located.positions,
            "areas": layers.located.areas,
            "conflicts": layers.merged.conflicts,
        }
    own = layers.own_columns
    return tables | {n: tables[n].rename(columns=own) for n in ("scores", "unranked")}


def build_tables(layers: Layers) -> dict[str, pd.DataFrame]:
    """Collect the tables of a build: the deposits, and everything that led to them.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``deposits``: a row a deposit. ``records``: a row a source record, with its own position and
        the deposit that it is part of. ``values``: the record behind each merged value.
        ``conflicts``: where records disagree. ``pairs``: the pairs that were compared, with
        probability and reasons.
    """
    merged, located = layers.merged, layers.located
    if merged is None or located is None:
        raise ValueError("the deposits of these layers were not resolved")
    return {
        "deposits": with_notice(with_place(located.deposits)),
        "records": with_place(merged.members),
        "values": merged.values,
        "conflicts": merged.conflicts,
        "pairs": merged.pairs,
    }


def arrange_scores(scored: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Publish the table of scores, sorted by role, rank, score and id.

    Examples
    --------
    >>> import shapely
    >>> row = gpd.GeoDataFrame({"id": ["x:1"], "role": ["candidate"], "rank_in_role": [1],
    ...     "score": [61.23456], "dist_road_km": [3.14159]},
    ...     geometry=[shapely.Point(76, 43)], crs=4326)
    >>> float(arrange_scores(row)["dist_road_km"].iloc[0])
    3.142
    """
    table = arrange(with_notice(with_place(scored)), "scores")
    keys = pd.DataFrame(
        {
            "role": table["role"].map({role: at for at, role in enumerate(_ROLE_ORDER)}),
            "rank_in_role": table["rank_in_role"].astype("Float64").fillna(np.inf),
            "score": -table["score"].fillna(-1.0),
            "id": table["id"],
        }
    )
    order = keys.sort_values(["role", "rank_in_role", "score", "id"], kind="stable").index
    return gpd.GeoDataFrame(table.loc[order].reset_index(drop=True))


def flag_table(
    scored: pd.DataFrame,
    unranked: pd.DataFrame,
    statements: pd.DataFrame,
    layers: Layers,
    control: pd.DataFrame,
    rules: Path | None = None,
) -> pd.DataFrame:
    """List the flags of every deposit, those without a coordinate after the others."""
    unplaced = unranked.join(stated_quantities(statements, unranked["id"]))
    plain = pd.DataFrame(scored.loc[:, scored.dtypes != "geometry"])
    plain = plain.assign(latitude=scored.geometry.y)
    table = pd.concat([plain, unplaced], ignore_index=True)
    facts = layers.frames.get("flags")
    if facts is not None and rules is not None:  # yours need not have one for each published flag
        facts = facts[facts["flag"].isin([rule.flag for rule in read_rules(rules)])]
    return flags(
        table.join(_flag_credits(table, layers, control)),
        facts=None if facts is None else with_owner(facts, layers.frames["deposits"]),
        inputs=layers.inputs,
        rules=rules,
    )


def flag_again(result: Result, rules: Path) -> pd.DataFrame:
    """List the flags of a run by rules of your own."""
    tables = (result.table, result.unranked, result.statements)
    return flag_table(*tables, result.layers, result.tables["control"], rules)


def _flag_credits(table: pd.DataFrame, layers: Layers, control: pd.DataFrame) -> pd.DataFrame:
    """What flags read and no table publishes: source and partner's country of the holder, data to ask for."""
    named = control.reindex(columns=["deposit_id", "as_of", "source", "partner_country"])
    named = named.drop_duplicates(["deposit_id", "as_of"]).set_index(["deposit_id", "as_of"])
    keys = pd.MultiIndex.from_frame(table.reindex(columns=["id", "control_as_of"]))
    found = named.reindex(keys).set_axis(table.index).rename(columns={"source": "control_source"})
    others = {i: s for i, s in layers.sources.items() if not i.startswith(OWN)}
    asked = {i: s.label for i, s in others.items() if s.commercial_use != "yes"}
    if not asked:
        return found.assign(sources_to_ask=None)
    texts = table.filter(regex="^(sources$|near_)").astype(object)
    words = texts.where(texts.notna(), "").astype(str).agg(";".join, axis=1)
    return found.assign(sources_to_ask=_named_sources(words, asked))


def _named_sources(words: pd.Series, labels: Mapping[str, str]) -> list[str]:
    return [
        ";".join(label for name, label in labels.items() if f"{name}:" in text or label in text)
        for text in words
    ]


def with_counts(table: TableT, beside: pd.DataFrame) -> TableT:
    """Put the number of flags beside deposits, 0 where there is none."""
    out = table.join(beside, on="id").copy()  # one block a type
    return out.assign(**{name: out[name].fillna(0) for name in COUNTS})


def fact_table(frames: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Publish a layer of dated facts; one about deposits names the deposit that the record is part of."""
    facts = frames.get(name, pd.DataFrame(columns=[c.name for c in output_columns(name)]))
    return arrange(with_owner(facts, frames["deposits"]) if "deposit_id" in facts else facts, name)


def influence_table(influence: Influence | None) -> pd.DataFrame:
    """Publish the influence of every assumption, the strongest first.

    Parameters
    ----------
    influence
        From `geo_ree.scoring.influence`; None gives no rows.

    Returns
    -------
    pandas.DataFrame
        Columns as in ``influence.csv``. Rows of a weight also tell the nearest share that changes
        the leader. A criterion without weight comes last.
    """
    columns = [column.name for column in output_columns("influence")]
    if influence is None:
        return pd.DataFrame(columns=columns)
    rows = influence.assumptions.rename_axis("assumption").reset_index()
    changes = influence.takeovers
    weighted = set(rows.loc[rows["kind"] == "weight", "criterion"])
    weightless = [name for name in changes.index if name not in weighted]
    last = {
        "assumption": [f"weight of {name}" for name in weightless],
        "kind": "weight",
        "criterion": weightless,
    }
    rows = pd.concat([rows, pd.DataFrame(last)], ignore_index=True)
    for name in changes.columns:
        rows[name] = rows["criterion"].map(changes[name]).where(rows["kind"] == "weight")
    return arrange(rows.reindex(columns=columns), "influence")


def _unranked(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Candidates and by-product hosts that no source gives a coordinate."""
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    rows = deposits[blank & deposits["role"].isin((*RANKED_ROLES, "area", "none"))]
    return pd.DataFrame(rows.drop(columns="geometry")).sort_values(["role", "name"], kind="stable")


def acceptability_table(shares: pd.DataFrame) -> pd.DataFrame:
    """One row per deposit and rank that it took in at least one draw."""
    rows = [
        (deposit, rank, share)
        for deposit, row in shares.iterrows()
        for rank, share in row.items()
        if share > 0
    ]
    return arrange(pd.DataFrame(rows, columns=["id", "rank_in_role", "share"]), "acceptability")


def central_weights_table(weights: pd.DataFrame) -> pd.DataFrame:
    """Rows of the deposits that lead in at least one draw."""
    leading = weights.dropna(how="all").rename_axis("id").reset_index()
    return arrange(leading, "central_weights")
