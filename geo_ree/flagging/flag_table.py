"""Flags: facts with a source and a date beside the score, a row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from geo_ree.errors import SettingsError, suggest_words
from geo_ree.flagging.flag_rules import NUMERIC, SEVERITIES, SOFTER, Rule, is_known, read_rules
from geo_ree.schema.columns import arrange, output_columns

COUNTS = tuple(f"flags_{severity}" for severity in SEVERITIES)
"""Columns with the number of flags of each severity."""

FACTS = "flags"
"""Canonical layer of published facts, whose rules give each flag its severity."""

_FACT = ("deposit_id", "flag", "fact", "date", "source")
_NO_PLACE = "No coordinate: what is measured at the place is not known ({layers})."
_NO_SOURCE = "Not known: no source of the layer {layer} covers the place."
Credit: TypeAlias = Mapping[str, str]

_NO_WORDS = {
    "deposits": "Not known: no source names its minerals.",
    "process": "Not known: no source names a mineral that decides the process.",
    "control": "Not known: nobody looked for its holder.",
}
_AT_DEPOSIT = ("deposits", "resources", "process", "control", "catalogue")  # they need no place
_DIGITS = 6


def flags(
    deposits: pd.DataFrame,
    *,
    facts: pd.DataFrame | None = None,
    inputs: Sequence[Mapping[str, Any]] = (),
    rules: Path | str | None = None,
) -> pd.DataFrame:
    """List the facts that speak for caution at each deposit, with source and date.

    Parameters
    ----------
    deposits
        A row per deposit: ``id``, and any column of the tables ``scores`` and ``unranked``, such as
        ``Result.table`` or ``scores.csv`` read again.
    facts
        Published facts, as in the canonical layer ``flags``: ``deposit_id, flag, fact, date, source``
        (and ``source_id``). A rule with the column ``flag`` gives each its severity.
    inputs
        The sources behind the columns, as in ``Result.report["inputs"]``: layer, label, licence,
        edition. None: the flags name the column that names the source, or the layer.
    rules
        A file of rules in the columns of ``geo_ree/flagging/rules.csv``; None: those.

    Returns
    -------
    pandas.DataFrame
        One row a deposit and fact, sorted by deposit, then ``stop``, ``caution``, ``note``,
        ``unknown``: ``deposit_id, flag, severity, fact, value, unit, limit, error, date, source,
        licence``. Of a layer that does not cover a deposit there is one row of the severity
        ``unknown``. Where the limit of a rule lies within the error of the value the flag may hold
        or not: its severity is one step softer, its fact says so, ``limit`` and ``error`` are filled.
        A fact on owners or partners says first where these are known by one account or in part.

    Raises
    ------
    SettingsError
        When `deposits` has no ``id``; naming the row of `facts` or `rules` that is wrong: a fact
        without a source or date, a flag that no rule has.

    Examples
    --------
    >>> sites = pd.DataFrame({"id": ["x:1"], "latitude": [39.5], "elevation_m": [3900.0]})
    >>> found = flags(sites)
    >>> found.loc[found["flag"] == "high_altitude", ["severity", "value", "unit"]].values.tolist()
    [['caution', '3900', 'm']]
    """
    if "id" not in deposits:
        raise SettingsError("the deposits have no column id", "give scores.csv or Result.table")
    known = read_rules(rules)
    read = {"id", "latitude", "geometry", "sources", "holder", "holder_status"}.union(
        *(rule.columns for rule in known)
    )
    names = [name for name in deposits.columns if name in read]
    table = pd.DataFrame(deposits[names]).reset_index(drop=True)
    credits = _credits(inputs)
    parts = [_held(rule, table, at, credits) for at, rule in enumerate(known)]
    if facts is not None:
        parts.append(_published(check_facts(facts, known), known, table["id"], credits))
    parts += _unknown(table, known)
    found = pd.concat([_empty(), *parts], ignore_index=True)
    return _sorted(_settled(found, known), table["id"])


def check_facts(facts: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Refuse published facts without a source, or of a flag that no rule gives a severity."""
    missing = [name for name in _FACT if name not in facts]
    if missing:
        what = f"the facts have no column {', '.join(missing)}"
        raise SettingsError(what, f"their columns are {', '.join(_FACT)}")
    rows = facts.reset_index(drop=True)
    for name in _FACT:
        for at in np.flatnonzero(~is_known(rows[name])):
            what = f"facts row {at + 1} ({rows['deposit_id'].iloc[at]}): there is no {name}"
            raise SettingsError(what, f"fill in the column {name}")
    known = [rule.flag for rule in rules if rule.layer == FACTS]
    for at in np.flatnonzero(~rows["flag"].isin(known)):
        flag = str(rows["flag"].iloc[at])
        raise SettingsError(
            f"facts row {at + 1} ({rows['deposit_id'].iloc[at]}): no rule has the flag {flag!r}",
            suggest_words(flag, known) or f"use one of {', '.join(known)}, or add a rule",
        )
    return rows


