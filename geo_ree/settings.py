"""The settings of one run: made once, passed along, never changed."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from geo_ree._version import __version__
from geo_ree.errors import SettingsError

Box = tuple[float, float, float, float]
"""Western, southern, eastern and northern limit, degrees; east above 180 across the antimeridian."""

REGION: Box = (40.0, 29.0, 120.0, 56.0)
"""The region of the published runs: what the starter data cover, and where they are measured."""

SCORED_COUNTRIES: tuple[str, ...] = ("KAZ", "UZB", "KGZ", "TJK", "TKM", "MNG", "AFG")
"""ISO 3166-1 alpha-3 codes of the countries whose deposits are ranked."""


def check_box(box: Sequence[float]) -> Box:
    """Give a box as four numbers, or raise SettingsError; east may lie beyond the antimeridian.

    Examples
    --------
    >>> check_box([29, -2, 36, 5])
    (29.0, -2.0, 36.0, 5.0)
    """
    numbers = tuple(float(edge) for edge in box)
    if len(numbers) == 4:
        west, south, east, north = numbers
        if west > east >= -180 and west <= 180:
            east += 360.0
        if -180 <= west < east <= west + 360 and west <= 180 and -90 <= south < north <= 90:
            return west, south, east, north
    raise SettingsError(
        f"{','.join(f'{n:g}' for n in numbers)} is not a region",
        "give WEST,SOUTH,EAST,NORTH in degrees, for instance 29,-2,36,5",
    )


DISCLAIMER = "a screening of public data, not investment advice"

SEED = 20240607
"""Seed of every random draw, unless another is given."""

Aggregate = Literal["weighted_sum", "weighted_product", "topsis"]
AGGREGATES: tuple[str, ...] = get_args(Aggregate)
"""How values become one score: the functions are in `geo_ree.scoring.aggregates`."""


GDAL_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # a file beside a raster is not a part of it
        "GDAL_PAM_ENABLED": "NO",  # nor is its .aux.xml, which may name further files
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",  # no file on the web has this ending
        "GDAL_HTTP_PROXY": "127.0.0.1:9",  # where nobody answers (RFC 863)
        "GDAL_HTTP_MAX_RETRY": "0",
    }
)
"""Options under which GDAL opens every raster: that file alone, and nothing on the network."""

GDAL_SKIP = (
    "VRT OGR_VRT GDALG GTI STACIT STACTA DERIVED MRF TIL HTTP WMS WCS WMTS WFS OAPIF OGCAPI CSW "
    "DAAS EEDA EEDAI ESRIC KMLSUPEROVERLAY NGW PLMOSAIC PLSCENES Elasticsearch Carto AmigoCloud "
    "ADBC GPSBabel PDS4 OGR_PDS"
)
"""Drivers of GDAL that follow a file to other files, programs or addresses."""


def restrict_gdal() -> None:
    """Keep GDAL in this process from the network and from the drivers in `GDAL_SKIP`.

    The command line calls this before GDAL is loaded. It is not for a library to decide for the
    process of its user: there the readers rely on the checks of each file.
    """
    os.environ["GDAL_SKIP"] = ",".join(GDAL_SKIP.split())
    os.environ.update({n: v for n, v in GDAL_OPTIONS.items() if "CURL" in n or "HTTP" in n})
    # each build of GDAL lacks some of these drivers anyway, and warns of each that it lacks
    logging.getLogger("rasterio._env").addFilter(_is_no_lacking_driver)


def _is_no_lacking_driver(record: logging.LogRecord) -> bool:
    return "to unload from GDAL_SKIP" not in record.getMessage()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file of unknown origin may make a reader hold, whatever its own size.

    A file that declares more is refused before it is read. The environment variable
    ``GEO_REE_LIMITS`` multiplies all of them: ``GEO_REE_LIMITS=2`` allows twice as much.

    Parameters
    ----------
    members
        Files in an archive. The largest archive of the catalogue has a few hundred.
    expanded_bytes
        All files of an archive together, and the columns of a Parquet file: what a machine with
        16 GB can still hold beside a run.
    ratio
        Expanded size of a file in an archive (beyond 10 MB) over its packed size. Tables of
        numbers reach about 50.
    workbook_bytes
        The XML of a workbook; it is held in memory whole.
    cells
        Rows times columns of a worksheet, which is laid out whole in memory.
    text_bytes
        The texts of a worksheet, counted as often as its cells repeat them.
    block_bytes
        A block (tile or strip) of a raster, which GDAL reads as a whole.
    raster_pixels
        Pixels of a raster; twice Kazakhstan at one arc-second.
    child_bytes, child_s
        Memory and seconds of the child process that tries a file (see `geo_ree.reading.trial`).

    Examples
    --------
    >>> Limits().cells
    10000000
    """

    members: int = 20_000
    expanded_bytes: int = 4_000_000_000
    ratio: int = 250
    workbook_bytes: int = 500_000_000
    cells: int = 10_000_000
    text_bytes: int = 1_000_000_000
    block_bytes: int = 268_435_456
    raster_pixels: int = 20_000_000_000
    child_bytes: int = 6_000_000_000
    child_s: int = 300

    @classmethod
    def current(cls) -> Limits:
        """Return the limits, multiplied by ``GEO_REE_LIMITS``.

        Raises `SettingsError` if that is not a positive number.
        """
        given = os.environ.get("GEO_REE_LIMITS", "1")
        try:
            factor = float(given)
        except ValueError:
            factor = 0.0
        if not 0.0 < factor < 1e6:
            raise SettingsError(
                f"GEO_REE_LIMITS is {given!r}", "give a positive number, for instance 2"
            )
        return cls(**{name: round(most * factor) for name, most in asdict(cls()).items()})


