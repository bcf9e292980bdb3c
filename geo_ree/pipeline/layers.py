"""Sources at hand into canonical layers: where reading and harmonizing meet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import (
    Located,
    Merged,
    Normalized,
    add_position_values,
    join_layers,
    locate,
    merge,
    normalize,
)
from geo_ree.errors import SettingsError
from geo_ree.fetching import read
from geo_ree.schema import RASTER_LAYERS
from geo_ree.settings import Options, Settings

logger = logging.getLogger(__name__)


Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Harmonized:
    """All chosen sources as canonical layers, with an account of each of their tables."""

    layers: dict[str, gpd.GeoDataFrame]
    sources: dict[str, Source]
    inputs: list[dict[str, Any]]
    coverage: dict[str, frozenset[str]]
    merged: Merged
    located: Located


@dataclass(frozen=True, kw_only=True)
class ReadIn:
    """The canonical layers of all chosen sources before anything is merged."""

    layers: dict[str, gpd.GeoDataFrame]
    sources: dict[str, Source]
    inputs: list[dict[str, Any]]


@dataclass(frozen=True)
class AtHand:
    """A payload that can be read: where it is, how it came, and how to recognise it."""

    path: Path
    origin: str
    sha256: str
    retrieved: str

    @classmethod
    def from_snapshot(cls, snapshot: storage.Snapshot) -> AtHand:
        """Take what a snapshot's provenance says."""
        proof = snapshot.provenance
        return cls(snapshot.payload, proof.origin, proof.sha256, proof.retrieved)


def harmonize_sources(
    settings: Settings, options: Options, tell: Progress = logger.info
) -> Harmonized:
    """Read and normalize every chosen source that is at hand.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    tell
        Called with a line on each table.

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
    read_in = read_layers(settings, options, tell)
    merged, located = merge_records(read_in.layers, tell)
    return Harmonized(
        layers={**read_in.layers, "deposits": located.deposits},
        sources=read_in.sources,
        inputs=read_in.inputs,
        coverage=layer_coverage(read_in.sources.values()),
        merged=merged,
        located=located,
    )


def merge_records(
    layers: Mapping[str, gpd.GeoDataFrame], tell: Progress = logger.info
) -> tuple[Merged, Located]:
    """Make one row a deposit out of the records, and audit where each deposit is.

    Parameters
    ----------
    layers
        As `read_layers` gives them.
    tell
        Called with a line on what came of the records.

    Returns
    -------
    merged : Merged
    located : Located
        Its ``deposits`` are the merged ones with their chosen position, error and flags.

    Raises
    ------
    SettingsError
        When there are no deposits.
    """
    if "deposits" not in layers:
        raise SettingsError("no deposits are left", "choose at least one source of deposits")
    merged = merge(layers["deposits"])
    tell(f"  {len(layers['deposits'])} records are {len(merged.deposits)} deposits")
    located = locate(
        merged.deposits,
        merged.members,
        countries=layers["countries"],
        water=layers.get("water"),
        positions=layers.get("positions"),
        published=layers.get("published_distances"),
    )
    return replace(merged, values=add_position_values(merged.values, located)), located


def read_layers(
    settings: Settings,
    options: Options,
    tell: Progress = logger.info,
    *,
    keep_swapped: bool = False,
    keep_outside: bool = False,
    only_layers: Collection[str] = (),
) -> ReadIn:
    """Read and normalize every chosen source that is at hand, deposits record by record.

    Parameters
    ----------
    settings, options, tell
        As for `harmonize_sources`.
    keep_swapped
        Keep rows with interchanged coordinates, for the audit to tell.
    keep_outside
        Keep what lies outside the region or the scored countries as well.
    only_layers
        Layers that are wanted; empty for all.

    Returns
    -------
    ReadIn

    Raises
    ------
    SettingsError, SchemaError
        As for `harmonize_sources`.
    """
    catalog = load_catalog(options.catalog)
    chosen = _choose(catalog, settings, options)
    for stranger in _strangers(catalog, settings):
        tell(f"note: {stranger} is at hand, but in no catalogue: name its file with --catalog")
    base = _base(catalog, chosen)
    first = normalize(read(base, chosen[base.id].path), base)
    countries = join_layers([first])["countries"]
    parts: list[Normalized] = []
    inputs: list[dict[str, Any]] = []
    for source_id, at_hand in chosen.items():
        for table in catalog[source_id].parts():
            if table.layer in RASTER_LAYERS or (table.layer == "countries" and table != base):
                continue  # rasters are read by windows; one set of borders is enough
            if only_layers and table.layer not in only_layers:
                continue
            part = (
                first
                if table == base
                else normalize(
                    read(table, at_hand.path),
                    table,
                    countries,
                    skip_bad_rows=options.skip_bad_rows,
                    keep_swapped=keep_swapped,
                    keep_outside=keep_outside,
                )
            )
            tell(f"  {label_of(table)}: {part.rows_read} rows read, {len(part.frame)} kept")
            parts.append(part)
            inputs.append(account(table, at_hand, part))
    return ReadIn(layers=join_layers(parts), sources={i: catalog[i] for i in chosen}, inputs=inputs)


def starter_countries(catalog: Mapping[str, Source]) -> gpd.GeoDataFrame:
    """Give the borders that come with the package, as their canonical layer."""
    base = catalog["starter_countries"]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


def label_of(table: Source) -> str:
    """Id of a source, with the name of the table where it has several.

    Examples
    --------
    >>> label_of(load_catalog()["usgs_ree"])
    'usgs_ree'
    """
    return f"{table.id}/{table.part}" if table.part else table.id


def check_ids(ids: Sequence[str], catalog: Mapping[str, Source]) -> None:
    """Refuse ids that are not in the catalogue.

    Raises
    ------
    SettingsError
        Naming the first of them.

    Examples
    --------
    >>> check_ids(["usgs_ree"], load_catalog())
    """
    for given in ids:
        if given not in catalog:
            raise SettingsError(f"no source is called {given!r}", "geo-ree sources lists them")


def account(source: Source, at_hand: AtHand, part: Normalized) -> dict[str, Any]:
    """What ``run.json`` says of one table: where it came from and what became of its rows."""
    return {
        "id": source.id,
        "table": source.part,
        "layer": source.layer,
        "came_from": at_hand.origin,
        "title": source.title,
        "label": source.label,
        "publisher": source.publisher,
        "file": at_hand.path.name,
        "sha256": at_hand.sha256,
        "retrieved": at_hand.retrieved,
        "edition": source.edition,
        "licence": source.licence,
        "licence_url": source.licence_url,
        "attribution": source.attribution,
        "landing_page": source.landing_page,
        "rows_read": part.rows_read,
        "kept": part.kept,
        "rows": len(part.frame),
        "skipped": part.skipped,
        "noted": part.noted,
        "unrecognised": part.unrecognised,
        "coverage": list(source.coverage),
        "notes": source.notes,
    }


def _base(catalog: Mapping[str, Source], chosen: Mapping[str, AtHand]) -> Source:
    """Choose the borders that countries are told by: the package's own unless left out."""
    borders = [t for i in chosen for t in catalog[i].parts() if t.layer == "countries"]
    if not borders:
        raise SettingsError(
            "no source of the layer countries is chosen", "leave starter_countries in"
        )
    return min(borders, key=lambda t: t.protocol != "starter")


