"""Where the sources of a layer are complete: a missing feature means something there, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.proximity.region_edge import edge_km, far_from_edge, within_box
from geo_ree.settings import REGION, Box

Bools = NDArray[np.bool_]
Words = NDArray[np.object_]


class LayerExtents:
    """The countries and boxes that the sources of each layer cover.

    In a covered country the nearest feature of that country is known. In a covered box a distance
    is known as far as the edge: beyond it, something nearer may exist, unless all of the country
    lies in the box. From outside every box nothing across an edge counts.

    Parameters
    ----------
    countries
        The canonical layer ``countries``, or None.
    coverage, regions
        See `geo_ree.proximity.TargetIndex`.
    """

    def __init__(
        self,
        countries: gpd.GeoDataFrame | None,
        coverage: Mapping[str, frozenset[str]],
        regions: Mapping[str, Sequence[Box]],
    ) -> None:
        self._countries = countries
        self._covered = {layer: frozenset(codes) for layer, codes in coverage.items()}
        self._boxes = {layer: tuple(boxes) for layer, boxes in regions.items()}
        self._complete: dict[Box, frozenset[str]] = {}

    def countries(self, layer: str) -> frozenset[str]:
        """Countries that are covered by name."""
        return self._covered.get(layer, frozenset())

    def boxes(self, layer: str) -> tuple[Box, ...]:
        """Boxes that are covered."""
        return self._boxes.get(layer, () if layer in self._covered else (REGION,))

    def may_be_known(self, layer: str, country: Words) -> Bools:
        """Mask of the countries in which a distance may be known."""
        if self.boxes(layer):
            return np.ones(len(country), dtype=np.bool_)
        return np.isin(country, list(self.countries(layer)))

    def sure(self, layer: str) -> frozenset[str]:
        """Countries in which no distance to a feature of their own reaches beyond the layer."""
        boxes = self.boxes(layer)
        whole = self.complete(boxes[0]) if len(boxes) == 1 else frozenset()
        return self.countries(layer) | whole

    def complete(self, box: Box) -> frozenset[str]:
        """Countries that lie wholly within a box."""
        if box not in self._complete:
            self._complete[box] = self._whole_in(box)
        return self._complete[box]

    def _whole_in(self, box: Box) -> frozenset[str]:
        if self._countries is None:
            return frozenset()
        there = self._countries[self._countries["complete"].to_numpy(dtype=bool)]
        if box != REGION:
            west, south, east, north = there.geometry.bounds.to_numpy().T
            corners = within_box(west, south, box) & within_box(east, north, box)
            there = there[corners & (east - west <= box[2] - box[0])]
        return frozenset(there["country"].astype(str))

    def beyond(
        self,
        layer: str,
        lon: Floats,
        lat: Floats,
        km: Floats,
        *,
        country: Words | None = None,
        own: bool = False,
    ) -> Bools:
        """Mask of the distances (km) that reach beyond what the layer's sources cover.

        Parameters
        ----------
        layer
            Name of the layer.
        lon, lat, km
            Places and the distance found from each, shape (n,).
        country
            Country of each place, where only features of this country count; None where those of
            any country do.
        own
            Whether the features that were searched are those that count for a score. Then a covered
            country needs no box, and features of any country count from all of a box.
        """
        boxes = self.boxes(layer) if own else self.boxes(layer) or (REGION,)
        open_ended = np.isfinite(km)
        if own and country is not None:
            open_ended &= ~np.isin(country, list(self.countries(layer)))
        for box in boxes:
            at = np.flatnonzero(open_ended)
            if own and country is None:
                open_ended[at] = ~within_box(lon[at], lat[at], box)
            else:
                open_ended[at] = ~far_from_edge(lon[at], lat[at], km[at], box)
        at = np.flatnonzero(open_ended)
        out = np.zeros(len(km), dtype=np.bool_)
        if not len(at) or not boxes:
            return out
        known, across = np.zeros(len(at), dtype=np.bool_), np.zeros(len(at), dtype=np.bool_)
        anywhere = np.zeros(len(at), dtype=np.bool_)
        for box in boxes:
            inside = within_box(lon[at], lat[at], box)
            short = km[at] <= edge_km(lon[at], lat[at], box)
            if own and country is not None:
                known |= inside & np.isin(country[at], list(self.complete(box)))
            known |= inside & short
            anywhere |= inside
            across |= ~inside & ~short
        out[at] = ~np.where(anywhere, known, ~across)
        return out
