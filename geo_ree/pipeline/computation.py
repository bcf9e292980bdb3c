"""A run computed from its sources, as far as its stages are not stored."""

from __future__ import annotations

from dataclasses import replace

from geo_ree import storage
from geo_ree.pipeline.deposit_measures import measure_deposits
from geo_ree.pipeline.deposit_routes import measure_routes
from geo_ree.pipeline.deposit_scores import score_deposits
from geo_ree.pipeline.elevation import find_rasters
from geo_ree.pipeline.layers import load_layers
from geo_ree.pipeline.records import Measures, Result
from geo_ree.pipeline.report import make_report, raster_inputs
from geo_ree.pipeline.route_inputs import route_inputs
from geo_ree.pipeline.run_store import RunStore
from geo_ree.pipeline.run_tables import run_tables
from geo_ree.pipeline.stage_clock import Clock


def compute_run(store: RunStore, clock: Clock) -> Result:
    """Compute a run from what is stored of its stages."""
    settings, options = store.settings, store.options
    with clock.stage("sources to layers"):
        layers = store.layers(lambda: load_layers(settings, options, clock.tell))
    with storage.holding_snapshots(settings):
        rasters = find_rasters(layers.sources, settings)

        def measured() -> Measures:
            with clock.stage("measures"):
                found = measure_deposits(layers, options, rasters)
            with clock.stage("routes and access cost"):
                return measure_routes(found, layers, options.seed)

        measures = store.measures(layers, measured)
        with clock.stage("scores"):
            scores = score_deposits(measures, layers, options)
    layers = replace(layers, inputs=[*layers.inputs, *raster_inputs(rasters), *route_inputs()])
    tables = run_tables(layers, measures, scores)
    report = make_report(settings, options, layers, scores, tables, clock.seconds, measures.targets)
    return Result(
        layers=layers,
        measures=measures,
        scores=scores,
        tables=tables,
        report={**report, "reused": store.reused},
    )
