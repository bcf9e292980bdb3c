"""The share of lines that sources leave out, measured on each other's lines.

How a rate comes about: a source is tested on the lines of the others. Their pieces are grouped into
stretches between junctions, which a source has or lacks as a whole, so a stretch is one trial and
not every kilometre. With k of n (effective) stretches missing, the likelihood of the rate p is
binomial, p^k (1 - p)^(n - k). Its conjugate is the Beta distribution: with Jeffreys' prior
Beta(1/2, 1/2), which favours no rate and keeps its coverage where k is 0, the posterior is
Beta(1/2 + k, 1/2 + n - k) in closed form, and can be drawn from. Where nothing is measured, the
prior `ASSUMED` is drawn from instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv

from geo_ree.crs import Floats, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.stretches import Pieces, cut_lines
from geo_ree.settings import SCORED_COUNTRIES, SEED

Words = NDArray[np.object_]
Bools = NDArray[np.bool_]

ALL = "*"
"""Stands for all countries together, and for all sources together."""

ASSUMED = (1.0, 4.0)
"""Beta distribution of a rate that nothing measures: mean 0.2, 95 % of it below 0.53.

The packaged OpenStreetMap network lacks 18 % of the railways that Natural Earth draws in the seven
countries (docs/uncertainty.md); OpenStreetMap lacked 17 % of the world's roads in 2016 (Barrington-Leigh
and Millard-Ball 2017, PLoS ONE 12(8), e0180698). That other layers are alike is judgement."""

COLUMNS = (
    *("source_id", "country", "length_km", "seen_km", "undecided_km", "stretches"),
    *("rate", "rate_low", "rate_high", "alpha", "beta", "state", "basis"),
)

STATES = (
    "measured",  # on the lines of other sources
    "short",  # too few kilometres of other sources here: the rate of all countries is used
    "apart",  # almost no line in common with the others: these are not lists of the same lines
    "alone",  # no other source has lines of known course
    "together",  # all sources together, by the product of their rates
    "assumed",  # all sources together, none of them measured
)
"""How a rate came about."""

_QUANTILES = (0.025, 0.975)
_SAMPLE = 20_000

_IN_COMMON = 0.1
"""Share of the others' lines that a source must have for both to be lists of the same lines: a
table of what others lack, or of another country, does not count as a test (judgement)."""

_CLASSES_KM = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0)
"""A source's lines are searched by classes of their lateral error: a near line of small error must not
be hidden by a nearer one whose error is too small to reach, nor the other way round."""


def omission_rates(
    lines: gpd.GeoDataFrame,
    *,
    countries: Sequence[str] = SCORED_COUNTRIES,
    slack_km: float = 2.0,
    widest_km: float = 25.0,
    least_km: float = 200.0,
) -> pd.DataFrame:
    """Measure the share of existing lines that each source leaves out.

    A source is tested on the lines of the others: its rate is the share of their length beside which
    it has no line. If sources left lines out independently of each other, that would be the share
    of all lines that it leaves out (capture and recapture). They are not quite independent: a minor
    line is likelier to be left out by all, which makes rates too low; closed or planned lines in
    the other sources make them too high.

    A piece is seen where the source has a line within both lateral errors and `slack_km`. A line of
    unknown course is no test; what lies within its error counts neither as seen nor as missing.

    Parameters
    ----------
    lines
        Eligible lines of one layer (see `Target.choose`) with ``source_id``, ``country`` and
        ``lateral_error_km`` (0 where absent). Other geometries are ignored.
    countries
        ISO alpha-3 codes to distinguish.
    slack_km
        Further distance between two drawings of one line: double tracks, yards, dual carriageways
        (judgement).
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
        these, ``undecided_km`` of the rest; ``stretches``, their effective number of stretches
        (Kish: ``(sum l)^2 / sum l^2``); ``rate`` with its 95 % interval ``rate_low``, ``rate_high``
        and the ``alpha`` and ``beta`` of its posterior; ``state`` and, in words, ``basis``. NaN
        where the rate is unknown; all sources together then have the assumed rate.

    Raises
    ------
    SchemaError
        When a column is missing or an option is negative.

    References
    ----------
    Length within a buffer: Goodchild, M. F. and Hunter, G. J. (1997), A simple positional accuracy
    measure for linear features, IJGIS 11(3), 299-306. Two lists of one population: Chapman, D. G.
    (1951), Some properties of the hypergeometric distribution with applications to zoological
    sample censuses, Univ. California Publ. Statistics 1, 131-160. Interval: Brown, L. D., Cai, T. T.
    and DasGupta, A. (2001), Interval estimation for a binomial proportion, Statistical Science
    16(2), 101-133. Effective number: Kish, L. (1965), Survey sampling, Wiley.

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
    limits = _Limits(slack_km, widest_km, least_km)
    drawn = _prepare(lines, limits)
    certain = drawn["lateral_error_km"] <= widest_km
    tests = _Tests.of(drawn[certain & drawn["country"].isin(list(countries))])
    rows = _test_sources(drawn, tests, countries, limits)
    apart = [(r["source_id"], r["country"]) for r in rows if r["state"] == "apart"]
    if any(np.isin(tests.source, np.array([source for source, _ in apart], dtype=object))):
        # What is no list of the same lines is no test of the others either.
        rows = _test_sources(drawn, tests.without(apart), countries, limits)
    out = pd.DataFrame(rows, columns=list(COLUMNS))
    together = [_combined_row(out, country) for country in (*countries, ALL)]
    return pd.DataFrame([*rows, *together], columns=list(COLUMNS))


