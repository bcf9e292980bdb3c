"""The records that every protocol shares: a request, the payload it downloads, and its functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.fetching.transport.download import Client

Box = tuple[float, float, float, float]
"""Western, southern, eastern and northern limit, degrees."""


_OVERTURE = re.compile(r"^bbox (-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+) ")
_OVERPASS = re.compile(r"\[bbox:(-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)\]")


def requested_box(query: str) -> Box | None:
    """Return the box that a query asked for, as the provenance of a snapshot has it; None for no box.

    Examples
    --------
    >>> requested_box("bbox 29,-2,36,5 subtype rail,road")
    (29.0, -2.0, 36.0, 5.0)
    """
    if found := _OVERTURE.search(query):
        west, south, east, north = map(float, found.groups())
    elif found := _OVERPASS.search(query):
        south, west, north, east = map(float, found.groups())
    else:
        return None
    return west, south, east, north


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be downloaded.

    Parameters
    ----------
    source
        The catalogue entry.
    folder
        An empty folder for the payload, on the file system of the data root.
    box
        The area, for protocols that download by area.
    etag, last_modified, query
        Version and query of the snapshot in the data folder, for a server that can answer
        "unchanged"; blank if there is none.
    """

    source: Source
    folder: Path
    box: Box | None = None
    etag: str = ""
    last_modified: str = ""
    query: str = ""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What was downloaded.

    Parameters
    ----------
    path
        The file.
    url
        The publisher's address, without the mirror.
    query
        What was requested at that address; blank if the address says it all.
    etag, last_modified
        Version as the server gave it; blank if it gave none or there were many answers.
    part
        The part of the source, if its parts are kept beside each other; blank if the payload
        replaces the previous one.
    unchanged
        Whether the server said that the previous snapshot is still its newest: then there is no
        file.
    """

    path: Path
    url: str
    query: str = ""
    etag: str = ""
    last_modified: str = ""
    part: str = ""
    unchanged: bool = False


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One way in which publishers offer data.

    Parameters
    ----------
    download
        Downloads a payload; raises a FetchError if that fails.
    read
        Reads a payload as a table (see `geo_ree.read`), a raster as one row that sums it up;
        raises a SchemaError if it is not what the entry describes.
    needs_box
        Whether it downloads by area only.
    """

    download: Callable[[Request, Client], Payload]
    read: Callable[[Path, Source], pd.DataFrame]
    needs_box: bool = False
