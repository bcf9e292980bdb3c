"""The only place where the stages meet: sources in, scores and a page out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree import maps, storage
from geo_ree.analysis import Analysis, analyse
from geo_ree.doubt import influence_rows, summarize_doubt, write_doubt
from geo_ree.harmonize import Normalized, arrange_statements, stated_quantities
from geo_ree.intake import AtHand, Harmonized, Progress, account, harmonize_sources
from geo_ree.options import Options
from geo_ree.outputs import (
    arrange_scores,
    library_versions,
    write_deposits,
    write_run,
    write_scores,
)
from geo_ree.run_id import identify_run
from geo_ree.schema import RANKED_ROLES, SCHEMA_VERSION
from geo_ree.settings import DISCLAIMER, SCORED_COUNTRIES, Settings
from geo_ree.terrain_reading import Raster, rasters_at_hand
from geo_ree.unplaced import join_ranges

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run gives back: the table, what could not be ranked, and the report.

    ``unranked`` has the range of scores over the area where a deposit may be: ``score_worst``,
    ``score_median``, ``score_best``, ``rank_best``, ``rank_worst``, ``p_lead``, ``area_basis``
    and ``area_km2``, blank where nothing is known; ``analysis.areas`` has the areas themselves.
    ``statements`` has the published quantities as `geo_ree.harmonize.arrange_statements` gives
    them.
    """

    table: gpd.GeoDataFrame
    unranked: pd.DataFrame
    statements: pd.DataFrame
    analysis: Analysis
    harmonized: Harmonized
    report: dict[str, Any]


@dataclass
class _Clock:
    """Seconds spent in each stage, told as it goes."""

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
    settings: Settings, options: Options, *, out: Path | None = None, page: bool = True,
    tell: Progress = logger.info,
) -> Result:  # fmt: skip
    """Do the whole way: sources, layers, measures, scores, files.

    Parameters
    ----------
    settings, options
        Where the data are, and what is asked for.
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
        With the file, the row and the cure.

    Examples
    --------
    >>> done = run(Settings(), Options(draws=50))
    >>> bool((done.table["role"] == "candidate").any())
    True
    """
    clock = _Clock(tell)
    with clock.stage("sources to layers"):
        harmonized = harmonize_sources(settings, options, tell)
    with clock.stage("measures and scores"):
        rasters = rasters_at_hand(harmonized.sources, settings)
        analysis = analyse(
            harmonized.layers, harmonized.sources, harmonized.coverage, options,
            areas=harmonized.located.areas, rasters=rasters,
        )  # fmt: skip
    statements = arrange_statements(
        harmonized.layers.get("resources", pd.DataFrame()), harmonized.layers["deposits"]
    )
    stated = stated_quantities(statements, analysis.scored["id"])
    table = arrange_scores(analysis.scored.join(stated))
    unranked = join_ranges(_unranked(harmonized.layers["deposits"]), analysis.unplaced)
    harmonized = replace(harmonized, inputs=[*harmonized.inputs, *_rasters_told(rasters)])
    report = _report(settings, options, harmonized, analysis, table, unranked, clock.seconds)
    result = Result(table=table, unranked=unranked, statements=statements, analysis=analysis,
                    harmonized=harmonized, report=report)  # fmt: skip
    if out is not None:
        with clock.stage("files"):
            for name, layer in harmonized.layers.items():
                storage.save_layer(layer, settings, name)
            _write(result, out, page=page)
    return result


def build(
    settings: Settings, options: Options, *, out: Path, tell: Progress = logger.info
) -> Harmonized:  # fmt: skip
    """Make the one table of deposits out of all sources at hand, and write it with its evidence.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    out
        Folder of the outputs, written whole or not at all.
    tell
        Called with a line of progress.

    Returns
    -------
    Harmonized

    Raises
    ------
    GeoReeError
        With the file, the row and the cure.
    """
    harmonized = harmonize_sources(settings, options, tell)
    for name, layer in harmonized.layers.items():
        storage.save_layer(layer, settings, name)
    with storage.atomic_files(out) as folder:
        write_deposits(harmonized.located.deposits, harmonized.merged, folder)
    return harmonized


