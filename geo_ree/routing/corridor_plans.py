"""Corridors as data: which places each passes, and where it ends."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from geo_ree.crs import distance_m
from geo_ree.errors import RouteError, suggest_words
from geo_ree.routing.facts_tables import RULES, package_facts, read_facts
from geo_ree.routing.network import Network
from geo_ree.routing.railheads import DETOUR
from geo_ree.routing.route_answers import LISTED

DESTINATIONS = ("sea_port", "plant", "market")
"""Kinds of places at which a corridor may end."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A corridor: the places that every route of it passes, in order, the last one its end.

    Parameters
    ----------
    slug, name
        As in the table.
    places
        Names of places; the last one is where the land part ends.
    mode
        Of the part between the places: rail or road.
    not_through
        Countries that it does not pass.
    port
        What the column ``port`` says: the destination.
    leg
        Id of the sea leg from the last place, or "".
    tail_km, tail_mode, tail_straight
        From the port of arrival to a plant, by truck or rail, and whether that is a straight line.
    """

    slug: str
    name: str
    places: tuple[str, ...]
    mode: str
    not_through: tuple[str, ...]
    port: str
    leg: str = ""
    tail_km: float = 0.0
    tail_mode: str = "truck"
    tail_straight: bool = False


def read_plans(
    network: Network,
    corridors: str | Path | pd.DataFrame | None = None,
    *,
    via: str | Sequence[str] | None = None,
    to: str | None = None,
) -> list[Plan]:
    """Read the corridors, and choose those that answer a request.

    Parameters
    ----------
    network
        With the places that corridors name, and the sea legs.
    corridors
        A table (CSV file or frame) whose rows add to those of the package; a row of a known slug
        replaces it. Corridors of the package count where the network has all their places.
    via
        Slugs of corridors, or places that they pass.
    to
        Name of a destination; None: every open sea port that a corridor leads to.

    Returns
    -------
    list of Plan
        In the order of the table; empty where no corridor leads there.

    Raises
    ------
    RouteError
        When a row names an unknown place, or `via` or `to` an unknown one.
    """
    table = package_facts("corridors")
    table = table[[_all_known(row, network) for row in table.to_dict("records")]]
    if corridors is not None:
        own = _read_own(corridors)
        kept = table[~table["slug"].isin(own["slug"])]
        table = pd.concat([kept, own], ignore_index=True)
    targets = _read_targets(network)
    rows = [{str(k): str(v) for k, v in row.items()} for row in table.to_dict("records")]
    plans = [_read_plan(row, network) for row in rows]
    plans = _choose_via(plans, via, network)
    if to is None:
        ports = targets.index[(targets["kind"] == "sea_port") & (targets["state"] == "open")]
        return [plan for plan in plans if plan.port in ports]
    return _lead_to(plans, to, targets, network)


def _all_known(row: Mapping[Hashable, str], network: Network) -> bool:
    """Whether a network has all places of a corridor: a network of another region has not."""
    names = [*row["via"].split(LISTED), row["destination"]]
    return all(network.has_place(name) for name in names if name)


def _read_targets(network: Network) -> pd.DataFrame:
    """Ports, plants and markets of a network, with what the package knows of them, by name."""
    places = network.places[network.places["kind"].isin(DESTINATIONS)].set_index("name")
    facts = package_facts("destinations").set_index("name")[
        ["state", "access", "access_km", "access_mode"]
    ]
    targets = places.join(facts)
    words = {"state": "open", "access": "", "access_mode": ""}
    return targets.fillna(words)


def _read_own(corridors: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Check a table of corridors that somebody provides."""
    if not isinstance(corridors, pd.DataFrame):
        return read_facts("corridors", corridors).assign(where=str(corridors))
    table = corridors.reindex(columns=list(RULES["corridors"].columns), fill_value="").fillna("")
    table = table.assign(where="the corridors", mode=table["mode"].replace("", "rail"))
    missing = [name for name in ("slug", "destination") if (table[name] == "").any()]
    if missing:
        raise RouteError(
            f"the corridors lack {' and '.join(missing)} in a row", "give both in every row"
        )
    return table


