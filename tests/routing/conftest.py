"""Routes made by hand, and a haulage that is a plain sum, for tests of what access costs."""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from geo_ree.routing.ranges import draw


def make_routes(*, deposit_id="x:1", truck_km=100.0, rail_km=4000.0, p50=300.0, question="any"):
    """Give one route; one of NaN is no way."""
    return pd.DataFrame(
        {
            "deposit_id": [deposit_id],
            "corridor": "middle_north",
            "question": question,
            "port": "Poti",
            "truck_km": truck_km,
            "rail_km": rail_km,
            "ferry_km": 0.0,
            "sea_km": 0.0,
            "gauge_changes": 1,
            "usd_t_p50": p50,
            "assumed": "join of 2 km",
            "note": "no way by land" if np.isnan(p50) else None,
        }
    )


@pytest.fixture
def plain_haulage(monkeypatch):
    """Put a sum of kilometres x rate in the place of the haulage of routes."""

    def haulage_parts(rows, draws, seed, costs=None):
        assert rows["deposit_id"].notna().all()
        return {
            mode: rows[f"{mode}_km"].to_numpy()[:, None] * draw(costs[mode], draws, seed) / 100
            for mode in ("truck", "rail")
        }

    module = ModuleType("geo_ree.routing.route_costs")
    module.haulage_parts = haulage_parts
    monkeypatch.setitem(sys.modules, "geo_ree.routing.route_costs", module)
