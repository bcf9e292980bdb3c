"""Score models: criteria with their weights, vetoes, and alternative sets of weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.criteria import Criterion, Veto, check_weight
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.evidence import load_evidence
from geo_ree.scoring.notebook import html_table
from geo_ree.settings import AGGREGATES

DEFAULT_VARIANT = "default"


@dataclass(frozen=True)
class Variant:
    """An alternative set of weights of a model.

    Parameters
    ----------
    name
        Its name; the variant ``default`` is used unless another applies.
    weights
        One per criterion, in the order of the criteria.
    when_known
        The column that selects this set as soon as any row of the table has a value in it.
    reason
        Why there is this set.
    """

    name: str
    weights: tuple[float, ...]
    when_known: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))
        for weight in self.weights:
            check_weight(weight, f"variant {self.name}: weight")


@dataclass(frozen=True, repr=False)
class ScoreModel:
    """Criteria with their weights, and vetoes.

    Two models are equal when they score alike and describe themselves alike, wherever they came
    from.

    Parameters
    ----------
    criteria
        At least one criterion with a weight above 0.
    vetoes
        Limits that exclude a deposit.
    aggregate
        One of ``weighted_sum`` (points add up), ``weighted_product`` (any zero zeroes the score)
        and ``topsis`` (relative to the other rows of a table).
    name, title
        Short name, and a title for people.
    variants
        Alternative sets of weights; empty when there is only that of the criteria.
    variant
        Name of the set in use.
    origin
        The file it was read from, for error messages.
    optional
        Criteria that are not used, and whose columns may be absent, until `choose` finds a table
        with values for them. Their weight is the same in every variant.
    least_known
        Least share of the weights, 0 to 1, that must be known for a row to get a score.

    Raises
    ------
    ScoreError
        When there is no criterion, a name occurs twice, all weights are zero, the aggregate is
        unknown, a variant does not fit the criteria, or `least_known` is out of range.

    Examples
    --------
    >>> from geo_ree.scoring import Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 2.0),))
    >>> model
    <ScoreModel custom: 1 criterion, weighted_sum>
    >>> print(model)
    score (custom)
    criterion  weight  value               column
    rail       100 %   halves every 50 km  dist_railway_km
    """

    criteria: tuple[Criterion, ...]
    vetoes: tuple[Veto, ...] = ()
    aggregate: str = AGGREGATES[0]
    name: str = "custom"
    title: str = "score"
    variants: tuple[Variant, ...] = ()
    variant: str = DEFAULT_VARIANT
    origin: str = field(default="", compare=False)
    optional: tuple[Criterion, ...] = ()
    least_known: float = 0.5

    def __post_init__(self) -> None:
        for name in ("criteria", "vetoes", "variants", "optional"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check_criteria()
        self._check_variants()

    def __repr__(self) -> str:
        variant = f" ({self.variant})" if self.variants else ""
        count = len(self.criteria)
        criteria = f"{count} {'criterion' if count == 1 else 'criteria'}"
        return f"<ScoreModel {self.name}{variant}: {criteria}, {self.aggregate}>"

    def __str__(self) -> str:
        rows = [("criterion", "weight", "value", "column")]
        for criterion, share in zip(self.criteria, self.shares, strict=True):
            rows.append(
                (criterion.name, f"{100 * share:.4g} %", str(criterion.value), criterion.column)
            )
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
        lines += [f"when {c.column} is known: {c.name}, {c.value}" for c in self.optional]
        lines += [f"veto: {v.column} {v.op} {v.limit:g}: {v.reason}" for v in self.vetoes]
        return "\n".join([self._heading(), *(line.rstrip() for line in lines)])

    def _heading(self) -> str:
        chosen = f", weights {self.variant}" if self.variants else ""
        if self.aggregate != AGGREGATES[0]:
            chosen += f", {self.aggregate.replace('_', ' ')}"
        return f"{self.title or self.name} ({self.name}{chosen})"

    def _repr_html_(self) -> str:
        rows = [
            (
                *(c.label, f"{100 * share:.4g} %", str(c.value), c.measured_to, c.reason, c.source),
                str(load_evidence().of(c.column)),
            )
            for c, share in zip(self.criteria, self.shares, strict=True)
        ]
        rows += [
            (f"veto: {v.column} {v.op} {v.limit:g}", "", "", "", v.reason, "", "")
            for v in self.vetoes
        ]
        columns = ["criterion", "weight", "value", "measured to", "reason of the weight", "source"]
        columns.append("evidence")
        return html_table(pd.DataFrame(rows, columns=columns), caption=self._heading())

    @property
    def shares(self) -> Floats:
        """Weights in the order of the criteria, scaled to add up to 1."""
        weights = np.array([c.weight for c in self.criteria], dtype=np.float64)
        weights /= weights.max()
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a table needs to be scored."""
        return tuple(
            dict.fromkeys([c.column for c in self.criteria] + [v.column for v in self.vetoes])
        )

    @property
    def columns_used(self) -> frozenset[str]:
        """Columns that can change a score: of criteria that have a weight, and of vetoes."""
        weighted = {c.column for c in self.criteria if c.weight > 0}
        return frozenset(weighted | {v.column for v in self.vetoes})

    def with_variant(self, name: str) -> ScoreModel:
        """Return the model with the weights of the variant `name`.

        Raises a ScoreError when there is no such variant.

        Examples
        --------
        >>> from geo_ree.scoring import load_preset
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
        """Return the model with the criteria and weights that fit the known columns of a table.

        Optional criteria whose column has a value in any row are added. The first variant whose
        `when_known` column has one is used, otherwise the default. The choice is made once for a
        whole table, so that its rows stay comparable.

        Examples
        --------
        >>> from geo_ree.scoring import load_preset
        >>> known = pd.DataFrame({"dist_power_line_km": [None, 3.0]})
        >>> load_preset("infrastructure").choose(known).variant
        'power_lines'
        """
        added = tuple(c for c in self.optional if _has_values(table, c.column))
        weights = tuple(c.weight for c in added)
        model = replace(
            self,
            criteria=self.criteria + added,
            variants=tuple(replace(v, weights=v.weights + weights) for v in self.variants),
            optional=tuple(c for c in self.optional if c not in added),
        )
        for variant in model.variants:
            if variant.when_known and _has_values(table, variant.when_known):
                return model.with_variant(variant.name)
        return model.with_variant(DEFAULT_VARIANT) if model.variants else model

    def to_dict(self) -> dict[str, Any] | None:
        """Return the model as values that JSON can hold, complete enough to score by.

        Returns
        -------
        dict or None
            ``name title variant aggregate least_known``, ``criteria`` (name, label, column, weight, missing,
            measured_to, decay) and ``vetoes``. None when a decay is not one of the package,
            because no other program knows its formula.

        Examples
        --------
        >>> from geo_ree.scoring import load_preset
        >>> load_preset("infrastructure").to_dict()["criteria"][0]["decay"]
        {'kind': 'exponential', 'half_km': 50.0}
        """
        decays = [c.value.to_dict() for c in self.criteria]
        if None in decays:
            return None
        return {
            "name": self.name,
            "title": self.title,
            "variant": self.variant,
            "aggregate": self.aggregate,
            "least_known": float(self.least_known),
            "criteria": [
                {
                    "name": c.name,
                    "label": c.label,
                    "column": c.column,
                    "weight": float(c.weight),
                    "missing": c.missing,
                    "measured_to": c.measured_to,
                    "decay": decay,
                }
                for c, decay in zip(self.criteria, decays, strict=True)
            ],
            "vetoes": [
                {"column": v.column, "op": v.op, "limit": float(v.limit), "reason": v.reason}
                for v in self.vetoes
            ],
        }

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
                f"{where}criteria: the name {', '.join(twice)} occurs more than once",
                "give each criterion its own name",
            )
        if not any(c.weight > 0 for c in self.criteria):
            raise ScoreError(
                f"{where}criteria: all weights are zero", "give at least one a weight above 0"
            )
        if self.aggregate not in AGGREGATES:
            raise ScoreError(
                f"{where}aggregate is {self.aggregate!r}", f"use one of {', '.join(AGGREGATES)}"
            )
        if not (is_number(self.least_known) and 0 <= self.least_known <= 1):
            raise ScoreError(
                f"{where}least_known is {self.least_known!r}", "give a share from 0 to 1"
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
                f"give each its own name; {DEFAULT_VARIANT} and the chosen one must be among them",
            )


def _has_values(table: pd.DataFrame, column: str) -> bool:
    return column in table.columns and bool(table[column].notna().any())
