"""Who holds the deposits, and dated facts about deals and countries, from the tables of the context.

``context_changes.csv`` beside this module lists every value that differs from the facts, with its
reason; ``added_control.csv``, ``added_deals.csv`` and ``added_governance.csv`` are rows that the facts lack.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from geo_ree.deposits.vocabulary import country_code
from geo_ree.schema import HOLDER_STATUSES, TOPICS, is_date
from starter_build.checks import read_checked_csv
from starter_build.product import BuildError, Product, Row, read_csv, sha256, slug, write_csv
from starter_build.reviews import checksums, read_table

CONTROL = (
    *("deposit_id", "holder_status", "holder", "ultimate_owner", "owner_country", "state_share"),
    *("partner", "partner_country", "partner_as_of", "kind_of_right", "licence_no"),
    *("licence_expiry", "as_of", "source"),
    *("source_quality", "note"),
)
DEALS = ("deposit_id", "country", "fact", "date", "parties", "source", "note")
GOVERNANCE = ("country", "topic", "fact", "date", "source", "note")

_FACTS = {
    "control": Path("context", "control", "control.csv"),
    "mineralogy": Path("context", "control", "mineralogy.csv"),
    "deals": Path("context", "deals.csv"),
    "governance": Path("context", "governance.csv"),
    "resources": Path("resources.csv"),
}
_NEEDED = {
    "control": (
        *("deposit_id", "holder_status", "holder", "ultimate_owner", "owner_country"),
        *("state_share_or_preemption", "offtake_or_partner", "licence_no", "licence_expiry"),
        *("as_of", "source", "source_quality", "note"),
    ),
    "mineralogy": ("deposit_id", "thorium_uranium", "flowsheet_tests", "source", "as_of"),
    "deals": ("deposit", "country", "fact", "date", "parties", "source", "note"),
    "governance": ("country", "topic", "fact", "date", "source", "note"),
    "resources": ("deposit", "substance", "quantity", "unit", "statement", "source", "note"),
}
_TOPICS: Mapping[str, str] = {
    "EITI": "eiti",
    "TI CPI": "corruption_index",
    "MSP": "minerals_partnership",
    "MSP successor": "minerals_partnership",
    "US MoU": "us_agreement",
    "US framework": "us_agreement",
    "EU MoU": "eu_agreement",
    "UK MoU": "uk_agreement",
    "C5+1": "summit",
    "law": "law",
    "licence regime": "licence_regime",
    "state register": "state_register",
    "transparency": "transparency",
    "export control": "export_control",
    "policy": "policy",
    "programme": "policy",
    "processing": "processing",
    "state of exploration": "exploration",
    "sanctions": "sanctions",
}
"""Topics of the facts as the vocabulary has them."""

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d(?:-(?:0[1-9]|1[0-2])(?!\d)(?:-(?:0[1-9]|[12]\d|3[01])(?!\d))?)?)"
)
NO_ORE_FACTS: Mapping[str, str] = {"flowsheet": "", "thorium_uranium": ""}
"""What is known of the ore of a deposit that has no row."""

_NOT_FOUND = "not found"
_NO_PAGE = re.compile("^none: searches .*")
_DROP = "(row left out)"


def newest_date(text: str) -> str:
    """Newest year, month or day that a text names; blank where it names none.

    Examples
    --------
    >>> newest_date("2025-01-21 (minister); 2025-12 (list)"), newest_date("2013-2014")
    ('2025-12', '2014')
    """
    return max(_DATE.findall(text), default="")


def build_control(facts: Path, out: Path) -> Product:
    """Write ``control.csv``: who holds each deposit, a row a record."""
    rows = [_holder(row) for row in reviewed(facts, "control")]
    rows += [{name: row.get(name, "") for name in CONTROL} for row in read_table("added_control")]
    known = {row["native_id"] for row in read_csv(out / "deposits.csv")}
    _check("control", rows, known, {"holder_status": HOLDER_STATUSES})
    for row in rows:
        row["native_id"], row["deposit_id"] = (
            row["deposit_id"],
            f"starter_deposits:{row['deposit_id']}",
        )
    statuses = Counter(row["holder_status"] for row in rows)
    return _written("control", rows, facts, out, {f"holder {s}": n for s, n in statuses.items()})


def build_deals(facts: Path, out: Path) -> Product:
    """Write ``deals.csv``: agreements, awards and withdrawals, a row a fact."""
    named = {row["name"]: row["native_id"] for row in read_csv(out / "deposits.csv")}
    rows = []
    for row in reviewed(facts, "deals"):
        rows.append(
            {
                **{name: row[name] for name in ("country", "fact", "parties", "source", "note")},
                "deposit_id": named.get(row["deposit"], ""),
                "date": newest_date(row["date"]),
            }
        )
    rows += [{name: row[name] for name in DEALS} for row in read_table("added_deals")]
    _check("deals", rows, set(named.values()), {})
    _capitalize(rows)
    _number(rows, "deposit_id", "country")
    for row in rows:
        if row["deposit_id"]:
            row["deposit_id"] = f"starter_deposits:{row['deposit_id']}"
    countries = Counter(row["country"] for row in rows)
    return _written("deals", rows, facts, out, {f"deals of {c}": n for c, n in countries.items()})


def build_governance(facts: Path, out: Path) -> Product:
    """Write ``governance.csv``: dated facts about countries, a row a country and fact."""
    rows = []
    for row in reviewed(facts, "governance"):
        for country in row["country"].split(";"):
            rows.append(
                {
                    **{name: row[name] for name in ("fact", "source", "note")},
                    "country": country,
                    "topic": _TOPICS.get(row["topic"], row["topic"]),
                    "date": newest_date(row["date"]),
                }
            )
    rows += [{name: row[name] for name in GOVERNANCE} for row in read_table("added_governance")]
    _check("governance", rows, set(), {"topic": TOPICS})
    _capitalize(rows)
    _number(rows, "country", "topic")
    topics = Counter(row["topic"] for row in rows)
    return _written("governance", rows, facts, out, {f"facts on {t}": n for t, n in topics.items()})


def ore_facts(facts: Path) -> dict[str, dict[str, str]]:
    """Give ``flowsheet`` and ``thorium_uranium`` of each deposit, with date and source; blank where not found."""
    return {
        row["deposit_id"]: {
            "flowsheet": _sourced(row["flowsheet_tests"], row),
            "thorium_uranium": _sourced(row["thorium_uranium"], row),
        }
        for row in reviewed(facts, "mineralogy")
    }


def _sourced(text: str, row: Row) -> str:
    if text.startswith(_NOT_FOUND) or not text:
        return ""
    return f"{text.rstrip('.')}. As of: {row['as_of']}. Source: {row['source']}"


def _holder(row: Row) -> dict[str, str]:
    def found(name: str) -> str:
        return "" if row[name].startswith(_NOT_FOUND) or row[name] == "none" else row[name]

    holder, note = found("holder"), row["note"]
    if row["holder_status"] == _NOT_FOUND:
        known = re.sub(r"^holder not found[;,]?\s*|^no .*, so no holder$", "", holder).strip("() ")
        holder, note = (
            "",
            " ".join(t for t in (known and f"{known[0].upper()}{known[1:]}.", note) if t),
        )
    return {
        "deposit_id": row["deposit_id"],
        "holder_status": row["holder_status"],
        "holder": holder,
        "ultimate_owner": found("ultimate_owner"),
        "owner_country": codes_of(found("owner_country")),
        "state_share": found("state_share_or_preemption"),
        "partner": found("offtake_or_partner"),
        "partner_country": row.get("partner_country", ""),
        "partner_as_of": row.get("partner_as_of", ""),
        "kind_of_right": row.get("kind_of_right", ""),
        "licence_no": found("licence_no"),
        "licence_expiry": ""
        if row["licence_expiry"] == "not in the register file"
        else found("licence_expiry"),
        "as_of": newest_date(row["as_of"]),
        "source": _NO_PAGE.sub("no page found (search of 2026-11-28)", row["source"]),
        "source_quality": row["source_quality"].strip("-"),
        "note": note,
    }


def codes_of(text: str) -> str:
    """ISO alpha-3 codes of the countries in a list, without those that are past or not found.

    Raises
    ------
    BuildError
        When a word is no country.
    """
    words = [re.sub(r"\(.*?\)", "", word).strip() for word in text.split(";")]
    words = [w for w in words if w and w != _NOT_FOUND and not w.endswith(" before")]
    codes = [country_code(word) or "" for word in words]
    if "" in codes:
        raise BuildError(
            f"control.csv: {words[codes.index('')]!r} is no country; correct it in context_changes.csv"
        )
    return ";".join(dict.fromkeys(codes))


def reviewed(facts: Path, table: str) -> list[dict[str, str]]:
    """Rows of a table of the facts with our changes; a change of another value than was reviewed is an error."""
    file = _FACTS[table]
    rows = read_checked_csv(facts / file, _NEEDED[table])
    left: set[int] = set()
    for change in read_table("context_changes"):
        if change["table"] != table:
            continue
        at = _row_named(change["row"], rows, file.name)
        before = rows[at].get(change["column"], "")
        if not before.startswith(change["before"]) or (before and not change["before"]):
            raise BuildError(
                f"context_changes.csv: {change['column']} of row {change['row']} of {file.name} is "
                f"{before!r}, but {change['before']!r} was reviewed; review the row again"
            )
        if change["after"] == _DROP:
            left.add(at)
        rows[at][change["column"]] = change["after"]
    return [row for at, row in enumerate(rows) if at not in left]


def _row_named(name: str, rows: Sequence[Row], file: str) -> int:
    """Place of a row: by its deposit_id, or by its number from 1."""
    for at, row in enumerate(rows):
        if name == row.get("deposit_id", str(at + 1)):
            return at
    raise BuildError(f"context_changes.csv: {file} has no row {name}; correct the row")


def _check(
    table: str, rows: Sequence[Row], known: set[str], words: Mapping[str, Sequence[str]]
) -> None:
    """Refuse a row without source or date, of an unknown deposit, or with a word outside a vocabulary."""
    for number, row in enumerate(rows, start=1):
        date = row.get("date", row.get("as_of", ""))
        problems = [
            f"{name} is {row[name]!r}"
            for name, allowed in words.items()
            if row[name] not in allowed
        ]
        if row.get("deposit_id") and row["deposit_id"] not in known:
            problems.append(f"no deposit is called {row['deposit_id']!r}")
        if not is_date(date):
            problems.append(f"the date is {date!r}")
        if not row["source"]:
            problems.append("the source is blank")
        if problems:
            raise BuildError(
                f"{table}.csv, row {number}: {'; '.join(problems)}; correct it in the facts, or in "
                f"context_changes.csv or added_{table}.csv"
            )


def _capitalize(rows: Sequence[dict[str, str]]) -> None:
    """Begin each fact with a capital letter."""
    for row in rows:
        row["fact"] = row["fact"][:1].upper() + row["fact"][1:]


def _number(rows: Sequence[dict[str, str]], *keys: str) -> None:
    """Number the rows of each deposit, or of each country and topic, in their order."""
    counter: Counter[str] = Counter()
    for row in rows:
        name = (
            row[keys[0]] or row[keys[1]]
            if keys[0] == "deposit_id"
            else "-".join(row[k] for k in keys)
        )
        name = slug(name.replace("_", "-"))
        counter[name] += 1
        row["native_id"] = f"{name}-{counter[name]}"


def _written(
    table: str, rows: Sequence[dict[str, str]], facts: Path, out: Path, took: Mapping[str, int]
) -> Product:
    names = {"control": CONTROL, "deals": DEALS, "governance": GOVERNANCE}[table]
    write_csv(out / f"{table}.csv", [{n: row[n] for n in ("native_id", *names)} for row in rows])
    return Product(
        file=f"{table}.csv",
        source_id=f"starter_{table}",
        rows=len(rows),
        built_from={
            f"facts/{_FACTS[table].as_posix()}": "sha256 " + sha256(facts / _FACTS[table]),
            **checksums("context_changes", f"added_{table}"),
        },
        took=took,
    )
