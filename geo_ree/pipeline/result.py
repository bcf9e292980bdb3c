"""The id of a run: the same inputs, options and version have the same one."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree import maps, storage
from geo_ree._version import __version__
from geo_ree.deposits import Normalized, arrange_statements, stated_quantities
from geo_ree.outputs.tables import (
    arrange_scores,
    influence_rows,
    library_versions,
    summarize_doubt,
    write_deposits,
    write_doubt,
    write_run,
    write_scores,
)
from geo_ree.pipeline.analysis import Analysis, analyse
from geo_ree.pipeline.elevation import ElevationSource, find_elevation
from geo_ree.pipeline.layers import AtHand, Harmonized, Progress, account, harmonize_sources
from geo_ree.pipeline.unplaced import join_ranges
from geo_ree.schema import RANKED_ROLES, SCHEMA_VERSION
from geo_ree.settings import DISCLAIMER, SCORED_COUNTRIES, Options, Settings
from geo_ree.storage import sha256_of

logger = logging.getLogger(__name__)


_FILES = ("preset", "targets", "catalog")
_DIGITS = 16


def identify_run(inputs: Sequence[Mapping[str, Any]], options: Options) -> str:
    """Name a run by what its figures depend on.

    Parameters
    ----------
    inputs
        The inputs of the run: ``id``, ``table``, ``layer``, ``sha256``; their order plays no part.
    options
        What was asked for. Files named in it count by their content, not by their path.

    Returns
    -------
    str
        16 hexadecimal digits: the head of the SHA-256 of the checksums of all inputs, the options and
        the versions of geo_ree and of its schema. Neither clock nor machine is in it.

    Examples
    --------
    >>> table = {"id": "x", "table": "", "layer": "deposits", "sha256": "00"}
    >>> first = identify_run([table], Options())
    >>> first == identify_run([table], Options()), first == identify_run([table], Options(seed=1))
    (True, False)
    """
    asked = asdict(options)
    for name in _FILES:
        path = Path(str(asked.get(name) or ""))
        if path.suffix and path.is_file():
            asked[name] = sha256_of(path)
    read = sorted([str(i.get(k, "")) for k in ("id", "table", "layer", "sha256")] for i in inputs)
    about = {"version": __version__, "schema": SCHEMA_VERSION, "options": asked, "inputs": read}
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run gives back: the table, what could not be ranked, and the report.

    ``unranked`` has the range of scores over the area where a deposit may be: ``score_worst``,
    ``score_median``, ``score_best``, ``rank_best``, ``rank_worst``, ``p_lead``, ``area_basis``
    and ``area_km2``, blank where nothing is known; ``analysis.areas`` has the areas themselves.
    ``statements`` has the published quantities as `geo_ree.deposits.arrange_statements` gives
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
    settings: Settings,
    options: Options,
    *,
    out: Path | None = None,
    page: bool = True,
    tell: Progress = logger.info,
) -> Result:
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
        With the file, the row and the hint.

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
        rasters = find_elevation(harmonized.sources, settings)
        analysis = analyse(
            harmonized.layers,
            harmonized.sources,
            harmonized.coverage,
            options,
            areas=harmonized.located.areas,
            rasters=rasters,
        )
    statements = arrange_statements(
        harmonized.layers.get("resources", pd.DataFrame()), harmonized.layers["deposits"]
    )
    stated = stated_quantities(statements, analysis.scored["id"])
    table = arrange_scores(analysis.scored.join(stated))
    unranked = join_ranges(_unranked(harmonized.layers["deposits"]), analysis.unplaced)
    harmonized = replace(harmonized, inputs=[*harmonized.inputs, *_rasters_told(rasters)])
    report = _report(settings, options, harmonized, analysis, table, unranked, clock.seconds)
    result = Result(
        table=table,
        unranked=unranked,
        statements=statements,
        analysis=analysis,
        harmonized=harmonized,
        report=report,
    )
    if out is not None:
        with clock.stage("files"):
            for name, layer in harmonized.layers.items():
                storage.save_layer(layer, settings, name)
            _write(result, out, page=page)
    return result


def build(
    settings: Settings, options: Options, *, out: Path, tell: Progress = logger.info
) -> Harmonized:
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
        With the file, the row and the hint.
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


def render_page(result: Result, *, picture: maps.Drawn | None = None) -> str:
    """Render the page of a run as HTML text.

    Parameters
    ----------
    result
        Of `run`.
    picture
        Raster of scores from `geo_ree.score_picture`, drawn as a layer of its own.
    """
    return maps.render(
        _page_tables(result),
        layers=result.harmonized.layers,
        models=result.analysis.models,
        report=result.report,
        picture=picture,
    )


def _page_tables(result: Result) -> dict[str, pd.DataFrame]:
    analysis, located = result.analysis, result.harmonized.located
    tables = {
        "scores": result.table,
        "unranked": result.unranked,
        "resources": result.statements,
        "audit": located.audit,
        "positions": located.positions,
        "areas": located.areas,
        "conflicts": result.harmonized.merged.conflicts,
        "criteria": pd.DataFrame(analysis.criteria),
        "acceptability": analysis.acceptability,
        "central_weights": analysis.central_weights,
        "omission": analysis.omission,
        "gateways": analysis.scenarios,
        "feet": analysis.scored.filter(regex="^foot_"),
    }
    if analysis.influence is not None:
        tables["influence"] = pd.DataFrame(influence_rows(analysis.influence))
    return tables


def show_page(
    result: Result, *, height_px: int = 700, picture: maps.Drawn | None = None
) -> maps.InlinePage:
    """Show the page of a run inside a notebook, as the last expression of a cell.

    Parameters
    ----------
    result
        Of `run`.
    height_px
        Height of the frame.
    picture
        Raster of scores from `geo_ree.score_picture`, drawn as a layer of its own.

    Returns
    -------
    geo_ree.maps.InlinePage

    Examples
    --------
    >>> done = run(Settings(), Options(draws=50))
    >>> "<iframe" in show_page(done, height_px=400)._repr_html_()
    True
    """
    return maps.InlinePage(html=render_page(result, picture=picture), height_px=height_px)


def _unranked(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Candidates and by-product hosts that no source gives a coordinate."""
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    rows = deposits[blank & deposits["role"].isin((*RANKED_ROLES, "area", "none"))]
    return pd.DataFrame(rows.drop(columns="geometry")).sort_values(["role", "name"], kind="stable")


def _rasters_told(rasters: tuple[ElevationSource, ...]) -> list[dict[str, Any]]:
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
    settings: Settings,
    options: Options,
    harmonized: Harmonized,
    analysis: Analysis,
    table: gpd.GeoDataFrame,
    unranked: pd.DataFrame,
    seconds: dict[str, float],
) -> dict[str, Any]:
    missing = unranked["name"][unranked["role"] == "candidate"].tolist()
    ranked = int((table["role"] == "candidate").sum())
    return {
        "disclaimer": DISCLAIMER,
        "schema_version": SCHEMA_VERSION,
        "version": library_versions()["geo_ree"],
        "versions": library_versions(),
        "run_id": identify_run(harmonized.inputs, options),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": {
            "data_root": settings.data_root.as_posix(),
            **asdict(options),
            "countries": list(SCORED_COUNTRIES),
        },
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
    }