def _choose(
    catalog: Mapping[str, Source], settings: Settings, options: Options
) -> dict[str, AtHand]:
    check_ids((*options.only, *options.without), catalog)
    fetched = _snapshots(catalog, settings, options)
    out: dict[str, AtHand] = {}
    for source_id, source in catalog.items():
        wanted = not options.only or source_id in options.only or source.layer == "countries"
        if source.protocol != "starter" or source_id in options.without or not wanted:
            continue
        if source.extract_of in fetched:
            continue
        path = storage.starter_path(source.reader.member)
        out[source_id] = AtHand(path, "starter", storage.sha256_of(path), "")
    return out | {i: AtHand.from_snapshot(s) for i, s in fetched.items()}


def _snapshots(
    catalog: Mapping[str, Source], settings: Settings, options: Options
) -> dict[str, storage.Snapshot]:
    fetched: dict[str, storage.Snapshot] = {}
    for source_id, source in catalog.items():
        wanted = not options.only or source_id in options.only
        if not wanted or source_id in options.without or source.protocol == "starter":
            continue
        snapshot = storage.latest_snapshot(settings, source_id)
        if snapshot is not None:
            fetched[source_id] = snapshot
        elif source_id in options.only:
            raise SettingsError(
                f"{source_id} has not been fetched into {settings.data_root}",
                f"geo-ree fetch {source_id} --data {settings.data_root}",
            )
    return fetched


def _strangers(catalog: Mapping[str, Source], settings: Settings) -> list[str]:
    """Ids of sources that were fetched by an entry that is not among those that are known now."""
    found = settings.raw_root.glob("*/*/provenance.json")
    return sorted({p.parts[-3] for p in found} - set(catalog))


def layer_coverage(sources: Iterable[Source]) -> dict[str, frozenset[str]]:
    """Layer -> countries covered; a layer with one source for the whole region is left out."""
    tables = [t for s in sources for t in s.parts()]
    out: dict[str, frozenset[str]] = {}
    for layer in {t.layer for t in tables}:
        covers = [frozenset(t.coverage) for t in tables if t.layer == layer]
        if all(covers):
            out[layer] = frozenset().union(*covers)
    return out
