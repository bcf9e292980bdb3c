"""Pages of features: none missing, none twice, and where the service says they are."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.catalog.source import Source
from geo_ree.crs import to_store
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import Pages, read_pages, unusable_answer
from geo_ree.fetching.protocol import Box
from geo_ree.reading.documents import DocumentError, quote_start
from geo_ree.reading.formats import open_file, open_page
from geo_ree.reading.gml import FeatureKeys, scan_gml
from geo_ree.reading.json_features import scan_json
from geo_ree.reading.tables import finish_table, number_rows, retry_hint
from geo_ree.reading.vectors import stack

logger = logging.getLogger(__name__)

REQUEST = "request.json"
"""Member of the payload with the box that was requested."""

_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of features: its bytes, the suffix of its format, and what was counted in it."""

    raw: bytes
    suffix: str
    found: FeatureKeys

    def __len__(self) -> int:
        return len(self.found.keys)


def scan_page(raw: bytes) -> Page:
    """Count the features of a page in GML or GeoJSON.

    Raises `ServiceError` if it is the service's own error, whatever the HTTP status was, and
    `DocumentError` if it is damaged or something else.
    """
    start = raw[:512].lstrip(_BLANK)[:1]
    if start == b"<":
        return Page(raw=raw, suffix="gml", found=scan_gml(BytesIO(raw)))
    if start in (b"{", b"["):
        return Page(raw=raw, suffix="geojson", found=scan_json(raw))
    raise DocumentError(f"neither GML nor GeoJSON came (it begins with {quote_start(raw)})")


class PageCollector:
    """The pages of one source as they come: each checked against those before it."""

    def __init__(self, source: Source, max_bytes: int) -> None:
        self.source = source
        self.max_bytes = max_bytes
        self.pages: list[Page] = []
        self.seen: set[bytes] = set()
        self.count = 0
        self._bytes = 0

    def scan(self, raw: bytes, url: str = "") -> Page:
        """Count the features of an answer; raise `FetchError` if it is no page.

        All answers together may have no more than ``Settings.max_download_bytes``.
        """
        self._bytes += len(raw)
        if self._bytes > self.max_bytes:
            raise FetchError(
                f"{self.source.id}: {url or self.source.url}: the pages have more than "
                f"{self.max_bytes} bytes",
                "ask for a part with --bbox, or raise Settings.max_download_bytes",
            )
        try:
            return scan_page(raw)
        except DocumentError as error:
            raise unusable_answer(self.source, error, url) from error

    def add(self, page: Page) -> None:
        """Keep a page; raise `FetchError` if it repeats features, as others may then be missing.

        Features without an id may be alike, so they are not compared.
        """
        repeated = sum(key in self.seen for key in page.found.keys)
        if repeated and page.found.identified:
            raise FetchError(
                f"{self.source.id}: {self.source.url}: {repeated} features of page "
                f"{len(self.pages) + 1} came before, so others may be missing",
                "let the service sort with reader.query, or raise reader.page_size, in the "
                "catalogue entry",
            )
        self.pages.append(page)
        self.seen.update(page.found.keys)
        self.count += len(page)

    def members(self) -> dict[str, bytes]:
        """Return the pages by the names under which the payload keeps them."""
        return {f"page-{n:05d}.{page.suffix}": page.raw for n, page in enumerate(self.pages, 1)}


def check_count(count: int, expected: int | None, source: Source) -> None:
    """Raise `FetchError` if fewer features came than the service counts."""
    if expected is not None and count < expected:
        raise FetchError(
            f"{source.id}: {source.url}: {count} features came, the service counts {expected}",
            "fetch again later, or ask for parts with --bbox",
        )


def describe_request(box: Box | None) -> bytes:
    """Return the member of the payload that says which box was requested."""
    return json.dumps({"box": box}).encode()


def read_collection(path: Path, source: Source) -> tuple[pd.DataFrame, Pages]:
    """Read the features of a payload, or of a file that you provide in its place.

    Returns the table as `geo_ree.read` describes it, and what the payload holds beside the pages.
    A feature that lies in several tiles is in the table once, and null is a blank text.

    Raises `SchemaError` if a page is damaged or something else, has no reference system, or lies
    elsewhere than requested; and if a column is missing or there is no feature.
    """
    payload = read_pages(path, source)
    if payload.provided or not payload.pages:
        table = open_file(path, source)
    else:
        frames = []
        seen: set[bytes] = set()
        for where, raw in payload.pages:
            frame = open_page(raw, source, where=where)
            if payload.tiled and len(frame):
                keys = scan_page(raw).found.keys
                frame = frame[[key not in seen for key in keys]]
                seen.update(keys)
            frames.append(frame)
        filled = [f for f in frames if len(f)]
        table = number_rows(stack(filled)) if filled else pd.DataFrame()
        table = finish_table(table, source, where=path.name, hint=retry_hint(source))
    texts = table.columns.drop("geometry", errors="ignore")
    table = table.assign(**{name: table[name].where(table[name].notna(), "") for name in texts})
    requested = _requested_box(payload.about.get(REQUEST, b"{}"))
    if requested is not None:
        check_location(table, requested, source, whose="that was requested")
    return table, payload


def _requested_box(raw: bytes) -> Box | None:
    try:
        west, south, east, north = map(float, json.loads(raw)["box"])
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return None
    return west, south, east, north


def check_location(table: pd.DataFrame, box: Box, source: Source, *, whose: str) -> None:
    """Check that features lie in the box that was requested, or that the service declares.

    A few features outside are only logged: unknown places are often at (0, 0), and the declared
    box may be older than the data. `whose` describes the box in messages.

    Raises `SchemaError` if more features lie in the box with latitude and longitude swapped
    than as they were read, and if most of them lie outside it.
    """
    if not isinstance(table, gpd.GeoDataFrame):
        return
    bounds = to_store(table, what=source.id).geometry.bounds.dropna().to_numpy()
    outside = ~_touches(bounds, box)
    if not outside.any():
        return
    west, south, east, north = box
    what = (
        f"{source.id}: {outside.sum()} of {len(bounds)} features lie outside the box "
        f"{west:g} to {east:g} E, {south:g} to {north:g} N {whose}"
    )
    swapped = int(_touches(bounds[:, [1, 0, 3, 2]], box).sum())
    if swapped > len(bounds) - outside.sum():
        raise SchemaError(
            f"{what}, but with latitude and longitude swapped {swapped} lie in it",
            "reader.axis in the catalogue entry is probably wrong: it says whether this server "
            "writes lonlat or latlon",
        )
    if outside.mean() > 0.5:
        raise SchemaError(what, "check reader.axis, reader.crs and the service")
    logger.warning("%s", what)


def _touches(bounds: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    """Return which bounds touch a box, with a margin for rounded corners."""
    west, south, east, north = box
    side, height = max(0.05 * (east - west), 0.1), max(0.05 * (north - south), 0.1)
    return np.asarray(
        (bounds[:, 0] <= east + side)
        & (bounds[:, 2] >= west - side)
        & (bounds[:, 1] <= north + height)
        & (bounds[:, 3] >= south - height)
    )
