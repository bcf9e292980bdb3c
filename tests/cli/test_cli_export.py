"""The commands that hand a run on."""

import zipfile

import pytest
import rasterio
from click.testing import CliRunner

from geo_ree.cli.app import main

QUICK = ("--draws", "20")


def _call(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture
def data(tmp_path):
    return ("--data", tmp_path / "data")


def test_export_writes_what_is_asked_for(data, lent_run, tmp_path):
    out = tmp_path / "provided"
    done = _call(
        "export", "--format", "kml,xlsx", "--format", "geojson", *data, "--out", out, *QUICK
    )
    assert done.exit_code == 0, done.output
    names = ["deposits.geojson", "deposits.kml", "deposits.kmz", "geo_ree.xlsx", "unranked.geojson"]
    assert sorted(p.name for p in out.iterdir()) == names
    assert zipfile.is_zipfile(out / "geo_ree.xlsx")
    for name in names:
        assert str(out / name) in done.stdout


def test_an_unknown_format_is_refused_before_anything_is_done(data, tmp_path):
    done = _call("export", "--format", "dwg", *data, "--out", tmp_path / "provided")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "geo-ree: no format is called dwg; use some of gpkg, parquet, kml, geojson, csv, xlsx, cog"
    ]
    assert not (tmp_path / "provided").exists()


def test_export_writes_rasters_as_coarse_as_asked_for(data, lent_run, tmp_path):
    out = tmp_path / "provided"
    done = _call("export", "--format", "cog", "--resolution", "1 deg", *data, "--out", out, *QUICK)
    assert done.exit_code == 0, done.output
    with rasterio.open(out / "rasters" / "suitability.tif") as opened:
        assert (opened.width, opened.height) == (74, 27)
    assert str(out / "rasters" / "dist_railway_km.tif") in done.stdout


def test_a_senseless_resolution_is_refused_before_the_run(data, tmp_path):
    done = _call("export", "--resolution", "wide", *data, "--out", tmp_path / "provided")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[0].startswith("geo-ree: the resolution is 'wide'")
    assert not (tmp_path / "provided").exists()


def test_visit_writes_sheet_and_kml(data, lent_run, tmp_path):
    out = tmp_path / "out"
    done = _call("visit", "Kutessay II", "Kundybai", "--within", "3", *data, "--out", out, *QUICK)
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in out.iterdir()) == ["visit.html", "visit.kml"]
    assert "<h2>2 trips</h2>" in (out / "visit.html").read_text(encoding="utf-8")


def test_visit_to_nowhere_says_so_in_one_line(data, lent_run, tmp_path):
    done = _call("visit", "Atlantis", *data, "--out", tmp_path / "out", *QUICK)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith("geo-ree: no deposit is called 'Atlantis'; ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--pdf", "map.ps"), "map.ps is not a PDF; let the name end in .pdf"),
        (("--png", "map.jpg"), "map.jpg is not a PNG; let the name end in .png"),
    ],
)
def test_a_file_of_another_kind_is_refused_before_the_run(data, tmp_path, words, says):
    done = _call("map", words[0], tmp_path / words[1], *data, "--out", tmp_path / "out")
    assert done.exit_code == 2 and says in done.output
    assert not any(tmp_path.iterdir())


def test_a_senseless_size_is_refused_before_the_run(data, tmp_path):
    done = _call(
        "map", "--png", tmp_path / "map.png", "--size", "huge", *data, "--out", tmp_path / "out"
    )
    assert done.exit_code == 2
    assert "geo-ree: invalid image size 'huge'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_map_without_a_browser_is_there_all_the_same(data, lent_run, tmp_path, monkeypatch):
    monkeypatch.setenv("GEO_REE_BROWSER", "no-such-browser")
    out = tmp_path / "out"
    done = _call("map", "--png", tmp_path / "map.png", *data, "--out", out, *QUICK)
    assert done.exit_code == 2
    assert "install Chromium or Chrome" in done.stderr.splitlines()[-1]
    assert (out / "map.html").is_file()
    assert not (tmp_path / "map.png").exists()


def test_a_map_as_pdf_is_the_file_that_the_browser_prints(data, lent_run, tmp_path, monkeypatch):
    program = tmp_path / "browser"
    program.write_text(
        '#!/bin/sh\nfor a in "$@"; do case "$a" in --print-to-pdf=*) echo \'%PDF-1.4 one\' > "${a#*=}";; esac;'
        " done\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("GEO_REE_BROWSER", str(program))
    out, pdf = tmp_path / "out", tmp_path / "board.pdf"
    done = _call("map", "--pdf", pdf, *data, "--out", out, *QUICK)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == f"PDF: {pdf}"
    assert pdf.read_text() == "%PDF-1.4 one\n"
    assert (out / "map.html").is_file()
