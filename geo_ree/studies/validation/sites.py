"""What is compared with what: the trials, and the class of each site in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import assign_country
from geo_ree.pipeline.layers import Layers, Progress, read_layers
from geo_ree.proximity import Target, TargetIndex, load_targets
from geo_ree.settings import REGION, SCORED_COUNTRIES, Options, Settings
from geo_ree.studies.validation.labels import (
    COMPARED_KM,
    COPPER,
    MATCH_KM,
    label_sites,
    mine_records,
    usable_records,
)

MRDS = "usgs_mrds"
"""The one table that is judged apart: too large to be merged with the others within bounds."""

LEAST = 15
"""Sites of each class below which nothing is computed."""

NEAR = "a mine of another name within the doubt about its place"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One question: whether these mines score higher than those other sites.

    Parameters
    ----------
    name
        Short name.
    mines, others
        What counts as the one and the other, in words.
    table
        Only sites with a record of this source; empty for all sources but `MRDS`.
    by
        What tells a mine: ``icmm`` (joined to a mine of the ICMM dataset), ``status`` (the word of
        its own tables).
    state
        Column with the word of the tables.
    undeveloped
        Whether the others have to be called a prospect or an occurrence; else not being
        known as a mine is enough.
    """

    name: str
    mines: str
    others: str
    table: str = ""
    by: tuple[Literal["icmm", "status"], ...] = ("icmm",)
    state: Literal["stated", "stated_copper"] = "stated"
    undeveloped: bool = True


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        t.name: t
        for t in (
            Trial(
                name="all",
                by=("icmm", "status"),
                mines="joined to an ICMM mine, or called a mine or producer by a table",
                others="called a prospect or occurrence by a table, no mine joined",
            ),
            Trial(
                name="icmm",
                mines="joined to an ICMM mine",
                others="called a prospect or occurrence by a table, no mine joined",
            ),
            Trial(
                name="copper",
                by=("status",),
                table=COPPER,
                state="stated_copper",
                mines="producer or past producer in the copper assessment",
                others="prospect or occurrence in the copper assessment",
            ),
            Trial(
                name="major",
                table="usgs_major_deposits",
                undeveloped=False,
                mines="major deposit joined to an ICMM mine",
                others="major deposit that nothing tells to be a mine",
            ),
            Trial(
                name="mrds",
                table=MRDS,
                undeveloped=False,
                mines="MRDS record joined to an ICMM mine",
                others="MRDS record that nothing tells to be a mine",
            ),
        )
    }
)
"""The trials by name. The first is the main one."""


def classify_sites(sites: pd.DataFrame, trial: Trial, *, near_counts: bool = False) -> pd.DataFrame:
    """Tell the class of each site in a trial, and why the others are left out.

    Parameters
    ----------
    sites
        From `geo_ree.studies.validation.labels.label_sites`.
    trial
        What is compared.
    near_counts
        Count sites beside a mine of another name as no mines, instead of leaving them out.

    Returns
    -------
    pandas.DataFrame
        On the index of `sites`: ``label`` (``mine``, ``other``, or empty where the site takes no part)
        and ``left_out`` (why not; empty where the table is not asked at all).

    Examples
    --------
    >>> sites = pd.DataFrame({"tables": "t", "stated": ["mine", "undeveloped", "unknown"],
    ...                       "stated_copper": "unknown", "icmm": ["none", "none", "near"]})
    >>> classify_sites(sites, TRIALS["all"])["label"].tolist()
    ['mine', 'other', '']
    """
    tables = sites["tables"].str.split(";")
    asked = tables.map(lambda t: trial.table in t if trial.table else MRDS not in t)
    state, icmm = sites[trial.state].to_numpy(), sites["icmm"].to_numpy()
    matched, called = icmm == "matched", state == "mine"
    mine = (("icmm" in trial.by) & matched) | (("status" in trial.by) & called)
    known = matched | called | (sites["stated"].to_numpy() == "mine")
    base = (state == "undeveloped") if trial.undeveloped else np.ones(len(sites), dtype=bool)
    beside = (icmm == "near") & ("icmm" in trial.by) & (not near_counts)
    reasons: list[tuple[NDArray[np.bool_], str]] = [
        (base & ~known & (icmm == "far"), f"joined to a mine farther than {MATCH_KM:g} km"),
        (base & ~known & beside, NEAR),
        (known & ~mine, "known as a mine by other evidence only"),
        (~base & ~known, "no table says whether it was mined"),
    ]
    left = np.full(len(sites), "", dtype=object)
    for where, reason in reversed(reasons):
        left[where] = reason
    left[mine] = ""
    other = base & ~known & (left == "")
    label = np.where(mine, "mine", np.where(other, "other", ""))
    inside = asked.to_numpy(dtype=bool)
    return pd.DataFrame(
        {"label": np.where(inside, label, ""), "left_out": np.where(inside, left, "")},
        index=sites.index,
        dtype=object,
    )