def flag_counts(found: pd.DataFrame) -> pd.DataFrame:
    """Count the flags of each deposit, and name the worst.

    Parameters
    ----------
    found
        From `flags`.

    Returns
    -------
    pandas.DataFrame
        On the id of each deposit with a flag: ``flags_stop, flags_caution, flags_note,
        flags_unknown`` (Int64) and ``first_flag``.

    Examples
    --------
    >>> sites = pd.DataFrame({"id": ["x:1"], "elevation_m": [3900.0], "latitude": [39.5]})
    >>> flag_counts(flags(sites))[["flags_caution", "first_flag"]].values.tolist()
    [[1, 'high_altitude']]
    """
    counted = pd.crosstab(found["deposit_id"], found["severity"]).reindex(
        columns=list(SEVERITIES), fill_value=0
    )
    counted = counted.astype("Int64").set_axis(list(COUNTS), axis=1)
    worst = found[found["severity"] != "unknown"].drop_duplicates("deposit_id")
    first = worst.set_index("deposit_id")["flag"].astype(object)
    return counted.assign(first_flag=first.reindex(counted.index)).rename_axis(None, axis=1)


def _held(rule: Rule, table: pd.DataFrame, order: int, inputs: Sequence[Credit]) -> pd.DataFrame:
    """Rows of a rule: a deposit each that it holds for."""
    if rule.layer == FACTS or rule.column not in table:
        return _empty()
    unsure = rule.unsure(table)
    held = rule.holds(table) | unsure
    if not held.any():
        return _empty()
    rows, unsure = table[held], unsure[held]
    values = [_plain(rule, value) for value in rows[rule.column]]
    errors = [_plain(rule, e) for e in rows[rule.error]] if unsure.any() else [None] * len(rows)
    limit, claims = rule.limit if rule.operator in NUMERIC else None, rule.claims(rows)
    out = {
        "deposit_id": rows["id"].astype(object),
        "flag": rule.flag,
        "severity": [SOFTER[rule.severity] if may else rule.severity for may in unsure],
        "fact": [
            _say(rule, value, claim) + (_may(rule, error) if may else "")
            for value, error, may, claim in zip(values, errors, unsure, claims, strict=True)
        ],
        "value": values,
        "unit": rule.unit or None,
        "limit": [limit if may else None for may in unsure],
        "error": [error if may else None for error, may in zip(errors, unsure, strict=True)],
        "order": order,
    }
    return pd.DataFrame(out, index=rows.index).join(_credit(rule, rows, inputs))


