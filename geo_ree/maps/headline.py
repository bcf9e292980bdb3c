"""What the page says first: sentences and cards, made from the tables of a run by stated rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

Sentence = tuple[str, dict[str, Any]]
"""A key of ``i18n`` and the values of its places."""


def headline(tables: Mapping[str, pd.DataFrame]) -> list[Sentence]:
    """Give the sentences of the headline.

    Ranked: the candidates that have a rank, and all known candidates.
    """
    placed, unplaced = (_candidates(tables, name) for name in ("scores", "unranked"))
    ranked = int(placed["rank_in_role"].notna().sum()) if "rank_in_role" in placed else 0
    return [("headline_ranked", {"ranked": ranked, "all": len(placed) + len(unplaced)})]


def _candidates(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    table = tables.get(name, pd.DataFrame())
    return table[table["role"] == "candidate"] if "role" in table else table.iloc[:0]
