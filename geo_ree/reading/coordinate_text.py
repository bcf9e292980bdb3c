"""Angles as people write them: decimal degrees, degrees and minutes, packed figures, hemispheres.

Latin and Cyrillic hemispheres stand before or after the figures, decimals follow a point or a comma,
and the signs for degrees, minutes and seconds are whatever a keyboard gave.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Axis = Literal["latitude", "longitude"]

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("º˚∘°ᵒ", "°"),
        **dict.fromkeys("′’‘´`ʹʼ＇‛", "'"),
        **dict.fromkeys("″”“„ˮ‟〃＂«»", '"'),
        **dict.fromkeys("−–—‐‑‒", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\u2007\u200a\t", " "),
        **dict.fromkeys("\ufeff\u200b\u200e\u200f", None),
    }
)
_HEMISPHERES: tuple[tuple[str, str], ...] = (
    # longest first: "с" alone is the north, a Latin letter that looks like a Cyrillic one counts too
    (r"(?:северн\w*|сев)\.?\s*ш(?:ироты|ирота|ир)?\.?|[сc]\.?\s*ш\.?", "N"),
    (r"(?:южн\w*|юж)\.?\s*ш(?:ироты|ирота|ир)?\.?|ю\.?\s*ш\.?", "S"),
    (r"(?:восточн\w*|вост)\.?\s*д(?:олготы|олгота|олг)?\.?|[вb]\.?\s*д\.?", "E"),
    (r"(?:западн\w*|зап)\.?\s*д(?:олготы|олгота|олг)?\.?|[зz]\.?\s*д\.?", "W"),
    (r"north|lat\.?\s*n|n\.?|с", "N"),
    (r"south|s\.?|ю", "S"),
    (r"east|e\.?|в|е", "E"),
    (r"west|w\.?|з", "W"),
)
_WORDS = tuple((re.compile(p, re.IGNORECASE), letter) for p, letter in _HEMISPHERES)
_ANY = "|".join(p for p, _ in _HEMISPHERES)
_BEFORE = re.compile(rf"\s*({_ANY})\s*(?=[-\d])", re.IGNORECASE)
_AFTER = re.compile(rf"(?<=[\d°'\"\s])\s*({_ANY})\s*$", re.IGNORECASE)
_UNITS = (
    (re.compile(r"(?<=\d)\s*(?:град(?:ус\w*)?|гр|degrees?|deg|d)\.?\s*(?=[\d\s]|$)", re.I), "° "),
    (re.compile(r"(?<=\d)\s*(?:мин(?:ут\w*)?|minutes?|min|m)\.?\s*(?=[\d\s]|$)", re.I), "' "),
    (re.compile(r"(?<=\d)\s*(?:сек(?:унд\w*)?|seconds?|sec)\.?\s*$", re.I), '"'),
)
_LETTERS = re.compile(r"(\d+)\s*d\s*(\d+)\s*m\s*([\d.,]+)\s*s", re.IGNORECASE)  # no south in it
_DEGREES = re.compile(r"(\d{1,3}(?:[.,]\d+)?|\.\d+)\s*°?$")
_MINUTES = re.compile(r"(\d{1,3})(?:\s*°\s*-?\s*|\s*:\s*|\s*-\s*|\s+)(\d{1,2}(?:[.,]\d+)?)\s*'?$")
_SECONDS = re.compile(
    r"(\d{1,3})(?:\s*°\s*-?\s*|\s*:\s*|\s*-\s*|\s+|\.)(\d{1,2})(?:\s*'\s*-?\s*|\s*:\s*|\s*-\s*|\s+|\.)"
    r"(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|'')?$"
)
_PACKED = re.compile(r"(\d{4,7})([.,]\d+)?$")
_HALF = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}
_LIMIT = {"latitude": 90.0, "longitude": 180.0}
_SPLITS = re.compile(r"\s*[;|/\n]\s*|\s*,\s+|\s*,\s*|\s+")


@dataclass(frozen=True)
class Angle:
    """One angle that was read.

    Attributes
    ----------
    degrees
        North and east are positive.
    axis
        ``latitude`` or ``longitude`` if a hemisphere says so, else blank.
    unit_deg
        The last digit that was written, in degrees.
    """

    degrees: float
    axis: str
    unit_deg: float


def parse_angle(text: str, axis: Axis | None = None) -> Angle | None:
    r"""Read one angle; None if the text is no angle, or not one of the axis that is expected.

    Examples
    --------
    >>> [round(parse_angle(t).degrees, 5) for t in ('42°15\'30"N', "42 15 30 N", "N42°15.5'")]
    [42.25833, 42.25833, 42.25833]
    >>> round(parse_angle("76-10-20,5 в.д.").degrees, 6)
    76.172361
    >>> parse_angle("4215.5N", "latitude").degrees, parse_angle("42 75 N")
    (42.25833333333333, None)
    """
    plain = _LETTERS.sub(r"\1° \2' \3''", " ".join(text.translate(_SIGNS).split()))
    body, letter = _take_hemisphere(plain)
    if letter is None or (axis and letter and _HALF[letter] != axis):
        return None
    stated = _HALF.get(letter, "")
    body, negative = body.strip(), False
    if body.startswith(("-", "+")):
        negative, body = body.startswith("-"), body[1:].strip()
        if letter:
            return None  # a sign and a hemisphere: they may say the same or the opposite
    for pattern, sign in _UNITS:
        body = pattern.sub(sign, body, count=1)
    found = _figures(body.strip(), (axis or stated) if letter else "")
    if found is None:
        return None
    degrees, unit = found
    if degrees > _LIMIT[axis or stated or "longitude"]:
        return None
    return Angle(-degrees if negative or letter in ("S", "W") else degrees, stated, unit)


def _take_hemisphere(text: str) -> tuple[str, str | None]:
    """Return the rest of a text and N, S, E, W or blank; None if two hemispheres are named."""
    before, after = _BEFORE.match(text), _AFTER.search(text)
    if before and after and before.end() <= after.start():
        return text, None
    found = before or after
    if found is None:
        return text, ""
    rest = text[found.end() :] if found is before else text[: found.start()]
    word = found[1].strip()
    return rest, next(letter for pattern, letter in _WORDS if pattern.fullmatch(word))


def _figures(text: str, packed_axis: str) -> tuple[float, float] | None:
    """Return degrees and the unit of the last digit."""
    if found := _DEGREES.match(text):
        return _number(found[1]), _unit(found[1])
    if found := _SECONDS.match(text):
        return _sum(found[1], found[2], found[3])
    if found := _MINUTES.match(text):
        return _sum(found[1], found[2])
    if packed_axis and (found := _PACKED.match(text)):
        return _unpack(found[1], found[2] or "", packed_axis)
    return None


def _sum(degrees: str, minutes: str, seconds: str = "") -> tuple[float, float] | None:
    m, s = _number(minutes), _number(seconds or "0")
    if m >= 60.0 or s > 60.0:  # 59'60" is how some programs round
        return None
    unit = _unit(seconds) / 3600.0 if seconds else _unit(minutes) / 60.0
    return int(degrees) + m / 60.0 + s / 3600.0, unit


def _unpack(digits: str, fraction: str, axis: str) -> tuple[float, float] | None:
    """Read DDMM, DDDMM, DDMMSS or DDDMMSS; only a latitude has no third digit of degrees."""
    if len(digits) % 2 and axis == "latitude":
        return None
    whole = 3 if len(digits) % 2 else 2
    rest = digits[whole:]
    if len(rest) == 2:
        return _sum(digits[:whole], rest + fraction)
    return _sum(digits[:whole], rest[:2], rest[2:] + fraction)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _unit(text: str) -> float:
    return float(10.0 ** -len(text.replace(",", ".").partition(".")[2]))


def parse_pair(text: str, *, longitude_first: bool = False) -> tuple[Angle, Angle] | None:
    """Read a latitude and a longitude written in one cell.

    Hemispheres decide on the order; without them it is `longitude_first`. None if the text can be
    divided in no way or in several that differ.

    Examples
    --------
    >>> [a.degrees for a in parse_pair("42.5, 76.1")]
    [42.5, 76.1]
    >>> [a.degrees for a in parse_pair("76,1° в.д.; 42,5° с.ш.")]
    [42.5, 76.1]
    >>> parse_pair("42,5") is None  # one number, or two
    True
    """
    text = text.translate(_SIGNS).strip().strip("()[]")
    found: dict[tuple[float, float], tuple[Angle, Angle]] = {}
    rank = 9
    for cut in _cuts(text):
        pair = _ordered(text[: cut[0]], text[cut[1] :], longitude_first)
        if pair is None or cut[2] > rank:
            continue
        if cut[2] < rank:
            rank, found = cut[2], {}
        found[pair[0].degrees, pair[1].degrees] = pair
    return next(iter(found.values())) if len(found) == 1 else None


def _cuts(text: str) -> list[tuple[int, int, int]]:
    """Where a text may be divided: start, end, and how weak the separator is."""
    cuts = []
    for found in _SPLITS.finditer(text):
        mark, start, end = found[0].strip(), found.start(), found.end()
        around = text[start - 1 : start] + text[end : end + 1]
        if mark == "," and found[0] == "," and around.isdigit() and "." not in text:
            continue  # a decimal comma
        cuts.append((start, end, 0 if mark and mark != "," else 1 if mark else 2))
    if not cuts and any(c.isalpha() for c in text):  # N42.5E76.1
        cuts = [(i, i, 3) for i in range(1, len(text))]
    return cuts


def _ordered(first: str, second: str, longitude_first: bool) -> tuple[Angle, Angle] | None:
    one, two = parse_angle(first), parse_angle(second)
    if one is None or two is None or bool(one.axis) != bool(two.axis):
        return None
    if one.axis == two.axis:
        if one.axis:
            return None
        return (two, one) if longitude_first else (one, two)
    return (one, two) if one.axis == "latitude" else (two, one)
