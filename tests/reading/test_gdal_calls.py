"""GDAL, Arrow and GEOS read a file in one place each: found in the source code of the package."""

import ast
from pathlib import Path

import geo_ree

PACKAGE = Path(geo_ree.__file__).parent
STORED = ("storage/layer_files.py", "storage/frame_files.py", "storage/record_files.py")
"""Modules that read what geo_ree itself has stored in its data folder."""

PACKAGED = ("routing/line_tables.py", "routing/place_tables.py")
"""Modules that read files of the package itself."""

PARTS = (
    "distributed/merge_jobs.py",
    "distributed/merge_parts.py",
    "distributed/partition_files.py",
    "distributed/segment_files.py",
    "distributed/site_scores.py",
)
"""Modules that read the parts which jobs of geo_ree have written."""

PARTITIONED = (
    "distributed/measure_parts.py",
    "distributed/merge_parts.py",
    "distributed/parquet_parts.py",
)
"""Modules that read a user's own partitioned tables, too large to be tried before; see
docs/distributed.md."""

SERVED = ("serving/raster_list.py", "serving/run_providers.py")
"""Modules that serve what an export has written, GeoTIFF and GeoPackage alone."""

HOMES = {
    "rasterio.open": {"reading/geotiffs.py", "serving/raster_list.py"},
    "pyogrio.": {"reading/vectors.py", "reading/trial_child.py"},
    "geopandas.read_": {"reading/geoparquet.py", *STORED, *PACKAGED, *PARTS, *PARTITIONED},
    "pandas.read_": {
        "reading/geoparquet.py",
        "proximity/search/index_files.py",
        *STORED,
        *PARTS,
    },
    "pyarrow.parquet.": {
        "reading/geoparquet.py",
        "reading/trial_child.py",
        "outputs/plain_files.py",  # what it has just written
        *PACKAGED,
        *PARTITIONED,
    },
    "shapely.from_": {
        "reading/trial_child.py",
        "fetching/overture.py",  # of a table that geoparquet checked
        "proximity/arrow_points.py",  # of a table that its caller holds in memory
        "proximity/search/index_files.py",
        *STORED,
        *PACKAGED,
        *PARTS,
        *SERVED,
    },
    "fiona.": set(),
    "osgeo.": set(),
}
"""Calls that read a file -> the modules that may make them."""

READS = {
    "pyogrio.": ("list_layers", "read_", "open_", "raw.", "vsi"),
    "pyarrow.parquet.": ("read_", "ParquetFile", "ParquetDataset"),
    "pandas.read_": ("file", "parquet", "feather", "postgis", "excel", "xml", "pickle", "orc"),
    "shapely.from_": ("wkb", "wkt", "geojson"),
}


def calls(path):
    """Names of all that a module calls or passes on, as its imports say, with write modes left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {a.asname or a.name.split(".")[0]: a.asname and a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    written = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and node.args[1].value == "w"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in written:
            yield node.lineno, _full_name(node, known)


def _full_name(node, known):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([known.get(node.id) or node.id, *reversed(parts)])


def found_in(path):
    for line, name in calls(path):
        for start in HOMES:
            rest = name.removeprefix(start)
            if name.startswith(start) and rest.startswith(READS.get(start, "")):
                yield line, name, start


def test_every_reader_of_files_is_called_in_its_one_place():
    strays = [
        f"{path.relative_to(PACKAGE)} line {line}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, name, start in found_in(path)
        if path.relative_to(PACKAGE).as_posix() not in HOMES[start]
    ]
    assert strays == []


def test_the_search_finds_calls_by_any_name(tmp_path):
    module = tmp_path / "x.py"
    module.write_text(
        "import rasterio as r, geopandas as gpd\n"
        "from pyogrio import read_dataframe as rd\n"
        "import pyarrow.parquet as pq\n"
        "r.open(p)\nr.open(p, 'w')\ngpd.read_file(p)\nrd(p)\npq.read_table(p)\n"
        "import rasterio\nrasterio.open('/vsicurl/x')\n"
    )
    assert sorted(line for line, *_ in found_in(module)) == [4, 6, 7, 8, 10]
