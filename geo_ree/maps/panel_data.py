"""What the panel of the page needs beside the table: models, classes to filter by, letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from anyascii import anyascii

from geo_ree.maps.packing import columnar, plain_dicts

CONCENTRATION = 50.0
"""How closely weights drawn in the page keep to those chosen: as `geo_ree.uncertainty` has it."""

PANEL_COLUMNS = ("ree", "state", "quality")
"""Columns that `with_classes` gives."""

_LIGHT = frozenset(("La", "Ce", "Pr", "Nd", "Sm", "Eu"))
_HEAVY = frozenset(("Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y"))
_SUFFIX = re.compile(r"-\(([A-Z][a-z]?)\)")
_HEAVY_MINERALS = re.compile(r"\bxenotime\b|\bY-[a-z]|\byttr", re.IGNORECASE)
_LIGHT_MINERALS = re.compile(
    r"(?<!Y-)\b(?:monazite|bastn(?:a|ae|ä)site|parisite|synchysite|loparite)\b(?!-\()",
    re.IGNORECASE,
)

_STATES = (
    ("past", r"\bpast produc|\bformer(?:ly)? (?:produc|mine)|\bmined\b.*\d{4}|\bclosed\b"),
    ("producing", r"\bproduc(?:er|ing|tion)\b|\bmine\b|\boperating\b"),
    ("licensed", r"\blicen[cs]|\bdevelop(?:ment|ing)\b|\bP?FS\b|\bscoping\b|\bproject\b"),
    ("explored", r"\bprospects?\b|\bexplor|\bresearch\b|\bdrill"),
    ("occurrence", r"\boccurrences?\b|\blocality\b|\bshowings?\b|\bpotential resource"),
    ("registered", r"\bregistered\b|\bundeveloped\b|\bnamed\b"),
)
_PATTERNS = tuple((state, re.compile(pattern, re.IGNORECASE)) for state, pattern in _STATES)
_LEVEL = re.compile(r"\b(?:high|medium|low)\b", re.IGNORECASE)
_LEVELS = {"low": 1, "medium": 2, "high": 3}

_CYRILLIC = "".join(chr(code) for code in range(0x0400, 0x0530))
_SEARCHED = ("name", "aliases", "admin_area")
_ROUNDED = ("dist_", "abroad_")


def with_classes(scored: pd.DataFrame) -> pd.DataFrame:
    """Add the classes that the panel filters by, derived from what the sources say.

    Parameters
    ----------
    scored
        A row per deposit; ``commodities``, ``minerals``, ``status`` and ``source_quality`` are
        read where they are there.

    Returns
    -------
    pandas.DataFrame
        With ``ree`` (`ree_class`), ``state`` (`project_state`) and ``quality``
        (`quality_level`). A column that would be blank throughout is left out.

    Examples
    --------
    >>> rows = pd.DataFrame({"commodities": ["Ce;La", "REE"], "status": ["prospect", None]})
    >>> list(with_classes(rows)["ree"]), list(with_classes(rows)["state"])
    (['light', None], ['explored', None])
    """
    blank = pd.Series(None, index=scored.index, dtype=object)
    said = {
        name: scored[name].astype(object) if name in scored else blank
        for name in ("commodities", "minerals", "status", "source_quality")
    }
    named = zip(said["commodities"], said["minerals"], strict=True)
    classes: dict[str, list[Any]] = {
        "ree": [ree_class(commodities, minerals) for commodities, minerals in named],
        "state": [project_state(text) for text in said["status"]],
        "quality": [quality_level(text) for text in said["source_quality"]],
    }
    told = {k: v for k, v in classes.items() if any(one is not None for one in v)}
    return scored.assign(
        **{k: pd.Series(v, index=scored.index, dtype=object) for k, v in told.items()}
    )


def ree_class(commodities: object, minerals: object) -> str | None:
    """Tell whether a deposit's sources name light or heavy rare earths.

    Light are lanthanum to europium, heavy gadolinium to lutetium and yttrium. A mineral counts
    by the element in its suffix (synchysite-(Ce)) or prefix (Y-synchysite); without one,
    monazite, bastnaesite, parisite, synchysite and loparite count as light, xenotime and what
    is called after yttrium as heavy. It says what is named, not in what proportion.

    Parameters
    ----------
    commodities
        Symbols separated by ``;``. ``REE`` says nothing.
    minerals
        Minerals, as published.

    Returns
    -------
    str or None
        ``light``, ``heavy``, ``light_heavy`` or None where none is named.

    References
    ----------
    Wyoming State Geological Survey, REE Defined, wsgs.uwyo.edu/Research/Minerals; Bayliss, P.
    and Levinson, A. A. (1988), A system of nomenclature for rare-earth mineral species: Revision
    and extension, American Mineralogist 73, 422-423.

    Examples
    --------
    >>> ree_class("REE", "monazite; xenotime"), ree_class("Ce;La", None), ree_class("REE", None)
    ('light_heavy', 'light', None)
    """
    text = minerals if isinstance(minerals, str) else ""
    symbols = set(re.split(r"[;,\s]+", commodities)) if isinstance(commodities, str) else set()
    symbols |= set(_SUFFIX.findall(text))
    light = bool(symbols & _LIGHT) or _LIGHT_MINERALS.search(text) is not None
    heavy = bool(symbols & _HEAVY) or _HEAVY_MINERALS.search(text) is not None
    found = [word for word, there in (("light", light), ("heavy", heavy)) if there]
    return "_".join(found) or None


def project_state(status: object) -> str | None:
    """Sort the published words on the state of a project into a few classes.

    The first that fits, in the order ``past`` (produced once), ``producing`` (a producer or a
    mine of whatever commodity), ``licensed`` (a licence, a project or its development),
    ``explored``, ``occurrence``, ``registered`` (listed or undeveloped). For filtering: the page
    shows the words themselves.

    Returns
    -------
    str or None
        None where the words are unknown or fit none.

    Examples
    --------
    >>> project_state("past producer; licensed in 2024"), project_state("licensed, undeveloped")
    ('past', 'licensed')
    """
    if not isinstance(status, str):
        return None
    return next((state for state, pattern in _PATTERNS if pattern.search(status)), None)


def quality_level(source_quality: object) -> int | None:
    """Give the lowest level that the words on the quality of a source name.

    Returns
    -------
    int or None
        3 for high, 2 for medium, 1 for low; None where none is named.

    Examples
    --------
    >>> quality_level("high (location), low (resource)"), quality_level("medium")
    (1, 2)
    """
    if not isinstance(source_quality, str):
        return None
    return min((_LEVELS[w.lower()] for w in _LEVEL.findall(source_quality)), default=None)


def panel_values(scored: pd.DataFrame, models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give what the panel scores and searches by.

    Parameters
    ----------
    scored
        A row per deposit, in the order of the page's table.
    models
        As `geo_ree.scoring.plain_models` gives them, the model of the run first.

    Returns
    -------
    dict
        ``models``; ``concentration`` of the weights drawn; ``columns`` of the models that are no
        rounded distances (name -> numbers, None for unknown); ``far``, the rows of a column that
        are out of reach, since JSON knows no infinity; ``letters`` (`transliterations`).

    Examples
    --------
    >>> panel_values(pd.DataFrame({"dist_road_km": [1.0, float("inf")], "name": ["A", "B"]}), [
    ...     {"criteria": [{"column": "dist_road_km"}], "vetoes": []}])["far"]
    {'dist_road_km': [1]}
    """
    used = [c["column"] for m in models for c in (*m["criteria"], *m["vetoes"])]
    names = [name for name in dict.fromkeys(used) if name in scored]
    numbers = {
        name: pd.to_numeric(scored[name]).to_numpy(np.float64, na_value=np.nan) for name in names
    }
    far = {name: np.flatnonzero(np.isposinf(v)).tolist() for name, v in numbers.items()}
    exact = {
        name: [float(v) if np.isfinite(v) else None for v in column]
        for name, column in numbers.items()
        if not name.startswith(_ROUNDED)
    }
    return {
        "models": [dict(m) for m in models],
        "concentration": CONCENTRATION,
        "columns": exact,
        "far": {name: rows for name, rows in far.items() if rows},
        "letters": transliterations(
            str(text) for name in _SEARCHED if name in scored for text in scored[name].dropna()
        ),
    }


