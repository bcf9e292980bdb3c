"""What the page says first: a few sentences and three cards, made from the tables of a run by stated rules."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeAlias

import pandas as pd

from geo_ree.deposits import leading_statements
from geo_ree.routing.route_answers import DEFAULT_QUESTION, NO_ROUTE, avoided_countries
from geo_ree.schema import STAGES

Sentence: TypeAlias = tuple[str, dict[str, Any]]
"""A key of ``i18n`` and the values of its places."""

MOST_NAMED = 3
"""Deposits that a sentence names; of more it says the number."""

REGISTERED = ("reporting_code", "state")
"""Kinds of systems by which a published quantity is a resource here, the better first."""

TIES = ("owner", "option", "farm_in", "buyer", "partner")
"""What ties a company to a deposit, by the words of its source."""

_LEVELS = ("found", "partly")
_TIE_WORDS = (
    ("option", r"\boption\b"),
    ("farm_in", r"\bfarm-?in\b"),
    ("buyer", r"\b(?:buy|buyer|offtake|concentrate)\b"),
)
_PERHAPS_OVER = r"is alive is not known"
_NONE = {
    "card_access": "card_access_none",
    "card_largest": "card_largest_none",
    "card_partner": "card_partner_none",
    "card_own": "card_own_none",
}


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
    - ``headline_leader``: the candidate of the highest score, and how many others cannot be told
      apart from it (none: ``headline_leader_apart``); ``headline_leads`` where that was not computed.
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
    known, own = _split(tables)
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


def cards(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Choose the deposits that answer three questions.

    - ``card_access``: of the candidates whose leading statement is by a reporting code or of a state
      register, the one with the highest score. Where the run holds sites of the reader only: their best.
    - ``card_largest``: of the same statements, the largest contained oxide, published or ore times grade.
      The largest that is published as oxides, and the largest by a reporting code, stand in the same card
      where they are of other deposits.
    - ``card_partner``: a candidate whose owner or partner is from a country of
      ``partner_countries.csv``. An owner comes before a partner, a holder that was found before one
      found in part; then the stage, the score and the name decide. ``others`` names the rest, each with
      its ``countries``, its ``tie`` (`TIES`) and whether that is ``open``: known in part, or perhaps over.

    A card is left out where its table is missing; ``deposit`` is None where none answers, and
    ``note`` says so. ``note`` also says that a deposit has no coordinate.

    Parameters
    ----------
    tables
        As for `headline`.

    Returns
    -------
    list of dict
        ``question`` and ``note``, keys of ``i18n``; ``deposit``, an id; ``values``.
    """
    known, own = _split(tables)
    if known.empty and len(own):
        return [_card("card_own", _best(own), own)]
    out = []
    if "system_kind" in tables.get("resources", ()):
        stated = _stated(known, tables["resources"])
        sized = stated[stated["oxide_t"].notna()]
        sized = sized.sort_values("oxide_t", ascending=False, kind="stable")
        holding = known[known["id"].isin(stated["deposit_id"])]
        out.append(_card("card_access", _best(holding), known))
        out.append(_card("card_largest", _first(sized["deposit_id"]), known))
        out[-1]["values"].update(_others_that_lead(sized))
    if "owner_country" in tables.get("control", ()):
        out.append(_partner_card(known, tables["control"]))
    return out


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


