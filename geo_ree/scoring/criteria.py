"""Criteria, vetoes and sets of weights: the parts of a score model."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_ree.errors import ScoreError
from geo_ree.scoring.decay import Decay, is_number

if TYPE_CHECKING:
    from geo_ree.reading.raster_band import Method, RasterBand

Op = Literal[">", ">=", "<", "<="]

DEFAULT_VARIANT = "default"

_OPS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)


@dataclass(frozen=True)
class Criterion:
    """A distance that a score rewards.

    Parameters
    ----------
    name
        Short name: the suffix of the columns ``value_<name>`` and ``points_<name>``.
    column
        Column of the table with the distance, in kilometres; in metres where its name ends in
        ``_m``.
    value
        Decay function from kilometres to 0..1.
    weight
        Weight, 0 or more; only the proportions between criteria matter.
    label
        Name for people; `name` by default.
    missing
        The value of an unknown distance: ``"unknown"`` leaves the criterion out of that row, a
        number from 0 to 1 is assumed instead.
    measured_to
        The features that the distance goes to, in words.
    reason, source
        Why this weight, and who says so ("judgement" if it is not published).
    decay_reason, decay_source
        The same for the decay and its kilometres.
    unit
        Unit of a column that is no distance, in which the decay is then meant ("m/s"); its values
        below 0 are worth as much as 0. Empty for a distance.
    features
        Name for sentences, with the least size that counts ("power plant of 50 MW or more"); `label` by
        default. A run sets it from its targets.
    raster
        The raster that gives the column where a table does not have it; see `from_raster`.

    Raises
    ------
    ScoreError
        When a name is empty, the weight negative or not a number, or `missing` out of range.

    Examples
    --------
    >>> from geo_ree.scoring import Exponential
    >>> Criterion("rail", "dist_railway_km", Exponential(50), 0.3)
    Criterion(name='rail', column='dist_railway_km', value=Exponential(half_km=50), weight=0.3)
    """

    name: str
    column: str
    value: Decay
    weight: float
    label: str = field(default="", repr=False)
    missing: float | Literal["unknown"] = field(default="unknown", repr=False)
    measured_to: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    source: str = field(default="", repr=False)
    decay_reason: str = field(default="", repr=False)
    decay_source: str = field(default="", repr=False)
    unit: str = field(default="", repr=False)
    features: str = field(default="", repr=False, compare=False)
    raster: RasterBand | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.name or not self.column:
            raise ScoreError(
                f"criterion {self.name!r}: name and column are {self.name!r} and {self.column!r}",
                "give both",
            )
        if not isinstance(self.value, Decay):
            raise ScoreError(
                f"criterion {self.name}: value is {self.value!r}",
                "give a decay function, for instance Exponential(50)",
            )
        check_weight(self.weight, f"criterion {self.name}: weight")
        if self.missing != "unknown" and not (is_number(self.missing) and 0 <= self.missing <= 1):
            raise ScoreError(
                f"criterion {self.name}: missing is {self.missing!r}",
                'give "unknown" or the value to assume, from 0 to 1',
            )
        if not self.label:
            object.__setattr__(self, "label", self.name)
        if not self.features:
            object.__setattr__(self, "features", self.label)

    @property
    def unit_km(self) -> float:
        """Kilometres per unit of the column: 0.001 where its name ends in ``_m``; else, or with `unit`, 1."""
        return 0.001 if self.column.endswith("_m") and not self.unit else 1.0

    @classmethod
    def from_raster(
        cls,
        path: Path | str,
        *,
        name: str,
        value: Decay,
        weight: float,
        band: int = 1,
        method: Method = "nearest",
        crs: str = "",
        unit: str = "",
        **texts: Any,
    ) -> Criterion:
        """Make a criterion of a raster: the less it has at a deposit, the better.

        Where a table has no column ``raster_<name>``, scoring reads the raster at each point. In a
        run, `uncertainty` reads it again at every drawn position.

        Parameters
        ----------
        path
            A GeoTIFF, Surfer grid or Esri ASCII grid, in any reference system.
        name, value, weight
            As of a criterion; the decay takes the raster's unit in place of kilometres.
        band
            Counts from 1.
        method
            ``"nearest"``, or ``"bilinear"`` for a field that is smooth.
        crs
            The reference system of a file that states none ("EPSG:32642").
        unit
            Of the values; by default what the band says, else "(value)".
        **texts
            ``label``, ``missing``, ``measured_to``, ``reason``, ``source`` and so on.

        Returns
        -------
        Criterion

        Raises
        ------
        SchemaError
            When the file cannot be used.
        ScoreError
            As for a criterion.

        Notes
        -----
        Values have the band's scale and offset applied. Where the raster has no data the criterion
        is unknown. A value below 0 is worth as much as 0.

        Examples
        --------
        >>> from geo_ree.scoring import Linear
        >>> from geo_ree.storage import starter_path
        >>> Criterion.from_raster(
        ...     starter_path("elevation.tif"), name="height", value=Linear(4000), weight=0.2)
        Criterion(name='height', column='raster_height', value=Linear(zero_km=4000), weight=0.2)
        """
        from geo_ree.reading.raster_band import RasterBand  # noqa: PLC0415 (GDAL only when needed)

        raster = RasterBand(str(path), band, method, crs)
        stated = raster.read_unit()
        unit = unit or stated or "(value)"
        return cls(name, f"raster_{name}", value, weight, unit=unit, raster=raster, **texts)


@dataclass(frozen=True)
class Veto:
    """A limit that excludes a deposit: its score becomes 0, with the reason.

    Parameters
    ----------
    column
        Column of the table.
    limit
        The limit, in the unit of the column.
    reason
        Text shown beside the score of 0.
    op
        The comparison that excludes: ``>``, ``>=``, ``<`` or ``<=``. An unknown value is never
        excluded.

    Examples
    --------
    >>> Veto("dist_road_km", 300, "no road within 300 km").applies([10.0, 301.0, float("nan")])
    array([False,  True, False])
    """

    column: str
    limit: float
    reason: str
    op: Op = ">"

    def __post_init__(self) -> None:
        where = f"veto on {self.column!r}"
        if not self.column or not self.reason:
            raise ScoreError(f"{where}: column or reason is empty", "give both")
        if not is_number(self.limit):
            raise ScoreError(f"{where}: limit is {self.limit!r}", "give a finite number")
        if self.op not in _OPS:
            raise ScoreError(f"{where}: op is {self.op!r}", f"use one of {' '.join(_OPS)}")

    def applies(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Mask of the values (numbers, any shape) that the veto excludes."""
        numbers = np.asarray(values, dtype=np.float64)
        return np.asarray(_OPS[self.op](numbers, self.limit), dtype=np.bool_)


