"""What published statements say of the deposits that a scenario brings to a railway."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from geo_ree.deposits import StatedSum, sum_statements
from geo_ree.errors import ScoreError
from geo_ree.schema import CATEGORY_PARTS, EXPLORED, RANKED_ROLES
from geo_ree.studies.scenario.changes import Changes

COLUMNS = (
    "change",
    "substance",
    "system",
    "system_kind",
    "edition",
    "year",
    "category",
    "quantity_t",
    "figure",
    "deposits",
    "statements",
    "basis",
)
"""Columns of the table of tonnes."""

_SYSTEM = ("system", "system_kind", "edition", "year")
_OF_ONE_STATEMENT = (*_SYSTEM, "substance", "source")
_NONE = "no statement of quantity is published in the data: unknown, not zero"


@dataclass(frozen=True)
class _Part:
    """A quantity of one deposit: what one statement says, or several that are given together."""

    deposit: str
    category: str
    stated: StatedSum | None
    rows: pd.DataFrame

    def key(self) -> tuple[str, ...]:
        """What has to be the same for quantities of several deposits to stand in one row."""
        first = self.rows.iloc[0]
        return (first["substance"], *(_text(first[c]) for c in _SYSTEM), self.category)


def tonnes_of(change: pd.Series, names: pd.Series, statements: pd.DataFrame) -> pd.DataFrame:
    """Tonnes by substance, system and category, with the statements that they come from.

    Within a deposit only what its system gives together is added (`sum_statements`): Measured and
    Indicated, never Inferred with them. Quantities of several deposits stand in one row where
    substance, system, edition, year and category are the same. The rows are never to be added
    up: statements about one deposit contradict each other, and a reserve is part of a resource.

    Parameters
    ----------
    change
        Deposit id -> what the scenario does to it.
    names
        Deposit id -> name.
    statements
        As `geo_ree.deposits.arrange_statements` gives them.

    Returns
    -------
    pandas.DataFrame
        With `COLUMNS`. Oxide comes first: that alone is REO. A deposit without a statement has a
        row of its own, its quantity unknown.

    Examples
    --------
    >>> base = {"deposit_id": "d", "substance": "oxide", "system": "JORC 2012", "year": 2020,
    ...         "system_kind": "reporting_code", "edition": "2012", "source": "a report"}
    >>> stated = pd.DataFrame([
    ...     base | {"id": "s:1", "category": "Measured", "category_class": "measured",
    ...             "quantity_t": 1000.0},
    ...     base | {"id": "s:2", "category": "Indicated", "category_class": "indicated",
    ...             "quantity_t": 500.0},
    ...     base | {"id": "s:3", "category": "Inferred", "category_class": "inferred",
    ...             "quantity_t": 250.0}])
    >>> told = tonnes_of(pd.Series({"d": "brought within 50 km"}), pd.Series({"d": "Deposit"}), stated)
    >>> told[["category", "quantity_t"]].to_numpy().tolist()
    [['Measured + Indicated', 1500.0], ['Inferred', 250.0]]
    """
    rows = []
    for what, ids in change.groupby(change, sort=False).groups.items():
        groups: dict[tuple[str, ...], list[_Part]] = {}
        for part in _parts(list(ids), names, statements):
            groups.setdefault(part.key(), []).append(part)
        rows += [_row(str(what), key, parts) for key, parts in groups.items()]
        rows += [
            {"change": what, "substance": "unknown", "deposits": names[i], "basis": _NONE}
            for i in ids
            if not len(statements) or not (statements["deposit_id"] == i).any()
        ]
    out = pd.DataFrame(rows, columns=list(COLUMNS))
    order = {"oxide": 0, "metal": 1, "ore": 2, "unclear": 3, "unknown": 4}
    rank = out["substance"].map(order)
    out["quantity_t"] = out["quantity_t"].astype("float64")
    return (
        out.assign(rank=rank)
        .sort_values("rank", kind="stable")
        .drop(columns="rank")
        .reset_index(drop=True)
    )


def _parts(ids: list[str], names: pd.Series, statements: pd.DataFrame) -> Iterator[_Part]:
    for deposit in ids:
        if not len(statements):
            return
        own = statements[statements["deposit_id"] == deposit]
        keys = [own[c].map(_text) for c in _OF_ONE_STATEMENT]
        for _, rows in own.groupby(keys, sort=False):
            yield from _given_together(str(names[deposit]), rows)


def _given_together(deposit: str, rows: pd.DataFrame) -> Iterator[_Part]:
    """Split statements of one publication into those that may be added, and the others."""
    left = rows
    for together in EXPLORED:
        parts = left["category_class"].map(lambda c: set(CATEGORY_PARTS.get(c, ())))
        chosen = left[[bool(p) and p <= together for p in parts]]
        if len(chosen) < 2:
            continue
        try:
            stated = sum_statements(chosen)
        except ScoreError:
            continue  # they count a category twice, or one has no quantity: each for itself
        yield _Part(deposit, " + ".join(chosen["category"]), stated, chosen)
        left = left.drop(index=chosen.index)
    for i in range(len(left)):
        one = left.iloc[i : i + 1]
        known = pd.notna(one["quantity_t"].iloc[0])
        category = _text(one["category"].iloc[0])
        yield _Part(deposit, category, sum_statements(one) if known else None, one)


def _row(change: str, key: tuple[str, ...], parts: list[_Part]) -> dict[str, object]:
    told = dict(zip(("substance", *_SYSTEM, "category"), key, strict=True))
    known = [p.stated for p in parts if p.stated is not None]
    several = len(parts) > 1
    ids = [i for p in parts for i in p.rows["id"]]
    words: Mapping[str, str] = {
        p.deposit: p.stated.basis if p.stated else "no quantity stated" for p in parts
    }
    whole = len(known) == len(parts)
    return {
        "change": change,
        **told,
        "quantity_t": sum(s.quantity_t for s in known) if whole else None,
        "figure": known[0].figure if whole and not several else "computed" if whole else "unknown",
        "deposits": "; ".join(p.deposit for p in parts),
        "statements": "; ".join(ids),
        "basis": "; ".join(f"{d}: {b}" for d, b in words.items())
        if several
        else next(iter(words.values())),
    }


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


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
    table: pd.DataFrame,
    tonnes: pd.DataFrame,
    changes: Changes,
    change: pd.Series,
    moved: Collection[str],
    within_km: float,
) -> tuple[str, ...]:
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
