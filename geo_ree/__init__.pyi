from ._version import __version__
from .catalog import Source, load_catalog
from .deposits import locate, merge, normalize
from .errors import GeoReeError
from .fetching import read
from .flagging.flag_table import flags
from .outputs.figures import plot_distances, plot_ranking
from .pipeline.export import export
from .pipeline.fetching import fetch
from .pipeline.own_sites import score_sites
from .pipeline.point_samples import sample
from .pipeline.records import Result
from .pipeline.result import build, run
from .pipeline.score_rasters import suitability
from .pipeline.stored_runs import load_run
from .proximity import NearestIndex, Target, measure, measure_terrain, nearest, surface
from .routing.access_table import access_cost
from .routing.corridors import find_corridors
from .routing.routes import find_route
from .scoring import (
    Criterion,
    Exponential,
    Linear,
    Logistic,
    ScoreModel,
    Step,
    Veto,
    explain,
    influence,
    load_preset,
    reweigh,
    score,
    uncertainty,
)
from .settings import Options, Settings
from .storage import load
from .studies.differences import compare
from .studies.scenarios import scenario
from .studies.validation import validate

__all__ = [
    "Criterion",
    "Exponential",
    "GeoReeError",
    "Linear",
    "Logistic",
    "NearestIndex",
    "Options",
    "Result",
    "ScoreModel",
    "Settings",
    "Source",
    "Step",
    "Target",
    "Veto",
    "__version__",
    "access_cost",
    "build",
    "compare",
    "explain",
    "export",
    "fetch",
    "find_corridors",
    "find_route",
    "flags",
    "influence",
    "load",
    "load_catalog",
    "load_preset",
    "load_run",
    "locate",
    "measure",
    "measure_terrain",
    "merge",
    "nearest",
    "normalize",
    "plot_distances",
    "plot_ranking",
    "read",
    "reweigh",
    "run",
    "sample",
    "scenario",
    "score",
    "score_sites",
    "suitability",
    "surface",
    "uncertainty",
    "validate",
]
