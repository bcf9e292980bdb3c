"""A file that somebody was handed: looked at, and copied as one payload."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from geo_ree.catalog.source import Source
from geo_ree.errors import SettingsError
from geo_ree.ingest.protocol import Arrival
from geo_ree.settings import Settings

_DAY = (1980, 1, 1, 0, 0, 0)
_NEEDED = (".shp", ".shx", ".dbf")
_PARTS = (*_NEEDED, ".prj", ".cpg")


def check_handed(handed: Path, source: Source, settings: Settings) -> None:
    """Refuse what cannot be taken for a source.

    Parameters
    ----------
    handed
        A file; a shapefile stands for its other parts beside it, too; or the folder of a file
        geodatabase.
    source
        Its catalogue entry.
    settings
        The most bytes that are accepted.

    Raises
    ------
    SettingsError
        When it is none of these, empty, too large, or a part of the shapefile is missing.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> check_handed(Path("no-such.csv"), load_catalog()["icmm_mines"], Settings())
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: icmm_mines: no-such.csv is no file; check the path
    """
    start = f"{source.id}: {handed}"
    parts = _parts(handed)
    if handed.is_dir() and not parts:
        raise SettingsError(f"{start} is a folder", "pack it into one zip archive, and give that")
    if not parts:
        raise SettingsError(f"{start} is no file", "check the path")
    if handed.suffix.lower() == ".shp":
        there = {p.suffix.lower() for p in parts}
        if lacking := [suffix for suffix in _NEEDED if suffix not in there]:
            raise SettingsError(
                f"{start} lacks {', '.join(handed.stem + suffix for suffix in lacking)} beside it",
                "put all parts of the shapefile into one folder",
            )
    size = sum(part.stat().st_size for part in parts)
    if not size:
        raise SettingsError(f"{start} is empty", "get the file again")
    if size > settings.max_download_bytes:
        raise SettingsError(
            f"{start} has {size} bytes, at most {settings.max_download_bytes} are accepted",
            "check the path, or raise Settings.max_download_bytes",
        )


def bring_handed(handed: Path, folder: Path, source: Source) -> Arrival:
    """Copy a file into the staging folder; what consists of several as one zip archive.

    Parameters
    ----------
    handed
        As `check_handed` accepts it.
    folder
        Where to.
    source
        Its catalogue entry.

    Returns
    -------
    Arrival
        The same bytes for the same files.

    Raises
    ------
    SettingsError
        When it cannot be read.
    """
    parts = _parts(handed)
    try:
        if [handed] == parts:
            payload = Path(shutil.copyfile(handed, folder / handed.name))
        else:
            payload = _packed(handed, parts, folder)
    except OSError as error:
        if error.filename not in map(str, parts):
            raise
        raise SettingsError(
            f"{source.id}: {error.filename} cannot be read ({error.strerror})", "check the path"
        ) from error
    return Arrival(
        payload=payload, url=source.url or source.landing_page, query=f"file {handed.name}"
    )


def _parts(handed: Path) -> list[Path]:
    """Files that are one thing with the one that was handed over; none where it is nothing."""
    if handed.is_dir():
        files = sorted(p for p in handed.iterdir() if p.is_file() and p.suffix != ".lock")
        return files if any(p.suffix == ".gdbtable" for p in files) else []
    if not handed.is_file():
        return []
    if handed.suffix.lower() != ".shp":
        return [handed]
    beside = (p for p in handed.parent.iterdir() if p.stem == handed.stem and p.is_file())
    return sorted(p for p in beside if p == handed or p.suffix.lower() in _PARTS[1:])


def _packed(handed: Path, parts: list[Path], folder: Path) -> Path:
    inside = f"{handed.resolve().name.removesuffix('.gdb')}.gdb/" if handed.is_dir() else ""
    payload = folder / f"{handed.resolve().name if inside else handed.stem}.zip"
    with zipfile.ZipFile(payload, "w") as archive:
        for part in parts:
            info = zipfile.ZipInfo(inside + part.name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes on every system
            with part.open("rb") as stream, archive.open(info, "w", force_zip64=True) as out:
                shutil.copyfileobj(stream, out)
    return payload
