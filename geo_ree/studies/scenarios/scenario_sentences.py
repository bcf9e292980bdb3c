"""A scenario in words: what changes, what does not, and what is uncertain."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from geo_ree.routing.route_answers import AVOIDED, DEFAULT_QUESTION
from geo_ree.schema import RANKED_ROLES
from geo_ree.studies.scenarios.changes import Changes

_NAMED = 5
"""Names listed in a sentence."""

_CHANCE = 0.05
"""Chance of a changed rank or a cheaper route from which a deposit is named."""

_SURE = 0.95
"""Chance from which a route is cheaper, not perhaps cheaper."""

_ASKED = {
    "any": "any route",
    DEFAULT_QUESTION: f"routes that pass none of {', '.join(AVOIDED)}",
}

REACH_CHANGES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("no", "yes"): "brought within",
        ("unknown", "yes"): "brought within",
        ("perhaps", "yes"): "certainly within",
        ("no", "perhaps"): "perhaps brought within",
        ("unknown", "perhaps"): "perhaps brought within",
        ("yes", "no"): "no longer within",
        ("yes", "perhaps"): "perhaps no longer within",
        ("perhaps", "no"): "certainly not within",
    }
)
"""(reach before, reach after) -> the change; other pairs are no change."""


def describe_changes(
    table: pd.DataFrame,
    tonnes: pd.DataFrame,
    changes: Changes,
    change: pd.Series,
    moved: Collection[str],
    within_km: float,
) -> tuple[str, ...]:
    """Sentences about what changes, what does not, and what is uncertain.

    `change` maps deposit ids to the change of their reach; `moved` are the targets whose layer changes.
    """
    out = [*_about_changes(changes)]
    if not table["changed"].any():
        return (*out, _nothing(changes))
    ranked = table[table["role"].isin(RANKED_ROLES)]
    out += _about_distances(ranked, moved)
    if "reached_before" in table:
        out += _about_reach(ranked, change, within_km)
    out += _about_tonnes(tonnes)
    out += _about_ranks(ranked)
    return tuple(out)


def _about_changes(changes: Changes) -> Iterator[str]:
    added = changes.added
    counted = added[added["counted"].astype(bool)]
    lines = list(counted.groupby("line", sort=False)) if len(counted) else []
    for line, legs in lines[:_NAMED]:
        status = "; ".join(dict.fromkeys(s.replace("_", " ") for s in legs["status"]))
        years = sorted({int(y) for y in legs["opening_year"].dropna()})
        opening = f"opens {', '.join(map(str, years))}" if years else "year of opening unknown"
        where = ", ".join(dict.fromkeys(";".join(legs["countries"]).split(";"))).strip(", ")
        length = f"{legs['drawn_km'].sum():,.0f} km as drawn, " if legs["drawn_km"].any() else ""
        error = legs["lateral_error_km"].max()
        course = (
            f"; approximate, the true course may lie {error:.0f} km to either side"
            if error > 0
            else ""
        )
        yield f"Added: {line} ({status}, {opening}): {length}in {where or 'no country'}{course}."
    if len(lines) > _NAMED:
        yield f"Added: {len(lines) - _NAMED} more, listed in scenario.json."
    rest = added[~added["counted"].astype(bool)]
    for why, legs in rest.groupby("why_not", sort=False) if len(rest) else ():
        items = [_legs(line, len(own), added) for line, own in legs.groupby("line", sort=False)]
        yield f"Not counted: {_join(items)}: {why}."
    for layer, rows in changes.removed.groupby("layer", sort=False):
        names = list(dict.fromkeys(rows["name"].dropna()))
        which = f" ({_join(names)})" if names else ""
        yield f"Removed: {len(rows)} {'feature' if len(rows) == 1 else 'features'} of {layer}{which}."


def _legs(line: object, count: int, added: pd.DataFrame) -> str:
    """Name of a line, with the number of its legs where it has several."""
    whole = int((added["line"] == line).sum())
    return str(line) if whole == 1 else f"{line} ({count} of {whole} legs)"


def _nothing(changes: Changes) -> str:
    added = changes.added
    counted = added[added["counted"].astype(bool)]
    if len(added) and counted.empty:
        return "Nothing changes: none of the added features counts."
    if len(counted) and not len(changes.removed) and not counted["scored"].astype(bool).any():
        return (
            "Nothing changes: the added features cross none of the scored countries, and distances "
            "go to the deposit's own country."
        )
    return "Nothing changes: no distance becomes shorter or longer."


def _about_distances(ranked: pd.DataFrame, moved: Collection[str]) -> Iterator[str]:
    for name in moved:
        before, after = ranked[f"dist_{name}_km_before"], ranked[f"dist_{name}_km_after"]
        label = name.replace("_", " ")
        rows_of = {
            "nearer": (after < before - 0.05) | (before.isna() & after.notna()),
            "farther": after > before + 0.05,
        }
        for word, rows in rows_of.items():
            if rows.any():
                items = [_moved(r, name) for r in ranked[rows].to_dict("records")]
                yield f"The {label} is {word} for {len(items)} ranked deposits: {_join(items)}."
        if not any(rows.any() for rows in rows_of.values()):
            yield f"The distance to the {label} changes for no ranked deposit with certainty."


def _moved(row: Mapping[Hashable, object], name: str) -> str:
    words = [
        _km(row[f"dist_{name}_km_{w}"], row[f"err_{name}_km_{w}"]) for w in ("before", "after")
    ]
    return f"{row['name']} ({words[0]} to {words[1]})"


def _km(distance: object, error: object) -> str:
    if pd.isna(distance):  # type: ignore[call-overload]
        return "unknown"
    if distance == float("inf"):
        return "out of reach: none left in its country"
    margin = "" if pd.isna(error) else f" ± {error:.0f}"  # type: ignore[call-overload]
    return f"{distance:.0f}{margin} km"


def _about_reach(ranked: pd.DataFrame, change: pd.Series, within_km: float) -> Iterator[str]:
    for what, ids in change.groupby(change, sort=False).groups.items():
        items = [f"{r['name']}{_chance(r)}" for r in ranked.loc[ids].to_dict("records")]
        yield f"{str(what).capitalize()} of a railway: {_join(items)}."
    sure = change.str.startswith(("brought", "no longer"))
    if not sure.any():
        yield (
            f"No ranked deposit moves within or beyond {within_km:g} km of a railway with certainty."
        )


def _chance(row: Mapping[Hashable, object]) -> str:
    """Chance of being within reach, before and after; blank for a deposit that is not ranked."""
    before, after = row.get("p_within_before"), row.get("p_within_after")
    if pd.isna(before) or pd.isna(after):  # type: ignore[call-overload]
        return ""
    return f" (chance {before:.0%} to {after:.0%})"


def _about_tonnes(tonnes: pd.DataFrame) -> Iterator[str]:
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
        yield f"Stated as metal, ore or unclear, not as REO, for {_join(names)}: see the table."
    unknown = tonnes.loc[tonnes["substance"] == "unknown", "deposits"].tolist()
    if unknown:
        yield f"No quantity is published in the data for {_join(unknown)}: unknown, not zero."
    if len(tonnes) > 1:
        yield "Do not add these quantities up: systems and categories differ."


def _about_ranks(ranked: pd.DataFrame) -> Iterator[str]:
    moved = ranked[(ranked["rank_before"] != ranked["rank_after"]).fillna(False).astype(bool)]
    if len(moved):
        rows = moved.sort_values("rank_after").to_dict("records")
        items = [f"{r['name']} {_rank(r, 'before')} to {_rank(r, 'after')}" for r in rows]
        yield f"Rank by score, with 90 % interval: {_join(items)}."
    else:
        yield "No rank by score changes."
    for word, column in (("better", "p_rank_improves"), ("worse", "p_rank_worsens")):
        if column not in ranked:
            continue
        likely = ranked[ranked[column] >= _CHANCE].sort_values(column, ascending=False)
        if len(likely):
            items = [f"{r['name']} {r[column]:.0%}" for r in likely.to_dict("records")]
            yield f"Chance of a {word} rank: {_join(items)}."


def _rank(row: Mapping[Hashable, object], word: str) -> str:
    return f"{row[f'rank_{word}']} ({row[f'rank_p5_{word}']}-{row[f'rank_p95_{word}']})"


def _join(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more


def describe_routes(routes: pd.DataFrame) -> Iterator[str]:
    """Sentences on the routes that become cheaper, a question each; none without routes."""
    for question, rows in routes.groupby("question", sort=False):
        asked = _ASKED.get(str(question), str(question))
        likely = rows[(rows["p_route_cheaper"] >= _CHANCE) | (rows["p_access_cheaper"] >= _CHANCE)]
        if likely.empty:
            yield f"By {asked}, no route becomes cheaper with a chance of {_CHANCE:.0%} or more."
            continue
        likely = likely.sort_values("p_route_cheaper", ascending=False)
        sure = likely[["p_route_cheaper", "p_access_cheaper"]].max(axis=1) >= _SURE
        parts = (("cheaper", likely[sure]), ("perhaps cheaper", likely[~sure]))
        words = [
            f"{word} for {_join([_in_words(row) for _, row in own.iterrows()])}"
            for word, own in parts
            if len(own)
        ]
        yield f"By {asked}, {'; '.join(words)}."


def _in_words(row: pd.Series) -> str:
    haulage, access = (_pair(row, name) for name in ("usd_t_p50", "access_usd_t_product_p50"))
    return (
        f"{row['name']} ({_course(row)}; {haulage} USD per t, chance "
        f"{row['p_route_cheaper']:.0%}; access {access} USD per t of product, chance "
        f"{row['p_access_cheaper']:.0%})"
    )


def _course(row: pd.Series) -> str:
    """The corridor, km and days, and whether the line as drawn changes them."""
    names = ("corridor", "km", "days")
    if all(row[f"{name}_before"] == row[f"{name}_after"] for name in names):
        return (
            f"with the line as drawn the route stays {row['corridor_after']}, "
            f"{row['km_after']:,.0f} km and {row['days_after']:,.0f} days"
        )
    corridors = dict.fromkeys(row[f"corridor_{when}"] for when in ("before", "after"))
    return f"{' to '.join(corridors)}, {_pair(row, 'km')} km, {_pair(row, 'days')} days"


def _pair(row: pd.Series, name: str) -> str:
    figures = [row[f"{name}_{when}"] for when in ("before", "after")]
    return " to ".join("unknown" if pd.isna(v) else f"{v:,.0f}" for v in figures)
