"""One page of features, looked through before it is trusted."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring, iterparse
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.reading.markup import local_name, told_report
from geo_ree.reading.vectors import SWAP, careful, check_content

MAX_PAGES = 10_000
"""Pages after which a service is taken to be endless."""

MOST_PAGE_BYTES = 512_000_000
"""An answer larger than this is refused."""

_LISTED = 20


class PageError(Exception):
    """A page that is not what was asked for.

    Parameters
    ----------
    reason
        What came instead, to stand behind the address or the file.
    hint
        What to do about it; blank where it depends on whether the page is fetched or read.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(reason)


class ServiceError(PageError):
    """The service's own error, sent in place of features."""


class AlienError(PageError):
    """Something whole, but no collection of features in GML or GeoJSON."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of features, as it came and as it was counted.

    Parameters
    ----------
    raw
        Its bytes.
    suffix
        ``gml`` or ``geojson``.
    keys
        A fingerprint of each feature, in the order of the page: the same feature has the same
        one in every page.
    identified
        Whether each feature has an id of its own, so that two with one key are one feature.
    stated
        How many features the answer says there are in all; None where it does not say.
    layers
        Names of the kinds of feature in a page of GML.
    """

    raw: bytes
    suffix: str
    keys: tuple[bytes, ...]
    identified: bool
    stated: int | None = None
    layers: tuple[str, ...] = ()


def told_start(raw: bytes) -> str:
    """Give the first bytes of an answer in one line, for an error.

    Examples
    --------
    >>> told_start(b"Bad  gateway" + bytes([10]))
    "'Bad gateway'"
    """
    return repr(" ".join(raw[:80].decode("utf-8", "replace").split()))


def told_names(names: Sequence[str]) -> str:
    """List what a service has, for the error about what it has not; not more than 20 names.

    Examples
    --------
    >>> told_names(["mines", "roads"]), told_names([])
    ('mines, roads', 'none')
    >>> told_names([f"layer {n}" for n in range(23)])[-29:]
    'layer 18, layer 19 and 3 more'
    """
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "") or "none"


def failure(source: Source, error: PageError, url: str = "") -> FetchError:
    """Make the error for an answer that is not what was asked for.

    Parameters
    ----------
    source
        The catalogue entry.
    error
        What is wrong with the answer.
    url
        The address that was asked; that of the entry unless given.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> failure(load_catalog()["usgs_ree"], PageError("nothing came", "go on")).hint
    'go on'
    """
    hint = "try again later; if it stays so, open the address in a browser"
    if isinstance(error, ServiceError):
        hint = "correct reader in the catalogue entry"
    return FetchError(f"{source.id}: {url or source.url}: {error.reason}", error.hint or hint)


def check_overlap(page: Page, seen: set[bytes], source: Source, number: int) -> None:
    """Refuse a page of which some features came before: others may then be missing.

    Features without an id are let pass, since two may be alike.

    Raises
    ------
    FetchError
        With the number of the page.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> page = Page(raw=b"", suffix="gml", keys=(b"a",), identified=True)
    >>> check_overlap(page, {b"b"}, load_catalog()["usgs_ree"], 2)
    """
    again = sum(key in seen for key in page.keys)
    if again and page.identified:
        raise FetchError(
            f"{source.id}: {source.url}: {again} features of page {number} came before, so "
            "others may be missing",
            "let the service sort with reader.query, or raise reader.page_size, in the "
            "catalogue entry",
        )


def check_count(had: int, expected: int | None, source: Source) -> None:
    """Refuse fewer features than the service counts.

    Raises
    ------
    FetchError
        With both numbers.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> check_count(250, None, load_catalog()["usgs_ree"])
    """
    if expected is not None and had < expected:
        raise FetchError(
            f"{source.id}: {source.url}: {had} features came, the service counts {expected}",
            "fetch again later, or ask for parts with --bbox",
        )


_MEMBERS = ("member", "featureMember", "featureMembers")
_NUMBER = r"-?[\d.]+(?:[eE][-+]?\d+)?"
_TWO_CORNERS = re.compile(rf"{_NUMBER},{_NUMBER}\s+{_NUMBER},{_NUMBER}")


def parse_xml(raw: bytes) -> Element:
    """Parse a small document; one with a document type, and so with entities, is refused.

    Raises
    ------
    ServiceError
        When it is the report of an exception.
    PageError
        When it is cut short, or declares a document type.

    Examples
    --------
    >>> parse_xml(b"<WFS_Capabilities version='1.0.0'/>").get("version")
    '1.0.0'
    """
    with _explained():
        _refuse_doctype(raw)
        root = fromstring(raw)
    _refuse_report(root)
    return root


def _refuse_report(root: Element) -> None:
    said = told_report(root)
    if said:
        raise ServiceError(f"the service says: {said}")


