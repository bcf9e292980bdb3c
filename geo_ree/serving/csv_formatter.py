"""The rows of a table as CSV, with the position of points; also tables without shapes or rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from pygeoapi.formatter.base import BaseFormatter

_POSITION = ("x", "y")


class CsvFormatter(BaseFormatter):
    """Takes the place of pygeoapi's own, which fails where a feature has no geometry."""

    def __init__(self, formatter_def: dict[str, Any]) -> None:
        super().__init__(formatter_def)
        self.mimetype = "text/csv; charset=utf-8"

    def write(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> bytes:
        """A line of names, and a line per feature; own columns ``x`` and ``y`` stay as they are."""
        features, table = data["features"], options["provider_def"]
        hidden = {table["geom_field"], *table["hidden"]}
        names = [name for name, _ in table["fields"] if name not in hidden]
        if features:
            names = list(features[0]["properties"])
        places = [f["geometry"] for f in features]
        points = any(place and place["type"] == "Point" for place in places)
        heads = [n for n in _POSITION if points and not set(_POSITION) & set(names)]
        out = io.StringIO()
        lines = csv.writer(out)
        lines.writerow([*heads, *names])
        for feature, place in zip(features, places, strict=True):
            position = place["coordinates"][:2] if place and place["type"] == "Point" else ()
            position = position or (None, None)  # of an empty point, too
            values = map(feature["properties"].get, names)
            lines.writerow([*position[: len(heads)], *values])
        return out.getvalue().encode()
