"""How often a position error covers a position that was left out: `tools/check_positions.py`."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.deposits import locate
from geo_ree.schema import PRECISION_ERROR_M

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location(
    "check_positions", ROOT / "tools" / "check_positions.py"
)
check_positions = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check_positions)


def trials(countries, *rows):
    """Trials of one deposit; rows of (record, north of 45 N in km, class)."""
    members = gpd.GeoDataFrame(
        {
            "record": [record for record, _, _ in rows],
            "source_id": [record.partition(":")[0] for record, _, _ in rows],
            "deposit": "d",
            "name": "Zharyk",
            **dict.fromkeys(("aliases", "country_reported", "position_basis", "reference")),
            "precision_class": [class_ for _, _, class_ in rows],
            "position_error_m": [PRECISION_ERROR_M[class_] for _, _, class_ in rows],
        },
        geometry=[shapely.Point(70.0, 45.0 + km / 111.14) for _, km, _ in rows],
        crs=4326,
    )
    texts = dict.fromkeys(("aliases", "country_reported", "admin_area", "reference"))
    deposits = gpd.GeoDataFrame(
        {"id": ["d"], "name": "Zharyk", "country": "KAZ", "role": "context", **texts},
        geometry=members.geometry[:1].to_numpy(),
        crs=4326,
    )
    merged = SimpleNamespace(deposits=deposits, members=members)
    located = locate(deposits, members, countries=countries)
    return check_positions.leave_one_out(merged, located).set_index("record")


def test_each_hand_is_left_out_once_and_copies_are_one_hand(countries):
    found = trials(
        countries,
        ("a:1", 0.0, "arc_second"),
        ("b:1", 2.2, "arc_minute"),
        ("c:1", 20.0, "arc_minute"),
        ("e:1", 0.0, "arc_second"),  # the digits of a:1
        ("f:1", 5.0, "named_place"),  # too coarse to judge another
    )
    assert found.index.tolist() == ["a:1", "b:1", "c:1", "e:1"]
    assert found["away_km"].round(1).to_dict() == {"a:1": 2.2, "b:1": 2.2, "c:1": 20.0, "e:1": 2.2}
    assert found["covered"].to_dict()["c:1"] == (found.loc["c:1", "error_km"] + 2.0 >= 20.0)
    assert not found.loc["c:1", "covered"]
    assert found.loc["b:1", "covered"]


def test_one_hand_gives_no_trial(countries):
    found = trials(countries, ("a:1", 0.0, "arc_second"), ("a:2", 30.0, "arc_minute"))
    assert found.empty


def test_the_worst_class_comes_first(countries):
    rows = [("a:1", 0.0, "arc_second"), ("b:1", 20.0, "arc_minute"), ("c:1", 20.3, "arc_second")]
    parts = [trials(countries, *rows) for _ in range(5)]
    table = check_positions.tabulate(pd.concat(parts), "class")
    assert table["covered"].is_monotonic_increasing
    assert table["left out"].sum() == pytest.approx(15)
