"""Lines that no source has: how near to a place one of them may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.omission import draw_omission, line_parts, number_stretches
from geo_ree.settings import SEED

Integers = NDArray[np.int64]
Words = NDArray[np.object_]

CLASSES = 16
"""Into how many classes, drawn by lot, the stretches of a network are parted. A draw keeps each
class or not, so that every draw has a network of its own and none needs an index of its own."""

WITHIN_KM = 100.0
"""How far from a place the network that is taken for typical of it may be looked at (judgement):
far enough that its own nearest line is one of many, near enough to be in the same country side."""

MOST = 0.5
"""Share of the lines above which what is missing is drawn as if it were no more."""

_TRIES = 8


@dataclass(frozen=True)
class Unseen:
    """Distances from places to each class of lines of networks like the missing ones.

    Parameters
    ----------
    km
        Target -> kilometres, infinity for none, shape (deposits, places, classes).
    country
        Of each deposit, shape (deposits,).
    rates
        Target -> the omission rates of its layer, see `geo_ree.proximity.omission_rates`.
    """

    km: Mapping[str, Floats]
    country: Words
    rates: Mapping[str, pd.DataFrame]

    def of(self, deposit: int) -> Unseen:
        """The same of one deposit."""
        one = slice(deposit, deposit + 1)
        return Unseen({t: km[one] for t, km in self.km.items()}, self.country[one], self.rates)

    def draw(
        self, rng: np.random.Generator, draws: int, at: Integers | None = None
    ) -> dict[str, Floats]:
        """Draw the distance to the nearest line that no source has.

        Parameters
        ----------
        rng
            Where chance comes from.
        draws
            How often. What is missing is the same for all deposits of a country in a draw.
        at
            Which of the places, shape (draws, deposits); by lot when left out.

        Returns
        -------
        dict of str to numpy.ndarray
            Target -> kilometres, infinity where no line is missing, shape (draws, deposits).
        """
        out = {}
        for target, km in self.km.items():
            deposits, places, classes = km.shape
            drawn = rng.integers(0, places, (draws, deposits)) if at is None else at
            kept = np.zeros((draws, deposits, classes), dtype=np.bool_)
            for country in sorted({str(c) for c in self.country}):
                missing = np.minimum(draw_omission(self.rates[target], country, rng, draws), MOST)
                share = (missing / (1.0 - missing))[:, None]
                here = rng.random((draws, classes)) < share
                kept[:, self.country == country] = here[:, None, :]
            found = km[np.arange(deposits), drawn]
            out[target] = np.where(kept, found, np.inf).min(axis=2)
        return out


class MissingLines:
    """Networks like the ones that no source has, in the likeness of those that are known.

    Of a network of lines a share p is missing from all sources (see `omission_rates`). What is
    known is then the share 1 - p, and what is missing is p / (1 - p) times as much as is known.
    Nobody knows where; the missing lines are taken to be spread over a country side as the
    known ones are, and to be left out stretch by stretch, from junction to junction. So the
    distance from a deposit x to the nearest missing line is drawn as

        M = distance( x', N_q ),   q = p / (1 - p),   x' even within 100 km of x in its country,

    where N_q is the known network of the country with each stretch kept with probability q: the
    missing network seen from x is like a thinned known network seen from somewhere near. The
    true distance is min(D, M), D being the one to the known lines. For lines strewn evenly and
    at random this is exact: the nearest line of all is then a missing one with probability p.
    The distances are measured over the ellipsoid, not approximated.

    Parameters
    ----------
    rows
        Target -> its eligible lines (``country``, geometry), see `Proximity.rows`. Lines of
        unknown course count: they are somewhere, and where does not matter here.
    rates
        Target -> rates of its layer from `omission_rates`.
    countries
        Canonical layer ``countries``: x' lies within the deposit's own.
    within_km
        Radius of the country side.
    seed
        Of the classes and of x'; the same seed gives the same.

    Raises
    ------
    SchemaError
        When a target has no rates.

    Notes
    -----
    The model is our own; the idea, to learn what is not seen from thinning what is, is that of
    the delete-d jackknife (Shao, J. and Wu, C. F. J. (1989), A general theory for jackknife
    variance estimation, Annals of Statistics 17(3), 1176-1197). docs/uncertainty.md shows how
    it fares where the truth is known. A country without any known line has none missing.

    Examples
    --------
    >>> import shapely
    >>> road = gpd.GeoDataFrame({"country": ["KAZ"]}, crs=4326,
    ...                         geometry=[shapely.LineString([(70, 47.5), (70, 48.5)])])
    >>> land = gpd.GeoDataFrame({"country": ["KAZ"]}, geometry=[shapely.box(60, 43, 85, 54)], crs=4326)
    >>> from geo_ree.proximity.omission import COLUMNS
    >>> lines = MissingLines({"road": road}, {"road": pd.DataFrame(columns=list(COLUMNS))}, land)
    >>> near = lines.look(np.array([[70.3]]), np.array([[48.0]]), np.array(["KAZ"], dtype=object))
    >>> drawn = near.draw(np.random.default_rng(1), 1000)["road"]
    >>> 0.1 < np.isfinite(drawn).mean() < 0.4
    np.True_
    """

    def __init__(
        self,
        rows: Mapping[str, gpd.GeoDataFrame],
        rates: Mapping[str, pd.DataFrame],
        countries: gpd.GeoDataFrame,
        *,
        within_km: float = WITHIN_KM,
        seed: int = SEED,
    ) -> None:
        lost = sorted(set(rows) - set(rates))
        if lost:
            raise SchemaError(
                f"no omission rates of {', '.join(lost)}", "give those of omission_rates()"
            )
        self._rows, self._rates = dict(rows), dict(rates)
        self._land = dict(zip(countries["country"], countries.geometry.to_numpy(), strict=True))
        shapely.prepare(list(self._land.values()))
        self._within_km, self._seed = within_km, seed
        self._indexes: dict[tuple[str, str], list[tuple[int, NearestIndex]]] = {}

    def look(self, lon: Floats, lat: Floats, country: Words) -> Unseen:
        """Measure from one random place near each place to every class of lines.

        Parameters
        ----------
        lon, lat
            Degrees, shape (deposits, places).
        country
            ISO alpha-3 of each deposit, shape (deposits,).

        Returns
        -------
        Unseen
        """
        codes = np.array(["" if pd.isna(c) else str(c) for c in country], dtype=object)
        rng = np.random.default_rng([self._seed, 1])
        x, y = self._elsewhere(lon, lat, codes, rng)
        km = {}
        for target in self._rows:
            km[target] = np.full((*x.shape, CLASSES), np.inf)
            for code in sorted(set(codes)):
                here = codes == code
                for number, index in self._index(target, code):
                    metres, _ = index.query_lonlat(x[here].ravel(), y[here].ravel())
                    km[target][here, :, number] = metres.reshape(-1, x.shape[1]) / 1000.0
        return Unseen(km, codes, self._rates)

    def _elsewhere(
        self, lon: Floats, lat: Floats, country: Words, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """A random place near each, in the same country; the place itself where none is found."""
        x, y = lon.astype(np.float64), lat.astype(np.float64)
        of = np.broadcast_to(country[:, None], x.shape)
        todo = np.ones(x.shape, dtype=np.bool_)
        for _ in range(_TRIES):
            n = int(todo.sum())
            if not n:
                break
            length = 1000.0 * self._within_km * np.sqrt(rng.random(n))
            new_x, new_y = destination(lon[todo], lat[todo], rng.random(n) * 360.0, length)
            inside = np.zeros(n, dtype=np.bool_)
            for code in set(of[todo]):
                some = of[todo] == code
                land = self._land.get(code)
                inside[some] = land is not None and shapely.contains_xy(
                    land, new_x[some], new_y[some]
                )
            rows, columns = np.nonzero(todo)
            x[rows[inside], columns[inside]] = new_x[inside]
            y[rows[inside], columns[inside]] = new_y[inside]
            todo[rows[inside], columns[inside]] = False
        return x, y

    def _index(self, target: str, country: str) -> list[tuple[int, NearestIndex]]:
        key = target, country
        if key not in self._indexes:
            rows = self._rows[target]
            own = rows.geometry[(rows["country"] == country).to_numpy(dtype=bool)]
            parts, _ = line_parts(own.to_numpy())
            stretch = number_stretches(parts)
            # Seeded by name, so that another country or target changes nothing here.
            rng = np.random.default_rng([self._seed, 2, *f"{target} {country}".encode()])
            lots = rng.integers(0, CLASSES, int(stretch.max()) + 1 if len(stretch) else 0)[stretch]
            self._indexes[key] = [
                (int(lot), NearestIndex(gpd.GeoSeries(parts[lots == lot], crs=rows.crs)))
                for lot in np.unique(lots)
            ]
        return self._indexes[key]
