"""A small run, as quick to write as a table, and a bundle of the starter run."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.outputs.bundle import Bundle
from geo_ree.pipeline.export import gather_tables
from geo_ree.schema import FACT_LAYERS
from geo_ree.settings import DISCLAIMER

ATTRIBUTION = "Borders: © OpenStreetMap contributors (ODbL)"


def _frame(rows, shapes=None):
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326) if shapes is not None else rows


def _scored(scores):
    rows = pd.DataFrame(
        {
            "id": [f"t:{i}" for i in range(len(scores))],
            "name": ['O\'Hara "II"; a,b\nc', "Ак-Тюз", "", "x\\."][: len(scores)],
            "country": ["KGZ", "KAZ", None, "UZB"][: len(scores)],
            "score": scores,
            "rank_in_role": pd.array([1, 2, None, 3][: len(scores)], dtype="Int64"),
        }
    )
    return _frame(rows, [shapely.Point(70 + i / 3, 43) for i in range(len(scores))])


@pytest.fixture
def small_run():
    """Gives a function that makes the bundle of a small run; fields can be replaced."""

    def make(run_id="aa11", scores=(61.25, 0.1 + 0.2, None, 1e-17), **changes):
        layer = {"source_id": "borders", "country": "KGZ", "kind": "rail"}
        lines = [
            shapely.LineString([(70, 43), (71, 43.5)]),
            shapely.LineString([(71, 43), (72, 44)]),
        ]
        lakes = [shapely.box(76, 42, 77, 43), shapely.LineString([(70, 41), (71, 42)])]
        empty = pd.DataFrame({"id": pd.Series([], dtype=object)})
        scored = _scored(list(scores))
        routes = pd.DataFrame({"deposit_id": ["t:0"], "corridor": ["north"], "question": ["any"]})
        run = {"version": "0.1.0", "schema_version": "1.1", "created": "2026-11-29", "preset": "p"}
        fields = {
            "scored": scored,
            "unranked": _frame(
                pd.DataFrame({"id": ["t:u1", "t:u2"], "name": ["A", "B"]}),
                [shapely.box(70, 43, 71, 44), None],
            ),
            "areas": _frame(
                pd.DataFrame({"deposit": ["t:u1"], "kind": ["feasible"], "evidence": ["40 km"]}),
                [shapely.box(70, 43, 71, 44)],
            ),
            "flags": pd.DataFrame(
                {"deposit_id": ["t:0", "t:u1"], "flag": ["remote"] * 2, "fact": ["far", None]}
            ),
            "facts": dict.fromkeys(FACT_LAYERS, empty),
            "pairwise": pd.DataFrame({"a": ["t:0"], "b": ["t:1"], "p_a_above_b": [0.93]}),
            "corridors": _frame(routes, [shapely.MultiLineString([lines[0]])]),
            "access": pd.DataFrame(
                {"deposit_id": ["t:0"], "component": ["road"], "year": ["2020"]}
            ),
            "resources": empty,
            "values": pd.DataFrame({"deposit": ["t:0"], "attribute": ["name"], "value": ["x"]}),
            "infrastructure": {
                "railways": _frame(pd.DataFrame({"id": ["r:1", "r:2"], **layer}), lines),
                "water": _frame(pd.DataFrame({"id": ["w:1", "w:2"], **layer}), lakes),
            },
            "sources": pd.DataFrame(
                {
                    "id": ["borders"],
                    "layer": ["countries"],
                    "attribution": [ATTRIBUTION],
                    "licence": ["ODbL"],
                    "licence_url": ["https://opendatacommons.org/licenses/odbl/1-0/"],
                    "rows": [2],
                }
            ),
            "criteria": pd.DataFrame({"name": ["rail"], "weight": [1.0]}),
            "run": {**run, "run_id": run_id, "seed": 7, "draws": 10, "disclaimer": DISCLAIMER},
        }
        return Bundle(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def starter_bundle(starter_run):
    return gather_tables(starter_run.result)


@pytest.fixture
def ask(postgis, database):
    """Gives a function that runs a statement as the owner of the database, beside the exports."""
    name = database.rpartition("/")[2]
    return lambda statement: postgis.ask(statement, database=name)
