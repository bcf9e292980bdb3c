"""Validation: whether sites that became mines score higher than sites that did not.

`mine_labels` identifies mines, `trials` says which sites are compared, `scopes` reads the sites and
layers, `trial_results` evaluates one trial in one scope, `success_curves` draws it, `validation_result` collects
and writes all.
"""

from geo_ree.studies.validation.trials import TRIALS, Trial, classify_sites
from geo_ree.studies.validation.validation_result import Validation, brief_table, validate

__all__ = ["TRIALS", "Trial", "Validation", "brief_table", "classify_sites", "validate"]