WORLD_BORDERS = "natural_earth_countries"
WORLD_LAYERS = (
    "natural_earth_railroads",
    "natural_earth_roads",
    "natural_earth_populated_places",
    "natural_earth_rivers",
    "natural_earth_lakes",
)
"""Sources that hold the whole world, in the order of the layers."""

_WORLD_WIDTH_DEG = 180.0


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A part of the world, its sites, and what they can be measured to.

    Parameters
    ----------
    name
        ``seven`` (the scored countries), ``region`` (all countries of the region) or ``world``.
    sites
        From `geo_ree.studies.validation.labels.label_sites`, those inside the scope.
    proximity
        Made from the layers that cover the scope.
    layers
        Names of those layers.
    """

    name: str
    sites: gpd.GeoDataFrame
    proximity: TargetIndex
    layers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Scopes made of all that is at hand, and an account of it.

    Parameters
    ----------
    scopes
        By name.
    inputs
        As in ``run.json``: a row for each table read.
    left_out
        Reason -> records that are no site.
    warnings
        What is not at hand, and what follows from it.
    """

    scopes: Mapping[str, Scope]
    inputs: Sequence[Mapping[str, Any]]
    left_out: Mapping[str, int]
    warnings: Sequence[str] = field(default=())


def gather_scopes(settings: Settings, options: Options, tell: Progress) -> Gathered:
    """Read all sources at hand, label their sites, and ready the layers of each scope.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    tell
        Called with a line on each table.

    Returns
    -------
    Gathered

    Raises
    ------
    GeoReeError
        With the file, the row and the hint.
    """
    targets = load_targets(options.targets)
    wanted = tuple(sorted({t.layer for t in targets.values()} | {"countries"}))
    catalog = load_catalog(options.catalog)
    region = read_layers(settings, options, tell, only_layers=wanted)
    world_wide = _at_hand(WORLD_BORDERS, settings, options)
    read_in = _read_sites(settings, options, tell, catalog, world_wide=world_wide)
    sites, left_out = _labelled(read_in, catalog)
    inside = _in_region(sites, region.frames["countries"])
    here = TargetIndex(region.frames, targets, coverage=region.coverage)
    seven = inside[inside["country"].isin(SCORED_COUNTRIES)]
    names = tuple(n for n in wanted if n in region.frames and n != "countries")
    scopes = {
        "seven": Scope(name="seven", sites=seven, proximity=here, layers=names),
        "region": Scope(name="region", sites=inside, proximity=here, layers=names),
    }
    inputs, warnings = [*region.inputs, *read_in.inputs], _missing(read_in, world_wide)
    if world_wide:
        scopes["world"], more, notes = _world(settings, options, tell, sites, targets)
        inputs, warnings = [*inputs, *more], [*warnings, *notes]
    unique = {(i["id"], i["table"], i["layer"]): i for i in inputs}
    return Gathered(
        scopes=scopes, inputs=list(unique.values()), left_out=left_out, warnings=warnings
    )


