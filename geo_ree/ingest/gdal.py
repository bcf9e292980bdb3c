"""Having GDAL read a file of strangers: what may go to it, and what it says about it."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.errors import SchemaError
from geo_ree.ingest.markup import told_report

logger = logging.getLogger(__name__)

DAMAGED = "is damaged or cut short"

SWAP: Mapping[str, str] = MappingProxyType({"": "AUTO", "lonlat": "NO", "latlon": "YES"})
"""``reader.axis`` -> GDAL's option SWAP_COORDINATES for a file in GML."""

_REFUSED = (
    DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, ShapelyError,
    CRSError, OSError, UnicodeError, ValueError,
)  # fmt: skip
_POINTING_ELSEWHERE = (
    b"OGRVRTDataSource", b"OGRWFSDataSource", b"OGRCSWDataSource", b"gdal_streamed_alg",
)  # fmt: skip
_BOUNDS = (
    ("GML_FIELDTYPES", "ALWAYS_STRING"),  # values as printed: GDAL would make 12 of "0012"
    ("GML_DOWNLOAD_SCHEMA", "NO"),  # it would ask whatever address the file names
)
_CHUNK = 1 << 20
_GDAL = threading.Lock()


def check_content(path: Path, label: str) -> None:
    """Refuse a text that is no data but sends GDAL to another file or to the network.

    GDAL tells a driver from the content, and some drivers read a description of data elsewhere.

    Raises
    ------
    SchemaError
        When it has the mark of such a description anywhere.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.json"
    >>> _ = path.write_text("<OGRVRTDataSource/>")
    >>> check_content(path, "mine: x.json")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: mine: x.json holds no data but points to other files; do not use \
this file
    """
    if path.suffix not in (".json", ".gml", ".kml"):
        return
    longest = max(map(len, _POINTING_ELSEWHERE))
    with path.open("rb") as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            if any(mark in kept + chunk for mark in _POINTING_ELSEWHERE):
                raise SchemaError(
                    f"{label} holds no data but points to other files", "do not use this file"
                )
            kept = chunk[-longest:]


@contextmanager
def careful(path: Path, label: str, cure: str, fault: str = DAMAGED) -> Iterator[None]:
    """Turn what GDAL says into one line: its errors into ours, its warnings into the log.

    Parameters
    ----------
    path
        The file that GDAL is about to read; the folder that it lies in is not named.
    label
        Id of the source and name of the file.
    cure
        What to do about it.
    fault
        What is wrong with the file when GDAL refuses it.

    Raises
    ------
    SchemaError
        In place of whatever pyogrio or shapely raise.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.gpkg"
    >>> _ = path.write_bytes(b"SQLite format 3")
    >>> with careful(path, "mine: x.gpkg", "fetch it again"):
    ...     pyogrio.read_dataframe(path)
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: mine: x.gpkg is nothing that geo_ree reads (no features in it); \
fetch it again
    """
    with _GDAL, warnings.catch_warnings(record=True) as noted, _bounded():
        warnings.simplefilter("always")
        try:
            yield
        except _REFUSED as error:
            said = _service_error(path)
            if said:
                raise SchemaError(f"{label} is an error of the service: {said}", cure) from error
            told = one_line(error, path)
            if "not recognized" in told:
                told, fault = "no features in it", "is nothing that geo_ree reads"
            raise SchemaError(f"{label} {fault} ({told})", cure) from error
    for line in dict.fromkeys(one_line(w.message, path) for w in noted):
        if "open option" not in line:  # one that only a driver's sister knows
            logger.warning("%s: %s", label, line)


@contextmanager
def _bounded() -> Iterator[None]:
    """Have GDAL behave, also where it takes no options of a single file."""
    before = {name: pyogrio.get_gdal_config_option(name) for name, _ in _BOUNDS}
    pyogrio.set_gdal_config_options(dict(_BOUNDS))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def one_line(error: object, path: Path) -> str:
    """Give a message without line breaks, without our folders, and not too long.

    Examples
    --------
    >>> one_line(ValueError("/data/x/a.shp is  broken"), Path("/data/x/a.shp"))
    'a.shp is broken'
    """
    return " ".join(str(error).replace(f"{path.parent}/", "").split())[:160]


def _service_error(path: Path) -> str:
    """Give what a service has to say in place of data, if that is what a file holds."""
    if path.is_dir() or path.stat().st_size > _CHUNK:
        return ""
    try:
        if path.suffix == ".json":
            found = json.loads(path.read_bytes())
            told = found.get("error", found.get("remark", "")) if isinstance(found, dict) else ""
            text = told.get("message", "") if isinstance(told, Mapping) else told
        else:
            text = told_report(ElementTree.parse(path).getroot())
    except (ValueError, SyntaxError, OSError):
        return ""
    return " ".join(str(text).split())[:200]
