"""Sources that a run for commercial use leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

import geopandas as gpd

from geo_ree import storage
from geo_ree.catalog.source import Source
from geo_ree.errors import SettingsError
from geo_ree.settings import Options, Settings
from geo_ree.storage.record_files import LazyMapping

SURROUNDINGS = ("protected_areas", "active_faults", "mining_areas", "water_stress")
"""Layers that only flags read."""


def left_out(
    catalog: Mapping[str, Source], settings: Settings, options: Options
) -> tuple[Source, ...]:
    """Find the sources that are available and wanted, but not clearly free for commercial use.

    Returns
    -------
    tuple of Source
        In the order of the catalogue; empty unless ``options.commercial``.

    Raises
    ------
    SettingsError
        When one of them is asked for by ``only``.
    """
    if not options.commercial:
        return ()
    barred = [s for s in catalog.values() if s.commercial_use != "yes"]
    for source in barred:
        if source.id in options.only:
            raise SettingsError(
                f"{source.id} is asked for, but its commercial_use is {source.commercial_use!r} "
                f"(licence: {source.licence})",
                "ask its publisher, or run without --commercial",
            )
    return tuple(s for s in barred if _would_be_used(s, settings, options))


def without_left_out(sources: tuple[Source, ...], options: Options) -> Options:
    """Options that leave these sources out as well."""
    return replace(options, without=(*options.without, *(s.id for s in sources)))


def describe_left_out(sources: tuple[Source, ...]) -> list[dict[str, str]]:
    """What ``run.json`` says of the sources that were left out."""
    return [
        {
            "id": s.id,
            "label": s.label,
            "licence": s.licence,
            "commercial_use": s.commercial_use,
        }
        for s in sources
    ]


def warn_left_out(sources: tuple[Source, ...], options: Options) -> list[str]:
    """One line on the sources that a run for commercial use leaves out; no line for other runs.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> asked = Options(commercial=True)
    >>> warn_left_out((load_catalog()["mongolia_licences"],), asked)
    ['left out for commercial use: mongolia_licences (not stated: ask before redistributing)']
    >>> warn_left_out((), asked)
    ['left out for commercial use: nothing, the licences of all sources of this run allow it']
    """
    if not options.commercial:
        return []
    if not sources:
        return [
            "left out for commercial use: nothing, the licences of all sources of this run allow it"
        ]
    return ["left out for commercial use: " + "; ".join(f"{s.id} ({s.licence})" for s in sources)]


def passed_on(
    frames: Mapping[str, gpd.GeoDataFrame], sources: Mapping[str, Source]
) -> Mapping[str, gpd.GeoDataFrame]:
    """The layers of a run without the rows around deposits that may be read but not passed on.

    A run reads the World Database on Protected Areas for its flags; its terms allow no copy of its
    outlines, which the page or an export would be. A layer is read when it is first asked for.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> parks = gpd.GeoDataFrame({"source_id": ["wdpa", "mine"]}, geometry=gpd.points_from_xy([70, 71], [45, 46]))
    >>> passed_on({"protected_areas": parks}, load_catalog())["protected_areas"]["source_id"].tolist()
    ['mine']
    """
    barred = {i for i, source in sources.items() if source.commercial_use != "yes"}
    return LazyMapping({name: partial(_kept, frames, name, barred) for name in frames})


def _kept(
    frames: Mapping[str, gpd.GeoDataFrame], name: str, barred: Collection[str]
) -> gpd.GeoDataFrame:
    rows = frames[name]
    return rows if name not in SURROUNDINGS else rows[~rows["source_id"].isin(barred)]


def _would_be_used(source: Source, settings: Settings, options: Options) -> bool:
    wanted = not options.only or source.id in options.only
    if not wanted or source.id in options.without:
        return False
    return source.protocol == "starter" or storage.latest_snapshot(settings, source.id) is not None
