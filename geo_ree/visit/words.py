"""Coordinates in words."""

from __future__ import annotations


def degrees_minutes(value: float, hemispheres: str) -> str:
    """An angle in degrees, minutes and seconds.

    Parameters
    ----------
    value
        Decimal degrees.
    hemispheres
        Letters of the positive and the negative side, ``NS`` or ``EW``.

    Returns
    -------
    str
        Whole seconds, which are 31 m or less: no printed position is better than that.

    Examples
    --------
    >>> degrees_minutes(42.99999, "NS"), degrees_minutes(-0.5, "EW")
    ('43° 00′ 00″ N', '0° 30′ 00″ W')
    """
    minutes, seconds = divmod(round(abs(value) * 3600), 60)
    degrees, minutes = divmod(minutes, 60)
    side = hemispheres[0] if value >= 0 else hemispheres[1]
    return f"{degrees}° {minutes:02d}′ {seconds:02d}″ {side}"


def decimal_degrees(lat: float, lon: float) -> str:
    """A position in decimal degrees.

    Examples
    --------
    >>> decimal_degrees(42.35, 75.9)
    '42.3500° N, 75.9000° E'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.4f}° {north}, {abs(lon):.4f}° {east}"
