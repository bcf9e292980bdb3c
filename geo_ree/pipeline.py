"""The only place where the stages meet: sources in, scores and a page out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree import maps, storage
from geo_ree.analysis import Analysis, analyse
from geo_ree.catalog import Source, load_catalog
from geo_ree.errors import SettingsError
from geo_ree.harmonize import Normalized, join_layers, normalize
from geo_ree.ingest import fetch, read
from geo_ree.outputs import arrange_scores, library_versions, write_run, write_scores
from geo_ree.schema import RANKED_ROLES, SCHEMA_VERSION
from geo_ree.settings import DISCLAIMER, SCORED_COUNTRIES, Settings

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What one run is asked to do.

    Parameters
    ----------
    only, without
        Ids of sources to use alone, and to leave out.
    preset
        Name of a packaged preset, or path of a TOML file.
    targets
        Path of a TOML file with other targets; None takes the package's.
    gateways
        Names of the gateways that count; empty takes the targets' own.
    avoid
        ISO alpha-3 codes of neighbours through which nothing is to go.
    draws, seed
        Of the uncertainty.
    catalog
        Path of a TOML file with more sources.
    skip_bad_rows
        Set rows with senseless coordinates aside instead of stopping.
    """

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    preset: str = "infrastructure"
    targets: str | None = None
    gateways: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    draws: int = 1000
    seed: int = 20240607
    catalog: str | None = None
    skip_bad_rows: bool = False


@dataclass(frozen=True, kw_only=True)
class Harmonized:
    """All chosen sources as canonical layers, with an account of each."""

    layers: dict[str, gpd.GeoDataFrame]
    sources: dict[str, Source]
    inputs: list[dict[str, Any]]
    coverage: dict[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run gives back: the table, what could not be ranked, and the report."""

    table: gpd.GeoDataFrame
    unranked: pd.DataFrame
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


def harmonize_sources(
    settings: Settings, options: Options, tell: Progress = logger.info
) -> Harmonized:
    """Read and normalize every chosen source that is at hand.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    tell
        Called with a line on each source.

    Returns
    -------
    Harmonized

    Raises
    ------
    SettingsError
        When an id in ``only`` or ``without`` is not in the catalogue, or no deposits are left.
    SchemaError
        When a payload is missing, corrupt, or does not fit its layer.
    """
    catalog = load_catalog(options.catalog)
    chosen = _choose(catalog, settings, options)
    base = next((s for s in catalog.values() if s.layer == "countries" and s.id in chosen), None)
    if base is None:
        raise SettingsError(
            "no source of the layer countries is chosen", "leave starter_countries in"
        )
    first = normalize(read(base, chosen[base.id].path), base)
    countries = join_layers([first])["countries"]
    parts: list[Normalized] = []
    inputs: list[dict[str, Any]] = []
    for source_id, at_hand in chosen.items():
        source = catalog[source_id]
        part = first if source is base else normalize(
            read(source, at_hand.path), source, countries, skip_bad_rows=options.skip_bad_rows
        )  # fmt: skip
        tell(f"  {source_id}: {part.rows_read} rows read, {len(part.frame)} kept")
        parts.append(part)
        inputs.append(_account(source, at_hand, part))
    layers = join_layers(parts)
    if "deposits" not in layers:
        raise SettingsError("no deposits are left", "choose at least one source of deposits")
    coverage = _coverage([catalog[i] for i in chosen])
    return Harmonized(
        layers=layers, sources={i: catalog[i] for i in chosen}, inputs=inputs, coverage=coverage
    )


@dataclass(frozen=True)
class _AtHand:
    path: Path
    origin: str
    sha256: str
    retrieved: str


def _choose(
    catalog: Mapping[str, Source], settings: Settings, options: Options
) -> dict[str, _AtHand]:
    for given in (*options.only, *options.without):
        if given not in catalog:
            raise SettingsError(f"no source is called {given!r}", "geo-ree sources lists them")
    fetched: dict[str, storage.Snapshot] = {}
    for source_id, source in catalog.items():
        wanted = (
            not options.only or source_id in options.only
        ) and source_id not in options.without
        if not wanted or source.protocol == "starter":
            continue
        snapshot = storage.latest_snapshot(settings, source_id)
        if snapshot is not None:
            fetched[source_id] = snapshot
        elif source_id in options.only:
            raise SettingsError(f"{source_id} has not been fetched into {settings.data_root}",
                                f"geo-ree fetch {source_id} --data {settings.data_root}")  # fmt: skip
    out: dict[str, _AtHand] = {}
    for source_id, source in catalog.items():
        base = source.layer == "countries"
        wanted = not options.only or source_id in options.only or base
        if source.protocol != "starter" or source_id in options.without or not wanted:
            continue
        if source.extract_of in fetched:
            continue
        path = storage.starter_path(source.reader.member)
        out[source_id] = _AtHand(path, "starter", storage.sha256_of(path), "")
    for source_id, snapshot in fetched.items():
        proof = snapshot.provenance
        out[source_id] = _AtHand(snapshot.payload, "fetched", proof.sha256, proof.retrieved)
    return out


def _account(source: Source, at_hand: _AtHand, part: Normalized) -> dict[str, Any]:
    return {
        "id": source.id, "layer": source.layer, "came_from": at_hand.origin,
        "title": source.title,
        "label": source.label, "publisher": source.publisher,
        "file": at_hand.path.name, "sha256": at_hand.sha256, "retrieved": at_hand.retrieved,
        "edition": source.edition, "licence": source.licence, "licence_url": source.licence_url,
        "attribution": source.attribution, "landing_page": source.landing_page,
        "rows_read": part.rows_read, "rows": len(part.frame), "set_aside": part.set_aside,
        "coverage": list(source.coverage), "notes": source.notes,
    }  # fmt: skip


def _coverage(sources: Sequence[Source]) -> dict[str, frozenset[str]]:
    """Layer -> countries covered; a layer with one source for the whole region is left out."""
    out: dict[str, frozenset[str]] = {}
    for layer in {s.layer for s in sources}:
        covers = [frozenset(s.coverage) for s in sources if s.layer == layer]
        if all(covers):
            out[layer] = frozenset().union(*covers)
    return out


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
        analysis = analyse(harmonized.layers, harmonized.sources, harmonized.coverage, options)
    table = arrange_scores(analysis.scored)
    unranked = _unranked(harmonized.layers["deposits"])
    report = _report(settings, options, harmonized, analysis, table, unranked, clock.seconds)
    result = Result(table=table, unranked=unranked, analysis=analysis, harmonized=harmonized,
                    report=report)  # fmt: skip
    if out is not None:
        with clock.stage("files"):
            for name, layer in harmonized.layers.items():
                storage.save_layer(layer, settings, name)
            _write(result, out, page=page)
    return result


def _write(result: Result, out: Path, *, page: bool) -> None:
    with storage.atomic_files(out) as folder:
        write_scores(result.table, folder)
        if page:
            (folder / "map.html").write_text(render_page(result), encoding="utf-8")
        write_run(result.report, folder)


def render_page(result: Result) -> str:
    """The page of a run as HTML text."""
    return maps.render(
        maps.PageData(
            scored=result.table, unranked=result.unranked,
            resources=result.harmonized.layers.get("resources", pd.DataFrame()),
            layers=result.harmonized.layers, sources=result.report["inputs"],
            criteria=result.analysis.criteria, scenarios=result.analysis.scenarios,
            run=result.report,
        )
    )  # fmt: skip


def _unranked(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Candidates and by-product hosts that no source gives a coordinate."""
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    rows = deposits[blank & deposits["role"].isin((*RANKED_ROLES, "area", "none"))]
    return pd.DataFrame(rows.drop(columns="geometry")).sort_values(["role", "name"], kind="stable")


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
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": {"data_root": settings.data_root.as_posix(), **asdict(options),
                     "countries": list(SCORED_COUNTRIES)},
        "seed": options.seed,
        "draws": options.draws,
        "preset": analysis.preset,
        "ranked": ranked,
        "candidates": ranked + len(missing),
        "without_coordinate": missing,
        "inputs": harmonized.inputs,
        "timings_s": seconds,
        "warnings": analysis.warnings,
    }  # fmt: skip


