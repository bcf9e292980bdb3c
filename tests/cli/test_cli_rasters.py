"""geo-ree surface and geo-ree suitability."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.pipeline.rasters import write_suitability
from geo_ree.proximity import NearestIndex
from geo_ree.scoring import load_preset
from geo_ree.settings import Options, Settings
from geo_ree.storage import load

RAILS = ["--only", "starter_railways,starter_countries,starter_deposits"]


def _ask(*words):
    return CliRunner().invoke(main, [str(w) for w in words])


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """The starter's railways, as a run leaves them."""
    data = tmp_path_factory.mktemp("data")
    done = _ask("score", "--data", data, "--out", data / "out", "--draws", 10, *RAILS)
    assert done.exit_code == 0, done.output
    return load("railways", Settings(data_root=data))


@pytest.mark.slow
def test_surface_of_a_layer_and_of_a_target(layers, tmp_path):
    out = tmp_path / "deep" / "rail.tif"
    done = _ask(
        "surface",
        "--layer",
        "railways",
        "--resolution",
        25_000,
        "--bbox",
        "55,42,110,50",
        "--out",
        out,
        "--data",
        tmp_path,
        *RAILS,
    )
    assert done.exit_code == 0 and f"surface: {out}" in done.output
    with rasterio.open(out) as made:
        values, tags, bounds = made.read(1), made.tags(), tuple(made.bounds)
        lon, lat = np.meshgrid(
            bounds[0] + (np.arange(made.width) + 0.5) * made.transform.a,
            bounds[3] + (np.arange(made.height) + 0.5) * made.transform.e,
        )
    assert bounds == (55, 42, 110, 50) and "OpenStreetMap" in tags["attribution"]
    assert tags["sources"] == "starter_railways" and tags["measured_to"] == "railways"
    metres = NearestIndex(layers).query_lonlat(lon.ravel(), lat.ravel())[0]
    assert np.abs(values.ravel() - metres).max() < 0.04
    done = _ask(
        "surface",
        "--target",
        "railway",
        "--resolution",
        "25 km",
        "--bbox",
        "55 42 110 50",
        "--out",
        out,
        "--data",
        tmp_path,
        *RAILS,
    )
    assert done.exit_code == 0
    with rasterio.open(out) as made:
        own = made.read(1)
        assert made.tags()["measured_to"] == "open railway"
    known = np.isfinite(own)
    assert known.mean() > 0.9
    assert (own >= values - 0.1)[known].all()
    assert own[known].sum() > values[known].sum()


@pytest.mark.slow
def test_suitability_writes_scores_and_the_distances_behind_them(tmp_path):
    done = _ask(
        "suitability",
        "--resolution",
        "20 km",
        "--bbox",
        "60,40,70,46",
        "--out",
        tmp_path / "out",
        "--data",
        tmp_path,
    )
    assert done.exit_code == 0, done.output
    model = load_preset("infrastructure")
    left_out = [c for c in model.columns if not (tmp_path / "out" / f"{c}.tif").exists()]
    assert left_out == ["dist_power_line_km"]
    assert "unknown everywhere, weight redistributed: dist_power_line_km" in done.output
    with rasterio.open(tmp_path / "out" / "suitability.tif") as made:
        assert 0 < np.nanmin(made.read(1)) < np.nanmax(made.read(1)) <= 100
        assert made.tags()["left_out"] == "dist_power_line_km"


def test_sources_may_be_given_as_several_words(tmp_path):
    done = _ask(
        "surface",
        "--layer",
        "railways",
        "--resolution",
        "1 deg",
        "--out",
        tmp_path / "x.tif",
        "--data",
        tmp_path,
        "--only",
        "starter_railways",
        "starter_countries",
        "starter_deposits",
    )
    assert done.exit_code == 0, done.output
    assert done.stdout == f"surface: {tmp_path / 'x.tif'}\n"


@pytest.mark.slow
def test_weights_are_those_for_what_is_known(tmp_path):
    made = write_suitability(
        Settings(data_root=tmp_path), Options(), tmp_path, resolution="50 km", box=(60, 40, 70, 46)
    )
    assert made.model.variant == "default"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--out", "x.tif"], "layer is '' and target ''"),
        (["--layer", "railways", "--target", "railway", "--out", "x.tif"], "give one of the two"),
        (
            ["--target", "spaceport", "--out", "x.tif"],
            "no target is called 'spaceport'; use one of",
        ),
        (["--layer", "moons", "--out", "x.tif"], "no available source has a moons"),
        (["--layer", "railways"], "Missing option '--out'"),
        (
            ["--layer", "railways", "--out", "x.tif", "--bbox", "1,2,3"],
            "is not WEST,SOUTH,EAST,NORTH",
        ),
        (["--layer", "railways", "--out", "x.tif", "--bbox", "76,42,70,46"], "longitude 76 to 70"),
        (["--layer", "railways", "--out", "x.tif", "--resolution", "0"], "the resolution is '0'"),
        (
            ["--layer", "railways", "--out", "x.tif", "--resolution", "1 mm"],
            "the resolution is '1 mm'",
        ),
    ],
)
def test_invalid_options_are_reported(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = _ask("surface", *words, *RAILS)
    assert done.exit_code == 2 and says in " ".join(done.output.split())
    assert not (tmp_path / "x.tif").exists()


# A shell without job control lets what it starts in the background ignore Ctrl-C.
INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from geo_ree.cli import main; main()"
)


@pytest.mark.slow
def test_ctrl_c_leaves_nothing(tmp_path):
    command = [
        sys.executable,
        "-c",
        INTERRUPTIBLE,
        "surface",
        "--layer",
        "railways",
        *RAILS,
        "--resolution",
        "200 m",
        "--out",
        str(tmp_path / "out" / "x.tif"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    running = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE)
    try:
        for _ in range(1_200):
            if any(tmp_path.glob("out/.*/**/raw.tif")):
                break
            assert running.poll() is None, running.stderr.read()
            time.sleep(0.05)
        else:
            pytest.fail("no raster was begun")
        running.send_signal(signal.SIGINT)
        printed = running.communicate(timeout=60)[1]
    finally:
        running.kill()
        running.stderr.close()
    assert running.returncode == 130 and b"interrupted" in printed
    assert not (tmp_path / "out").exists()


def test_help_names_the_commands_and_imports_nothing_heavy():
    code = "import sys, geo_ree.cli; print([m for m in ('numpy', 'rasterio') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
    for command in ("surface", "suitability", "export"):
        code = (
            "import sys; from geo_ree.cli import main; "
            f"main(['{command}', '--help'], standalone_mode=False); "
            "print([m for m in ('numpy', 'rasterio') if m in sys.modules])"
        )
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert "--resolution" in told.stdout
        assert told.stdout.splitlines()[-1] == "[]"
    done = _ask("--help")
    assert "surface" in done.output and "suitability" in done.output
