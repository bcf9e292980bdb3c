"""What a record's commodities are, and how rare earths stand among them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geo_ree.catalog.source import Commodities, Source
from geo_ree.deposits.fields import Account, as_text, clean_column, nulls_of
from geo_ree.deposits.vocabulary import Commodity, commodity_named, without_doubt
from geo_ree.schema import Layer

_PLAIN = Commodities()

DERIVED = ("commodities", "commodity_tier", "commodity_group", "role")
"""Columns that the rule gives."""

_TIERS = ("primary", "by_product", "assay")
_BY_TIER = {
    "primary": ("rare_earth", "candidate"),
    "by_product": ("rare_earth_by_product", "by_product_host"),
}


@dataclass(frozen=True)
class Standing:
    """Commodities of one record, and the standing of rare earths among them.

    Attributes
    ----------
    commodities
        Symbols or words, separated by ``;``, each once, in the order of the source; a word
        that is not in the vocabulary as it stands. Blank where there are none.
    tier
        ``primary`` where rare earths are mined for, ``by_product`` where they come with
        something else, ``assay`` where they were only found; blank where they are not named.
    group
        Group of the first main commodity, or of the rare earths where these are main or minor.
    role
        ``candidate``, ``by_product_host`` or ``context``.
    unknown
        Words that are not in the vocabulary.
    """

    commodities: str
    tier: str
    group: str
    role: str
    unknown: tuple[str, ...] = ()


def judge_commodities(
    main: Sequence[str],
    minor: Sequence[str] = (),
    trace: Sequence[str] = (),
    *,
    rule: Commodities = _PLAIN,
) -> Standing:
    """Tell the commodities of a record from the texts of its source.

    A word with a question mark behind it is kept with the mark, and makes no rare-earth record.
    Scandium is no rare earth here: the tables of USGS file it apart, and it is won from other
    ores.

    Parameters
    ----------
    main, minor, trace
        Texts: what is mined for, what comes with it, what was only assayed.
    rule
        How a text is split, and whether only the first word of all is what is mined for.

    Returns
    -------
    Standing

    Examples
    --------
    >>> judge_commodities(["Lead,Cerium"], ["Sand and Gravel, Construction"])
    Standing(commodities='Pb;Ce;sand and gravel', tier='primary', group='rare_earth', \
role='candidate', unknown=())
    >>> judge_commodities(["Nb;REE"], rule=Commodities(main=("c",), first_is_main=True)).role
    'by_product_host'
    """
    ranks: list[list[tuple[str, Commodity | None]]] = []
    for texts in (main, minor, trace):
        words = [w for text in texts for w in _split(text, rule.separators)]
        found = [(w, commodity_named(without_doubt(w))) for w in words]
        ranks.append([(w, c) for w, c in found if c is None or c.symbols])
    if rule.first_is_main:
        ranks = [ranks[0][:1], ranks[0][1:] + ranks[1], ranks[2]]
    written = dict.fromkeys(
        s for rank in ranks for word, known in rank for s in _symbols(word, known)
    )
    named = [any(_is_ree(w, c) for w, c in rank) for rank in ranks]
    tier = next((t for t, there in zip(_TIERS, named, strict=True) if there), "")
    first = ranks[0][0][1] if ranks[0] else None
    group = first.group if first and first.group != "rare_earth" else "unknown"
    group, role = _BY_TIER.get(tier, (group, "context"))
    unknown = tuple(w for rank in ranks for w, c in rank if c is None)
    return Standing(";".join(written), tier, group, role, unknown)


def add_commodities(
    out: pd.DataFrame, table: pd.DataFrame, source: Source, spec: Layer, account: Account
) -> pd.DataFrame:
    """Fill the columns that follow from the commodities, where the source does not give them.

    Parameters
    ----------
    out
        Canonical columns so far, on the index of `table`.
    table
        Upstream columns.
    source, spec
        The catalogue entry and its layer. ``values`` of a column that the rule gives are
        looked up by the text of the commodities, and come before what the rule says.
    account
        Told of every word that is not in the vocabulary.

    Returns
    -------
    pandas.DataFrame
        `out` with ``commodities``, ``commodity_tier``, ``commodity_group`` and ``role``, as far
        as the layer has them. A record of kind ``plant`` has the role ``plant``. What a file with
        columns of these names says stays; the rule fills its blanks.
    """
    rule = source.commodities
    if not (rule.main or rule.minor or rule.trace):
        return out
    texts = pd.DataFrame(
        {
            name: clean_column(table[name], nulls_of(source, name)).map(as_text)
            for name in dict.fromkeys((*rule.main, *rule.minor, *rule.trace))
        }
    )
    keys = list(texts.itertuples(index=False, name=None))
    at = {name: i for i, name in enumerate(texts.columns)}
    judged = {
        key: judge_commodities(
            [key[at[n]] for n in rule.main],
            [key[at[n]] for n in rule.minor],
            [key[at[n]] for n in rule.trace],
            rule=rule,
        )
        for key in set(keys)
    }
    standings = [judged[key] for key in keys]
    account.puzzle("commodities", (word for s in standings for word in s.unknown))
    given = {*source.columns, *source.constants, *source.words}
    for name in DERIVED:
        if name in given or all(c.name != name for c in spec.columns):
            continue
        derived = _derived(name, standings, source.values.get(name, {}), out.index)
        if name == "role" and "kind" in out:
            derived = derived.mask(out["kind"] == "plant", "plant")
        if name in out and name not in texts:  # a file in canonical form says it itself
            said = out[name].where(out[name] != "unknown")
            derived = said.where(said.notna(), derived)
        out[name] = derived
    return out


def _derived(
    name: str, standings: Sequence[Standing], exceptions: Mapping[str, str], index: pd.Index
) -> pd.Series:
    attribute = name.removeprefix("commodity_")
    said = [exceptions.get(s.commodities, getattr(s, attribute)) or None for s in standings]
    return pd.Series(said, index=index, dtype=object)


def _split(text: str, separators: str) -> list[str]:
    parts = re.split(f"[{re.escape(separators)}]", text) if separators else [text]
    return [word for part in parts if (word := part.strip())]


def _symbols(word: str, known: Commodity | None) -> tuple[str, ...]:
    if known is None:
        return (word,)
    mark = "" if without_doubt(word) == word else "(?)"
    return tuple(symbol + mark for symbol in known.symbols)


def _is_ree(word: str, known: Commodity | None) -> bool:
    return known is not None and known.group == "rare_earth" and without_doubt(word) == word
