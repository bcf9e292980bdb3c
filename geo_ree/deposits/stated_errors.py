"""Position errors as people state them: a number, or how the position was taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from geo_ree.errors import SettingsError, suggest_words
from geo_ree.schema import PRECISION_ERROR_M

_MAP_MM = 1.0
_MAP = re.compile(r"^(?:map|map sheet|sheet|карта|лист|лист карты)?\s*1\s*:\s*([\d\s.,']+)$")
_NUMBER = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(m|м|metres?|meters?|km|км)?$")
_LARGEST_M = 1_000_000.0


@dataclass(frozen=True, kw_only=True)
class StatedError:
    """A position error in metres, its precision class, and what it rests on."""

    metres: float
    precision_class: str
    basis: str


WAYS: Mapping[str, StatedError] = MappingProxyType(
    {
        "gps": StatedError(
            metres=10.0,
            precision_class="surveyed",
            basis="GPS: 10 m, twice the 4.9 m of a phone under open sky (van Diggelen and Enge 2015, "
            "gps.gov), for trees and slopes (judgement)",
        ),
        "licence corner": StatedError(
            metres=PRECISION_ERROR_M["surveyed"],
            precision_class="surveyed",
            basis=f"licence corner: {PRECISION_ERROR_M['surveyed']:.0f} m, for an unstated datum (judgement)",
        ),
    }
)
"""Ways to take a position, with the error that each stands for."""

_SAME = {"gnss": "gps", "handheld gps": "gps", "license corner": "licence corner"}


def read_stated_error(value: object) -> StatedError:
    """Return the position error that a number or words stand for.

    Parameters
    ----------
    value
        Metres; a text with a unit ("2 km"); ``GPS``; ``licence corner``; ``map sheet 1:200,000``; or a
        precision class of the canonical layers (``arc minute``, ``named place``).

    Returns
    -------
    StatedError

    Raises
    ------
    SettingsError
        When the value is none of these; the hint has the nearest spellings.

    Notes
    -----
    A position read from a map is off by 1 mm at its scale: half of it is the map (US National Map
    Accuracy Standards of 1947: 90 % of the points within 1/50 inch), half the reading (judgement).

    Examples
    --------
    >>> [read_stated_error(v).metres for v in (500, "2 km", "GPS", "map sheet 1:200,000", "arc minute")]
    [500.0, 2000.0, 10.0, 200.0, 2000.0]
    """
    text = " ".join(str(value).replace("_", " ").replace("-", " ").split()).casefold()
    if found := _NUMBER.match(text):
        metres = float(found[1].replace(",", ".")) * (1000.0 if found[2] in ("km", "км") else 1.0)
        return StatedError(
            metres=_bounded(metres, value), precision_class="none", basis=f"stated: {metres:g} m"
        )
    if found := _MAP.match(text):
        scale = int(re.sub(r"\D", "", found[1]))
        metres = _bounded(scale * _MAP_MM / 1000.0, value)
        basis = (
            f"map 1:{scale:,}: {metres:g} m, 1 mm on the sheet (NMAS 1947, and reading; judgement)"
        )
        return StatedError(metres=metres, precision_class="none", basis=basis)
    text = _SAME.get(text, text)
    if text in WAYS:
        return WAYS[text]
    classes = {name.replace("_", " "): name for name in PRECISION_ERROR_M}
    if text in classes:
        name = classes[text]
        return StatedError(
            metres=PRECISION_ERROR_M[name], precision_class=name, basis=f"stated: {text}"
        )
    known = ["GPS", "licence corner", "map sheet 1:200,000", *classes]
    raise SettingsError(
        f"the position error is {str(value)[:60]!r}",
        suggest_words(text, known) or f"give metres, a column, or one of {', '.join(known)}",
    )


def _bounded(metres: float, value: object) -> float:
    if not 0.0 <= metres <= _LARGEST_M:
        raise SettingsError(f"the position error is {value!r}", "give metres from 0 to 1,000,000")
    return metres