LARGER_LIMITS = "do not use it; if you trust it, set GEO_REE_LIMITS=2 (or more) to allow more"
"""Hint for a file that declares more than `Limits` allow."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where data lives and how the network is used.

    Parameters
    ----------
    data_root
        Folder with ``raw/`` (payloads as published) and ``processed/`` (canonical layers); a path or
        its text.
    mirror
        Base address of an internal mirror: ``https://host/path`` is requested from
        ``<mirror>/host/path``. None requests from the publishers themselves.
    offline
        Never open a connection; a request raises a FetchError.
    connect_timeout_s, read_timeout_s
        Seconds to wait for a connection, and between two pieces of an answer.
    stall_s, min_bytes_per_s
        A download slower than this rate for this many seconds counts as interrupted.
    max_download_bytes
        A payload larger than this is refused.
    user_agent
        Sent to the publishers' servers.

    Examples
    --------
    >>> Settings(data_root="data").raw_root.as_posix()
    'data/raw'
    """

    data_root: Path = Path("data")
    mirror: str | None = None
    offline: bool = False
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 20.0
    stall_s: float = 60.0
    min_bytes_per_s: float = 1000.0
    max_download_bytes: int = 2_000_000_000
    user_agent: str = f"geo_ree/{__version__} (open-source screening of rare-earth deposits)"

    def __post_init__(self) -> None:
        object.__setattr__(self, "data_root", Path(self.data_root))

    @property
    def raw_root(self) -> Path:
        """Folder of the payloads as published."""
        return self.data_root / "raw"

    @property
    def processed_root(self) -> Path:
        """Folder of the canonical layers."""
        return self.data_root / "processed"

    @classmethod
    def from_environment(
        cls, *, data_root: Path | str = "data", mirror: str | None = None, offline: bool = False
    ) -> Settings:
        """Make settings from arguments, then from ``GEO_REE_MIRROR``.

        Parameters
        ----------
        data_root
            Folder of the data.
        mirror
            Overrides the environment variable ``GEO_REE_MIRROR``.
        offline
            Never open a connection.

        Returns
        -------
        Settings

        Examples
        --------
        >>> Settings.from_environment(mirror="http://127.0.0.1:8765/").mirror
        'http://127.0.0.1:8765'
        """
        address = mirror or os.environ.get("GEO_REE_MIRROR") or None
        mirror = address.rstrip("/") if address else None
        return cls(data_root=Path(data_root), mirror=mirror, offline=offline)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What one run is asked to do.

    Parameters
    ----------
    only, without
        Ids of sources to use alone, and to leave out. Here and below, one text may stand for a
        tuple of one.
    preset
        Name of a packaged preset, path of a TOML file, or a `geo_ree.ScoreModel`.
    targets
        Path of a TOML file with other targets; None takes the packaged ones.
    gateways
        Names of the gateways to measure to; empty takes those of the targets.
    avoid
        ISO alpha-3 codes of neighbours whose gateways are excluded.
    aggregate
        Overrides the aggregate of the preset, one of `AGGREGATES`; None keeps it.
    draws
        Monte Carlo draws of the uncertainty.
    seed
        Of the draws.
    concentration
        How closely drawn weights keep to those of the preset (of a Dirichlet distribution).
    catalog
        Path of a TOML file with more sources.
    skip_bad_rows
        Skip rows with invalid coordinates instead of stopping.
    commercial
        Leave out the sources whose licence does not clearly allow commercial use.
    region
        West, south, east and north limit (degrees) of what is read of the sources; None takes
        `REGION`. East is above 180 where it lies across the antimeridian.

    Raises
    ------
    SettingsError
        When a value cannot be used.

    Examples
    --------
    >>> Options(avoid="CHN").avoid
    ('CHN',)
    >>> Options(aggregate="mean")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: aggregate is 'mean'; use one of weighted_sum, weighted_product, \
topsis
    """

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    preset: Any = "infrastructure"
    targets: str | Path | None = None
    gateways: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    aggregate: str | None = None
    draws: int = 1000
    seed: int = SEED
    concentration: float = 50.0
    catalog: str | Path | None = None
    skip_bad_rows: bool = False
    commercial: bool = False
    region: Box | None = None

    def __post_init__(self) -> None:
        for name in ("only", "without", "gateways", "avoid"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        if self.aggregate is not None and self.aggregate not in AGGREGATES:
            raise SettingsError(
                f"aggregate is {self.aggregate!r}", f"use one of {', '.join(AGGREGATES)}"
            )
        if self.region is not None:
            object.__setattr__(self, "region", check_box(self.region))
        if self.draws < 1:
            raise SettingsError(f"draws is {self.draws}", "give at least 1, better 1000")
        if not self.concentration > 0:
            raise SettingsError(f"concentration is {self.concentration}", "give a positive number")
