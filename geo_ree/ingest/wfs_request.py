"""The requests to a Web Feature Service, in the words of its version."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.ingest.feature_collection import scan_page
from geo_ree.ingest.feature_page import MOST_PAGE_BYTES, Page, PageError, failure
from geo_ree.ingest.http import Client
from geo_ree.ingest.protocol import Box
from geo_ree.ingest.wfs_capabilities import Capabilities, parse_capabilities

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FeatureRequest:
    """The layer of an order, and the way to ask for its features.

    Parameters
    ----------
    client
        Makes the requests.
    source
        The catalogue entry.
    name
        The layer, as the service calls it.
    box
        The part of the world that is asked for; None for everywhere.
    """

    client: Client
    source: Source
    name: str
    box: Box | None

    def params(self, box: Box | None = None, **more: str) -> dict[str, str]:
        """Give the query of a request; what the entry leaves blank is left out."""
        version = self.source.reader.version
        asked = {
            "service": "WFS", "version": version, "request": "GetFeature",
            "typeNames" if version == "2.0.0" else "typeName": self.name,
            "bbox": told_bbox(box or self.box, version), **more, **self.source.reader.query,
        }  # fmt: skip
        return {name: value for name, value in asked.items() if value}

    def page(self, box: Box | None = None, *, most: int = 0, **more: str) -> Page:
        """Ask for features, at most so many of them."""
        limit = "count" if self.source.reader.version == "2.0.0" else "maxFeatures"
        params = self.params(box, **({limit: str(most)} if most else {}), **more)
        return self._scanned(params)

    def hits(self) -> int | None:
        """Ask how many there are; None where the version or the service has no answer."""
        if self.source.reader.version == "1.0.0":
            return None
        params = {**self.params(), "resultType": "hits"}
        params.pop("outputFormat", None)  # GeoServer counts in XML only
        try:
            return self._scanned(params).stated
        except FetchError as error:
            logger.info("%s: it does not count its features (%s)", self.source.id, error.what)
            return None

    def _scanned(self, params: dict[str, str]) -> Page:
        raw = ask(self.client, self.source, params)
        try:
            return scan_page(raw)
        except PageError as error:
            raise failure(self.source, error) from error


def ask(client: Client, source: Source, params: dict[str, str]) -> bytes:
    """Ask the service, and give the bytes of its answer.

    Raises
    ------
    FetchError
        When none comes.
    """
    return client.get(source.url, params=params, headers=source.reader.headers,
                      most_bytes=MOST_PAGE_BYTES)  # fmt: skip


def ask_capabilities(client: Client, source: Source) -> tuple[bytes, Capabilities]:
    """Ask the service what it offers, and give that with the bytes that it came in.

    Raises
    ------
    FetchError
        When no answer comes, or something else.
    """
    version = source.reader.version or "2.0.0"
    raw = ask(client, source, {
        "service": "WFS", "version": version, "request": "GetCapabilities"})  # fmt: skip
    try:
        return raw, parse_capabilities(raw)
    except PageError as error:
        raise failure(source, error) from error


def told_bbox(box: Box | None, version: str) -> str:
    """Give the parameter ``bbox`` for a box, in the axis order of the version.

    Parameters
    ----------
    box
        West, south, east and north, degrees; None for everywhere.
    version
        1.0.0 takes the longitude first. 1.1.0 and 2.0.0 take the latitude first; 2.0.0 is told
        so by the long name of the reference system, since GeoServer takes the short one to
        mean longitude first.

    Returns
    -------
    str

    Examples
    --------
    >>> told_bbox((60, 40, 80, 50), "1.0.0")
    '60,40,80,50'
    >>> told_bbox((60, 40, 80, 50), "1.1.0")
    '40,60,50,80,EPSG:4326'
    """
    if box is None:
        return ""
    west, south, east, north = (f"{edge:.9g}" for edge in box)
    if version == "1.0.0":
        return ",".join((west, south, east, north))
    crs = "EPSG:4326" if version == "1.1.0" else "urn:ogc:def:crs:EPSG::4326"
    return ",".join((south, west, north, east, crs))
