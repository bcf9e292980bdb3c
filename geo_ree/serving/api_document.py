"""What pygeoapi needs to know of a run: its configuration and the OpenAPI document, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from pygeoapi.api import CONFORMANCE_CLASSES
from pygeoapi.api.itemtypes import CONFORMANCE_CLASSES_FEATURES
from pygeoapi.openapi import get_oas

from geo_ree.serving.served_run import ORIGIN, Collection, ServedRun

PREFIX = "/api"
"""Path of the API; the map page is at ``/``."""

ITEMS, MOST_ITEMS = 100, 5000
"""Features of a page unless another number is asked for, and at most."""

_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS = (_CRS84, "http://www.opengis.net/def/crs/EPSG/0/4326")
"""Reference systems that a request may name."""

_SERVED = ("/openapi", "/conformance", "/collections")
_UNSERVED = ("create-replace-delete",)
_APACHE = "https://www.apache.org/licenses/LICENSE-2.0"


def configure(run: ServedRun) -> dict[str, Any]:
    """The configuration of pygeoapi for a run."""
    about = run.about
    text = f"{about.get('what this is', '')} {about.get('ranks', '')}".strip()
    return {
        "server": {
            "url": ORIGIN + PREFIX,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "limits": {"default_items": ITEMS, "max_items": MOST_ITEMS, "on_exceed": "throttle"},
            "map": {"url": "", "attribution": ""},
            "templates": {"path": str(files("geo_ree.serving") / "templates")},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "geo_ree: rare-earth deposits of Central Asia",
                "description": text,
                "keywords": ["rare earths", "mineral deposits", "infrastructure access score"],
                "keywords_type": "theme",
                "terms_of_service": about.get("attribution", ""),
                "url": f"{ORIGIN}/",
            },
            "license": {"name": "The licence of each collection", "url": _APACHE},
            "provider": {"name": f"run {run.run_id}", "url": f"{ORIGIN}/"},
            "contact": {"name": f"run {run.run_id}", "url": f"{ORIGIN}/"},
        },
        "resources": {c.name: _resource(c) for c in run.collections},
    }


def _resource(collection: Collection) -> dict[str, Any]:
    licences = [
        {"rel": "license", "type": "text/html", "title": title, "href": url}
        for title, url in collection.licences
    ]
    titled = {"title_field": "name"} if "name" in collection.columns else {}
    return {
        "type": "collection",
        "title": collection.title,
        "description": collection.description,
        "attribution": collection.attribution,
        "keywords": [collection.name],
        "links": [*licences, *map(dict, collection.links)],
        "extents": {"spatial": {"bbox": list(collection.box), "crs": _CRS84}},
        "providers": [
            {
                "type": "feature",
                "editable": False,
                "crs": list(CRS),
                "storage_crs": _CRS84,
                "columns": dict(collection.columns),
                **titled,
                **collection.provider,
            }
        ],
    }


def write_openapi(config: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI document of what is served: no processes, no tiles, nothing that changes data."""
    document: dict[str, Any] = get_oas(dict(config))
    document["paths"] = {
        path: {method: about for method, about in methods.items() if method == "get"}
        for path, methods in document["paths"].items()
        if path == "/" or path.startswith(_SERVED)
    }
    return document


def conformance_classes() -> list[str]:
    """The classes of OGC API Features that the service conforms to."""
    classes = {*CONFORMANCE_CLASSES, *CONFORMANCE_CLASSES_FEATURES}
    return sorted(c for c in classes if not c.endswith(_UNSERVED))
