"""What one run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

AGGREGATES = ("weighted_sum", "weighted_product", "topsis")
"""How values become one score: those of `geo_ree.scoring`, which is slow to load."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What one run is asked to do.

    Parameters
    ----------
    only, without
        Ids of sources to use alone, and to leave out.
    preset
        Name of a packaged preset, or path of a TOML file.
    targets
        Path of a TOML file with other targets; None takes the package's.
    gateways
        Names of the gateways that count; empty takes the targets' own.
    avoid
        ISO alpha-3 codes of neighbours through which nothing is to go.
    aggregate
        How values become one score, in place of the preset's word (see
        `geo_ree.scoring.ScoreModel`); None keeps that.
    draws, seed
        Of the uncertainty.
    concentration
        How closely drawn weights keep to the preset's.
    catalog
        Path of a TOML file with more sources.
    skip_bad_rows
        Set rows with senseless coordinates aside instead of stopping.
    """

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    preset: str = "infrastructure"
    targets: str | None = None
    gateways: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    aggregate: str | None = None
    draws: int = 1000
    seed: int = 20240607
    concentration: float = 50.0
    catalog: str | None = None
    skip_bad_rows: bool = False
