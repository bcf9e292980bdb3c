"""Texts of KML in which somebody wrote markup without escaping it: the tags go, their words stay.

GDAL reads ``<name>Old <b>Upper</b> Mine</name>`` as "Old  Mine". Escaped markup and CDATA are texts
already, and stay as they are; of a description GDAL keeps the markup.
"""

from __future__ import annotations

import logging
from pathlib import Path
from xml.parsers import expat

logger = logging.getLogger(__name__)

_TEXTS = frozenset({"name", "value", "displayName", "address", "phoneNumber", "SimpleData"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "th"})


class _Finder:
    """Finds the bytes of the tags within texts, and which of them separate words."""

    def __init__(self) -> None:
        self.tags: list[tuple[int, int, bool]] = []
        self._parents: list[str] = []
        self._inside = 0
        self._open: tuple[int, bool] | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._other
        self._parser.CommentHandler = self._other
        self._parser.ProcessingInstructionHandler = self._other
        self._parser.StartCdataSectionHandler = self._other
        self._parser.EndCdataSectionHandler = self._other

    def find(self, raw: bytes) -> None:
        self._parser.Parse(raw, True)

    def _other(self, *_: object) -> None:
        """Close the tag before: it ends where this event begins."""
        if self._open is not None:
            (begin, breaks), end = self._open, self._parser.CurrentByteIndex
            if end > begin:  # <br/> ends a second time where it ended
                self.tags.append((begin, end, breaks))
            self._open = None

    def _tag(self, name: str) -> None:
        self._other()
        self._open = self._parser.CurrentByteIndex, name in _BREAKS

    def _start(self, name: str, _: object) -> None:
        if self._inside:
            self._tag(name)
            self._inside += 1
        else:
            self._other()
            self._inside = int(name.rpartition(":")[2] in _TEXTS)

    def _end(self, name: str) -> None:
        self._inside = max(self._inside - 1, 0)
        if self._inside:
            self._tag(name)
        else:
            self._other()


def drop_tags_in_texts(path: Path, where: str) -> None:
    """Write a checked KML file again without the tags within names and values, if there are any."""
    raw = path.read_bytes()
    finder = _Finder()
    finder.find(raw)
    if not finder.tags:
        return
    space = b"" if b"\0" in raw[:4] else b" "  # UTF-16 has wider spaces
    pieces, at = [], 0
    for begin, end, breaks in finder.tags:
        pieces += [raw[at:begin], space if breaks else b""]
        at = end
    path.unlink()  # it may be a link to the original
    path.write_bytes(b"".join([*pieces, raw[at:]]))
    logger.warning(
        "%s: %d tags within names and values were dropped, their words kept",
        where,
        len(finder.tags),
    )
