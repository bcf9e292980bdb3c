"""The places and legs that the network of the package is built with."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pandas as pd

from geo_ree.routing.facts_tables import read_facts

GATEWAYS = Path(str(files("geo_ree") / "starter" / "gateways.csv"))

COLUMNS = ("name", "kind", "country", "neighbour", "longitude", "latitude")
"""What is read of a table of places; a neighbour makes a gateway."""


def read_places() -> pd.DataFrame:
    """Read destinations, gateways and stations; of two rows of one name the first one counts."""
    tables = [
        read_facts("destinations"),
        read_gateways(),
        read_facts("road_gateways").assign(kind="road_border"),
        read_facts("stations").assign(kind="station"),
    ]
    rows = pd.concat([_placed(table) for table in tables], ignore_index=True)
    return rows.drop_duplicates("name", ignore_index=True)


def read_gateways() -> pd.DataFrame:
    """Read the rail gateways and sea ports of the starter."""
    table = _read(GATEWAYS).rename(columns={"country_reported": "country"})
    numbers = {c: pd.to_numeric(table[c]) for c in ("longitude", "latitude")}
    return table.assign(**numbers)


def read_legs() -> pd.DataFrame:
    """Read the ferry and sea legs."""
    return read_facts("legs")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = {c: pd.to_numeric(table[c], errors="coerce") for c in ("longitude", "latitude")}
    rows = table.reindex(columns=[*COLUMNS], fill_value="").assign(**numbers)
    return rows.dropna(subset=["longitude", "latitude"])
