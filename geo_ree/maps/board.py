"""The page on one sheet: for paper, and for readers whose program runs no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.maps.board_credits import board_credits
from geo_ree.maps.headline import words
from geo_ree.maps.packing import plain, safe_html
from geo_ree.maps.still_map import numbered, still_map
from geo_ree.settings import Box

TOP = 5
"""Deposits in the table, and dossiers on paper."""

_COLUMNS = (
    ("rank_sign", "n"),
    ("name", ""),
    ("stage", ""),
    ("score_90", "n"),
    ("rank_interval", "n"),
    ("access_usd", "n"),
    ("contained_oxide", "n"),
)
LEADING = ("oxide_t", "oxide_figure", "category_class", "system", "system_kind", "year", "edition")
"""What the table says of the leading statement of a deposit."""

_CAVEATS = ("limit_access", "limit_straight", "limit_unknown", "board_intervals")
_DASH, _COST = "–", "access_usd_t_treo"
_KEY = "board_map_key"
_SCORED = ("role", "rank_in_role")
_SEVERITIES = ("stop", "caution", "note")


def board(
    scores: pd.DataFrame,
    unranked: pd.DataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    values: Mapping[str, Any],
    language: Mapping[str, Any],
    region: Box,
    facts: Mapping[str, Sequence[tuple[str, str]]],
) -> str:
    """Write the findings of a page as HTML: headline, map, best deposits, caveats, date, sources.

    Parameters
    ----------
    scores
        Rows of the page's deposits, in the order in which the page holds them, with
        `LEADING` of the statement that says how large each is, prefixed by ``leading_``, and
        ``access_measured_usd`` and ``access_stated_in`` where a source places a line at one.
    unranked
        Candidates without a coordinate, whom the headline may name.
    layers
        Canonical layers for the map.
    values
        What `geo_ree.maps.page_values.page_values` gives: headline, cards, run, sources,
        countries.
    language
        Words of the page, as its file in ``i18n`` has them.
    region
        West, south, east, north in degrees.
    facts
        What `geo_ree.maps.card_facts.card_facts` writes below the name of each card.

    Returns
    -------
    str
        The elements ``paper`` and ``paper-foot``. Where the page's script runs, it writes their words
        again for the language of the reader and the weights in force.
    """
    say = _Words(language["page"], language["terms"], language.get("facts", {}))
    run, first = values["run"], _best(scores, values["first_stages"])
    still = still_map(
        scores, layers, shown=values["scored_countries"], label=say("board_map"), region=region
    )
    date = str(run.get("created") or "")[:10]
    deposits = _deposits(scores, unranked)
    named = {**values["country_names"], **{i: name for i, (name, _) in deposits.items()}}
    worst = _worst_flags(values["flags"])
    findings = "".join(f"<p>{safe_html(text)}</p>" for text in words(values["headline"], named))
    title, credits = say("title"), safe_html("; ".join(board_credits(values["sources"])))
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="board-date">{say("as_of", date=date) if date else ""}</p>',
        f'<div class="board-headline">{findings}</div>',
        _cards(say, _with_areas(say, values), deposits, values["country_names"], worst, facts),
        f"<figure>{still}{_worded('figcaption', 'board_map_key', say)}{_named(scores)}"
        f'<p class="board-sources">{_worded("span", "sources", say)}: {credits}.</p></figure>',
        _title(say, scores, first, values["first_stages"]) if len(first) else "",
        _table(say, first, values["country_names"], worst) if len(first) else "",
        f"<ul>{''.join(_worded('li', key, say) for key in _CAVEATS)}</ul>",
        f'<p class="board-disclaimer">{_sentence(say.term(str(run.get("disclaimer") or "")))}</p>',
        _worded("p", "board_rest", say, "board-rest"),
        _worded("p", "open_in_browser", say, "board-hint"),
    ]
    foot = f'<span>{title}</span> <span class="board-date">{date}</span>'
    return (
        f'<div id="paper"><article id="board">{"".join(parts)}</article>'
        f'<div id="dossiers"></div></div><footer id="paper-foot">{foot}</footer>'
    )


class _Words:
    """The page's words, safe to put into HTML."""

    def __init__(
        self, page: Mapping[str, str], terms: Mapping[str, str], facts: Mapping[str, str]
    ) -> None:
        self._page, self._terms, self._facts = page, terms, facts

    def __call__(self, key: str, **values: object) -> str:
        text = self._page[key]
        for name, value in values.items():
            text = text.replace(
                f"{{{name}}}", f"{value:,}" if isinstance(value, int) else str(value)
            )
        return safe_html(text)

    def flag(self, name: str) -> str:
        """Give the name of a flag; rules of a user's own have no words in the page."""
        return safe_html(self._page.get(f"flag_{name}", name.replace("_", " ")))

    def fact(self, sentence: str) -> str:
        """Give a sentence of a source as the page words it."""
        return safe_html(self._facts.get(sentence, sentence))

    def term(self, word: str) -> str:
        return self._terms.get(word, word)


