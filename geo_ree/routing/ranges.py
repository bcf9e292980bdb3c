"""Figures with their P10, P50 and P90, from tables with a year and a source in each row."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geo_ree.crs import Floats
from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import FACTS, read_facts
from geo_ree.routing.table_rules import read_table

UNIT_COSTS = FACTS / "unit_costs.csv"
"""The unit costs, speeds and waits of the package."""

BASES = ("published", "derived", "judgement")
"""What a range rests on; all but the published ones are marked as assumed where they are used."""

_COLUMNS = ("name", "p10", "p50", "p90", "unit", "year", "source", "basis")
_Z90 = 1.2815515655446004
"""The standard normal deviate that 90 % of the draws stay below."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """A figure known by its interval: in 8 of 10 cases it lies between P10 and P90.

    Parameters
    ----------
    name
        Key of the figure; draws of the same name are shared by all that use it.
    p10, p50, p90
        In `unit`, ascending; all positive, or all equal.
    unit, year, source
        As in the table.
    basis
        One of `BASES`.

    Examples
    --------
    >>> rail = Range(name="rail", p10=2.0, p50=4.2, p90=8.8, unit="US cents per t-km", year="2022")
    >>> draw(rail, 3, seed=1).round(2).tolist()
    [2.67, 6.06, 2.59]
    """

    name: str
    p10: float
    p50: float
    p90: float
    unit: str
    year: str = ""
    source: str = ""
    basis: str = "judgement"

    def __post_init__(self) -> None:
        """Refuse what is no range of costs."""
        if fault := _find_fault(self.p10, self.p50, self.p90):
            raise RouteError(f"{self.name}: {fault[0]}", fault[1])

    @property
    def assumed(self) -> bool:
        """Whether the figure is not a published one."""
        return self.basis != "published"


def draw(figure: Range, draws: int, seed: int) -> Floats:
    """Draw a figure: log-normal on either side of its median, through P10, P50 and P90.

    Parameters
    ----------
    figure
        A range.
    draws
        How many.
    seed
        With the same seed and name the draws are the same, whatever else is drawn, and fewer draws
        are the first of more: costs of two deposits that share a tariff move together.

    Returns
    -------
    numpy.ndarray
        Shape (draws,), in the unit of the range.

    Examples
    --------
    >>> fixed = Range(name="fee", p10=5.0, p50=5.0, p90=5.0, unit="USD per t")
    >>> draw(fixed, 2, seed=1).tolist()
    [5.0, 5.0]
    """
    deviates = standard_normal(figure.name, draws, seed)
    if figure.p10 == figure.p90:
        return np.full(draws, figure.p50)
    below, above = np.log(figure.p50 / figure.p10), np.log(figure.p90 / figure.p50)
    return np.asarray(figure.p50 * np.exp(deviates / _Z90 * np.where(deviates < 0, below, above)))


def standard_normal(name: str, draws: int, seed: int) -> Floats:
    """Draw standard normal deviates from the stream of a name."""
    return stream(name, seed).standard_normal(draws)


def stream(name: str, seed: int) -> np.random.Generator:
    """Return the random numbers of a name: the same for all that use it, whatever else is drawn."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def read_ranges(path: Path | str = UNIT_COSTS) -> dict[str, Range]:
    """Read a table of ranges.

    Parameters
    ----------
    path
        CSV (UTF-8) with the columns name, p10, p50, p90, unit, year, source and basis; further
        columns are ignored.

    Returns
    -------
    dict of str to Range
        By name, in the order of the table.

    Raises
    ------
    RouteError
        Naming the file and the row: a column is missing, a figure is no number or negative, P10 to
        P90 do not ascend, a row has no year or source, or a name comes twice.

    Examples
    --------
    >>> read_ranges()["rail"].unit
    'US cents per t-km'
    """
    table = read_table(path, _COLUMNS)
    out: dict[str, Range] = {}
    for row, cells in enumerate(table.to_dict("records"), start=2):
        figure = _read_row({str(k): str(v) for k, v in cells.items()}, f"{path} row {row}")
        if figure.name in out:
            raise RouteError(f"{path} row {row}: {figure.name} comes twice", "remove one")
        out[figure.name] = figure
    return out


