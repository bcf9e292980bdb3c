"""Whom the sheet for paper names as its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_OURS = "geo_ree, after "
_AFTER_LICENCE = re.compile(r"(?<=\(CC BY 4\.0\)), |(?<=\(ODbL\)), ")
_JOINED = re.compile(r"([^,()]+) and ([^,()]+) \(([^()]+)\)")
_BETWEEN = re.compile(r"; (?![^()]*\))")


def board_credits(sources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Whom the attributions name, each once, without what it is named for.

    Our own tables are one source, whichever records name their publications; who is named by a part of
    another entry under the same licence is named there.
    """
    texts = (str(one["attribution"]) for one in sources if one.get("attribution"))
    parts = [part.split(": ", 1)[-1].strip() for text in texts for part in _BETWEEN.split(text)]
    apart = [one for part in parts for one in _AFTER_LICENCE.split(part)]
    named = [one for part in apart for one in _named_apart(part)]
    found = list(dict.fromkeys(one for one in named if one))
    return [one for one in found if not any(_holds(other, one) for other in found)]


def _named_apart(part: str) -> list[str]:
    """The names of one attribution: those joined by "and", and whose publications ours are after."""
    if part.startswith(_OURS):
        after = part.removeprefix(_OURS).split(" and ")
        others = [name for name in after if not name.startswith("the publications ")]
        return [_OURS + "the publications named per record", *others]
    joined = _JOINED.fullmatch(part)
    return [f"{name} ({joined[3]})" for name in joined.group(1, 2)] if joined else [part]


def _holds(entry: str, other: str) -> bool:
    """Whether another attribution is said in an entry: its name, and its licence at the end."""
    name, licence = [*other.rsplit(" (", 1), ""][:2] if other.endswith(")") else (other, "")
    return entry != other and entry.startswith(name) and entry.endswith(licence)
