"""Does the score mean anything? Sites that became mines beside those that did not."""

from geo_ree.validation.outcome import Validation, brief_table
from geo_ree.validation.running import validate_scores
from geo_ree.validation.trials import TRIALS, Trial, classify_sites

__all__ = ["TRIALS", "Trial", "Validation", "brief_table", "classify_sites", "validate_scores"]
