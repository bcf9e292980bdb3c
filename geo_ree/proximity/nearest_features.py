"""What is nearest to many points: distance, feature and error."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class NearestFeatures:
    """The nearest feature of one target to each of many points, all of shape (n,).

    Attributes
    ----------
    distance_km
        Kilometres, NaN where unknown.
    row
        Row number in `TargetIndex.rows`, -1 where unknown.
    error_km
        Error of the feature's course or place, kilometres.
    unsure_km, unsure_row, unsure_error_km
        The same of a line of unknown course that may be nearer than that; NaN and -1 where none is.
    """

    distance_km: Floats
    row: Integers
    error_km: Floats
    unsure_km: Floats
    unsure_row: Integers
    unsure_error_km: Floats

    @classmethod
    def unknown(cls, n: int) -> NearestFeatures:
        """Return n points that nothing is known to be near."""
        one, beside = ((np.full(n, np.nan), np.full(n, -1), np.zeros(n)) for _ in range(2))
        return cls(*one, *beside)

    def select(self, at: Integers) -> NearestFeatures:
        """Return some of the points, by their numbers."""
        return NearestFeatures(*(getattr(self, f.name)[at] for f in fields(self)))

    def draw(self, side: Floats, unsure_side: Floats) -> Floats:
        """Return distances (km) to drawn courses, each `side` from -1 to 1 of the error, shape (n,).

        The nearer of both lines counts: a line of known course hides none of unknown course.
        """
        drawn = np.abs(self.distance_km + side * self.error_km)
        unsure = np.abs(self.unsure_km + unsure_side * self.unsure_error_km)
        return np.where(np.isnan(drawn), np.nan, np.fmin(drawn, unsure))