def _read_plan(cells: dict[str, str], network: Network) -> Plan:
    via = [name.strip() for name in cells["via"].split(LISTED) if name.strip()]
    names = (*via, cells["destination"].strip())
    for name in names:
        try:
            network.place(name)
        except RouteError as error:
            where = cells.get("where", "nan").replace("nan", "corridors.csv")
            raise RouteError(
                f"{where}: the corridor {cells['slug']} passes {name!r}, which is no known place",
                str(error.hint or "add it to the places"),
            ) from error
    if cells["mode"] not in ("rail", "road"):
        raise RouteError(f"corridor {cells['slug']}: mode is {cells['mode']!r}", "rail or road")
    return Plan(
        slug=cells["slug"],
        name=cells["name"],
        places=names,
        mode=cells["mode"],
        not_through=tuple(code for code in cells["not_through"].split(LISTED) if code),
        port=names[-1],
    )


def _choose_via(plans: list[Plan], via: str | Sequence[str] | None, network: Network) -> list[Plan]:
    if via is None:
        return plans
    words = [via] if isinstance(via, str) else list(via)
    slugs = {plan.slug for plan in plans}
    chosen: list[Plan] = []
    for word in words:
        if word in slugs:
            chosen += [plan for plan in plans if plan.slug == word]
            continue
        passed = {name for plan in plans for name in plan.places}
        known = network.places["name"].iloc[network.place(word)] if word not in passed else word
        found = [plan for plan in plans if known in plan.places]
        if not found:
            raise RouteError(
                f"no corridor passes {known}",
                "corridors are "
                + ", ".join(sorted(slugs))
                + "; places are "
                + ", ".join(sorted(passed)),
            )
        chosen += found
    return list(dict.fromkeys(chosen))


def _lead_to(plans: list[Plan], to: str, targets: pd.DataFrame, network: Network) -> list[Plan]:
    """Plans that end at a destination, or at a sea port from where a leg leads to it."""
    by_folded = {name.casefold(): str(name) for name in targets.index}
    name = by_folded.get(to.strip().casefold())
    if name is None:
        known = list(dict.fromkeys(by_folded.values()))
        hint = suggest_words(to, known)
        raise RouteError(
            f"{to!r} is no known destination",
            (hint + " " if hint else "") + "known are " + ", ".join(known),
        )
    direct = [plan for plan in plans if plan.port == name]
    target = targets.loc[name]
    hub = str(target["access"]) or name
    ports = set(targets.index[(targets["kind"] == "sea_port") & (targets["state"] == "open")])
    out = list(direct)
    for plan in plans:
        if plan.port == name or plan.port not in ports:
            continue
        leg = "" if plan.port == hub else _find_leg(network, plan.port, hub)
        if leg is not None:
            out.append(_extend(plan, name, hub, leg, targets))
    return out


def _find_leg(network: Network, port: str, hub: str) -> str | None:
    legs = network.legs
    if not len(legs):
        return None
    ends = legs[["from", "to"]].to_numpy()
    rows = (legs["mode"] == "sea") & ((ends == [port, hub]).all(1) | (ends == [hub, port]).all(1))
    return str(legs.loc[rows, "id"].iloc[0]) if rows.any() else None


def _extend(plan: Plan, name: str, hub: str, leg: str, targets: pd.DataFrame) -> Plan:
    """Lead a plan over the sea, and from the port of arrival to a plant."""
    plan = replace(plan, port=name, leg=leg)
    if hub == name:
        return plan
    target = targets.loc[name]
    known_km = float(targets["access_km"].to_numpy(np.float64)[targets.index.get_loc(name)])
    if np.isfinite(known_km):
        mode = "rail" if target["access_mode"] == "rail" else "truck"
        return replace(plan, tail_km=known_km, tail_mode=mode)
    lon, lat = (targets.loc[[hub, name], c].to_numpy(np.float64) for c in ("lon", "lat"))
    far = float(distance_m(lon[:1], lat[:1], lon[1:], lat[1:])[0]) / 1000.0
    return replace(plan, tail_km=DETOUR * far, tail_straight=True)
