"""What the page says first: a few sentences, made from the tables of a run by stated rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeAlias

import pandas as pd

from geo_ree.deposits import leading_statements
from geo_ree.routing.route_answers import DEFAULT_QUESTION, NO_ROUTE, avoided_countries

Sentence: TypeAlias = tuple[str, dict[str, Any]]
"""A key of ``i18n`` and the values of its places."""

MOST_NAMED = 3
"""Deposits that a sentence names; of more it says the number."""

REGISTERED = ("reporting_code", "state")
"""Kinds of systems by which a published quantity is a resource here, the better first."""

_BESIDE_LEADER = {
    "headline_leader": ("headline_leader_any", "headline_leader_open"),
    "headline_leader_apart": ("headline_leader_apart_any", "headline_leader_apart_open"),
}
LEVELS = ("found", "partly")


def headline(tables: Mapping[str, pd.DataFrame]) -> list[Sentence]:
    """Count what a board asks first.

    Candidates are the rows of ``scores`` and ``unranked`` with the role candidate; sites of the
    reader's own file are counted apart. In this order, each left out where its table is missing:

    - ``headline_resources``: candidates whose leading statement (`geo_ree.deposits.leading_statements`)
      is by a reporting code (up to three are named), those of them whose category is unknown, and those
      whose leading statement is of a state register; without the table ``headline_ranked``: the
      candidates, and those with a rank.
    - ``headline_holders``: candidates whose holder was found, and those of whom only a part was.
    - ``headline_routes``: of the candidates with a coordinate, those with a way to a sea port
      under the default question; and the countries in which none has one.
    - ``headline_leader``: the candidate of the highest score, and how many of the others with a
      coordinate cannot be told apart from it (none: ``headline_leader_apart``); with ``_open`` where
      candidates have no coordinate: how many, and how many of these may have rank 1 somewhere in
      their area (``rank_best``, or where that is unknown), with ``_any`` where all may;
      ``headline_leads`` where it was not computed.
    - ``headline_leader_stated``: where another candidate is the best of those with a quantity by a code or
      in a register, that one.
    - ``headline_own``: sites of the reader, and the best of them with its rank.

    Parameters
    ----------
    tables
        As for `geo_ree.maps.render`: ``scores``, ``unranked``, ``resources``, ``control``,
        ``corridors``.

    Returns
    -------
    list of (str, dict)
        The key of each sentence and its values: numbers; ``deposits`` and ``leader``, ids;
        ``countries`` and ``without``, ISO codes. `words` writes them in a language.
    """
    known, own = split_candidates(tables)
    out = [_own(own, known)] if len(own) else []
    if known.empty and len(own):
        return out
    if "system_kind" in tables.get("resources", ()):
        out.append(_resources(known, tables["resources"]))
    else:
        out.append(("headline_ranked", {"ranked": _ranked(known), "all": len(known)}))
    if "holder_status" in tables.get("control", ()):
        out.append(_holders(known, tables["control"]))
    if "question" in tables.get("corridors", ()):
        out += _routes(known, tables["corridors"])
    return out + _leader(known) + _leader_stated(known, tables.get("resources", pd.DataFrame()))


def words(
    sentences: Sequence[Sentence], names: Mapping[str, str], *, language: str = "en"
) -> list[str]:
    """Write sentences in a language; ``names`` gives those of deposit ids and country codes."""
    path = files("geo_ree.maps") / "i18n" / f"{language}.json"
    page = json.loads(path.read_text(encoding="utf-8"))["page"]

    def write(value: Any) -> str:
        if isinstance(value, list):
            listed = [names.get(v, v) for v in value]
            first = ", ".join(listed[:-1])
            pair = {"first": first, "last": listed[-1]} if len(listed) > 1 else {}
            return page["list_and"].format(**pair) if pair else "".join(listed)
        return f"{value:,}" if isinstance(value, int) else names.get(value, str(value))

    return [page[key].format(**{k: write(v) for k, v in say.items()}) for key, say in sentences]


def split_candidates(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Candidates of the sources, and sites of the reader, ranked ones first."""
    parts = [tables[name] for name in ("scores", "unranked") if "role" in tables.get(name, ())]
    columns = ("id", "name", "country", "stage", "origin", "score", "rank_in_role", "latitude")
    more = ("not_separable_from", "rank_best")
    frames = [p[p["role"] == "candidate"].reindex(columns=[*columns, *more]) for p in parts]
    frames = [pd.DataFrame(f).astype(object) for f in frames if len(f)]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))
    own = table["origin"].eq("own") if len(table) else pd.Series(dtype=bool)
    return table[~own], table[own]


def _ranked(known: pd.DataFrame) -> int:
    return int(known["rank_in_role"].notna().sum())


