"""What a scenario changes, in words."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from geo_ree.scenarios.changes import Changes
from geo_ree.schema import RANKED_ROLES

REACH_CHANGES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("no", "yes"): "brought within",
        ("unknown", "yes"): "brought within",
        ("perhaps", "yes"): "surely within",
        ("no", "perhaps"): "perhaps brought within",
        ("unknown", "perhaps"): "perhaps brought within",
        ("yes", "no"): "no longer within",
        ("yes", "perhaps"): "perhaps no longer within",
        ("perhaps", "no"): "surely not within",
    }
)
"""(reach before, reach after) -> what the scenario does; other pairs are no change."""

_NAMED = 5
_CHANCE = 0.05


def sentences_of(
    table: pd.DataFrame, tonnes: pd.DataFrame, changes: Changes, change: pd.Series,
    moved: Collection[str], within_km: float,
) -> tuple[str, ...]:  # fmt: skip
    """Tell what changes, what does not, and what is not sure.

    Parameters
    ----------
    table, tonnes
        Of a scenario.
    changes
        What was added and removed.
    change
        Deposit id -> what becomes of its reach.
    moved
        Targets whose layer is changed.
    within_km
        The reach (km).

    Returns
    -------
    tuple of str
    """
    out = [*_of_changes(changes)]
    if not table["changed"].any():
        return (*out, _nothing(changes))
    ranked = table[table["role"].isin(RANKED_ROLES)]
    out += _of_distances(ranked, moved)
    if "reached_before" in table:
        out += _of_reach(ranked, change, within_km)
    out += _of_tonnes(tonnes)
    out += _of_ranks(ranked)
    return tuple(out)


def _of_changes(changes: Changes) -> Iterator[str]:
    added = changes.added
    counted = added[added["counted"].astype(bool)]
    lines = list(counted.groupby("line", sort=False)) if len(counted) else []
    for line, legs in lines[:_NAMED]:
        status = "; ".join(dict.fromkeys(s.replace("_", " ") for s in legs["status"]))
        years = sorted({int(y) for y in legs["opening_year"].dropna()})
        opening = f"opens {', '.join(map(str, years))}" if years else "year of opening unknown"
        where = ", ".join(dict.fromkeys(";".join(legs["countries"]).split(";"))).strip(", ")
        length = f"{legs['drawn_km'].sum():,.0f} km as drawn, " if legs["drawn_km"].any() else ""
        doubt = legs["lateral_error_km"].max()
        course = (
            f"; approximate, the true course may lie {doubt:.0f} km to a side" if doubt > 0 else ""
        )
        yield f"Added: {line} ({status}, {opening}): {length}in {where or 'no country'}{course}."
    if len(lines) > _NAMED:
        yield f"Added: {len(lines) - _NAMED} more, in scenario.json under added."
    rest = added[~added["counted"].astype(bool)]
    for why, legs in rest.groupby("why_not", sort=False) if len(rest) else ():
        told = [_legs(line, len(own), added) for line, own in legs.groupby("line", sort=False)]
        yield f"Not counted: {_listed(told)}: {why}."
    for layer, rows in changes.removed.groupby("layer", sort=False):
        names = list(dict.fromkeys(rows["name"].dropna()))
        which = f" ({_listed(names)})" if names else ""
        yield f"Removed: {len(rows)} {'feature' if len(rows) == 1 else 'features'} of {layer}{which}."


def _legs(line: object, count: int, added: pd.DataFrame) -> str:
    """Name of a line, with the number of its legs where it has several."""
    whole = int((added["line"] == line).sum())
    return str(line) if whole == 1 else f"{line} ({count} of {whole} legs)"


def _nothing(changes: Changes) -> str:
    added = changes.added
    counted = added[added["counted"].astype(bool)]
    if len(added) and counted.empty:
        return "Nothing changes: nothing of what was given counts."
    if len(counted) and not len(changes.removed) and not counted["scored"].astype(bool).any():
        return (
            "Nothing changes: what was added crosses none of the scored countries, and distances "
            "go to a deposit's own country."
        )
    return "Nothing changes: no deposit comes nearer or farther."


def _of_distances(ranked: pd.DataFrame, moved: Collection[str]) -> Iterator[str]:
    for name in moved:
        before, after = ranked[f"dist_{name}_km_before"], ranked[f"dist_{name}_km_after"]
        label = name.replace("_", " ")
        rows_of = {
            "nearer": (after < before - 0.05) | (before.isna() & after.notna()),
            "farther": after > before + 0.05,
        }
        for word, rows in rows_of.items():
            if rows.any():
                told = [_moved(r, name) for r in ranked[rows].to_dict("records")]
                yield f"The {label} comes {word} for {len(told)} ranked deposits: {_listed(told)}."
        if not any(rows.any() for rows in rows_of.values()):
            yield f"The {label} comes nearer or farther for no ranked deposit for certain."


def _moved(row: Mapping[Hashable, object], name: str) -> str:
    words = [
        _km(row[f"dist_{name}_km_{w}"], row[f"err_{name}_km_{w}"]) for w in ("before", "after")
    ]
    return f"{row['name']} ({words[0]} to {words[1]})"


def _km(distance: object, error: object) -> str:
    if pd.isna(distance):  # type: ignore[call-overload]
        return "unknown"
    if distance == float("inf"):
        return "out of reach: none is left in its country"
    doubt = "" if pd.isna(error) else f" ± {error:.0f}"  # type: ignore[call-overload]
    return f"{distance:.0f}{doubt} km"


def _of_reach(ranked: pd.DataFrame, change: pd.Series, within_km: float) -> Iterator[str]:
    for what, ids in change.groupby(change, sort=False).groups.items():
        told = [f"{r['name']}{_chance(r)}" for r in ranked.loc[ids].to_dict("records")]
        yield f"{str(what).capitalize()} of a railway: {_listed(told)}."
    sure = change.str.startswith(("brought", "no longer"))
    if not sure.any():
        yield (
            f"No ranked deposit is surely brought within {within_km:g} km of a railway, nor out of it."
        )


def _chance(row: Mapping[Hashable, object]) -> str:
    """How likely it is within reach, blank for what is not ranked: nothing is drawn for it."""
    before, after = row.get("p_within_before"), row.get("p_within_after")
    if pd.isna(before) or pd.isna(after):  # type: ignore[call-overload]
        return ""
    return f" (chance {before:.0%} to {after:.0%})"


def _of_tonnes(tonnes: pd.DataFrame) -> Iterator[str]:
    for row in tonnes[tonnes["substance"] == "oxide"].to_dict("records"):
        amount = (
            "an unknown quantity" if pd.isna(row["quantity_t"]) else f"{row['quantity_t']:,.0f} t"
        )
        whose = ", ".join(str(row[c]) for c in ("category", "system", "year") if row[c])
        yield (
            f"{str(row['change']).capitalize()} of a railway: {amount} of REO ({whose}) of "
            f"{row['deposits']} [{row['statements']}]."
        )
    others = tonnes[~tonnes["substance"].isin(("oxide", "unknown"))]
    if len(others):
        names = list(dict.fromkeys("; ".join(others["deposits"]).split("; ")))
        yield f"Stated as metal, ore or unclear, which is no REO, for {_listed(names)}: see the table."
    unknown = tonnes.loc[tonnes["substance"] == "unknown", "deposits"].tolist()
    if unknown:
        yield f"No quantity is published in the data for {_listed(unknown)}: unknown, not zero."
    if len(tonnes) > 1:
        yield "These quantities are not to be added up: systems and categories differ."


def _of_ranks(ranked: pd.DataFrame) -> Iterator[str]:
    moved = ranked[(ranked["rank_before"] != ranked["rank_after"]).fillna(False).astype(bool)]
    if len(moved):
        rows = moved.sort_values("rank_after").to_dict("records")
        told = [f"{r['name']} {_rank(r, 'before')} to {_rank(r, 'after')}" for r in rows]
        yield f"Rank by score, with p5-p95: {_listed(told)}."
    else:
        yield "No rank by score changes."
    for word, column in (("better", "p_rank_improves"), ("worse", "p_rank_worsens")):
        if column not in ranked:
            continue
        likely = ranked[ranked[column] >= _CHANCE].sort_values(column, ascending=False)
        if len(likely):
            told = [f"{r['name']} {r[column]:.0%}" for r in likely.to_dict("records")]
            yield f"Chance of a {word} rank: {_listed(told)}."


def _rank(row: Mapping[Hashable, object], word: str) -> str:
    return f"{row[f'rank_{word}']} ({row[f'rank_p5_{word}']}-{row[f'rank_p95_{word}']})"


def _listed(told: list[str]) -> str:
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    return ", ".join(told[:_NAMED]) + more
