"""From distances to scores: decay, criteria, models, rank intervals and explanations."""

from geo_ree.scoring.contributions import score
from geo_ree.scoring.criteria import Criterion, Variant, Veto
from geo_ree.scoring.decay import Decay, Exponential, Linear, Logistic, Step
from geo_ree.scoring.explain import explain, phrase
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.plain import plain_model, plain_models
from geo_ree.scoring.preset import load_preset, preset_names
from geo_ree.scoring.reweighing import reweigh
from geo_ree.scoring.sensitivity import Influence, influence
from geo_ree.scoring.sentences import describe
from geo_ree.scoring.uncertainty import Uncertainty, uncertainty

__all__ = [
    "Criterion",
    "Decay",
    "Exponential",
    "Influence",
    "Linear",
    "Logistic",
    "ScoreModel",
    "Step",
    "Uncertainty",
    "Variant",
    "Veto",
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
    "uncertainty",
]
