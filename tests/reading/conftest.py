from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import pytest


@dataclass
class Listener:
    """A server that nothing should ask: its address, and the paths that were requested."""

    url: str
    requested: list[str]


@pytest.fixture
def listener(serve: Callable[..., str]) -> Listener:
    requested: list[str] = []

    def reply(request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        requested.append(request.path)
        return 200, b"stolen", {}

    return Listener(serve(reply), requested)
