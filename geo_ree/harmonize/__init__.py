"""Turning what publishers print into canonical layers, and records into deposits."""

from geo_ree.harmonize.borders import assign_country, split_at_borders
from geo_ree.harmonize.comparison import Comparison, compare_statements
from geo_ree.harmonize.contradictions import contradictions, display_statement
from geo_ree.harmonize.display import STATED_COLUMNS, arrange_statements, stated_quantities
from geo_ree.harmonize.flags import FLAGS
from geo_ree.harmonize.further import with_positions
from geo_ree.harmonize.join import join_layers
from geo_ree.harmonize.locate import Located, locate
from geo_ree.harmonize.merge import Merged, merge
from geo_ree.harmonize.normal import Normalized, normalize
from geo_ree.harmonize.oxides import (
    ATOMIC_WEIGHTS,
    OXIDES,
    Computed,
    contained_mass,
    element_to_oxide,
    grade_as_pct,
    ore_mass,
    oxide_factor,
    oxide_formula,
    oxide_to_element,
)
from geo_ree.harmonize.quantities import classify_statements
from geo_ree.harmonize.sums import StatedSum, sum_statements

__all__ = [
    "ATOMIC_WEIGHTS",
    "FLAGS",
    "OXIDES",
    "STATED_COLUMNS",
    "Comparison",
    "Computed",
    "Located",
    "Merged",
    "Normalized",
    "StatedSum",
    "arrange_statements",
    "assign_country",
    "classify_statements",
    "compare_statements",
    "contained_mass",
    "contradictions",
    "display_statement",
    "element_to_oxide",
    "grade_as_pct",
    "join_layers",
    "locate",
    "merge",
    "normalize",
    "ore_mass",
    "oxide_factor",
    "oxide_formula",
    "oxide_to_element",
    "split_at_borders",
    "stated_quantities",
    "sum_statements",
    "with_positions",
]
