"""Evidence for each criterion: how well it separates mines from other sites, as last validated."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from geo_ree.errors import ScoreError

GRADES: Mapping[str, str] = {
    "against": "points the wrong way",
    "none": "no evidence",
    "alone": "separates alone, adds nothing to the railway",
    "adds": "adds to the railway",
    "base": "separates alone; the others are added to it",
    "untested": "not tested",
}
"""Grades of evidence in words, failures first."""

Range = tuple[float, float, float]
"""A value with the lower and upper end of its 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the validation found about one distance.

    Parameters
    ----------
    auc
        Chance that a mine is nearer than another site, with its 95 % interval; None if not tested.
    adds
        What the criterion adds to the AUC of the railway alone, with its 95 % interval; None for the
        railway itself, or if not tested.
    base
        Whether it is the railway, to which the others are added.
    """

    auc: Range | None = None
    adds: Range | None = None
    base: bool = False

    @property
    def grade(self) -> str:
        """One of `GRADES`, from the intervals.

        Examples
        --------
        >>> Evidence(auc=(0.68, 0.56, 0.79), adds=(0.01, -0.04, 0.07)).grade
        'alone'
        >>> Evidence(auc=(0.50, 0.40, 0.63), adds=(-0.04, -0.07, -0.02)).grade
        'none'
        """
        if self.auc is None:
            return "untested"
        _, low, high = self.auc
        if high < 0.5:
            return "against"
        if self.adds is not None and self.adds[1] > 0:
            return "adds"
        if low <= 0.5:
            return "none"
        return "base" if self.base else "alone"

    def __str__(self) -> str:
        parts = [GRADES[self.grade]]
        if self.auc is not None:
            parts.append("AUC alone {:.2f} ({:.2f}-{:.2f})".format(*self.auc))
        if self.adds is not None:
            parts.append("added to the railway {:+.2f} ({:+.2f} to {:+.2f})".format(*self.adds))
        return "; ".join(parts)


@dataclass(frozen=True, kw_only=True)
class EvidenceTable:
    """Evidence by column (``dist_railway_km``), and the trial that gave it.

    Parameters
    ----------
    trial
        The trial in words: which sites are compared, where, how many.
    columns
        Evidence by column of the table of scores.
    """

    trial: str
    columns: Mapping[str, Evidence]

    def of(self, column: str) -> Evidence:
        """The evidence for a column; untested where the validation has no figure for it."""
        return self.columns.get(column, Evidence())


@cache
def load_evidence() -> EvidenceTable:
    """Read the packaged evidence, which `geo_ree.validate` gave for the preset ``infrastructure``.

    The AUC of a criterion alone holds for every decay that falls with distance; what it adds holds
    for the weights and decays of that preset.

    Raises
    ------
    ScoreError
        When the file is not as expected.

    Examples
    --------
    >>> load_evidence().of("dist_railway_km").grade
    'base'
    >>> load_evidence().of("dist_power_line_km").grade
    'untested'
    """
    file = files("geo_ree.scoring") / "evidence.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        columns = {
            column: Evidence(
                auc=_range(row["auc"]),
                adds=_range(row["adds"]) if "adds" in row else None,
                base=row.get("base", False),
            )
            for column, row in table["columns"].items()
        }
        return EvidenceTable(trial=table["trial"], columns=columns)
    except (KeyError, TypeError, ValueError) as error:
        raise ScoreError(
            f"geo_ree/scoring/evidence.toml: {error}", "write it anew: tools/write_validation.py"
        ) from error


def _range(values: list[float]) -> Range:
    value, low, high = map(float, values)
    if not low <= value <= high:
        raise ValueError(f"{values} is no value with its interval")
    return value, low, high
