"""What a WFS says of itself: its layers, where they lie, and whether it can page and sort."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from geo_ree.ingest.feature_page import PageError
from geo_ree.ingest.gml import parse_xml
from geo_ree.ingest.markup import local_name
from geo_ree.ingest.protocol import Box

_NOT_COMPUTED = (-1.0, -1.0, 0.0, 0.0)
"""GeoServer's box of a layer whose bounds nobody has computed."""


@dataclass(frozen=True, kw_only=True)
class FeatureType:
    """A layer: its name, and the box in degrees that the service declares for it, if any."""

    name: str
    box: Box | None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What the service offers.

    Parameters
    ----------
    types
        Its layers.
    pages
        Whether it says that answers can be asked for by parts; None where it does not say.
    sorts
        Whether it says that it sorts.
    most
        Features it gives at once by default; None where it does not say.
    """

    types: tuple[FeatureType, ...]
    pages: bool | None
    sorts: bool
    most: int | None

    def find(self, wanted: str) -> FeatureType | None:
        """Give a layer by its name; a prefix may be left out where that leaves no doubt.

        Examples
        --------
        >>> there = FeatureType(name="ms:mrds", box=None)
        >>> Capabilities(types=(there,), pages=None, sorts=False, most=None).find("mrds").name
        'ms:mrds'
        """
        exact = [t for t in self.types if t.name == wanted]
        bare = wanted.rpartition(":")[2]
        alike = [
            t for t in self.types
            if t.name.rpartition(":")[2] == bare and (":" not in wanted or ":" not in t.name)
        ]  # fmt: skip
        return exact[0] if exact else alike[0] if len(alike) == 1 else None


def parse_capabilities(raw: bytes) -> Capabilities:
    """Parse the answer to GetCapabilities of any version.

    Parameters
    ----------
    raw
        Its bytes.

    Returns
    -------
    Capabilities

    Raises
    ------
    ServiceError
        When the service sent an exception.
    PageError
        When it is something else.

    Examples
    --------
    >>> parse_capabilities(b"<WFS_Capabilities><FeatureTypeList><FeatureType><Name>mrds</Name>"
    ...     b"<LatLongBoundingBox minx='60' miny='40' maxx='80' maxy='50'/></FeatureType>"
    ...     b"</FeatureTypeList></WFS_Capabilities>").types
    (FeatureType(name='mrds', box=(60.0, 40.0, 80.0, 50.0)),)
    """
    root = parse_xml(raw)
    if local_name(root.tag) != "WFS_Capabilities":
        raise PageError(f"no capabilities of a WFS came, but {local_name(root.tag)!r}")
    said = {
        str(e.get("name")): (e.findtext("{*}DefaultValue") or "").strip()
        for e in root.iter() if local_name(e.tag) == "Constraint"
    }  # fmt: skip
    paging, most = said.get("ImplementsResultPaging"), said.get("CountDefault", "")
    return Capabilities(
        types=tuple(_type(e) for e in root.iter() if local_name(e.tag) == "FeatureType"),
        pages=None if paging is None else paging.upper() == "TRUE",
        sorts=said.get("ImplementsSorting", "").upper() == "TRUE",
        most=int(most) if most.isdigit() and int(most) else None,
    )


def _type(element: Element) -> FeatureType:
    return FeatureType(name=(element.findtext("{*}Name") or "").strip(), box=_box(element))


def _box(element: Element) -> Box | None:
    corners = element.find("{*}WGS84BoundingBox")
    edges = element.find("{*}LatLongBoundingBox")
    texts: list[str] = []
    if corners is not None:
        for name in ("LowerCorner", "UpperCorner"):
            texts += (corners.findtext("{*}" + name) or "").split()[:2]
    elif edges is not None:
        texts = [edges.get(name, "") for name in ("minx", "miny", "maxx", "maxy")]
    try:
        west, south, east, north = (float(t) for t in texts)
    except ValueError:
        return None
    box = (west, south, east, north)
    sound = all(map(math.isfinite, box)) and west <= east and south <= north
    return box if sound and box != _NOT_COMPUTED else None