def draw_omission(
    rates: pd.DataFrame, country: str, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw the share of lines that all sources of a layer together leave out, shape (draws,).

    The rate of each source is drawn from its posterior in the country, or in all countries where it
    has none; where no source has one, the share is drawn from `ASSUMED`.
    """
    factors = _posteriors(rates, country) or [ASSUMED]
    return np.asarray(np.prod([rng.beta(a, b, draws) for a, b in factors], axis=0))


def _posteriors(rates: pd.DataFrame, country: str) -> list[tuple[float, float]]:
    """Return the posteriors of all sources that have one, the country's before that of all countries."""
    by_source: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rates[["source_id", "country", "state", "alpha", "beta"]].to_dict("records"):
        values = {str(k): v for k, v in row.items()}
        by_source.setdefault(str(row["source_id"]), {})[str(row["country"])] = values
    out = []
    for source, by_country in sorted(by_source.items()):
        here = by_country.get(country, by_country[ALL])
        here = by_country[ALL] if here["state"] == "short" else here
        if source != ALL and here["state"] == "measured":
            out.append((float(here["alpha"]), float(here["beta"])))
    return out


def _combined_row(rates: pd.DataFrame, country: str) -> dict[str, object]:
    """Return the row for what all sources leave out together."""
    found = _posteriors(rates, country)
    drawn = draw_omission(rates, country, np.random.default_rng(SEED), _SAMPLE)
    low, high = np.quantile(drawn, _QUANTILES)
    return {
        "source_id": ALL,
        "country": country,
        "rate": float(np.prod([a / (a + b) for a, b in found or [ASSUMED]])),
        "rate_low": float(low),
        "rate_high": float(high),
        "state": "together" if found else "assumed",
        "basis": f"product of the rates of {len(found)} sources"
        if found
        else "assumed (judgement)",
    }


class _Limits(NamedTuple):
    slack_km: float
    widest_km: float
    least_km: float


@dataclass(frozen=True)
class _Tests:
    """Pieces of lines of known course, with source, country and lateral error of their lines."""

    pieces: Pieces
    source: Words
    country: Words
    error_km: Floats

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame) -> _Tests:
        """Cut lines, unless all are of one source, which tests no other."""
        lines = lines if lines["source_id"].nunique() > 1 else lines.iloc[:0]
        pieces = cut_lines(lines.geometry.to_numpy())
        source, country, error = (
            lines[name].to_numpy() for name in ("source_id", "country", "lateral_error_km")
        )
        return cls(pieces, source[pieces.row], country[pieces.row], error[pieces.row])

    def select(self, keep: Bools) -> _Tests:
        kept = {f.name: getattr(self.pieces, f.name)[keep] for f in fields(Pieces)}
        return _Tests(Pieces(**kept), self.source[keep], self.country[keep], self.error_km[keep])

    def without(self, pairs: list[tuple[object, object]]) -> _Tests:
        """Leave out the lines of some sources in some countries."""
        keep = np.ones(len(self.source), dtype=np.bool_)
        for source, country in pairs:
            keep &= (self.source != source) | (self.country != country)
        return self.select(keep)


