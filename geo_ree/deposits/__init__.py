"""From the records of many sources to deposits, each with one position and its quantities.

- normalize: `normalization` with `column_rules`, `coordinates`, `borders`, `commodities`, `vocabulary`
- match and merge: `names`, `record_names`, `copies`, `pairs`, `similarity` (thresholds in
  ``likeness.toml``), `grouping`, `authority` (``authority.csv``), `merging`, `districts`
- locate: `positions`, `distances` (published ones), `position_flags`, `position_audit`, `admin_units`, `location`
- published quantities: `resources`; dated facts and who holds a deposit: `dated_facts`, `holders`
"""

from geo_ree.deposits.borders import assign_country, split_at_borders
from geo_ree.deposits.holders import HOLDER_COLUMNS, holder_columns
from geo_ree.deposits.location import Located, add_position_values, locate
from geo_ree.deposits.merging import Merged, merge
from geo_ree.deposits.normalization import Normalized, join_layers, normalize
from geo_ree.deposits.ore_classes import ORE_CLASSES, ore_classes
from geo_ree.deposits.position_flags import FLAGS
from geo_ree.deposits.resources.oxides import (
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
from geo_ree.deposits.resources.quantities import StatedSum, classify_statements, sum_statements
from geo_ree.deposits.resources.statement_comparison import (
    Comparison,
    compare_statements,
    contained_oxide,
    contradictions,
    oxide_grade,
)
from geo_ree.deposits.resources.statements import (
    STATED_COLUMNS,
    arrange_statements,
    beside_leading,
    display_statement,
    leading_statements,
    stated_quantities,
    with_owner,
    with_oxide,
)

__all__ = [
    "ATOMIC_WEIGHTS",
    "FLAGS",
    "HOLDER_COLUMNS",
    "ORE_CLASSES",
    "OXIDES",
    "STATED_COLUMNS",
    "Comparison",
    "Computed",
    "Located",
    "Merged",
    "Normalized",
    "StatedSum",
    "add_position_values",
    "arrange_statements",
    "assign_country",
    "beside_leading",
    "classify_statements",
    "compare_statements",
    "contained_mass",
    "contained_oxide",
    "contradictions",
    "display_statement",
    "element_to_oxide",
    "grade_as_pct",
    "holder_columns",
    "join_layers",
    "leading_statements",
    "locate",
    "merge",
    "normalize",
    "ore_classes",
    "ore_mass",
    "oxide_factor",
    "oxide_formula",
    "oxide_grade",
    "oxide_to_element",
    "split_at_borders",
    "stated_quantities",
    "sum_statements",
    "with_owner",
    "with_oxide",
]
