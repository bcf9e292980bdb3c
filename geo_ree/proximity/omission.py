"""Lines between junctions: what is drawn, or forgotten, as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import betaincinv

from geo_ree.crs import GEOD, Floats, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.segments import LONGEST_M, Segments, explode, split
from geo_ree.settings import SCORED_COUNTRIES, SEED

Integers = NDArray[np.int64]

_GRID = 1e6
"""Ends within a millionth of a degree of one another are one end."""


@dataclass(frozen=True)
class Pieces:
    """Lines cut into pieces of at most 3 km, each told by its middle.

    Parameters
    ----------
    lon, lat
        Middle of each piece, degrees, shape (n,).
    km
        Its geodesic length, shape (n,).
    row, stretch
        Row of the line, and number of the stretch between junctions, shape (n,).
    """

    lon: Floats
    lat: Floats
    km: Floats
    row: Integers
    stretch: Integers


def number_stretches(parts: NDArray[np.object_]) -> Integers:
    """Number the stretches between junctions that lines make up together.

    Two lines are of one stretch when they share an end that no third one has. Where a line
    passes another without an end there, no junction is seen.

    Parameters
    ----------
    parts
        LineStrings in degrees, shape (n,).

    Returns
    -------
    numpy.ndarray of int64
        Number of the stretch of each line, from 0, shape (n,).

    Examples
    --------
    >>> lines = shapely.linestrings([[(0, 0), (1, 0)], [(1, 0), (2, 0)], [(2, 0), (3, 1)],
    ...                              [(2, 0), (3, -1)]])
    >>> number_stretches(lines).tolist()
    [0, 0, 1, 2]
    """
    n = len(parts)
    if not n:
        return np.empty(0, dtype=np.int64)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(parts, at)) for at in (0, -1)])
    cells = np.round((ends + np.array([180.0, 90.0])) * _GRID).astype(np.int64)
    _, node, degree = np.unique(
        cells[:, 0] * np.int64(2**28) + cells[:, 1], return_inverse=True, return_counts=True
    )
    order = np.argsort(node, kind="stable")
    through = order[degree[node[order]] == 2].reshape(-1, 2) % n
    links = coo_array((np.ones(len(through)), (through[:, 0], through[:, 1])), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(np.int64)


def line_parts(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], Integers]:
    """Give the LineStrings of geometries, and the row of each; points and areas give none.

    Examples
    --------
    >>> two = shapely.MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]])
    >>> line_parts(np.array([shapely.Point(0, 0), two], dtype=object))[1].tolist()
    [1, 1]
    """
    parts, rows = shapely.get_parts(geometries, return_index=True)
    lines = (shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)
    return parts[lines], rows[lines].astype(np.int64)


def cut_lines(geometries: NDArray[np.object_]) -> Pieces:
    """Cut lines into pieces of at most 3 km.

    Parameters
    ----------
    geometries
        Lines in degrees, shape (n,); what is none gives no piece.

    Returns
    -------
    Pieces

    Examples
    --------
    >>> line = shapely.LineString([(76, 43), (76, 43.1)])
    >>> cut_lines(np.array([line])).km.round(2).tolist()
    [2.78, 2.78, 2.78, 2.78]
    """
    parts, rows = line_parts(geometries)
    segments = explode(parts)
    long = np.flatnonzero(_lengths_m(segments) > LONGEST_M)
    segments = split(segments, long) if len(long) else segments
    a, b, part = segments.first, segments.last, segments.owner.astype(np.int64)
    return Pieces(
        lon=(segments.lon[a] + segments.lon[b]) / 2.0,
        lat=(segments.lat[a] + segments.lat[b]) / 2.0,
        km=_lengths_m(segments) / 1000.0,
        row=rows[part],
        stretch=number_stretches(parts)[part],
    )


def _lengths_m(segments: Segments) -> Floats:
    a, b = segments.first, segments.last
    length = GEOD.inv(segments.lon[a], segments.lat[a], segments.lon[b], segments.lat[b])[2]
    return np.asarray(length, dtype=np.float64)


ALL = "*"
"""All countries together, and all sources together."""

ASSUMED = (1.0, 4.0)
"""Beta distribution of a rate that nothing measures: mean 0.2, 95 % of it below 0.53.

