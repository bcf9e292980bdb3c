"""The commodities of a record, and whether rare earths are its main or a minor commodity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from geo_ree.catalog.table_rules import Commodities
from geo_ree.deposits.column_rules import TableTask, as_text
from geo_ree.deposits.vocabulary import Commodity, find_commodity, strip_question_mark
from geo_ree.reading.number_text import means_nothing

_DEFAULT_RULE = Commodities()

DERIVED = ("commodities", "commodity_tier", "commodity_group", "role")
"""Columns derived from the commodities."""

_TIERS = ("primary", "by_product", "assay")
_BY_TIER = {
    "primary": ("rare_earth", "candidate"),
    "by_product": ("rare_earth_by_product", "by_product_host"),
}


@dataclass(frozen=True)
class CommodityClass:
    """The commodities of one record, and what they make of it.

    ``commodities`` lists symbols or words, separated by ``;``, in the order of the source; a word
    outside the vocabulary stays as written and is listed in ``unknown``. ``tier`` is ``primary``
    (rare earths are a main commodity), ``by_product``, ``assay`` (only detected) or "". ``group``
    is that of the first main commodity, or of the rare earths if they are main or minor. ``role``
    is ``candidate``, ``by_product_host`` or ``context``.
    """

    commodities: str
    tier: str
    group: str
    role: str
    unknown: tuple[str, ...] = ()


def classify_commodities(
    main: Sequence[str],
    minor: Sequence[str] = (),
    trace: Sequence[str] = (),
    *,
    rule: Commodities = _DEFAULT_RULE,
) -> CommodityClass:
    """Classify a record by the texts of its main, minor and trace commodities.

    A word with a question mark keeps it, and does not make a rare-earth record. Scandium is not
    counted as a rare earth: USGS tables list it separately, and it comes from other ores.

    Examples
    --------
    >>> classify_commodities(["Lead,Cerium"], ["Sand and Gravel, Construction"])
    CommodityClass(commodities='Pb;Ce;sand and gravel', tier='primary', group='rare_earth', \
role='candidate', unknown=())
    """
    separator = f"[{re.escape(rule.separators)}]" if rule.separators else None
    ranks: list[list[tuple[str, Commodity | None]]] = []
    for texts in (main, minor, trace):
        parts = [p for text in texts for p in (re.split(separator, text) if separator else [text])]
        words = [word for part in parts if (word := part.strip())]
        found = [(w, find_commodity(strip_question_mark(w))) for w in words]
        ranks.append([(w, c) for w, c in found if c is None or c.symbols])
    if rule.first_is_main:
        ranks = [ranks[0][:1], ranks[0][1:] + ranks[1], ranks[2]]
    symbols: dict[str, None] = {}
    for word, known in (pair for rank in ranks for pair in rank):
        mark = "" if strip_question_mark(word) == word else "(?)"
        symbols |= dict.fromkeys((word,) if known is None else (s + mark for s in known.symbols))
    has_ree = [any(_is_rare_earth(w, c) for w, c in rank) for rank in ranks]
    tier = next((t for t, there in zip(_TIERS, has_ree, strict=True) if there), "")
    first = ranks[0][0][1] if ranks[0] else None
    group = first.group if first and first.group != "rare_earth" else "unknown"
    group, role = _BY_TIER.get(tier, (group, "context"))
    unknown = tuple(w for rank in ranks for w, c in rank if c is None)
    return CommodityClass(";".join(symbols), tier, group, role, unknown)


def _is_rare_earth(word: str, known: Commodity | None) -> bool:
    certain = strip_question_mark(word) == word
    return known is not None and known.group == "rare_earth" and certain


_FLAGS = frozenset(("y", "n", "yes", "no"))


def _without_nothing(cells: list[str], rule: Commodities, task: TableTask) -> list[str]:
    """Drop words that mean "no data" from the cells of one column.

    "nd" and "ND" are neodymium only where the column writes other symbols in the same case; elsewhere
    they, and a column that only says yes and no, are reported as unrecognised.
    """
    pattern = f"[{re.escape(rule.separators)}]" if rule.separators else r"(?!)"
    words = {cell: [w.strip() for w in re.split(pattern, cell)] for cell in dict.fromkeys(cells)}
    known = {w for parts in words.values() for w in parts if w}
    flags = {w.casefold() for w in known} <= _FLAGS
    others = [w for w in known if len(w) == 2 and find_commodity(w) and not means_nothing(w)]
    styles = {str.islower: False, str.isupper: False}
    styles = {is_style: any(map(is_style, others)) for is_style in styles}
    unclear: Counter[str] = Counter()

    def is_kept(word: str) -> bool:
        if not flags and (not means_nothing(word) or (word.istitle() and find_commodity(word))):
            return True
        return bool(find_commodity(word)) and any(f(word) and on for f, on in styles.items())

    out = {}
    for cell, parts in words.items():
        dropped = [w for w in parts if w and not is_kept(w)]
        kept = [w for w in parts if w and is_kept(w)]
        out[cell] = rule.separators[:1].join(kept) if dropped else cell
        unclear.update({w: cells.count(cell) for w in dropped if find_commodity(w)})
    task.report_unrecognised("commodities", unclear)
    return [out[cell] for cell in cells]


def add_commodities(out: pd.DataFrame, table: pd.DataFrame, task: TableTask) -> pd.DataFrame:
    """Fill `DERIVED` columns from the commodities, as far as the layer has them.

    ``values`` of such a column in the catalogue entry are looked up by the text of the
    commodities and override the rule. A column of a file in canonical form overrides it too; the
    rule fills its blanks. A record of kind ``plant`` gets the role ``plant``.
    """
    source, rule = task.source, task.source.commodities
    labels = list(dict.fromkeys((*rule.main, *rule.minor, *rule.trace)))
    if not labels:
        return out
    texts = {label: task.cells(table, label).map(as_text).tolist() for label in labels}
    texts = {label: _without_nothing(cells, rule, task) for label, cells in texts.items()}
    rows = list(zip(*texts.values(), strict=True))
    at = {label: i for i, label in enumerate(labels)}
    ranks = [[at[n] for n in names] for names in (rule.main, rule.minor, rule.trace)]
    classes = {
        row: classify_commodities(*([row[i] for i in rank] for rank in ranks), rule=rule)
        for row in set(rows)
    }
    classified = [classes[row] for row in rows]
    task.report_unrecognised("commodities", (word for c in classified for word in c.unknown))
    stated = {*source.columns, *source.constants, *source.words}
    for name in DERIVED:
        if name in stated or name not in task.layer.column_names():
            continue
        exceptions = source.values.get(name, {})
        attribute = name.removeprefix("commodity_")
        values = [exceptions.get(c.commodities, getattr(c, attribute)) or None for c in classified]
        derived = pd.Series(values, index=out.index, dtype=object)
        if name == "role" and "kind" in out:
            derived = derived.mask(out["kind"] == "plant", "plant")
        if name in out and name not in texts:
            own = out[name].where(out[name] != "unknown")
            derived = own.where(own.notna(), derived)
        out[name] = derived
    return out