def _published(
    facts: pd.DataFrame, rules: Sequence[Rule], ids: pd.Series, inputs: Sequence[Credit]
) -> pd.DataFrame:
    """Rows of published facts about the deposits, in their own words, dates and sources."""
    rows = facts[facts["deposit_id"].isin(set(ids))].sort_values("date", kind="stable")
    of_flag = {rule.flag: (rule, at) for at, rule in enumerate(rules) if rule.layer == FACTS}
    licences = {row["id"]: row["licence"] or None for row in inputs}
    out = {name: rows[name].astype(object) for name in _FACT}
    out["published"] = pd.Series(1, rows.index)
    out["severity"] = pd.Series([of_flag[f][0].severity for f in rows["flag"]], rows.index)
    out["order"] = pd.Series([of_flag[f][1] for f in rows["flag"]], rows.index)
    if "source_id" in rows:
        out["licence"] = pd.Series([licences.get(i) for i in rows["source_id"]], rows.index)
    return pd.DataFrame(out, index=rows.index)


def _unknown(table: pd.DataFrame, rules: Iterable[Rule]) -> list[pd.DataFrame]:
    """One row a deposit and layer that knows nothing of it; one for all where there is no place."""
    placed = _placed(table)
    layers: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.if_blank == "unknown":
            layers.setdefault(rule.layer, []).append(rule)
    out = []
    for layer, of_layer in layers.items():
        here = placed | (layer in _AT_DEPOSIT)
        blank = np.logical_and.reduce([~_knows(rule, table) for rule in of_layer])
        asked = np.logical_or.reduce([rule.is_for(table) for rule in of_layer])
        says = _NO_SOURCE.format(layer=layer.replace("_", " "))
        if layer in _AT_DEPOSIT:
            says = _NO_WORDS.get(layer, f"Not known: {layer}.")
        out.append(_unknown_rows(table, blank & here & asked, of_layer[0].flag, says))
    measured = [layer.replace("_", " ") for layer in layers if layer not in _AT_DEPOSIT]
    says = _NO_PLACE.format(layers=", ".join(measured))
    return [*out, _unknown_rows(table, ~placed, "not_measured", says)]


def _settled(found: pd.DataFrame, rules: Iterable[Rule]) -> pd.DataFrame:
    """Leave out what a layer does not know where another flag of its subject states it."""
    subjects = {rule.flag: rule.subject for rule in rules if rule.subject}
    subject = found["flag"].map(subjects)
    unknown = found["severity"].eq("unknown")
    pairs = list(zip(found["deposit_id"], subject, strict=True))
    stated = {pair for pair, blank in zip(pairs, unknown, strict=True) if not blank}
    said = np.fromiter((pair in stated for pair in pairs), bool, len(pairs))
    return found[~(unknown & subject.notna() & said)]


def _unknown_rows(
    table: pd.DataFrame, mask: np.ndarray[Any, np.dtype[np.bool_]], flag: str, says: str
) -> pd.DataFrame:
    ids = table.loc[mask, "id"].astype(object)
    out = {"deposit_id": ids, "flag": flag, "severity": "unknown", "fact": says, "order": 0}
    return pd.DataFrame(out, index=ids.index)


