"""`nearest` over partitions of points and of targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.distributed.partition_files import CODED, read_answers, refuse_others, write_answers
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.partition_search import BlockSearch
from geo_ree.distributed.table_parts import ROWS, Part, list_parts, naming
from geo_ree.distributed.target_labels import Labels, open_labels
from geo_ree.distributed.target_partitions import SEGMENTS, build_partitions, open_partitions
from geo_ree.errors import import_extra

_HIDDEN = ".targets"


def nearest(
    points: Any,
    targets: Any,
    *,
    out: Path | str,
    client: Any = None,
    index: Path | str | None = None,
    rows: int = ROWS,
    segments: int = SEGMENTS,
    tell: Tell | None = None,
) -> Any:
    """Measure the geodesic distance from each point to the nearest target, partition by partition.

    The figures and labels of `geo_ree.nearest` on the whole tables, to the last bit, in bounded memory.

    Parameters
    ----------
    points, targets
        A dask-geopandas frame, the path of a GeoParquet file or of a folder of them, or a GeoDataFrame or
        GeoSeries. Files that store no labels are numbered on from one to the next, in the order of their
        names.
    out
        Folder for the answers, a Parquet file for each partition of the points. Call again with the same
        input to resume; a partition whose file has changed is measured again.
    client
        The client of `geo_ree.distributed.open_cluster`; by default all is done in this process.
    index
        Folder in which the indexes of the targets are kept for the next call; by default beside the
        targets, as ``roads.parquet.index``, or in `out` where they are no files.
    rows
        Points at a time, where the partitions of the input are larger: about 150 bytes of memory each.
    segments
        Most segments of a partition of the targets: about 500 bytes of memory each while it is indexed, 75
        when it is searched.
    tell
        Called with lines of progress, by default the log.

    Returns
    -------
    dask.dataframe.DataFrame
        On the index of the points: ``distance_m`` and ``target``. It reads the files in `out`.

    Raises
    ------
    GeoReeError
        When partitions failed (each is named with its cause, the others are done), the folder holds
        something else, or Dask is not installed.

    Notes
    -----
    Targets are put along a Hilbert curve and cut into ranges, each with an index and boxes around its
    segments. A point is measured to its own range first, and then to those with a box that is not farther.

    Examples
    --------
    >>> import tempfile, geopandas, shapely
    >>> mines = geopandas.GeoSeries([shapely.Point(76.12, 42.86)], index=["Kutessay"], crs=4326)
    >>> towns = geopandas.GeoSeries([shapely.Point(75.7, 42.79)], index=["Kemin"], crs=4326)
    >>> found = nearest(mines, towns, out=tempfile.mkdtemp()).compute()
    >>> float(found["distance_m"].round()["Kutessay"]), found["target"]["Kutessay"]
    (35214.0, 'Kemin')
    """
    import_extra("dask.dataframe", "dask")
    out = Path(out).absolute()
    refuse_others(out)
    home = Path(index) if index is not None else _home(targets, out)
    parts = list_parts(points, "the points", rows=rows)
    folder = build_partitions(targets, home, segments=segments, client=client, tell=tell)
    paths = run_partitions(
        write_nearest,
        [(part, folder) for part in parts],
        out,
        key=f"nearest {folder.name}",
        stamps=[part.stamp for part in parts],
        client=client,
        tell=tell,
    )
    return read_answers(paths, {"target": _label_type(targets, open_labels(folder))})


def _label_type(targets: Any, labels: Labels) -> Any:
    if isinstance(targets, gpd.GeoDataFrame | gpd.GeoSeries):
        kind = targets.index.dtype
        if isinstance(kind, pd.CategoricalDtype):
            return kind  # files hold the labels only, not all that are possible
    return CODED if labels.coded else labels.type


def _home(targets: Any, out: Path) -> Path:
    if isinstance(targets, str | Path):
        path = Path(targets).absolute()
        return path.with_name(f"{path.name}.index")
    return out / _HIDDEN


def write_nearest(task: tuple[Part, Path], path: Path) -> None:
    """Write the answers for one part of the points."""
    part, folder = task
    with naming(part):
        lon, lat, index = part.points()
    known = np.isfinite(lon) & np.isfinite(lat)
    metres, row = np.full(len(lon), np.nan), np.full(len(lon), -1, dtype=np.int64)
    if known.any():
        search = BlockSearch(lon[known], lat[known])
        metres[known], row[known] = search.search(open_partitions(folder))
    labels = open_labels(folder)
    frame = pd.DataFrame({"distance_m": metres, "target": labels.take(row)}, index=index)
    write_answers(frame, path, ["target"] if labels.coded else [])
