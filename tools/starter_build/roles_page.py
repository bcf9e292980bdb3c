"""``docs/roles.md``: the rules of role and stage, every ranked deposit, and every change with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from geo_ree.schema import RANKED_ROLES, STAGES
from starter_build.product import Row, read_csv
from starter_build.reviews import read_table

RULES = """\
# Roles and stages

This page is made by `tools/build_starter.py` of the tables `role_reasons.csv`, `role_changes.csv` and
`flag_facts.csv` in `tools/starter_build/`; to change it, change a row there and build again.

## Role

- **candidate**: a source names rare earths as what the deposit would be mined for, alone or with other
  metals; for an occurrence, as what it was recorded for. Candidates are ranked.
- **by_product_host**: sources put another commodity first, or call rare earths minor, accessory or a
  by-product. Hosts are ranked apart.
- **not_ree**: it is named in connection with rare earths, but no source says that it has them, or one says
  that it has none worth naming. Scored, not ranked.
- **area**, **duplicate**: a region or a forecast, not one deposit; another name of a deposit in the table.
  Not scored.

`commodity_group` follows the commodity that the sources put first. A suggestion that rests on an inference
is not taken over: the value stays, and the table of changes says `kept` and why. In a merge the role of
this table stands against a role that another table gives by rule.

## Stage

The stage says how far the *rare earths* of a deposit got, by the farthest step that a source shows:

| stage | shown by |
|---|---|
| `produced` | rare earths were mined or recovered there |
| `code_resource` | a published resource of rare earths after JORC, NI 43-101, KAZRC or a code of their kind |
| `registry` | rare earths are in a state register (GKZ, state balance, the Mongolian register), by itself or by press |
| `drilled` | drilled for rare earths; no code and no register was found |
| `occurrence` | a source describes rare earths there: minerals, samples, surface work, a list of occurrences |
| `name_only` | a source only names it |
| blank | unknown, or not a rare-earth record |

Production or reserves of another commodity do not count: Kyzyl-Ompol has registered reserves of titanium
and iron and is an `occurrence` of rare earths. Ranks are given over all candidates (`rank_in_role`) and among those
of one stage (`rank_in_stage`), both with a 90 % interval of the same draws; tables and page show the first
three stages first.

Records of other tables get a stage by rule, from the words for the state of the mine
(`geo_ree/deposits/words/stage.csv`), only where rare earths are the main commodity of the record:

| words of the source | stage |
|---|---|
| producer, past producer, active mine | `produced` |
| drilled, drilling | `drilled` |
| occurrence, prospect, exploration, potential resource | `occurrence` |
| by-product, producer of another metal, plant, resource without a code, closed, unknown, question mark | blank |

USGS OFR 2005-1294 and PP 1802 give no state, so their records have no stage. The stage of this table comes
first in a merge.

## Flags

Facts that forbid or hamper mining are [flags](flags.md), with date and source. They
are shown beside the score and are never part of it. No row means that none was found, not that there is
none.
"""


def write_roles_page(starter: Path, page: Path) -> None:
    """Write the page from the starter's ``deposits.csv`` and the tables of the review."""
    page.write_text(roles_page(read_csv(starter / "deposits.csv")), encoding="utf-8", newline="\n")


def roles_page(deposits: Sequence[Row]) -> str:
    """Text of the page for the rows of the starter's ``deposits.csv``."""
    reasons = {row["name"]: row for row in read_table("role_reasons")}
    order = {stage: at for at, stage in enumerate(STAGES)}
    parts = [RULES]
    for role, title in zip(RANKED_ROLES, ("Candidates", "By-product hosts"), strict=True):
        rows = [d for d in deposits if d["role"] == role]
        rows.sort(key=lambda d: (order[d["stage"]], d["name"]))
        parts.append(
            f"## {title} ({len(rows)})\n\n"
            + _table(
                ("deposit", "stage", "why this role", "why this stage", "as of", "confidence"),
                [_ranked(d, reasons[d["name"]]) for d in rows],
            )
        )
    rest = [d for d in deposits if d["role"] not in RANKED_ROLES and d["name"] in reasons]
    parts.append(
        f"## Reviewed and not ranked ({len(rest)})\n\n"
        + _table(
            ("deposit", "role", "why"),
            [
                (d["name"], d["role"], _sourced(reasons[d["name"]], "why_role", "role_source"))
                for d in rest
            ],
        )
    )
    parts += [_changes(), _flags()]
    return "\n".join(parts)


def _changes() -> str:
    columns = ("deposit", "column", "before", "after", "verdict", "reason", "date", "confidence")
    rows = read_table("role_changes")
    changed = sum(row["verdict"] == "changed" for row in rows)
    lines = [
        (
            *(r[c] for c in columns[:5]),
            _sourced(r, "reason", "source"),
            *(r[c] for c in columns[6:]),
        )
        for r in rows
    ]
    return (
        f"## Changes ({changed} changed, {len(rows) - changed} kept)\n\n"
        "`before` is the value of the facts or of the rule for the role; `kept` means that `after` "
        "was suggested and not taken over.\n\n" + _table(columns, lines)
    )


def _flags() -> str:
    rows = read_table("flag_facts")
    lines = [
        (r["deposit"], r["flag"], _sourced(r, "fact", "source"), r["date"], r["confidence"])
        for r in rows
    ]
    head = ("deposit", "flag", "fact", "date", "confidence")
    return f"## Facts against mining ({len(rows)})\n\n" + _table(head, lines)


def _ranked(deposit: Row, reason: Row) -> tuple[str, ...]:
    return (
        deposit["name"],
        deposit["stage"],
        _sourced(reason, "why_role", "role_source"),
        _sourced(reason, "stage_basis", "stage_source"),
        reason["stage_date"],
        reason["confidence"],
    )


def _sourced(row: Mapping[str, str], text: str, source: str) -> str:
    return f"{row[text]} Source: {row[source]}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