def transliterations(texts: Iterable[str]) -> dict[str, str]:
    """Give the Latin letters for those of the Cyrillic scripts and for any other in some texts.

    The page turns names and what a reader types into Latin letters by it, so that Кутессай finds
    Kutessay.

    Parameters
    ----------
    texts
        What is searched.

    Returns
    -------
    dict of str to str
        A lower-case letter beyond ASCII -> its Latin letters.

    Examples
    --------
    >>> letters = transliterations(["Bastnäs"])
    >>> letters["ж"], letters["ä"]
    ('zh', 'a')
    """
    beyond = {char for text in texts for char in text.lower() if ord(char) > 127}
    letters = sorted(beyond | set(_CYRILLIC.lower()))
    return {char: latin for char in letters if (latin := anyascii(char).lower()) != char}


_PER_WHOLE = 1_000
_ALL = "*"
_INFLUENCE = (
    "kind",
    "criterion",
    "first_order",
    "total",
    "total_conf",
    "weight",
    "weight_needed",
    "new_leader",
)
_OMISSION = ("target", "layer", "source_id", "country", "rate", "rate_low", "rate_high", "basis")


def evidence_values(acceptability: pd.DataFrame | None) -> dict[str, Any]:
    """Rank distributions as the page's script reads them.

    Parameters
    ----------
    acceptability
        Index deposit id, columns ranks: share of the draws on each rank.

    Returns
    -------
    dict
        ``acceptability``: id -> the first rank that occurs, and the draws on it and on each
        following one to the last that occurs, in thousandths.

    Examples
    --------
    >>> draws = pd.DataFrame([[0.0, 0.25, 0.75, 0.0]], index=["a"], columns=[1, 2, 3, 4])
    >>> evidence_values(draws)
    {'acceptability': {'a': [2, [250, 750]]}}
    """
    if acceptability is None:
        return {"acceptability": {}}
    ranks, shares = acceptability.columns, acceptability.to_numpy(dtype=np.float64)
    rows = {
        str(i): _distribution(ranks, row)
        for i, row in zip(acceptability.index, shares, strict=True)
    }
    return {"acceptability": {i: row for i, row in rows.items() if row is not None}}


