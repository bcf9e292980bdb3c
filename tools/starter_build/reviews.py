"""Our review of the facts: what changes, why, and why every ranked deposit has its role and stage.

Four tables beside this module hold it, and nothing of it is in code. ``role_changes.csv`` lists
every change of a value of the facts, and every suggestion that was turned down, with reason,
source, date and confidence. ``role_reasons.csv`` has a row for every candidate and by-product
host. ``added_deposits.csv`` and ``added_resources.csv`` are rows that the facts lack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo_ree.schema import RANKED_ROLES, STAGES
from starter_build.checks import read_checked_csv
from starter_build.product import BuildError, Row, sha256

FOLDER = Path(__file__).parent
COLUMNS = {
    "role_changes": (
        *("deposit", "column", "before", "after"),
        *("verdict", "reason", "source", "date", "confidence"),
    ),
    "role_reasons": (
        *("name", "why_role", "role_source", "confidence"),
        *("stage", "stage_basis", "stage_source", "stage_date"),
    ),
    "added_deposits": ("name", "role", "country", "source", "confidence"),
    "added_resources": ("deposit", "substance", "statement", "year", "source"),
    "flag_facts": ("deposit", "flag", "fact", "date", "source", "confidence"),
    "context_changes": ("table", "row", "column", "before", "after", "reason", "source", "date"),
    "added_control": ("deposit_id", "holder_status", "owner_country", "as_of", "source"),
    "added_deals": ("deposit_id", "country", "fact", "date", "parties", "source", "note"),
    "added_governance": ("country", "topic", "fact", "date", "source", "note"),
}
"""Tables of the review and the columns that each must have."""

VERDICTS = ("changed", "kept")


@dataclass(frozen=True, kw_only=True)
class Review:
    """The tables of the review, read and checked.

    Parameters
    ----------
    changes
        Rows of ``role_changes.csv``.
    reasons
        Name of the deposit -> its row of ``role_reasons.csv``.
    """

    changes: tuple[Row, ...]
    reasons: Mapping[str, Row]

    def change(self, row: Row) -> dict[str, str]:
        """Apply the changes of one deposit to the columns that ``row`` has.

        Raises
        ------
        BuildError
            When a value is no longer the one that was reviewed.
        """
        out = dict(row)
        for change in self.changes:
            column = change["column"]
            if change["deposit"] != row["name"] or column not in row:
                continue
            if row[column] != change["before"]:
                raise BuildError(
                    f"role_changes.csv: {column} of {row['name']} is {row[column]!r}, but "
                    f"{change['before']!r} was reviewed; review the row again"
                )
            if change["verdict"] == "changed":
                out[column] = change["after"]
        return out

    def explain(self, name: str, role: str) -> dict[str, str]:
        """Give ``why_role``, ``stage`` and ``stage_basis`` of a deposit, each text with its source.

        Raises
        ------
        BuildError
            When a candidate or host has no reason or no stage, or another row has a stage.
        """
        reason = self.reasons.get(name)
        stage = reason["stage"] if reason else ""
        if (role in RANKED_ROLES) != bool(stage):
            raise BuildError(
                f"role_reasons.csv: {name} is {role} and has the stage {stage!r}; a candidate or "
                "by-product host needs a row with a stage, others have none"
            )
        if reason is None:
            return {"why_role": "", "stage": "", "stage_basis": ""}
        basis = ""
        if stage:
            basis = (
                f"{reason['stage_basis']} As of: {reason['stage_date']}. "
                f"Source: {reason['stage_source']}"
            )
        why = f"{reason['why_role']} Source: {reason['role_source']}"
        return {"why_role": why, "stage": stage, "stage_basis": basis}


def read_review(names: Sequence[str]) -> Review:
    """Read the review, and check it against the names of the deposits.

    Raises
    ------
    BuildError
        Naming the file, the row and what to correct.
    """
    changes, reasons = read_table("role_changes"), read_table("role_reasons")
    for number, row in enumerate(changes, start=2):
        blank = [c for c in ("reason", "source", "date", "confidence") if not row[c]]
        if row["verdict"] not in VERDICTS or blank:
            raise BuildError(
                f"role_changes.csv, line {number} ({row['deposit']}): verdict is "
                f"{row['verdict']!r}, blank: {', '.join(blank) or 'none'}; give {VERDICTS} and fill "
                "reason, source, date and confidence"
            )
    for number, row in enumerate(reasons, start=2):
        if row["stage"] and row["stage"] not in STAGES:
            raise BuildError(
                f"role_reasons.csv, line {number} ({row['name']}): stage is {row['stage']!r}, "
                f"expected one of {', '.join(STAGES)}"
            )
    used = [r["deposit"] for r in changes] + [r["name"] for r in reasons]
    unknown = sorted(set(used) - set(names))
    if unknown:
        raise BuildError(
            f"role_changes.csv and role_reasons.csv name {', '.join(unknown)}, which the facts do "
            "not have; correct the name"
        )
    return Review(changes=tuple(changes), reasons={r["name"]: r for r in reasons})


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of one table of the review."""
    return read_checked_csv(FOLDER / f"{name}.csv", COLUMNS[name])


def checksums(*names: str) -> dict[str, str]:
    """Checksums of tables of the review, as a product states what it was built from."""
    return {
        f"tools/starter_build/{name}.csv": "sha256 " + sha256(FOLDER / f"{name}.csv")
        for name in names
    }
