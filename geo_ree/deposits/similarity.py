"""What speaks for and against two records being one deposit, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import distance_m
from geo_ree.deposits.names import Form
from geo_ree.deposits.vocabulary import kind_told

LEAST_LIKENESS = 0.72
"""Names less alike than this are not compared further (share of letters in common order)."""

_RARE_EARTHS = frozenset(
    ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y")
)
_COMPANIONS = (
    ("REE", "Nb", "Ta", "Zr", "Be", "Y"),
    ("Cu", "Mo", "Au", "Re", "Te", "Ag", "Se"),
    ("Pb", "Zn", "Ag", "Cd", "Ba", "barite", "Ga", "Ge", "In", "Cu"),
    ("W", "Mo", "Sn", "Be", "Bi"),
    ("Ni", "Co"),
    ("Li", "Ta", "Be", "Cs", "Rb", "Nb", "Sn"),
    ("Sb", "Hg", "Au"),
    ("Fe", "Ti", "V"),
    ("P", "phosphate", "REE", "U"),
    ("Al", "Ga"),
    ("B", "K", "salt", "potash"),
)
"""Commodities that come from one deposit so often that different tables name different ones."""

_FAMILY = {c: [k for k, f in enumerate(_COMPANIONS) if c in f] for f in _COMPANIONS for c in f}

_FULL_PROOF = 5.0
_DEFAULT_ERROR_KM = 5.0

FEATURES = (
    "likeness",
    "same_consonants",
    "far",
    "very_far",
    "alias",
    "number_conflict",
    "number_one",
    "part_conflict",
    "works_conflict",
    "shared_commodity",
    "other_commodity",
    "other_country",
    "same_source",
    "common_name",
    "no_place",
    "other_far",
    "unknown_far",
    "same_source_far",
    "common_far",
    "group",
    "alias_far",
    "part_opposite",
    "other_genesis",
)
"""What a pair is judged by; see `geo_ree.deposits.pairs.find_pairs`."""


def coordinates(records: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of points, NaN where there is none."""
    geometry = records.geometry
    return geometry.x.to_numpy(dtype=np.float64), geometry.y.to_numpy(dtype=np.float64)


def commodity_set(text: object) -> frozenset[str]:
    """Commodities of a text; a rare-earth element stands for the rare earths as well.

    Examples
    --------
    >>> sorted(commodity_set("Pb;Ce"))
    ['Ce', 'Pb', 'REE']
    """
    own = frozenset(text.split(";")) if isinstance(text, str) and text else frozenset()
    return own | {"REE"} if own & _RARE_EARTHS else own


