"""A run from sources to scores, and a build from sources to one table of deposits."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree import maps, storage
from geo_ree.outputs.table_files import BUILD_TABLES, write_report, write_tables
from geo_ree.pipeline.deposit_measures import Measures, measure_deposits
from geo_ree.pipeline.deposit_scores import Scores, rescore, score_deposits
from geo_ree.pipeline.elevation import find_elevation
from geo_ree.pipeline.layers import Layers, Progress, load_layers
from geo_ree.pipeline.report import make_report, raster_inputs
from geo_ree.pipeline.run_tables import build_tables, run_tables
from geo_ree.schema.deposit_lookup import find_deposit
from geo_ree.scoring import Explanation, ScoreModel, explain, load_preset
from geo_ree.settings import Options, Settings

logger = logging.getLogger(__name__)

_FRAME_PX = 700


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run gives back.

    Parameters
    ----------
    layers
        What came in, with its account.
    measures
        What was measured of the deposits.
    scores
        Points, ranks and their uncertainty.
    tables
        Every table of the run by name, see `geo_ree.pipeline.run_tables.run_tables`.
    report
        What ``run.json`` says.
    """

    layers: Layers
    measures: Measures
    scores: Scores
    tables: Mapping[str, pd.DataFrame]
    report: Mapping[str, Any]

    @property
    def table(self) -> gpd.GeoDataFrame:
        """The scored deposits, sorted by role and rank: ``scores.csv`` with points."""
        return self.tables["scores"]

    @property
    def unranked(self) -> pd.DataFrame:
        """Candidates and hosts without a coordinate, with the range of their scores.

        ``score_worst``, ``score_median``, ``score_best``, ``rank_best``, ``rank_worst``, ``p_lead``,
        ``area_basis`` and ``area_km2`` are blank where nothing is known.
        """
        return self.tables["unranked"]

    @property
    def statements(self) -> pd.DataFrame:
        """Published statements of quantity, a row each, never added up."""
        return self.tables["resources"]

    def explain(self, deposit: str, model: ScoreModel | None = None) -> Explanation:
        """Explain the score of one deposit, and what would change it.

        Parameters
        ----------
        deposit
            Its id, or a name or alias in any case; see `geo_ree.explain`.
        model
            Another model scores the measured table again, without intervals; by default the model
            of the run.

        Raises
        ------
        SettingsError
            When no deposit has the name, or no source gives it a coordinate.

        Examples
        --------
        >>> result = run(options=Options(draws=50))
        >>> result.explain("kundybai").sentence.split(" scores ")[0]
        'Kundybai'
        """
        table = self.scores.table
        place = find_deposit(deposit, table, self.unranked)
        if model is not None and model != self.scores.model:
            table, model = rescore(table, model)
        return explain(table.index[place], table, model or self.scores.model)

    def to_html(self, *, picture: maps.MapLayer | None = None, since: Sequence[str] = ()) -> str:
        """Render the page of the run: one HTML text that opens offline.

        Parameters
        ----------
        picture
            A raster of scores from `geo_ree.maps.score_picture`, drawn as a layer of its own.
        since
            What changed since an earlier run: the sentences of `geo_ree.compare`.
        """
        shares = {
            "acceptability": self.scores.acceptability,
            "central_weights": self.scores.central_weights,
        }
        return maps.render(
            {**self.tables, **shares},
            layers=self.layers.frames,
            models=self.scores.models,
            report={**self.report, "since": list(since)},
            picture=picture,
        )

    def write(self, folder: Path, *, page: bool = True) -> None:
        """Write the tables, ``run.json`` and, unless `page` is false, ``map.html``: all or none."""
        with storage.atomic_files(folder) as draft:
            write_tables(self.tables, draft)
            if page:
                (draft / "map.html").write_text(self.to_html(), encoding="utf-8")
            write_report(self.report, draft)

    def __repr__(self) -> str:
        return (
            f"Result(run {self.report['run_id']}: {self.report['ranked']} of "
            f"{self.report['candidates']} candidates ranked, {len(self.table)} deposits scored)"
        )

    def _repr_html_(self) -> str:
        return maps.InlinePage(html=self.to_html(), height_px=_FRAME_PX)._repr_html_()


@dataclass
class _Clock:
    """Seconds spent in each stage, reported as it goes."""

    tell: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.tell(f"{name} …")
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self.tell(f"{name}: {self.seconds[name]:.1f} s")


def run(
    settings: Settings | None = None,
    options: Options | None = None,
    *,
    out: Path | str | None = None,
    page: bool = True,
    tell: Progress = logger.info,
) -> Result:
    """Run the pipeline: sources, layers, measures, scores and, with `out`, files.

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
    clock = _Clock(tell)
    with clock.stage("sources to layers"):
        layers = load_layers(settings, options, tell)
    with clock.stage("measures and scores"), storage.holding_snapshots(settings):
        rasters = find_elevation(layers.sources, settings)
        measures = measure_deposits(layers, options, rasters)
        scores = score_deposits(measures, layers, options)
        layers = replace(layers, inputs=[*layers.inputs, *raster_inputs(rasters)])
    tables = run_tables(layers, measures, scores)
    result = Result(
        layers=layers,
        measures=measures,
        scores=scores,
        tables=tables,
        report=make_report(settings, options, layers, scores, tables, clock.seconds),
    )
    if out is not None:
        with clock.stage("files"):
            for name, layer in layers.frames.items():
                storage.save_layer(layer, settings, name)
            result.write(Path(out), page=page)
    return result


def build(
    settings: Settings | None = None,
    options: Options | None = None,
    *,
    out: Path | str | None = None,
    tell: Progress = logger.info,
) -> Layers:
    """Make one table of deposits out of all available sources, with its evidence.

    Parameters
    ----------
    settings, options, tell
        As for `run`.
    out
        Folder of the outputs, written whole or not at all; None writes nothing.

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
    layers = load_layers(settings, options, tell)
    if out is not None:
        for name, layer in layers.frames.items():
            storage.save_layer(layer, settings, name)
        with storage.atomic_files(Path(out)) as folder:
            write_tables(build_tables(layers), folder, BUILD_TABLES)
    return layers
