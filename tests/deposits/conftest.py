"""Shared by the tests of the deposits."""

import pytest

from geo_ree import Settings
from geo_ree.pipeline.fetching import fetch

MERGED = (
    "usgs_ree",
    "usgs_mrds",
    "usgs_pp1802",
    "usgs_major_deposits",
    "usgs_copper_sites",
    "usgs_porcu",
    "usgs_sedcu",
    "usgs_carbonatite",
)


@pytest.fixture(scope="session")
def fetched(mirror, tmp_path_factory) -> Settings:
    """Settings of a data folder that holds the tables of deposits that are merged."""
    settings = Settings(data_root=tmp_path_factory.mktemp("merged"), mirror=mirror())
    assert not fetch(MERGED, settings=settings).failed
    return settings
