"""The tables of facts that need little more than their columns named."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from starter_build.product import Product, read_csv, sha256, unique_slugs, write_csv

GROUP_OF_SYMBOL = {
    **dict.fromkeys(("Be", "Li", "Nb", "Ta", "Zr"), "rare_metal"),
    **dict.fromkeys(("Cr", "Mn", "Mo", "Ni", "V", "W"), "ferroalloy"),
    **dict.fromkeys(("Al", "As", "Cu", "Hg", "Pb", "Sb", "Sn", "Ti", "Zn"), "nonferrous"),
    **dict.fromkeys(("Ag", "Au"), "precious"),
    **dict.fromkeys(("salt", "sylvite", "potash", "gypsum"), "evaporite"),
    **dict.fromkeys(("phosphate", "P"), "phosphate"),
    **dict.fromkeys(("emerald", "kunzite", "lapis lazuli", "ruby", "tourmaline"), "gemstone"),
    **dict.fromkeys(
        (
            "B",
            "Ba",
            "F",
            "Sr",
            "alunite",
            "asbestos",
            "barite",
            "bentonite",
            "fluorite",
            "magnesite",
            "muscovite",
            "talc",
            "vermiculite",
            "zeolite",
        ),
        "industrial_mineral",
    ),
    "Fe": "iron",
    "U": "uranium",
}
"""Group of a deposit by its first commodity symbol (grouping: judgement)."""

SHARED_POINT_ERROR_M, PLANT_ERROR_M = 10_000, 1_000


def build_major_deposits(facts: Path, out: Path) -> Product:
    """Write ``major_deposits.csv``: the USGS's major deposits in the seven countries."""
    raw = read_csv(facts / "major_deposits.csv")
    rows = [_major(row) for row in raw]
    write_csv(out / "major_deposits.csv", rows)
    roles = Counter(r["role"] for r in rows)
    groups = Counter(r["commodity_group"] for r in rows)
    return Product(
        file="major_deposits.csv",
        source_id="starter_major_deposits",
        rows=len(rows),
        built_from={"facts/major_deposits.csv": "sha256 " + sha256(facts / "major_deposits.csv")},
        took={f"rows of role {role}": number for role, number in sorted(roles.items())},
        derived={f"in the group {group}": number for group, number in sorted(groups.items())},
        remarks=tuple(
            f"{r['name']} (gid {r['native_id']}): {r['role']}"
            for r in rows
            if r["role"] != "context"
        ),
    )


def _major(row: dict[str, str]) -> dict[str, str]:
    symbols = row["commodity_symbols"].split(";")
    role, group, tier = "context", "", ""
    if "REE" in symbols:
        first = row["commodity"].startswith("Rare")
        role, group, tier = (
            ("candidate", "rare_earth", "primary")
            if first
            else ("by_product_host", "rare_earth_by_product", "by_product")
        )
    return {
        "native_id": row["gid"],
        "name": row["name"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "country_reported": row["country"],
        "admin_area": row["admin_area"],
        "role": role,
        "commodities": row["commodity_symbols"],
        "commodity_tier": tier,
        "commodity_group": group or GROUP_OF_SYMBOL[symbols[0]],
        "deposit_type": row["deposit_type"],
        "reference": row["source"],
        "notes": f"commodity as published: {row['commodity']}",
    }


def build_power_plants(facts: Path, out: Path) -> Product:
    """Write ``power_plants.csv``."""
    raw = read_csv(facts / "power_plants.csv")
    ids = unique_slugs(f"{r['country']} {r['name']}" for r in raw)
    rows = [
        {
            "native_id": native,
            "name": row["name"],
            "country_reported": row["country"],
            "latitude": row["latitude"],
            "longitude": row["longitude"],
            "fuel": row["fuel"],
            "capacity_mw": row["capacity_mw"],
            "position_error_m": str(
                SHARED_POINT_ERROR_M if row["position_note"] else PLANT_ERROR_M
            ),
            "reference": "; ".join(p for p in (row["source"], row["position_note"]) if p),
        }
        for native, row in zip(ids, raw, strict=True)
    ]
    write_csv(out / "power_plants.csv", rows)
    countries = Counter(r["country_reported"] for r in rows)
    return Product(
        file="power_plants.csv",
        source_id="starter_power_plants",
        rows=len(rows),
        built_from={"facts/power_plants.csv": "sha256 " + sha256(facts / "power_plants.csv")},
        took={f"plants in {country}": number for country, number in sorted(countries.items())},
        derived={
            f"error {SHARED_POINT_ERROR_M} m because the point is shared": sum(
                bool(r["position_note"]) for r in raw
            )
        },
    )
