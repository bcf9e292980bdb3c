"""Features in GML: counted and identified by us, then read by GDAL and compared with the count."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, iterparse

import numpy as np
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.documents import (
    DocumentError,
    count_of,
    local_name,
    parser_errors,
    paused_gc,
    refuse_doctype,
    refuse_report,
)
from geo_ree.reading.vectors import read_vector

_MEMBERS = ("member", "featureMember", "featureMembers")
_NUMBER = r"-?[\d.]+(?:[eE][-+]?\d+)?"
_TWO_CORNERS = re.compile(rf"{_NUMBER},{_NUMBER}\s+{_NUMBER},{_NUMBER}")
_SWAP = {"": "AUTO", "lonlat": "NO", "latlon": "YES"}


@dataclass(frozen=True, kw_only=True)
class FeatureKeys:
    """The features of one document, as far as paging needs to know them.

    Attributes
    ----------
    keys
        A fingerprint of each feature, in order. The same feature has the same key on every page.
    identified
        Whether every feature has an id, so that two features with one key are the same.
    total
        How many features the document says there are in all; None if it does not say.
    """

    keys: tuple[bytes, ...]
    identified: bool
    total: int | None = None


def fingerprint(text: str) -> bytes:
    """Return the key of a feature: a short hash of everything it says."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def scan_gml(stream: BinaryIO) -> FeatureKeys:
    """Count and fingerprint the features of a GML collection.

    Raises `ServiceError` if the document is an exception report, and `DocumentError` if it is cut
    short, declares a document type, or is no collection of features.
    """
    path: list[str] = []
    keys: list[bytes] = []
    identified, total = True, None
    with parser_errors(), paused_gc():
        refuse_doctype(stream)
        for event, element in iterparse(stream, ("start", "end")):
            if event == "start":
                if not path:
                    stated = element.get("numberMatched") or element.get("numberOfFeatures") or ""
                    total = count_of(stated)
                path.append(local_name(element.tag))
                continue
            path.pop()
            if len(path) == 2 and path[1] in _MEMBERS:
                keys.append(_key(element))
                identified &= any(local_name(name) in ("id", "fid") for name in element.attrib)
                element.clear()  # a large collection would fill the memory
            elif not path:
                root = element
    refuse_report(root)
    if not keys and not local_name(root.tag).endswith("FeatureCollection"):
        raise DocumentError(f"no features came, but the XML document {local_name(root.tag)!r}")
    return FeatureKeys(keys=tuple(keys), identified=identified, total=total)


def _key(feature: Element) -> bytes:
    parts = [
        part for e in feature.iter() for part in (e.tag, (e.text or "").strip(), *e.attrib.values())
    ]
    return fingerprint("\x1f".join(parts))


def read_gml(path: Path, source: Source, *, where: str, hint: str) -> pd.DataFrame:
    """Read a GML file: texts as printed, blank for an empty or absent element.

    ``reader.axis`` alone decides on the axis order. Left to itself, GDAL swaps latitude and
    longitude for ``urn:ogc:def:crs:EPSG::4326`` and not for ``EPSG:4326``, whatever the server
    writes. Only where the entry names no order does the name of the reference system decide, and
    a WFS has to name it.

    Raises `SchemaError` if the file is damaged or has several layers, or if GDAL reads fewer
    features than the file has.
    """
    label = f"{source.id}: {where}"
    try:
        with path.open("rb") as stream:
            count = len(scan_gml(stream).keys)
    except DocumentError as error:
        raise SchemaError(f"{label}: {error.reason}", error.hint or hint) from error
    if not count:
        return pd.DataFrame()
    axis = source.reader.axis
    if source.protocol == "wfs" and not axis:
        raise SchemaError(
            f"{label}: GML does not say which coordinate comes first",
            "set reader.axis in the catalogue entry: lonlat or latlon, as this server writes it",
        )
    # SWAP_COORDINATES is about the order in the file, so a urn, which GDAL swaps by itself, is
    # not swapped twice
    frame = read_vector(
        path,
        source,
        where=where,
        hint=hint,
        options={"SWAP_COORDINATES": _SWAP[axis], "EMPTY_AS_NULL": "NO"},
    )
    if len(frame) != count and not source.reader.where:
        raise SchemaError(f"{label}: {len(frame)} of its {count} features can be read", hint)
    return _texts(frame)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Make texts of all values, and drop the corners of ``gml:boundedBy``, which GDAL adds."""
    out = frame.drop(columns=["lowerCorner", "upperCorner"], errors="ignore")
    for column in out.columns.drop("geometry", errors="ignore"):
        out[column] = pd.Series([_text(v) for v in out[column]], index=out.index, dtype=object)
    if "coordinates" in out and all(
        not text or _TWO_CORNERS.fullmatch(text) for text in out["coordinates"]
    ):
        out = out.drop(columns="coordinates")
    return out


def _text(value: Any) -> str:
    """Return a value as a text; a repeated element comes as a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return ";".join(map(str, value))
    return "" if pd.isna(value) else str(value)
