"""Columns of a user's file that geo_ree has no use for: kept beside its own, in every output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo_ree.schema.columns import is_listed
from geo_ree.schema.vocabularies import OWN

_TABLES = ("scores", "unranked")
_TAKEN = ("geometry", "fid", "ogc_fid", "foot", "index")
"""Names that formats of files keep for themselves."""


@dataclass(frozen=True, kw_only=True)
class OwnColumns:
    """Sites with their own columns, and the name of each in the outputs.

    Parameters
    ----------
    frame
        The sites; the name of a column of the user's begins with ``own_`` here.
    names
        Name in `frame` -> name in the outputs.
    """

    frame: gpd.GeoDataFrame
    names: Mapping[str, str]


def with_own_columns(frame: gpd.GeoDataFrame, columns: pd.DataFrame) -> OwnColumns:
    """Put the user's columns beside those of the layer.

    Parameters
    ----------
    frame
        Sites of the layer deposits.
    columns
        On the ids of `frame`.

    Examples
    --------
    >>> import shapely
    >>> site = gpd.GeoDataFrame({"id": ["x:1"]}, geometry=[shapely.Point(70, 48)], crs=4326)
    >>> own = pd.DataFrame({"grade": [1.2], "Score": [7]}, index=["x:1"])
    >>> with_own_columns(site, own).names
    {'own_grade': 'grade', 'own_Score': 'own_Score'}
    """
    names = public_names(columns.columns)
    inside = {
        label: f"{OWN}{label}" if not str(label).startswith(OWN) else str(label)
        for label in columns
    }
    out = frame.copy()
    for label in columns.columns:
        out[inside[label]] = columns[label].reindex(frame["id"]).to_numpy()
    return OwnColumns(frame=out, names={inside[label]: names[label] for label in map(str, columns)})


def public_names(labels: Iterable[str]) -> dict[str, str]:
    """Name of each column in the outputs: its own, or with ``own_`` before it where that is taken.

    Names that differ in capitals alone are one name to a GeoPackage.
    """
    out: dict[str, str] = {}
    used: set[str] = set()
    for label in labels:
        taken = any(is_listed(label.casefold(), table) for table in _TABLES)
        name = f"{OWN}{label}" if taken or label.casefold() in _TAKEN else label
        while name.casefold() in used:
            name = f"{OWN}{name}"
        used.add(name.casefold())
        out[label] = name
    return out
