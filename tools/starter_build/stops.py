"""Places that a line is drawn through, each with a source and an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo_ree.crs import distance_m
from geo_ree.schema import PRECISION_ERROR_M

ERROR_KM = {
    "station": PRECISION_ERROR_M["arc_second"] / 1000.0,
    "town": PRECISION_ERROR_M["centroid"] / 1000.0,
    "area": PRECISION_ERROR_M["named_place"] / 1000.0,
}
"""How far the line may pass from the point of a place (judgement): a station is printed to the arc
second, a town is a point here, and what stands for a station that nobody placed is a named place."""


@dataclass(frozen=True)
class Stop:
    """A place that a line is drawn through: degrees, error, and who says where it is."""

    name: str
    longitude: float
    latitude: float
    error_km: float
    source: str

    def plain(self) -> dict[str, Any]:
        """Give it as a property of the feature."""
        return {
            "name": self.name,
            "longitude": self.longitude,
            "latitude": self.latitude,
            "error_km": self.error_km,
            "source": self.source,
        }


def read_stop(name: str, fact: Mapping[str, Any], cities: Mapping[str, dict[str, Any]]) -> Stop:
    """Place a stop: by its id in GeoNames, or by the coordinate that its source prints."""
    note = f"; {fact['note']}" if "note" in fact else ""
    if "geonames" in fact:
        city = next(c for c in cities.values() if int(c["geonameid"]) == fact["geonames"])
        lon, lat = float(city["longitude"]), float(city["latitude"])
        source = f"GeoNames {fact['geonames']} ({city['name']}, {city['countrycode']}){note}"
    else:
        lon, lat = fact["longitude"], fact["latitude"]
        source = f"{fact['source']}, {fact['source_url']}{note}"
    return Stop(name, lon, lat, ERROR_KM[fact["error"]], source)


def chord_km(first: Stop, last: Stop) -> float:
    """Geodesic between two places, in kilometres."""
    place = ([first.longitude], [first.latitude], [last.longitude], [last.latitude])
    return float(distance_m(*place)[0]) / 1000.0
