"""The first-level administrative unit of each deposit: by its position, else by the source's words."""

from __future__ import annotations

import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.deposits.borders import gap_km
from geo_ree.deposits.names import name_forms

_PHRASES = re.compile(r"[;,/|()]+|\bor\b|\band\b|\bили\b|\bи\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\d\s*(?:km|км)\b|\b(?:near|from|of)\s+(?:the\s+)?(?:city|town)\b", re.IGNORECASE
)
_SMALLER = re.compile(
    r"[\w'’-]+\s+(?:ore\s+)?(?:district|raion|rayon|soum|county|район)\b", re.IGNORECASE
)
_GENERIC = re.compile(
    r"\b(?:oblasts?|oblasty|oblysy|regions?|provinces?|aimags?|aymags?|viloyat[iy]?|wilayat|velayat|"
    r"welayaty?|область|области|обл|аймак|велаят|вилаят|city|г)\b\.?",
    re.IGNORECASE,
)
_CITY = re.compile(r"\bcity\b|\bг\.", re.IGNORECASE)
_LONGEST = 5

Key = tuple[str, str, frozenset[str]]


def assign_admin1(deposits: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    """Name the first-level unit of each deposit.

    With a position: the unit of its own country that holds it, and every other one within
    ``position_error_m``, the nearest first; where no unit is within the error (a coast, a border
    that another map draws elsewhere), the nearest. Without: the units that ``admin_area`` names.

    Parameters
    ----------
    deposits
        ``country``, ``admin_area``, ``position_error_m`` and points in EPSG:4326.
    units
        The canonical layer ``admin1``.

    Returns
    -------
    pandas.Series
        On the index of `deposits`: names separated by ``;``, None where none is known.

    Examples
    --------
    >>> units = gpd.GeoDataFrame({"country": "KGZ", "name": ["Chuy", "Naryn"], "kind": "region",
    ...                           "aliases": None}, crs=4326,
    ...                          geometry=[shapely.box(73, 42, 76, 43), shapely.box(73, 41, 76, 42)])
    >>> mines = gpd.GeoDataFrame({"country": "KGZ", "admin_area": [None, None, "Chuy or Naryn region"],
    ...                           "position_error_m": [500.0, 5000.0, None]}, crs=4326,
    ...                          geometry=[*shapely.points([75, 75], [42.5, 41.98]), None])
    >>> assign_admin1(mines, units).tolist()
    ['Chuy', 'Naryn;Chuy', 'Chuy;Naryn']
    """
    keys = unit_keys(units)
    of_country = dict(list(units.groupby("country")))
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    errors = pd.to_numeric(deposits["position_error_m"], errors="coerce").fillna(0.0) / 1000.0
    out: list[str | None] = []
    for point, empty, country, words, error in zip(
        deposits.geometry, blank, deposits["country"], deposits["admin_area"], errors, strict=True
    ):
        own = of_country.get(country)
        if own is None:
            out.append(None)
            continue
        if empty:
            at = named_units(words, str(country), keys, units["kind"])
            names = units["name"].loc[at]
        else:
            names = _around(point, own, float(error))
        out.append(";".join(names) or None)
    return pd.Series(out, deposits.index, dtype=object)


def unit_outline(
    names: object, land: shapely.Geometry | None, country: object, units: gpd.GeoDataFrame | None
) -> shapely.Geometry | None:
    """Join the units of a country that ``admin1`` lists, within its land; None if there are none."""
    if units is None or land is None or not isinstance(names, str):
        return None
    own = units[(units["country"] == country) & units["name"].isin(names.split(";"))]
    parts = shapely.get_parts(
        shapely.intersection(shapely.union_all(own.geometry.to_numpy()), land)
    )
    polygons = shapely.get_parts(parts[shapely.get_dimensions(parts) == 2])
    whole = shapely.MultiPolygon(polygons.tolist())
    return None if whole.is_empty else whole


def unit_keys(units: gpd.GeoDataFrame) -> Mapping[Key, list[object]]:
    """Country and folded name -> labels of the units that are so called."""
    keys: dict[Key, list[object]] = {}
    for label, country, name, aliases in zip(
        units.index, units["country"], units["name"], units["aliases"], strict=True
    ):
        spellings = [name, *(aliases.split(";") if isinstance(aliases, str) else ())]
        for key in {_key(str(country), text) for text in spellings} - {None}:
            keys.setdefault(key, []).append(label)  # type: ignore[arg-type]
    return keys


def named_units(
    words: object, country: str, keys: Mapping[Key, list[object]], kinds: pd.Series
) -> list[object]:
    """Labels of the units of a country that a text names, in the order of the text.

    Phrases that give a distance to a place, and districts, are passed over. "East Kostanay region"
    is within Kostanay. A name of a region and of a city is the region's unless the text says city.
    """
    found: dict[object, None] = {}
    cities = set(kinds.index[kinds == "city"])
    for phrase in _PHRASES.split(words) if isinstance(words, str) else []:
        text = _SMALLER.sub(" ", phrase)
        if _ELSEWHERE.search(text):
            continue
        tokens = _GENERIC.sub(" ", text).split()
        labels = _longest_match(tokens, country, keys)
        city = [label for label in labels if label in cities]
        region = [label for label in labels if label not in cities]
        chosen = city if city and (_CITY.search(phrase) or not region) else region
        found.update(dict.fromkeys(chosen))
    return list(found)


def _longest_match(
    tokens: list[str], country: str, keys: Mapping[Key, list[object]]
) -> list[object]:
    """Units named by the longest run of words; a part of a unit is in the unit."""
    for part_too in (False, True):
        for length in range(min(len(tokens), _LONGEST), 0, -1):
            for start in range(len(tokens) - length + 1):
                key = _key(country, " ".join(tokens[start : start + length]))
                if key is None:
                    continue
                labels = keys.get((*key[:2], frozenset()) if part_too else key)
                if labels:
                    return labels
    return []


def _key(country: str, text: str) -> Key | None:
    """Fold a name; of "North Kazakhstan" no stem is left, so its words stay as they are."""
    words = _GENERIC.sub(" ", text).split()
    forms = name_forms(" ".join(words))
    if forms and forms[0].stem:
        return country, forms[0].stem, forms[0].parts
    return (country, " ".join(words).casefold(), frozenset()) if len(words) > 1 else None


def _around(point: shapely.Point, own: gpd.GeoDataFrame, error_km: float) -> list[str]:
    """Names of the units within the error of a point, the nearest first, at least the nearest."""
    shapes = own.geometry.to_numpy()
    far = shapely.distance(shapes, point)
    near = np.flatnonzero(far <= max(far.min(), 2.0 * error_km / 111.0))
    gaps = {i: 0.0 if far[i] == 0 else gap_km(point, shapes[[i]]) for i in near.tolist()}
    least = min(gaps.values())
    kept = sorted((i for i in gaps if gaps[i] <= max(error_km, least)), key=lambda i: gaps[i])
    return own["name"].iloc[kept].astype(str).tolist()
