"""Cloud-Optimized GeoTIFFs: how far every place is from what the scores measure to, and its score."""

from __future__ import annotations

from pathlib import Path

from geo_ree.exports.bundle import Bundle
from geo_ree.exports.notice import licence_notice
from geo_ree.proximity import surface
from geo_ree.proximity.grid import make_grid
from geo_ree.score_rasters import suitability
from geo_ree.settings import REGION

FOLDER = "rasters"
"""Folder of the rasters within the export."""


def write_cogs(bundle: Bundle, folder: Path) -> None:
    """Write ``rasters/dist_<target>_km.tif`` for each distance of the scores, and ``suitability.tif``.

    Parameters
    ----------
    bundle
        What is handed on; its ``box`` and ``resolution`` lay the grid.
    folder
        An existing folder.

    Notes
    -----
    Values are metres, as `geo_ree.proximity.surface` measures them, to the nearest of all
    countries; the tables of the scores count those of the deposit's own country where the target
    says so. Scores are missing where the model's aggregate is TOPSIS, which compares deposits and says
    nothing of a place by itself, and where nothing that weighs was measured. Tags hold the run id,
    the disclaimer and what the licences ask for.
    """
    about = {k: str(bundle.run[k]) for k in ("run_id", "version", "created", "disclaimer")}
    made: dict[str, Path | str] = {}
    for column, goal in bundle.goals.items():
        made[column] = folder / FOLDER / f"{column}.tif"
        surface(
            goal.rows, bundle.resolution, made[column], box=bundle.box, within=goal.within,
            name=goal.target.label, attribution=_notice(bundle, {goal.target.layer}), tags=about,
        )  # fmt: skip
    model = bundle.model
    if model is None or model.aggregate == "topsis":
        return
    if any(c.weight > 0 and c.column in made for c in model.criteria):
        layers = {goal.target.layer for goal in bundle.goals.values()}
        suitability(made, model, folder / FOLDER / "suitability.tif",
                    tags={**about, "attribution": _notice(bundle, layers)})  # fmt: skip


def check_resolution(resolution: float | str) -> None:
    """Refuse a resolution that is none.

    Raises
    ------
    SchemaError

    Examples
    --------
    >>> check_resolution("5 km")
    """
    make_grid(REGION, resolution)


def _notice(bundle: Bundle, layers: set[str]) -> str:
    """Whom to name for some layers; countries, for they say where a layer is complete."""
    used = bundle.sources[bundle.sources["layer"].isin({*layers, "countries"})]
    return licence_notice(used.assign(layer="used"), "used")
