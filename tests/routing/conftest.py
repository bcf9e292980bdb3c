"""Routes made by hand, for tests of what access costs."""

import numpy as np
import pandas as pd


def make_routes(*, deposit_id="x:1", truck_km=100.0, rail_km=4000.0, p50=300.0, question="any"):
    """Give one route of a length that is known; one of NaN is no way."""
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
            "km_low": truck_km + rail_km,
            "km_high": truck_km + rail_km,
            "gauge_changes": 1,
            "usd_t_p50": p50,
            "assumed": "join of 2 km",
            "note": "no way by land" if np.isnan(p50) else None,
        }
    )
