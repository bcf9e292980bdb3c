import pytest

from geo_ree import Options, Settings
from geo_ree.pipeline import result as pipeline


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """A run on the starter data."""
    return pipeline.run(
        Settings(data_root=tmp_path_factory.mktemp("run") / "data"), Options(draws=50)
    )
