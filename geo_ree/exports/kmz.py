"""KMZ: a KML document zipped with the one picture that it is drawn with."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

ICON = "disc.png"
"""Name of the picture inside the archive: a white disc, which takes any colour."""

_SIZE = 48
_EDGE = 4.0
_DATE = (1980, 1, 1, 0, 0, 0)


def write_kmz(text: str, path: Path) -> None:
    """Write a KML document and its disc as one file; the same text gives the same bytes.

    Parameters
    ----------
    text
        A KML document that names `ICON`.
    path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty.kmz"
    >>> write_kmz("<kml/>", path)
    >>> zipfile.ZipFile(path).namelist()
    ['doc.kml', 'disc.png']
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("doc.kml", text.encode()), (ICON, draw_disc())):
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)


def draw_disc() -> bytes:
    """A white disc with a dark edge on a clear ground, as PNG.

    References
    ----------
    W3C (2003), Portable Network Graphics Specification, second edition, sections 5 and 11.2.

    Examples
    --------
    >>> draw_disc()[1:4]
    b'PNG'
    """
    place = np.arange(_SIZE) - (_SIZE - 1) / 2
    away = np.hypot(place[:, None], place)
    radius = _SIZE / 2 - 1
    white = np.clip(radius - _EDGE - away + 0.5, 0, 1) * 223 + 32
    clear = np.clip(radius - away + 0.5, 0, 1) * 255
    pixels = np.stack([white, white, white, clear], axis=-1).round().astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
        for kind, d in parts
    )
