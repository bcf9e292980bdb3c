"""Lines that no source has: a model of how near to a place one of them may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.omission import draw_omission
from geo_ree.proximity.stretches import line_parts, number_stretches
from geo_ree.settings import SEED

Integers = NDArray[np.int64]
Words = NDArray[np.object_]

CLASSES = 16
"""Number of random classes of a network's stretches. A draw keeps or drops whole classes: every draw
has its own network, and none needs its own index."""

_WITHIN_KM = 100.0
"""Radius in which the known network is taken as typical of a place (judgement): large enough that
the place's own nearest line is one of many, small enough for the country around to be alike."""

_MOST_MISSING = 0.5
"""Above this share of missing lines, the share is drawn as this: a network cannot be kept twice."""

_TRIES = 8


@dataclass(frozen=True)
class MissingDistances:
    """Distances from places near each deposit to each class of a network.

    Attributes
    ----------
    km
        Target -> kilometres, infinity for none, shape (deposits, places, classes).
    country
        Country of each deposit, shape (deposits,).
    rates
        Target -> the table of `omission_rates`.
    """

    km: Mapping[str, Floats]
    country: Words
    rates: Mapping[str, pd.DataFrame]

    def select(self, deposit: int) -> MissingDistances:
        """Return the distances of one deposit, by its number."""
        one = slice(deposit, deposit + 1)
        km = {target: values[one] for target, values in self.km.items()}
        return MissingDistances(km, self.country[one], self.rates)

    def draw(
        self, rng: np.random.Generator, draws: int, places: Integers | None = None
    ) -> dict[str, Floats]:
        """Draw the distance to the nearest line that no source has.

        Parameters
        ----------
        rng
            Random generator.
        draws
            Number of draws. Within a draw all deposits of a country miss the same lines.
        places
            Number of the place in each draw, shape (draws, deposits); random by default.

        Returns
        -------
        dict of str to numpy.ndarray
            Target -> kilometres, infinity where no line is missing, shape (draws, deposits).
        """
        out = {}
        for target, km in self.km.items():
            deposits, count, classes = km.shape
            at = rng.integers(0, count, (draws, deposits)) if places is None else places
            kept = np.zeros((draws, deposits, classes), dtype=np.bool_)
            for country in sorted({str(c) for c in self.country}):
                missing = draw_omission(self.rates[target], country, rng, draws)
                missing = np.minimum(missing, _MOST_MISSING)
                share = (missing / (1.0 - missing))[:, None]
                here = rng.random((draws, classes)) < share
                kept[:, self.country == country] = here[:, None, :]
            found = km[np.arange(deposits), at]
            out[target] = np.where(kept, found, np.inf).min(axis=2)
        return out


