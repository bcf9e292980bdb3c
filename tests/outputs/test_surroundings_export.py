"""The layers that flags read are exported with their licences, without what may not be passed on."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.pipeline.commercial import SURROUNDINGS
from geo_ree.pipeline.export import export, gather_tables

SOURCES = {
    "active_faults": "gem_active_faults",
    "mining_areas": "mining_polygons",
    "water_stress": "aqueduct_40",
}


def frame(layer, source, x):
    line = shapely.LineString([(x, 42), (x + 1, 43)])
    shape = line if layer == "active_faults" else shapely.box(x, 42, x + 1, 43)
    columns = {"id": [f"{source}:1"], "source_id": [source], "name": ["A"], "kind": ["unknown"]}
    return gpd.GeoDataFrame(columns, geometry=[shape], crs=4326).assign(
        score=4.2, label="High", lateral_error_km=1.0
    )


def with_surroundings(result):
    catalog = load_catalog()
    osm = next(
        i for i, s in catalog.items() if "protected areas" in s.title and "Kyrgyz" in s.title
    )
    chosen = {"protected_areas": osm, **SOURCES}
    frames = {layer: frame(layer, source, 74) for layer, source in chosen.items()}
    wdpa = frame("protected_areas", "wdpa", 70)
    frames["protected_areas"] = pd.concat([frames["protected_areas"], wdpa], ignore_index=True)
    used = {source: catalog[source] for source in [*chosen.values(), "wdpa"]}
    inputs = [
        {**vars_of(catalog[source]), "id": source, "layer": layer}
        for layer, source in chosen.items()
    ]
    return replace(
        result,
        layers=replace(
            result.layers,
            frames={**result.layers.frames, **frames},
            sources={**result.layers.sources, **used},
        ),
        report={**result.report, "inputs": [*result.report["inputs"], *inputs]},
    ), chosen


def vars_of(source):
    names = ("title", "publisher", "licence", "licence_url", "attribution", "edition")
    return {name: getattr(source, name) for name in names}


def test_they_are_layers_of_the_geopackage_with_their_licences(starter_run, tmp_path):
    result, chosen = with_surroundings(starter_run.result)
    export(result, tmp_path, formats=["gpkg", "geojson"])
    path = tmp_path / "geo_ree.gpkg"
    listed = {name for name, _ in pyogrio.list_layers(path)}
    assert set(SURROUNDINGS) <= listed
    for layer, source in chosen.items():
        info = pyogrio.read_info(path, layer=layer)
        asked = (
            "OpenStreetMap" if layer == "protected_areas" else load_catalog()[source].attribution
        )
        assert asked in str(info["layer_metadata"]), layer
    parks = gpd.read_file(path, layer="protected_areas")
    assert parks["source_id"].tolist() == [chosen["protected_areas"]]
    styles = gpd.read_file(path, layer="layer_styles")
    assert set(SURROUNDINGS) <= set(styles["f_table_name"])


def test_a_run_without_them_and_a_page_pass_nothing_else_on(starter_run):
    assert not set(SURROUNDINGS) & set(gather_tables(starter_run.result).infrastructure)
    result, chosen = with_surroundings(starter_run.result)
    kept = gather_tables(result).infrastructure["protected_areas"]
    assert kept["source_id"].tolist() == [chosen["protected_areas"]]
