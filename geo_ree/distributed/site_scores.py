"""Sites of a partitioned table, measured to the layers of a region and scored: the world in one command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from geo_ree.distributed.content_keys import content_key
from geo_ree.distributed.measure_parts import measure
from geo_ree.distributed.parquet_parts import file_parts, file_stamp
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.score_parts import refuse_relative, write_table_scores
from geo_ree.distributed.table_parts import Part, list_parts, naming
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.pipeline.gateways import choose_gateways, to_the_metre
from geo_ree.pipeline.own_sites import read_surroundings
from geo_ree.pipeline.run_keys import model_text
from geo_ree.proximity import load_targets
from geo_ree.schema import SCORED_ROLES
from geo_ree.scoring import ScoreModel, load_preset
from geo_ree.settings import Box, Options, Settings

ROWS = 50_000
"""Sites of a part, unless the input says otherwise."""

_NAMED = ("id", "name", "country", "role", "commodities")
_NEEDED = ("country", "position_error_m", "precision_class")


class _Task(NamedTuple):
    part: Part
    measured: Path
    model: ScoreModel


def score_sites(
    sites: Path | str,
    settings: Settings,
    options: Options,
    region: Box,
    out: Path | str,
    *,
    client: Any = None,
    tell: Tell,
) -> Path:
    """Measure and score the deposits of GeoParquet files, each row by itself.

    A row has the distances of `geo_ree.measure`, to the metre as in ``scores.csv``, and the scores of
    `geo_ree.score`. There are no ranks: see `geo_ree.distributed.score`.

    Parameters
    ----------
    sites
        GeoParquet file, or a folder of them, with columns of the layer ``deposits``: ``country``,
        ``position_error_m`` and ``precision_class``. Rows without a coordinate or with a role that is not
        scored are left out.
    settings, options
        Data folder, sources, preset and targets.
    region
        Box of what is read of the sources.
    out
        Folder of ``sites``, ``measured`` and ``scores``, each a folder of Parquet files.
    client, tell
        See `geo_ree.distributed.surface`.

    Returns
    -------
    pathlib.Path
        The folder ``scores``.
    """
    out, preset = Path(out).absolute(), load_preset(options.preset)
    if options.aggregate:
        preset = replace(preset, aggregate=options.aggregate)
    refuse_relative(preset)
    parts = list_parts(sites, "the sites", rows=ROWS)
    stamps = [part.stamp for part in parts]
    run_partitions(
        write_sites, parts, out / "sites", key="sites", stamps=stamps, client=client, tell=tell
    )
    kept = [part for part in file_parts(out / "sites", "the sites", ROWS) if part.rows]
    if not kept:
        raise SchemaError(
            f"no row of {sites} has a coordinate and a role that is scored",
            f"give sites with a role of {', '.join(SCORED_ROLES)}, or without that column",
        )
    layers = read_surroundings(settings, options, region, tell)
    targets = choose_gateways(load_targets(options.targets), layers.frames, options)
    measure(
        kept,
        {name: layers.frames[name] for name in _layers_of(targets) if name in layers.frames},
        out=out / "measured",
        client=client,
        targets=targets,
        coverage=layers.coverage,
        regions=layers.regions,
        labels=layers.labels,
        rows=ROWS,
        tell=tell,
    )
    files = sorted((out / "measured").glob("part-*.parquet"))
    model = preset.choose(_known(files, preset))
    run_partitions(
        write_scores,
        [_Task(part, path, model) for part, path in zip(kept, files, strict=True)],
        out / "scores",
        key=content_key("scores", model_text(model)),
        stamps=[file_stamp(path) for path in files],
        client=client,
        tell=tell,
    )
    return out / "scores"


def write_sites(part: Part, path: Path) -> None:
    """Write the rows of a part that can be measured, on their ids."""
    with naming(part):
        table = gpd.GeoDataFrame(part.read())
        lost = [name for name in _NEEDED if name not in table]
        if lost:
            raise SettingsError(
                f"the sites have no column {', '.join(lost)}",
                "give deposits as geo-ree build stores them: data/processed/deposits.parquet",
            )
    keep = table.geometry.notna() & ~table.geometry.is_empty
    if "role" in table:
        keep &= table["role"].isin(SCORED_ROLES)
    if "id" in table:
        table = table.set_index("id", drop=False).rename_axis(None)
    table[keep.to_numpy()].to_parquet(path)


def write_scores(task: _Task, path: Path) -> None:
    """Score the sites of a part by what was measured."""
    with naming(task.part):
        sites = gpd.GeoDataFrame(task.part.read())
        measured = to_the_metre(pd.read_parquet(task.measured))
    own = [name for name in _NAMED if name in sites]
    distances = measured[[c for c in measured if not str(c).startswith("foot_")]]
    table = gpd.GeoDataFrame(pd.concat([sites[[*own, "geometry"]], distances], axis=1))
    write_table_scores(table, task.model, path, keep=(*own, *distances.columns))


def _layers_of(targets: Any) -> list[str]:
    return list(dict.fromkeys([*(t.layer for t in targets.values()), "countries", "settlements"]))


def _known(files: list[Path], preset: ScoreModel) -> pd.DataFrame:
    """Give a row that has a value where any site has one: what `ScoreModel.choose` looks at."""
    wanted = {c.column for c in (*preset.criteria, *preset.optional)}
    wanted |= {v.when_known for v in preset.variants if v.when_known}
    known: dict[str, float] = {}
    for path in files:
        table = pd.read_parquet(path)
        known |= {c: 0.0 for c in wanted & {*table.columns} if table[c].notna().any()}
    return pd.DataFrame(known, index=[0])
