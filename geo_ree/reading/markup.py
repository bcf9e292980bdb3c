"""Looking through XML before anybody else reads it, and telling the errors that come in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.parsers import expat

from geo_ree.errors import SchemaError

Seen = Callable[[str, dict[str, str]], None]
"""Called with the name of an element and its attributes."""

_CHUNK = 1 << 20
_REPORTS = ("ExceptionReport", "ServiceExceptionReport")
_SAID = ("ExceptionText", "ServiceException")


def local_name(tag: object) -> str:
    """Give the name of an element or attribute without its namespace.

    Examples
    --------
    >>> local_name("{http://www.opengis.net/wfs}FeatureCollection")
    'FeatureCollection'
    """
    return str(tag).rpartition("}")[2]


def told_report(root: Element) -> str:
    """Give codes and texts of an OGC exception report in one line; blank where it is none.

    Parameters
    ----------
    root
        Root element of a document.

    Returns
    -------
    str

    Examples
    --------
    >>> from xml.etree.ElementTree import fromstring
    >>> report = "<ServiceException code='X'>no  such layer</ServiceException>"
    >>> told_report(fromstring(f"<ServiceExceptionReport>{report}</ServiceExceptionReport>"))
    'X: no such layer'
    """
    if local_name(root.tag) not in _REPORTS:
        return ""
    told: list[str] = []
    for element in root.iter():
        code = element.get("exceptionCode") or element.get("code") or ""
        text = " ".join((element.text or "").split())
        told += [code] if code else []
        told += [text] if text and local_name(element.tag) in _SAID else []
    return ": ".join(dict.fromkeys(told))[:300] or "an exception without a text"


class _DoctypeError(Exception):
    """The document has a document type declaration."""


def check_markup(path: Path, *, where: str, hint: str) -> str:
    """Check that a document is whole, and declares no document type.

    Entities, external ones and those that multiply, can only be declared in a document type
    declaration, and no data format has one. So it is refused before a reader that might follow
    it sees the file. Nothing is built in memory.

    Parameters
    ----------
    path
        The document.
    where
        Its name, for the error.
    hint
        What to do about a damaged file.

    Returns
    -------
    str
        Name of the root element, without its namespace prefix.

    Raises
    ------
    SchemaError
        When it is not well-formed to its end, or has a document type declaration.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.kml"
    >>> _ = path.write_bytes(b"<k:kml xmlns:k='urn:k'/>")
    >>> check_markup(path, where="x.kml", hint="")
    'kml'
    """
    with path.open("rb") as stream:
        return _scan(iter(lambda: stream.read(_CHUNK), b""), where, hint)


def check_markup_bytes(content: bytes, *, where: str, hint: str, seen: Seen | None = None) -> str:
    """Check a document that is in memory, as `check_markup` does.

    Parameters
    ----------
    content, where, hint
        As there.
    seen
        Told of every element but the root.

    Returns
    -------
    str
        Name of the root element, without its namespace prefix.

    Examples
    --------
    >>> tags = []
    >>> check_markup_bytes(b"<kml><Document/></kml>", where="x.kml", hint="",
    ...                    seen=lambda name, _: tags.append(name))
    'kml'
    >>> tags
    ['Document']
    """
    return _scan(iter([content]), where, hint, seen)


def _scan(chunks: Iterable[bytes], where: str, hint: str, seen: Seen | None = None) -> str:
    roots: list[str] = []
    parser = expat.ParserCreate()

    def opened(name: str, _: dict[str, str]) -> None:
        roots.append(name)
        parser.StartElementHandler = seen

    def refused(*_: object) -> None:
        raise _DoctypeError

    parser.StartElementHandler = opened
    parser.StartDoctypeDeclHandler = refused
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _DoctypeError:
        raise SchemaError(
            f"{where} has a document type declaration, which can draw in other files",
            "do not use this file",
        ) from None
    except (expat.ExpatError, LookupError, ValueError) as error:
        told = " ".join(str(error).split())
        raise SchemaError(f"{where} is damaged or cut short (XML: {told})", hint) from error
    return roots[0].rpartition(":")[2]
