"""What the tags of OpenStreetMap say, as columns that a catalogue entry can name."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

logger = logging.getLogger(__name__)

_STATES = ("construction", "disused", "abandoned")
_WORD = re.compile(r"'(?:[^']|'')*'|\"([^\"]+)\"|([A-Za-z_][\w:]*)")
_SQL = {"and", "or", "not", "in", "is", "null", "like", "ilike", "between", "escape"}
_SOUND_KEY = re.compile(r"[^\s,;=\"'\[\]#]+")
_VOLTS = re.compile(r"(\d+(?:\.\d+)?)\s*(k?)v?", re.IGNORECASE)
_POWER = re.compile(r"(\d+)(?:([.,])(\d+))?\s*([kMG]?)Wp?", re.IGNORECASE)
_MEGAWATTS = {"": 1e-6, "k": 1e-3, "m": 1.0, "g": 1e3}


def voltage_kv(text: str) -> float | None:
    """Highest of the voltages in a tag ``voltage``, in kilovolts.

    Parameters
    ----------
    text
        Volts, several separated by ``;``, ``/``, ``,`` or ``|``; a piece may have a unit.

    Returns
    -------
    float or None
        None where a piece is no voltage.

    Examples
    --------
    >>> voltage_kv("220000;110000"), voltage_kv("35 kV"), voltage_kv("high")
    (220.0, 35.0, None)
    """
    kilovolts = []
    for piece in filter(None, map(str.strip, re.split(r"[;/,|]", text))):
        found = _VOLTS.fullmatch(piece)
        if not found:
            return None
        kilovolts.append(float(found[1]) if found[2] else float(found[1]) / 1000.0)
    return max(kilovolts, default=None)


def capacity_mw(text: str) -> float | None:
    """Electric output in a tag ``plant:output:electricity``, in megawatts.

    Parameters
    ----------
    text
        A number with its unit (W, kW, MW or GW, a trailing p for peak). A comma before three
        digits may be either mark and is not understood.

    Returns
    -------
    float or None
        None where it is not understood, a number without a unit among them.

    Examples
    --------
    >>> capacity_mw("500 MW"), capacity_mw("1,2 GW"), capacity_mw("1,200 MW"), capacity_mw("yes")
    (500.0, 1200.0, None, None)
    """
    found = _POWER.fullmatch(text.strip())
    if not found or (found[2] == "," and len(found[3]) == 3):
        return None
    return float(f"{found[1]}.{found[3] or 0}") * _MEGAWATTS[found[4].lower()]


def _number(rule: Callable[[str], float | None], key: str) -> Callable[[pd.DataFrame], pd.Series]:
    def column(tags: pd.DataFrame) -> pd.Series:
        told = [_text(rule(v)) if _given(v) else None for v in tags[key]]
        return pd.Series(told, index=tags.index, dtype=object)

    return column


def _state(key: str) -> Callable[[pd.DataFrame], pd.Series]:
    def column(tags: pd.DataFrame) -> pd.Series:
        out = tags[key].copy()
        for state in _STATES:
            out = out.where(out.map(_given) | ~tags[f"{state}:{key}"].map(_given), state)
        return out

    return column


def _given(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.10g}"


def _name(tags: pd.DataFrame) -> pd.Series:
    return tags["name:en"].where(tags["name:en"].map(_given), tags["name"])


_Rule = tuple[tuple[str, ...], Callable[[pd.DataFrame], pd.Series]]
_DERIVED: Mapping[str, _Rule] = MappingProxyType(
    {
        "osm_name": (("name", "name:en"), _name),
        "voltage_kv": (("voltage",), _number(voltage_kv, "voltage")),
        "capacity_mw": (
            ("plant:output:electricity",), _number(capacity_mw, "plant:output:electricity"),
        ),
        **{
            f"{key}_class": ((key, *(f"{s}:{key}" for s in _STATES)), _state(key))
            for key in ("railway", "power", "highway")
        },
    }
)  # fmt: skip


def wanted_tags(source: Source) -> tuple[str, ...]:
    """Tags that an entry needs: those of its columns and of its condition.

    Parameters
    ----------
    source
        The entry, or a single-table view of it.

    Returns
    -------
    tuple of str
        Keys of tags, such as ``name:en``, sorted.

    Raises
    ------
    SchemaError
        When a column is called what no tag can be called.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> roads = load_catalog()["osm_kazakhstan"].parts()[1]
    >>> wanted_tags(roads)
    ('highway', 'name', 'name:en')
    """
    asked = [m[1] or m[2] for m in _WORD.finditer(source.reader.where) if m[1] or m[2]]
    plain = {word for word in asked if word.lower() not in _SQL}
    plain |= {*source.columns.values(), *source.precision.columns} - {"osm_ref"}
    keys = {key for name in plain for key in _DERIVED.get(name, ((name,),))[0]}
    odd = sorted(k for k in keys if not _SOUND_KEY.fullmatch(k))
    if odd:
        raise SchemaError(
            f"{source.id}: {odd[0]!r} cannot be the key of a tag",
            "correct columns or reader.where in the catalogue entry",
        )
    return tuple(sorted(keys))


def with_derived(tags: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Add the columns that are told from several tags, or from one with a unit.

    These are: ``osm_name`` (``name:en``, else ``name``); ``voltage_kv`` (highest of
    ``voltage``); ``capacity_mw`` (of ``plant:output:electricity``); and ``railway_class``,
    ``power_class`` and ``highway_class``, which are the tag of that key or, where a feature has
    it with a prefix only (``disused:railway``), the prefix: ``construction``, ``disused`` or
    ``abandoned``. What is not understood is left blank and counted in a warning.

    Parameters
    ----------
    tags
        A column for each of `wanted_tags`, None where a feature lacks the tag.
    source
        The entry; only the columns that it names are added.

    Returns
    -------
    pandas.DataFrame
        A new frame.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> roads = load_catalog()["osm_kazakhstan"].parts()[1]
    >>> tags = pd.DataFrame({"highway": ["trunk"], "name": ["Жол"], "name:en": ["Road"]})
    >>> with_derived(tags, roads)["osm_name"].tolist()
    ['Road']
    """
    out = tags.copy()
    for name in sorted({*source.columns.values()} & _DERIVED.keys()):
        keys, rule = _DERIVED[name]
        out[name] = rule(tags).astype(object)
        if len(keys) == 1:
            _warn(tags[keys[0]], out[name], keys[0], source)
    return out


def _warn(given: pd.Series, told: pd.Series, key: str, source: Source) -> None:
    lost: Iterable[str] = given[given.map(_given) & ~told.map(_given)]
    counts = pd.Series(list(lost), dtype=object).value_counts()
    if len(counts):
        shown = ", ".join(f"{text!r} ({n})" for text, n in counts.head(5).items())
        logger.warning("%s: %d features have a %s that is not understood and left blank: %s%s",
                       source.id, counts.sum(), key, shown, " …" if len(counts) > 5 else "")  # fmt: skip
