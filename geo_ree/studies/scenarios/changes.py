"""The changes of a scenario: features added and removed, and the layers that result."""

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
from geo_ree.deposits.vocabulary import country_code
from geo_ree.errors import SettingsError, suggest_words
from geo_ree.schema import CLOSED_KINDS, LAYERS, check_layer
from geo_ree.settings import SCORED_COUNTRIES
from geo_ree.studies.scenarios.planned_features import KINDS, STATUSES, read_features

SOURCE_ID = "scenario"
"""``source_id`` of added features."""

Added: TypeAlias = Path | str | gpd.GeoDataFrame
Removed: TypeAlias = str | Iterable[str] | Callable[[gpd.GeoDataFrame], Any]

_OPENED = {
    "railways": "rail",
    "roads": "main",
    "power_lines": "line",
    "power_plants": "operating",
}
_PUBLISHED = ("voltage_kv", "capacity_mw", "fuel", "position_error_m")
_NEVER = ("suspended", "abandoned")
_SHORT = {"kind": "kind", "source": "source_id", "country": "country"}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Added and removed features.

    Parameters
    ----------
    added
        A row per added feature: ``layer``, the columns of `planned_features.COLUMNS`, ``counted``
        (bool), ``why_not`` (blank where it counts), ``countries`` (ISO alpha-3 codes it crosses,
        separated by ;), ``scored`` (whether one of them is a scored country) and ``drawn_km``
        (length as drawn; 0 for a point).
    removed
        The canonical rows that were removed, with their ``layer``.
    kept
        Layer -> its remaining rows, for each changed layer.
    pieces
        Layer -> canonical rows of the counted features, lines cut at the borders, with ``feature``.
    """

    added: gpd.GeoDataFrame
    removed: pd.DataFrame
    kept: Mapping[str, gpd.GeoDataFrame]
    pieces: Mapping[str, gpd.GeoDataFrame]

    def apply(self, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
        """All layers as they are after the changes."""
        out = dict(layers)
        for name, kept in self.kept.items():
            new = self.pieces.get(name)
            rows = [kept] if new is None else [kept, new.drop(columns="feature")]
            full = [r for r in rows if len(r)]
            out[name] = pd.concat(full, ignore_index=True) if full else kept
        return out


def make_changes(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    add: Mapping[str, Added],
    remove: Mapping[str, Removed],
    year: int | None,
) -> Changes:
    """Read the added features and find the removed ones; see `geo_ree.scenario` for the arguments.

    Raises a SchemaError or SettingsError for invalid features, unavailable layers and unknown names.
    """
    _check_layers(layers, add, remove)
    kept, removed, added, pieces = {}, [], [], {}
    for layer in dict.fromkeys((*remove, *add)):
        gone = _removed_rows(layers[layer], remove[layer], layer) if layer in remove else None
        kept[layer] = layers[layer] if gone is None else layers[layer][~gone]
        if gone is not None:
            removed.append(
                pd.DataFrame(layers[layer][gone].drop(columns="geometry")).assign(layer=layer)
            )
        if layer in add:
            features = _with_counted(read_features(add[layer], layer), year)
            made = _canonical(features, layer, layers["countries"])
            added.append(_with_extent(features, made).assign(layer=layer))
            counted = set(features["feature"][features["counted"]])
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


def _check_layers(
    layers: Mapping[str, gpd.GeoDataFrame], add: Mapping[str, Added], remove: Mapping[str, Removed]
) -> None:
    if not add and not remove:
        raise SettingsError("the scenario changes nothing", "give add or remove")
    for layer in (*add, *remove):
        if layer not in KINDS:
            raise SettingsError(
                f"a scenario cannot change the layer {layer!r}",
                suggest_words(layer, KINDS) or f"use one of {', '.join(KINDS)}",
            )
        if layer not in layers or layers[layer].empty:
            raise SettingsError(
                f"no source of the layer {layer} is available, so there is nothing to compare with",
                f"fetch one; geo-ree sources list --layer {layer} names them",
            )


def closed_features(rows: gpd.GeoDataFrame, layer: str, wanted: Removed) -> gpd.GeoDataFrame:
    """Give features that are not in use (disused, building, planned) as features to add, open.

    Parameters
    ----------
    rows
        The canonical layer of a run: ``result.layers.frames["railways"]``.
    layer
        Its name: one of `KINDS` that has lines or power plants.
    wanted
        Which features, as for the features that a scenario removes: an id, a name, ``kind=disused``,
        ``source=ID``, ``country=ISO3``, several of them, or a function. Those in use are left out.

    Returns
    -------
    geopandas.GeoDataFrame
        For ``add`` of `geo_ree.scenario`. A road whose class is not kept is ``main``.

    Raises
    ------
    SettingsError
        When the layer has no such kinds, or nothing that is not in use matches.

    Examples
    --------
    >>> import shapely
    >>> old = gpd.GeoDataFrame(
    ...     {"id": ["x:1"], "name": ["Old line"], "kind": ["disused"], "source_id": ["x"],
    ...      "country": ["KAZ"], "lateral_error_km": [0.02]},
    ...     geometry=[shapely.LineString([(70, 48), (71, 48)])], crs=4326)
    >>> closed_features(old, "railways", "kind=disused")[["name", "kind", "status"]].values.tolist()
    [['Old line', 'rail', 'open']]
    """
    if layer not in _OPENED:
        raise SettingsError(
            f"a scenario cannot open features of the layer {layer!r}",
            suggest_words(layer, _OPENED) or f"use one of {', '.join(_OPENED)}",
        )
    closed = rows[rows["kind"].isin(CLOSED_KINDS)]
    if closed.empty:
        raise SettingsError(
            f"all known features of the layer {layer} are in use, so there is nothing to open",
            "fetch a source that has others, such as osm_kazakhstan",
        )
    chosen = closed[_removed_rows(closed, wanted, layer)]
    point = chosen.geometry.geom_type == "Point"
    kinds = np.where(point & (layer == "power_lines"), "substation", _OPENED[layer])
    columns = [c for c in ("lateral_error_km", *_PUBLISHED) if c in chosen.columns]
    return gpd.GeoDataFrame(
        {
            "name": chosen["name"].fillna(chosen["id"]),
            "kind": kinds,
            "status": "open",
            "opening_year": None,
            "source": chosen["source_id"],
            **{c: chosen[c] for c in columns},
        },
        geometry=chosen.geometry,
        crs=rows.crs,
    )


def _removed_rows(rows: gpd.GeoDataFrame, wanted: Removed, layer: str) -> np.ndarray:
    """Mask of the rows to remove."""
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
        mask = _matching(rows, str(word))
        if not mask.any():
            names = rows["name"].dropna().astype(str)
            near = suggest_words(str(word), [*names, *(f"kind={k}" for k in set(rows["kind"]))])
            raise SettingsError(
                f"no feature of the layer {layer} matches {word!r}", near or _hint(rows)
            )
        gone |= mask
    return gone


def _matching(rows: gpd.GeoDataFrame, word: str) -> np.ndarray:
    key, _, value = word.partition("=")
    if value and key in _SHORT:
        value = (country_code(value) or value) if key == "country" else value
        return (rows[_SHORT[key]] == value).fillna(False).to_numpy(dtype=np.bool_)
    ids = rows["id"].astype(str)
    whole = (ids == word) | ids.str.startswith(word + "/")  # pieces of a line cut at a border
    return (whole | (rows["name"] == word).fillna(False)).to_numpy(dtype=np.bool_)


def _hint(rows: gpd.GeoDataFrame) -> str:
    names = list(dict.fromkeys(rows["name"].dropna()))[:12]
    kinds = ", ".join(sorted(set(rows["kind"])))
    known = f"a name ({', '.join(names)}), " if names else ""
    return f"give an id, {known}kind=WORD ({kinds}), source=ID or country=ISO3"


def _with_counted(features: gpd.GeoDataFrame, year: int | None) -> gpd.GeoDataFrame:
    """Add whether each feature counts, and why not."""
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
        return f"its year of opening is not published, so it does not count for {year}"
    return f"it opens in {int(opening)}, after {year}" if opening > year else ""


def _canonical(
    features: gpd.GeoDataFrame, layer: str, countries: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Rows of the canonical layer, lines cut at the borders; ``feature`` links each to its feature."""
    spec = LAYERS[layer]
    names = [c for c in spec.column_names() if c in features.columns]
    rows = features[names].copy()
    rows["name"] = [
        _named(n, s, bool(a))
        for n, s, a in zip(
            features["name"], features["status"], features["approximate"], strict=True
        )
    ]
    if "reference" in spec.column_names():
        rows["reference"] = features["source"]
    rows = rows.assign(
        id=[f"{SOURCE_ID}:{layer}-{n}" for n in features["feature"]],
        source_id=SOURCE_ID,
        country_reported=features["country"],
        feature=features["feature"],
    )
    if "LineString" in spec.geometries:
        cut = split_at_borders(rows, countries)
    else:
        points = rows.assign(position_error_m=features["position_error_m"].fillna(0.0))
        cut = rows.assign(country=assign_country(points, countries)["country"])
    feature = cut.pop("feature").to_numpy()
    if "length_km" in spec.column_names():
        cut["length_km"] = np.nan  # the published length is of the whole, not of a piece
    return check_layer(cut, layer, where=SOURCE_ID).assign(feature=feature)


def _named(name: str, status: str, approximate: bool) -> str:
    marks = [] if status == STATUSES[0] else [status.replace("_", " ")]
    marks += ["approximate"] * approximate
    return f"{name} ({', '.join(marks)})" if marks else name


def _with_extent(features: gpd.GeoDataFrame, made: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the countries that each feature crosses and its length as drawn."""
    crossed = {
        f: ";".join(dict.fromkeys(c for c in rows["country"] if isinstance(c, str)))
        for f, rows in made.groupby("feature")
    }
    return features.assign(
        countries=[crossed.get(f, "") for f in features["feature"]],
        scored=[
            bool(set(crossed.get(f, "").split(";")) & set(SCORED_COUNTRIES))
            for f in features["feature"]
        ],
        drawn_km=[length_km(shape) for shape in features.geometry],
    )
