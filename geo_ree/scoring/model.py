"""What a score is made of: criteria, vetoes, and sets of weights."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.schema.html import table_html
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.decay import Decay, is_number

JUDGEMENT = "judgement"
"""The source of a figure that nobody published: the word says so."""

Op = Literal[">", ">=", "<", "<="]

_OPS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)


@dataclass(frozen=True)
class Criterion:
    """One thing that a score rewards.

    Parameters
    ----------
    name
        Short name: the suffix of the columns ``value_<name>`` and ``points_<name>``.
    column
        Column of the table with the distance, in kilometres; in metres where its name ends in
        ``_m``.
    value
        Decay function from kilometres to 0..1.
    weight
        Its share beside the others, 0 or more; only the proportions matter.
    label
        Words for people; the name when left out.
    missing
        What an unknown distance means: ``"unknown"`` leaves the criterion out of that row, a
        number from 0 to 1 is the value assumed instead.
    measured_to
        What the distance goes to, in words.
    reason, source
        Why this weight, and who says so (`JUDGEMENT` if nobody does).
    decay_reason, decay_source
        The same for the decay and its kilometres.

    Raises
    ------
    ScoreError
        When a name is empty, the weight negative or not a number, or `missing` out of range.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> Criterion("rail", "dist_railway_km", Exponential(50), 0.3).label
    'rail'
    """

    name: str
    column: str
    value: Decay
    weight: float
    label: str = ""
    missing: float | Literal["unknown"] = "unknown"
    measured_to: str = ""
    reason: str = ""
    source: str = ""
    decay_reason: str = ""
    decay_source: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.column:
            raise ScoreError(
                f"criterion {self.name!r}: name and column are {self.name!r} and {self.column!r}",
                "give both",
            )
        if not isinstance(self.value, Decay):
            raise ScoreError(
                f"criterion {self.name}: value is {self.value!r}",
                "give a decay function, for instance Exponential(50)",
            )
        check_weight(self.weight, f"criterion {self.name}: weight")
        if self.missing != "unknown" and not (is_number(self.missing) and 0 <= self.missing <= 1):
            raise ScoreError(
                f"criterion {self.name}: missing is {self.missing!r}",
                'give "unknown" or the value to assume, from 0 to 1',
            )
        if not self.label:
            object.__setattr__(self, "label", self.name)

    @property
    def unit_km(self) -> float:
        """Kilometres in the unit of the column, which its name tells.

        Examples
        --------
        >>> from geo_ree.scoring.decay import Exponential
        >>> Criterion("climb", "climb_railway_m", Exponential(1), 0.1).unit_km
        0.001
        """
        return 0.001 if self.column.endswith("_m") else 1.0


@dataclass(frozen=True)
class Veto:
    """What rules a deposit out whatever else it has: its score becomes 0, with the reason.

    Parameters
    ----------
    column
        Column of the table that is compared.
    limit
        What it is compared with, in the unit of the column.
    reason
        The words that stand beside the score of 0.
    op
        ``>``, ``>=``, ``<`` or ``<=``: the comparison that rules out. An unknown value never does.

    Examples
    --------
    >>> Veto("dist_road_km", 300, "no road within 300 km").strikes([10.0, 301.0, float("nan")])
    array([False,  True, False])
    """

    column: str
    limit: float
    reason: str
    op: Op = ">"

    def __post_init__(self) -> None:
        where = f"veto on {self.column!r}"
        if not self.column or not self.reason:
            raise ScoreError(f"{where}: column or reason is empty", "give both")
        if not is_number(self.limit):
            raise ScoreError(f"{where}: limit is {self.limit!r}", "give a finite number")
        if self.op not in _OPS:
            raise ScoreError(f"{where}: op is {self.op!r}", f"use one of {' '.join(_OPS)}")

    def strikes(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Tell which values are ruled out.

        Parameters
        ----------
        values
            Numbers, any shape.

        Returns
        -------
        numpy.ndarray of bool
        """
        numbers = np.asarray(values, dtype=np.float64)
        return np.asarray(_OPS[self.op](numbers, self.limit), dtype=np.bool_)


