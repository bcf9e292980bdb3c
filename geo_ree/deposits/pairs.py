"""The pairs of records worth comparing, found by blocking on the consonants of their names.

The cost grows with the records and with the pairs that share two consonants within `NEAR_KM` or
all consonants within `FAR_KM`; nothing compares every record with every other.
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

from geo_ree.deposits.names import NameForm, core, skeleton
from geo_ree.deposits.record_names import read_record_names
from geo_ree.deposits.similarity import THRESHOLDS, coordinates, pair_features

NEAR_KM = THRESHOLDS["near_km"]
FAR_KM = THRESHOLDS["far_km"]

_EARTH_KM = 6371.0
_MAX_NAMESAKES = 60
_MANY_CONSONANTS = 4
_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


def find_pairs(records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the pairs of records that may be one deposit, and compute their features.

    Parameters
    ----------
    records
        Rows of the canonical layer ``deposits``, index 0..n-1; points may be missing.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.deposits.similarity.pair_features` returns it, a row per pair.
    """
    forms = name_table(records)
    return compare_names(records, forms, np.ones(len(forms), dtype=bool)).drop(columns=[*BEST])


def compare_names(
    records: gpd.GeoDataFrame, forms: pd.DataFrame, wanted: NDArray[np.bool_]
) -> pd.DataFrame:
    """Do as `find_pairs` for some of the names only: all that have the same `key_of_names`.

    Parameters
    ----------
    records
        All records that have one of the wanted names, and any others; index 0..n-1.
    forms
        Their `name_table`.
    wanted
        Mask of its rows.

    Returns
    -------
    pandas.DataFrame
        As `find_pairs`, with the columns `BEST`: of the rows of one pair for several keys, the one
        with the greatest ``fit`` counts, then the one with the lowest ``name_a``, then ``name_b``.
    """
    lon, lat = coordinates(records)
    country = records["country"].astype(object).to_numpy()
    record = forms["record"].to_numpy()
    located = ~np.isnan(lon[record])
    xyz = _on_sphere(lon[record], lat[record])
    rows = np.flatnonzero(located & wanted)
    same_bones = forms.iloc[rows].groupby("bones").indices
    alike_bones = forms.iloc[rows].groupby(key_of_names(forms)).indices
    found = np.concatenate(
        [
            _within(same_bones, rows, xyz, FAR_KM),
            _within(alike_bones, rows, xyz, NEAR_KM),
            _pair_unplaced(forms[wanted], located[wanted], country[record[wanted]]),
        ]
    )
    found = found[record[found[:, 0]] != record[found[:, 1]]]
    best = _best_names(found, forms)
    number = forms.groupby("record").cumcount().to_numpy()
    pairs = pair_features(best, forms, records, lon, lat)
    order = {"fit": best["fit"], "name_a": number[best["a"]], "name_b": number[best["b"]]}
    return pairs.assign(**{name: np.asarray(values) for name, values in order.items()})


BEST = ("fit", "name_a", "name_b")
"""Which two of the names of a pair are compared: how well they fit, and their numbers."""


def key_of_names(forms: pd.DataFrame) -> pd.Series:
    """First two consonants of each name: names of different keys are not compared."""
    return forms["bones"].str[:2]


def keep_best(pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep the best row of each pair of records, sorted by the pair; see `compare_names`."""
    order = ["first", "second", *BEST]
    found = pairs.sort_values(order, ascending=[True, True, True, False, False], kind="stable")
    return found.drop_duplicates(["first", "second"], keep="last")


def name_table(records: gpd.GeoDataFrame) -> pd.DataFrame:
    """A row per name of a record: ``record``, ``stem``, ``bones`` (consonants) and ``form``."""
    rows: list[tuple[int, NameForm]] = []
    columns = [records[c].astype(object) for c in ("name", "aliases", "name_local")]
    for i, (name, aliases, local) in enumerate(zip(*columns, strict=True)):
        rows += [(i, f) for f in read_record_names(name, aliases, local).forms if f.stem]
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


def _on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = np.radians(lon), np.radians(lat)
    return _EARTH_KM * np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _within(
    groups: Mapping[Any, Any], rows: NDArray[np.int64], xyz: NDArray[np.float64], km: float
) -> NDArray[np.int64]:
    """Pairs of each group that are within a distance."""
    found = [_NO_PAIRS]
    for members in groups.values():
        if len(members) > 1:
            group = rows[members]
            found.append(group[cKDTree(xyz[group]).query_pairs(km, output_type="ndarray")])
    return np.concatenate(found)


def _pair_unplaced(
    forms: pd.DataFrame, located: NDArray[np.bool_], country: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Pair records without a place with those of the same consonants and country."""
    names = pd.DataFrame({"b": forms.index, "bones": forms["bones"], "country": country})
    common = names["bones"].map(names["bones"].value_counts()) > _MAX_NAMESAKES
    left = names[~located].rename(columns={"b": "a"})
    return left.merge(names[~common], on=["bones", "country"])[["a", "b"]].to_numpy(dtype=np.int64)


def _best_names(found: NDArray[np.int64], forms: pd.DataFrame) -> pd.DataFrame:
    """Keep for each pair of records the two names that are most alike.

    Columns ``a``, ``b`` (rows of `forms`), ``first``, ``second`` (records), ``likeness`` and ``fit``.
    Of equally good names, the first of the records count.
    """
    record, stem = forms["record"].to_numpy(), forms["stem"].to_numpy(dtype=object)
    low, high = np.sort(found, axis=1).T
    swap = record[low] > record[high]
    a, b = np.where(swap, high, low), np.where(swap, low, high)
    unique = pd.DataFrame({"a": a, "b": b}).drop_duplicates()
    a, b = unique["a"].to_numpy(), unique["b"].to_numpy()
    own = np.array([core(f.words) for f in forms["form"]], dtype=object)
    likeness = _likeness(stem[a], stem[b])
    apart = likeness < 1.0  # "Murun Tau" is "Muruntau", though "tau" is a landform in one only
    likeness[apart] = np.minimum(likeness[apart], _likeness(own[a[apart]], own[b[apart]]))
    table = pd.DataFrame(
        {"a": a, "b": b, "first": record[a], "second": record[b], "likeness": likeness}
    )
    bones = forms["bones"].to_numpy(dtype=object)
    agree = [x == y and len(x) >= _MANY_CONSONANTS for x, y in zip(bones[a], bones[b], strict=True)]
    least = np.where(agree, THRESHOLDS["likeness_consonants"], THRESHOLDS["likeness"])
    table = table[likeness >= least]
    form = forms["form"].to_numpy(dtype=object)
    ends = zip(form[table["a"]], form[table["b"]], strict=True)
    fit = np.array([_fit(x, y) for x, y in ends], dtype=np.float64)
    table = table.assign(fit=table["likeness"] + fit, name_a=table["a"], name_b=table["b"])
    return keep_best(table).drop(columns=["name_a", "name_b"])


def _fit(a: NameForm, b: NameForm) -> float:
    """Bonus by which one pair of names matches better than another of the same records."""
    return (
        0.02 * a.main
        + 0.02 * b.main
        - 0.2 * (a.parts != b.parts)
        - 0.2 * (a.numbers != b.numbers)
        - 0.1 * (a.group != b.group)
    )


def _likeness(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    """Share of letters in common order, 0 to 1."""
    out = process.cpdist(a, b, scorer=fuzz.ratio, workers=-1) / 100.0
    return np.asarray(out, dtype=np.float64)
