"""The tables of a run as every export format takes them: texts clean, sources beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from geo_ree.outputs.table_files import without_shapes
from geo_ree.schema.columns import describe_columns

Table = TypeVar("Table", bound=pd.DataFrame)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The tables of one run, as every format takes them.

    Parameters
    ----------
    scored
        A row per scored deposit, points.
    unranked
        A row per candidate or host without a coordinate; the geometry is the area that published
        distances leave it, ``area_kind`` and ``area_evidence`` say what kind of area is known.
    areas
        Where published distances allow deposits to be, polygons.
    flags
        Facts beside the score, a row per deposit and fact.
    facts
        Tables of dated facts by name: ``control`` (who holds the deposits), ``deals`` and
        ``governance``.
    pairwise
        The chance of the order of each pair of ranked deposits.
    corridors
        Routes of the ranked deposits, a row per deposit, corridor and question; the geometry is the
        whole route, further columns are its parts.
    access
        What access costs them, a row per deposit and component.
    resources
        Published statements of quantity, never added up.
    values
        Where each cell comes from: value, record, source and date.
    infrastructure
        Canonical layers by name.
    sources
        A row per input of the run.
    criteria
        The criteria of the score.
    run
        ``run_id, version, schema_version, created, preset, seed, draws, disclaimer``.
    targets
        The targets of the run, as ``run.json`` has them; by default those of the package.

    Notes
    -----
    Texts hold no character that XML forbids.
    """

    scored: gpd.GeoDataFrame
    unranked: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    flags: pd.DataFrame
    facts: Mapping[str, pd.DataFrame]
    pairwise: pd.DataFrame
    corridors: gpd.GeoDataFrame
    access: pd.DataFrame
    resources: pd.DataFrame
    values: pd.DataFrame
    infrastructure: Mapping[str, gpd.GeoDataFrame]
    sources: pd.DataFrame
    criteria: pd.DataFrame
    run: Mapping[str, Any]
    targets: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, pd.DataFrame]:
        """The tables without a geometry by name, as in `geo_ree.schema.columns`."""
        return {
            "flags": self.flags,
            **self.facts,
            "pairwise": self.pairwise,
            "access": self.access,
            "resources": self.resources,
            "values": self.values,
            "sources": self.sources,
            "criteria": self.criteria,
        }

    @property
    def sheets(self) -> dict[str, pd.DataFrame]:
        """The tables by name, as in `geo_ree.schema.columns`, without their geometries."""
        return {
            "scores": without_shapes(self.scored),
            "unranked": without_shapes(self.unranked),
            "corridors": without_shapes(self.corridors),
            **self.plain,
        }

    @property
    def columns(self) -> pd.DataFrame:
        """The data dictionary: a row per column of each table."""
        parts = [describe_columns(frame, name) for name, frame in self.sheets.items()]
        return pd.concat(parts, ignore_index=True)


def cleaned(table: Table) -> Table:
    r"""Remove from every text what XML cannot carry: NUL and the other control characters.

    Lists become texts; what is unknown becomes None in columns of texts.

    Examples
    --------
    >>> cleaned(pd.DataFrame({"name": ["a\x00b\tc", None], "n": [1, 2]}))["name"].tolist()
    ['ab\tc', None]
    """
    out = table.copy()
    out.attrs = {}
    for name in out.columns:
        column = out[name]
        if isinstance(column.dtype, gpd.array.GeometryDtype) or _is_plain(column):
            continue
        out[name] = pd.Series(_plain_texts(column), column.index, dtype=object)
    return out


def _plain_texts(column: pd.Series) -> Any:
    """`plain_text` of each value, at once where all are texts that nothing is to be removed from."""
    values = column.to_numpy(dtype=object, copy=True)
    known = ~pd.isna(values)
    texts = values[known].tolist()
    if set(map(type, texts)) <= {str} and not _FORBIDDEN.search("".join(texts)):
        values[~known] = None
        return values
    return [plain_text(v) for v in column]


def _is_plain(column: pd.Series) -> bool:
    return pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype)


def plain_text(value: Any) -> str | None:
    r"""A value as text that every format can carry, None where it is unknown.

    Examples
    --------
    >>> plain_text("a\x00b"), plain_text(float("nan")), plain_text(["x", "y"]), plain_text({})
    ('ab', None, 'x;y', '')
    """
    if isinstance(value, list | tuple):
        value = ";".join(str(v) for v in value)
    elif isinstance(value, Mapping):
        value = ";".join(f"{k}: {v}" for k, v in value.items())
    elif pd.isna(value):
        return None
    return _FORBIDDEN.sub("", str(value))
