"""Sources that only ever come as a file that somebody hands over."""

from __future__ import annotations

from geo_ree.errors import FetchError
from geo_ree.ingest.formats import open_file
from geo_ree.ingest.http import Client
from geo_ree.ingest.protocol import Arrival, Order, Protocol


def bring_nothing(order: Order, client: Client) -> Arrival:
    """Refuse: a program has nowhere to fetch such a source from.

    Parameters
    ----------
    order
        The entry.
    client
        Not asked.

    Raises
    ------
    FetchError
        Always, with the way to hand the file over.

    Examples
    --------
    >>> from pathlib import Path
    >>> from geo_ree.catalog import load_catalog
    >>> from geo_ree.settings import Settings
    >>> icmm = Order(source=load_catalog()["icmm_mines"], folder=Path())
    >>> bring_nothing(icmm, Client(Settings()))
    Traceback (most recent call last):
    geo_ree.errors.FetchError: icmm_mines is only ever handed over as a file; give it with geo-ree \
fetch icmm_mines --file PATH
    """
    del client
    source = order.source
    raise FetchError(
        f"{source.id} is only ever handed over as a file",
        f"give it with geo-ree fetch {source.id} --file PATH",
    )


LOCAL = Protocol(bring=bring_nothing, read=open_file)
"""Any of the formats, from disk."""