def _at_hand(source_id: str, settings: Settings, options: Options) -> bool:
    chosen = not options.only or source_id in options.only
    return (
        chosen
        and source_id not in options.without
        and storage.latest_snapshot(settings, source_id) is not None
    )


def _read_sites(
    settings: Settings,
    options: Options,
    tell: Progress,
    catalog: Mapping[str, Source],
    *,
    world_wide: bool,
) -> Layers:
    """Deposits and mines of the whole world, their countries told by the best borders there are."""
    borders = [i for i, s in catalog.items() if s.layer == "countries" and s.protocol == "starter"]
    without = (*options.without, *borders) if world_wide else options.without
    return read_layers(
        settings,
        replace(options, without=without, skip_bad_rows=True),
        tell,
        keep_outside=True,
        only_layers=("deposits", "facilities", "countries"),
    )


def _labelled(
    read_in: Layers, catalog: Mapping[str, Source]
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    worded = {i for i, s in catalog.items() for t in s.parts() if t.words.get("kind") == "status"}
    facilities = read_in.frames.get("facilities")
    mines = None if facilities is None else mine_records(facilities)
    records, left_out = usable_records(read_in.frames["deposits"])
    apart = records["source_id"] == MRDS
    parts = [
        label_sites(records[rows].reset_index(drop=True), mines, worded=worded, compared_km=km)
        for rows, km in ((~apart, np.inf), (apart, COMPARED_KM))
        if rows.any()
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=records.crs), left_out


def _in_region(sites: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sites inside the region, their country told by its finer borders."""
    west, south, east, north = REGION
    x, y = sites.geometry.x, sites.geometry.y
    inside = sites[x.between(west, east) & y.between(south, north)]
    return inside.assign(country=assign_country(inside, countries)["country"])


def _world(
    settings: Settings,
    options: Options,
    tell: Progress,
    sites: gpd.GeoDataFrame,
    targets: Mapping[str, Target],
) -> tuple[Scope, list[dict[str, Any]], list[str]]:
    ids = [i for i in WORLD_LAYERS if _at_hand(i, settings, options)]
    without = tuple(
        i
        for i, s in load_catalog(options.catalog).items()
        if s.layer == "countries" and i != WORLD_BORDERS
    )
    only = replace(options, only=(*ids, WORLD_BORDERS), without=(*options.without, *without))
    read_in = read_layers(settings, only, tell, keep_outside=True)
    layers, notes = _world_wide(read_in.frames)
    # no country of a world-wide layer ends where the region does
    borders = read_in.frames["countries"].assign(complete=True)
    proximity = TargetIndex({**layers, "countries": borders}, targets)
    return (
        Scope(name="world", sites=sites, proximity=proximity, layers=tuple(sorted(layers))),
        list(read_in.inputs),
        notes,
    )


def _world_wide(
    layers: Mapping[str, gpd.GeoDataFrame],
) -> tuple[dict[str, gpd.GeoDataFrame], list[str]]:
    """Layers that reach around the world; one that does not is no measure of it."""
    out, notes = {}, []
    for name, layer in layers.items():
        if name == "countries":
            continue
        west, _, east, _ = layer.total_bounds
        if east - west >= _WORLD_WIDTH_DEG:
            out[name] = layer
        else:
            notes.append(
                f"{name}: what is at hand reaches from {west:.0f} to {east:.0f} E only, and is left "
                "out of the scope world"
            )
    return out, notes


def _missing(read_in: Layers, world_wide: bool) -> list[str]:
    out = []
    if "facilities" not in read_in.frames:
        out.append(
            "no table of mines is at hand: only what the tables of deposits say counts; download the "
            "ICMM workbook and geo-ree fetch icmm_mines --file WORKBOOK"
        )
    if not world_wide:
        ids = " ".join((WORLD_BORDERS, *WORLD_LAYERS))
        out.append(f"the scope world is left out: geo-ree fetch {ids}")
    return out
