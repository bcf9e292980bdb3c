"""Which columns of a table hold its coordinates, by their names in English or Russian."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_CYRILLIC_X = ("х", "координата х", "коорд х")  # the letters are not those of Latin
_CYRILLIC_Y = ("у", "координата у", "коорд у")
_AXES: Mapping[str, tuple[str, ...]] = {
    "latitude": ("lat", "latitude", "широта", "шир", "сш", "с ш"),
    "longitude": ("lon", "long", "lng", "longitude", "долгота", "долг", "вд", "в д"),
    "north": ("north", "northing", "northings", "север", "северное", "n"),
    "east": ("east", "easting", "eastings", "восток", "восточное", "e"),
    "x": ("x", "xcoord", "coord x", "coordinate x", "point x", "координата x", *_CYRILLIC_X),
    "y": ("y", "ycoord", "coord y", "coordinate y", "point y", "координата y", *_CYRILLIC_Y),
    "zone": ("zone", "зона", "zona"),
    "point": (
        *("coordinates", "coordinate", "coords", "coord", "координаты", "координата", "gps"),
        *("latlon", "latlong", "latlng", "lat lon", "lat long", "широта долгота", "wkt", "geom"),
        *("location", "position", "geometry"),
    ),
    "point_lonlat": ("lonlat", "lon lat", "long lat", "longlat", "долгота широта"),
}
_ROLES = {word: role for role, words in _AXES.items() for word in words}
_PAIRS = (("latitude", "longitude"), ("north", "east"), ("y", "x"))
_SYSTEMS = {
    **dict.fromkeys(("sk42", "ск42", "pulkovo1942", "pulkovo42"), "SK-42"),
    **dict.fromkeys(("sk95", "ск95"), "SK-95"),
    **dict.fromkeys(("sk63", "ск63"), "SK-63"),
    **dict.fromkeys(("gsk2011", "гск2011"), "GSK-2011"),
    "wgs84": "EPSG:4326",
}
_SYSTEM = re.compile(r"((?:sk|ск|gsk|гск|wgs|pulkovo)[ _-]?)(?=\d)", re.IGNORECASE)
_NOISE = frozenset(
    (
        *(
            "dd",
            "dms",
            "ddm",
            "dec",
            "decimal",
            "deg",
            "degree",
            "degrees",
            "градусы",
            "град",
            "гр",
        ),
        *("m", "м", "metres", "meters", "метры", "utm", "gk", "гк", "wgs", "gauss", "kruger"),
    )
)
_MORE_NOISE = _NOISE | frozenset(
    ("gps", "n", "e", "s", "w", "site", "geographic", "географические", "точки")
)
_PARTS = (
    frozenset(("deg", "d", "degrees", "град", "гр", "градусы")),
    frozenset(("min", "m", "minutes", "мин", "минуты")),
    frozenset(("sec", "s", "seconds", "сек", "секунды")),
    frozenset(("dir", "hemi", "hemisphere", "ns", "ew")),
)
_CAMEL = re.compile(r"(?<=[a-zа-я])(?=[A-ZА-Я])")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class CoordinateColumns:
    """The columns that hold the coordinates of a table.

    Attributes
    ----------
    north, east
        Labels of the latitude or northing, and of the longitude or easting; several where
        degrees, minutes and seconds have columns of their own.
    point
        Label of a column that holds both.
    zone
        Label of the column of the zone.
    is_xy
        Whether the two are only called x and y, so that either may be the northing.
    longitude_first
        Whether the column `point` says that the longitude comes first.
    system
        The reference system that a name states, for instance ``lat_sk42``; blank if none.
    """

    north: tuple[str, ...] = ()
    east: tuple[str, ...] = ()
    point: str = ""
    zone: str = ""
    is_xy: bool = False
    longitude_first: bool = False
    system: str = ""

    def labels(self) -> tuple[str, ...]:
        """List the columns in the order north, east, point, zone."""
        return tuple(n for n in (*self.north, *self.east, self.point, self.zone) if n)


def find_coordinate_columns(labels: Iterable[str]) -> CoordinateColumns | None:
    """Recognise the columns with coordinates by their names; None if there are none.

    Latitude and longitude come before northing and easting, these before x and y, and these before
    a column that holds both.

    Examples
    --------
    >>> find_coordinate_columns(["Name", "Lat_DD", "Long_DD"]).labels()
    ('Lat_DD', 'Long_DD')
    >>> find_coordinate_columns(["Скважина", "X, м", "Y, м"]).is_xy
    True
    """
    words = {label: _words(label) for label in labels}
    found: dict[str, list[str]] = {}
    for label, tokens in words.items():
        role = _role(tokens)
        if role:
            found.setdefault(role, []).append(label)
    zone = found.get("zone", [""])[0]
    for north, east in _PAIRS:
        sides = [_with_parts(words, axis) or found.get(axis, [])[:1] for axis in (north, east)]
        if all(sides):
            used = [word for label in (*sides[0], *sides[1]) for word in words[label]]
            return CoordinateColumns(
                north=tuple(sides[0]),
                east=tuple(sides[1]),
                zone=zone,
                is_xy=north == "y",
                system=_stated(used),
            )
    for role in ("point", "point_lonlat"):
        if role in found:
            label = found[role][0]
            return CoordinateColumns(
                point=label,
                zone=zone,
                longitude_first=role == "point_lonlat",
                system=_stated(words[label]),
            )
    return None


def _words(label: str) -> tuple[str, ...]:
    text = _SYSTEM.sub(lambda m: m[1].rstrip(" _-"), _CAMEL.sub(" ", str(label)))
    return tuple(_WORD.findall(text.casefold()))


def _role(words: tuple[str, ...]) -> str:
    for noise in (_NOISE, _MORE_NOISE):
        kept = [w for w in words if w not in noise and w not in _SYSTEMS]
        role = _ROLES.get(" ".join(kept)) or _ROLES.get(" ".join(reversed(kept)))
        if role:
            return role
    return ""


def _with_parts(words: Mapping[str, tuple[str, ...]], axis: str) -> list[str]:
    """Return the columns of degrees, minutes and seconds of one axis; none if it is one column."""
    parts = []
    for names in _PARTS:
        parts += [
            label
            for label, tokens in words.items()
            if len(tokens) == 2 and _ROLES.get(tokens[0]) == axis and tokens[1] in names
        ][:1]
    has_minutes = any(words[label][1] in _PARTS[1] for label in parts)
    return parts if has_minutes else []


def _stated(words: Iterable[str]) -> str:
    return next((_SYSTEMS[w] for w in words if w in _SYSTEMS), "")
