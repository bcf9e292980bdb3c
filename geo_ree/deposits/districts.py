"""The ore field that a deposit belongs to, and the row of the table that stands for it.

A source states the ore field in a name ("Almalyk Complex", "Kalmakyr (Almalyk)"), in the
administrative area ("Aktyuz ore field, Chuy region") or in a note ("in the Aktogai district").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz

from geo_ree.crs import distance_m
from geo_ree.deposits.names import NameForm, name_forms, skeleton, split_names
from geo_ree.deposits.record_names import read_record_names
from geo_ree.deposits.similarity import coordinates

FIELD_KM = 40.0
"""Deposits of one ore field are at most this far apart (judgement: the fields of the region that
sources state are 5 to 30 km across, and a filing point may be some kilometres off)."""

BODY_KM = 10.0
"""A deposit that another one lists among its own names is in its field within this distance."""

_LIKENESS = 80.0
_SHORT = 3
_CAPITAL = r"(?:[A-ZА-ЯЁ][\w'’-]+[ ])"
_FIELD = (
    rf"({_CAPITAL}{{1,3}})(?:ore (?:field|district|cluster|node|knot)|orefield|mining district)"
)
_STATED = {
    "admin_area": re.compile(rf"{_FIELD}\b"),
    "deposit_type": re.compile(rf"{_FIELD}\b"),
    "notes": re.compile(rf"{_FIELD}\b|({_CAPITAL}{{1,2}})district\b"),
}
"""What states an ore field. A district alone is an administrative one, except in a note on geology."""

_LISTS = re.compile(rf"{_FIELD}\b|\binclude", re.IGNORECASE)
_SENTENCE = re.compile(r"\.\s|;\s")
_ROLES_RANKED = ("candidate", "by_product_host")


@dataclass
class _Site:
    """What the records of one deposit say about its field: stems of names, some with their texts."""

    own: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    whole: dict[str, str] = field(default_factory=dict)
    stated: dict[str, str] = field(default_factory=dict)


def relate_deposits(deposits: gpd.GeoDataFrame, records: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Find the ore field of each deposit, and the row that stands for it.

    Parameters
    ----------
    deposits
        A row per deposit, with ``sources`` (ids of its records).
    records
        The records, with the columns of the canonical layer ``deposits``.

    Returns
    -------
    geopandas.GeoDataFrame
        The deposits with ``district`` (name of the ore field or group of mines) and ``part_of`` (id
        of the row that stands for the field, if the table has one). Such a row gets the role
        ``area`` if one of its deposits has its role: the two would compete.

    Notes
    -----
    A deposit is part of a row whose record is named for a field, group or complex if its own
    records name that field or the row lists its name, within `FIELD_KM`. Deposits share a district
    if they are parts of one row, state one field, or bear or are listed under its name.

    Examples
    --------
    >>> import shapely
    >>> rows = {"id": ["a:1", "a:2"], "name": ["Almalyk Ore Field", "Kalmakyr (Almalyk)"],
    ...         "aliases": None, "name_local": None, "admin_area": None, "deposit_type": None,
    ...         "notes": None, "country": "UZB", "role": "context", "sources": ["a:1", "a:2"]}
    >>> points = shapely.points([69.65, 69.66], [40.81, 40.82])
    >>> records = gpd.GeoDataFrame(rows, geometry=points, crs=4326)
    >>> relate_deposits(records, records)[["district", "part_of"]].values.tolist()
    [['Almalyk', None], ['Almalyk', 'a:1']]
    """
    sites = _read_sites(deposits, records)
    near = _Near(deposits, records)
    whole = _find_wholes(sites, near)
    group = _join_districts(sites, near, whole)
    ids = deposits["id"].to_numpy(dtype=object)
    role = deposits["role"].astype(object).copy()
    for part, row in whole.items():
        if role.iloc[row] in _ROLES_RANKED and role.iloc[part] == role.iloc[row]:
            role.iloc[row] = "area"
    return deposits.assign(
        role=role,
        district=pd.Series(_name_districts(sites, group), deposits.index, dtype=object),
        part_of=pd.Series(
            [ids[whole[i]] if i in whole else None for i in range(len(ids))],
            deposits.index,
            dtype=object,
        ),
    )


def _read_sites(deposits: gpd.GeoDataFrame, records: gpd.GeoDataFrame) -> list[_Site]:
    rows = zip(deposits["sources"], deposits["role"], strict=True)
    owner = {
        record: i
        for i, (text, role) in enumerate(rows)
        if role != "plant"
        for record in str(text).split(";")
    }
    sites = [_Site() for _ in range(len(deposits))]
    columns = ("id", "name", "aliases", "name_local", *_STATED)
    texts = records[list(columns)].astype(object).itertuples(index=False, name=None)
    for record, name, aliases, local, *stated in texts:
        if record in owner:
            _read_record(sites[owner[record]], (name, aliases, local), stated)
    return sites


def _read_record(site: _Site, texts: Sequence[object], stated: Sequence[object]) -> None:
    names = read_record_names(*texts)
    about_field = names.name is None and any(f.group for f in names.forms if f.main)
    if names.name is not None:
        site.own |= set(_stems(names.name))
    site.own |= {_join(f) for f in names.forms if f.main and f.stem and not f.group}
    site.aliases |= {_join(f) for f in names.forms if f.stem and not f.main}
    if about_field:
        site.whole |= {stem: t for t in split_names(texts[0]) for stem in _stems(t, group=True)}
        site.listed |= site.aliases - set(site.whole)
    found = list(names.districts)
    for text, pattern in zip(stated, _STATED.values(), strict=True):
        if isinstance(text, str):
            found += [next(filter(None, m.groups())) for m in pattern.finditer(text)]
    site.stated |= {stem: text for text in found for stem in _stems(text)}
    notes = stated[-1]
    for sentence in _SENTENCE.split(notes) if isinstance(notes, str) else ():
        if _LISTS.search(sentence):
            words = (stem for word in sentence.split() for stem in _stems(word))
            site.listed |= {stem for stem in words if len(stem) > _SHORT}


