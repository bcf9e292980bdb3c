"""Questions about routes, which name the countries to avoid, and their answers from the table of corridors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo_ree.deposits.vocabulary import read_country
from geo_ree.errors import RouteError

ANY = "any"
"""The question that avoids no country."""

NO_ROUTE = "none"
"""The corridor of a deposit without a route."""

AVOIDED = ("CHN", "RUS", "IRN")
"""Countries that the default question avoids, and that every question names first."""

LISTED = ";"
"""Joins the names in a cell."""


@dataclass(frozen=True, kw_only=True)
class RouteAnswer:
    """How many deposits have a route under a question, and how its cost compares with any route.

    Parameters
    ----------
    question
        As in the column of `find_corridors`: ``any``, or ``no_chn_rus_irn``.
    avoided
        ISO codes of the countries that no route may cross.
    deposits
        Deposits that have a route when no country is avoided; those that have one under the
        question if the table holds no row of ``any``.
    kept
        Those of them that have a route under the question.
    unplaced
        Deposits without a route under either question.
    compared
        Whether the table holds the question ``any``, with which this one is compared.
    lost
        Country -> (deposits of the country that lose every route, its deposits that had one).
    growth_pct
        Lowest and highest growth of the cheapest route in %, over the deposits that keep one; of
        the medians of the cost per tonne. NaN if nothing can be compared.
    cost_usd_t
        Lowest and highest cost of the cheapest route, the same medians; NaN if unknown.
    """

    question: str
    avoided: tuple[str, ...]
    deposits: int
    kept: int
    unplaced: int
    compared: bool = True
    lost: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    growth_pct: tuple[float, float] = (np.nan, np.nan)
    cost_usd_t: tuple[float, float] = (np.nan, np.nan)

    def sentence(self, names: Mapping[str, str] | None = None) -> str:
        """Write the answer in English: one sentence, and a second one for deposits without any route.

        ``names`` gives the name of each country code; a code without a name stands for itself. The
        page writes the same words.
        """
        known = names or {}
        total = self.deposits + self.unplaced
        if not self.deposits:
            return "No deposit has a route."
        count = f"{self.deposits} of {total} deposits have a route{self._cost()}"
        if not self.avoided:
            return f"{count}."
        without = f"Without {join_words([known.get(c, c) for c in self.avoided])}, "
        if not self.compared:
            return f"{without}{count}."
        if not self.kept:
            said = "no deposit has a route"
        elif not self.lost:
            said = f"all deposits keep a route ({self.kept}){self._growth()}"
        else:
            losers = [f"{known.get(c, c)} ({n} of {had})" for c, (n, had) in self.lost.items()]
            said = f"no route is left for deposits in {join_words(losers)}; "
            said += f"the others ({self.kept}) keep one{self._growth()}"
        rest = f" Without a route in either case: {self.unplaced}." if self.unplaced else ""
        return f"{without}{said}.{rest}"

    def _cost(self) -> str:
        low, high = self.cost_usd_t
        if not np.isfinite(low):
            return ""
        return f"; the cheapest costs {_span(low, high)} USD per t of product"

    def _growth(self) -> str:
        low, high = self.growth_pct
        if not np.isfinite(low):
            return ""
        span = _span(low, high)
        return f", and the cheapest {f'grows by {span} %' if span != '0' else 'costs the same'}"


def _span(low: float, high: float) -> str:
    ends = (f"{low:,.0f}", f"{high:,.0f}")
    return " to ".join(dict.fromkeys(ends))


def join_words(words: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def read_avoided(avoid: str | Sequence[str]) -> tuple[str, ...]:
    """Give the ISO codes of the countries to avoid, in the order of a question's name.

    Examples
    --------
    >>> read_avoided("Iran, CHN"), question_name(read_avoided("Iran, CHN"))
    (('CHN', 'IRN'), 'no_chn_irn')
    """
    words = [avoid] if isinstance(avoid, str) else list(avoid)
    parts = [part.strip() for word in words for part in word.split(",") if part.strip()]
    codes = {read_country(part, "the country to avoid") for part in parts}
    first = [code for code in AVOIDED if code in codes]
    return (*first, *sorted(codes - set(first)))


def question_name(avoided: Sequence[str]) -> str:
    """Name the question that avoids some countries."""
    return "_".join(("no", *(code.lower() for code in avoided))) if avoided else ANY


def avoided_countries(question: str) -> tuple[str, ...]:
    """Give the ISO codes that a question avoids.

    Examples
    --------
    >>> avoided_countries("no_chn_rus_irn"), avoided_countries("any")
    (('CHN', 'RUS', 'IRN'), ())
    """
    if question == ANY:
        return ()
    codes = tuple(question.removeprefix("no_").upper().split("_"))
    if not question.startswith("no_") or not all(len(c) == 3 and c.isalpha() for c in codes):
        raise RouteError(
            f"{question!r} is no question about routes", "use any, or no_ and codes: no_chn_rus"
        )
    return codes


DEFAULT_QUESTION = question_name(AVOIDED)
"""The question of the routes whose cost counts as access: not through China, Russia and Iran."""


def answer_question(
    corridors: pd.DataFrame, countries: Mapping[str, str], question: str
) -> RouteAnswer:
    """Answer a question about routes from the table of corridors.

    Parameters
    ----------
    corridors
        From `find_corridors`, the rows of all questions together: deposit_id, corridor, question
        and usd_t_p50 are read.
    countries
        Deposit id -> country code, for the deposits that are counted; rows of others are ignored.
    question
        A question of the table.

    Returns
    -------
    RouteAnswer
        Its `sentence` says it in words.

    Raises
    ------
    RouteError
        If the table has no row of the question.

    Examples
    --------
    >>> rows = [("a", "middle_north", "any", 100.0), ("a", "middle_north", "no_chn", 120.0),
    ...         ("b", "mongolia_south", "any", 90.0), ("b", "none", "no_chn", None)]
    >>> table = pd.DataFrame(rows, columns=["deposit_id", "corridor", "question", "usd_t_p50"])
    >>> answer = answer_question(table, {"a": "KAZ", "b": "MNG"}, "no_chn")
    >>> answer.sentence({"CHN": "China", "MNG": "Mongolia"})  # doctest: +ELLIPSIS
    'Without China, no route is left for deposits in Mongolia (1 of 1); the others (1) keep one, ...'
    """
    avoided = avoided_countries(question)
    if question not in set(corridors["question"]):
        known = ", ".join(dict.fromkeys(corridors["question"])) or "none"
        raise RouteError(f"the corridors do not answer {question!r}", f"they answer: {known}")
    counted = corridors[corridors["deposit_id"].isin(list(countries))]
    routes = counted[counted["corridor"] != NO_ROUTE]
    cheapest = {
        q: rows.groupby("deposit_id")["usd_t_p50"].min() for q, rows in routes.groupby("question")
    }
    nothing = pd.Series(dtype=float)
    here = cheapest.get(question, nothing)
    compared = ANY in set(corridors["question"])
    base = cheapest.get(ANY, nothing) if compared else here
    kept = here.index.intersection(base.index)
    had = Counter(countries[str(i)] for i in base.index)
    gone = Counter(countries[str(i)] for i in base.index.difference(kept))
    lost = {c: (n, had[c]) for c, n in sorted(gone.items(), key=lambda item: (-item[1], item[0]))}
    growth = 100.0 * (here[kept] / base[kept] - 1.0).clip(lower=0.0)
    return RouteAnswer(
        question=question,
        avoided=avoided,
        deposits=len(base),
        kept=len(kept),
        unplaced=counted["deposit_id"].nunique() - len(base.index.union(here.index)),
        compared=compared,
        lost=lost,
        growth_pct=_ends(growth),
        cost_usd_t=_ends(here),
    )


def _ends(values: pd.Series) -> tuple[float, float]:
    known = values.dropna()
    return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)
