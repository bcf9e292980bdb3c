"""Lines that a source places at a deposit, beside the measured distances: both, and what each decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geo_ree.routing.facts_tables import read_facts

STATED_COLUMNS = (
    *(
        "stated_km",
        "stated_in",
        "stated_source",
        "stated_note",
        "measured_km",
        "measured_to",
        "assumed_km",
    ),
    *(f"measured_usd_t_treo_p{p}" for p in (10, 50, 90)),
    *("measured_share_pct_p50", "measured_pays_pct"),
)
"""Columns of the table of access costs: a source's distance, the one without it, and the total with that."""

_COMPONENTS = {"road": "road", "railway": "rail_spur", "power_line": "power"}
"""Component of the cost that a distance decides."""

_WORDS = {"road": "road", "railway": "railway", "power_line": "power line"}


class StatedLine(NamedTuple):
    """A line that a source places at a deposit.

    Parameters
    ----------
    target
        ``road``, ``railway`` or ``power_line``.
    km
        Distance by the source.
    year
        Of the source; no newer one was found.
    source
        Where it is said.
    note
        What it says besides.
    """

    target: str
    km: float
    year: str
    source: str
    note: str = ""


def stated_lines(site: Mapping[str, object]) -> tuple[StatedLine, ...]:
    """Return the lines that a source places at a deposit (``facts/site_access.csv``).

    Examples
    --------
    >>> [(line.target, line.km, line.year) for line in stated_lines({"id": "starter_deposits:kutessay-ii"})]
    [('road', 0.0, '2009'), ('power_line', 0.0, '2009')]
    """
    return _by_deposit().get(str(site["id"]), ())


def stated_km(site: Mapping[str, object], target: str) -> float | None:
    """Return the kilometres to a line by a source, None where no source gives them.

    Examples
    --------
    >>> stated_km({"id": "starter_deposits:kutessay-ii"}, "road")
    0.0
    """
    return next((line.km for line in stated_lines(site) if line.target == target), None)


@lru_cache(maxsize=1)
def _by_deposit() -> dict[str, tuple[StatedLine, ...]]:
    out: dict[str, tuple[StatedLine, ...]] = {}
    for row in read_facts("site_access").to_dict("records"):
        said = str(row["year"]), str(row["source"]), str(row["note"])
        line = StatedLine(row["target"], float(row["km"]), *said)
        out[row["deposit_id"]] = (*out.get(row["deposit_id"], ()), line)
    return out


def put_beside(
    access: pd.DataFrame, measured: pd.DataFrame, deposits: pd.DataFrame
) -> pd.DataFrame:
    """Put the measured distances, and what access costs with them, beside the stated ones.

    Parameters
    ----------
    access
        From `access_cost`, by the stated distances.
    measured
        The same of the deposits with a stated line, by the measured distances alone.
    deposits
        Those deposits, with ``dist_..._km``.

    Returns
    -------
    pandas.DataFrame
        `access` with `STATED_COLUMNS`: of a component the distances, of the total its figures without
        the stated lines; blank for all other deposits. ``assumed_km`` is what those figures assume for
        a line to which nothing is measured.
    """
    texts = ("stated_in", "stated_source", "stated_note", "measured_to")
    blank = pd.Series(None, access.index, dtype=object)
    out = access.assign(**{n: blank if n in texts else np.nan for n in STATED_COLUMNS})
    totals = measured[measured["component"] == "total"].set_index("deposit_id")
    without = measured.set_index(["deposit_id", "component"])["quantity"]
    for row in deposits.to_dict("records"):
        site = {str(name): value for name, value in row.items()}
        own = out["deposit_id"] == site["id"]
        for line in stated_lines(site):
            part, km = _COMPONENTS[line.target], _measured_km(site, line.target)
            at = own & (out["component"] == part)
            out.loc[at, ["stated_km", "measured_km"]] = line.km, km
            if np.isnan(km):
                out.loc[at, "assumed_km"] = without.get((site["id"], part), np.nan)
            out.loc[at, "stated_in"], out.loc[at, "stated_source"] = line.year, line.source
            out.loc[at, "stated_note"] = line.note
            out.loc[at, "measured_to"] = site.get(f"near_{line.target}")
        if site["id"] in totals.index:
            total, at = totals.loc[site["id"]], own & (out["component"] == "total")
            for q in ("p10", "p50", "p90"):
                out.loc[at, f"measured_usd_t_treo_{q}"] = total[f"usd_t_treo_{q}"]
            out.loc[at, "measured_share_pct_p50"] = total["share_pct_p50"]
            out.loc[at, "measured_pays_pct"] = total["pays_pct"]
    return out


def with_stated_line(ids: Iterable[str]) -> list[bool]:
    """Say of which deposits a source places a line at them."""
    return [bool(stated_lines({"id": i})) for i in ids]


def reconcile(access: pd.DataFrame) -> dict[str, str]:
    """Say of each deposit with a stated line both distances, what uses which, and both costs.

    Parameters
    ----------
    access
        The published table of access costs.

    Returns
    -------
    dict
        Deposit -> sentences; deposits without a stated line are not in it.
    """
    if "stated_km" not in access:
        return {}
    out: dict[str, list[str]] = {}
    targets = {component: target for target, component in _COMPONENTS.items()}
    for row in access[access["stated_km"].notna()].to_dict("records"):
        words = _WORDS[targets[row["component"]]]
        out.setdefault(row["deposit_id"], []).append(
            f"{words.capitalize()}: {row['stated_km']:g} km by a source of {row['stated_in']} "
            f"({row['stated_source']}), no newer one was found; the score takes {_measured(row)}."
        )
    totals = access[access["component"] == "total"].set_index("deposit_id")
    rows = {str(i): row for i, row in totals.to_dict("index").items()}
    return {i: " ".join([*said, _other_cost(rows[i])]) for i, said in out.items()}


def _measured(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["measured_km"]):
        none = "none, because no layer of the run holds one in reach"
        km = row["assumed_km"]
        return none if pd.isna(km) else f"{none}; without it the cost assumes {km:.0f} km"
    feature = row["measured_to"] if isinstance(row["measured_to"], str) else "the nearest known one"
    return f"the {row['measured_km']:.0f} km that were measured to it ({feature})"


def _measured_km(site: Mapping[str, Any], target: str) -> float:
    value = site.get(f"dist_{target}_km")
    return np.nan if value is None else float(value)


def _other_cost(total: Mapping[Any, Any]) -> str:
    middle = total["measured_usd_t_treo_p50"]
    if pd.isna(middle):
        return "The cost per tonne of oxides is unknown with them and without."
    low, high = (total[f"measured_usd_t_treo_p{p}"] for p in (10, 90))
    share = total["measured_share_pct_p50"]
    paid = "" if pd.isna(share) else f", {share:.0f} % of the payable value"
    own = [total[f"usd_t_treo_p{p}"] for p in (50, 10, 90)]
    return (
        f"Access costs {own[0]:,.0f} USD per tonne of oxides ({own[1]:,.0f} to {own[2]:,.0f}) if what "
        f"the source states is there, and {middle:,.0f} ({low:,.0f} to {high:,.0f}){paid} if not."
    )
