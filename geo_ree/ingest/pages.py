"""The pages of a service's answer, kept as they came in one file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from geo_ree.catalog.source import Source
from geo_ree.ingest.tables import cure_of
from geo_ree.ingest.unpack import Archive

_DAY = (1980, 1, 1, 0, 0, 0)


def write_pages(target: Path, members: Mapping[str, bytes]) -> None:
    """Keep the answers of a service in one zip archive, the same bytes for the same answers.

    Parameters
    ----------
    target
        The archive to write.
    members
        Name (``page-00001.json``, …) -> bytes as they came.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "pages.zip"
    >>> write_pages(target, {"page-00001.json": b"{}"})
    >>> zipfile.ZipFile(target).namelist()
    ['page-00001.json']
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes on every system
            archive.writestr(info, content)


def read_pages(path: Path, source: Source) -> list[tuple[str, bytes]]:
    """Give the pages of a payload in order, names first.

    Parameters
    ----------
    path
        The archive that `write_pages` made.
    source
        Its catalogue entry.

    Returns
    -------
    list of tuple of str and bytes

    Raises
    ------
    SchemaError
        When the payload is damaged, encrypted, or expands beyond measure.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog import load_catalog
    >>> target = Path(tempfile.mkdtemp()) / "pages.zip"
    >>> write_pages(target, {"page-00001.json": b"{}"})
    >>> read_pages(target, load_catalog()["usgs_ree"])
    [('page-00001.json', b'{}')]
    """
    with Archive(path, what=source.id, cure=cure_of(source)) as archive:
        return [(name, archive.read(name)) for name in archive.names]