def pair_features(
    best: pd.DataFrame,
    forms: pd.DataFrame,
    records: gpd.GeoDataFrame,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> pd.DataFrame:
    """Say what speaks for and against each pair, in the columns that `find_pairs` describes."""
    i, j = best["first"].to_numpy(), best["second"].to_numpy()
    distance = distance_m(lon[i], lat[i], lon[j], lat[j]) / 1000.0
    error = records["position_error_m"].astype("float64").fillna(_DEFAULT_ERROR_KM * 1000) / 1000.0
    allowed = 3.0 + np.hypot(error.to_numpy()[i], error.to_numpy()[j])
    ratio = np.where(np.isnan(distance), 0.0, distance / allowed)
    source = records["source_id"].astype(object).to_numpy()
    same_source = (source[i] == source[j]).astype(float)
    kinds = _marks(best, forms)
    for conflict, doubt in (("number_conflict", "number_one"), ("part_opposite", "part_conflict")):
        kinds[conflict] = np.maximum(kinds[conflict], kinds[doubt] * same_source)
    shared, other = _commodities(records, i, j, same_source)
    far = np.log1p(ratio)
    common = _commonness(best, forms, lon, lat)
    country = records["country"].astype(object).to_numpy()
    known = pd.notna(country[i]) & pd.notna(country[j])
    out = {
        "first": i,
        "second": j,
        "distance_km": distance,
        "name_first": forms["stem"].to_numpy()[best["a"]],
        "name_second": forms["stem"].to_numpy()[best["b"]],
        "likeness": (best["likeness"].to_numpy() - LEAST_LIKENESS) / (1.0 - LEAST_LIKENESS),
        "far": far,
        "very_far": np.log1p(np.maximum(ratio / 5.0 - 1.0, 0.0)),
        **kinds,
        "shared_commodity": shared,
        "other_commodity": other,
        "other_country": (known & (country[i] != country[j])).astype(float),
        "same_source": same_source,
        "common_name": common,
        "common_far": common * far,
        "alias_far": kinds["alias"] * far,
        "other_genesis": _other_genesis(records, i, j),
        "no_place": np.isnan(distance).astype(float),
        "other_far": other * far,
        "unknown_far": (shared + other == 0) * far,
        "same_source_far": same_source * far,
    }
    return pd.DataFrame(out).reset_index(drop=True)


def _marks(best: pd.DataFrame, forms: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    form = forms["form"].to_numpy(dtype=object)
    bones = forms["bones"].to_numpy(dtype=object)
    a, b = form[best["a"]], form[best["b"]]
    pairs: Sequence[tuple[Form, Form]] = list(zip(a, b, strict=True))
    flags = {
        "same_consonants": _shared_bones(bones[best["a"]], bones[best["b"]]),
        "alias": [not (x.main and y.main) for x, y in pairs],
        "number_conflict": [
            bool(x.numbers and y.numbers and not x.numbers & y.numbers) for x, y in pairs
        ],
        "number_one": [bool(x.numbers) != bool(y.numbers) for x, y in pairs],
        "part_conflict": [x.parts != y.parts for x, y in pairs],
        "part_opposite": [bool(x.parts and y.parts and not x.parts & y.parts) for x, y in pairs],
        "works_conflict": [x.works != y.works for x, y in pairs],
        "group": [x.group or y.group for x, y in pairs],
    }
    return {name: np.asarray(flag, dtype=np.float64) for name, flag in flags.items()}


def _shared_bones(a: NDArray[np.object_], b: NDArray[np.object_]) -> list[float]:
    """How much of a proof it is that all consonants agree: the more there are, the more."""
    return [min(len(x) / _FULL_PROOF, 1.0) if x == y else 0.0 for x, y in zip(a, b, strict=True)]


def _commodities(
    records: gpd.GeoDataFrame,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    same_source: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Whether two records share a commodity (1) or have companions (one half), or neither.

    Companions count between tables only: one table names what it wants of each of its rows.
    """
    sets = [commodity_set(text) for text in records["commodities"].astype(object)]
    families = [frozenset(f for c in s for f in _FAMILY.get(c, ())) for s in sets]
    shared = np.zeros(len(i))
    both = np.zeros(len(i))
    companion = 0.5 * (1.0 - same_source)
    for k, (a, b) in enumerate(zip(i, j, strict=True)):
        if sets[a] and sets[b]:
            both[k] = 1.0
            shared[k] = (
                1.0 if sets[a] & sets[b] else companion[k] if families[a] & families[b] else 0.0
            )
    return shared, both * (shared == 0.0)


def _other_genesis(
    records: gpd.GeoDataFrame, i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Whether the deposit types of two records are known and of another origin each."""
    texts = records["deposit_type"].astype(object)
    told = {t: kind_told(t, "genesis") for t in texts.unique() if isinstance(t, str)}
    origin = np.array([told.get(t) for t in texts], dtype=object)
    a, b = origin[i], origin[j]
    return np.asarray(pd.notna(a) & pd.notna(b) & (a != b), dtype=np.float64)


def _commonness(
    best: pd.DataFrame, forms: pd.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    record = forms["record"].to_numpy()
    cells = (
        pd.DataFrame(
            {"bones": forms["bones"], "x": np.floor(lon[record]), "y": np.floor(lat[record])}
        )
        .dropna()
        .drop_duplicates()
    )
    counts = cells["bones"].value_counts()
    a = forms["bones"].to_numpy()[best["a"]]
    return np.log(pd.Series(a).map(counts).fillna(1).clip(lower=1).to_numpy(dtype=np.float64))
