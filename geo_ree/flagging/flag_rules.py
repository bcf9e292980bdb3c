"""The rules of flags: what is read, compared with which limit, how severe it is, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.errors import SettingsError, suggest_words
from geo_ree.schema.columns import is_listed

RULES = Path(str(files("geo_ree.flagging") / "rules.csv"))
"""The rules of the package."""

SEVERITIES = ("stop", "caution", "note", "unknown")
"""How severe a flag is, the worst first."""

OPERATORS = (">", ">=", "<", "<=", "is", "has", "matches", "filled", "blank")
"""How a value is compared with the limit of a rule."""

WORDLESS = ("filled", "blank")
NUMERIC = (">", ">=", "<", "<=")
BLANKS = ("unknown", "nothing")
COLUMNS = (
    *("flag", "subject", "layer", "column", "operator", "limit", "error", "only_if"),
    *("severity", "if_blank"),
    *("unit", "says", "source_column", "date_column", "reason", "source", "as_of"),
)
"""Columns of a file of rules; those of `MAY_LACK` may be left out."""

MAY_LACK = ("subject", "error")

UNSURE_M = 1000.0
"""Position error from which a point in an area may lie outside it: how deep it lies is not known (judgement)."""

SOFTER = {"stop": "caution", "caution": "note", "note": "note"}
"""Severity of a flag that may hold or not: one step softer."""

_TABLES = ("scores", "unranked", "flags")
_CONDITION = re.compile(r"(\w+)([=~])(.+)")
_OWNERS = ("owner_country", "partner_country")
_PARTLY, _ONE_ACCOUNT = "partly", re.compile(r"\bone (?:account|speaker)\b")
_CLAIMS = ("As far as is known", "By one account")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILLED = (
    "flag",
    "layer",
    "column",
    "operator",
    "severity",
    "if_blank",
    "reason",
    "source",
    "as_of",
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, as a row of the file.

    Parameters
    ----------
    flag
        Name of the flag. Of several rules of one flag, which share their sentence, the first that
        holds gives the row.
    subject
        What flags of several layers have in common, such as a protected area; blank: the flag stands
        alone. A layer that knows nothing of a subject is not listed where another flag states it.
    layer
        Canonical layer that `column` is measured to or comes from.
    column
        Column of the deposits that is compared.
    operator, limit
        One of `OPERATORS`, and what follows it: a number, words separated by ``;`` or a pattern.
    error
        Column with the error of the value, in its unit; where `limit` lies within it the flag may hold
        or not, and is one step softer (`SOFTER`). Of a rule without a number it is the position error
        in metres, and `UNSURE_M` decides. Blank: the value counts as exact.
    only_if
        ``column=word;word`` or ``column~pattern``: deposits that the rule is for; blank for all.
    severity
        ``stop``, ``caution`` or ``note``.
    if_blank
        ``unknown`` where a blank means that the layer knows nothing, else ``nothing``.
    unit
        Of `column`.
    says
        A sentence with ``{value}`` and ``{unit}``; blank: the value itself is the fact.
    source_column
        Column that names the source of the value; blank: the sources of `layer`.
    date_column
        Column with its date; blank: the editions of those sources.
    reason, source, as_of
        Why this limit and this severity, after whom, and when that was read.
    """

    flag: str
    subject: str
    layer: str
    column: str
    operator: str
    limit: str
    error: str
    only_if: str
    severity: str
    if_blank: str
    unit: str
    says: str
    source_column: str
    date_column: str
    reason: str
    source: str
    as_of: str

    @property
    def columns(self) -> frozenset[str]:
        """Columns of the deposits that the rule reads."""
        condition = _CONDITION.fullmatch(self.only_if)
        named = (
            self.column,
            self.source_column,
            self.date_column,
            self.error,
            condition[1] if condition else "",
        )
        return frozenset(filter(None, named))

    def holds(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Say for each row of `table`, which has the column, whether the rule holds."""
        column = table[self.column]
        known = is_known(column)
        if self.operator == "blank":
            met = ~known
        elif self.operator == "filled":
            met = known
        elif self.operator in NUMERIC:
            met = self._compared(pd.to_numeric(column, errors="coerce").to_numpy(np.float64))
        else:
            texts = column.where(known, "").astype(str)
            met = np.fromiter((self._says(text) for text in texts), bool, len(texts)) & known
        return met & self.is_for(table)

    def unsure(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Say for each row whether the rule may hold or not: the limit lies within the error."""
        if not self.error or self.error not in table:
            return np.zeros(len(table), dtype=bool)
        error = pd.to_numeric(table[self.error], errors="coerce").to_numpy(np.float64)
        if self.operator not in NUMERIC:
            return np.asarray(self.holds(table) & (error >= UNSURE_M))
        value = pd.to_numeric(table[self.column], errors="coerce").to_numpy(np.float64)
        near = np.abs(value - float(self.limit)) < error
        return np.asarray(near & self.is_for(table))

    def is_for(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Say for which rows the rule is at all."""
        if not self.only_if:
            return np.ones(len(table), dtype=bool)
        name, operator, words = _CONDITION.fullmatch(self.only_if).groups()  # type: ignore[union-attr]
        if name not in table:
            return np.zeros(len(table), dtype=bool)
        column = table[name].astype(object)
        texts = column.where(is_known(column), "").astype(str)
        if operator == "=":
            return texts.isin(words.split(";")).to_numpy(bool)
        return texts.str.contains(words, case=False, regex=True).to_numpy(bool)

    def claims(self, table: pd.DataFrame) -> list[str]:
        """Say of each row how far its owner or partner is known: blank where it was found.

        Examples
        --------
        >>> rule = next(rule for rule in read_rules() if rule.flag == "chinese_control")
        >>> rule.claims(pd.DataFrame({"holder_status": ["partly", "partly", "found"],
        ...                           "holder": ["A Ltd (by one account)", "A Ltd", "A Ltd"]}))
        ['By one account', 'As far as is known', '']
        """
        blank = pd.Series("", table.index)
        status, holder = (table.get(name, blank) for name in ("holder_status", "holder"))
        if self.column not in _OWNERS:
            return [""] * len(table)
        return [
            "" if s != _PARTLY else _CLAIMS[_ONE_ACCOUNT.search(str(h)) is not None]
            for s, h in zip(status, holder, strict=True)
        ]

    def found(self, value: object) -> str:
        """Give the value as it is published: a number, or the words that the rule found."""
        if self.operator == "matches":
            hits = (hit.group(0).strip() for hit in self._pattern.finditer(str(value)))
            return ";".join(dict.fromkeys(hits))
        if self.operator == "has":
            return ";".join(word for word in str(value).split(";") if word in self._words)
        return str(value)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self.limit.split(";"))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.limit, re.IGNORECASE)

    def _says(self, text: str) -> bool:
        if self.operator == "is":
            return text in self._words
        if self.operator == "has":
            return not self._words.isdisjoint(text.split(";"))
        return self._pattern.search(text) is not None

    def _compared(self, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
        limit = float(self.limit)
        compare = {
            ">": np.greater,
            ">=": np.greater_equal,
            "<": np.less,
            "<=": np.less_equal,
        }[self.operator]
        return np.asarray(compare(numbers, limit) & ~np.isnan(numbers))


def is_known(column: pd.Series) -> NDArray[np.bool_]:
    """Say which cells hold something: neither missing nor an empty text."""
    return (column.notna() & (column.astype(object) != "")).to_numpy(bool)


def read_rules(path: Path | str | None = None) -> tuple[Rule, ...]:
    """Read a file of rules, and check every row.

    Parameters
    ----------
    path
        CSV in UTF-8 with the columns of `COLUMNS`; None: the rules of the package.

    Raises
    ------
    SettingsError
        Naming the file, the row and what to do about it.

    Examples
    --------
    >>> [rule.limit for rule in read_rules() if rule.flag == "high_altitude"]
    ['3500']
    """
    return _read_rules(Path(path) if path else RULES)


@lru_cache(maxsize=8)
def _read_rules(path: Path) -> tuple[Rule, ...]:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error})", "give a CSV file in UTF-8"
        ) from error
    table = table.assign(**{name: "" for name in MAY_LACK if name not in table})
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        hint = f"its columns are {', '.join(COLUMNS)}"
        raise SettingsError(f"{path} has no column {', '.join(missing)}", hint)
    table = table.apply(lambda column: column.str.strip())
    rules = tuple(Rule(**row) for row in table[list(COLUMNS)].to_dict("records"))
    said: dict[str, str] = {}
    for number, rule in enumerate(rules, start=2):
        for what, hint in (*_faults(rule), *_two_sentences(rule, said)):
            raise SettingsError(f"{path} row {number} ({rule.flag or 'no flag'}): {what}", hint)
    return rules


def _faults(rule: Rule) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a rule, and what to do about it."""
    for name in _FILLED:
        if not getattr(rule, name):
            yield f"there is no {name}", f"fill in the column {name}"
    for name in ("flag", "subject"):
        word = getattr(rule, name)
        if word and not _NAME.fullmatch(word):
            yield f"{name} is {word!r}", "name it in small letters, digits and _"
    for name, words in (
        ("severity", SEVERITIES[:-1]),
        ("operator", OPERATORS),
        ("if_blank", BLANKS),
    ):
        value = getattr(rule, name)
        if value not in words:
            near = suggest_words(value, words) if name == "severity" else ""
            yield f"{name} is {value!r}", near or f"use one of {', '.join(words)}"
    yield from _wrong_limit(rule)
    if rule.only_if and not _CONDITION.fullmatch(rule.only_if):
        yield f"only_if is {rule.only_if!r}", "write column=word;word or column~pattern"
    for name in sorted(rule.columns):
        if not any(is_listed(name, table) for table in _TABLES):
            yield (
                f"no table of a run has the column {name!r}",
                "take a column of scores.csv or unranked.csv",
            )


def _two_sentences(rule: Rule, said: dict[str, str]) -> Iterator[tuple[str, str]]:
    if said.setdefault(rule.flag, rule.says) != rule.says:
        yield (
            "an earlier row of the flag says something else",
            "give both one sentence, or two names",
        )


def _wrong_limit(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.operator in WORDLESS:
        if rule.limit:
            yield f"{rule.operator} takes no limit", "leave the column limit blank"
        return
    if not rule.limit:
        yield "there is no limit", "fill in the column limit"
    if rule.operator in NUMERIC:
        try:
            float(rule.limit)
        except ValueError:
            yield f"limit is {rule.limit!r}", f"give a number after {rule.operator}"
    if rule.operator == "matches":
        try:
            re.compile(rule.limit)
        except re.error as error:
            yield f"limit is no pattern ({error})", "give a regular expression"
