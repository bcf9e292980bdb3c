"""Score models: criteria with their weights, vetoes, and alternative sets of weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError, suggest_words
from geo_ree.scoring.criteria import DEFAULT_VARIANT, Criterion, Variant, Veto
from geo_ree.scoring.decay import Decay
from geo_ree.scoring.evidence import load_evidence
from geo_ree.scoring.model_checks import check_criteria, check_variants
from geo_ree.scoring.notebook import html_table
from geo_ree.settings import AGGREGATES

_CHANGED = "_changed"
"""Ends the name of a model that was made from another."""


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
        check_criteria(self)
        check_variants(self)

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

    def with_weight(self, name: str, weight: float) -> ScoreModel:
        """Return the model with another weight of the criterion `name`.

        The weight applies in every variant, the other weights stay as they are, and all are
        normalised to shares. The model is called changed, and no reason for the old weight stays.

        Raises a ScoreError when there is no such criterion, or all weights become zero.

        Examples
        --------
        >>> from geo_ree.scoring import load_preset
        >>> model = load_preset("bulk").with_weight("rail", 0.6)
        >>> model.name, model.criteria[0].weight, model.with_variant("power_lines").criteria[0].weight
        ('bulk_changed', 0.6, 0.6)
        """
        return self._changed(replace(self._named(name), weight=weight, reason="", source=""))

    def with_decay(self, name: str, decay: Decay) -> ScoreModel:
        """Return the model with another decay of the criterion `name`; its weights stay.

        Raises a ScoreError when there is no such criterion, or `decay` is no decay function.

        Examples
        --------
        >>> from geo_ree.scoring import Exponential, load_preset
        >>> load_preset("bulk").with_decay("rail", Exponential(30)).criteria[0].value
        Exponential(half_km=30)
        """
        old = self._named(name)
        return self._changed(replace(old, value=decay, decay_reason="", decay_source=""))

    def with_criterion(self, criterion: Criterion) -> ScoreModel:
        """Return the model with one more criterion, or with another in place of that of its name.

        Its weight applies in every variant, beside the weights of the others as they are.

        Examples
        --------
        >>> from geo_ree.scoring import Exponential, load_preset
        >>> town = Criterion("town", "dist_big_town_km", Exponential(100), 0.1)
        >>> load_preset("bulk").with_criterion(town).criteria[-1].name
        'town'
        """
        return self._changed(criterion)

    def without_criterion(self, name: str) -> ScoreModel:
        """Return the model without the criterion `name`, in every variant.

        Raises a ScoreError when there is no such criterion, or no weight above 0 is left.

        Examples
        --------
        >>> from geo_ree.scoring import load_preset
        >>> "water" in [c.name for c in load_preset("bulk").without_criterion("water").criteria]
        False
        """
        gone = self._named(name)
        kept = [i for i, c in enumerate(self.criteria) if c != gone]
        return replace(
            self._called_changed(),
            criteria=tuple(self.criteria[i] for i in kept),
            optional=tuple(c for c in self.optional if c != gone),
            variants=tuple(
                replace(v, weights=tuple(v.weights[i] for i in kept)) for v in self.variants
            ),
        )

    def _named(self, name: str) -> Criterion:
        criteria = {c.name: c for c in (*self.criteria, *self.optional)}
        if name not in criteria:
            hint = suggest_words(str(name), criteria) or f"use one of {', '.join(criteria)}"
            raise ScoreError(f"{self._where()}no criterion is called {name!r}", hint)
        return criteria[name]

    def _called_changed(self) -> ScoreModel:
        if self.name.endswith(_CHANGED):
            return self
        title = f"{self.title}, changed" if self.title else ""
        return replace(self, name=f"{self.name}{_CHANGED}", title=title)

    def _changed(self, criterion: Criterion) -> ScoreModel:
        """The model with a criterion in the place of that of its name, or as the last one."""
        model = self._called_changed()
        optional = tuple(criterion if c.name == criterion.name else c for c in self.optional)
        if criterion in optional:
            return replace(model, optional=optional)
        names = [c.name for c in self.criteria]
        at = names.index(criterion.name) if criterion.name in names else len(names)
        criteria = (*self.criteria[:at], criterion, *self.criteria[at + 1 :])
        variants = tuple(
            replace(v, weights=(*v.weights[:at], criterion.weight, *v.weights[at + 1 :]))
            for v in self.variants
        )
        return replace(model, criteria=criteria, variants=variants)

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
            ``name title variant aggregate least_known``, ``criteria`` (name, label, column, unit,
            unit_km, weight, missing, measured_to, decay) and ``vetoes``. None when a decay is not one of the
            package, because no other program knows its formula.

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
                    "unit": c.unit,
                    "unit_km": c.unit_km,
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


def _has_values(table: pd.DataFrame, column: str) -> bool:
    return column in table.columns and bool(table[column].notna().any())
