"""A run from sources to scores, and a build from sources to one table of deposits."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from geo_ree import storage
from geo_ree.outputs.table_files import BUILD_TABLES, write_tables
from geo_ree.pipeline.records import Layers, Result
from geo_ree.pipeline.run_keys import plain_options
from geo_ree.pipeline.run_store import RunStore
from geo_ree.pipeline.stage_clock import Clock, Progress
from geo_ree.pipeline.stored_runs import with_report
from geo_ree.scoring import load_preset
from geo_ree.settings import Options, Settings

if TYPE_CHECKING:  # a stored run is read without what computes one
    from geo_ree.pipeline.layers import Merge

logger = logging.getLogger(__name__)


def run(
    settings: Settings | None = None,
    options: Options | None = None,
    *,
    out: Path | str | None = None,
    page: bool = True,
    tell: Progress = logger.info,
    fresh: bool = False,
    keep: bool | None = None,
) -> Result:
    """Run the pipeline: sources, layers, measures, scores and, with `out`, files.

    What an earlier run has stored is used where it would come out equal: the whole run, or its
    layers and measures.

    Parameters
    ----------
    settings
        Where the data are; by default ``Settings()``.
    options
        Which sources, preset, targets and draws; by default ``Options()``.
    out
        Folder of the outputs, written whole or not at all; None writes nothing.
    page
        Whether ``map.html`` is among them.
    tell
        Called with a line of progress.
    fresh
        Compute everything again.
    keep
        Store the result and its stages under ``data/processed``; by default where `out` is given.

    Returns
    -------
    Result

    Raises
    ------
    GeoReeError
        With the file, the row and a hint.

    Examples
    --------
    >>> result = run(options=Options(draws=50))
    >>> bool((result.table["role"] == "candidate").any())
    True
    """
    settings, options = settings or Settings(), options or Options()
    load_preset(options.preset)  # a wrong preset or folder fails here, before the sources are read
    if out is not None:
        storage.check_writable(Path(out))
    keep = out is not None if keep is None else keep
    clock = Clock(tell)
    store = RunStore(settings, options, tell, fresh=fresh, keep=keep)
    result = store.result()
    if result is None:
        from geo_ree.pipeline.computation import compute_run

        result = compute_run(store, clock)
        store.save(result)
    else:
        now = {"data_root": settings.data_root.as_posix(), **plain_options(options)}
        report = {**result.report, "timings_s": clock.seconds, "reused": store.reused}
        report["settings"] = {**report["settings"], **now}
        result = with_report(result, report)
    if out is not None:
        with clock.stage("files"):
            store.save_layers(result.layers)
            result.write(Path(out), page=page)
    return result


def build(
    settings: Settings | None = None,
    options: Options | None = None,
    *,
    out: Path | str | None = None,
    merge: Merge | None = None,
    tell: Progress = logger.info,
) -> Layers:
    """Make one table of deposits out of all available sources, with its evidence.

    Parameters
    ----------
    settings, options, tell
        As for `run`. With a ``region`` in the options, every record in it is kept, whatever its country
        and commodity.
    out
        Folder of the outputs, written whole or not at all; None writes nothing.
    merge
        How records become deposits; by default `geo_ree.merge`.

    Returns
    -------
    Layers
        ``frames["deposits"]`` is the table; ``merged`` and ``located`` are its evidence.

    Raises
    ------
    GeoReeError
        With the file, the row and a hint.
    """
    settings, options = settings or Settings(), options or Options()
    from geo_ree.deposits import merge as merge_whole
    from geo_ree.pipeline.layers import read_layers, resolve_deposits
    from geo_ree.pipeline.run_tables import build_tables
    from geo_ree.pipeline.world_borders import borders_of

    _check_folders(settings, out)
    borders = None if options.region is None else borders_of(options.region)
    whole = borders is not None
    layers = read_layers(settings, options, tell, countries=borders, keep_outside=whole)
    layers = resolve_deposits(layers, tell, merge=merge or merge_whole)
    if out is not None:
        for name, layer in layers.frames.items():
            storage.save_layer(layer, settings, name)
        with storage.atomic_files(Path(out)) as folder:
            write_tables(build_tables(layers), folder, BUILD_TABLES)
    return layers


def _check_folders(settings: Settings, out: Path | str | None) -> None:
    """Raise a SettingsError before the work if its results could not be written."""
    if out is not None:
        storage.check_writable(Path(out))
        storage.check_writable(settings.processed_root)
