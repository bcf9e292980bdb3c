"""From distances to scores.

`decay` turns a distance into a value; `criteria` and `model` define what is scored, `presets` reads
models from TOML. `contributions` scores a table (by an aggregate of `aggregates`), `explanation`
explains one deposit. `draws`, `ranks` and `intervals` give rank intervals, `reweighing` the effect
of the weights alone, `ranges` the scores of a deposit without a coordinate, `sensitivity` the
influence of each assumption, `discrimination` the AUC of classes of sites, `evidence` what the last
validation found for each criterion.
"""

from geo_ree.scoring.contributions import score
from geo_ree.scoring.criteria import Criterion, Variant, Veto
from geo_ree.scoring.decay import Decay, Exponential, Linear, Logistic, Step
from geo_ree.scoring.discrimination import Interval, auc, auc_draws, success_rate, widest_interval
from geo_ree.scoring.draws import Drawn, Sampler
from geo_ree.scoring.evidence import Evidence, EvidenceTable, load_evidence
from geo_ree.scoring.explanation import Explanation, explain, strengths_and_weaknesses
from geo_ree.scoring.intervals import Uncertainty, uncertainty
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.notebook import html_table
from geo_ree.scoring.presets import load_preset, models_for_table, preset_names
from geo_ree.scoring.ranges import ScoreRange, score_range
from geo_ree.scoring.reweighing import reweigh
from geo_ree.scoring.sensitivity import Influence, influence

__all__ = [
    "Criterion",
    "Decay",
    "Drawn",
    "Evidence",
    "EvidenceTable",
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
    "explain",
    "html_table",
    "influence",
    "load_evidence",
    "load_preset",
    "models_for_table",
    "preset_names",
    "reweigh",
    "score",
    "score_range",
    "strengths_and_weaknesses",
    "success_rate",
    "uncertainty",
    "widest_interval",
]