def scan_gml(raw: bytes) -> Page:
    """Count and fingerprint the features of a collection in GML.

    Parameters
    ----------
    raw
        The bytes of an answer.

    Returns
    -------
    Page

    Raises
    ------
    ServiceError
        When the answer is the report of an exception.
    PageError
        When it is cut short, declares a document type, or is no collection of features.

    Examples
    --------
    >>> page = scan_gml(b"<c numberMatched='7'><member><ore id='a'/></member></c>")
    >>> len(page.keys), page.stated, page.layers
    (1, 7, ('ore',))
    """
    path: list[str] = []
    keys: list[bytes] = []
    layers: dict[str, None] = {}
    identified, stated = True, None
    with _explained():
        _refuse_doctype(raw)
        for event, element in iterparse(io.BytesIO(raw), ("start", "end")):
            if event == "start":
                if not path:
                    stated = _stated(element)
                path.append(local_name(element.tag))
                continue
            path.pop()
            if len(path) == 2 and path[1] in _MEMBERS:  # a feature is whole
                keys.append(_fingerprint(element))
                layers[local_name(element.tag)] = None
                identified &= any(local_name(name) in ("id", "fid") for name in element.attrib)
                element.clear()  # the memory of a large answer
            elif not path:
                root = element
    _refuse_report(root)
    if not keys and not local_name(root.tag).endswith("FeatureCollection"):
        raise AlienError(f"no features came, but the XML document {local_name(root.tag)!r}")
    return Page(
        raw=raw,
        suffix="gml",
        keys=tuple(keys),
        identified=identified,
        stated=stated,
        layers=tuple(layers),
    )


def _fingerprint(feature: Element) -> bytes:
    parts = [
        part for e in feature.iter() for part in (e.tag, (e.text or "").strip(), *e.attrib.values())
    ]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


def _stated(root: Element) -> int | None:
    told = root.get("numberMatched") or root.get("numberOfFeatures") or ""
    return int(told) if told.isdigit() else None


class _RootSeenError(Exception):
    """The prologue of a document is over."""


def _refuse_doctype(raw: bytes) -> None:
    """Refuse a document type: only in it can entities be declared, that multiply or draw in files.

    It stands before the root element, so no more than that is looked at.
    """

    def refused(*_: object) -> None:
        raise PageError(
            "the XML declares a document type, which can draw in other files", "do not use it"
        )

    def opened(*_: object) -> None:
        raise _RootSeenError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refused
    parser.StartElementHandler = opened
    with suppress(_RootSeenError):
        parser.Parse(raw, True)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (ParseError, expat.ExpatError, LookupError, ValueError) as error:
        raise PageError(
            f"the XML is damaged or cut short ({' '.join(str(error).split())})"
        ) from error


def read_gml(page: Page, *, axis: str, label: str, hint: str) -> gpd.GeoDataFrame:
    """Read the features of a page that was scanned.

    Parameters
    ----------
    page
        As `scan_gml` gave it, with one feature or more.
    axis
        The order of the coordinates in the file, ``lonlat`` or ``latlon``. It alone decides:
        left to itself GDAL swaps latitude and longitude for ``urn:ogc:def:crs:EPSG::4326`` and
        does not for ``EPSG:4326``, whatever the server writes.
    label
        Id of the source and name of the page, for errors.
    hint
        What to do about a page that is damaged.

    Returns
    -------
    geopandas.GeoDataFrame
        Texts as printed, blank where an element is empty or not there; one row for each
        feature, in the order of the page. The reference system is that of the file, or None.

    Raises
    ------
    PageError
        When the page has several kinds of feature, or GDAL reads fewer than there are.
    SchemaError
        When GDAL cannot read it.

    Examples
    --------
    >>> text = (b"<c xmlns='urn:x' xmlns:gml='http://www.opengis.net/gml'><gml:featureMember>"
    ...     b"<ore gml:id='a'><name>Made-up Ridge</name><place><gml:Point srsName='EPSG:4326'>"
    ...     b"<gml:pos>45 60</gml:pos></gml:Point></place></ore></gml:featureMember></c>")
    >>> frame = read_gml(scan_gml(text), axis="latlon", label="x.gml", hint="")
    >>> frame[["name", "geometry"]].to_wkt().loc[0].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    if len(page.layers) > 1:
        raise PageError(
            f"it has several kinds of feature: {', '.join(page.layers)}",
            "ask for one of them alone",
        )
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        path = Path(folder) / "page.gml"
        path.write_bytes(page.raw)
        check_content(path, label)
        with careful(path, label, hint):
            frame = pyogrio.read_dataframe(
                path, layer=0, SWAP_COORDINATES=SWAP[axis], EMPTY_AS_NULL="NO"
            )
    if len(frame) != len(page.keys):
        raise PageError(f"{len(frame)} of its {len(page.keys)} features can be read as GML")
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame)))
    return _plain(frame)


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give texts alone, without the corners of ``gml:boundedBy``, which GDAL takes for columns."""
    out = frame.drop(columns=[n for n in ("lowerCorner", "upperCorner") if n in frame])
    for column in out.columns.drop("geometry"):
        out[column] = pd.Series([_text(v) for v in out[column]], index=out.index, dtype=object)
    boxes = (
        "coordinates" in out
        and out["coordinates"]
        .map(lambda text: not text or _TWO_CORNERS.fullmatch(text) is not None)
        .all()
    )
    return out.drop(columns="coordinates") if boxes else out


def _text(value: Any) -> str:
    """Give a value as a text; a repeated element comes as a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        return ";".join(map(str, value))
    return "" if pd.isna(value) else str(value)
