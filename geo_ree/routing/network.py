"""The network of routes: nodes, edges by mode, and the places that routes name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import RouteError, suggest_words
from geo_ree.proximity import NearestIndex
from geo_ree.routing.added_lines import add_lines
from geo_ree.routing.assembly import (
    EDGES,
    NODES,
    PLACES,
    Ints,
    add_legs,
    add_places,
    append_lines,
)
from geo_ree.routing.facts_tables import package_facts
from geo_ree.routing.line_tables import line_rows, read_lines, read_railways, read_roads
from geo_ree.routing.place_tables import read_places

MODES = ("rail", "road", "ferry", "sea")
BASES = ("line", "chord", "join", "bridge", "leg", "straight")
"""What the length of an edge rests on; all but ``line`` and ``leg`` are shown as assumed."""


@dataclass(frozen=True, eq=False)
class Network:
    """Lines on which routes run: railways, roads, ferries and sea legs.

    Parameters
    ----------
    nodes
        A row a node: `NODES`, degrees; country is the ISO 3166-1 alpha-3 code, or "".
    edges
        A row an edge: `EDGES`. ``a`` and ``b`` are row numbers of `nodes`, ``mode`` is one of
        `MODES`, ``km`` lies between ``km_low`` and ``km_high``, ``basis`` is one of `BASES`, and
        ``crossing`` says that the ends lie in two countries.
    places
        A row a place: `PLACES`; ``node`` is its own node.
    legs
        The ferry and sea legs that some edges are (``source_id`` is their id), as in their table.

    Examples
    --------
    >>> import geopandas, shapely
    >>> lines = geopandas.GeoDataFrame(
    ...     {"native_id": ["1-2"], "length_km": [120.0], "country_a": "KAZ", "country_b": "KAZ"},
    ...     geometry=[shapely.LineString([(70, 45), (71, 45)])], crs="EPSG:4326")
    >>> network = build_network(railways=lines)
    >>> network.edges[["a", "b", "mode", "km"]].to_numpy().tolist()
    [[0, 1, 'rail', 120.0]]
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    places: pd.DataFrame
    legs: pd.DataFrame = field(default_factory=pd.DataFrame)

    def place(self, name: str) -> int:
        """Row number of a place in `places`; an unknown name is an error that lists the nearest."""
        at = self._place_rows.get(name.casefold())
        if at is None:
            raise _unknown_place(name, self.places["name"].tolist())
        return at

    def has_place(self, name: str) -> bool:
        """Whether a place is known by this name."""
        return name.casefold() in self._place_rows

    def with_lines(self, lines: gpd.GeoDataFrame, *, source: str = "the new lines") -> Network:
        """Give a network that has further railways, joined where they meet its own.

        Parameters
        ----------
        lines
            LineStrings; ``length_km`` where published (else 1.08 x the drawn course). A line
            joins the railways where it crosses them, and where an end lies within 5 km;
            its vertices are in the countries of the package's borders of the world.
        source
            Names the lines in an error.

        Returns
        -------
        Network
            Its edges from these lines have the basis ``straight``.

        Raises
        ------
        RouteError
            When a row is no line.
        """
        return add_lines(self, lines, source)

    def line_index(self, mode: str, country: str = "") -> NearestIndex | None:
        """Index of the lines of a mode (not the links of places), all or those of a country.

        Labels are rows of `edges`; None where there is no line.
        """
        key = (mode, country)
        if key not in self._indexes:
            rows = self.line_edges(mode)
            if country:
                rows = rows[self.nodes_in([country])[self.ends[rows]].all(axis=1)]
            self._indexes[key] = self.index_edges(rows)
        return self._indexes[key]

    def line_edges(self, mode: str) -> Ints:
        """Rows of `edges` that are lines of a mode, not the links of places."""
        links = np.isin(self.ends[:, 0], self.places["node"].to_numpy(np.int64))
        return np.flatnonzero((self.mode_codes == MODES.index(mode)) & ~links)

    def index_edges(self, rows: Ints) -> NearestIndex | None:
        """Index some edges; labels are rows of `edges`. None where there is no edge."""
        if not len(rows):
            return None
        lines = gpd.GeoSeries(self.edge_lines(rows), index=rows, crs=STORE_CRS)
        return NearestIndex(lines)

    def edge_lines(self, rows: Sequence[int] | Ints) -> NDArray[np.object_]:
        """Draw edges as straight lines from a to b."""
        ends = self.ends[np.asarray(rows, dtype=np.int64)]
        return np.asarray(shapely.linestrings(self.xy[ends]))

    @cached_property
    def xy(self) -> Floats:
        """Coordinates of the nodes: degrees, shape (nodes, 2)."""
        return np.asarray(self.nodes[["lon", "lat"]].to_numpy(np.float64))

    @cached_property
    def codes(self) -> NDArray[np.object_]:
        """Countries of the nodes."""
        return np.asarray(self.nodes["country"].to_numpy(object))

    def nodes_in(self, countries: Collection[str]) -> NDArray[np.bool_]:
        """Which nodes are in some countries."""
        numbers, names = self._country_numbers
        return np.asarray(np.isin(names, list(countries))[numbers])

    @cached_property
    def _country_numbers(self) -> tuple[Ints, NDArray[np.object_]]:
        return pd.factorize(self.codes)

    @cached_property
    def ends(self) -> Ints:
        """Nodes a and b of the edges, shape (edges, 2)."""
        return np.asarray(self.edges[["a", "b"]].to_numpy(np.int64))

    def column(self, name: str) -> NDArray[Any]:
        """Give a column of `edges` as an array, kept for the next one who asks."""
        if name not in self._columns:
            self._columns[name] = self.edges[name].to_numpy()
        return self._columns[name]

    @cached_property
    def mode_codes(self) -> Ints:
        """Modes of the edges, as places in `MODES`."""
        return np.asarray(pd.Categorical(self.edges["mode"], categories=MODES).codes)

    @cached_property
    def basis_codes(self) -> Ints:
        """Bases of the edges, as places in `BASES`."""
        return np.asarray(pd.Categorical(self.edges["basis"], categories=BASES).codes)

    @cached_property
    def by_suez(self) -> set[str]:
        """Ids of the legs that pass the Suez Canal."""
        if "by_suez" not in self.legs:
            return set()
        return set(self.legs.loc[self.legs["by_suez"] == "yes", "id"])

    @cached_property
    def leg_names(self) -> dict[str, str]:
        """Both ends of each leg, by its id."""
        return {
            str(leg["id"]): f"{leg['from']} - {leg['to']}" for leg in self.legs.to_dict("records")
        }

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        return {}

    @cached_property
    def _indexes(self) -> dict[tuple[str, str], NearestIndex | None]:
        return {}

    @cached_property
    def _place_rows(self) -> dict[str, int]:
        names = self.places["name"].astype(str).str.casefold()
        return {name: row for row, name in reversed(list(enumerate(names)))}