class MissingLines:
    """A model of the lines that no source has, in the likeness of the known ones.

    All sources together leave out a share p of a network (see `omission_rates`): the missing lines
    are p / (1 - p) times as long as the known ones. Nobody knows where they are. The model assumes that
    they are spread over the country as the known ones are, and left out stretch by stretch, from
    junction to junction. So the distance from a deposit x to the nearest missing line is drawn as

        M = distance(x', N_q),   q = p / (1 - p),   x' uniform within 100 km of x in its country,

    where N_q is the country's known network with each stretch kept with probability q. The true
    distance is min(D, M), with D the distance to the known lines. For lines placed uniformly at random
    this is exact: the nearest line of all is then a missing one with probability p. The distances
    are measured over the ellipsoid, not approximated.

    Parameters
    ----------
    rows
        Target -> its eligible lines (``country``, geometry), see `TargetIndex.rows`. Lines of
        unknown course count too: they exist, and the model does not need to know where.
    rates
        Target -> the table of `omission_rates` for its layer.
    countries
        Canonical layer ``countries``: x' lies within the deposit's own.
    within_km
        Radius around the deposit.
    seed
        Seed of the classes and of x'.

    Raises
    ------
    SchemaError
        When a target has no rates.

    Notes
    -----
    The model is our own; learning about what is not seen by thinning what is follows the delete-d
    jackknife (Shao, J. and Wu, C. F. J. (1989), A general theory for jackknife variance estimation,
    Annals of Statistics 17(3), 1176-1197). docs/uncertainty.md tests it where the truth is known.
    A country without a known line has none missing.

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.proximity.omission import COLUMNS
    >>> road = gpd.GeoDataFrame({"country": ["KAZ"]}, crs=4326,
    ...                         geometry=[shapely.LineString([(70, 47.5), (70, 48.5)])])
    >>> land = gpd.GeoDataFrame({"country": ["KAZ"]}, geometry=[shapely.box(60, 43, 85, 54)], crs=4326)
    >>> lines = MissingLines({"road": road}, {"road": pd.DataFrame(columns=list(COLUMNS))}, land)
    >>> near = lines.measure(np.array([[70.3]]), np.array([[48.0]]), np.array(["KAZ"], dtype=object))
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
        within_km: float = _WITHIN_KM,
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

    def measure(
        self,
        lon: Floats,
        lat: Floats,
        country: Words,
        *,
        targets: Collection[str] | None = None,
    ) -> MissingDistances:
        """Measure from one random place near each point to every class of lines.

        Parameters
        ----------
        lon, lat
            Degrees, shape (deposits, places).
        country
            ISO alpha-3 of each deposit, shape (deposits,).
        targets
            Those to measure; all by default.

        Returns
        -------
        MissingDistances
        """
        codes = np.array(["" if pd.isna(c) else str(c) for c in country], dtype=object)
        x, y = self._move(lon, lat, codes, np.random.default_rng([self._seed, 1]))
        km = {}
        for target in (t for t in self._rows if targets is None or t in targets):
            km[target] = np.full((*x.shape, CLASSES), np.inf)
            for code in sorted(set(codes)):
                here = codes == code
                for number, index in self._class_indexes(target, code):
                    metres, _ = index.query_lonlat(x[here].ravel(), y[here].ravel())
                    km[target][here, :, number] = metres.reshape(-1, x.shape[1]) / 1000.0
        return MissingDistances(km, codes, self._rates)

    def _move(
        self, lon: Floats, lat: Floats, country: Words, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Return a random place near each point in the same country, the point itself if none is found."""
        x, y = lon.astype(np.float64), lat.astype(np.float64)
        own = np.broadcast_to(country[:, None], x.shape)
        todo = np.ones(x.shape, dtype=np.bool_)
        for _ in range(_TRIES):
            n = int(todo.sum())
            if not n:
                break
            # The root makes places uniform over the disc, not crowded in its middle.
            length = 1000.0 * self._within_km * np.sqrt(rng.random(n))
            new_x, new_y = destination(lon[todo], lat[todo], rng.random(n) * 360.0, length)
            inside = np.zeros(n, dtype=np.bool_)
            for code in set(own[todo]):
                some = own[todo] == code
                land = self._land.get(code)
                inside[some] = land is not None and shapely.contains_xy(
                    land, new_x[some], new_y[some]
                )
            rows, columns = np.nonzero(todo)
            x[rows[inside], columns[inside]] = new_x[inside]
            y[rows[inside], columns[inside]] = new_y[inside]
            todo[rows[inside], columns[inside]] = False
        return x, y

    def _class_indexes(self, target: str, country: str) -> list[tuple[int, NearestIndex]]:
        """Index each class of a country's lines."""
        key = target, country
        if key not in self._indexes:
            rows = self._rows[target]
            own = rows.geometry[(rows["country"] == country).to_numpy(dtype=bool)]
            parts, _ = line_parts(own.to_numpy())
            stretch = number_stretches(parts)
            # Seeded by name, so that another country or target changes nothing here.
            rng = np.random.default_rng([self._seed, 2, *f"{target} {country}".encode()])
            count = int(stretch.max()) + 1 if len(stretch) else 0
            lots = rng.integers(0, CLASSES, count)[stretch]
            self._indexes[key] = [
                (int(lot), NearestIndex(gpd.GeoSeries(parts[lots == lot], crs=rows.crs)))
                for lot in np.unique(lots)
            ]
        return self._indexes[key]
