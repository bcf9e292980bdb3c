"""Classes to filter deposits by, and the letters to search their names by."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd
from anyascii import anyascii

CLASS_COLUMNS = ("state", "quality")
"""Columns that `add_classes` adds."""

_STATES = {
    state: re.compile(pattern, re.IGNORECASE)
    for state, pattern in (
        ("past", r"\bpast produc|\bformer(?:ly)? (?:produc|mine)|\bmined\b.*\d{4}|\bclosed\b"),
        ("producing", r"\bproduc(?:er|ing|tion)\b|\bmine\b|\boperating\b"),
        ("licensed", r"\blicen[cs]|\bdevelop(?:ment|ing)\b|\bP?FS\b|\bscoping\b|\bproject\b"),
        ("explored", r"\bprospects?\b|\bexplor|\bresearch\b|\bdrill"),
        ("occurrence", r"\boccurrences?\b|\blocality\b|\bshowings?\b|\bpotential resource"),
        ("registered", r"\bregistered\b|\bundeveloped\b|\bnamed\b"),
    )
}
_LEVELS = {"low": 1, "medium": 2, "high": 3}
_LEVEL = re.compile(r"\b(?:high|medium|low)\b", re.IGNORECASE)
_CYRILLIC = "".join(chr(code) for code in range(0x0400, 0x0530))


def add_classes(scores: pd.DataFrame) -> pd.DataFrame:
    """Add ``state`` and ``quality``, from ``status`` and ``source_quality``; without values, none."""
    blank = pd.Series(None, index=scores.index, dtype=object)
    words = {
        name: scores[name].astype(object) if name in scores else blank
        for name in ("status", "source_quality")
    }
    classes = {
        "state": [project_state(text) for text in words["status"]],
        "quality": [quality_level(text) for text in words["source_quality"]],
    }
    columns = {k: pd.Series(v, index=scores.index, dtype=object) for k, v in classes.items()}
    return scores.assign(**{k: v for k, v in columns.items() if v.notna().any()})


def project_state(status: object) -> str | None:
    """Give the first class whose words occur in the published status, in the order of `_STATES`.

    The class serves the filter only; the page shows the published words.
    """
    if not isinstance(status, str):
        return None
    return next((state for state, pattern in _STATES.items() if pattern.search(status)), None)


def quality_level(source_quality: object) -> int | None:
    """Give the lowest level that is named: 3 for high, 2 for medium, 1 for low."""
    if not isinstance(source_quality, str):
        return None
    return min((_LEVELS[w.lower()] for w in _LEVEL.findall(source_quality)), default=None)


def transliterations(texts: Iterable[str]) -> dict[str, str]:
    """Give the Latin letters of every lower-case Cyrillic letter and of any other beyond ASCII.

    The page turns names and search words into Latin letters, so that Кутессай finds Kutessay.
    """
    beyond = {char for text in texts for char in text.lower() if ord(char) > 127}
    letters = sorted(beyond | set(_CYRILLIC.lower()))
    return {char: latin for char in letters if (latin := anyascii(char).lower()) != char}
