"""How likely a pair of records is one deposit: its features, its probability, and the reasons.

All thresholds and weights are in ``likeness.toml`` beside this file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import distance_m
from geo_ree.deposits.vocabulary import match_kind

_MODEL: Mapping[str, Any] = tomllib.loads(
    (files("geo_ree.deposits") / "likeness.toml").read_text(encoding="utf-8")
)
THRESHOLDS: Mapping[str, float] = _MODEL["thresholds"]
WEIGHTS: Mapping[str, float] = _MODEL["weights"]

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

_FAMILIES = {c: [k for k, f in enumerate(_COMPANIONS) if c in f] for f in _COMPANIONS for c in f}

_STRANGERS = (
    (frozenset(("P", "phosphate")), frozenset(("Cu", "Pb", "Zn", "Mo", "W", "Sn", "Ni", "Cr"))),
    (frozenset(("Cr",)), frozenset(("Ni", "Co"))),
    (frozenset(("salt", "potash", "K", "B")), frozenset(("Cu", "Pb", "Zn", "Mo", "W", "Au", "Fe"))),
)
"""Ores that one deposit does not have: phosphorite and sulfide ore, chromite in a massif and nickel
laterite over it, salts and metals. Only one name for a town or a massif brings them together."""

_MANY_CONSONANTS = 5.0
_DEFAULT_ERROR_KM = 5.0
_SAME_PLACE_KM = 3.0

FEATURES: Mapping[str, tuple[str, str]] = {
    "likeness": ("names are alike ({:.0%})", "names are only {:.0%} alike"),
    "same_consonants": ("the transliterations agree", ""),
    "far": ("", "{distance:.0f} km apart"),
    "very_far": ("", "far beyond what the positions allow"),
    "alias": ("", "only an alias agrees"),
    "number_conflict": ("", "different numbers"),
    "number_one": ("", "a number in one only"),
    "part_conflict": ("", "different parts of a field"),
    "works_conflict": ("", "works against a deposit"),
    "shared_commodity": ("commodities agree", ""),
    "other_commodity": ("", "other commodities"),
    "other_country": ("", "other countries"),
    "same_source": ("", "two rows of one table"),
    "common_name": ("", "a common name"),
    "no_place": ("", "one has no place"),
    "other_far": ("", "other commodities at a distance"),
    "unknown_far": ("", "unknown commodities at a distance"),
    "same_source_far": ("", "two rows of one table at a distance"),
    "common_far": ("", "a common name at a distance"),
    "group": ("", "a group or district of deposits"),
    "alias_far": ("", "an alias at a distance"),
    "part_opposite": ("", "opposite parts of a field"),
    "other_genesis": ("", "deposit types of another origin"),
    "strange_ore": ("", "ores that one deposit does not have"),
}
"""Features of a pair, with the reason each gives for and against one deposit."""


def coordinates(records: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the longitudes and latitudes of points, NaN where there is none."""
    geometry = records.geometry
    return geometry.x.to_numpy(dtype=np.float64), geometry.y.to_numpy(dtype=np.float64)


def commodity_set(text: object) -> frozenset[str]:
    """Split a text of commodities; a rare-earth element adds ``REE``."""
    own = frozenset(text.split(";")) if isinstance(text, str) and text else frozenset()
    return own | {"REE"} if own & _RARE_EARTHS else own


