"""Visit plans: the deposits of a run with their nearest airport and border, grouped into trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.outputs.bundle import Bundle
from geo_ree.pipeline.export import gather_tables
from geo_ree.pipeline.records import Result
from geo_ree.proximity import nearest
from geo_ree.schema.deposit_lookup import find_deposit
from geo_ree.scoring import html_table
from geo_ree.studies.visits.trips import Trip, group_trips

_AIRPORTS = ("large", "medium", "small")
_NO_AIRPORTS = ("heliport", "closed")

TAILINGS_KM = 30.0
"""Legacy tailings nearer than this are named for a visit (judgement)."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class VisitPlan:
    """Deposits to visit, and the trips they make.

    Parameters
    ----------
    sites
        A row per deposit: the columns of the run's table, with ``dist_ err_ near_`` of ``airport``
        and ``border``; NaN and None are unknown.
    trips
        Deposits near each other; their places are rows of `sites`.
    within_km
        Longest step within a trip.
    bundle
        The tables of the run, with the sources to credit.
    """

    sites: gpd.GeoDataFrame
    trips: tuple[Trip, ...]
    within_km: float
    bundle: Bundle

    def __repr__(self) -> str:
        return f"<VisitPlan: {len(self.sites)} deposits, {len(self.trips)} trips>"

    def _repr_html_(self) -> str:
        trip = {place: n for n, t in enumerate(self.trips, start=1) for place in t.places}
        shown = pd.DataFrame(
            {
                "trip": [trip[place] for place in range(len(self.sites))],
                "name": self.sites["name"],
                "country": self.sites["country"],
                "latitude": self.sites["latitude"].map("{:.4f}".format),
                "longitude": self.sites["longitude"].map("{:.4f}".format),
                "airport": self.sites["near_airport"],
                "km to it": self.sites["dist_airport_km"],
            }
        )
        lengths = [f"trip {n}: {t.length_km:,.0f} km" for n, t in enumerate(self.trips, start=1)]
        caption = f"Round trips in straight lines: {'; '.join(lengths)}"
        return html_table(shown.sort_values("trip", kind="stable"), caption=caption)


def plan_visit(result: Result, deposits: Sequence[str], *, within_km: float = 150.0) -> VisitPlan:
    """Plan a visit to deposits.

    Parameters
    ----------
    result
        The result of `geo_ree.run`.
    deposits
        Ids or names. Of several deposits with a name, ranked ones come first, then those that do not
        have it as an alias; where that leaves several, give the id.
    within_km
        Deposits this near to each other make one trip; so do neighbours in one ore field.

    Returns
    -------
    VisitPlan

    Raises
    ------
    SettingsError
        When there is no such deposit, or no source gives it a coordinate.

    Examples
    --------
    >>> import geo_ree
    >>> result = geo_ree.run(geo_ree.Settings(), geo_ree.Options(draws=50))
    >>> plan_visit(result, ["Kutessay II", "Aktyuz", "Kundybai"])
    <VisitPlan: 3 deposits, 2 trips>
    """
    bundle = gather_tables(result)
    scored = bundle.scored
    rows = [find_deposit(word, scored, bundle.unranked) for word in dict.fromkeys(deposits)]
    sites = scored.iloc[list(dict.fromkeys(rows))]
    layers = result.layers.frames
    labels = result.layers.labels
    sites = sites.reset_index(drop=True)
    near = (_to_airport(sites, layers, labels), _tailings_near(sites, layers))
    sites = pd.concat([sites, *near], axis=1)
    trips = group_trips(
        sites.geometry.x,
        sites.geometry.y,
        within_km=within_km,
        districts=sites["district"].tolist() if "district" in sites else (),
    )
    return VisitPlan(sites=sites, trips=tuple(trips), within_km=within_km, bundle=bundle)


def _to_airport(
    sites: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame], labels: Mapping[str, str]
) -> pd.DataFrame:
    """The nearest airport in any country; unknown without a source of airports.

    Airports of a published size count, and those that have a code of IATA.
    """
    used = layers.get("airports")
    if used is not None:
        coded = used["iata"].notna() if "iata" in used else False
        used = used[used["kind"].isin(_AIRPORTS) | coded]
        used = used[~used["kind"].isin(_NO_AIRPORTS)]
    return _reach(sites, used, "airport", labels)


def _tailings_near(sites: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> pd.Series:
    """Legacy tailings within `TAILINGS_KM`: name, distance, what is published, and by whom."""
    words = pd.Series(None, index=sites.index, name="tailings", dtype=object)
    tailings = layers.get("tailings")
    if tailings is None:
        return words
    for at, place in sites.geometry.items():
        one = gpd.GeoDataFrame(geometry=[place], crs=sites.crs)
        away = nearest(tailings, one)["distance_m"] / 1000.0
        close = away[away <= TAILINGS_KM].sort_values()
        words[at] = "; ".join(
            _tailings_words(row, km)
            for row, km in zip(tailings.loc[close.index].to_dict("records"), close, strict=True)
        )
    return words


def _tailings_words(row: Mapping[str, Any], km: float) -> str:
    """Name and distance of tailings, with what is published of them and where, as far as it is."""
    name, what, reference = (
        row[c] if isinstance(row.get(c), str) else "" for c in ("name", "what", "reference")
    )
    published = (f": {what}" if what else "") + (f" ({reference})" if reference else "")
    return f"{name or 'without a name'}, about {km:.0f} km{published}"


def _reach(
    sites: gpd.GeoDataFrame, targets: gpd.GeoDataFrame | None, name: str, labels: Mapping[str, str]
) -> pd.DataFrame:
    """Distance to the nearest feature, its error as far as known, and its name with its source."""
    columns = [f"dist_{name}_km", f"err_{name}_km", f"near_{name}"]
    if targets is None or targets.empty:
        blank = pd.DataFrame(float("nan"), index=sites.index, columns=columns[:2])
        return blank.assign(**{columns[2]: pd.Series(None, index=sites.index, dtype=object)})
    found = nearest(sites, targets)
    names = [_named(row, labels) for row in targets.loc[found["target"]].to_dict("records")]
    error = pd.to_numeric(sites["position_error_m"]) / 1000.0
    values = (found["distance_m"] / 1000.0, error, pd.Series(names, sites.index, dtype=object))
    return pd.DataFrame(dict(zip(columns, values, strict=True)))


def _named(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    iata, code = row.get("iata"), row.get("code")
    if isinstance(iata, str) and iata:
        code = f"IATA {iata}"
    known = f", {code}" if isinstance(code, str) and code else ""
    label = labels.get(str(row["source_id"]), str(row["source_id"]))
    return f"{row['name']} ({row['country']}){known}, {label}"
