"""Runs under other options need not read and measure the starter data again."""

import pytest

from geo_ree.pipeline import computation


@pytest.fixture
def lent_layers(starter_run, monkeypatch):
    """Lets each run take the layers of the starter run."""
    layers = starter_run.result.layers
    monkeypatch.setattr(computation, "load_layers", lambda settings, options, tell: layers)


@pytest.fixture
def lent_measures(lent_layers, starter_run, monkeypatch):
    """Lets each run take the layers and the measured distances of the starter run."""
    measures = starter_run.result.measures
    monkeypatch.setattr(computation, "measure_deposits", lambda layers, options, rasters: measures)
    monkeypatch.setattr(computation, "measure_routes", lambda measures, layers, seed: measures)
