"""`geo-ree doctor` finds what is broken in an installation, and a run does without a cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from click.testing import CliRunner

import geo_ree
from geo_ree.cli.app import main
from geo_ree.cli.console import doctor
from geo_ree.proximity.search import kernels

PACKAGE = Path(geo_ree.__file__).parent


@pytest.fixture
def starter(tmp_path, monkeypatch):
    """A copy of the starter data that the doctor looks at."""
    shutil.copytree(PACKAGE / "starter", tmp_path / "starter")
    monkeypatch.setattr(doctor, "files", lambda _: tmp_path)
    return tmp_path / "starter"


def test_whole_starter_data_are_no_problem(starter):
    assert list(doctor._starter_problems()) == []


def test_missing_cut_and_changed_starter_files_are_named(starter):
    (starter / "deposits.csv").unlink()
    whole = (starter / "railways.parquet").read_bytes()
    (starter / "railways.parquet").write_bytes(whole[: len(whole) // 2])
    with (starter / "gateways.csv").open("ab") as file:
        file.write(b"one line more\n")
    found = "\n".join(doctor._starter_problems())
    assert "the package lacks starter/deposits.csv" in found
    assert "starter/railways.parquet is damaged" in found
    assert "starter/gateways.csv is damaged" in found
    assert found.count("reinstall") == 3


@pytest.mark.parametrize(
    ("stated", "found", "told"),
    [
        ("numpy>=99", "2.4.0", "numpy is 2.4.0, geo_ree requires >=99"),
        ("numpy<2", "2.4.0", "numpy is 2.4.0, geo_ree requires <2"),
        ("numpy; extra == 'test'", None, ""),
        ("numpy>=2", None, "numpy is not installed"),
        ("numpy>=2", "2.4.0", ""),
    ],
)
def test_versions_are_compared_with_what_is_required(monkeypatch, stated, found, told):
    metadata = doctor.importlib.metadata

    def version(name):
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(metadata, "requires", lambda _: [stated])
    monkeypatch.setattr(metadata, "version", version)
    problems = list(doctor._version_problems())
    assert [told in problem for problem in problems] == [True] * bool(told)


def test_a_temporary_folder_that_is_full_or_missing_is_a_problem(monkeypatch):
    def fail(**_):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", fail)
    assert "TMPDIR" in "".join(doctor._temporary_problems())


def test_a_check_that_breaks_is_a_problem_of_its_own():
    def check():
        raise ImportError("no module\nnamed x")
        yield

    assert list(doctor._tried(check)) == [
        "ImportError: no module named x; reinstall geo_ree",
    ]


@pytest.mark.slow
def test_all_that_is_broken_is_named_at_once(tmp_path):
    copy = tmp_path / "geo_ree"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "starter" / "deposits.csv").unlink()
    (copy / "catalog" / "usgs.toml").write_text("[[[", encoding="utf-8")
    shutil.rmtree(copy / "maps" / "assets")
    (copy / "proximity" / "search" / "kernels.py").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "geo_ree", "doctor", "--data", "d", "--out", "o"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (1, "")
    for part in ("starter/deposits.csv", "usgs.toml", "dom.js", "geo_ree.proximity.search.kernels"):
        assert part in done.stdout


def test_without_a_place_for_its_cache_numba_compiles_anew_and_it_is_said_once(monkeypatch, caplog):
    whole = numba.njit

    def njit(function, *, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return whole(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    kernels._warn_uncached.cache_clear()
    double, half = (kernels._compiler(nogil=True)(f) for f in (lambda x: 2 * x, lambda x: x / 2))
    assert (double(3), half(3)) == (6, 1.5)
    assert caplog.text.count("set NUMBA_CACHE_DIR to a folder") == 1


def test_the_doctor_says_that_nothing_can_be_kept(monkeypatch):
    class Uncached:
        class stats:  # noqa: N801 - as Numba calls it
            cache_path = None

    monkeypatch.setattr(kernels, "project", Uncached)
    first = next(doctor._search_problems())
    assert first == kernels.NO_CACHE


def test_the_doctor_says_where_compiled_loops_are_kept_and_whether_they_are(monkeypatch, tmp_path):
    from geo_ree.proximity.search import packets

    class Kept:
        class stats:  # noqa: N801 - as Numba calls it
            cache_path = tmp_path

    monkeypatch.setattr(packets, "walk", Kept)
    (line,) = doctor._compiled_loops()
    assert line.startswith(f"{tmp_path}, not compiled yet: ")
    (tmp_path / "packets.walk-77.py311.nbi").touch()
    assert list(doctor._compiled_loops()) == [str(tmp_path)]
    Kept.stats.cache_path = None
    assert list(doctor._compiled_loops()) == []


@pytest.mark.slow
def test_a_command_runs_where_nothing_can_be_kept(tmp_path):
    code = (
        "import geopandas as gpd, shapely, geo_ree\n"
        "one = gpd.GeoSeries([shapely.Point(70, 45)], crs=4326)\n"
        "print(geo_ree.nearest(one, one)['distance_m'].tolist())\n"
    )
    unwritable = tmp_path / "a file"
    unwritable.write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "NUMBA_CACHE_DIR": str(unwritable / "cache"),
            "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        },
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.stdout == "[0.0]\n"
    assert done.stderr.splitlines() == [f"warning: {kernels.NO_CACHE}"]


def test_a_sound_installation_has_no_problem(tmp_path, monkeypatch):
    for name in ("GDAL_DATA", "PROJ_LIB", "PROJ_DATA"):
        monkeypatch.delenv(name, raising=False)
    call = ["doctor", "--data", str(tmp_path), "--out", str(tmp_path)]
    good = CliRunner().invoke(main, call)
    assert (good.exit_code, "No problems found" in good.stdout) == (0, True), good.stdout
    monkeypatch.setenv("PROJ_LIB", "/elsewhere")
    bad = CliRunner().invoke(main, call)
    assert bad.exit_code == 1
    assert "unset PROJ_LIB" in bad.stdout.replace("\n", " ")
