"""A small made-up run: two deposits in each of two countries, a railway, a port, statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.deposits import arrange_statements
from geo_ree.pipeline.gateways import to_the_metre
from geo_ree.proximity import load_targets, measure
from geo_ree.schema import check_layer
from geo_ree.scoring import ScoreModel, load_preset, score
from geo_ree.settings import Options

DEPOSITS = {
    "alpha": ("KAZ", "candidate", (70.0, 48.0)),
    "beta": ("KAZ", "candidate", (72.0, 46.0)),
    "gamma": ("KGZ", "candidate", (75.0, 41.0)),
    "delta": ("KGZ", "by_product_host", (78.0, 41.5)),
}


def made_deposits(error_m: float = 1000.0) -> gpd.GeoDataFrame:
    rows = [
        {
            "id": f"d:{n}",
            "source_id": "d",
            "name": n.title(),
            "country": c,
            "kind": "deposit",
            "role": r,
            "commodity_group": "rare_earth",
            "precision_class": "arc_minute",
            "position_error_m": error_m,
            "sources": f"d:{n}",
        }
        for n, (c, r, _) in DEPOSITS.items()
    ]
    frame = pd.DataFrame(rows)
    sources = frame.pop("sources")
    points = [shapely.Point(p) for _, _, p in DEPOSITS.values()]
    return check_layer(gpd.GeoDataFrame(frame, geometry=points, crs=4326), "deposits").assign(
        sources=sources.to_numpy()
    )


def made_layers(countries: gpd.GeoDataFrame) -> dict[str, Any]:
    rail = gpd.GeoDataFrame(
        {
            "id": ["r:1", "r:2"],
            "source_id": "r",
            "name": ["Old Line", "South Line"],
            "kind": "rail",
            "country": ["KAZ", "KGZ"],
            "lateral_error_km": 1.0,
        },
        geometry=[
            shapely.LineString([(62, 50), (66, 50)]),
            shapely.LineString([(70, 40), (71, 40)]),
        ],
        crs=4326,
    )
    ports = gpd.GeoDataFrame(
        {
            "id": ["g:1", "g:2"],
            "source_id": "g",
            "name": ["Aktau", "Turkmenbashi"],
            "kind": "sea_port",
            "country": ["KAZ", None],
            "gauge_break": False,
        },
        geometry=[shapely.Point(61, 44), shapely.Point(53, 40)],
        crs=4326,
    )
    china = gpd.GeoDataFrame(
        {
            "id": ["c:CHN"],
            "source_id": "c",
            "name": "China",
            "country": "CHN",
            "country_reported": "CHN",
            "kind": "country",
            "complete": False,
        },
        geometry=[shapely.box(85, 39, 100, 54)],
        crs=4326,
    )
    return {
        "deposits": made_deposits(),
        "countries": pd.concat([countries, china], ignore_index=True),
        "railways": check_layer(rail, "railways"),
        "gateways": check_layer(ports, "gateways"),
    }


STATED = {
    "source_id": "s",
    "deposit_id": "d:beta",
    "substance": "oxide",
    "system": "JORC 2012",
    "system_kind": "reporting_code",
    "system_code": "JORC",
    "edition": "2012",
    "year": 2020,
    "source": "a made-up report",
}


def made_statements(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = [
        STATED | {"id": f"s:{n}", "category": c, "category_class": c.casefold(), "quantity_t": q}
        for n, (c, q) in enumerate(
            [("Measured", 1000.0), ("Indicated", 500.0), ("Inferred", 250.0)], start=1
        )
    ]
    return arrange_statements(pd.DataFrame(rows), deposits)


def made_model(options: Options) -> ScoreModel:
    """The preset, for layers of which few are made up: any known criterion gives a score."""
    return replace(load_preset(options.preset), least_known=0.0)


def made_scores(layers: dict[str, Any], options: Options) -> gpd.GeoDataFrame:
    """The scored table as a run has it, without the intervals."""
    deposits = layers["deposits"].set_index("id", drop=False).rename_axis(None)
    table = pd.concat([deposits, to_the_metre(measure(deposits, layers))], axis=1)
    points = score(table, made_model(options).choose(table))
    scored = pd.concat([table, points], axis=1)
    ranks = scored["score"].groupby(scored["role"]).rank(ascending=False, method="first")
    return gpd.GeoDataFrame(scored.assign(rank_in_role=ranks.astype("Int64")), crs=4326)


@pytest.fixture(autouse=True)
def no_routes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave routes out of a made-up region, which no network crosses; see test_route_changes.py."""
    if "real" in request.node.name:
        return
    from geo_ree.studies.scenarios import comparison
    from geo_ree.studies.scenarios.route_changes import COLUMNS

    monkeypatch.setattr(comparison, "compare_routes", lambda *_: pd.DataFrame(columns=[*COLUMNS]))


@pytest.fixture
def made(countries: gpd.GeoDataFrame) -> Callable[..., Any]:
    """Gives a result as `geo_ree.run` does, of made-up layers, changed as the test wants them."""

    def make(**layers: Any) -> Any:
        options = Options(draws=200)
        available = {**made_layers(countries), **layers}
        scored = made_scores(available, options)
        return SimpleNamespace(
            layers=SimpleNamespace(frames=available, coverage={}, regions={}, labels={}),
            measures=SimpleNamespace(targets=load_targets()),
            scores=SimpleNamespace(
                table=scored,
                preset="infrastructure (default)",
                model=made_model(options).choose(scored),
            ),
            statements=made_statements(available["deposits"]),
            report={"settings": {"data_root": "data", **asdict(options), "countries": []}},
        )

    return make


@pytest.fixture
def line() -> Callable[..., gpd.GeoDataFrame]:
    """Gives a made-up line as a frame of one feature."""

    def make(*places: tuple[float, float], **properties: Any) -> gpd.GeoDataFrame:
        row = {
            "name": "New Line",
            "kind": "rail",
            "status": "planned",
            "opening_year": 2030,
            "lateral_error_km": 0.0,
            "source": "made up",
            **properties,
        }
        return gpd.GeoDataFrame(
            pd.DataFrame([row]), geometry=[shapely.LineString(places)], crs=4326
        )

    return make
