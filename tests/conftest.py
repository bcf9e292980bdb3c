"""Shared by all tests: no network but loopback, and small hand-written layers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import geopandas as gpd
import pytest
import shapely

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])  # type: ignore[index]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise OSError(f"the tests reach loopback only, not {host}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


@pytest.fixture
def countries() -> gpd.GeoDataFrame:
    """Two countries that share the parallel 43 N, both wholly inside the region."""
    return gpd.GeoDataFrame(
        {
            "id": ["c:KAZ", "c:KGZ"],
            "source_id": "c",
            "name": ["Kazakhstan", "Kyrgyzstan"],
            "country": ["KAZ", "KGZ"],
            "country_reported": ["KAZ", "KGZ"],
            "kind": "country",
            "complete": True,
        },
        geometry=[shapely.box(60, 43, 85, 54), shapely.box(69, 39, 81, 43)],
        crs=4326,
    )
