"""Does the score mean anything? Sites that became mines beside those that did not."""

from geo_ree.studies.validation.report import Validation, brief_table, validate_scores
from geo_ree.studies.validation.sites import TRIALS, Trial, classify_sites

__all__ = ["TRIALS", "Trial", "Validation", "brief_table", "classify_sites", "validate_scores"]
