"""Tags of OpenStreetMap: which an entry needs, its condition on them, and what they say."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.osm_states import state_keys, state_names, state_value
from geo_ree.schema import LIMITS

logger = logging.getLogger(__name__)

_STATE_NAMES = frozenset(state_names())
_WORD = re.compile(r"'(?:[^']|'')*'|\"([^\"]+)\"|([A-Za-z_][\w:]*+)(?!\s*\()")
_SQL = {"and", "or", "not", "in", "is", "null", "like", "between", "escape", "cast", "as"}
_TYPES = {"integer", "float", "text"}
_SOUND_KEY = re.compile(r"[^\s,;=\"'\[\]#]+")
_VOLTS = re.compile(r"(\d+(?:\.\d+)?)\s*(k?)v?", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}([.,]\d{3})+(?![\d.,])")
_POWER = re.compile(r"(\d+)(?:([.,])(\d+))?\s*([kMG]?)Wp?", re.IGNORECASE)
_MEGAWATTS = {"": 1e-6, "k": 1e-3, "m": 1.0, "g": 1e3}
_LONGEST = 1_000_000  # bytes of a value that SQLite may make


def voltage_kv(text: str) -> float | None:
    """Highest of the voltages in a tag ``voltage``, in kilovolts; None if one is unrecognised.

    Volts, several separated by ``;``, ``/``, ``,`` or ``|``, each with or without a unit. A comma or
    dot before three digits (``20,000``) may group thousands, so it is not recognised.
    """
    if any(_GROUPED.match(piece.strip()) for piece in re.split(r"[;/|]", text)):
        return None
    kilovolts = []
    for piece in filter(None, map(str.strip, re.split(r"[;/,|]", text))):
        found = _VOLTS.fullmatch(piece)
        if not found:
            return None
        kilovolts.append(float(found[1]) if found[2] else float(found[1]) / 1000.0)
    return max(kilovolts, default=None)


def capacity_mw(text: str) -> float | None:
    """Output in a tag ``plant:output:electricity``, in megawatts; None if it is unrecognised.

    A number with its unit (W, kW, MW or GW, a trailing p for peak). A comma before three digits
    may group thousands or start decimals, so it is not recognised.
    """
    found = _POWER.fullmatch(text.strip())
    if not found or (found[2] == "," and len(found[3]) == 3):
        return None
    return float(f"{found[1]}.{found[3] or 0}") * _MEGAWATTS[found[4].lower()]


def _given(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(
    rule: Callable[[str], float | None], key: str, name: str
) -> Callable[[pd.DataFrame], pd.Series]:
    low, high, _ = LIMITS[name]

    def possible(text: object) -> float | None:
        number = rule(text) if isinstance(text, str) and text.strip() else None
        return number if number is not None and low <= number <= high else None

    def column(tags: pd.DataFrame) -> pd.Series:
        numbers = [possible(text) for text in tags[key]]
        texts = [None if number is None else f"{number:.10g}" for number in numbers]
        return pd.Series(texts, index=tags.index, dtype=object)

    return column


def _name(tags: pd.DataFrame) -> pd.Series:
    return tags["name:en"].where(tags["name:en"].map(_given), tags["name"])


def _protected(tags: pd.DataFrame) -> pd.Series:
    """What an area is protected as: its boundary, else its use for leisure."""
    return tags["boundary"].where(tags["boundary"].isin(_PROTECTED), tags["leisure"])


_PROTECTED = ("national_park", "protected_area")
_OUTPUT = "plant:output:electricity"
_Rule = tuple[tuple[str, ...], Callable[[pd.DataFrame], pd.Series]]
_DERIVED: Mapping[str, _Rule] = MappingProxyType(
    {
        "osm_name": (("name", "name:en"), _name),
        "protected_as": (("boundary", "leisure"), _protected),
        "voltage_kv": (("voltage",), _number(voltage_kv, "voltage", "voltage_kv")),
        "capacity_mw": ((_OUTPUT,), _number(capacity_mw, _OUTPUT, "capacity_mw")),
    }
)


def _keys_of(where: str) -> set[str]:
    words = {m[1] or m[2] for m in _WORD.finditer(where) if m[1] or m[2]}
    return {word for word in words if word.lower() not in _SQL | _TYPES | {"ilike"}}


def wanted_tags(source: Source) -> tuple[str, ...]:
    """Names of what an entry needs for its columns and its condition, sorted.

    They are keys of tags, or columns of `state_names`. Raises SchemaError when a column is not a possible key.
    """
    names = {*source.columns.values(), *source.precision.columns} - {"osm_ref"}
    names |= _keys_of(source.reader.where)
    keys = {key for name in names for key in _DERIVED.get(name, ((name,),))[0]}
    keys -= _STATE_NAMES
    odd = sorted(key for key in keys if not _SOUND_KEY.fullmatch(key))
    if odd:
        raise SchemaError(
            f"{source.id}: {odd[0]!r} cannot be the key of a tag",
            "correct columns or reader.where in the catalogue entry",
        )
    return tuple(sorted(keys | (names & _STATE_NAMES)))


def tag_value(tags: Mapping[str, str | None], name: str) -> str | None:
    """Value of a tag, or of a column of `state_names`."""
    if name in _STATE_NAMES and tags.get(name) is None:
        return state_value(tags, name)
    return tags.get(name)


class Condition:
    """The condition ``reader.where`` of an entry, in SQL, on the tags of one feature.

    SQLite evaluates it in memory, with the tags as parameters: anybody may edit
    OpenStreetMap, so a tag must never be opened or parsed. Texts compare without regard to
    the case of ASCII letters. Raises SchemaError when the condition is not valid.
    """

    def __init__(self, source: Source) -> None:
        where = source.reader.where
        self.names = tuple(sorted(_keys_of(where)))
        behind = [state_keys(name) if name in _STATE_NAMES else (name,) for name in self.names]
        self.keys = tuple(sorted({key for keys in behind for key in keys}))
        self._source = source
        self._database = sqlite3.connect(":memory:")
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        self._database.set_authorizer(_only_reading)
        tags = ", ".join(f'? COLLATE NOCASE AS "{name}"' for name in self.names)
        self._query = f"SELECT 1 FROM (SELECT {tags or 1}) WHERE {_WORD.sub(_quoted, where) or 1}"
        self._matches = lru_cache(maxsize=100_000)(self._evaluate)
        self.needs_tags = not self._matches((None,) * len(self.names))

    def matches(self, tags: Mapping[str, str | None]) -> bool:
        """Say whether the tags of a feature meet the condition."""
        values = (tag_value(tags, name) for name in self.names)
        return self._matches(tuple(None if value is None else str(value) for value in values))

    def _evaluate(self, values: tuple[str | None, ...]) -> bool:
        try:
            return bool(self._database.execute(self._query, values).fetchall())
        except (sqlite3.Error, ValueError) as error:
            raise SchemaError(
                f"{self._source.id}: reader.where cannot be evaluated ({error})",
                "correct reader.where in the catalogue entry",
            ) from error


def _quoted(word: re.Match[str]) -> str:
    key = word[2]
    if not key or key.lower() in _SQL | _TYPES:
        return word[0]
    return "LIKE" if key.lower() == "ilike" else f'"{key}"'


def _only_reading(action: int, *_: object) -> int:
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def with_derived(tags: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Add the columns that an entry names and that come from several tags, or a unit.

    ``osm_name`` (``name:en``, else ``name``); ``protected_as`` (``boundary`` where it protects, else
    ``leisure``); ``voltage_kv`` (highest of ``voltage``);
    ``capacity_mw`` (of ``plant:output:electricity``). Unrecognised values, and numbers that no
    column can hold, are left blank, with a warning. The columns of
    `geo_ree.reading.osm_states.state_names` are there already.
    """
    out = tags.copy()
    for name in sorted({*source.columns.values()} & _DERIVED.keys()):
        keys, rule = _DERIVED[name]
        out[name] = rule(tags).astype(object)
        if len(keys) > 1:
            continue
        lost = tags[keys[0]][tags[keys[0]].map(_given) & ~out[name].map(_given)]
        counts = lost.value_counts()
        if len(counts):
            shown = ", ".join(f"{text!r} ({n})" for text, n in counts.head(5).items())
            logger.warning(
                "%s: %d features have an unrecognised %s, left blank: %s%s",
                source.id,
                counts.sum(),
                keys[0],
                shown,
                " …" if len(counts) > 5 else "",
            )
    return out