def _sentence(text: str) -> str:
    return safe_html(f"{text[:1].upper()}{text[1:]}.") if text else ""


def _worded(tag: str, key: str, say: _Words, kind: str = "") -> str:
    return f'<{tag}{f" class={kind!r}" if kind else ""} data-t="{key}">{say(key)}</{tag}>'


def _deposits(*tables: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Name and country of each deposit by its id."""
    out = {}
    for table in tables:
        columns = (table.get(c, pd.Series(None, table.index)) for c in ("id", "name", "country"))
        for i, name, country in zip(*columns, strict=True):
            out[str(i)] = (str(plain(name) or i), str(plain(country) or ""))
    return out


def _with_areas(say: _Words, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cards with their notes in words; a deposit without a coordinate may have an area on the map."""
    _, payload = values["layers"].get("unranked", ("", {"areas": ()}))
    drawn = {area["id"] for area in payload["areas"]}
    out = []
    for card in values["cards"]:
        note = say(card["note"]) if card["note"] else ""
        if card["note"] == "card_no_coordinate" and card["deposit"] in drawn:
            note += f" {say('card_area')}"
        out.append({**card, "note": note})
    return out


def _cards(
    say: _Words,
    cards: Iterable[Mapping[str, Any]],
    deposits: Mapping[str, tuple[str, str]],
    names: Mapping[str, str],
    worst: Mapping[str, Mapping[str, str]],
    facts: Mapping[str, Sequence[tuple[str, str]]],
) -> str:
    out = []
    for card in cards:
        name, country = deposits.get(str(card["deposit"]), ("", ""))
        place = say.term(names.get(country, country))
        answer = f"<b>{safe_html(name)}</b> {safe_html(place)}" if name else ""
        flag = worst.get(str(card["deposit"]))
        said = (
            _flagged(say, flag, f"{say.flag(flag['flag'])}. {say.fact(flag['fact'])}")
            if flag
            else ""
        )
        parts = (
            f"<small>{say(card['question'])}</small>{answer}<small class='flagged'>{said}</small>"
        )
        parts += _facts(say, facts.get(str(card["deposit"]), ()))
        parts += f"<small>{card['note']}</small>"
        out.append(f"<div>{parts}</div>")
    below = '<div class="board-facts"></div>'  # where the script writes the facts, for paper
    return f'<div class="board-cards">{"".join(out)}</div>{below}' if out else ""


def _facts(say: _Words, lines: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<small class='fact'>{f'<span>{say(key)}: </span>' if key else ''}{safe_html(text)}</small>"
        for key, text in lines
    )


def _worst_flags(flags: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The worst flag of each deposit: the first in the order of the table, as on the page's cards."""
    out: dict[str, dict[str, str]] = {}
    for values in flags["rows"]:
        row = dict(zip(flags["columns"], values, strict=True))
        if row["severity"] in _SEVERITIES:
            out.setdefault(row["deposit_id"], row)
    return out


def _flagged(say: _Words, flag: Mapping[str, str], words: str) -> str:
    return f"{say('severity_' + flag['severity'])}: {words}"


def _named(scores: pd.DataFrame) -> str:
    """The names behind the numbers of the map."""
    items = (
        f'<li data-mark="{row}"><b>{rank}</b> {safe_html(name)}</li>'
        for row, rank, name in numbered(scores)
    )
    return f'<ul class="map-names">{"".join(items)}</ul>'


def _best(scores: pd.DataFrame, first_stages: Iterable[str]) -> pd.DataFrame:
    """The best candidates in the order of the page: those at the first stages, then the others."""
    if not set(_SCORED) <= set(scores.columns):
        return scores.iloc[:0]
    ranked = scores[(scores["role"] == "candidate") & scores["rank_in_role"].notna()]
    ranked = ranked.sort_values("rank_in_role", kind="stable")
    if "stage" not in ranked:
        return ranked.head(TOP)
    first = ranked["stage"].isin(list(first_stages))
    if "origin" in ranked:
        first |= ranked["origin"].eq("own")
    return pd.DataFrame(pd.concat([ranked[first], ranked[~first]]).head(TOP))


def _title(say: _Words, scores: pd.DataFrame, first: pd.DataFrame, stages: Iterable[str]) -> str:
    """Say which candidates the table shows, and among how many they are ranked."""
    ranked = int((scores["role"].eq("candidate") & scores["rank_in_role"].notna()).sum())
    staged = "stage" in first and first["stage"].isin(list(stages)).any()
    key = "board_best" if staged else "board_best_all"
    return f'<h2 class="board-best">{say(key, n=len(first), all=ranked)}</h2>'


def _table(
    say: _Words,
    rows: pd.DataFrame,
    names: Mapping[str, str],
    worst: Mapping[str, Mapping[str, str]],
) -> str:
    kinds = [kind for _, kind in _COLUMNS]
    heads = "".join(
        f'<th scope="col" class="{kind}" data-t="{key}">{say(key)}</th>' for key, kind in _COLUMNS
    )
    body = []
    for row in rows.to_dict("records"):
        known = {str(n): value for n, cell in row.items() if (value := plain(cell)) is not None}
        cells = zip(_cells(say, known, names, worst.get(str(known["id"]))), kinds, strict=True)
        labelled = zip(cells, (say(key) for key, _ in _COLUMNS), strict=True)
        body.append("".join(f'<td class="{k}" data-label="{h}">{c}</td>' for (c, k), h in labelled))
    rest = "".join(f"<tr>{cells}</tr>" for cells in body)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rest}</tbody></table>"


def _cells(
    say: _Words,
    known: Mapping[str, Any],
    names: Mapping[str, str],
    flag: Mapping[str, str] | None,
) -> list[str]:
    country = str(known.get("country", ""))
    place = say.term(names.get(country, country))
    name = f"{safe_html(known.get('name', known['id']))}<small>{safe_html(place)}</small>"
    if flag and flag["severity"] == "stop":
        words = _flagged(say, flag, say.flag(flag["flag"]))
        name += f"<small class='flagged'>{words}</small>"
    stage = str(known.get("stage", "")).replace("_", " ")
    score = _spread(say, known, "score", "score_p5", "score_p95", digits=1)
    rank = _range(known, "rank_p5", "rank_p95")
    rounded = {n: _about(value) if n.startswith(_COST) else value for n, value in known.items()}
    access = _spread(say, rounded, f"{_COST}_p50", f"{_COST}_p10", f"{_COST}_p90")
    oxide = known.get("leading_oxide_t")
    tonnes = say("unknown") if oxide is None else f"{oxide:,.0f} {say('t')}"
    stated = _statement(say, known)
    return [
        f"{known['rank_in_role']:,.0f}",
        name,
        safe_html(say.term(stage)) if stage else say("unknown"),
        score,
        rank or say("unknown"),
        access + _mark(say, known),
        tonnes + (f"<small>{stated}</small>" if stated and oxide is not None else ""),
    ]


def _spread(
    say: _Words, row: Mapping[str, Any], mid: str, low: str, high: str, digits: int = 0
) -> str:
    if mid not in row:
        return say("unknown")
    span = _range(row, low, high)
    return f"{row[mid]:,.{digits}f}" + (f"<small>{span}</small>" if span else "")


def _about(value: float) -> float:
    """Two significant digits, as one would say a sum of money."""
    return float(f"{value:.2g}")


def _mark(say: _Words, row: Mapping[str, Any]) -> str:
    """The cost of access without the lines that a source places at the deposit."""
    if "access_measured_usd" not in row or f"{_COST}_p50" not in row:
        return ""
    usd, low, high = (
        f"{_about(value):,.0f}" if value is not None else say("unknown")
        for value in (row.get(f"access_measured_{name}") for name in ("usd", "low", "high"))
    )
    words = say("site_access_mark", usd=usd, low=low, high=high, year=str(row["access_stated_in"]))
    return f"<small>{words}</small>"


def _statement(say: _Words, row: Mapping[str, Any]) -> str:
    """System and year of the statement that a tonnage is from, and what is to be said of it."""
    system = str(row.get("leading_system", ""))
    year = str(row.get("leading_year", "")).removesuffix(".0")
    edition = str(row.get("leading_edition", "")).removesuffix(".0")
    said = safe_html(year) if year not in system else ""
    if said and edition and edition != year:
        parts = [safe_html(say.term(system)) + say("estimated_in", year=year)]
    else:
        parts = [safe_html(say.term(system)), said]
    if row.get("leading_oxide_figure") == "computed":
        parts.append(say("ore_times_grade"))
    coded = row.get("leading_system_kind") == "reporting_code"
    if coded and row.get("leading_category_class") == "unknown":
        parts.append(say("category_unknown"))
    return ", ".join(filter(None, parts))


def _range(row: Mapping[str, Any], low: str, high: str) -> str:
    return f"{row[low]:,.0f}{_DASH}{row[high]:,.0f}" if low in row and high in row else ""