def doubt_tables(
    central_weights: pd.DataFrame | None,
    influence: Sequence[Mapping[str, Any]] | None,
    omission: pd.DataFrame | None,
) -> dict[str, Any]:
    """Tables on what one has to believe, what moves the ranking and what the maps leave out.

    Parameters
    ----------
    central_weights, influence, omission
        As `geo_ree.maps.PageData` has them. Of the omission, what holds for all countries together
        is taken, and a country by itself where its lines were compared.

    Returns
    -------
    dict
        ``central``, ``influence`` and ``omission``: rows without what is unknown, empty without a
        table.

    Examples
    --------
    >>> weights = pd.DataFrame({"rail": [0.7, np.nan]}, index=["a", "b"])
    >>> doubt_tables(weights, [{"kind": "weight", "criterion": "rail", "total": 0.5}], None)
    {'central': {'columns': ['id', 'rail'], 'rows': [['a', 0.7]]}, 'influence': [{'kind': 'weight', \
'criterion': 'rail', 'total': 0.5}], 'omission': {'columns': [], 'rows': []}}
    """
    central = pd.DataFrame() if central_weights is None else central_weights.dropna(how="all")
    lines = pd.DataFrame() if omission is None else omission
    if "country" in lines:
        compared = lines["state"].ne("assumed") if "state" in lines else lines["rate"].notna()
        lines = lines[lines["country"].eq(_ALL) | (lines["source_id"].eq(_ALL) & compared)]
    return {
        "central": columnar(central.rename_axis("id").reset_index(), ("id", *central.columns)),
        "influence": plain_dicts(influence or (), _INFLUENCE),
        "omission": columnar(lines, _OMISSION),
    }


def _distribution(ranks: pd.Index, shares: Any) -> list[Any] | None:
    there = np.flatnonzero(shares > 0.0)
    if not len(there):
        return None
    first, last = int(there[0]), int(there[-1])
    return [int(ranks[first]), np.rint(shares[first : last + 1] * _PER_WHOLE).astype(int).tolist()]
