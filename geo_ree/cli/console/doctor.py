"""Check of the installation: versions, folders, and common conflicts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyproj
from rich.console import Console
from rich.markup import escape

from geo_ree.outputs.table_files import library_versions


def show_installation(data: Path, out: Path) -> int:
    """Print the versions, the folders of a run and every problem; 0 if there is none, else 1."""
    console = Console(highlight=False, soft_wrap=True)
    for name, number in library_versions().items():
        console.print(f"{name:>10}  {number}")
    console.print(f"{'data':>10}  {escape(str(data.resolve()))}")
    console.print(f"{'out':>10}  {escape(str(out.resolve()))}")
    problems = [*_folder_problems(data), *_folder_problems(out), *_gdal_problems()]
    for problem in problems:
        console.print(f"problem: {escape(problem)}")
    console.print("No problems found" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


def _folder_problems(folder: Path) -> Iterator[str]:
    nearest = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return
    except OSError as error:
        yield f"{folder} cannot be written ({error.strerror}); choose another with --data or --out"


def _gdal_problems() -> Iterator[str]:
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