@dataclass(frozen=True)
class Variant:
    """An alternative set of weights of a model.

    Parameters
    ----------
    name
        Its name; the variant ``default`` is used unless another applies.
    weights
        One per criterion, in the order of the criteria.
    when_known
        The column that selects this set as soon as any row of the table has a value in it.
    reason
        Why there is this set.
    """

    name: str
    weights: tuple[float, ...]
    when_known: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))
        for weight in self.weights:
            check_weight(weight, f"variant {self.name}: weight")


def check_weight(weight: object, where: str) -> None:
    """Raise a ScoreError for a weight that is negative, infinite or not a number."""
    if not is_number(weight) or weight < 0:  # type: ignore[operator]
        raise ScoreError(f"{where} is {weight!r}", "give a finite number, 0 or more")


def distance_words(criterion: Criterion, distance_km: float, limits: object = None) -> str:
    """Features and distance, for instance ``railway 1,240 km`` or ``climb to the railway 860 m``.

    `limits` are the targets of the column ``upper_limits``, whose distances are written "at most".
    """
    if math.isnan(distance_km):
        return f"{criterion.features} unknown"
    if math.isinf(distance_km):
        return f"{criterion.features} out of reach"
    if criterion.unit:
        return f"{criterion.features} {distance_km:,.4g} {criterion.unit}"
    if criterion.unit_km != 1.0:
        return f"{criterion.features} {1000.0 * round(distance_km, 2):,.0f} m"
    at_most = "at most " if _is_upper_limit(criterion, limits) else ""
    if distance_km < 0.95:
        near = f"{distance_km:.1f}" if distance_km >= 0.05 else "under 0.1"
        return f"{criterion.features} {at_most}{near} km"
    return f"{criterion.features} {at_most}{distance_km:,.0f} km"


def _is_upper_limit(criterion: Criterion, limits: object) -> bool:
    """Whether the criterion's distance is among those of the column ``upper_limits``."""
    target = criterion.column.removeprefix("dist_").removesuffix("_km")
    return isinstance(limits, str) and target in limits.split(";")
