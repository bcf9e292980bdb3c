"""The curated deposits and what was published about their size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from geo_ree.schema import PUBLISHED_FLAGS
from starter_build.context_facts import NO_ORE_FACTS, ore_facts, reviewed
from starter_build.positions import judge_position
from starter_build.product import (
    BuildError,
    Product,
    read_csv,
    sha256,
    slug,
    unique_slugs,
    write_csv,
)
from starter_build.reviews import Review, checksums, read_review, read_table

ROLES = {"outside": "reference"}
TIERS = {"candidate": "primary", "by_product_host": "by_product"}
KINDS = {"plant": "plant", "area": "area", "none": "unknown"}
GROUPS = {
    "candidate": "rare_earth",
    "by_product_host": "rare_earth_by_product",
    "outside": "rare_earth",
    "duplicate": "rare_earth",
    "area": "rare_earth",
    "plant": "rare_earth",
    "not_ree": "unknown",
    "none": "unknown",
}
GROUPS_BY_NAME = {
    "Kalesay": "rare_metal",  # beryllium deposit
    "Kokbulak": "iron",
    "Karakutan": "precious",  # gold in MRDS
    "Kokpatas": "precious",  # gold (OFR)
    "Baicheng niobium deposit (unnamed in source)": "rare_metal",
}
"""Group of a row by its role in the facts, and by its name where the row says more."""

COMMODITIES = {
    "Aktyuz": "REE;Pb;Zn;Ag;Sn;Cu",
    "Kalesay": "Be",
    "Kyzyl-Ompol": "REE;Ti;Fe;Zr;Th;U",
    "Northern Aktash": "",
    "Verkhnee Espe": "REE;Be;Zr;Nb",
    "Melovoye": "P;U;REE",
    **dict.fromkeys(
        ("Budenovskoye", "Akdala", "Inkai", "Kanzhugan", "Moiynkum", "Mynkuduk"), "U;REE"
    ),
    "Kokbulak": "Fe;REE",
    "Syrymbet": "Sn;REE",
    "Schevchenko": "P;U;REE",
    "Zhanet": "Mo;REE",
    "East Kazakhstan collision-zone granitoids (3 areas)": "REE;Nb;Zr;Mo;W",
    "Dzheroi-Sardara": "P;REE",
    "Ingichke": "W;REE",
    "Urtalik": "REE;Zr;Nb",
    "Karakutan": "Au",
    "Kokpatas": "Ga;Au",
    "Kuldjuktau and Auminzatau ranges": "W;Au;U",
    "Khalzan Buregtei": "REE;Nb;Zr",
    "Shartolgoi / Ulaan Del": "REE;Nb;Ta;Zr",
    "Tsakhirt": "REE;Nb;Ta;Zr",
    "Ulaan Tolgoi": "REE;Zr;Ta",
    "(Turkmenistan, none named)": "",
    "Wajilitag": "REE;P",
    "Baicheng niobium deposit (unnamed in source)": "Nb;Ta;REE",
}
"""Commodities where the row itself names others than REE, or names none; all other rows: REE."""

_REE_RECORD = re.compile(r"mrdata\.usgs\.gov/ree rec_id (\d+)")
_MRDS_RECORD = re.compile(r"MRDS dep_id (\d+)")
_GRADE = re.compile(r"(\d+(?:\.\d+)?) %")
_JORC = re.compile(r"JORC (\d{4})")
SUBSTANCES = {
    "ore": "ore",
    "contained REO": "oxide",
    "contained REE metal": "metal",
    "contained REE": "unclear",
    "unknown": "unclear",
    "unclear: metal or ore": "unclear",
}


def build_deposits(facts: Path, out: Path) -> Product:
    """Write ``deposits.csv``: every row of the facts and of the review, by its role."""
    raw = [*read_csv(facts / "deposits.csv"), *read_table("added_deposits")]
    review = read_review([r["name"] for r in raw])
    rows: list[dict[str, str]] = []
    remarks: list[str] = []
    ores = ore_facts(facts)
    stray = set(COMMODITIES) | set(GROUPS_BY_NAME)
    for native, row in zip(unique_slugs(r["name"] for r in raw), raw, strict=True):
        stray.discard(row["name"])
        rows.append(_deposit(native, row, review, remarks, ores.get(native, NO_ORE_FACTS)))
    if stray:
        raise ValueError(f"names in the tables but not in the facts: {', '.join(sorted(stray))}")
    write_csv(out / "deposits.csv", rows)
    roles = Counter(r["role"] for r in rows)
    located = [r for r in rows if r["latitude"]]
    return Product(
        file="deposits.csv",
        source_id="starter_deposits",
        rows=len(rows),
        built_from={
            **{
                f"facts/{file}": "sha256 " + sha256(facts / file)
                for file in ("deposits.csv", "context/control/mineralogy.csv")
            },
            **checksums("role_changes", "role_reasons", "added_deposits", "context_changes"),
        },
        took={f"rows of role {role}": number for role, number in sorted(roles.items())},
        derived={
            "positions with class and error": len(located),
            "positions whose sources disagree beyond the printed precision": sum(
                "sources disagree" in r["position_basis"] and _beyond(r) for r in located
            ),
            "rows tied to records of other sources": sum(bool(r["same_as"]) for r in rows),
            "values changed by the review": sum(c["verdict"] == "changed" for c in review.changes),
        },
        remarks=tuple(remarks),
    )


def _beyond(row: dict[str, str]) -> bool:
    spread = re.search(r"sources disagree by ([\d.]+) km", row["position_basis"])
    if spread is None:
        return False
    return abs(float(spread[1]) * 1000 - float(row["position_error_m"])) < 100


def _deposit(
    native: str,
    facts: dict[str, str],
    review: Review,
    remarks: list[str],
    ore: Mapping[str, str],
) -> dict[str, str]:
    row = review.change(facts)
    role = row["role"]
    placed = judge_position(row) if row["latitude"] else None
    if placed:
        remarks.append(
            f"{row['name']}: {placed.precision_class} ({placed.why}), error {placed.error_m:.0f} m"
        )
    judged = {
        "name": row["name"],
        "commodities": COMMODITIES.get(row["name"], "REE"),
        "commodity_group": GROUPS_BY_NAME.get(row["name"], GROUPS[facts["role"]]),
    }
    judged = review.change(judged)
    return {
        "native_id": native,
        "name": row["name"],
        "name_local": row["name_cyrillic"],
        "aliases": ";".join(a.strip() for a in row["aliases"].split(";") if a.strip()),
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "country_reported": row["country"],
        "admin_area": row["admin_area"],
        "kind": _kind(row),
        "role": ROLES.get(role, role),
        **review.explain(row["name"], role),
        "commodities": judged["commodities"],
        "commodity_tier": TIERS.get(role, ""),
        "commodity_group": judged["commodity_group"],
        "deposit_type": row["deposit_type"],
        "minerals": row["host_mineralogy"],
        **ore,
        "status": row["status"],
        "operator": row["operator"],
        "precision_class": placed.precision_class if placed else "none",
        "position_error_m": f"{placed.error_m:.0f}" if placed else "",
        "position_basis": placed.basis if placed else "",
        "same_as": ";".join(_same_as(row)),
        "reference": row["source"],
        "source_quality": row["confidence"],
        "notes": _notes(row),
    }


def _kind(row: dict[str, str]) -> str:
    if row["role"] in KINDS:
        return KINDS[row["role"]]
    if row["status"].startswith("occurrence"):
        return "occurrence"
    return "mine" if row["status"].startswith("W mine") else "deposit"


def _same_as(row: dict[str, str]) -> list[str]:
    ids = [f"usgs_major_deposits:{gid}" for gid in row["same_as_gid"].split(";") if gid]
    text = row["source"] + " " + row["coord_source"]
    ids += dict.fromkeys(f"usgs_ree:{n}" for n in _REE_RECORD.findall(text))
    return [
        *ids,
        *dict.fromkeys(f"usgs_mrds:{n}" for n in _MRDS_RECORD.findall(text + row["alt_coords"])),
    ]


def _notes(row: dict[str, str]) -> str:
    parts = [row["notes"]]
    if row["resource_text"]:
        parts.append(f"Resources as published: {row['resource_text']}.")
    if row["cyrillic_from_source"]:
        parts.append(f"Local name from a source: {row['cyrillic_from_source']}.")
    return " ".join(p for p in parts if p)


def build_resources(facts: Path, out: Path) -> Product:
    """Write ``resources.csv``: one row a published statement, none added up."""
    raw = [*reviewed(facts, "resources"), *read_table("added_resources")]
    listed = [*read_csv(facts / "deposits.csv"), *read_table("added_deposits")]
    known = {r["name"] for r in listed}
    unknown = sorted({r["deposit"] for r in raw} - known)
    if unknown:
        raise ValueError(f"resources of deposits that are not listed: {', '.join(unknown)}")
    counter: Counter[str] = Counter()
    rows = []
    for row in raw:
        counter[row["deposit"]] += 1
        rows.append(_statement(row, counter[row["deposit"]]))
    write_csv(out / "resources.csv", rows)
    substances = Counter(r["substance"] for r in rows)
    return Product(
        file="resources.csv",
        source_id="starter_resources",
        rows=len(rows),
        built_from={
            "facts/resources.csv": "sha256 " + sha256(facts / "resources.csv"),
            **checksums("added_resources", "context_changes"),
        },
        took={f"statements about {s}": n for s, n in sorted(substances.items())},
        derived={
            "quantities turned from million tonnes": sum(r["unit"] == "Mt" for r in raw),
            "statements whose figures were not seen": sum(not r["quantity"] for r in raw),
            "grades read as per cent": sum(bool(r["grade_pct"]) for r in rows),
        },
    )


def _statement(row: dict[str, str], number: int) -> dict[str, str]:
    scale = {"t": 1.0, "Mt": 1e6}[row["unit"]]
    tonnes = f"{float(row['quantity']) * scale:.0f}" if row["quantity"] else ""
    grade = _GRADE.match(row["grade"])
    jorc = _JORC.fullmatch(row["statement"])
    deposit = slug(row["deposit"])
    return {
        "native_id": f"{deposit}-{number}",
        "deposit_id": f"starter_deposits:{deposit}",
        "substance": SUBSTANCES[row["substance"]],
        "quantity_t": tonnes,
        "grade_pct": grade[1] if grade else "",
        "grade_text": row["grade"],
        "category": row["category"],
        "system": row["statement"],
        "edition": jorc[1] if jorc else "",
        "year": row["year"],
        "source": row["source"],
        "notes": "; ".join(p for p in (f"published as: {row['substance']}", row["note"]) if p),
    }


def build_flags(facts: Path, out: Path) -> Product:
    """Write ``flags.csv``: one row a published fact that speaks against mining."""
    raw = read_table("flag_facts")
    listed = [*read_csv(facts / "deposits.csv"), *read_table("added_deposits")]
    unknown = sorted({r["deposit"] for r in raw} - {r["name"] for r in listed})
    wrong = sorted({r["flag"] for r in raw} - set(PUBLISHED_FLAGS))
    if unknown or wrong:
        raise BuildError(
            f"flag_facts.csv: unknown deposits: {', '.join(unknown) or 'none'}; unknown flags: "
            f"{', '.join(wrong) or 'none'}; correct the rows, flags are {', '.join(PUBLISHED_FLAGS)}"
        )
    counter: Counter[str] = Counter()
    rows = []
    for row in raw:
        deposit = slug(row["deposit"])
        counter[deposit] += 1
        rows.append(
            {
                "native_id": f"{deposit}-{counter[deposit]}",
                "deposit_id": f"starter_deposits:{deposit}",
                "flag": row["flag"],
                "fact": row["fact"],
                "date": row["date"],
                "source": row["source"],
                "source_quality": row["confidence"],
            }
        )
    write_csv(out / "flags.csv", rows)
    kinds = Counter(r["flag"] for r in rows)
    return Product(
        file="flags.csv",
        source_id="starter_flags",
        rows=len(rows),
        built_from=checksums("flag_facts"),
        took={f"facts of the flag {kind}": n for kind, n in sorted(kinds.items())},
    )
