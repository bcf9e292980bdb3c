"""What every protocol offers: a way to bring a payload, and a way to open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.fetching.download import Client

Box = tuple[float, float, float, float]
"""Western, southern, eastern and northern limit, degrees."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A payload that was brought into the staging folder.

    Parameters
    ----------
    path
        The file.
    url
        The publisher's address that it came from, as asked (without the mirror).
    query
        What was asked for at that address; empty where the address says it all.
    etag, last_modified
        As the server gave them; empty where it gave none or where there were many answers.
    part
        Which part of the source it is, where each part is kept beside the others; empty where
        it takes the place of what was there.
    unchanged
        Whether the server said that the snapshot at hand is still its newest; there is then no
        payload.
    """

    path: Path
    url: str
    query: str = ""
    etag: str = ""
    last_modified: str = ""
    part: str = ""
    unchanged: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be brought.

    Parameters
    ----------
    source
        The catalogue entry.
    folder
        An empty folder for the payload, on the file system of the data root.
    box
        The part of the world that is asked for, where the protocol goes by parts.
    etag, last_modified
        Of the snapshot at hand, for a server that can say "unchanged"; blank for none.
    query
        What was asked for when that snapshot was fetched.
    """

    source: Source
    folder: Path
    box: Box | None = None
    etag: str = ""
    last_modified: str = ""
    query: str = ""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One way in which publishers offer data.

    Parameters
    ----------
    download
        Brings a payload; raises FetchError when it cannot be had.
    read
        Opens a payload, fetched or handed over, as the table that it holds (see
        `geo_ree.fetching.read`), for a raster as one row that sums it up; raises SchemaError when
        it is not what the entry says.
    needs_box
        Whether it only ever gives a part of the world, so that a box has to be named.
    """

    download: Callable[[Request, Client], Payload]
    read: Callable[[Path, Source], pd.DataFrame]
    needs_box: bool = False