def stated_rows(known: pd.DataFrame, resources: pd.DataFrame) -> pd.DataFrame:
    """The leading statements of the candidates that are by a code or of a register."""
    leading = leading_statements(resources)
    counts = leading["deposit_id"].isin(known["id"]) & leading["system_kind"].isin(REGISTERED)
    return leading[counts]


def _resources(known: pd.DataFrame, resources: pd.DataFrame) -> Sentence:
    stated = stated_rows(known, resources)
    coded = stated[stated["system_kind"] == REGISTERED[0]]
    blank = set(coded.loc[coded["category_class"] == "unknown", "deposit_id"])
    named = [i for i in known["id"] if i in set(coded["deposit_id"])]
    values: dict[str, Any] = {
        "all": len(known),
        "code": len(coded),
        "register": len(stated) - len(coded),
    }
    if not named:
        return "headline_resources_none", values
    if len(named) > MOST_NAMED:
        if blank:
            return "headline_resources_but", {**values, "blank": len(blank)}
        return "headline_resources", values
    values["deposits"] = named
    if not blank:
        return "headline_resources_named", values
    uncategorised = [i for i in named if i in blank]
    return "headline_resources_named_but", {**values, "uncategorised": uncategorised}


def _holders(known: pd.DataFrame, control: pd.DataFrame) -> Sentence:
    held = control[control["deposit_id"].isin(known["id"])]
    status = held.groupby("deposit_id")["holder_status"].agg(set)
    found = int(status.map(lambda s: LEVELS[0] in s).sum())
    partly = int(status.map(lambda s: LEVELS[1] in s and LEVELS[0] not in s).sum())
    rest = len(known) - found - partly
    return "headline_holders", {"all": len(known), "found": found, "partly": partly, "rest": rest}


def _routes(known: pd.DataFrame, corridors: pd.DataFrame) -> list[Sentence]:
    asked = corridors[corridors["question"] == DEFAULT_QUESTION]
    asked = asked[asked["deposit_id"].isin(known["id"])]
    if asked.empty:
        return []
    open_ids = set(asked.loc[asked["corridor"] != NO_ROUTE, "deposit_id"])
    placed = known[known["id"].isin(asked["deposit_id"])]
    has = placed["id"].isin(open_ids).groupby(placed["country"]).any()
    values: dict[str, Any] = {
        "with": len(open_ids),
        "placed": len(placed),
        "without": list(avoided_countries(DEFAULT_QUESTION)),
    }
    closed = sorted(str(country) for country in has.index[~has])
    if closed:
        return [("headline_routes_but", {**values, "countries": closed})]
    return [("headline_routes", values)]


def _leader(known: pd.DataFrame) -> list[Sentence]:
    best = best_of(known)
    if best is None or not _ranked(known):
        return []
    alike = known.loc[known["id"] == best, "not_separable_from"].iloc[0]
    if not isinstance(alike, str):
        return [("headline_leads", {"leader": best})]
    key = "headline_leader" if alike else "headline_leader_apart"
    values: dict[str, Any] = {"leader": best, "others": _ranked(known) - 1}
    if alike:
        values["count"] = len(alike.split(";"))
    unplaced = known[known["latitude"].isna()]
    if unplaced.empty:
        return [(key, values)]
    above = int((~(pd.to_numeric(unplaced["rank_best"]) > 1)).sum())
    every, some = _BESIDE_LEADER[key]
    if above == len(unplaced):
        return [(every, {**values, "unplaced": above})]
    return [(some, {**values, "unplaced": len(unplaced), "above": above})]


def _leader_stated(known: pd.DataFrame, resources: pd.DataFrame) -> list[Sentence]:
    if "system_kind" not in resources:
        return []
    first, stated = best_of(known), set(stated_rows(known, resources)["deposit_id"])
    best = best_of(known[known["id"].isin(stated)])
    return [("headline_leader_stated", {"leader": best})] if best and best != first else []


def _own(own: pd.DataFrame, known: pd.DataFrame) -> Sentence:
    best, ranked = best_of(own), _ranked(own)
    if best is None or not ranked:
        return "headline_own_unranked", {"all": len(own)}
    rank = int(own.loc[own["id"] == best, "rank_in_role"].iloc[0])
    values = {"all": len(own), "ranked": ranked, "leader": best, "rank": rank}
    return "headline_own", {**values, "among": ranked + _ranked(known)}


def best_of(rows: pd.DataFrame) -> str | None:
    """The id of the highest score; the first of equals."""
    scored = rows[rows["score"].notna()]
    return first_of(scored.sort_values("score", ascending=False, kind="stable")["id"])


def first_of(ids: pd.Series) -> str | None:
    """The first id, None of none."""
    return str(ids.iloc[0]) if len(ids) else None
