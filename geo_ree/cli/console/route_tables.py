"""Print routes, and what access costs, as tables that fit into 100 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from geo_ree.cli.console.printing import make_console, say
from geo_ree.pipeline.records import Layers
from geo_ree.routing.access_spread import cheaper_chances, tornado
from geo_ree.routing.cost_terms import AccessTerms
from geo_ree.routing.route_answers import NO_ROUTE, answer_question, avoided_countries
from geo_ree.routing.route_check import TOLERANCE_KM, TOLERANCE_PCT, agrees
from geo_ree.settings import DISCLAIMER

_WIDTH = 100
_BARS = 4
_ROUTE_HEAD = ("deposit", "corridor", "to", "km road+rail+water", "borders", "days", "USD/t")
_ACCESS_HEAD = ("deposit", "product", "USD/t TREO", "USD/t product", "share %", "M USD", "largest")
_PART_HEAD = ("component", "USD/t TREO", "USD/t product", "M USD", "quantity", "years")
_CHECK_HEAD = ("id", "published km", "computed km", "error %", "interval km", "reason")
_WORDS = (
    "deposit",
    "corridor",
    "to",
    "product",
    "largest",
    "component",
    "quantity",
    "years",
    "id",
    "reason",
)
_MODES = (("truck_km",), ("rail_km",), ("ferry_km", "sea_km"))


def show_corridors(
    deposits: pd.DataFrame, corridors: pd.DataFrame, layers: Layers, *, whole: bool
) -> None:
    """Print the routes of each question, and its answer in a sentence.

    Parameters
    ----------
    deposits
        With ``id``, ``name`` and ``country``, in the order of the table.
    corridors
        As published, the cheapest of each deposit first.
    layers
        For the names of the countries.
    whole
        Print every corridor and how it goes, not the cheapest alone.
    """
    names = dict(zip(deposits["id"], deposits["name"], strict=True))
    known = layers.frames["countries"]
    countries = dict(zip(known["country"], known["name"], strict=True))
    home = dict(zip(deposits["id"], deposits["country"], strict=True))
    for question in dict.fromkeys(corridors["question"]):
        rows = corridors[corridors["question"] == question]
        if not whole:
            rows = rows.drop_duplicates("deposit_id")
        ways = rows[rows["corridor"] != NO_ROUTE]
        codes = avoided_countries(question)
        listed = ", ".join(countries.get(code, code) for code in codes)
        title = f"Not through {listed}" if codes else "Through any country"
        say(answer_question(corridors, home, question).sentence(countries))
        _show_table(title, _ROUTE_HEAD, (_route_cells(r, names) for r in ways.to_dict("records")))
        for line in (*_lost(rows, names), *(_course(r) for r in ways.to_dict("records") if whole)):
            say(line)
        say()
    say(
        "Days and USD per tonne of product: P10-P50-P90, hauled from the deposit to the destination."
    )
    say(DISCLAIMER)


def show_access(
    deposits: pd.DataFrame, access: pd.DataFrame, terms: AccessTerms | None = None
) -> None:
    """Print what access costs each deposit, and all of them in a sentence.

    Parameters
    ----------
    deposits
        With ``id`` and ``name``, in the order of the table.
    access
        As published.
    terms
        Of the same deposits: print every component too, what the spread of each total comes from, and
        whose access is cheaper.
    """
    names = dict(zip(deposits["id"], deposits["name"], strict=True))
    totals = access[access["component"] == "total"]
    parts = access[access["component"] != "total"]
    rows = [_total_cells(row, parts, names) for row in totals.to_dict("records")]
    say(access_sentence(access))
    _show_table("What access costs", _ACCESS_HEAD, rows)
    if terms is not None:
        for deposit, mine in access.groupby("deposit_id", sort=False):
            cells = (_part_cells(row) for row in mine.to_dict("records"))
            _show_table(names[str(deposit)], _PART_HEAD, cells)
        for row in totals.to_dict("records"):
            rate, ore = _number(row["treo_t_a"]), _number(row["ore_t_per_treo"])
            mined = _percentiles(row, "mining_usd_t_treo")
            say(
                f"{names[row['deposit_id']]}: {rate} t TREO a year; {ore} t of ore per t TREO, to mine and "
                f"mill it {mined} USD/t TREO beside access; {_text(row['note'])}"
            )
        _show_spread(names, terms)
    say(
        "P10-P50-P90 of USD per tonne of rare-earth oxides (TREO) and of product, of the share of the "
        "payable value, and of the capital; unknown without a published quantity or a route."
    )
    say(_years(parts))
    say(DISCLAIMER)


def show_check(found: pd.DataFrame) -> None:
    """Print published distances beside computed ones, and how many agree.

    Parameters
    ----------
    found
        From `geo_ree.routing.route_check.check_routes`.
    """
    rows = [
        [
            _text(row["id"]),
            _number(row["published_km"], ",.1f"),
            _number(row["computed_km"], ",.1f"),
            _number(row["error_pct"], "+.1f"),
            _number(row["low_km"]) + "-" + _number(row["high_km"])
            if pd.notna(row["low_km"])
            else "unknown",
            _text(row["reason"]),
        ]
        for row in found.to_dict("records")
    ]
    _show_table("Published distances and ours", _CHECK_HEAD, rows)
    known = int(found["computed_km"].notna().sum())
    say(
        f"{int(agrees(found).sum())} of {len(found)} are within {TOLERANCE_PCT:g} % or "
        f"{TOLERANCE_KM:g} km, the larger of both; {len(found) - known} have no computed distance."
    )


def access_sentence(access: pd.DataFrame) -> str:
    """Say in one sentence what access costs the deposits.

    Examples
    --------
    >>> rows = {"deposit_id": ["a", "b"], "component": "total", "usd_t_treo_p50": [900.0, None],
    ...         "share_pct_p50": [6.0, None]}
    >>> access_sentence(pd.DataFrame(rows))
    'Access costs 900 USD per t TREO (P50), 6 % of the payable value; for 1 of 2 deposits it is unknown.'
    """
    totals = access[access["component"] == "total"]
    cost, share = totals["usd_t_treo_p50"].dropna(), totals["share_pct_p50"].dropna()
    if cost.empty:
        return f"What access costs per t TREO is unknown for all deposits ({len(totals)})."
    said = f"Access costs {_span(cost)} USD per t TREO (P50)"
    if len(share):
        said += f", {_span(share)} % of the payable value"
    if "mining_usd_t_treo_p50" in totals:
        mined = totals.loc[cost.index, "mining_usd_t_treo_p50"].dropna()
        said += f"; mining and milling cost {_span(mined)} beside it" if len(mined) else ""
    unknown = len(totals) - len(cost)
    return said + (f"; for {unknown} of {len(totals)} deposits it is unknown." if unknown else ".")


def _show_table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    console = _console()
    table = Table(
        title=Text(title),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for name in head:  # numbers are never broken into two lines
        if name in _WORDS:
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="right", no_wrap=True)
    for cells in rows:
        table.add_row(*map(Text, cells))
    if table.row_count:
        console.print(table)


def _console() -> Console:
    console = make_console()
    return console if console.is_terminal else make_console(width=_WIDTH)


def _route_cells(row: Mapping[Any, Any], names: Mapping[str, str]) -> list[str]:
    lengths = [sum(_zero(row[name]) for name in mode) for mode in _MODES]
    return [
        names[row["deposit_id"]],
        str(row["corridor"]),
        str(row["port"]),
        "+".join(f"{km:,.0f}" for km in lengths),
        _number(row["borders"]),
        "-".join(_number(row[f"days_{end}"]) for end in ("low", "mid", "high")),
        _interval(row, *(f"usd_t_p{p}" for p in (10, 50, 90))),
    ]


def _course(row: Mapping[Any, Any]) -> str:
    """How a route goes: countries, crossings, and what was assumed."""
    said = f"{row['corridor']}: {_text(row['countries']).replace(';', ' > ')}"
    for word, name in (("by", "gateways"), ("assumed:", "assumed"), ("note:", "note")):
        if _text(row[name]):
            said += f"; {word} {', '.join(re.split('; ?', _text(row[name])))}"
    return said


def _lost(rows: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """The deposits without a way, those of one reason together."""
    found = _by_note(rows[rows["corridor"] == NO_ROUTE])
    return [f"no way: {_listed(names[i] for i in ids)}: {note}" for note, ids in found.items()]


def _by_note(rows: pd.DataFrame) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for deposit, note in zip(rows["deposit_id"], rows["note"], strict=True):
        if _text(note):
            out.setdefault(_text(note), []).append(str(deposit))
    return out


def _total_cells(
    row: Mapping[Any, Any], parts: pd.DataFrame, names: Mapping[str, str]
) -> list[str]:
    mine = parts[parts["deposit_id"] == row["deposit_id"]].set_index("component")
    whole = pd.notna(row["usd_t_product_p50"])
    costs = mine["usd_t_product_p50"].dropna().sort_values(ascending=False)
    share = (costs / costs.sum()).head(1)
    largest = [f"{str(name).replace('_', ' ')} {part:.0%}" for name, part in share.items()]
    return [
        names[row["deposit_id"]],
        _text(row["product"]),
        _percentiles(row, "usd_t_treo"),
        _percentiles(row, "usd_t_product"),
        _percentiles(row, "share_pct"),
        _percentiles(row, "capital_musd"),
        largest[0] if whole and largest else "unknown",
    ]


def _show_spread(names: Mapping[str, str], terms: AccessTerms) -> None:
    """Print what the spread of each access cost comes from, and whose access is cheaper."""
    known = terms.deposits.loc[terms.deposits["missing"] == "", ["deposit_id", "limit_t_a"]]
    for deposit, limit in known.itertuples(index=False):
        unit = "USD/t TREO" if pd.notna(limit) else "USD/t product"
        bars = [
            f"{row['figure'].replace('_', ' ')} {_interval(row, 'usd_t_p10', 'usd_t_p90')}"
            for row in tornado(terms, deposit).head(_BARS).to_dict("records")
        ]
        say(
            f"{names[deposit]}, {unit} with one figure at its P10 and P90, all others at P50: "
            f"{_listed(bars)}"
        )
    chances = cheaper_chances(terms, per="product")
    for row in chances[chances["cheaper_pct"] > 50].to_dict("records"):
        say(
            f"Access to {names[row['deposit_id']]} is cheaper per t of product than to "
            f"{names[row['other_id']]} in {row['cheaper_pct']:.0f} % of draws "
            f"({row['apart_pct']:.0f} % if they shared no tariff)."
        )


def _part_cells(row: Mapping[Any, Any]) -> list[str]:
    quantity = _number(row["quantity"], ",.0f" if row["quantity"] >= 100 else ".3g")
    return [
        _text(row["component"]).replace("_", " "),
        _percentiles(row, "usd_t_treo"),
        _percentiles(row, "usd_t_product"),
        _percentiles(row, "capital_musd"),
        f"{quantity} {_text(row['unit'])}".strip() if quantity != "unknown" else "",
        "" if row["component"] == "total" else _span_of_years([row["year"]]),
    ]


def _years(parts: pd.DataFrame) -> str:
    span = _span_of_years(parts["year"]) or "unknown years"
    return f"Unit costs of {span}, not converted for inflation."


def _span_of_years(texts: Iterable[Any]) -> str:
    """The first and the last year of texts: ``2010-2018``."""
    years = sorted(y for text in texts for y in re.findall(r"\d{4}", _text(text)))
    return "-".join(dict.fromkeys((years[0], years[-1]))) if years else ""


def _percentiles(row: Mapping[Any, Any], name: str) -> str:
    return _interval(row, *(f"{name}_p{p}" for p in (10, 50, 90)))


def _interval(row: Mapping[Any, Any], *names: str) -> str:
    """Three figures joined by hyphens."""
    values = [row[name] for name in names]
    if any(pd.isna(v) for v in values):
        return "unknown"
    form = ",.0f" if max(map(abs, values)) >= 10 or not any(values) else ",.2g"
    return "-".join(format(v, form) for v in values)


def _number(value: Any, form: str = ",.0f") -> str:
    return "unknown" if pd.isna(value) else format(value, form)


def _span(values: pd.Series) -> str:
    ends = [f"{v:,.0f}" if v >= 10 else f"{v:.2g}" for v in (values.min(), values.max())]
    return " to ".join(dict.fromkeys(ends))


def _zero(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if pd.isna(value) else str(value)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