def _placed(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if "latitude" in table:
        return pd.to_numeric(table["latitude"], errors="coerce").notna().to_numpy(bool)
    if "geometry" in table:
        shapes = table["geometry"]
        return np.fromiter((s is not None and not s.is_empty for s in shapes), bool, len(shapes))
    return np.zeros(len(table), dtype=bool)


def _knows(rule: Rule, table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if rule.column not in table:
        return np.zeros(len(table), dtype=bool)
    return is_known(table[rule.column])


def _plain(rule: Rule, value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, int | float | np.integer | np.floating):
        return f"{float(value):.{_DIGITS}g}"
    return rule.found(value)


def _say(rule: Rule, value: str | None, claim: str = "") -> str:
    words = (value or "").replace(";", ", ").replace("_", " ")
    if rule.unit and value is not None:
        words = _round(float(value))
    said = rule.says.replace("{value}", words).replace("{unit}", rule.unit) or words
    return f"{claim}: {said[0].lower()}{said[1:]}" if claim else said


def _may(rule: Rule, error: str | None) -> str:
    """Say that the limit lies within the error."""
    if rule.operator not in NUMERIC:
        return f" Its position is known to {_round(float(error or 0))} m only: it may lie outside."
    off, limit = _round(float(error or 0)), _round(float(rule.limit))
    return (
        f" The limit of {limit} {rule.unit} lies within the error of {off} {rule.unit}: "
        "it may hold or not."
    )


def _round(number: float) -> str:
    """Write a figure as a person says it: 3,506, 6.8 or 0.25."""
    digits = 0 if abs(number) >= 10 else 2 if abs(number) < 1 else 1
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _credit(rule: Rule, rows: pd.DataFrame, inputs: Sequence[Credit]) -> pd.DataFrame:
    """Date, source and licence of what a rule read of each row.

    Of several sources of the layer those count that the row names: in the source column of the rule
    or, of a deposit, as its records.
    """
    of_layer = [row for row in inputs if row["layer"] == rule.layer]
    if rule.layer == "process":  # a table of the package, which every run has
        of_layer = [{"source": rule.source, "date": rule.as_of, "licence": "Apache-2.0", "id": ""}]
    blank = pd.Series("", index=rows.index)
    texts = rows.get(rule.source_column, blank).astype(object)
    records = rows.get("sources", blank).astype(object) if rule.layer == "deposits" else blank
    found = [_named(of_layer, *pair) for pair in zip(texts, records, strict=True)]
    out = {
        name: [_joined(row[name] for row in named) for named in found]
        for name in ("date", "source", "licence")
    }
    stated = texts.where(texts.map(lambda text: isinstance(text, str) and text != ""), None)
    out["source"] = [a or b or rule.source for a, b in zip(stated, out["source"], strict=True)]
    if rule.date_column in rows:
        dates = rows[rule.date_column].astype(object)
        out["date"] = [date if isinstance(date, str) else None for date in dates]
    return pd.DataFrame(out, index=rows.index, dtype=object)


def _named(of_layer: list[Credit], text: object, records: object) -> list[Credit]:
    words, ids = (value if isinstance(value, str) else "" for value in (text, records))
    leading = {record.split(":")[0] for record in ids.split(";")}
    return [r for r in of_layer if r["source"] in words or r["id"] in leading] or of_layer


def _joined(texts: Iterable[str]) -> str | None:
    return "; ".join(dict.fromkeys(filter(None, texts))) or None


def _credits(inputs: Sequence[Mapping[str, Any]]) -> list[Credit]:
    """Id, layer, source in words, licence and date of each input."""
    return [
        {
            "id": str(row.get("id", "")),
            "layer": str(row.get("layer", "")),
            "source": str(row.get("label") or row.get("title") or row.get("id", "")),
            "licence": str(row.get("licence") or ""),
            "date": str(row.get("retrieved") or row.get("edition") or ""),
        }
        for row in inputs
    ]


def _sorted(found: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Keep the first row of each deposit and flag; sort by deposit and severity."""
    place = {deposit: at for at, deposit in enumerate(dict.fromkeys(ids))}
    keys = pd.DataFrame(
        {
            "deposit": found["deposit_id"].map(place),
            "severity": found["severity"].map({s: at for at, s in enumerate(SEVERITIES)}),
            "order": found["order"].astype(np.int64),
        }
    )
    found = found.loc[keys.sort_values(["deposit", "severity", "order"], kind="stable").index]
    again = found.duplicated(["deposit_id", "flag"]) & found["published"].isna()
    found = found[~again].drop(columns=["order", "published"])
    return arrange(found.reset_index(drop=True), "flags")


def _empty() -> pd.DataFrame:
    names = [column.name for column in output_columns("flags")]
    return pd.DataFrame(columns=[*names, "order", "published"], dtype=object)