def unit_costs(costs: Mapping[str, Range] | Path | str | None = None) -> dict[str, Range]:
    """Return the unit costs of the package, with those of a file or mapping in their place.

    Parameters
    ----------
    costs
        Ranges by name; the path of a table like ``facts/unit_costs.csv``, which may hold a few
        rows only; or a scenario of ``facts/cost_scenarios.csv`` (``ktz_2026``, ``class7``).

    Raises
    ------
    RouteError
        See `read_ranges`; also for a name that the package does not have.

    Examples
    --------
    >>> dearer = Range(name="rail", p10=6.2, p50=13.0, p90=27.3, unit="US cents per t-km")
    >>> unit_costs({"rail": dearer})["rail"].p50, unit_costs("ktz_2026")["rail"].p10
    (13.0, 6.2)
    """
    known = read_ranges()
    if costs is None:
        return known
    if isinstance(costs, str | Path) and not Path(costs).exists():
        return known | _scenario(str(costs), known)
    own = read_ranges(costs) if isinstance(costs, str | Path) else dict(costs)
    strange = sorted(set(own) - set(known))
    if strange:
        raise RouteError(
            f"no unit cost is called {', '.join(strange)}", f"known: {', '.join(sorted(known))}"
        )
    return known | own


def _scenario(name: str, known: Mapping[str, Range]) -> dict[str, Range]:
    table = read_facts("cost_scenarios")
    rows = table[table["scenario"] == name]
    if rows.empty:
        scenarios = ", ".join(table["scenario"].unique())
        raise RouteError(f"{name} is no file and no scenario", f"scenarios: {scenarios}")
    return {row["unit_cost"]: _scale(known, row) for row in rows.to_dict("records")}


def _scale(known: Mapping[str, Range], row: Mapping[Any, Any]) -> Range:
    figure = known[row["unit_cost"]]
    return replace(
        figure,
        p10=figure.p10 * row["factor_p10"],
        p50=figure.p50 * row["factor_p50"],
        p90=figure.p90 * row["factor_p90"],
        year=f"{figure.year}, scenario {row['scenario']} {row['year']}",
        source=f"{figure.source}; {row['source']}",
        basis="judgement" if row["basis"] == "judgement" else "derived",
    )


def _read_row(cells: Mapping[str, str], place: str) -> Range:
    try:
        low, middle, high = (float(cells[name]) for name in ("p10", "p50", "p90"))
    except ValueError:
        raise RouteError(
            f"{place}: P10, P50 and P90 are {cells['p10']!r}, {cells['p50']!r}, {cells['p90']!r}",
            "give three numbers with a decimal point",
        ) from None
    place = f"{place} ({cells['name']})"
    if fault := _find_fault(low, middle, high):
        raise RouteError(f"{place}: {fault[0]}", fault[1])
    for name in ("year", "source", "unit"):
        if not cells[name]:
            raise RouteError(f"{place} has no {name}", f"fill in the column {name}")
    if cells["basis"] not in BASES:
        raise RouteError(
            f"{place}: the basis is {cells['basis']!r}", f"use one of {', '.join(BASES)}"
        )
    words = {name: cells[name] for name in ("name", "unit", "year", "source", "basis")}
    return Range(p10=low, p50=middle, p90=high, **words)


def _find_fault(low: float, middle: float, high: float) -> tuple[str, str] | None:
    """Say why three figures are no range of costs, and what to do."""
    if not np.isfinite([low, middle, high]).all() or min(low, middle, high) < 0:
        return f"{low:g} to {high:g} is no range of costs", "none is negative"
    if not low <= middle <= high:
        return f"P10 {low:g}, P50 {middle:g} and P90 {high:g} do not ascend", "sort them"
    if low == 0 < high:
        return "P10 is 0 and P90 is not", "give a small positive P10"
    return None
