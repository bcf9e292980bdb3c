"""State of a feature of OpenStreetMap: in use, building, planned, disused or gone, in every spelling.

A mapper may write it as a prefix of the key (``disused:railway=rail``), as the value, with the class
in a tag of that name (``railway=disused`` and ``disused=rail``), as a tag beside the class
(``railway=rail`` and ``abandoned=yes``), or as a status (``operational_status=closed``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STATES: Mapping[str, str] = MappingProxyType(
    {
        "construction": "construction",
        "proposed": "planned",
        "planned": "planned",
        "disused": "disused",
        "abandoned": "disused",
        "razed": "razed",
        "demolished": "razed",
        "dismantled": "razed",
        "destroyed": "razed",
        "removed": "razed",
        "ruins": "razed",
        "was": "razed",
        "historic": "razed",
    }
)
"""Word of a mapper -> state: ``construction``, ``planned``, ``disused`` or ``razed``."""

KEYS = ("railway", "highway", "power", "man_made", "landuse", "aeroway", "waterway")
"""Keys of which the state is known."""

UNKNOWN = "unknown"
"""Class of a feature of which only the state is mapped (``railway=abandoned`` alone)."""

_STATUS_KEYS = ("lifecycle", "lifecycle_status", "operational_status")
_CLOSED = {"closed": "disused", "inactive": "disused", "out_of_service": "disused"}
_YES = ("yes", "true", "1")
_BESIDE = tuple(word for word in STATES if word not in ("historic", "was"))
# historic=yes says that a thing is old, and it may well be in use
_MARKS = frozenset((*_BESIDE, *_STATUS_KEYS))


def state_names() -> tuple[str, ...]:
    """Names of the columns that `state_value` knows: three for each key.

    Examples
    --------
    >>> state_names()[:3]
    ('railway_class', 'railway_type', 'railway_state')
    """
    return tuple(f"{key}_{part}" for key in KEYS for part in ("class", "type", "state"))


def state_keys(name: str) -> tuple[str, ...]:
    """Keys of the tags behind a column of `state_names`.

    Examples
    --------
    >>> state_keys("railway_class")[:3]
    ('railway', 'construction', 'construction:railway')
    """
    key = name.rpartition("_")[0]
    pairs = ((word, f"{word}:{key}") for word in STATES)
    return (key, *(tag for pair in pairs for tag in pair), *_STATUS_KEYS)


def state_value(tags: Mapping[str, str | None], name: str) -> str | None:
    """Value of a column of `state_names`: the class if in use, else the state; the class; the state.

    Examples
    --------
    >>> gone = {"disused:railway": "rail"}
    >>> [state_value(gone, f"railway_{part}") for part in ("class", "type", "state")]
    ['disused', 'rail', 'disused']
    """
    key, _, part = name.rpartition("_")
    kind, state = _class_and_state(tags, key)
    return {"class": state or kind, "type": kind, "state": state}[part]


def _class_and_state(tags: Mapping[str, str | None], key: str) -> tuple[str | None, str | None]:
    value = _text(tags, key)
    if not value:
        for word, state in STATES.items():
            kind = _text(tags, f"{word}:{key}")
            if kind and kind != "no":
                return (UNKNOWN if kind in _YES else kind), state
        return None, None
    folded = value.casefold()
    if folded in STATES:
        kind = _text(tags, folded) or _text(tags, f"{folded}:{key}")
        return (kind if kind and kind not in (*_YES, "no") else UNKNOWN), STATES[folded]
    return value, _state_beside(tags, folded)


def _state_beside(tags: Mapping[str, str | None], value: str) -> str | None:
    """State in a tag beside the class: ``abandoned=yes``, ``operational_status=closed``."""
    if _MARKS.isdisjoint(tags):  # nearly all of them, in a file of millions
        return None
    for word in _BESIDE:
        if (_text(tags, word) or "").casefold() in (*_YES, value):
            return STATES[word]
    for status in _STATUS_KEYS:
        said = (_text(tags, status) or "").casefold()
        if said in STATES or said in _CLOSED:
            return STATES.get(said) or _CLOSED[said]
    return None


def _text(tags: Mapping[str, str | None], key: str) -> str | None:
    value = tags.get(key)
    return value.strip() or None if isinstance(value, str) else None
