"""Connections of the service to a database: read only, as the address says, wherever PostGIS is."""

import pytest
import sqlalchemy as sql

from geo_ree.serving.run_providers import database_engine
from geo_ree.storage.databases import parse_address


def test_the_address_holds_and_nothing_can_be_written(postgis, database):
    name = database.rpartition("/")[2]
    postgis.ask('DROP EXTENSION postgis; CREATE SCHEMA "Gis Types"', database=name)
    postgis.ask('CREATE EXTENSION postgis SCHEMA "Gis Types"', database=name)
    postgis.ask('GRANT USAGE ON SCHEMA "Gis Types" TO PUBLIC', database=name)
    options = "options=-c%20role%3Dpg_monitor&application_name=mine"
    engine = database_engine(parse_address(f"{database}?{options}"), "Gis Types")
    asked = (
        "SELECT current_user, ST_SRID(ST_MakeEnvelope(1, 2, 3, 4, 4326)), "
        "current_setting('statement_timeout'), current_setting('application_name')"
    )
    try:
        with engine.connect() as base:
            for _ in range(2):  # in each transaction
                assert tuple(base.execute(sql.text(asked)).one()) == (
                    *("pg_monitor", 4326),
                    *("30s", "mine"),
                )
                base.rollback()
            with pytest.raises(sql.exc.InternalError, match="read-only transaction"):
                base.execute(sql.text("CREATE TABLE mine (a int)"))
    finally:
        engine.dispose()
