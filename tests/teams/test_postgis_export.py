import psycopg
import pytest

from geo_ree.outputs.postgis import write_postgis
from geo_ree.pipeline.export import gather_tables


@pytest.fixture(scope="session")
def bundle(starter_run):
    return gather_tables(starter_run.result)


def test_a_run_is_one_schema(bundle, database):
    schema = write_postgis(bundle, database)
    with psycopg.connect(database) as base:
        count = base.execute(f"SELECT count(*) FROM {schema}.deposits").fetchone()[0]
        assert count == len(bundle.scored)
        assert base.execute("SELECT count(*) FROM latest.deposits").fetchone()[0] == count
