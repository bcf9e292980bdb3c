"""docs/extending.md answers where things are: every path and name in it exists."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / name for name in ("extending.md", "architecture.md", "merging.md", "routes.md")
]
PATH = re.compile(r"`((?:geo_ree|tools|tests|docs|notebooks|data)/[\w./<>-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_exists(page):
    paths = [p for p in PATH.findall(page.read_text(encoding="utf-8")) if "<" not in p]
    missing = [p for p in paths if not (ROOT / p).exists()]
    assert not missing


def _sections():
    text = PAGES[0].read_text(encoding="utf-8")
    return re.split(r"^## ", text, flags=re.MULTILINE)[1:]


def test_the_questions_need_three_files_each_at_most():
    sections = _sections()
    assert len(sections) >= 15
    for section in sections:
        files = {p for p in PATH.findall(section) if not p.endswith("/") and "<" not in p}
        assert len(files) <= 3, section.splitlines()[0]


@pytest.mark.parametrize("section", _sections(), ids=lambda s: s.splitlines()[0])
def test_names_in_an_answer_are_defined_in_its_files(section):
    prose = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
    files = [ROOT / p for p in PATH.findall(prose) if "<" not in p and (ROOT / p).is_file()]
    code = "\n".join(f.read_text(encoding="utf-8") for f in files)
    for name in re.findall(r"`([A-Za-z_]\w+)`", prose):
        if name in ("internal", "unranked", "area_basis", "position_flags", "Columns"):
            continue
        assert re.search(rf"\b{name}\b", code), f"{name} is not in {[f.name for f in files]}"


def test_the_criterion_from_a_raster_scores(tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGES[0].read_text("utf-8"), re.M | re.S)
    path = tmp_path / "wind.tif"
    grid = {"driver": "GTiff", "width": 2, "height": 1, "count": 1, "dtype": "float32"}
    where = {"crs": 4326, "transform": rasterio.transform.from_origin(70, 45, 1, 1)}
    with rasterio.open(path, "w", **grid, **where) as raster:
        raster.write(np.float32([[[5.0, 20.0]]]))
    table = gpd.GeoDataFrame(
        {"dist_railway_km": [0.0, 50.0]},
        geometry=shapely.points([[70.5, 44.5], [71.5, 44.5]]),
        crs=4326,
    )
    names: dict[str, object] = {"path": path, "table": table}
    exec(code, names)
    assert names["points"]["score"].tolist() == pytest.approx([80 + 20 * 0.75, 40])
