"""What a score model must hold: names once, weights above 0, variants that fit the criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo_ree.errors import ScoreError
from geo_ree.scoring.criteria import DEFAULT_VARIANT
from geo_ree.scoring.decay import is_number
from geo_ree.settings import AGGREGATES

if TYPE_CHECKING:
    from geo_ree.scoring.model import ScoreModel


def check_criteria(model: ScoreModel) -> None:
    """Raise a ScoreError for criteria or an aggregate that no score can come from."""
    where = f"{model.origin}: " if model.origin else ""
    names = [c.name for c in (*model.criteria, *model.optional)]
    if not model.criteria:
        raise ScoreError(f"{where}the model has no criterion", "give at least one")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ScoreError(
            f"{where}criteria: the name {', '.join(twice)} occurs more than once",
            "give each criterion its own name",
        )
    if not any(c.weight > 0 for c in model.criteria):
        raise ScoreError(
            f"{where}criteria: all weights are zero", "give at least one a weight above 0"
        )
    if model.aggregate not in AGGREGATES:
        raise ScoreError(
            f"{where}aggregate is {model.aggregate!r}", f"use one of {', '.join(AGGREGATES)}"
        )
    if not (is_number(model.least_known) and 0 <= model.least_known <= 1):
        raise ScoreError(f"{where}least_known is {model.least_known!r}", "give a share from 0 to 1")


def check_variants(model: ScoreModel) -> None:
    """Raise a ScoreError for variants that do not fit the criteria of their model."""
    where = f"{model.origin}: " if model.origin else ""
    for variant in model.variants:
        if len(variant.weights) != len(model.criteria):
            raise ScoreError(
                f"{where}variants.{variant.name} has {len(variant.weights)} weights for "
                f"{len(model.criteria)} criteria",
                "give one weight for each criterion",
            )
        if not any(w > 0 for w in variant.weights):
            raise ScoreError(
                f"{where}variants.{variant.name}: all weights are zero",
                "give at least one a weight above 0",
            )
    names = [v.name for v in model.variants]
    if names and (len(set(names)) < len(names) or not {model.variant, DEFAULT_VARIANT} <= {*names}):
        raise ScoreError(
            f"{where}variants are {', '.join(names)}",
            f"give each its own name; {DEFAULT_VARIANT} and the chosen one must be among them",
        )
