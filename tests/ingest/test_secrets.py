"""Keys and passwords are sent to the publisher, and told to nobody else."""

from __future__ import annotations

import json
import logging

import pytest

from geo_ree.errors import FetchError
from geo_ree.ingest import fetch
from geo_ree.ingest.probe import probe
from geo_ree.ingest.secrets import told_query

TABLE = b"name,kind\nMade-up Town,town\n"
PATH = "/example.org/towns"
ASKED = f"{PATH}?f=csv&token=made-up%2Bkey"


@pytest.fixture
def locked(made_up):
    return made_up(
        {"query": {"f": "csv", "token": "made-up+key"},
         "headers": {"Authorization": "Bearer made-up-bearer", "Accept": "text/csv"}}
    )  # fmt: skip


def test_a_key_is_sent_and_not_kept(locked, site, settings):
    site.files[ASKED] = TABLE
    snapshot = fetch(locked, settings, check=lambda path: None)
    assert site.headers[0]["Authorization"] == "Bearer made-up-bearer"
    record = json.loads((snapshot.folder / "provenance.json").read_text(encoding="utf-8"))
    assert record["query"] == "f=csv&token=***"
    assert "made-up" not in (snapshot.folder / "provenance.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("body", [b"", b"the token made-up+key of Bearer made-up-bearer is old"])
def test_no_error_and_no_log_tells_a_key(locked, site, settings, caplog, body):
    site.plan(ASKED, 503, body)
    site.plan(ASKED, 400, body)
    with caplog.at_level(logging.WARNING), pytest.raises(FetchError) as caught:
        fetch(locked, settings)
    assert "HTTP 503" in caplog.text
    told = caplog.text + str(caught.value) + str(caught.value.__cause__)
    assert "HTTP 400" in told and "token=***" in told
    assert "made-up" not in told.replace("made_up", "")
    assert len(site.asked) == 2


def test_a_check_tells_no_key(locked, site, settings):
    site.plan(ASKED, 400, b'{"message": "made-up+key is no token"}')
    state = probe(locked, settings)
    assert state.word == "failed"
    assert "token=***" in state.detail and "*** is no token" in state.detail


@pytest.mark.parametrize("name", ["token", "key", "apikey", "API_KEY", "password"])
def test_secrets_are_known_by_the_names_of_their_parameters(name):
    assert told_query({"bbox": "1,2", name: "made-up"}) == f"bbox=1,2&{name}=***"