def _write(result: Result, out: Path, *, page: bool) -> None:
    with storage.atomic_files(out) as folder:
        write_scores(result.table, folder)
        write_doubt(result.analysis, result.unranked, folder)
        if page:
            (folder / "map.html").write_text(render_page(result), encoding="utf-8")
        write_run(result.report, folder)


def render_page(result: Result) -> str:
    """The page of a run as HTML text."""
    found = result.analysis.influence
    return maps.render(
        maps.PageData(
            scored=result.table, unranked=result.unranked,
            resources=result.statements,
            layers=result.harmonized.layers, sources=result.report["inputs"],
            criteria=result.analysis.criteria, scenarios=result.analysis.scenarios,
            run=result.report, audit=result.harmonized.located.audit,
            positions=result.harmonized.located.positions, areas=result.harmonized.located.areas,
            conflicts=result.harmonized.merged.conflicts,
            acceptability=result.analysis.acceptability,
            central_weights=result.analysis.central_weights,
            influence=None if found is None else influence_rows(found),
            omission=result.analysis.omission,
            models=result.analysis.models, feet=result.analysis.scored.filter(regex="^foot_"),
        )
    )  # fmt: skip


def show_page(result: Result, *, height_px: int = 700) -> maps.InlinePage:
    """The page of a run inside a notebook, as its cell's last expression.

    Parameters
    ----------
    result
        Of `run`.
    height_px
        Height of the frame.

    Returns
    -------
    geo_ree.maps.InlinePage

    Examples
    --------
    >>> done = run(Settings(), Options(draws=50))
    >>> "<iframe" in show_page(done, height_px=400)._repr_html_()
    True
    """
    return maps.InlinePage(html=render_page(result), height_px=height_px)


def _unranked(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Candidates and by-product hosts that no source gives a coordinate."""
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    rows = deposits[blank & deposits["role"].isin((*RANKED_ROLES, "area", "none"))]
    return pd.DataFrame(rows.drop(columns="geometry")).sort_values(["role", "name"], kind="stable")


def _rasters_told(rasters: tuple[Raster, ...]) -> list[dict[str, Any]]:
    """What ``run.json`` says of the rasters, each window a table of one row."""
    out = []
    for raster in rasters:
        files = [AtHand.from_snapshot(s) for s in raster.snapshots] or [
            AtHand(path, "starter", storage.sha256_of(path), "") for path in raster.paths
        ]
        for at_hand in files:
            window = gpd.GeoDataFrame({"file": [at_hand.path.name]})
            told = Normalized(frame=window, layer=raster.source.layer, rows_read=1, kept=1)
            out.append(account(raster.source, at_hand, told))
    return out


def _report(
    settings: Settings, options: Options, harmonized: Harmonized, analysis: Analysis,
    table: gpd.GeoDataFrame, unranked: pd.DataFrame, seconds: dict[str, float],
) -> dict[str, Any]:  # fmt: skip
    missing = unranked["name"][unranked["role"] == "candidate"].tolist()
    ranked = int((table["role"] == "candidate").sum())
    return {
        "disclaimer": DISCLAIMER,
        "schema_version": SCHEMA_VERSION,
        "version": library_versions()["geo_ree"],
        "versions": library_versions(),
        "run_id": identify_run(harmonized.inputs, options),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": {"data_root": settings.data_root.as_posix(), **asdict(options),
                     "countries": list(SCORED_COUNTRIES)},
        "seed": options.seed,
        "draws": options.draws,
        "concentration": options.concentration,
        "preset": analysis.preset,
        "aggregate": analysis.aggregate,
        "ranked": ranked,
        "candidates": ranked + len(missing),
        "without_coordinate": missing,
        **summarize_doubt(analysis),
        "inputs": harmonized.inputs,
        "timings_s": seconds,
        "warnings": analysis.warnings,
    }  # fmt: skip