def _prepare(lines: gpd.GeoDataFrame, limits: _Limits) -> gpd.GeoDataFrame:
    """Check lines and options; return the lines that have a geometry, their columns without gaps."""
    lost = [c for c in ("source_id", "country") if c not in lines.columns]
    if lost:
        raise SchemaError(
            f"the lines have no column {', '.join(lost)}", "give rows of a canonical layer of lines"
        )
    for name, km in limits._asdict().items():
        if not km >= 0:
            raise SchemaError(f"{name} is {km!r}", "give kilometres, 0 or more")
    lines = to_store(lines, what="the lines")
    lines = lines[~(lines.geometry.isna() | lines.geometry.is_empty)]
    error = pd.Series(0.0, lines.index)
    if "lateral_error_km" in lines:
        error = pd.to_numeric(lines["lateral_error_km"]).astype(np.float64).fillna(0.0)
    country = lines["country"].astype(object)
    return lines.assign(
        source_id=lines["source_id"].astype(str).astype(object),
        country=country.where(country.notna(), ""),
        lateral_error_km=error,
    )


def _test_sources(
    drawn: gpd.GeoDataFrame, tests: _Tests, countries: Sequence[str], limits: _Limits
) -> list[dict[str, object]]:
    """Return the rows of every source: each country, then those together where it is not apart."""
    rows = []
    for source in sorted(set(drawn["source_id"])):
        others = tests.select(tests.source != source)
        seen, undecided = _find_pieces(others, drawn[drawn["source_id"] == source], limits)
        known = np.zeros(len(seen), dtype=np.bool_)
        for country in countries:
            there = others.country == country
            row = _row(source, country, others, there, seen, undecided, limits.least_km)
            rows.append(row)
            if row["state"] != "apart":
                known |= there
        rows.append(_row(source, ALL, others, known, seen, undecided, limits.least_km))
    return rows


def _find_pieces(others: _Tests, own: gpd.GeoDataFrame, limits: _Limits) -> tuple[Bools, Bools]:
    """Return which pieces a source has too, and which its lines of unknown course leave undecided."""
    pieces = others.pieces
    seen, undecided = (np.zeros(len(pieces.km), dtype=np.bool_) for _ in range(2))
    if not len(pieces.km):
        return seen, undecided
    error, widest = own["lateral_error_km"].to_numpy(), limits.widest_km
    for low, high in pairwise([-1.0, *(k for k in _CLASSES_KM if k < widest), widest, np.inf]):
        some = (error > low) & (error <= high)
        if not some.any():
            continue
        metres, at = NearestIndex(own.geometry[some]).query_lonlat(pieces.lon, pieces.lat)
        within = metres / 1000.0 <= error[some][at] + others.error_km + limits.slack_km
        if low >= widest:
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
    # Kish's effective number: stretches of unequal length tell less than as many equal ones.
    _, stretch = np.unique(others.pieces.stretch[decides], return_inverse=True)
    squares = float((np.bincount(stretch, weights=km[decides]) ** 2).sum())
    number = length**2 / squares if squares else 0.0
    names = ", ".join(sorted(set(others.source[decides])))
    rate: dict[str, object] = {}
    if not len(km):
        state, basis = "alone", "unknown: no other source has lines of known course"
    elif length < least_km or not length:
        state = "short"
        basis = f"unknown: only {length:.0f} km of other sources' lines decide"
    elif seen_km < _IN_COMMON * length:
        state, basis = "apart", f"unknown: it has hardly a line in common with {names}"
    else:
        state, basis = "measured", f"measured on {names}"
        rate = _posterior(1.0 - seen_km / length, number)
    return {
        "source_id": source,
        "country": country,
        "length_km": length,
        "seen_km": seen_km,
        "undecided_km": float(km[there & undecided].sum()),
        "stretches": number,
        **rate,
        "state": state,
        "basis": basis,
    }


def _posterior(rate: float, number: float) -> dict[str, object]:
    """Return a rate found in a number of trials (perhaps not whole), its interval and its posterior."""
    alpha, beta = 0.5 + number * rate, 0.5 + number * (1.0 - rate)
    low, high = (float(betaincinv(alpha, beta, q)) for q in _QUANTILES)
    return {
        "rate": rate,
        # Brown, Cai and DasGupta: where nothing was found missing, the interval begins at 0.
        "rate_low": low if rate > 0 else 0.0,
        "rate_high": high,
        "alpha": alpha,
        "beta": beta,
    }
