"""The layers of a run by name, as the GeoPackage and a database hold them."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import shapely

from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.notice import AREA_LAYERS, ROUTE_LAYERS
from geo_ree.outputs.table_files import one_shape

_LOWEST = (
    *("countries", "water_stress", "protected_areas", "mining_areas", "water"),
    *("active_faults", "roads", "railways_planned", "railways", "power_lines"),
)
_ENDS = {0: "_points", 1: "_lines", 2: "_areas"}


def layers_of(bundle: Bundle) -> dict[str, tuple[gpd.GeoDataFrame, tuple[str, ...]]]:
    """Map each layer to its rows and to the canonical layers whose licences apply, lowest first.

    The deposits hold what was measured to every layer: all licences apply, which is no layer named.
    """
    order = sorted(
        bundle.infrastructure, key=lambda n: _LOWEST.index(n) if n in _LOWEST else len(_LOWEST)
    )
    parts = {p: (t, (n,)) for n in order for p, t in _by_shape(n, bundle.infrastructure[n])}
    return {
        "unranked": (bundle.unranked, ()),
        **parts,
        "corridors": (one_shape(bundle.corridors), ROUTE_LAYERS),
        "areas": (bundle.areas, AREA_LAYERS),
        "deposits": (bundle.scored, ()),
    }


def _by_shape(name: str, table: gpd.GeoDataFrame) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Split a layer by kind of shape: QGIS does not draw a layer that mixes them."""
    dimension = shapely.get_dimensions(table.geometry.to_numpy())
    kinds = [k for k in (2, 1, 0) if (dimension == k).any()]
    main = 1 if 1 in kinds else (kinds or [0])[0]
    for kind in kinds or [main]:
        end = "" if kind == main else _ENDS[kind]
        yield name + end, table[(dimension == kind) | ((dimension < 0) & (kind == main))]
