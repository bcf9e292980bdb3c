"""Values of a raster: unit, scale and offset applied, and what its layer cannot have unknown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.schema import LAND_HEIGHT_M, units_of

HEIGHT = "elevation_m"
"""The column whose units a raster's heights can have."""

POSSIBLE: Mapping[str, tuple[float, float, str]] = MappingProxyType(
    {
        "elevation": (*LAND_HEIGHT_M, "m, as land has"),
        "seismic_hazard": (0.0, 5.0, "g: no hazard map of rock has more"),
        "population": (0.0, 10_000_000.0, "people, as a cell can have"),
    }
)
"""Raster layer -> the lowest and the highest value that it can have, and the reason."""

_SLOPE_DEG = (0.0, 90.0)
_WORDS = {
    "m": ("m", "metre", "metres", "meter", "meters", "metre(s)", "meter(s)"),
    "ft": ("ft", "foot", "feet", "international foot", "international feet", "intl foot"),
    "us-ft": (
        *("us survey foot", "us survey feet", "u.s. survey foot", "survey foot", "us-ft", "usft"),
        *("ftus", "foot_us", "us foot", "us_survey_foot"),
    ),
    "km": ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
}


def read_values(
    dataset: DatasetReader, window: Window, source: Source, band: int = 1
) -> tuple[NDArray[np.float32], int]:
    """Read values (band 1; heights in metres) or slopes in degrees, and count the impossible ones.

    NaN stands where the file or the entry say no data, and for what the layer cannot have: voids of
    -32768 or 9999 that the file does not declare.
    """
    read = dataset.read(band, window=window, masked=True)
    values = np.asarray(np.ma.filled(read.astype(np.float32), np.nan), dtype=np.float32)
    values[np.isin(values, [float(text) for text in source.nulls.get("*", ())])] = np.nan
    known = np.isfinite(values)
    heights = source.layer == "elevation" and band == 1
    factor = metres_per_unit(dataset, source) if heights else 1.0
    scale, offset = dataset.scales[band - 1] * factor, dataset.offsets[band - 1] * factor
    low, high = POSSIBLE[source.layer][:2] if band == 1 else _SLOPE_DEG
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(values * scale + offset, dtype=np.float32)
        possible = (values >= low) & (values <= high)
    values[~possible] = np.nan
    return values, int((known & ~possible).sum())


def metres_per_unit(dataset: DatasetReader, source: Source) -> float:
    """Metres in the unit of the heights: that of the entry, else that of the band, else the metre.

    Raises SchemaError for a unit that is no length.
    """
    if HEIGHT in source.units:
        return source.factor_of(HEIGHT)
    stated = " ".join((dataset.units[0] or "m").split())
    unit = next((unit for unit, words in _WORDS.items() if stated.casefold() in words), "")
    if not unit:
        raise SchemaError(
            f"{source.id}: the unit of the raster is {stated[:40]!r}, expected metres or feet",
            f'state the unit of its heights in the catalogue entry: units = {{ {HEIGHT} = "m" }}',
        )
    return units_of(HEIGHT)[unit]


def no_value_error(name: str, source: Source, impossible: int) -> SchemaError:
    """Return the error about a raster without a value that its layer can have."""
    what, hint = "no value", "fetch it for a box over land"
    if impossible:
        low, high, reason = POSSIBLE[source.layer]
        noun = "height" if source.layer == "elevation" else "value"
        what = f"no {noun} from {low:g} to {high:g} {reason} ({impossible} pixels)"
    if source.layer == "elevation":
        hint = f'{hint}, or state its unit: units = {{ {HEIGHT} = "ft" }}'
    return SchemaError(f"{source.id}: {name} contains {what}", hint)
