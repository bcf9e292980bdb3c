"""One column of a canonical layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["text", "number", "integer", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a canonical layer.

    Parameters
    ----------
    name
        Its name, with its unit as suffix.
    kind
        ``text``, ``number`` (float64), ``integer`` (nullable) or ``flag`` (bool).
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