def fetch_sources(
    ids: Sequence[str], settings: Settings, options: Options, tell: Progress = logger.info
) -> list[dict[str, Any]]:
    """Fetch sources, check that they can be normalized, and account for each.

    Parameters
    ----------
    ids
        Catalogue ids.
    settings, options
        Where to, and how strict.
    tell
        Called with a line on each source.

    Returns
    -------
    list of dict
        As ``inputs`` in ``run.json``, one for each source.

    Raises
    ------
    SettingsError
        When an id is not in the catalogue.
    FetchError, SchemaError
        When a payload cannot be had or is not what it should be; the old snapshot stays.
    """
    catalog = load_catalog(options.catalog)
    for given in ids:
        if given not in catalog:
            raise SettingsError(f"no source is called {given!r}", "geo-ree sources lists them")
    base = catalog["starter_countries"]
    countries = normalize(read(base, storage.starter_path(base.reader.member)), base).frame
    out = []
    for given in ids:
        source = catalog[given]
        tell(f"{given}: asking {source.url}")
        snapshot = fetch(source, settings)
        part = normalize(read(source, snapshot.payload), source, countries,
                         skip_bad_rows=options.skip_bad_rows)  # fmt: skip
        proof = snapshot.provenance
        at_hand = _AtHand(snapshot.payload, "fetched", proof.sha256, proof.retrieved)
        out.append({**_account(source, at_hand, part), "bytes": proof.bytes})
    return out
