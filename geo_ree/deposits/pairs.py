"""Pairs of records that may be one deposit, found by blocking, with what speaks for and against.

Cost: the forms of names grow with the records, the pairs with the records that share two
consonants within `NEAR_KM` or a whole skeleton within `FAR_KM`; nothing compares all with all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy.spatial import cKDTree

from geo_ree.deposits.names import Form, core, name_forms, skeleton
from geo_ree.deposits.similarity import LEAST_LIKENESS, coordinates, pair_features

NEAR_KM = 40.0
"""Records of alike names are compared within this distance."""

FAR_KM = 170.0
"""Records whose names have the same consonants are compared within this distance."""

_EARTH_KM = 6371.0
_MOST_OF_A_NAME = 60


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
        column for each of `geo_ree.deposits.similarity.FEATURES`:

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
    return pair_features(best, forms, records, lon, lat)


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


def _candidates(
    forms: pd.DataFrame,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    country: NDArray[np.object_],
) -> NDArray[np.int64]:
    """Positions in `forms` of the pairs to compare, shape (n, 2)."""
    record = forms["record"].to_numpy()
    xyz = _on_sphere(lon[record], lat[record])
    located = ~np.isnan(xyz[:, 0])
    found = [
        _within(forms[located].groupby("bones").indices, np.flatnonzero(located), xyz, FAR_KM),
        _within(
            forms[located].groupby(forms["bones"].str[:2]).indices,
            np.flatnonzero(located),
            xyz,
            NEAR_KM,
        ),
        _without_place(forms, located, country[record]),
    ]
    pairs = np.concatenate([f for f in found if len(f)]) if any(map(len, found)) else _NONE
    return pairs[record[pairs[:, 0]] != record[pairs[:, 1]]]


_NONE = np.empty((0, 2), dtype=np.int64)


def _on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = np.radians(lon), np.radians(lat)
    return _EARTH_KM * np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _within(
    groups: Mapping[Any, Any],
    where: NDArray[np.int64],
    xyz: NDArray[np.float64],
    km: float,
) -> NDArray[np.int64]:
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
    left = pd.DataFrame(
        {
            "a": np.flatnonzero(~located),
            "bones": forms["bones"][~located],
            "country": country[~located],
        }
    )
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
    table = pd.DataFrame(
        {"a": a, "b": b, "first": record[a], "second": record[b], "likeness": likeness}
    )
    table = table[table["likeness"] >= LEAST_LIKENESS]
    form = forms["form"].to_numpy(dtype=object)
    rank = [
        like + _fit(form[x], form[y])
        for like, x, y in zip(table["likeness"], table["a"], table["b"], strict=True)
    ]
    table = table.assign(rank=rank).sort_values(["first", "second", "rank"], kind="stable")
    return table.drop_duplicates(["first", "second"], keep="last").drop(columns="rank")


def _fit(a: Form, b: Form) -> float:
    """What makes one pair of names a better match than another of the same two records."""
    return (
        0.02 * a.main
        + 0.02 * b.main
        - 0.2 * (a.parts != b.parts)
        - 0.2 * (a.numbers != b.numbers)
        - 0.1 * (a.group != b.group)
    )


def _likeness(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    out = process.cpdist(a, b, scorer=fuzz.ratio, workers=-1) / 100.0
    return np.asarray(out, dtype=np.float64)
