import pytest


@pytest.fixture(scope="session")
def real(starter_run):
    """The result of the run on the starter data."""
    return starter_run.result
