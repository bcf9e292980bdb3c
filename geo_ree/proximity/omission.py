"""How much each source of lines leaves out, measured against the other sources of its layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.nearest import NearestIndex
from geo_ree.proximity.posterior import ALL, COLUMNS, all_together, posterior
from geo_ree.proximity.stretches import Pieces, cut_lines
from geo_ree.settings import SCORED_COUNTRIES

Words = NDArray[np.object_]
Bools = NDArray[np.bool_]

_IN_COMMON = 0.1
"""Share of the others' lines that a source must have for both to be lists of the same lines: a
table of what others lack, or of another country, tests nobody (judgement)."""

_CLASSES_KM = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0)
"""Lines are looked for by classes of their lateral error: in each, the nearest decides."""


def omission_rates(
    lines: gpd.GeoDataFrame, *, countries: Sequence[str] = SCORED_COUNTRIES,
    slack_km: float = 2.0, widest_km: float = 25.0, least_km: float = 200.0,
) -> pd.DataFrame:  # fmt: skip
    """Measure which share of the lines that are there each source leaves out.

    A source is tested on the lines of the others: the share of their length beside which it has
    no line. Were sources to leave lines out independently of each other, that would be the
    share of all lines that it leaves out (the logic of capture and recapture). They are not
    quite independent: a minor line is likelier to be left out by all, so rates are rather too
    low; and what others draw that is closed or planned makes them too high.

    A piece of a line is seen where the source has a line within both lateral errors and
    `slack_km`. A line of unknown course says nothing: it tests nobody, and what lies within its
    error neither counts as seen nor as missing.

    Parameters
    ----------
    lines
        Lines of one layer with ``source_id``, ``country`` and ``lateral_error_km`` (0 where
        absent); only those that are measured to, see `Target.choose`. What is no line is passed
        over.
    countries
        ISO alpha-3 codes to tell apart.
    slack_km
        How far two drawings of one line may lie apart besides: double tracks, yards, dual
        carriageways (judgement).
    widest_km
        Lateral error above which a course is unknown.
    least_km
        Length of other sources' lines below which a country has no rate of its own.

    Returns
    -------
    pandas.DataFrame
        A row per source and country, with ``*`` for all countries together; then rows of the
        source ``*`` for what all sources leave out together, the product of their rates.
        ``length_km`` of the other sources' lines that decide (seen or missing), ``seen_km`` of
        them, ``undecided_km`` beside, ``stretches``: the effective number of stretches between
        junctions that they are (Kish: ``(sum l)^2 / sum l^2``), ``rate`` with its 95 % interval
        ``rate_low``, ``rate_high`` (Jeffreys' for that number), ``alpha`` and ``beta`` of that
        posterior, ``state`` (one of `STATES`) and, in words, ``basis``. NaN where the rate is
        unknown; all sources together then have the assumed one, and it is said.

    Raises
    ------
    SchemaError
        When a column is missing or an option is negative.

    References
    ----------
    Share of length within a buffer: Goodchild, M. F. and Hunter, G. J. (1997), A simple
    positional accuracy measure for linear features, IJGIS 11(3), 299-306. Two lists of one
    population: Chapman, D. G. (1951), Some properties of the hypergeometric distribution with
    applications to zoological sample censuses, Univ. California Publ. Statistics 1, 131-160.
    Interval: Brown, L. D., Cai, T. T. and DasGupta, A. (2001), Interval estimation for a
    binomial proportion, Statistical Science 16(2), 101-133. Effective number: Kish, L. (1965),
    Survey sampling, Wiley.

    Examples
    --------
    >>> import shapely
    >>> def line(y): return shapely.LineString([(70, y), (74, y)])
    >>> both = gpd.GeoDataFrame({"source_id": ["a", "b", "b"], "country": "KAZ",
    ...                          "lateral_error_km": 0.0},
    ...                         geometry=[line(48), line(48), line(49)], crs=4326)
    >>> rates = omission_rates(both, countries=["KAZ"]).set_index(["source_id", "country"])
    >>> rates["rate"].round(2)[[("a", "KAZ"), ("b", "KAZ")]].tolist()
    [0.5, 0.0]
    """
    _check(lines, slack_km, widest_km, least_km)
    drawn = _with_errors(to_store(lines, what="the lines"))
    sure = drawn["lateral_error_km"] <= widest_km
    tests = _Tests.of(drawn[sure & drawn["country"].isin(list(countries))])
    limits = slack_km, widest_km, least_km
    rows = _tested(drawn, tests, countries, limits)
    apart = [(r["source_id"], r["country"]) for r in rows if r["state"] == "apart"]
    if any(np.isin(tests.source, np.array([source for source, _ in apart], dtype=object))):
        rows = _tested(drawn, tests.without(apart), countries, limits)
    out = pd.DataFrame(rows, columns=list(COLUMNS))
    together = [all_together(out, country) for country in (*countries, ALL)]
    return pd.DataFrame([*rows, *together], columns=list(COLUMNS))


@dataclass(frozen=True)
class _Tests:
    """Pieces of lines of known course, with what is known of their line."""

    pieces: Pieces
    source: Words
    country: Words
    error_km: Floats

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame) -> _Tests:
        """Cut lines, unless they are of one source and test nobody."""
        lines = lines if lines["source_id"].nunique() > 1 else lines.iloc[:0]
        pieces = cut_lines(lines.geometry.to_numpy())
        source, country, error = (
            lines[name].to_numpy() for name in ("source_id", "country", "lateral_error_km")
        )
        return cls(pieces, source[pieces.row], country[pieces.row], error[pieces.row])

    def chosen(self, keep: Bools) -> _Tests:
        kept = {f.name: getattr(self.pieces, f.name)[keep] for f in fields(Pieces)}
        return _Tests(Pieces(**kept), self.source[keep], self.country[keep], self.error_km[keep])

    def without(self, apart: list[tuple[object, object]]) -> _Tests:
        """Leave out the lines that sources have in countries where they have none in common."""
        keep = np.ones(len(self.source), dtype=np.bool_)
        for source, country in apart:
            keep &= (self.source != source) | (self.country != country)
        return self.chosen(keep)


def _with_errors(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lines that have a geometry, with the three columns that are asked for filled."""
    there = lines[~(lines.geometry.isna() | lines.geometry.is_empty)]
    error = pd.Series(0.0, there.index)
    if "lateral_error_km" in there:
        error = pd.to_numeric(there["lateral_error_km"]).astype(np.float64).fillna(0.0)
    country = there["country"].astype(object)
    return there.assign(
        source_id=there["source_id"].astype(str).astype(object),
        country=country.where(country.notna(), ""), lateral_error_km=error,
    )  # fmt: skip


def _tested(
    drawn: gpd.GeoDataFrame, tests: _Tests, countries: Sequence[str],
    limits: tuple[float, float, float],
) -> list[dict[str, object]]:  # fmt: skip
    sources = sorted(set(drawn["source_id"]))
    return [row for s in sources for row in _tested_one(s, drawn, tests, countries, limits)]


def _tested_one(
    source: str, drawn: gpd.GeoDataFrame, tests: _Tests, countries: Sequence[str],
    limits: tuple[float, float, float],
) -> list[dict[str, object]]:  # fmt: skip
    """Rows of one source: each country, then all of those together where it is not apart."""
    slack_km, widest_km, least_km = limits
    others = tests.chosen(tests.source != source)
    own = drawn[drawn["source_id"] == source]
    seen, undecided = _looked_for(others, own, slack_km, widest_km)
    rows, known = [], np.zeros(len(seen), dtype=np.bool_)
    for country in countries:
        there = others.country == country
        row = _row(source, country, others, there, seen, undecided, least_km)
        rows.append(row)
        if row["state"] != "apart":
            known |= there
    return [*rows, _row(source, ALL, others, known, seen, undecided, least_km)]


def _looked_for(
    others: _Tests, own: gpd.GeoDataFrame, slack_km: float, widest_km: float
) -> tuple[Bools, Bools]:
    """Which pieces a source has too, and of which its lines of unknown course leave it open."""
    pieces = others.pieces
    seen, undecided = (np.zeros(len(pieces.km), dtype=np.bool_) for _ in range(2))
    if not len(pieces.km):
        return seen, undecided
    error = own["lateral_error_km"].to_numpy()
    limits = [-1.0, *(k for k in _CLASSES_KM if k < widest_km), widest_km, np.inf]
    for low, high in pairwise(limits):
        some = (error > low) & (error <= high)
        if not some.any():
            continue
        metres, at = NearestIndex(own.geometry[some]).query_lonlat(pieces.lon, pieces.lat)
        within = metres / 1000.0 <= error[some][at] + others.error_km + slack_km
        if low >= widest_km:
            undecided |= within
        else:
            seen |= within
    return seen, undecided & ~seen


def _row(
    source: str, country: str, others: _Tests, there: Bools, seen: Bools, undecided: Bools,
    least_km: float,
) -> dict[str, object]:  # fmt: skip
    km, decides = others.pieces.km, there & ~undecided
    length, seen_km = float(km[decides].sum()), float(km[decides & seen].sum())
    _, stretch = np.unique(others.pieces.stretch[decides], return_inverse=True)
    squares = float((np.bincount(stretch, weights=km[decides]) ** 2).sum())
    number = length**2 / squares if squares else 0.0
    told = ", ".join(sorted(set(others.source[decides])))
    counted = {"source_id": source, "country": country, "length_km": length, "seen_km": seen_km,
               "undecided_km": float(km[there & undecided].sum()), "stretches": number}  # fmt: skip
    if not len(km):
        return {**counted, "state": "alone",
                "basis": "unknown: no other source has lines of known course"}  # fmt: skip
    if length < least_km or not length:
        return {**counted, "state": "short",
                "basis": f"unknown: only {length:.0f} km of other sources' lines decide"}  # fmt: skip
    if seen_km < _IN_COMMON * length:
        return {**counted, "state": "apart",
                "basis": f"unknown: it has hardly a line in common with {told}"}  # fmt: skip
    return {**counted, **posterior(1.0 - seen_km / length, number), "state": "measured",
            "basis": f"measured on {told}"}  # fmt: skip


def _check(lines: gpd.GeoDataFrame, slack_km: float, widest_km: float, least_km: float) -> None:
    lost = [c for c in ("source_id", "country") if c not in lines.columns]
    if lost:
        raise SchemaError(
            f"the lines have no {', '.join(lost)}", "give rows of a canonical layer of lines"
        )
    for name, km in (("slack_km", slack_km), ("widest_km", widest_km), ("least_km", least_km)):
        if not km >= 0:
            raise SchemaError(f"{name} is {km!r}", "give kilometres, 0 or more")
