"""Altitude and relief of the starter: made-up rasters whose figures are known, and broken ones."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from scipy.io import netcdf_file

PROJECT = Path(__file__).resolve().parents[2]
PIL = pytest.importorskip("PIL.Image", reason="pillow is in the extra build-starter")
Tool = Callable[[str], Any]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Tool:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


def gebco(path: Path, heights: np.ndarray, *, step: float = 1 / 240, names: str = "lat lon") -> Any:
    """A file like GEBCO's: rows from south to north, its first edge 15 arc-seconds off a minute."""
    with netcdf_file(path, "w") as grid:
        for name, count, first in zip(names.split(), heights.shape, (40.0, 70.0), strict=True):
            grid.createDimension(name, count)
            axis = grid.createVariable(name, "f8", (name,))
            axis[:] = first - 1 / 240 + step * (np.arange(count) + 0.5)
        cells = grid.createVariable("elevation", "i2", tuple(names.split()))
        cells[:] = heights
    return SimpleNamespace(path=lambda _: path, built_from=lambda _: {"pypi made-up": "1"})


def test_heights_and_slopes_are_means_of_whole_arc_minutes(tool: Tool, tmp_path: Path) -> None:
    """A plane that rises 100 m a cell of 463.3 m to the north: a slope of 12.2 degrees."""
    rows = np.arange(14)[:, None] * 100 + np.zeros((1, 14), int)
    product = tool("altitude").build_elevation_tien_shan(gebco(tmp_path / "g.nc", rows), tmp_path)
    with rasterio.open(tmp_path / product.file) as grid:
        height, slope = grid.read(1) * grid.scales[0], grid.read(2) * grid.scales[1]
        assert [round(v, 9) for v in grid.bounds] == [70.0, 40.0, 70.05, 40.05]
        assert grid.units == ("metre", "degree")
    assert height.tolist() == [[1050.0] * 3, [650.0] * 3, [250.0] * 3]
    assert (slope == 12.0).all()  # in steps of 0.5


@pytest.mark.parametrize(
    ("heights", "other", "words"),
    [
        (np.full((9, 9), 9_000), {}, r"g.nc, row 0, column 0: height 9000 m"),
        (np.zeros((9, 9)), {"step": 1 / 120}, r"g.nc: lat is not in steps of 15 arc-seconds"),
        (np.zeros((9, 9)), {"names": "y x"}, r"g.nc: no variable lat, lon"),
    ],
)
def test_a_changed_grid_is_named(
    tool: Tool, tmp_path: Path, heights: np.ndarray, other: dict[str, Any], words: str
) -> None:
    store = gebco(tmp_path / "g.nc", heights, **other)
    with pytest.raises(tool("product").BuildError, match=words):
        tool("altitude").build_elevation_tien_shan(store, tmp_path)
    assert not list(tmp_path.glob("*.tif"))


def test_a_picture_of_another_size_is_named(tool: Tool, tmp_path: Path) -> None:
    path = tmp_path / "world.png"
    PIL.fromarray(np.zeros((10, 20), np.uint16)).save(path)
    store = SimpleNamespace(path=lambda _: path)
    with pytest.raises(tool("product").BuildError, match=r"world.png: \(10, 20\) cells"):
        tool("altitude").build_elevation(store, tmp_path)


def test_shading_is_level_on_plains_light_towards_the_sun_and_dark_away_from_it(tool: Tool) -> None:
    side = np.full(5, 100.0)
    level = np.zeros((5, 5))
    east, south = np.meshgrid(np.arange(5) * 60.0, np.arange(5) * 60.0)
    shade = tool("shading").shade
    assert (shade(level, side, side) == 0.0).all()
    lit, dark = shade(east + south, side, side), shade(-east - south, side, side)
    assert lit[2, 2] > 0.1 and dark[2, 2] < -0.4  # rising to, and falling from, the south-east


def test_rows_of_the_picture_are_even_in_mercator(tool: Tool) -> None:
    """A line at 45 N between 0 and 60 N lies 33.1 % of the picture below its top edge."""
    shading = tool("shading")
    rows = np.ones((600, 100))
    rows[150] = 0.0  # 45.0 to 44.9 N
    picture = shading.to_mercator(rows, shading.Edges(0.0, 0.0, 10.0, 60.0))
    northing = np.arctanh(np.sin(np.radians([44.95, 60.0])))
    expected = (1 - northing[0] / northing[1]) * len(picture)
    assert picture[:, 50].argmin() == pytest.approx(expected, abs=1.0)


def test_a_picture_fades_at_its_edges(tool: Tool) -> None:
    shading = tool("shading")
    share = shading.seam((100, 100), shading.Edges(0, 0, 10, 10), 2.0)
    assert share[50, 0] < 0.01 and share[0, 50] < 0.01 and share[50, 50] == 1.0
    assert 0.0 < share[50, 5] < share[50, 10] < share[50, 19] < 1.0


def test_a_picture_is_read_at_the_pixels_of_a_finer_one(tool: Tool, tmp_path: Path) -> None:
    """The tone rises to the east; the finer picture takes the eastern half."""
    shading = tool("shading")
    tone = np.tile(np.linspace(0, 250, 100), (100, 1)).astype(np.uint8)
    PIL.fromarray(tone).save(tmp_path / "p.png")
    outer, inner = shading.Edges(0.0, -10.0, 20.0, 10.0), shading.Edges(10.0, -5.0, 20.0, 5.0)
    read = shading.sample(tmp_path / "p.png", outer, inner, (200, 200))
    grey = (read + 1.0) * shading.LEVEL
    assert grey[100, 0] == pytest.approx(125, abs=2) and grey[100, -1] == pytest.approx(250, abs=2)