Of the railways that Natural Earth draws in the seven countries, the packed OpenStreetMap network
lacks 18 % (docs/uncertainty.md); of the roads of the world OpenStreetMap lacked 17 % in 2016
(Barrington-Leigh and Millard-Ball 2017, PLoS ONE 12(8), e0180698). That another layer is like
these is judgement.
"""

COLUMNS = (
    "source_id",
    "country",
    "length_km",
    "seen_km",
    "undecided_km",
    "stretches",
    "rate",
    "rate_low",
    "rate_high",
    "alpha",
    "beta",
    "state",
    "basis",
)

STATES = (
    "measured",  # on the lines of other sources
    "short",  # other sources decide on too little here: the rate of all countries holds
    "apart",  # it has hardly a line in common with the others: no list of the same lines
    "alone",  # no other source has lines of known course
    "together",  # all sources together, by the product of their rates
    "assumed",  # all sources together, none of them measured
)
"""How a rate came about."""

_QUANTILES = (0.025, 0.975)
_SAMPLE = 20_000


def draw_omission(
    rates: pd.DataFrame, country: str, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw the share of lines that all sources of a layer together leave out.

    Each source's rate is drawn from its posterior: that of the country, or of all countries
    where it has none. Where no source has one, the rate is drawn from `ASSUMED`.

    Parameters
    ----------
    rates
        From `omission_rates`.
    country
        ISO alpha-3.
    rng
        Where chance comes from.
    draws
        How often.

    Returns
    -------
    numpy.ndarray of float64
        0 to 1, shape (draws,).

    Examples
    --------
    >>> none = pd.DataFrame(columns=list(COLUMNS))
    >>> float(draw_omission(none, "KAZ", np.random.default_rng(1), 100_000).mean().round(2))
    0.2
    """
    factors = _factors(rates, country) or [ASSUMED]
    return np.asarray(np.prod([rng.beta(a, b, draws) for a, b in factors], axis=0))


def posterior(rate: float, number: float) -> dict[str, object]:
    """Tell how sure a rate is that was found in a number of independent cases.

    Parameters
    ----------
    rate
        0 to 1.
    number
        Above 0, perhaps no whole number.

    Returns
    -------
    dict
        ``rate``, its 95 % interval ``rate_low`` and ``rate_high``, and ``alpha`` and ``beta`` of
        the posterior under Jeffreys' prior.

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001), Interval estimation for a binomial
    proportion, Statistical Science 16(2), 101-133.

    Examples
    --------
    >>> found = posterior(0.2, 50.0)
    >>> round(found["rate_low"], 3), round(found["rate_high"], 3)
    (0.108, 0.326)
    """
    alpha, beta = 0.5 + number * rate, 0.5 + number * (1.0 - rate)
    low, high = (float(betaincinv(alpha, beta, q)) for q in _QUANTILES)
    # As Brown, Cai and DasGupta have it: where nothing is missing, nothing may be.
    return {
        "rate": rate,
        "rate_low": low if rate > 0 else 0.0,
        "rate_high": high,
        "alpha": alpha,
        "beta": beta,
    }


def _factors(rates: pd.DataFrame, country: str) -> list[tuple[float, float]]:
    """Posteriors of the sources that have one, the country's before that of all countries."""
    states: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rates[["source_id", "country", "state", "alpha", "beta"]].to_dict("records"):
        states.setdefault(str(row["source_id"]), {})[str(row["country"])] = {
            str(k): v for k, v in row.items()
        }
    out = []
    for source, of in sorted(states.items()):
        here = of.get(country, of[ALL])
        here = of[ALL] if here["state"] == "short" else here
        if source != ALL and here["state"] == "measured":
            out.append((float(here["alpha"]), float(here["beta"])))
    return out


