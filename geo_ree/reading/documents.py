"""JSON and XML documents of unknown origin: checked, parsed, and their error reports recognised."""

from __future__ import annotations

import gc
import io
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from geo_ree.errors import SchemaError

_CHUNK = 1 << 20
_HEAD = 4096
_XML_ENCODING = re.compile(rb"""<\?xml[^>]*?\bencoding=["']([\w.-]+)""")
_GDAL_ENCODINGS = ("utf-8", "utf-16", "iso-8859-1", "us-ascii")
_MOST_DIGITS = 18  # of a count
_REPORTS = ("ExceptionReport", "ServiceExceptionReport")
_REPORT_TEXTS = ("ExceptionText", "ServiceException")
_DOCTYPE = "has a document type declaration, which can draw in other files"


class DocumentError(Exception):
    """A document that is not what was expected: the reason, and a hint where one is known.

    The caller adds the address or the file and raises a `FetchError` or a `SchemaError`.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(reason)


class ServiceError(DocumentError):
    """A service sent its own error in place of data."""


class _Number(str):
    """A number of a JSON document, as it was printed."""


class _StopParsingError(Exception):
    """The prologue of a document is over."""


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause the search for reference cycles: parsed trees have none, and it takes 90 % of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# JSON


def parse_object(
    raw: bytes, *, numbers_as_texts: bool = False, refuse_errors: bool = True
) -> dict[str, Any]:
    """Parse a JSON object; numbers are optionally kept as the texts that were printed.

    Raises `DocumentError` if it is no JSON object, and `ServiceError` if it is an error report,
    unless the caller wants to see that itself.
    """
    as_text: dict[str, Any] = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _Number)
    try:
        with paused_gc():
            document = json.loads(raw.decode("utf-8-sig"), **(as_text if numbers_as_texts else {}))
    except (ValueError, RecursionError) as error:
        raise DocumentError("the JSON is damaged or cut short") from error
    if not isinstance(document, dict):
        raise DocumentError("the JSON is not an object")
    message = _json_error(document) if refuse_errors else ""
    if message:
        raise ServiceError(f"the service says: {message}")
    return document


def _json_error(document: Mapping[str, Any]) -> str:
    """Return the error report of ArcGIS, GeoServer or an OGC API; blank if there is none."""
    if isinstance(document.get("error"), dict):
        return arcgis_error(document["error"])
    reports = document.get("exceptions")
    if not isinstance(reports, list):
        reports = [document] if "code" in document and "description" in document else []
    parts = [
        str(report.get(name, ""))
        for report in reports
        if isinstance(report, dict)
        for name in ("code", "text", "description")
    ]
    return " ".join(": ".join(p for p in parts if p).split())[:300]


def arcgis_error(error: Mapping[str, Any]) -> str:
    """Return the error of an ArcGIS server in one line: code, message, details."""
    details = error.get("details")
    parts = details if isinstance(details, list) else [details]
    more = "; ".join(dict.fromkeys(" ".join(str(p).split()) for p in parts if p))
    message = " ".join(str(error.get("message") or "without a message").split())
    text = f"error {error.get('code', 'without a code')}, {message}"
    return text + (f" ({more[:200]})" if more and more != message else "")


def value_text(value: object) -> str | None:
    """Return a value of a document that was parsed with `numbers_as_texts`, as it was printed.

    Null is None; a list or an object is its JSON.
    """
    if value is None:
        return None
    return str(value) if isinstance(value, str) else _printed(value)


def _printed(value: object) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_printed, value))}]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}: {_printed(v)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(value, ensure_ascii=False)


def count_of(value: object) -> int | None:
    """Return a count that a service states, as a number or in digits; None if it is none.

    Examples
    --------
    >>> [count_of(v) for v in (7, "7", 7.0, True, -1, "²", "9" * 5000)]
    [7, 7, 7, None, None, None, None]
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def objects_of(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list that a service gives; none if it is something else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def list_keys(document: Mapping[str, Any]) -> str:
    """List the first keys of an object, for the error about a missing one."""
    return ", ".join(list(document)[:8]) or "nothing"


def quote_start(raw: bytes) -> str:
    """Quote the first bytes of a document in one line, for an error."""
    return repr(" ".join(raw[:80].decode("utf-8", "replace").split()))


# XML


def parse_xml(raw: bytes) -> Element:
    """Parse a small XML document.

    Raises `ServiceError` if it is an exception report, and `DocumentError` if it is damaged or
    has a document type.
    """
    with parser_errors():
        refuse_doctype(io.BytesIO(raw))
        root = fromstring(raw)
    refuse_report(root)
    return root


def refuse_doctype(stream: BinaryIO) -> None:
    """Refuse a document type: only there can entities be declared that expand or read files.

    It stands before the root element, so reading ends there.
    """

    def found(*_: object) -> None:
        raise DocumentError(f"it {_DOCTYPE}", "do not use this file")

    def root(*_: object) -> None:
        raise _StopParsingError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = found
    parser.StartElementHandler = root
    with suppress(_StopParsingError):
        parser.ParseFile(stream)
    stream.seek(0)


def refuse_report(root: Element) -> None:
    """Raise `ServiceError` if a document is an OGC exception report."""
    message = report_text(root)
    if message:
        raise ServiceError(f"the service says: {message}")


def report_text(root: Element) -> str:
    """Return codes and texts of an OGC exception report in one line; blank if it is none."""
    if local_name(root.tag) not in _REPORTS:
        return ""
    parts: list[str] = []
    for element in root.iter():
        code = element.get("exceptionCode") or element.get("code") or ""
        text = " ".join((element.text or "").split())
        parts += [code] if code else []
        parts += [text] if text and local_name(element.tag) in _REPORT_TEXTS else []
    return ": ".join(dict.fromkeys(parts))[:300] or "an exception without a text"


def local_name(tag: object) -> str:
    """Return the name of an element or attribute without its namespace."""
    return str(tag).rpartition("}")[2]


@contextmanager
def parser_errors() -> Iterator[None]:
    """Turn the errors of the XML parsers into `DocumentError`."""
    try:
        yield
    except (ParseError, expat.ExpatError, LookupError, ValueError) as error:
        raise DocumentError(*_xml_fault(error)) from error


def _xml_fault(error: Exception) -> tuple[str, str]:
    text = " ".join(str(error).split())
    if "unknown encoding" in text:  # expat knows UTF-8, UTF-16, Latin-1 and ASCII
        return f"the XML has an encoding that cannot be read ({text})", "save the file as UTF-8"
    return f"the XML is damaged or cut short ({text})", ""


def link_as_utf8(path: Path, target: Path) -> None:
    """Link an XML file; rewrite it in UTF-8 if it declares an encoding that GDAL cannot read."""
    with path.open("rb") as stream:
        found = _XML_ENCODING.match(stream.read(_HEAD))
    if found and found[1].decode().lower() not in _GDAL_ENCODINGS:
        with suppress(LookupError, ValueError):  # else the parser says what is wrong with it
            text = path.read_bytes().decode(found[1].decode())
            text = text.replace(found[1].decode(), "UTF-8", 1)  # it stands in the first line
            target.write_text(text, encoding="utf-8", newline="")
            return
    try:
        target.symlink_to(path.resolve())
    except OSError:  # not every system lets everybody make links
        shutil.copyfile(path, target)


def check_markup(
    path: Path,
    *,
    where: str,
    hint: str,
    seen: Callable[[str, dict[str, str]], None] | None = None,
) -> str:
    """Check that an XML file is well formed and has no document type; return its root's name.

    `seen` is called with the name and attributes of every element but the root.

    Nothing is built in memory, so a large file costs no more than a small one.

    Raises `SchemaError` if it is not; `where` names the file, `hint` says what to do if it is
    damaged.
    """
    with path.open("rb") as stream:
        return _check(iter(lambda: stream.read(_CHUNK), b""), where, hint, seen)


def check_markup_bytes(
    content: bytes,
    *,
    where: str,
    hint: str,
    seen: Callable[[str, dict[str, str]], None] | None = None,
) -> str:
    """Check an XML document in memory, as `check_markup` does.

    `seen` is called with the name and attributes of every element but the root.
    """
    return _check(iter([content]), where, hint, seen)


def _check(
    chunks: Iterable[bytes],
    where: str,
    hint: str,
    seen: Callable[[str, dict[str, str]], None] | None,
) -> str:
    roots: list[str] = []
    parser = expat.ParserCreate()

    def root(name: str, _: dict[str, str]) -> None:
        roots.append(name)
        parser.StartElementHandler = seen

    def doctype(*_: object) -> None:
        raise SchemaError(f"{where} {_DOCTYPE}", "do not use this file")

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = doctype
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        fault, better = _xml_fault(error)
        raise SchemaError(f"{where}: {fault}", better or hint) from error
    return roots[0].rpartition(":")[2]
