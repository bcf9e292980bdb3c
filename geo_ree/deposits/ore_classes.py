"""Classes that a geologist filters deposits by, from what sources print of ore and minerals."""

from __future__ import annotations

import re

import pandas as pd

from geo_ree.deposits.vocabulary import match_kinds

ORE_CLASSES = ("ree_class", "ore_type", "actinides")
"""Columns that `ore_classes` gives."""

_LIGHT = frozenset(("La", "Ce", "Pr", "Nd", "Sm", "Eu"))
_HEAVY = frozenset(("Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y"))
_SUFFIX = re.compile(r"-\(([A-Z][a-z]?)\)")
_HEAVY_MINERALS = re.compile(r"\bxenotime\b|\bY-[a-z]|\byttr", re.IGNORECASE)
_LIGHT_MINERALS = re.compile(
    r"(?<!Y-)\b(?:monazite|bastn(?:a|ae|ä)site|parisite|synchysite|loparite)\b(?!-\()",
    re.IGNORECASE,
)
_ACTINIDE_MINERALS = {
    "Th": re.compile(r"\bthorit|\bthorian|\burano?thorit|\bthorium\b|\bTh\b", re.IGNORECASE),
    "U": re.compile(
        r"\buraninit|\bpitchblende|\bcoffinit|\bbrannerit|\buranium\b|\bU\b", re.IGNORECASE
    ),
}


def ore_classes(deposits: pd.DataFrame) -> pd.DataFrame:
    """Classify deposits by what their sources print.

    Parameters
    ----------
    deposits
        With any of ``commodities``, ``minerals`` and ``deposit_type``.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`, texts, None where no source says:

        - ``ree_class``: ``light``, ``heavy`` or ``light_heavy``, see `ree_class`;
        - ``ore_type``: ``carbonatite``, ``alkaline_igneous``, ``ion_adsorption``, ``weathered``,
          ``placer``, ``phosphate``, ``granite_pegmatite``, ``iron_oxide``, ``skarn``,
          ``hydrothermal``, ``uranium``, ``metamorphic``; several are separated by ``;``;
        - ``actinides``: ``Th``, ``U`` or ``Th;U``, where a commodity or a mineral of theirs is
          named. None means that none is named, not that there is none: monazite holds thorium
          whether or not a source says so.

    Notes
    -----
    The patterns of ``ore_type`` are in ``deposits/words/ore_type.csv``; the published words stay in
    ``deposit_type``.

    References
    ----------
    Van Gosen, B. S. et al. (2017), Rare-earth elements, chapter O of USGS Professional Paper 1802,
    doi:10.3133/pp1802O (types of deposits); Orris, G. J. and Grauch, R. I. (2002), Rare earth
    element mines, deposits, and occurrences, USGS Open-File Report 02-189 (codes of types).

    Examples
    --------
    >>> rows = pd.DataFrame({"commodities": ["REE;U"], "minerals": ["bastnasite; thorite"],
    ...                      "deposit_type": ["carb (dikes in nepheline syenite)"]})
    >>> ore_classes(rows).iloc[0].tolist()
    ['light', 'carbonatite;alkaline_igneous', 'Th;U']
    """
    blank = pd.Series(None, index=deposits.index, dtype=object)
    commodities, minerals, types = (
        deposits.get(name, blank).astype(object)
        for name in ("commodities", "minerals", "deposit_type")
    )
    named = list(zip(commodities, minerals, strict=True))
    columns = {
        "ree_class": [ree_class(*pair) for pair in named],
        "ore_type": [
            ";".join(match_kinds(t, "ore_type")) or None if isinstance(t, str) else None
            for t in types
        ],
        "actinides": [_actinides(*pair) for pair in named],
    }
    return pd.DataFrame(columns, index=deposits.index, dtype=object)


def ree_class(commodities: object, minerals: object) -> str | None:
    """Give ``light``, ``heavy``, ``light_heavy`` or None: the rare earths that the sources name.

    Light are lanthanum to europium, heavy are gadolinium to lutetium and yttrium. A mineral counts
    by the element in its suffix (synchysite-(Ce)) or prefix (Y-synchysite). Without one, monazite,
    bastnaesite, parisite, synchysite and loparite are light; xenotime and minerals named after
    yttrium are heavy. The class says what is named, not in what proportion.

    References
    ----------
    Wyoming State Geological Survey, REE Defined, wsgs.uwyo.edu/Research/Minerals; Bayliss, P. and
    Levinson, A. A. (1988), A system of nomenclature for rare-earth mineral species: Revision and
    extension, American Mineralogist 73, 422-423.
    """
    text = minerals if isinstance(minerals, str) else ""
    symbols = _symbols(commodities) | set(_SUFFIX.findall(text))
    light = bool(symbols & _LIGHT) or _LIGHT_MINERALS.search(text) is not None
    heavy = bool(symbols & _HEAVY) or _HEAVY_MINERALS.search(text) is not None
    return "_".join(word for word, found in (("light", light), ("heavy", heavy)) if found) or None


def _actinides(commodities: object, minerals: object) -> str | None:
    text = minerals if isinstance(minerals, str) else ""
    symbols = _symbols(commodities)
    found = [s for s, named in _ACTINIDE_MINERALS.items() if s in symbols or named.search(text)]
    return ";".join(found) or None


def _symbols(commodities: object) -> set[str]:
    return set(re.split(r"[;,\s]+", commodities)) if isinstance(commodities, str) else set()
