"""Pages of features in GML 2, 3.1 and 3.2."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring, iterparse
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from geo_ree.ingest.feature_page import AlienError, Page, PageError, ServiceError
from geo_ree.ingest.gdal import SWAP, careful, check_content
from geo_ree.ingest.markup import local_name, told_report

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
    return Page(raw=raw, suffix="gml", keys=tuple(keys), identified=identified, stated=stated,
                layers=tuple(layers))  # fmt: skip


def _fingerprint(feature: Element) -> bytes:
    parts = [
        part for e in feature.iter()
        for part in (e.tag, (e.text or "").strip(), *e.attrib.values())
    ]  # fmt: skip
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


def read_gml(page: Page, *, axis: str, label: str, cure: str) -> gpd.GeoDataFrame:
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
    cure
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
    >>> frame = read_gml(scan_gml(text), axis="latlon", label="x.gml", cure="")
    >>> frame[["name", "geometry"]].to_wkt().loc[0].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    if len(page.layers) > 1:
        raise PageError(f"it has several kinds of feature: {', '.join(page.layers)}",
                        "ask for one of them alone")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        path = Path(folder) / "page.gml"
        path.write_bytes(page.raw)
        check_content(path, label)
        with careful(path, label, cure):
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
    boxes = "coordinates" in out and out["coordinates"].map(
        lambda text: not text or _TWO_CORNERS.fullmatch(text) is not None
    ).all()  # fmt: skip
    return out.drop(columns="coordinates") if boxes else out


def _text(value: Any) -> str:
    """Give a value as a text; a repeated element comes as a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        return ";".join(map(str, value))
    return "" if pd.isna(value) else str(value)
