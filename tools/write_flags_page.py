"""Write docs/flags.md: every rule of a flag with its limit, reason and source.

Run it after a change of geo_ree/flagging/rules.csv: ``python tools/write_flags_page.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geo_ree.flagging.flag_rules import SEVERITIES, Rule, read_rules

PAGE = Path(__file__).resolve().parents[1] / "docs" / "flags.md"

HEAD = """\
# Flags

This page is made by `tools/write_flags_page.py` of `geo_ree/flagging/rules.csv`; to change it, change a rule
there and run the tool.

A flag is a fact that speaks against a deposit, or that an investor has to know of it: with its value, date,
source and licence. Flags stand beside the score and are never part of it. No person judges a deposit: a flag
and its severity follow from a rule, the rule is a row of a table, and each row gives its reason and where the
limit is from. Where no published limit was found, the source says `judgement`.

| severity | meaning |
|---|---|
| stop | as long as the fact holds, nobody can mine there or nobody of the readers may take part: settle it first |
| caution | it raises the cost or the risk, or an answer is missing without which there is nothing to value |
| note | worth knowing; by itself no reason to turn away |
| unknown | no source covers the deposit: nothing is known, which is not the same as nothing found |

Of a layer that knows nothing of a deposit there is one row, not one for each rule. A deposit without a
coordinate has one row for everything that is measured at the place (`not_measured`).

    geo-ree flags "Kutessay II"

prints them; `flags.csv` has all of them, `scores.csv` and `unranked.csv` their number and the worst. In
Python:

```python
import geo_ree
import pandas as pd

sites = pd.DataFrame({"id": ["a"], "latitude": [39.5], "elevation_m": [3900.0]})
found = geo_ree.flags(sites)
```

`geo_ree.flags(table, rules="mine.csv")` reads rules of your own in the same columns.

## Columns of a rule

| column | content |
|---|---|
| flag | name; the rows of one flag share their sentence, and the first that holds counts |
| subject | what flags of several layers have in common; where one states it, another is not listed as unknown |
| layer | canonical layer of the value: its sources, licences and dates are those of the flag |
| column, operator | what is compared, and how: `>`, `>=`, `<`, `<=`, `is`, `has`, `matches`, `filled`, `blank` |
| limit | a number; words separated by `;` for `is` (one of them) and `has` (one in a list); a pattern |
| error | column with the error of the value, see below; blank or no such column: the value counts as exact |
| only_if | `column=word;word`: the deposits that the rule is for |
| severity | stop, caution or note |
| if_blank | `unknown` where a blank means that the layer knows nothing |
| says, unit | the sentence, with `{value}` and `{unit}`; blank for facts that a source states in its own words |
| source_column | column that names the source of the value; blank: all sources of the layer |
| reason, source, as_of | why this limit and severity, after whom, and when that was read |

A row with an unknown column, severity or operator, or without a source, is refused with the file and the row.

## May hold or not

A distance is known to its error: that of the position and that of the layer. Where the limit of a rule lies
within the error of the value, the value may lie on either side. Such a flag is listed whether the value is
below or above the limit; it is one step softer (stop becomes caution, caution becomes note, a note stays
one), its fact says that it may hold or not, and `limit` and `error` are filled. How deep a point lies in a
protected area is not known: with a position error of 1,000 m or more it may lie outside.

An owner or partner of a holder that is known in part (`holder_status` is `partly`) stays a claim in its flag: the fact
begins with "By one account" where the holder's words say so, else with "As far as is known".

## What there is no flag of

- Sanctioned owner. The lists (United Nations, United States, European Union, United Kingdom, Switzerland)
  change from day to day and name persons and companies in many spellings; the catalogue has none of them. A
  list in the package would be old on its first day, and a match of names alone would accuse the wrong one.
  So nothing is flagged, which does not mean that nothing was found: look each owner up at the publishers on
  the day. What is flagged: Chinese and Russian owners, and authorities that a published fact says are
  listed (`sanctions`).
- Protected basin. No source of the catalogue says which river basins are protected; the shares of water
  that are used up are in `water_stress`, and wetlands that a source of protected areas holds are in
  `in_protected_area`.
"""


def flags_page() -> str:
    """Give the whole page."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    rules = read_rules()
    for severity in SEVERITIES[:-1]:
        rows = [rule for rule in rules if rule.severity == severity]
        yield f"## {severity.capitalize()}\n"
        yield "| flag | rule | why | limit and severity after |"
        yield "|---|---|---|---|"
        yield from (_row(rule) for rule in rows)
        yield ""


def _row(rule: Rule) -> str:
    limit = rule.limit.replace("|", "\\|")
    words = limit if rule.operator in (">", ">=", "<", "<=") else f"`{limit}`" if limit else ""
    where = (
        f", where {rule.only_if.replace('=', ' is ').replace(';', ' or ')}" if rule.only_if else ""
    )
    what = f"`{rule.column}` {rule.operator} {words} {rule.unit}".strip() + where
    if rule.layer == "flags":
        what = "a source states it"
    return f"| {rule.flag} | {what} | {rule.reason} | {rule.source} |"


if __name__ == "__main__":
    PAGE.write_text(flags_page(), encoding="utf-8")