def _join(form: NameForm) -> str:
    return form.stem.replace(" ", "")


def _stems(text: str, *, group: bool = False) -> list[str]:
    return [_join(f) for f in name_forms(text) if f.stem and f.group >= group]


class _Near:
    """How near deposits are: the nearest of their printed positions, as any of them may be wrong."""

    def __init__(self, deposits: gpd.GeoDataFrame, records: gpd.GeoDataFrame) -> None:
        lon, lat = coordinates(records)
        at = {record: i for i, record in enumerate(records["id"])}
        rows = ([at[r] for r in str(text).split(";") if r in at] for text in deposits["sources"])
        self.points = [[(lon[i], lat[i]) for i in own if not np.isnan(lon[i])] for own in rows]
        self.country = deposits["country"].astype(object).to_numpy()

    def km(self, a: int, b: int) -> float:
        """Distance of two deposits; 0 in one country if one of them has no place."""
        pairs = [(*p, *q) for p in self.points[a] for q in self.points[b]]
        if not pairs:
            return 0.0 if self.country[a] == self.country[b] else np.inf
        return float(np.min(distance_m(*np.transpose(pairs)))) / 1000.0


def _index(names: Iterable[Iterable[str]]) -> dict[str, list[tuple[int, str]]]:
    """Deposits by the consonants of their names."""
    out: dict[str, list[tuple[int, str]]] = {}
    for i, stems in enumerate(names):
        for stem in stems:
            out.setdefault(skeleton(stem) or stem, []).append((i, stem))
    return out


def _matches(stem: str, index: dict[str, list[tuple[int, str]]]) -> set[int]:
    """Deposits that bear a name in any spelling."""
    at = index.get(skeleton(stem) or stem, ())
    return {i for i, other in at if fuzz.ratio(stem, other) >= _LIKENESS}


def _find_wholes(sites: Sequence[_Site], near: _Near) -> dict[int, int]:
    """The row that stands for the field of each deposit, the nearest if there are several."""
    wholes = _index(s.whole for s in sites)
    own = _index(s.own - set(s.whole) for s in sites)
    pairs: set[tuple[int, int]] = set()
    for i, site in enumerate(sites):
        if not site.whole:
            pairs |= {(i, w) for stem in (*site.stated, *site.own) for w in _matches(stem, wholes)}
        elif site.listed:
            parts = {p for stem in site.listed - site.own for p in _matches(stem, own)}
            pairs |= {(p, i) for p in parts if not sites[p].whole}
    out: dict[int, tuple[float, int]] = {}
    for part, row in sorted(pairs):
        km = near.km(part, row)
        if part != row and km <= FIELD_KM:
            out[part] = min(out.get(part, (np.inf, row)), (km, row))
    return {part: row for part, (_, row) in out.items()}


def _join_districts(
    sites: Sequence[_Site], near: _Near, whole: dict[int, int]
) -> list[tuple[int, ...]]:
    """Groups of deposits of one field; those that no source puts into a field are in none."""
    parent = list(range(len(sites)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    def join(i: int, others: Iterable[int], km: float) -> None:
        for j in sorted(others):
            if near.km(i, j) <= km:
                parent[max(root(i), root(j))] = min(root(i), root(j))

    bearers = _index(s.own | set(s.whole) for s in sites)
    stating = _index(s.stated for s in sites)
    for part, row in whole.items():
        join(part, [row], FIELD_KM)
    for i, site in enumerate(sites):
        for stem in site.stated:
            join(i, _matches(stem, bearers) | _matches(stem, stating), FIELD_KM)
        if site.stated or site.whole:
            for stem in site.listed:
                join(i, _matches(stem, bearers), FIELD_KM)
    stated = {root(i) for i, site in enumerate(sites) if site.stated} | {root(w) for w in whole}
    for i, site in enumerate(sites):
        if root(i) in stated:
            for stem in site.aliases:
                join(i, _matches(stem, bearers), BODY_KM)
    groups: dict[int, list[int]] = {}
    for i in range(len(sites)):
        groups.setdefault(root(i), []).append(i)
    return [tuple(g) for g in groups.values() if len(g) > 1 or sites[g[0]].stated]


def _name_districts(
    sites: Sequence[_Site], groups: Sequence[tuple[int, ...]]
) -> NDArray[np.object_]:
    """Name each district as most of its deposits do, without the words for a field."""
    out = np.full(len(sites), None, dtype=object)
    used: Counter[str] = Counter()
    for group in groups:
        texts: dict[str, str] = {}
        votes: Counter[str] = Counter()
        for i in group:
            for stem, text in (*sites[i].stated.items(), *sites[i].whole.items()):
                texts.setdefault(skeleton(stem) or stem, text)
                votes[skeleton(stem) or stem] += 1
        words = texts[votes.most_common(1)[0][0]].split()
        name = " ".join(w.strip(".,") for w in words if _stems(w))
        used[name] += 1
        out[list(group)] = name if used[name] == 1 else f"{name} ({used[name]})"
    return out