def load_network(
    *,
    railways: gpd.GeoDataFrame | None = None,
    joins: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    legs: pd.DataFrame | None = None,
) -> Network:
    """Load the network of the package, or one of which some tables are other ones.

    Parameters
    ----------
    railways, joins, roads, places, legs
        As in `build_network`; None for the package's own.

    Returns
    -------
    Network
        The same object each time, when every table is the package's.

    Examples
    --------
    >>> network = load_network()
    >>> set(network.edges["mode"]) >= {"rail", "road", "ferry"}
    True
    """
    given = {"railways": railways, "joins": joins, "roads": roads, "places": places, "legs": legs}
    own = {name: table for name, table in given.items() if table is not None}
    return _load(own) if own else _package_network()


@lru_cache(maxsize=1)
def _package_network() -> Network:
    return _load({})


def _load(own: Mapping[str, Any]) -> Network:
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        "railways": read_railways,
        "joins": lambda: read_lines("rail_joins"),
        "roads": read_roads,
        "places": read_places,
        "legs": lambda: package_facts("legs"),
    }
    tables: dict[str, Any] = {n: own[n] if n in own else read() for n, read in readers.items()}
    return build_network(**tables)


def build_network(
    *,
    railways: gpd.GeoDataFrame | None = None,
    joins: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    legs: pd.DataFrame | None = None,
) -> Network:
    """Build a network: lines that share an end meet there, places join the lines beside them.

    Parameters
    ----------
    railways, roads
        Lines with ``native_id``, ``length_km``, ``country_a`` and ``country_b`` (of their first
        and last vertex; "" where unknown) and, if known, ``lateral_error_km``.
    joins
        Lines with ``kind`` (heal | bridge), ``length_km`` and ``gap_km`` between nodes of railways.
    places
        Rows of ``name``, ``kind``, ``country``, ``longitude`` and ``latitude``. A place has a node
        of its own; a railway and a road within `PLACE_KM` serve it.
    legs
        Rows of ``id``, ``mode``, ``from``, ``to`` (names of places), ``km``, ``km_low`` and
        ``km_high``.

    Returns
    -------
    Network

    Raises
    ------
    RouteError
        When a leg ends at a place that is unknown.
    """
    network = Network(_empty(NODES), _empty(EDGES), _empty(PLACES))
    rails = [rows for lines in (railways, joins) if (rows := line_rows(lines, "rail")) is not None]
    if rails:
        network = append_lines(network, pd.concat(rails, ignore_index=True))
    if (rows := line_rows(roads, "road")) is not None:
        network = append_lines(network, rows)
    if places is not None and len(places):
        network = add_places(network, places)
    if legs is not None and len(legs):
        network = add_legs(network, legs)
    return network


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    kinds: dict[str, type] = {
        **dict.fromkeys(("lon", "lat", "km", "km_low", "km_high"), np.float64),
        **dict.fromkeys(("a", "b", "node"), np.int64),
        "crossing": np.bool_,
    }
    return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, object)) for c in columns})


def _unknown_place(name: str, known: Sequence[str]) -> RouteError:
    hint = suggest_words(name, known) or "known are " + ", ".join(sorted(set(known)))
    return RouteError(f"{name!r} is no known place", hint)
