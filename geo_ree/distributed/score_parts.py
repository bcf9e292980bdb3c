"""Scores of partitioned tables of distances, each row by itself, exactly as `geo_ree.score` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from geo_ree.distributed.content_keys import content_key
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.table_parts import ROWS, Part, list_parts, naming
from geo_ree.errors import ScoreError, import_extra
from geo_ree.pipeline.run_keys import model_text
from geo_ree.scoring.contributions import check_columns
from geo_ree.scoring.contributions import score as score_table
from geo_ree.scoring.model import ScoreModel


class _Task(NamedTuple):
    part: Part
    model: ScoreModel


def score(
    table: Any,
    model: ScoreModel,
    out: Path | str,
    *,
    rows: int = ROWS,
    client: Any = None,
    tell: Tell | None = None,
) -> Any:
    """Score a partitioned table of distances.

    Each row gets what `geo_ree.score` gives it, to the last bit: a score is made of the distances of its
    row alone. Ranks are not among it: a rank is published with its interval only, which every draw of
    `geo_ree.uncertainty` takes from all rows at once.

    Parameters
    ----------
    table
        A row a site, with points and the columns of the model: a dask-geopandas frame, a GeoDataFrame,
        or the path of a GeoParquet file or of a folder of them.
    model
        See `geo_ree.score`. A model that depends on what a table knows is chosen before:
        `ScoreModel.choose`.
    out
        Folder of the files. On a cluster, all workers see it.
    rows
        Rows that are taken together, where the input does not say it.
    client, tell
        See `geo_ree.distributed.surface`.

    Returns
    -------
    dask_geopandas.GeoDataFrame
        On the index of `table`: the points, and the columns of `geo_ree.score`.

    Raises
    ------
    ScoreError
        When the aggregate is TOPSIS, which compares each row with the best and the worst of all, or a
        column is missing.
    SettingsError
        When the folder holds something else, or cannot be written.
    GeoReeError
        When parts failed: they are named, and the others are done.

    Examples
    --------
    >>> import tempfile
    >>> import shapely
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> sites = gpd.GeoDataFrame({"dist_railway_km": [0.0, 50.0]}, crs=4326,
    ...                          geometry=shapely.points([70.0, 71.0], [42.0, 43.0]))
    >>> score(sites, model, Path(tempfile.mkdtemp(), "scores"))["score"].compute().tolist()
    [100.0, 50.0]
    """
    frames = import_extra("dask_geopandas", "dask")
    refuse_relative(model)
    parts, out = list_parts(table, "the sites", rows=rows), Path(out).absolute()
    run_partitions(
        write_scores,
        [_Task(part, model) for part in parts],
        out,
        key=content_key("score", model_text(model)),
        stamps=[part.stamp for part in parts],
        prepare=lambda: check_columns(_read(parts[0]), model),
        client=client,
        tell=tell,
    )
    return frames.read_parquet(str(out / "part-*.parquet"))


def write_scores(task: _Task, path: Path) -> None:
    """Score the rows of one part."""
    table = _read(task.part)
    with naming(task.part):
        write_table_scores(table, task.model, path)


def _read(part: Part) -> gpd.GeoDataFrame:
    with naming(part):
        return gpd.GeoDataFrame(part.read())


def write_table_scores(
    table: gpd.GeoDataFrame, model: ScoreModel, path: Path, *, keep: Sequence[str] = ()
) -> None:
    """Write points, columns to keep and scores of a table as GeoParquet."""
    scored = score_table(table, model)
    for name in ("score_note", "veto"):
        scored[name] = scored[name].astype("str")
    columns = pd.concat([table[[*keep]], scored], axis=1)
    gpd.GeoDataFrame(columns, geometry=table.geometry, crs=table.crs).to_parquet(path)


def refuse_relative(model: ScoreModel) -> None:
    """Raise a ScoreError for an aggregate that compares the rows of a table."""
    if model.aggregate == "topsis":
        raise ScoreError(
            f"{model.origin or model.name}: the aggregate is topsis, which compares each row with the "
            "best and the worst of the whole table; a part of it has no score",
            "use weighted_sum or weighted_product, or geo_ree.score on the whole table",
        )
