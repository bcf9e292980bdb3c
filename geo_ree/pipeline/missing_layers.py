"""Which layers sites without a score lack, and the command that gets them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping

import geopandas as gpd

from geo_ree.catalog import Source, load_catalog
from geo_ree.fetching import PROTOCOLS
from geo_ree.pipeline.regions import box_around
from geo_ree.proximity import Target
from geo_ree.scoring import ScoreModel
from geo_ree.settings import Settings

_AROUND_DEG = 1.0
_SHOWN = 5


def unscored_warnings(
    sites: gpd.GeoDataFrame,
    model: ScoreModel,
    targets: Mapping[str, Target],
    settings: Settings,
) -> list[str]:
    """Say which sites have no score, which layers they lack, and how to get these.

    Parameters
    ----------
    sites
        Scored sites with ``name``, ``country``, ``score`` and the columns of the model.
    model
        The model that they were scored by.
    targets
        Its targets by name.
    settings
        Names the data folder in the command.

    Returns
    -------
    list of str
        Nothing where every site has a score.
    """
    lost = sites[sites["score"].isna()]
    if lost.empty:
        return []
    layers: dict[str, None] = {}
    for criterion, share in zip(model.criteria, model.shares, strict=True):
        name = criterion.column.removeprefix("dist_").removesuffix("_km")
        if share > 0 and name in targets and lost[criterion.column].isna().any():
            layers[targets[name].layer] = None
    names = ", ".join(lost["name"].astype(str).head(_SHOWN))
    more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    codes = sorted(set(lost["country"].dropna().astype(str)))
    where = f" in {', '.join(codes)}" if codes else ""
    out = [
        f"no score for {len(lost)} of {len(sites)} sites ({names}{more}): more than half of the weight is "
        f"unknown. No available source covers {', '.join(layers)}{where}"
    ]
    if not codes:
        return out
    chosen, unserved = choose_sources(list(layers), codes)
    if chosen:
        box = box_around(lost.geometry.x.to_numpy(), lost.geometry.y.to_numpy(), _AROUND_DEG)
        out.append(f"to get them: {fetch_command(chosen, box, settings)}")
    if unserved:
        out.append(f"no source can be fetched for {', '.join(unserved)}: they are yours to choose")
    files = " ".join(f"--layer {layer}=FILE" for layer in layers)
    out.append(f"or give files of your own: {files}")
    return out


def choose_sources(
    layers: Collection[str], countries: Collection[str]
) -> tuple[list[Source], list[str]]:
    """Choose a source that can be fetched for each layer, and name the layers without one.

    A file of the country comes first, then what is fetched by box, then tables of the world.
    Gateways are a choice, and no source makes it.

    Examples
    --------
    >>> [source.id for source in choose_sources(["railways", "settlements"], ["UGA"])[0]]
    ['overture_transport', 'natural_earth_populated_places']
    """
    catalog = load_catalog().values()
    chosen: dict[str, Source] = {}
    unserved = []
    for layer in layers:
        serving = [s for s in catalog if s.fetchable and layer in {t.layer for t in s.parts()}]
        local = {c: [s for s in serving if c in s.coverage] for c in countries}
        if layer == "gateways":
            unserved.append(layer)
        elif all(local.values()):
            chosen |= {found[0].id: found[0] for found in local.values()}
        else:
            world = [
                s for s in serving if s.country.startswith("World") and s.protocol != "overpass"
            ]
            world.sort(key=lambda s: not PROTOCOLS[s.protocol].needs_box)
            if world:
                chosen[world[0].id] = world[0]
            else:
                unserved.append(layer)
    return list(chosen.values()), unserved


def fetch_command(
    sources: Collection[Source], box: tuple[float, float, float, float], settings: Settings
) -> str:
    """Write the command that fetches some sources, with the box where one of them needs it."""
    words = ["geo-ree", "fetch", *(s.id for s in sources)]
    if any(PROTOCOLS[s.protocol].needs_box for s in sources):
        west, south, east, north = box
        if east > 180.0:
            west, east = -180.0, 180.0
        words += [f"--bbox={west:g},{south:g},{east:g},{north:g}"]
    if settings.data_root.as_posix() != "data":
        words += ["--data", settings.data_root.as_posix()]
    return shlex.join(words)
