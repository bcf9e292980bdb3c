"""Documents of KML: which of an archive belong together, and whether GDAL read all places of one."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import unquote

import pandas as pd

from geo_ree.errors import SchemaError
from geo_ree.reading.archives import Archive

_LINK = re.compile(
    rb"<(?:\w+:)?href>\s*(?:<!\[CDATA\[)?\s*([^<\]]+?)\s*(?:\]\]>)?\s*<", re.IGNORECASE
)


def linked_documents(archive: Archive, first: str, noted: Counter[str]) -> tuple[str, ...]:
    """List a document of an archive and those to which it links, and count the others in `noted`.

    A link is relative to the document in which it stands, and may be written with ``%20``.
    """
    documents = {n.casefold(): n for n in archive.names if n.lower().endswith(".kml")}
    found, waiting = [first], [first]
    while waiting:
        document = waiting.pop(0)
        folder = str(PurePosixPath(document).parent)
        for link in _LINK.findall(archive.read(document)):
            target = unquote(link.decode("utf-8", "replace")).replace("\\", "/").partition("#")[0]
            at = posixpath.normpath(posixpath.join(folder, target)).casefold()
            other = documents.get(at) or documents.get(posixpath.normpath(target).casefold())
            if other and other not in found:
                found.append(other)
                waiting.append(other)
    if len(documents) > len(found):
        unread = len(documents) - len(found)
        noted["documents of the archive to which none links, left out"] = unread
    return tuple(found)


class ElementCounter:
    """Counts the elements of a document by their names, without a prefix."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.elsewhere = 0

    def __call__(self, name: str, _: dict[str, str]) -> None:
        """Count one element."""
        self.counts[name.rpartition(":")[2]] += 1

    def count_links(self, followed: int, noted: Counter[str]) -> int:
        """Note the links that lead elsewhere; return how many followed ones other documents may hold."""
        links = self.counts["NetworkLink"]
        self.elsewhere = links - min(links, followed)
        if self.elsewhere:
            noted["links to documents elsewhere, which are not followed"] += self.elsewhere
        return followed - links + self.elsewhere

    def check_places(self, frame: pd.DataFrame, *, where: str, hint: str) -> None:
        """Raise `SchemaError` if a frame has fewer rows than the document has places, or none at all."""
        places = self.counts["Placemark"]
        if not places and self.elsewhere:
            raise SchemaError(
                f"{where} holds no places but {self.elsewhere} links to documents elsewhere, which are not "
                "followed",
                "open it in Google Earth or QGIS, and save the places themselves",
            )
        if len(frame) < places:
            raise SchemaError(f"{where}: {len(frame)} of its {places} places can be read", hint)
