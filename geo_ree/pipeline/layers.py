"""Available sources into canonical layers, and records into deposits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import (
    Merged,
    Normalized,
    add_position_values,
    join_layers,
    locate,
    merge,
    normalize,
)
from geo_ree.deposits.vocabulary import country_code
from geo_ree.errors import CatalogError, SettingsError, naming_unexpected, suggest_words
from geo_ree.fetching import read
from geo_ree.fetching.protocol import requested_box
from geo_ree.pipeline.commercial import left_out, warn_left_out, without_left_out
from geo_ree.pipeline.records import Layers
from geo_ree.pipeline.regions import meet
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.schema import RASTER_LAYERS
from geo_ree.settings import REGION, Box, Options, Settings

logger = logging.getLogger(__name__)

Merge = Callable[[gpd.GeoDataFrame], Merged]

WORLD_BORDERS = "starter_world"
"""The coarse borders of the world, for a region that is not the package's."""


@dataclass(frozen=True)
class InputFile:
    """A file that can be read: where it is, how it came, how to recognise it, and the box it holds."""

    path: Path
    origin: str
    sha256: str
    retrieved: str
    box: Box | None = None

    @classmethod
    def from_snapshot(cls, snapshot: storage.Snapshot) -> InputFile:
        """Take what a snapshot's provenance says."""
        provenance = snapshot.provenance
        return cls(
            snapshot.payload,
            provenance.origin,
            provenance.sha256,
            provenance.retrieved,
            requested_box(provenance.query),
        )

    @classmethod
    def from_starter(cls, path: Path) -> InputFile:
        """A file of the embedded starter data."""
        return cls(path, "starter", storage.sha256_of(path), "")


def load_layers(settings: Settings, options: Options, tell: Progress = logger.info) -> Layers:
    """Read every chosen source that is available, and make deposits of the records.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    tell
        Called with a line on each table.

    Returns
    -------
    Layers

    Raises
    ------
    SettingsError
        When an id in ``only`` or ``without`` is not in the catalogue, or no deposits are left.
    SchemaError
        When a payload is missing, corrupt, or does not fit its layer.
    """
    return resolve_deposits(read_layers(settings, options, tell), tell)


@storage.while_reading
def read_layers(
    settings: Settings,
    options: Options,
    tell: Progress = logger.info,
    *,
    keep_misprinted: bool = False,
    keep_outside: bool = False,
    only_layers: Collection[str] = (),
    countries: gpd.GeoDataFrame | None = None,
) -> Layers:
    """Read and normalize every chosen source that is available, deposits record by record.

    Parameters
    ----------
    settings, options, tell
        As for `load_layers`.
    keep_misprinted
        Keep rows with misprinted coordinates (swapped, wrong sign), for the audit.
    keep_outside
        Keep rows outside the region or the scored countries as well.
    only_layers
        Names of layers to read; empty for all.
    countries
        The canonical layer ``countries`` to use in place of that of the sources. Then gateways outside
        the region are kept, and sources that were fetched by area cover their box.
    """
    catalog = load_catalog(options.catalog)
    region = options.region or REGION
    for line in warn_left_out(left_out(catalog, settings, options), options):
        tell(f"  {line}")
    chosen = _within_reach(_choose(catalog, settings, options), catalog, region)
    for source_id in _uncatalogued(catalog, settings):
        tell(f"warning: {source_id} has been fetched, but no catalogue has it: give --catalog")
    base = _base(catalog, chosen)
    borders = normalize(read(base, chosen[base.id].path, checked=True), base)
    if countries is not None:
        borders = replace(borders, frame=countries)
        base = catalog[WORLD_BORDERS]
    parts: list[Normalized] = []
    inputs: list[dict[str, Any]] = []
    for source_id, payload in chosen.items():
        for table in catalog[source_id].parts():
            if table.layer in RASTER_LAYERS or (table.layer == "countries" and table != base):
                continue  # rasters are read by windows; one set of borders is enough
            if only_layers and table.layer not in only_layers:
                continue
            # a port may serve sites from far beyond their region
            outside = keep_outside or (countries is not None and table.layer == "gateways")
            with naming_unexpected(label_of(table), f"leave it out with --without {source_id}"):
                part = (
                    borders
                    if table == base
                    else normalize(
                        read(table, payload.path, checked=True),
                        table,
                        borders.frame,
                        skip_bad_rows=options.skip_bad_rows,
                        keep_misprinted=keep_misprinted,
                        keep_outside=outside,
                        region=region,
                    )
                )
            tell(f"  {label_of(table)}: {part.rows_read} rows read, {len(part.frame)} kept")
            parts.append(part)
            inputs.append(describe_input(table, payload, part))
    sources = {source_id: catalog[source_id] for source_id in chosen}
    boxes = {i: f.box for i, f in chosen.items() if countries is not None and f.box is not None}
    return Layers(
        frames=join_layers(parts), sources=sources, inputs=inputs, region=region, boxes=boxes
    )


