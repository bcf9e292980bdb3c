"""Check of the installation: it tries what a run needs, and names what is broken."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
import os
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import geo_ree
from geo_ree.cli.console.printing import make_console
from geo_ree.errors import GeoReeError

_REINSTALL = "reinstall geo_ree"


def show_installation(data: Path, out: Path) -> int:
    """Print the versions, the folders of a run and every problem; 0 if there is none, else 1."""
    from rich.markup import escape

    console = make_console(soft_wrap=True)
    problems = []
    try:
        from geo_ree.outputs.table_files import library_versions

        for name, number in library_versions().items():
            console.print(f"{name:>10}  {number}")
    except Exception as error:  # noqa: BLE001 - whatever is broken is a finding
        problems.append(f"{_words(error)}; {_REINSTALL}")
    console.print(f"{'data':>10}  {escape(str(data.resolve()))}")
    console.print(f"{'out':>10}  {escape(str(out.resolve()))}")
    for line in _tried(_compiled_loops):
        console.print(f"{'loops':>10}  {escape(line)}")
    problems += [
        *_folder_problems(data),
        *_folder_problems(out),
        *(problem for check in _CHECKS for problem in _tried(check)),
    ]
    for problem in dict.fromkeys(problems):
        console.print(f"problem: {escape(problem)}")
    console.print("No problems found" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


def _words(error: Exception) -> str:
    """Say in one line what an error says."""
    kind = "" if isinstance(error, GeoReeError) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{error}".split())


def _tried(check: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Give the problems that a check finds; one that breaks itself is another."""
    try:
        yield from check()
    except GeoReeError as error:
        yield _words(error)
    except Exception as error:  # noqa: BLE001 - whatever is broken is a finding
        yield f"{_words(error)}; {_REINSTALL}"


def _folder_problems(folder: Path) -> Iterator[str]:
    nearest = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return
    except OSError as error:
        yield f"{folder} cannot be written ({error.strerror}); choose another with --data or --out"


def _temporary_problems() -> Iterator[str]:
    try:
        with tempfile.TemporaryFile():
            return
    except OSError as error:
        yield (
            f"no temporary folder can be written ({error.strerror}); name one in the environment "
            "variable TMPDIR"
        )


def _module_problems() -> Iterator[str]:
    """Import every module of the package."""
    for module in pkgutil.walk_packages(geo_ree.__path__, "geo_ree.", onerror=lambda _: None):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except Exception as error:  # noqa: BLE001 - whatever is broken is a finding
            yield f"{module.name} cannot be imported ({_words(error)}); {_REINSTALL}"


def _version_problems() -> Iterator[str]:
    """Compare the versions of the libraries with what geo_ree requires."""
    from packaging.requirements import Requirement

    try:
        stated = importlib.metadata.requires("geo_ree") or []
    except importlib.metadata.PackageNotFoundError:  # run from a folder of sources
        return
    for requirement in map(Requirement, stated):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{requirement.name} is not installed; pip install {requirement.name!r}"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield (
                f"{requirement.name} is {found}, geo_ree requires {requirement.specifier}; "
                f"pip install '{requirement.name}{requirement.specifier}'"
            )


def _starter_problems() -> Iterator[str]:
    """Compare the embedded data with the checksums that were taken when they were built."""
    folder = files("geo_ree") / "starter"
    listed = json.loads((folder / "starter.json").read_text(encoding="utf-8"))["files"]
    for name, facts in listed.items():
        file = folder / name
        if not file.is_file():
            yield f"the package lacks starter/{name}; {_REINSTALL}"
        elif hashlib.sha256(file.read_bytes()).hexdigest() != facts["sha256"]:
            yield f"starter/{name} is damaged or was changed; {_REINSTALL}"


def _catalog_problems() -> Iterator[str]:
    """Read the catalogue, and look for the starter files that it names."""
    from geo_ree.catalog import load_catalog
    from geo_ree.storage.files import starter_path

    for source in load_catalog().values():
        if source.protocol == "starter":
            starter_path(source.reader.member)
    yield from ()


def _rule_problems() -> Iterator[str]:
    """Read the targets, the presets, the words and the list of columns."""
    from geo_ree.deposits.vocabulary import read_words, word_tables
    from geo_ree.proximity.targets import load_targets
    from geo_ree.schema.columns import table_names
    from geo_ree.scoring.presets import load_preset, preset_names

    load_targets()
    table_names()
    for name in (*preset_names(), "infrastructure"):
        load_preset(name)
    for name in (*word_tables(), "countries", "commodities", "names"):
        read_words(name)
    yield from ()


def _page_problems() -> Iterator[str]:
    """Read the scripts, styles and words of the page."""
    from geo_ree.maps.document import read_assets
    from geo_ree.maps.languages import load_languages

    read_assets()
    if "en" not in load_languages():
        yield f"the package lacks the English words of the page; {_REINSTALL}"


def _compiled_loops() -> Iterator[str]:
    """Say where compiled loops are kept, and whether they are there yet."""
    from geo_ree.proximity.search import packets
    from geo_ree.proximity.search.tree import is_compiled

    if folder := packets.walk.stats.cache_path:
        there = is_compiled(packets, "walk")
        state = "" if there else ", not compiled yet: about 4 seconds of a processor, once"
        yield f"{folder}{state}"


def _search_problems() -> Iterator[str]:
    """Measure a distance that is known, and say whether compiled loops can be kept."""
    import geopandas as gpd
    import shapely

    from geo_ree.proximity import nearest
    from geo_ree.proximity.search import kernels

    if kernels.project.stats.cache_path is None:
        yield kernels.NO_CACHE
    here, there = (gpd.GeoSeries([shapely.Point(76, lat)], crs=4326) for lat in (42, 43))
    found = float(nearest(here, there)["distance_m"].iloc[0])
    if abs(found - 111_083.0) > 1.0:  # Karney's geodesic
        yield f"a distance of 111,083 m is measured as {found:.0f} m; reinstall numba and geo_ree"


def _gdal_problems() -> Iterator[str]:
    import pyproj

    for name in ("GDAL_DATA", "PROJ_LIB", "PROJ_DATA"):
        if os.environ.get(name):
            yield (
                f"{name} is set to {os.environ[name]!r} and may mix another GDAL's or PROJ's files "
                f"with the wheels' own; unset {name}"
            )
    if not Path(pyproj.datadir.get_data_dir()).joinpath("proj.db").is_file():
        yield "proj.db is missing from pyproj's data folder; reinstall pyproj"
    lon, lat = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(76.0, 43.0)
    if not (abs(lon - 8_460_281.0) < 10 and abs(lat - 5_311_971.0) < 10):
        yield "PROJ gives wrong coordinates; two PROJ databases are mixed: reinstall pyproj"


_CHECKS = (
    _temporary_problems,
    _version_problems,
    _module_problems,
    _starter_problems,
    _catalog_problems,
    _rule_problems,
    _page_problems,
    _gdal_problems,
    _search_problems,
)
