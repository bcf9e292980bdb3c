"""The three cards of the page: which deposit answers each question, by stated rules."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import pandas as pd

from geo_ree.deposits import with_oxide
from geo_ree.maps.headline import (
    LEVELS,
    REGISTERED,
    best_of,
    first_of,
    split_candidates,
    stated_rows,
)
from geo_ree.schema import STAGES

TIES = ("owner", "option", "farm_in", "buyer", "partner")
"""What ties a company to a deposit, by the words of its source."""


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


def cards(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Choose the deposits that answer three questions.

    - ``card_access``: of the candidates whose leading statement is by a reporting code or of a state
      register, the one with the highest score. Where the run holds sites of the reader only: their best.
    - ``card_largest``: of the same statements, the largest contained oxide, published or ore times grade.
      The largest that is published as oxides, by a reporting code, and by state registers alone (any
      statement of theirs) stand in the same card where they are of other deposits.
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
    known, own = split_candidates(tables)
    if known.empty and len(own):
        return [_card("card_own", best_of(own), own)]
    out = []
    if "system_kind" in tables.get("resources", ()):
        stated = stated_rows(known, tables["resources"])
        sized = stated[stated["oxide_t"].notna()]
        sized = sized.sort_values("oxide_t", ascending=False, kind="stable")
        holding = known[known["id"].isin(stated["deposit_id"])]
        out.append(_card("card_access", best_of(holding), known))
        out.append(_card("card_largest", first_of(sized["deposit_id"]), known))
        out[-1]["values"].update(_others_that_lead(sized))
        out[-1]["values"].update(_largest_registered(known, tables["resources"], out[-1]))
    if "owner_country" in tables.get("control", ()):
        out.append(_partner_card(known, tables["control"]))
    return out


def read_partner_countries() -> pd.DataFrame:
    """Read the countries whose owners and partners a card looks for: country, reason, as_of, source."""
    text = (files("geo_ree.maps") / "partner_countries.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str)


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


def _largest_registered(
    known: pd.DataFrame, resources: pd.DataFrame, card: Mapping[str, Any]
) -> dict[str, Any]:
    """The largest by the statements of state registers alone, where it is not the largest of the card."""
    rows = resources[resources["deposit_id"].isin(known["id"])]
    rows = with_oxide(rows[rows["system_kind"] == REGISTERED[1]])
    rows = rows[rows["oxide_t"].notna()].sort_values("oxide_t", ascending=False, kind="stable")
    first = next(iter(rows.to_dict("records")), None)
    if card["deposit"] is None or first is None or first["deposit_id"] == card["deposit"]:
        return {}
    return {"registered": str(first["deposit_id"]), "registered_t": float(first["oxide_t"])}


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
            "level": [_at(LEVELS, s) for s in held["holder_status"]],
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
