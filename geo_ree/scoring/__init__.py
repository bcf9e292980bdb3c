"""From distances to scores: decay, criteria, models, rank intervals and explanations."""

from geo_ree.scoring.breakdown import break_down, phrase
from geo_ree.scoring.contributions import score
from geo_ree.scoring.decay import Decay, Exponential, Linear, Logistic, Step
from geo_ree.scoring.discrimination import Interval, auc, auc_draws, success_rate, widest
from geo_ree.scoring.explanation import Explanation, describe, explain
from geo_ree.scoring.intervals import Drawn, Sampler, Uncertainty, uncertainty
from geo_ree.scoring.model import Criterion, ScoreModel, Variant, Veto
from geo_ree.scoring.presets import load_preset, plain_model, plain_models, preset_names
from geo_ree.scoring.ranges import ScoreRange, score_range
from geo_ree.scoring.reweighing import reweigh
from geo_ree.scoring.sensitivity import Influence, influence

__all__ = [
    "Criterion",
    "Decay",
    "Drawn",
    "Explanation",
    "Exponential",
    "Influence",
    "Interval",
    "Linear",
    "Logistic",
    "Sampler",
    "ScoreModel",
    "ScoreRange",
    "Step",
    "Uncertainty",
    "Variant",
    "Veto",
    "auc",
    "auc_draws",
    "break_down",
    "describe",
    "explain",
    "influence",
    "load_preset",
    "phrase",
    "plain_model",
    "plain_models",
    "preset_names",
    "reweigh",
    "score",
    "score_range",
    "success_rate",
    "uncertainty",
    "widest",
]
