"""One column of a canonical layer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

Kind = Literal["text", "date", "number", "integer", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a canonical layer.

    Parameters
    ----------
    name
        Its name, with its unit as suffix.
    kind
        ``text``, ``date`` (text: YYYY, YYYY-MM or YYYY-MM-DD), ``number`` (float64), ``integer``
        (nullable) or ``flag`` (bool).
    meaning
        One line for people.
    required
        Whether a missing value is an error.
    vocabulary
        The words allowed; empty for free text.
    low, high
        The numbers allowed.
    limit
        Why no number lies beyond them.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    vocabulary: tuple[str, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    limit: str = ""

    def describe_limits(self) -> str:
        """Say which numbers are allowed, and why."""
        reason = f" ({self.limit})" if self.limit else ""
        return f"expected {self.low:.15g} to {self.high:.15g}{reason}"


DATE_FORMS = "YYYY, YYYY-MM or YYYY-MM-DD"


def is_date(text: object) -> bool:
    """Whether a text is a year, a month or a day of ISO 8601 that exists.

    Examples
    --------
    >>> [is_date(text) for text in ("2024", "2024-02-29", "2025-02-29", "2024-5", "undated")]
    [True, True, False, False, False]
    """
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True
