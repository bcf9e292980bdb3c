"""What a scenario adds and removes, and the layers that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import length_km
from geo_ree.deposits import assign_country, split_at_borders
from geo_ree.errors import SettingsError
from geo_ree.schema import LAYERS, check_layer
from geo_ree.settings import SCORED_COUNTRIES
from geo_ree.storage import starter_path
from geo_ree.studies.scenario.features import KINDS, STATUSES, read_features

SOURCE_ID = "scenario"
"""``source_id`` of what a scenario adds."""

PLANNED = "planned_railways.geojson"
"""The planned railways that come with the package."""

Added: TypeAlias = Path | str | gpd.GeoDataFrame
Removed: TypeAlias = str | Iterable[str] | Callable[[gpd.GeoDataFrame], Any]

_NEVER = ("suspended", "abandoned")
_SHORT = {"kind": "kind", "source": "source_id", "country": "country"}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a scenario does to the layers.

    Attributes
    ----------
    added
        A row per feature that was given, of all layers: ``layer``, the columns of
        `geo_ree.studies.scenario.features.COLUMNS`, ``counted`` (bool), ``why_not`` (blank where it
        counts), ``countries`` (ISO alpha-3 of what it crosses, separated by ;) and
        ``drawn_km`` (as drawn; 0 for a point).
    removed
        The canonical rows that were taken out, with their ``layer``.
    kept
        Layer -> its rows without what was removed, for each layer that is changed.
    pieces
        Layer -> canonical rows of what counts, lines cut at the borders, with ``feature``.
    """

    added: gpd.GeoDataFrame
    removed: pd.DataFrame
    kept: Mapping[str, gpd.GeoDataFrame]
    pieces: Mapping[str, gpd.GeoDataFrame]

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that are changed."""
        return tuple(self.kept)

    def after(self, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
        """Give all layers as they are after the changes.

        Parameters
        ----------
        layers
            Those before.
        """
        out = dict(layers)
        for name, kept in self.kept.items():
            new = self.pieces.get(name)
            rows = [kept] if new is None else [kept, new.drop(columns="feature")]
            full = [r for r in rows if len(r)]
            out[name] = pd.concat(full, ignore_index=True) if full else kept
        return out


def planned_lines(name: str | None = None) -> gpd.GeoDataFrame:
    """Give the planned railways that come with the package, or the legs of one of them.

    Approximate: straight legs between named places, each with its ``lateral_error_km``, its
    state and its year of opening where one is published.

    Parameters
    ----------
    name
        Of a line, whatever its case and dashes; all when left out.

    Returns
    -------
    geopandas.GeoDataFrame
        As `read_features` gives them.

    Raises
    ------
    SettingsError
        When there is none of that name.

    Examples
    --------
    >>> planned_lines("Balykchy-Kara-Keche")["status"].tolist()
    ['under_construction', 'planned']
    """
    lines = read_features(starter_path(PLANNED), "railways")
    if name is None:
        return lines
    chosen = lines[lines["line"].map(_plain) == _plain(name)]
    if chosen.empty:
        known = ", ".join(dict.fromkeys(lines["line"]))
        raise SettingsError(f"no planned railway is called {name!r}", f"use one of {known}")
    return chosen


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def make_changes(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    add: Mapping[str, Added],
    remove: Mapping[str, Removed],
    year: int | None,
) -> Changes:
    """Read what is added and find what is removed, all of it or an error.

    Parameters
    ----------
    layers
        Canonical layers by name, with ``countries``.
    add
        Layer -> GeoJSON file or frame of features.
    remove
        Layer -> ids or names of features, ``kind=WORD``, ``source=ID``, ``country=ISO3``, or a
        function that gives a mask of the rows.
    year
        What is not open by then does not count, nor what has no published year of opening;
        None counts all but what is suspended or abandoned.

    Returns
    -------
    Changes

    Raises
    ------
    SchemaError, SettingsError
        For features that are wrong, layers that are not at hand, and names that nothing bears.
    """
    _refuse_unknown(layers, add, remove)
    kept, removed, added, pieces = {}, [], [], {}
    for layer in dict.fromkeys((*remove, *add)):
        gone = _found(layers[layer], remove[layer], layer) if layer in remove else None
        kept[layer] = layers[layer] if gone is None else layers[layer][~gone]
        if gone is not None:
            removed.append(
                pd.DataFrame(layers[layer][gone].drop(columns="geometry")).assign(layer=layer)
            )
        if layer in add:
            told = _judged(read_features(add[layer], layer), year)
            made = _canonical(told, layer, layers["countries"])
            added.append(_described(told, made).assign(layer=layer))
            counted = set(told["feature"][told["counted"]])
            pieces[layer] = made[made["feature"].isin(counted)].reset_index(drop=True)
    columns = ["id", "name", "country", "kind", "source_id", "layer"]
    return Changes(
        added=gpd.GeoDataFrame(pd.concat(added, ignore_index=True), crs=4326)
        if added
        else gpd.GeoDataFrame({"layer": [], "counted": []}, geometry=[], crs=4326),
        removed=pd.concat(removed, ignore_index=True)[columns]
        if removed
        else pd.DataFrame(columns=columns),
        kept=kept,
        pieces=pieces,
    )


def _refuse_unknown(
    layers: Mapping[str, gpd.GeoDataFrame], add: Mapping[str, Added], remove: Mapping[str, Removed]
) -> None:
    if not add and not remove:
        raise SettingsError("the scenario changes nothing", "give add or remove")
    for layer in (*add, *remove):
        if layer not in KINDS:
            raise SettingsError(
                f"a scenario cannot change the layer {layer!r}", f"use one of {', '.join(KINDS)}"
            )
        if layer not in layers or layers[layer].empty:
            raise SettingsError(
                f"no source of the layer {layer} is at hand: there is no before to compare with",
                f"fetch one; geo-ree sources list --layer {layer} names them",
            )


def _found(rows: gpd.GeoDataFrame, wanted: Removed, layer: str) -> np.ndarray:
    """Rows that are to go: a mask over `rows`."""
    if callable(wanted):
        mask = np.asarray(wanted(rows))
        if mask.shape != (len(rows),) or mask.dtype != np.bool_:
            raise SettingsError(
                f"the function for {layer} gave {mask.dtype} of shape {mask.shape}, expected bool "
                f"of ({len(rows)},)",
                "give a mask of the rows, for instance lambda r: r.kind == 'rail'",
            )
        return mask
    words = [wanted] if isinstance(wanted, str) else list(wanted)
    gone = np.zeros(len(rows), dtype=np.bool_)
    for word in words:
        mask = _bearing(rows, str(word))
        if not mask.any():
            raise SettingsError(f"nothing in the layer {layer} is {word!r}", _cure(rows))
        gone |= mask
    return gone


def _bearing(rows: gpd.GeoDataFrame, word: str) -> np.ndarray:
    key, _, value = word.partition("=")
    if value and key in _SHORT:
        return (rows[_SHORT[key]] == value).fillna(False).to_numpy(dtype=np.bool_)
    ids = rows["id"].astype(str)
    whole = (ids == word) | ids.str.startswith(word + "/")  # pieces of a line cut at a border
    return (whole | (rows["name"] == word).fillna(False)).to_numpy(dtype=np.bool_)


def _cure(rows: gpd.GeoDataFrame) -> str:
    names = list(dict.fromkeys(rows["name"].dropna()))[:12]
    kinds = ", ".join(sorted(set(rows["kind"])))
    known = f"a name ({', '.join(names)}), " if names else ""
    return f"give an id, {known}kind=WORD ({kinds}), source=ID or country=ISO3"


def _judged(features: gpd.GeoDataFrame, year: int | None) -> gpd.GeoDataFrame:
    """Say of each feature whether it counts, and why not."""
    why = [
        _why_not(status, opening, year)
        for status, opening in zip(features["status"], features["opening_year"], strict=True)
    ]
    return features.assign(counted=[not w for w in why], why_not=why)


def _why_not(status: str, opening: Any, year: int | None) -> str:
    if status in _NEVER:
        return f"it is {status}"
    if year is None or (pd.isna(opening) and status == STATUSES[0]):
        return ""
    if pd.isna(opening):
        return f"no year of opening is published, so it is not counted for {year}"
    return f"it opens in {int(opening)}, after {year}" if opening > year else ""


def _canonical(told: gpd.GeoDataFrame, layer: str, countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of the canonical layer, lines cut at the borders; ``feature`` tells whose each is."""
    spec = LAYERS[layer]
    names = [c for c in spec.column_names() if c in told.columns]
    rows = told[names].copy()
    rows["name"] = [
        _named(n, s, bool(a))
        for n, s, a in zip(told["name"], told["status"], told["approximate"], strict=True)
    ]
    if "reference" in spec.column_names():
        rows["reference"] = told["source"]
    rows = rows.assign(
        id=[f"{SOURCE_ID}:{layer}-{n}" for n in told["feature"]],
        source_id=SOURCE_ID,
        country_reported=told["country"],
        feature=told["feature"],
    )
    if "LineString" in spec.geometries:
        cut = split_at_borders(rows, countries)
    else:
        points = rows.assign(position_error_m=told["position_error_m"].fillna(0.0))
        cut = rows.assign(country=assign_country(points, countries)["country"])
    feature = cut.pop("feature").to_numpy()
    if "length_km" in spec.column_names():
        cut["length_km"] = np.nan  # the published length is of the whole, not of a piece
    return check_layer(cut, layer, where=SOURCE_ID).assign(feature=feature)


def _named(name: str, status: str, approximate: bool) -> str:
    marks = [] if status == STATUSES[0] else [status.replace("_", " ")]
    marks += ["approximate"] * approximate
    return f"{name} ({', '.join(marks)})" if marks else name


def _described(told: gpd.GeoDataFrame, made: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Countries that each feature crosses and its length as drawn."""
    crossed = {
        f: ";".join(dict.fromkeys(c for c in rows["country"] if isinstance(c, str)))
        for f, rows in made.groupby("feature")
    }
    return told.assign(
        countries=[crossed.get(f, "") for f in told["feature"]],
        scored=[
            bool(set(crossed.get(f, "").split(";")) & set(SCORED_COUNTRIES))
            for f in told["feature"]
        ],
        drawn_km=[length_km(shape) for shape in told.geometry],
    )