@dataclass(frozen=True)
class Variant:
    """One set of weights of a model.

    Parameters
    ----------
    name
        Its name; ``default`` is what holds when no other does.
    weights
        One per criterion, in the order of the criteria.
    when_known
        Column that calls for this set: once any row of the table knows it.
    reason
        Why there is this set.

    Examples
    --------
    >>> Variant("power_lines", (0.5, 0.5), when_known="dist_power_line_km").name
    'power_lines'
    """

    name: str
    weights: tuple[float, ...]
    when_known: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))
        for weight in self.weights:
            check_weight(weight, f"variant {self.name}: weight")


def check_weight(weight: object, where: str) -> None:
    """Refuse a weight that is negative, infinite or no number.

    Raises
    ------
    ScoreError

    Examples
    --------
    >>> check_weight(0.3, "criterion rail: weight")
    """
    if not is_number(weight) or weight < 0:  # type: ignore[operator]
        raise ScoreError(f"{where} is {weight!r}", "give a finite number, 0 or more")


AGGREGATES = tuple(METHODS)
"""How values become one score."""

DEFAULT_VARIANT = "default"


@dataclass(frozen=True)
class ScoreModel:
    """Criteria, their weights, and what rules a deposit out.

    Models are equal when they score alike and say the same about it, wherever they came from.

    Parameters
    ----------
    criteria
        What is rewarded; at least one with a weight above 0.
    vetoes
        What rules out.
    aggregate
        One of `AGGREGATES`: ``weighted_sum`` (points add up), ``weighted_product`` (what is
        worth nothing spoils the whole) or ``topsis`` (relative to the other rows of a table).
    name, title
        Short name, and words for people.
    variants
        Sets of weights to choose from; empty when there is only the one of the criteria.
    variant
        Name of the set in force.
    origin
        The file it was read from, for error messages.
    optional
        Criteria that play no part, and ask for no column, until `choose` finds that a table
        knows theirs. Their weight stands beside those of the others in every set.

    Raises
    ------
    ScoreError
        When there is no criterion, a name stands twice, all weights are zero, the aggregate is
        unknown, or a variant does not fit the criteria.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 2.0),))
    >>> print(model)
    score (custom)
    criterion  weight  value               column
    rail       100 %   halves every 50 km  dist_railway_km
    """

    criteria: tuple[Criterion, ...]
    vetoes: tuple[Veto, ...] = ()
    aggregate: str = "weighted_sum"
    name: str = "custom"
    title: str = "score"
    variants: tuple[Variant, ...] = ()
    variant: str = DEFAULT_VARIANT
    origin: str = field(default="", compare=False)
    optional: tuple[Criterion, ...] = ()

    def __post_init__(self) -> None:
        for name in ("criteria", "vetoes", "variants", "optional"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check_criteria()
        self._check_variants()

    def __str__(self) -> str:
        head = self.title or self.name
        chosen = f", weights {self.variant}" if self.variants else ""
        if self.aggregate != AGGREGATES[0]:
            chosen += f", {self.aggregate.replace('_', ' ')}"
        rows = [("criterion", "weight", "value", "column")]
        for criterion, share in zip(self.criteria, self.shares, strict=True):
            rows.append(
                (criterion.name, f"{100 * share:.4g} %", str(criterion.value), criterion.column)
            )
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
        lines += [f"once {c.column} is known: {c.name}, {c.value}" for c in self.optional]
        lines += [f"veto: {v.column} {v.op} {v.limit:g}: {v.reason}" for v in self.vetoes]
        return "\n".join([f"{head} ({self.name}{chosen})", *(line.rstrip() for line in lines)])

    def _repr_html_(self) -> str:
        rows = [
            (c.label, f"{100 * share:.4g} %", str(c.value), c.measured_to, c.reason, c.source)
            for c, share in zip(self.criteria, self.shares, strict=True)
        ]
        rows += [
            (f"veto: {v.column} {v.op} {v.limit:g}", "", "", "", v.reason, "") for v in self.vetoes
        ]
        head = ("criterion", "weight", "worth", "measured to", "reason of the weight", "source")
        return table_html(head, rows, caption=str(self).splitlines()[0])

    @property
    def shares(self) -> Floats:
        """Weights in the order of the criteria, made to add up to 1."""
        weights = np.array([c.weight for c in self.criteria], dtype=np.float64)
        weights /= weights.max()
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a table must have to be scored."""
        return tuple(
            dict.fromkeys([c.column for c in self.criteria] + [v.column for v in self.vetoes])
        )

    @classmethod
    def from_toml(cls, path: Path | str) -> ScoreModel:
        """Read a model from a preset file; see `geo_ree.scoring.load_preset`.

        Raises
        ------
        ScoreError
            Every mistake of the file in one message.
        """
        from geo_ree.scoring.presets import read_preset  # noqa: PLC0415  (it builds this class)

        return read_preset(Path(path))

    def with_variant(self, name: str) -> ScoreModel:
        """Give the model with another of its sets of weights in force.

        Parameters
        ----------
        name
            Name of one of `variants`.

        Returns
        -------
        ScoreModel

        Raises
        ------
        ScoreError
            When there is none of that name.

        Examples
        --------
        >>> from geo_ree.scoring.presets import load_preset
        >>> load_preset("infrastructure").with_variant("power_lines").criteria[0].weight
        0.25
        """
        if name == self.variant:
            return self
        found = [v for v in self.variants if v.name == name]
        if not found:
            names = ", ".join(v.name for v in self.variants) or self.variant
            raise ScoreError(f"{self._where()}no variant is called {name!r}", f"use one of {names}")
        weighted = zip(self.criteria, found[0].weights, strict=True)
        return replace(
            self, criteria=tuple(replace(c, weight=w) for c, w in weighted), variant=name
        )

    def choose(self, table: pd.DataFrame) -> ScoreModel:
        """Give the model with the set of weights that fits what a table knows.

        The first variant whose `when_known` column has a value in any row; otherwise the
        default. Optional criteria whose column has one are joined to the others. Chosen once for
        a whole table, so that its rows stay comparable.

        Parameters
        ----------
        table
            What is going to be scored.

        Returns
        -------
        ScoreModel

        Examples
        --------
        >>> from geo_ree.scoring.presets import load_preset
        >>> known = pd.DataFrame({"dist_power_line_km": [None, 3.0]})
        >>> load_preset("infrastructure").choose(known).variant
        'power_lines'
        """
        joined = self._joined(table)
        for variant in joined.variants:
            if variant.when_known and _knows(table, variant.when_known):
                return joined.with_variant(variant.name)
        return joined.with_variant(DEFAULT_VARIANT) if joined.variants else joined

    def _joined(self, table: pd.DataFrame) -> ScoreModel:
        """Give the model with those of its optional criteria that a table knows."""
        known = tuple(c for c in self.optional if _knows(table, c.column))
        if not known:
            return self
        weights = tuple(c.weight for c in known)
        return replace(
            self,
            criteria=self.criteria + known,
            variants=tuple(replace(v, weights=v.weights + weights) for v in self.variants),
            optional=tuple(c for c in self.optional if c not in known),
        )

    def _where(self) -> str:
        return f"{self.origin}: " if self.origin else ""

    def _check_criteria(self) -> None:
        where = self._where()
        names = [c.name for c in (*self.criteria, *self.optional)]
        if not self.criteria:
            raise ScoreError(f"{where}the model has no criterion", "give at least one")
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ScoreError(
                f"{where}criteria: the name {', '.join(twice)} stands more than once",
                "give each criterion a name of its own",
            )
        if not any(c.weight > 0 for c in self.criteria):
            raise ScoreError(
                f"{where}criteria: all weights are zero", "give at least one a weight above 0"
            )
        if self.aggregate not in AGGREGATES:
            raise ScoreError(
                f"{where}aggregate is {self.aggregate!r}", f"use one of {', '.join(AGGREGATES)}"
            )

    def _check_variants(self) -> None:
        where = self._where()
        for variant in self.variants:
            if len(variant.weights) != len(self.criteria):
                raise ScoreError(
                    f"{where}variants.{variant.name} has {len(variant.weights)} weights for "
                    f"{len(self.criteria)} criteria",
                    "give one weight for each criterion",
                )
            if not any(w > 0 for w in variant.weights):
                raise ScoreError(
                    f"{where}variants.{variant.name}: all weights are zero",
                    "give at least one a weight above 0",
                )
        names = [v.name for v in self.variants]
        if names and (
            len(set(names)) < len(names) or not {self.variant, DEFAULT_VARIANT} <= {*names}
        ):
            raise ScoreError(
                f"{where}variants are {', '.join(names)}",
                f"give each a name of its own, {DEFAULT_VARIANT} and the chosen one among them",
            )


def _knows(table: pd.DataFrame, column: str) -> bool:
    return column in table.columns and bool(table[column].notna().any())
