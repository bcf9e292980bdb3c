"""Small routes and costs for the page's tests: two deposits with routes, one without, one closed in."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

NO = "no_chn_rus_irn"
COSTS = ("road", "rail_spur", "power", "haulage", "border_transhipment", "inbound")
_LINES = ("truck_line", "rail_line", "ferry_line", "sea_line", "assumed_line")


def route(deposit, corridor, question, port, usd, **own):
    """A row as `find_corridors` gives it; lines by name in degrees."""
    row = {
        "deposit_id": deposit,
        "corridor": corridor,
        "question": question,
        "port": port,
        "truck_km": 33.0,
        "rail_km": 3000.0,
        "ferry_km": 0.0,
        "sea_km": 0.0,
        "km_low": 2900.0,
        "km_high": 3300.0,
        "borders": 2,
        "gauge_changes": 0,
        "countries": "KAZ;AZE;GEO",
        "gateways": "Aktau;Alat",
        "days_low": 15.0,
        "days_mid": 24.0,
        "days_high": 49.0,
        "usd_t_p10": 0.6 * usd,
        "usd_t_p50": usd,
        "usd_t_p90": 1.7 * usd,
        "assumed": "truck: straight line; a join of 1.2 km",
        "note": "",
        **own,
    }
    if corridor == "none":
        numbers = [name for name, value in row.items() if isinstance(value, float | int)]
        row |= dict.fromkeys(numbers, np.nan) | {"port": "", "countries": "", "gateways": ""}
        row["assumed"] = ""
    return row


RAIL = [(76.0, 42.8), (70.0, 44.0), (60.0, 45.0), (51.2, 43.7)]
"""To Aktau; two deposits share its last two stretches."""


def corridors():
    """Rows of the deposits a, b and c of `page_data`, and d without a route."""
    aktau = {"ferry_km": 530.0, "ferry_line": [(51.2, 43.7), (49.4, 40.0)]}
    rows = [
        route(
            "a",
            "china_dostyk",
            "any",
            "Lianyungang",
            200.0,
            countries="KAZ;CHN",
            gauge_changes=1,
            rail_line=[(76.0, 42.8), (82.5, 45.2), (119.4, 34.7)],
            gauge=[(82.5, 45.2)],
            crossing=[(82.5, 45.2)],
            assumed_line=[(82.5, 45.2), (119.4, 34.7)],
        ),
        *(
            route(
                "a",
                "middle_north",
                q,
                "Poti",
                290.0,
                rail_line=RAIL,
                crossing=[(51.2, 43.7)],
                truck_line=[(76.12, 42.86), (76.0, 42.8)],
                assumed_line=[(76.12, 42.86), (76.0, 42.8)],
                **aktau,
            )
            for q in ("any", NO)
        ),
        *(
            route(
                "b",
                "middle_north",
                q,
                "Poti",
                240.0,
                rail_line=[(60.8, 52.0), *RAIL[2:]],
                rail_km=1800.0,
                **aktau,
            )
            for q in ("any", NO)
        ),
        route(
            "c", "mongolia_south", "any", "Tianjin", 150.0, rail_line=[(51.5, 43.7), (52.0, 44.0)]
        ),
        route("c", "none", NO, "", 0.0, note="its only neighbours are China and Russia"),
    ]
    frame = pd.DataFrame(rows).sort_values(["deposit_id", "question", "usd_t_p50"])
    for name in _LINES:
        frame[name] = _shapes(frame.get(name), shapely.LineString, len(frame))
    frame["crossing_points"] = _shapes(frame.pop("crossing"), shapely.MultiPoint, len(frame))
    frame["gauge_points"] = _shapes(frame.pop("gauge"), shapely.MultiPoint, len(frame))
    return gpd.GeoDataFrame(frame.reset_index(drop=True), geometry="rail_line", crs=4326)


def _shapes(values, make, count):
    listed = [None] * count if values is None else list(values)
    return gpd.GeoSeries([make(v) if isinstance(v, list) else None for v in listed], crs=4326).array


def access():
    """Costs of the deposits a and b; none per t of oxides for b, which has no published quantity."""
    rows = []
    for deposit, known in (("a", True), ("b", False)):
        for at, component in enumerate((*COSTS, "total")):
            usd = 50.0 * (at + 1)
            row = {"deposit_id": deposit, "component": component, "treo_t_a": 1719.0}
            for name, factor in (("p10", 0.6), ("p50", 1.0), ("p90", 1.8)):
                row[f"usd_t_treo_{name}"] = usd * factor if known else np.nan
                row[f"usd_t_product_{name}"] = usd * factor / 2.5
                row[f"capital_musd_{name}"] = 4.0 * factor if at < 3 else 0.0
                row[f"share_pct_{name}"] = (
                    5.0 * factor if component == "total" and known else np.nan
                )
            row |= {"product": "concentrate", "quantity": 12.5, "unit": "km", "year": "2018"}
            row |= {"source": "Bluecap, https://example.org/bluecap", "assumed": "detour"}
            row |= {"note": "" if known else "no quantity published: no USD per t TREO"}
            row |= {"ore_t_per_treo": 380.0, "mining_usd_t_treo_p10": 7000.0}
            row |= {"mining_usd_t_treo_p50": 13000.0, "mining_usd_t_treo_p90": 21000.0}
            rows.append(row)
    return pd.DataFrame(rows)
