"""What the service does while an export replaces what it serves."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Request
from werkzeug.exceptions import NotFound
from werkzeug.test import EnvironBuilder

from geo_ree.errors import SettingsError
from geo_ree.serving import newest_run
from geo_ree.serving.application import Service
from geo_ree.serving.file_answers import answer_file
from geo_ree.serving.newest_run import NewestRun
from geo_ree.serving.run_folder import open_folder, version_of
from geo_ree.serving.served_run import ServedRun


def _request(**headers):
    return Request(EnvironBuilder(headers=headers).get_environ())


def test_a_file_that_is_replaced_as_it_is_opened(tmp_path, monkeypatch):
    path, real = tmp_path / "a.tif", Path.open
    path.write_bytes(b"old")
    (tmp_path / "draft").write_bytes(b"newer and longer")

    def open_later(self, *args):
        (tmp_path / "draft").rename(path)
        return real(self, *args)

    monkeypatch.setattr(Path, "open", open_later)
    answer = answer_file(_request(), path, "image/tiff")
    assert answer.content_length == len(b"newer and longer")
    assert answer.get_etag()[0].endswith("-10"), "its size, hexadecimal"
    answer.response.close()


def test_a_file_that_an_export_removed(tmp_path):
    with pytest.raises(NotFound):
        answer_file(_request(), tmp_path / "a.tif", "image/tiff")


@pytest.mark.parametrize("error", [SettingsError("it is damaged", "export again"), KeyError("x")])
def test_a_run_that_cannot_be_opened_at_once_is_served_later(monkeypatch, caplog, error):
    monkeypatch.setattr(newest_run, "_EVERY_S", -1.0)
    caplog.set_level(logging.WARNING, "geo_ree")
    there, troubles = ["a"], []

    def open_run():
        if troubles:
            raise troubles.pop()
        return ServedRun(about={"run id": there[-1]}, collections=())

    served = NewestRun(lambda run: lambda *_: [run.run_id], open_run, lambda: there[-1])
    assert served({}, None) == ["a"]
    there.append("b")
    troubles += [error, error]
    assert [served({}, None) for _ in range(3)] == [["a"], ["a"], ["b"]]
    assert len(caplog.messages) == 2, "the trouble once, then the new run"
    assert "run a is served further" in caplog.messages[0]
    assert served.run.run_id == "b" and "b is served from now on" in caplog.messages[1]


def test_pages_are_of_the_run_that_is_served(served):
    first = open_folder(served.out)
    renamed = [replace(c, name=f"new_{c.name}", title=f"New {c.name}") for c in first.collections]
    second = replace(first, about={**first.about, "run id": "made-up"}, collections=tuple(renamed))
    for run in (first, second):
        client = Service(run).flask.test_client()
        for collection in run.collections:
            page = client.get(f"/api/collections/{collection.name}?f=html")
            assert page.status_code == 200, collection.name
            assert f"run {run.run_id};" in page.text and f"<h1>{collection.title}</h1>" in page.text


def test_a_new_page_is_a_new_version(served, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(served.out, out)
    before = version_of(out)
    assert version_of(out) == before
    (out / "run.json").write_text('{"run_id": "made-up"}')
    after = version_of(out)
    (out / "map.html").unlink()
    assert len({before, after, version_of(out)}) == 3
