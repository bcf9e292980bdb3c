"""Pairs of records that may be one deposit, found by blocking, with what speaks for and against.

Cost: the forms of names grow with the records, the pairs with the records that share two
consonants within `NEAR_KM` or a whole skeleton within `FAR_KM`; nothing compares all with all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy.spatial import cKDTree

from geo_ree.crs import distance_m
from geo_ree.harmonize.names import Form, core, name_forms, skeleton
from geo_ree.harmonize.vocabulary import kind_told

NEAR_KM = 40.0
"""Records of alike names are compared within this distance."""

FAR_KM = 170.0
"""Records whose names have the same consonants are compared within this distance."""

LEAST_LIKENESS = 0.72
"""Names less alike than this are not compared further (share of letters in common order)."""

_RARE_EARTHS = frozenset(
    ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y")
)
_COMPANIONS = (
    ("REE", "Nb", "Ta", "Zr", "Be", "Y"), ("Cu", "Mo", "Au", "Re", "Te", "Ag", "Se"),
    ("Pb", "Zn", "Ag", "Cd", "Ba", "barite", "Ga", "Ge", "In", "Cu"), ("W", "Mo", "Sn", "Be", "Bi"),
    ("Ni", "Co"), ("Li", "Ta", "Be", "Cs", "Rb", "Nb", "Sn"), ("Sb", "Hg", "Au"),
    ("Fe", "Ti", "V"), ("P", "phosphate", "REE", "U"), ("Al", "Ga"), ("B", "K", "salt", "potash"),
)  # fmt: skip
"""Commodities that come from one deposit so often that different tables name different ones."""

_FAMILY = {c: [k for k, f in enumerate(_COMPANIONS) if c in f] for f in _COMPANIONS for c in f}

_FULL_PROOF = 5.0
_EARTH_KM = 6371.0
_DEFAULT_ERROR_KM = 5.0
_MOST_OF_A_NAME = 60

FEATURES = (
    "likeness", "same_consonants", "far", "very_far", "alias", "number_conflict",
    "number_one", "part_conflict", "works_conflict", "shared_commodity", "other_commodity",
    "other_country", "same_source", "common_name", "no_place", "other_far", "unknown_far",
    "same_source_far", "common_far", "group", "alias_far", "part_opposite", "other_genesis",
)  # fmt: skip
"""What a pair is judged by; see `find_pairs`."""


def find_pairs(records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the pairs of records that may be one deposit.

    Parameters
    ----------
    records
        Rows of the canonical layer ``deposits``, index 0..n-1; points may be missing.

    Returns
    -------
    pandas.DataFrame
        A row a pair: ``first`` and ``second`` (positions, first < second), ``distance_km`` (NaN
        without both places), ``name_first`` and ``name_second`` (the stems that matched), and a
        column for each of `FEATURES`:

        - likeness: of the two most alike names, 0 to 1; same_consonants: where the
          transliterations agree in all consonants, a fifth for each of them, at most 1;
        - far: ln(1 + distance / allowed), allowed being 3 km and both position errors together;
          very_far: the same beyond five times the allowed distance;
        - alias: 1 where only an alias of one agrees;
        - number_conflict, number_one: different numbers; a number in one only, which is a conflict
      between two rows of one table;
        - part_conflict: other points of the compass, upper and lower, old and new;
        - works_conflict: a smelter or concentrator against a deposit, or against other works;
        - shared_commodity, other_commodity: whether the commodities overlap, or are all others;
        - other_country; same_source;
        - common_name: ln of the number of 1-degree cells that have the name;
        - no_place: one of them has no place;
    - other_far, unknown_far, same_source_far: `far` where the commodities are others, where they
      are not known of both, and where both are rows of one table;
    - common_far, alias_far: `common_name` and `alias` times `far`; group: one is a group, district
      or field; part_opposite: both name a part of a field, and not the same one;
    - other_genesis: deposit types of other origin (surficial, sedimentary, endogenic).
    """
    forms = _forms(records)
    lon, lat = coordinates(records)
    found = _candidates(forms, lon, lat, records["country"].astype(object).to_numpy())
    best = _most_alike(found, forms)
    return _features(best, forms, records, lon, lat)


def _forms(records: gpd.GeoDataFrame) -> pd.DataFrame:
    rows: list[tuple[int, Form]] = []
    columns = [records[c].astype(object) for c in ("name", "aliases", "name_local")]
    for i, (name, aliases, local) in enumerate(zip(*columns, strict=True)):
        rows += [(i, form) for form in name_forms(name, aliases, local) if form.stem]
    table = pd.DataFrame(
        {
            "record": np.array([i for i, _ in rows], dtype=np.int64),
            "stem": np.array([f.stem.replace(" ", "") for _, f in rows], dtype=str),
            "bones": np.array([skeleton(f.stem) or f.stem for _, f in rows], dtype=str),
            "form": [f for _, f in rows],
        }
    )
    nameless = np.array([f.nameless for f in table["form"]], dtype=bool)
    return table[(table["stem"].str.len() > 1) & ~nameless].reset_index(drop=True)


