"""Records into deposits: normalize, match, merge, locate, published quantities."""

from geo_ree.deposits.borders import assign_country, split_at_borders
from geo_ree.deposits.location import Located, locate
from geo_ree.deposits.merging import Merged, merge
from geo_ree.deposits.normalization import Normalized, join_layers, normalize
from geo_ree.deposits.oxides import (
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
from geo_ree.deposits.position_flags import FLAGS
from geo_ree.deposits.positions import with_positions
from geo_ree.deposits.quantities import StatedSum, classify_statements, sum_statements
from geo_ree.deposits.statements import (
    STATED_COLUMNS,
    Comparison,
    arrange_statements,
    compare_statements,
    contradictions,
    display_statement,
    stated_quantities,
)

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