def pair_features(
    best: pd.DataFrame,
    forms: pd.DataFrame,
    records: gpd.GeoDataFrame,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> pd.DataFrame:
    """Compute the features of each pair of records.

    Returns
    -------
    pandas.DataFrame
        ``first`` and ``second`` (positions of the records, first < second), ``distance_km`` (NaN
        without both places), ``name_first`` and ``name_second`` (the stems that matched) and the
        columns of `FEATURES`, 0 or 1 unless stated:

        - likeness: of the two most alike names, 0 (the threshold) to 1; same_consonants: a fifth
          for each consonant of names whose consonants all agree, at most 1;
        - far: ln(1 + distance / allowed), where allowed is 3 km plus both position errors;
          very_far: the same beyond five times the allowed distance;
        - alias: only an alias of one agrees; group: one is a district or field;
        - number_conflict: different numbers; number_one: a number in one only, which is a conflict
          between two rows of one table;
        - part_conflict: different parts of a field (points of the compass, upper and lower, old
          and new); part_opposite: both name a part, and not the same one;
        - works_conflict: a smelter or concentrator against a deposit, or against other works;
        - shared_commodity, other_commodity: whether the commodities overlap (companions count one
          half between tables) or all differ;
        - other_country; same_source; no_place: one of the two has no place;
        - common_name: ln of the number of 1-degree cells with the name;
        - other_far, unknown_far, same_source_far, common_far, alias_far: the feature times far;
        - other_genesis: deposit types of different origin (surficial, sedimentary, endogenic);
        - strange_ore: other commodities, of ores that one deposit does not have.

        Not a feature is ``companions``, whether the two have a family of companions in common.
    """
    i, j = best["first"].to_numpy(), best["second"].to_numpy()
    distance = distance_m(lon[i], lat[i], lon[j], lat[j]) / 1000.0
    error = records["position_error_m"].astype("float64").fillna(_DEFAULT_ERROR_KM * 1000) / 1000.0
    allowed = _SAME_PLACE_KM + np.hypot(error.to_numpy()[i], error.to_numpy()[j])
    ratio = np.where(np.isnan(distance), 0.0, distance / allowed)
    source = records["source_id"].astype(object).to_numpy()
    same_source = (source[i] == source[j]).astype(float)
    names = _name_features(best, forms)
    works = _is_works(records, forms)
    names["works_conflict"] = np.maximum(names["works_conflict"], works[i] != works[j])
    names["number_conflict"] = np.maximum(names["number_conflict"], _differ_in_number(forms, i, j))
    for conflict, hint in (("number_conflict", "number_one"), ("part_opposite", "part_conflict")):
        names[conflict] = np.maximum(names[conflict], names[hint] * same_source)
    commodities = _commodity_features(records, i, j, same_source)
    shared, other = commodities["shared_commodity"], commodities["other_commodity"]
    far = np.log1p(ratio)
    common = _name_frequency(best, forms, lon, lat)
    country = records["country"].astype(object).to_numpy()
    known = pd.notna(country[i]) & pd.notna(country[j])
    least = THRESHOLDS["likeness"]
    out = {
        "first": i,
        "second": j,
        "distance_km": distance,
        "name_first": forms["stem"].to_numpy()[best["a"]],
        "name_second": forms["stem"].to_numpy()[best["b"]],
        "likeness": np.maximum(best["likeness"].to_numpy() - least, 0.0) / (1.0 - least),
        "far": far,
        "very_far": np.log1p(np.maximum(ratio / 5.0 - 1.0, 0.0)),
        **names,
        **commodities,
        "other_country": (known & (country[i] != country[j])).astype(float),
        "same_source": same_source,
        "common_name": common,
        "common_far": common * far,
        "alias_far": names["alias"] * far,
        "other_genesis": _differs_in_genesis(records, i, j),
        "no_place": np.isnan(distance).astype(float),
        "other_far": other * far,
        "unknown_far": (shared + other == 0) * far,
        "same_source_far": same_source * far,
    }
    return pd.DataFrame(out).reset_index(drop=True)


def _is_works(records: gpd.GeoDataFrame, forms: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each record is a works: by its kind, or by its own name, whatever its aliases say."""
    works = np.array(records["kind"].astype(object) == "plant", dtype=np.bool_)
    named = [bool(form.main and form.works) for form in forms["form"]]
    works[forms["record"].to_numpy()[named]] = True
    return works


def _differ_in_number(
    forms: pd.DataFrame, i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the own names give one name other numbers: Vostok II and Vostok III, both "Vostok"."""
    own: dict[int, dict[str, frozenset[int]]] = {}
    for record, bones, form in zip(forms["record"], forms["bones"], forms["form"], strict=True):
        if form.main and form.numbers:
            numbers = own.setdefault(record, {})
            numbers[bones] = numbers.get(bones, frozenset()) | form.numbers

    def differ(a: int, b: int) -> bool:
        first, second = own.get(a, {}), own.get(b, {})
        return any(not first[name] & second[name] for name in first.keys() & second.keys())

    return np.array([differ(a, b) for a, b in zip(i, j, strict=True)], dtype=np.bool_)


def _name_features(best: pd.DataFrame, forms: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    form = forms["form"].to_numpy(dtype=object)
    bones = forms["bones"].to_numpy(dtype=object)
    pairs = list(zip(form[best["a"]], form[best["b"]], strict=True))
    skeletons = zip(bones[best["a"]], bones[best["b"]], strict=True)
    features = {
        "same_consonants": [
            min(len(x) / _MANY_CONSONANTS, 1.0) if x == y else 0.0 for x, y in skeletons
        ],
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
    return {name: np.asarray(values, dtype=np.float64) for name, values in features.items()}


def _commodity_features(
    records: gpd.GeoDataFrame,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    same_source: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Return ``shared_commodity``, ``other_commodity``, ``strange_ore`` and ``companions``.

    Companions are shared between tables only: one table names the commodities of its rows alike.
    """
    sets = [commodity_set(text) for text in records["commodities"].astype(object)]
    families = [frozenset(f for c in s for f in _FAMILIES.get(c, ())) for s in sets]
    names = ("shared_commodity", "other_commodity", "strange_ore", "companions")
    out = {name: np.zeros(len(i)) for name in names}
    shared, other = out["shared_commodity"], out["other_commodity"]
    for k, (a, b) in enumerate(zip(i, j, strict=True)):
        if not (sets[a] and sets[b]):
            continue
        if sets[a] & sets[b]:
            shared[k] = 1.0
        elif families[a] & families[b]:
            shared[k] = 0.5 * (1.0 - same_source[k])
        other[k] = shared[k] == 0.0
        out["strange_ore"][k] = other[k] and _are_strangers(sets[a], sets[b])
        out["companions"][k] = bool(families[a] & families[b])
    return out


def _are_strangers(a: frozenset[str], b: frozenset[str]) -> bool:
    return any((a & x and b & y) or (a & y and b & x) for x, y in _STRANGERS)


def _differs_in_genesis(
    records: gpd.GeoDataFrame, i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float64]:
    texts = records["deposit_type"].astype(object)
    kinds = {t: match_kind(t, "genesis") for t in texts.unique() if isinstance(t, str)}
    origin = np.array([kinds.get(t) for t in texts], dtype=object)
    a, b = origin[i], origin[j]
    return np.asarray(pd.notna(a) & pd.notna(b) & (a != b), dtype=np.float64)


def _name_frequency(
    best: pd.DataFrame, forms: pd.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Natural logarithm of the number of 1-degree cells in which a name occurs."""
    record = forms["record"].to_numpy()
    cells = pd.DataFrame(
        {"bones": forms["bones"], "x": np.floor(lon[record]), "y": np.floor(lat[record])}
    )
    counts = cells.dropna().drop_duplicates()["bones"].value_counts()
    names = pd.Series(forms["bones"].to_numpy()[best["a"]])
    return np.log(names.map(counts).fillna(1).clip(lower=1).to_numpy(dtype=np.float64))


def judge_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Compute the probability that each pair is one deposit, with the reasons.

    Parameters
    ----------
    pairs
        From `geo_ree.deposits.pairs.find_pairs`.

    Returns
    -------
    pandas.DataFrame
        `pairs` with ``probability`` (0 to 1), ``apart`` (the two are never one deposit, whatever
        other records say) and ``reasons`` (for and against, the weightiest first).

    Notes
    -----
    A logistic model whose weights were fitted, with a ridge towards what a geologist would expect,
    to the tuning half of labelled pairs of the seven countries (``tools/tune_merge.py``). A
    conflict of numbers, parts or works caps the probability and keeps the two apart. So are two
    rows of one table with other commodities, no companions, that are not likely to be one: the
    author had a reason to give each a row. A record without a place is joined to another only if they
    share a commodity (by its name alone, an occurrence would move to a homonym) and, within one
    table, only if the names are nearly equal: such a table tells its rows apart by nothing else
    (Akbulak and Kokbulak).
    """
    weights = [WEIGHTS[name] for name in FEATURES]
    shares = pairs[list(FEATURES)].to_numpy(dtype=np.float64) * weights
    total = np.zeros(len(pairs))
    for share in shares.T:  # one after another: the sum of a pair does not depend on the others
        total += share
    odds = _MODEL["model"]["intercept"] + total
    probability = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
    columns = ["number_conflict", "works_conflict", "part_opposite"]
    conflict = pairs[columns].to_numpy().max(axis=1) > 0
    probability = np.where(conflict, np.minimum(probability, THRESHOLDS["conflict"]), probability)
    same_table = (pairs["same_source"].to_numpy() > 0) & (pairs["other_commodity"].to_numpy() > 0)
    same_table &= pairs["companions"].to_numpy() == 0
    unlikely = same_table & (probability < THRESHOLDS["join"])
    least = (THRESHOLDS["unplaced_row"] - THRESHOLDS["likeness"]) / (1.0 - THRESHOLDS["likeness"])
    other_name = (pairs["same_source"].to_numpy() > 0) & (pairs["likeness"].to_numpy() < least)
    unplaced = (pairs["shared_commodity"].to_numpy() == 0) | other_name
    unplaced &= pairs["no_place"].to_numpy() > 0
    probability = np.where(unplaced, np.minimum(probability, THRESHOLDS["unplaced"]), probability)
    apart = conflict | unlikely | unplaced
    return pairs.assign(probability=probability, apart=apart, reasons=_reasons(pairs, shares))


def _reasons(pairs: pd.DataFrame, shares: NDArray[np.float64]) -> list[str]:
    """Reasons of each pair, the weightiest first; a feature that weighs nothing is no reason."""
    values = pairs[list(FEATURES)].to_numpy(dtype=np.float64)
    texts = list(FEATURES.values())
    out = []
    for value, share, km in zip(values, shares, pairs["distance_km"], strict=True):
        reasons = []
        for k in np.argsort(-np.abs(share)):
            if share[k] == 0.0:
                continue
            text = texts[k][0] if share[k] > 0 else texts[k][1]
            if text:
                reasons.append(text.format(value[k], distance=km))
        out.append("; ".join(reasons))
    return out