def coordinates(records: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of points, NaN where there is none."""
    geometry = records.geometry
    return geometry.x.to_numpy(dtype=np.float64), geometry.y.to_numpy(dtype=np.float64)


def _candidates(
    forms: pd.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64],
    country: NDArray[np.object_],
) -> NDArray[np.int64]:  # fmt: skip
    """Positions in `forms` of the pairs to compare, shape (n, 2)."""
    record = forms["record"].to_numpy()
    xyz = _on_sphere(lon[record], lat[record])
    located = ~np.isnan(xyz[:, 0])
    found = [
        _within(forms[located].groupby("bones").indices, np.flatnonzero(located), xyz, FAR_KM),
        _within(
            forms[located].groupby(forms["bones"].str[:2]).indices,
            np.flatnonzero(located), xyz, NEAR_KM,
        ),
        _without_place(forms, located, country[record]),
    ]  # fmt: skip
    pairs = np.concatenate([f for f in found if len(f)]) if any(map(len, found)) else _NONE
    return pairs[record[pairs[:, 0]] != record[pairs[:, 1]]]


_NONE = np.empty((0, 2), dtype=np.int64)


def commodity_set(text: object) -> frozenset[str]:
    """Commodities of a text; a rare-earth element stands for the rare earths as well.

    Examples
    --------
    >>> sorted(commodity_set("Pb;Ce"))
    ['Ce', 'Pb', 'REE']
    """
    own = frozenset(text.split(";")) if isinstance(text, str) and text else frozenset()
    return own | {"REE"} if own & _RARE_EARTHS else own


def _on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = np.radians(lon), np.radians(lat)
    return _EARTH_KM * np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _within(
    groups: Mapping[Any, Any], where: NDArray[np.int64], xyz: NDArray[np.float64],
    km: float,
) -> NDArray[np.int64]:  # fmt: skip
    found = []
    for members in groups.values():
        if len(members) > 1:
            rows = where[members]
            near = cKDTree(xyz[rows]).query_pairs(km, output_type="ndarray")
            found.append(rows[near])
    return np.concatenate(found) if found else _NONE


def _without_place(
    forms: pd.DataFrame, located: NDArray[np.bool_], country: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Pair a record without a place with those of its name and country."""
    left = pd.DataFrame({"a": np.flatnonzero(~located), "bones": forms["bones"][~located],
                         "country": country[~located]})  # fmt: skip
    right = pd.DataFrame({"b": np.arange(len(forms)), "bones": forms["bones"], "country": country})
    sizes = right["bones"].map(right["bones"].value_counts())
    both = left.merge(right[sizes <= _MOST_OF_A_NAME], on=["bones", "country"])
    return both[["a", "b"]].to_numpy(dtype=np.int64)


def _most_alike(found: NDArray[np.int64], forms: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each pair of records, the two names that are most alike."""
    record, stem = forms["record"].to_numpy(), forms["stem"].to_numpy(dtype=object)
    low, high = np.sort(found, axis=1).T if len(found) else (found[:, 0], found[:, 1])
    swap = record[low] > record[high]
    a, b = np.where(swap, high, low), np.where(swap, low, high)
    unique = pd.DataFrame({"a": a, "b": b}).drop_duplicates()
    a, b = unique["a"].to_numpy(), unique["b"].to_numpy()
    own = np.array([core(f.words) for f in forms["form"]], dtype=object)
    likeness = np.minimum(_likeness(stem[a], stem[b]), _likeness(own[a], own[b]))
    table = pd.DataFrame({"a": a, "b": b, "first": record[a], "second": record[b],
                          "likeness": likeness})  # fmt: skip
    table = table[table["likeness"] >= LEAST_LIKENESS]
    form = forms["form"].to_numpy(dtype=object)
    rank = [like + _fit(form[x], form[y])
            for like, x, y in zip(table["likeness"], table["a"], table["b"], strict=True)]  # fmt: skip
    table = table.assign(rank=rank).sort_values(["first", "second", "rank"], kind="stable")
    return table.drop_duplicates(["first", "second"], keep="last").drop(columns="rank")


def _fit(a: Form, b: Form) -> float:
    """What makes one pair of names a better match than another of the same two records."""
    return (
        0.02 * a.main + 0.02 * b.main
        - 0.2 * (a.parts != b.parts) - 0.2 * (a.numbers != b.numbers) - 0.1 * (a.group != b.group)
    )  # fmt: skip


def _likeness(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    out = process.cpdist(a, b, scorer=fuzz.ratio, workers=-1) / 100.0
    return np.asarray(out, dtype=np.float64)


def _features(
    best: pd.DataFrame, forms: pd.DataFrame, records: gpd.GeoDataFrame,
    lon: NDArray[np.float64], lat: NDArray[np.float64],
) -> pd.DataFrame:  # fmt: skip
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
        "first": i, "second": j, "distance_km": distance,
        "name_first": forms["stem"].to_numpy()[best["a"]],
        "name_second": forms["stem"].to_numpy()[best["b"]],
        "likeness": (best["likeness"].to_numpy() - LEAST_LIKENESS) / (1.0 - LEAST_LIKENESS),
        "far": far, "very_far": np.log1p(np.maximum(ratio / 5.0 - 1.0, 0.0)),
        **kinds,
        "shared_commodity": shared, "other_commodity": other,
        "other_country": (known & (country[i] != country[j])).astype(float),
        "same_source": same_source,
        "common_name": common, "common_far": common * far,
        "alias_far": kinds["alias"] * far,
        "other_genesis": _other_genesis(records, i, j),
        "no_place": np.isnan(distance).astype(float),
        "other_far": other * far, "unknown_far": (shared + other == 0) * far,
        "same_source_far": same_source * far,
    }  # fmt: skip
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
    records: gpd.GeoDataFrame, i: NDArray[np.int64], j: NDArray[np.int64],
    same_source: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
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
    cells = pd.DataFrame({"bones": forms["bones"], "x": np.floor(lon[record]),
                          "y": np.floor(lat[record])}).dropna().drop_duplicates()  # fmt: skip
    counts = cells["bones"].value_counts()
    a = forms["bones"].to_numpy()[best["a"]]
    return np.log(pd.Series(a).map(counts).fillna(1).clip(lower=1).to_numpy(dtype=np.float64))