def all_together(rates: pd.DataFrame, country: str) -> dict[str, object]:
    """Tell what all sources leave out of a country: the product of their rates, or the assumed.

    Parameters
    ----------
    rates
        A row per source and country.
    country
        ISO alpha-3, or ``*`` for all countries together.

    Returns
    -------
    dict
        A row of `COLUMNS`.
    """
    found = _factors(rates, country)
    drawn = draw_omission(rates, country, np.random.default_rng(SEED), _SAMPLE)
    low, high = np.quantile(drawn, _QUANTILES)
    mean = float(np.prod([a / (a + b) for a, b in found or [ASSUMED]]))
    told = f"product of the rates of {len(found)} sources" if found else "assumed (judgement)"
    return {
        "source_id": ALL,
        "country": country,
        "rate": mean,
        "rate_low": float(low),
        "rate_high": float(high),
        "state": "together" if found else "assumed",
        "basis": told,
    }


Words = NDArray[np.object_]
Bools = NDArray[np.bool_]

_IN_COMMON = 0.1
"""Share of the others' lines that a source must have for both to be lists of the same lines: a
table of what others lack, or of another country, tests nobody (judgement)."""

_CLASSES_KM = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0)
"""Lines are looked for by classes of their lateral error: in each, the nearest decides."""


def omission_rates(
    lines: gpd.GeoDataFrame,
    *,
    countries: Sequence[str] = SCORED_COUNTRIES,
    slack_km: float = 2.0,
    widest_km: float = 25.0,
    least_km: float = 200.0,
) -> pd.DataFrame:
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
        country=country.where(country.notna(), ""),
        lateral_error_km=error,
    )


def _tested(
    drawn: gpd.GeoDataFrame,
    tests: _Tests,
    countries: Sequence[str],
    limits: tuple[float, float, float],
) -> list[dict[str, object]]:
    sources = sorted(set(drawn["source_id"]))
    return [row for s in sources for row in _tested_one(s, drawn, tests, countries, limits)]


def _tested_one(
    source: str,
    drawn: gpd.GeoDataFrame,
    tests: _Tests,
    countries: Sequence[str],
    limits: tuple[float, float, float],
) -> list[dict[str, object]]:
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
    source: str,
    country: str,
    others: _Tests,
    there: Bools,
    seen: Bools,
    undecided: Bools,
    least_km: float,
) -> dict[str, object]:
    km, decides = others.pieces.km, there & ~undecided
    length, seen_km = float(km[decides].sum()), float(km[decides & seen].sum())
    _, stretch = np.unique(others.pieces.stretch[decides], return_inverse=True)
    squares = float((np.bincount(stretch, weights=km[decides]) ** 2).sum())
    number = length**2 / squares if squares else 0.0
    told = ", ".join(sorted(set(others.source[decides])))
    counted = {
        "source_id": source,
        "country": country,
        "length_km": length,
        "seen_km": seen_km,
        "undecided_km": float(km[there & undecided].sum()),
        "stretches": number,
    }
    if not len(km):
        return {
            **counted,
            "state": "alone",
            "basis": "unknown: no other source has lines of known course",
        }
    if length < least_km or not length:
        return {
            **counted,
            "state": "short",
            "basis": f"unknown: only {length:.0f} km of other sources' lines decide",
        }
    if seen_km < _IN_COMMON * length:
        return {
            **counted,
            "state": "apart",
            "basis": f"unknown: it has hardly a line in common with {told}",
        }
    return {
        **counted,
        **posterior(1.0 - seen_km / length, number),
        "state": "measured",
        "basis": f"measured on {told}",
    }


def _check(lines: gpd.GeoDataFrame, slack_km: float, widest_km: float, least_km: float) -> None:
    lost = [c for c in ("source_id", "country") if c not in lines.columns]
    if lost:
        raise SchemaError(
            f"the lines have no {', '.join(lost)}", "give rows of a canonical layer of lines"
        )
    for name, km in (("slack_km", slack_km), ("widest_km", widest_km), ("least_km", least_km)):
        if not km >= 0:
            raise SchemaError(f"{name} is {km!r}", "give kilometres, 0 or more")