def read_partner_countries() -> pd.DataFrame:
    """Read the countries whose owners and partners a card looks for: country, reason, as_of, source."""
    text = (files("geo_ree.maps") / "partner_countries.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str)


def _split(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Candidates of the sources, and sites of the reader, ranked ones first."""
    parts = [tables[name] for name in ("scores", "unranked") if "role" in tables.get(name, ())]
    columns = ("id", "name", "country", "stage", "origin", "score", "rank_in_role", "latitude")
    frames = [
        p[p["role"] == "candidate"].reindex(columns=[*columns, "not_separable_from"]) for p in parts
    ]
    frames = [pd.DataFrame(f).astype(object) for f in frames if len(f)]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))
    own = table["origin"].eq("own") if len(table) else pd.Series(dtype=bool)
    return table[~own], table[own]


def _ranked(known: pd.DataFrame) -> int:
    return int(known["rank_in_role"].notna().sum())


def _stated(known: pd.DataFrame, resources: pd.DataFrame) -> pd.DataFrame:
    """The leading statements of the candidates that are by a code or of a register."""
    leading = leading_statements(resources)
    counts = leading["deposit_id"].isin(known["id"]) & leading["system_kind"].isin(REGISTERED)
    return leading[counts]


def _others_that_lead(sized: pd.DataFrame) -> dict[str, Any]:
    """The largest by a code and the largest published as oxides, where they are not the largest of all.

    Takes the statements from the largest down.
    """
    out: dict[str, Any] = {}
    coded = sized[sized["system_kind"] == REGISTERED[0]]
    for name, rows in (
        ("published", sized[sized["oxide_figure"] == "published"]),
        ("coded", coded),
    ):
        first = next(iter(rows.to_dict("records")), None)
        if first is None or first["deposit_id"] == sized["deposit_id"].iloc[0]:
            continue
        out[name] = str(first["deposit_id"])
        out[f"{name}_t"] = float(first["oxide_t"])
        if name == "coded":
            out["by_grade"] = first["oxide_figure"] == "computed"
    return out


def _resources(known: pd.DataFrame, resources: pd.DataFrame) -> Sentence:
    stated = _stated(known, resources)
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
    found = int(status.map(lambda s: _LEVELS[0] in s).sum())
    partly = int(status.map(lambda s: _LEVELS[1] in s and _LEVELS[0] not in s).sum())
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
    best = _best(known)
    if best is None or not _ranked(known):
        return []
    alike = known.loc[known["id"] == best, "not_separable_from"].iloc[0]
    if not isinstance(alike, str):
        return [("headline_leads", {"leader": best})]
    if not alike:
        return [("headline_leader_apart", {"leader": best})]
    return [("headline_leader", {"leader": best, "count": len(alike.split(";"))})]


def _leader_stated(known: pd.DataFrame, resources: pd.DataFrame) -> list[Sentence]:
    if "system_kind" not in resources:
        return []
    first, stated = _best(known), set(_stated(known, resources)["deposit_id"])
    best = _best(known[known["id"].isin(stated)])
    return [("headline_leader_stated", {"leader": best})] if best and best != first else []


def _own(own: pd.DataFrame, known: pd.DataFrame) -> Sentence:
    best, ranked = _best(own), _ranked(own)
    if best is None or not ranked:
        return "headline_own_unranked", {"all": len(own)}
    rank = int(own.loc[own["id"] == best, "rank_in_role"].iloc[0])
    values = {"all": len(own), "ranked": ranked, "leader": best, "rank": rank}
    return "headline_own", {**values, "among": ranked + _ranked(known)}


def _best(rows: pd.DataFrame) -> str | None:
    """The id of the highest score; the first of equals."""
    scored = rows[rows["score"].notna()]
    return _first(scored.sort_values("score", ascending=False, kind="stable")["id"])


def _first(ids: pd.Series) -> str | None:
    return str(ids.iloc[0]) if len(ids) else None


def _card(question: str, deposit: str | None, known: pd.DataFrame, **values: Any) -> dict[str, Any]:
    placed = known.loc[known["latitude"].notna(), "id"]
    note = None if deposit in set(placed) else "card_no_coordinate"
    if deposit is None:
        note = _NONE[question]
    return {"question": question, "deposit": deposit, "note": note, "values": values}


def _partner_card(known: pd.DataFrame, control: pd.DataFrame) -> dict[str, Any]:
    members = set(read_partner_countries()["country"])
    held = control[control["deposit_id"].isin(known["id"])].reset_index(drop=True)
    owner, partner = (_members(held, f"{end}_country", members) for end in ("owner", "partner"))
    found = pd.DataFrame(
        {
            "id": held["deposit_id"].astype(object),
            "by": [0 if o else 1 for o in owner],
            "level": [_at(_LEVELS, s) for s in held["holder_status"]],
            "countries": [list(dict.fromkeys(o + p)) for o, p in zip(owner, partner, strict=True)],
            "tie": [
                _tie(o, words) for o, words in zip(owner, _texts(held, "partner"), strict=True)
            ],
            "open": ["over" if re.search(_PERHAPS_OVER, n) else "" for n in _texts(held, "note")],
        }
    )
    found = found[found["countries"].map(len) > 0].merge(known, on="id")
    found["stage"] = [_at(STAGES, stage) for stage in found["stage"]]
    found["score"] = -pd.to_numeric(found["score"])
    found = found.sort_values(["by", "level", "stage", "score", "name"]).drop_duplicates("id")
    if found.empty:
        return _card("card_partner", None, known)
    found["open"] = found["open"].mask(found["open"].eq("") & found["level"].gt(0), "part")
    first, *others = found[["id", "countries", "tie", "open"]].to_dict("records")
    values = {str(name): value for name, value in first.items() if name != "id"}
    return _card("card_partner", str(first["id"]), known, **values, others=others)


def _tie(owners: list[str], words: str) -> str:
    """What ties a company of a partner country to the deposit, one of `TIES`."""
    if owners:
        return TIES[0]
    return next((tie for tie, pattern in _TIE_WORDS if re.search(pattern, words)), TIES[-1])


def _texts(held: pd.DataFrame, column: str) -> list[str]:
    return [t if isinstance(t, str) else "" for t in held.get(column, pd.Series("", held.index))]


def _members(held: pd.DataFrame, column: str, members: set[str]) -> list[list[str]]:
    texts = held[column] if column in held else pd.Series("", index=held.index)
    return [[c for c in str(t).split(";") if c in members] if pd.notna(t) else [] for t in texts]


def _at(order: Sequence[str], word: Any) -> int:
    return order.index(word) if word in order else len(order)