def _within_reach(
    chosen: Mapping[str, InputFile], catalog: Mapping[str, Source], region: Box
) -> Mapping[str, InputFile]:
    """Leave out the starter where the region lies beyond its edge, but for the borders."""
    if meet(REGION, region):
        return chosen
    kept = ("starter_countries", WORLD_BORDERS)
    return {i: f for i, f in chosen.items() if catalog[i].protocol != "starter" or i in kept}


def resolve_deposits(
    layers: Layers, tell: Progress = logger.info, *, merge: Merge = merge
) -> Layers:
    """Make one row a deposit out of the records, and choose and audit its position.

    `merge` merges them: `geo_ree.merge`, or one that does the same in parts.

    Raises
    ------
    SettingsError
        When there are no deposits.
    """
    frames = layers.frames
    if "deposits" not in frames:
        raise SettingsError("no deposits are left", "choose at least one source of deposits")
    merged = merge(frames["deposits"])
    tell(f"  {len(frames['deposits'])} records are {len(merged.deposits)} deposits")
    located = locate(
        merged.deposits,
        merged.members,
        countries=frames["countries"],
        admin1=frames.get("admin1"),
        water=frames.get("water"),
        positions=frames.get("positions"),
        published=frames.get("published_distances"),
    )
    merged = replace(merged, values=add_position_values(merged.values, located))
    return replace(
        layers, frames={**frames, "deposits": located.deposits}, merged=merged, located=located
    )


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
            hint = suggest_words(given, catalog) or "geo-ree sources lists them"
            raise SettingsError(f"no source is called {given!r}", hint)


def check_coverage(source: Source) -> None:
    """Refuse a country of ``coverage`` that is no ISO alpha-3 code.

    Raises
    ------
    CatalogError
        With the code that may be meant.
    """
    for part in source.parts():
        for word in part.coverage:
            if word in ("none", code := country_code(word)):
                continue
            raise CatalogError(
                f"{source.id}: coverage has {word!r}, which is no ISO alpha-3 code of a country",
                f"write {code}" if code else "write codes as KAZ, or none",
            )


def describe_input(source: Source, payload: InputFile, part: Normalized) -> dict[str, Any]:
    """What ``run.json`` says of one table: where it came from and what became of its rows."""
    return {
        "id": source.id,
        "table": source.part,
        "layer": source.layer,
        "came_from": payload.origin,
        "title": source.title,
        "label": source.label,
        "publisher": source.publisher,
        "file": payload.path.name,
        "sha256": payload.sha256,
        "retrieved": payload.retrieved,
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


def _base(catalog: Mapping[str, Source], chosen: Mapping[str, InputFile]) -> Source:
    """The borders that countries are assigned by: the packaged ones unless left out."""
    borders = [t for i in chosen for t in catalog[i].parts() if t.layer == "countries"]
    if not borders:
        raise SettingsError(
            "no source of the layer countries is chosen", "leave starter_countries in"
        )
    return min(borders, key=lambda t: t.protocol != "starter")


def _choose(
    catalog: Mapping[str, Source], settings: Settings, options: Options
) -> dict[str, InputFile]:
    check_ids((*options.only, *options.without), catalog)
    options = without_left_out(left_out(catalog, settings, options), options)
    for source_id in options.only:
        if source_id in options.without:
            raise SettingsError(
                f"{source_id} is chosen alone and left out", "give it in only or in without"
            )
    fetched = _snapshots(catalog, settings, options)
    for source in catalog.values():
        check_coverage(source)
    out: dict[str, InputFile] = {}
    for source_id, source in catalog.items():
        wanted = not options.only or source_id in options.only or source.layer == "countries"
        if source.protocol != "starter" or source_id in options.without or not wanted:
            continue
        if source.extract_of in fetched:
            continue
        path = storage.starter_path(source.reader.member)
        out[source_id] = InputFile.from_starter(path)
    return out | {i: InputFile.from_snapshot(s) for i, s in fetched.items()}


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


def _uncatalogued(catalog: Mapping[str, Source], settings: Settings) -> list[str]:
    """Ids of sources that were fetched by an entry that is not among those that are known now."""
    found = settings.raw_root.glob("*/*/provenance.json")
    return sorted({p.parts[-3] for p in found} - set(catalog))
