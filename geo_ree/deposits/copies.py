"""Records that repeat another record: tables that copy each other are one witness.

A record is a copy of another if it prints the same digits, as far as the coarser of the two prints
them, and spells a word of the name alike. Two coarse coordinates that agree so may be independent
all the same; as nothing shows it, they count once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from anyascii import anyascii
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_ree.crs import distance_m
from geo_ree.deposits.names import is_name_word

PRINTED_UNIT_DEG: Mapping[str, float] = {
    "arc_second": 1.0 / 3600.0,
    "hundredth_degree": 0.01,
    "arc_minute": 1.0 / 60.0,
    "five_minutes": 1.0 / 12.0,
    "tenth_degree": 0.1,
}
"""Unit that each precision class prints; coordinates of the other classes copy only if equal."""

_EQUAL_DEG = 2e-5
"""Slack for rounding: coordinates of five decimals, and minutes printed as four decimals."""

_NO_PAIRS = np.empty((0, 2), dtype=np.intp)
_WORD = re.compile(r"[a-z]+")
_APOSTROPHES = re.compile(r"['`\"’]")


def find_copies(table: pd.DataFrame) -> pd.DataFrame:
    """Find the records that repeat another one.

    Parameters
    ----------
    table
        A row per record, in the order of trust, with unique labels: ``name`` and ``aliases``
        (texts or None), ``precision_class``, ``longitude`` and ``latitude`` (degrees, NaN without
        a place).

    Returns
    -------
    pandas.DataFrame
        A row per copy: ``copy`` and ``original`` (labels in `table`), ``away_m`` (the distance
        between the two) and ``word`` (one that both names spell alike). The original is the one
        printed finest, then the first; it is never a copy itself.

    Examples
    --------
    >>> rows = {"name": ["Kalmakyr (Almalyk)", "Almalyk", "Kalmakyr"], "aliases": None,
    ...         "precision_class": ["arc_second", "arc_second", "arc_minute"],
    ...         "longitude": [69.64639, 69.646389, 69.8], "latitude": [40.81389, 40.813889, 40.8]}
    >>> find_copies(pd.DataFrame(rows, index=["p:1471", "c:686", "m:1886"]))[["copy", "original"]]
        copy original
    0  c:686   p:1471
    """
    own = table["precision_class"].map(dict(PRINTED_UNIT_DEG))
    unit: NDArray[np.float64] = np.nan_to_num(own.to_numpy(dtype=np.float64))
    lon = table["longitude"].to_numpy(dtype=np.float64)
    lat = table["latitude"].to_numpy(dtype=np.float64)
    pairs = _pairs_of_one_word(table, lon, lat)
    reach = np.maximum(unit[pairs["first"]], unit[pairs["second"]]) / 2.0 + _EQUAL_DEG
    off = np.maximum(
        np.abs(lon[pairs["first"]] - lon[pairs["second"]]),
        np.abs(lat[pairs["first"]] - lat[pairs["second"]]),
    )
    pairs = pairs[off <= reach].drop_duplicates(["first", "second"])
    near: dict[int, dict[int, str]] = {}
    for first, second, word in pairs.itertuples(index=False):
        near.setdefault(first, {})[second] = word
        near.setdefault(second, {})[first] = word
    found = _choose_originals(near, unit)
    copy, original = (np.array([row[k] for row in found], dtype=np.intp) for k in (0, 1))
    labels = table.index.to_numpy()
    return pd.DataFrame(
        {
            "copy": labels[copy],
            "original": labels[original],
            "away_m": distance_m(lon[copy], lat[copy], lon[original], lat[original]),
            "word": [near[a][b] for a, b in found],
        }
    )


def find_witnesses(table: pd.DataFrame) -> pd.Series:
    """Give each record the label of the record that it repeats, or its own.

    Records with one label are one witness. `table` is as for `find_copies`; the result has its
    index.

    Examples
    --------
    >>> rows = {"name": "Kumtor", "aliases": None, "precision_class": ["arc_second", "arc_minute"],
    ...         "longitude": [77.58381, 77.5833], "latitude": [41.89812, 41.9]}
    >>> find_witnesses(pd.DataFrame(rows, index=["p:1772", "m:10207071"])).tolist()
    ['p:1772', 'p:1772']
    """
    copies = find_copies(table)
    out = pd.Series(table.index, table.index, dtype=object)
    out.loc[copies["copy"]] = copies["original"].to_numpy()
    return out


def _pairs_of_one_word(
    table: pd.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> pd.DataFrame:
    """Pairs of records near each other that spell a word alike: ``first``, ``second``, ``word``."""
    at: dict[str, list[int]] = {}
    for i, texts in enumerate(zip(table["name"], table["aliases"], strict=True)):
        if not np.isnan(lon[i]):
            for word in _spelled_words(texts):
                at.setdefault(word, []).append(i)
    reach = max(PRINTED_UNIT_DEG.values()) / 2.0 + _EQUAL_DEG
    found, words = [_NO_PAIRS], []
    for word, members in at.items():
        rows = np.array(members)
        tree = cKDTree(np.column_stack([lon[rows], lat[rows]]))
        pairs = rows[tree.query_pairs(reach, p=np.inf, output_type="ndarray")]
        found.append(pairs)
        words += [word] * len(pairs)
    ends = np.concatenate(found)
    return pd.DataFrame({"first": ends[:, 0], "second": ends[:, 1], "word": words})


def _spelled_words(texts: Sequence[object]) -> list[str]:
    """Words of the names, in Latin letters, that are no generic words; each once."""
    text = " ".join(t for t in texts if isinstance(t, str))
    plain = _APOSTROPHES.sub("", anyascii(text).lower())
    return [w for w in dict.fromkeys(_WORD.findall(plain)) if is_name_word(w)]


def _choose_originals(
    near: Mapping[int, Mapping[int, str]], unit: NDArray[np.float64]
) -> list[tuple[int, int]]:
    """Pairs of a copy and its original: the finest first, so that no coarse one links two fine."""
    originals: set[int] = set()
    found = []
    for i in sorted(near, key=lambda row: (unit[row], row)):
        own = [j for j in near[i] if j in originals]
        if own:
            found.append((i, min(own)))
        else:
            originals.add(i)
    return sorted(found)
