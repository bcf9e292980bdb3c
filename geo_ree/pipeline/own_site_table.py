"""The sites that a user provides, as candidates of the layer deposits, with their own columns beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.catalog.table_rules import Precision
from geo_ree.deposits.stated_errors import read_stated_error
from geo_ree.errors import SchemaError, SettingsError, suggest_words
from geo_ree.pipeline.own_files import (
    OwnLayer,
    Provided,
    find_label,
    label_key,
    load_provided,
    normalize_provided,
    own_source,
    plain_column,
    read_countries,
    select_columns,
)
from geo_ree.reading.coordinate_columns import find_coordinate_columns
from geo_ree.reading.stated_systems import with_system
from geo_ree.schema.columns import is_listed
from geo_ree.schema.vocabularies import OWN
from geo_ree.settings import Settings

SITES = OWN + "sites"
"""Id of the source that the sites are."""

_NAMES = (
    *("name", "site", "site name", "sitename", "deposit", "title", "prospect", "project", "target"),
    *("название", "наименование", "имя", "объект", "участок", "месторождение"),
)
_COUNTRIES = ("country", "страна", "country reported", "iso a3", "iso3", "country code")
_IDS = ("id", "native id", "site id", "code", "код", "№", "no")
_FREE = (
    *("aliases", "name_local", "commodities", "deposit_type", "host_rock", "minerals", "status"),
    *("operator", "admin_area", "reference", "notes"),
)
"""Texts of the layer deposits that mean the same in anybody's table."""

_OUTPUTS = ("scores", "unranked")
_RESERVED = ("geometry", "fid", "ogc_fid", "foot", "index")
"""Names that formats of files keep for themselves."""

_CONSTANTS = {"role": "candidate", "commodity_group": "unknown", "kind": "unknown"}
_BY_COLUMN = Precision.model_validate(
    {"rule": "column", "class": "none", "columns": ("precision_class",)}
)


def read_sites(
    points: Provided,
    countries: gpd.GeoDataFrame,
    *,
    crs: str = "",
    columns: Mapping[str, str] | None = None,
    position_error: str | float | None = None,
    settings: Settings | None = None,
) -> OwnLayer:
    """Read a user's sites as candidates of the layer deposits.

    Parameters
    ----------
    points
        A frame of points, a table with coordinates, or the path of either.
    countries
        The canonical layer ``countries``, of the world.
    crs, columns, position_error, settings
        See `geo_ree.score_sites`.

    Raises
    ------
    SchemaError, SettingsError
        With the file, the row and a hint.
    """
    where, raw, file = load_provided(points, SITES, "deposits", settings or Settings())
    if isinstance(raw, gpd.GeoDataFrame):
        raw, crs = with_system(raw, crs, where=where), ""
    used = _site_columns(raw, columns or {}, where)
    table = select_columns(raw, used)
    table["name"] = _names(table)
    if "country_reported" in table:
        table["country_reported"] = read_countries(table["country_reported"], where)
    table = table.assign(**_position_errors(raw, position_error, where))
    source = own_source(
        SITES, "deposits", where, constants=_CONSTANTS, crs=crs, precision=_BY_COLUMN
    )
    part = normalize_provided(table, source, countries, where)
    # names stay as they are written: the layer would transliterate them
    local = table["name_local"].to_numpy() if "name_local" in table else None
    frame = part.frame.assign(
        role="candidate",
        why_role="a site of your own",
        name=table["name"].to_numpy(),
        name_local=local,
    )
    _check_places(frame, countries, where)
    rest = raw.drop(columns=[*used.values(), "geometry"], errors="ignore")
    own = pd.DataFrame(rest.loc[table.index]).set_axis(frame["id"].tolist())
    return OwnLayer(
        part=replace(part, frame=frame), source=source, file=file, columns=own.apply(plain_column)
    )


def _site_columns(raw: pd.DataFrame, columns: Mapping[str, str], where: str) -> dict[str, str]:
    """Canonical column -> label of the file: as the user says, else as the labels say."""
    labels = [str(c) for c in raw.columns if c != "geometry"]
    known = ("name", "country", "latitude", "longitude", "id", *_FREE)
    for name, label in columns.items():
        if name not in known:
            raise SettingsError(
                f"columns names {name!r}", suggest_words(name, known) or f"use {', '.join(known)}"
            )
        if label not in labels:
            raise SettingsError(
                f"{where} has no column {label!r}",
                suggest_words(label, labels) or f"it has {', '.join(labels)}",
            )
    given = {
        {"country": "country_reported", "id": "native_id"}.get(name, name): label
        for name, label in columns.items()
    }
    spare = [label for label in labels if label not in given.values()]
    for name, words in (("name", _NAMES), ("country_reported", _COUNTRIES)):
        found = find_label(spare, words)
        if name not in given and found is not None:
            given[name] = found
    given |= {n: n for n in _FREE if n in spare and n not in given}
    key = find_label(spare, _IDS)
    if "native_id" not in given and key is not None and _identifies(raw[key]):
        given["native_id"] = key
    if isinstance(raw, gpd.GeoDataFrame) or {"latitude", "longitude"} <= set(given):
        return given
    axes = find_coordinate_columns([label for label in labels if label not in given.values()])
    if axes is None:
        raise SchemaError(
            f"{where} has no columns with coordinates that are recognised (it has: "
            f"{', '.join(labels[:20])})",
            "name them latitude and longitude, or say which they are with --column latitude=... "
            "--column longitude=... (columns= in Python)",
        )
    return given | {f"coordinate {i}": label for i, label in enumerate(axes.labels())}


def _names(table: pd.DataFrame) -> pd.Series:
    """The name of each site as it is written; a site without one is called by its row."""
    blank = pd.Series([f"site {row}" for row in table.index], table.index, dtype=object)
    if "name" not in table:
        return blank
    names = table["name"].map(lambda name: "" if pd.isna(name) else str(name).strip())
    return names.astype(object).where(names != "", blank)


def _identifies(column: pd.Series) -> bool:
    """Whether each row has a value of its own."""
    texts = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    return bool(texts.is_unique and (texts != "").all())


def _position_errors(
    raw: pd.DataFrame, stated: str | float | None, where: str
) -> dict[str, pd.Series]:
    """Precision class, error and basis of each row, as the user states them."""
    labels = {label_key(c): str(c) for c in raw.columns}
    if stated is None:
        stated = labels.get("position error m")
    column = stated if stated in raw.columns else None
    if isinstance(stated, str) and column is None:
        column = labels.get(label_key(stated))
    cells = raw[column] if column is not None else pd.Series([stated] * len(raw), raw.index)
    found = []
    for row, cell in cells.items():
        blank = cell is None or pd.isna(cell) or not str(cell).strip()
        try:
            found.append(None if blank else read_stated_error(cell))
        except SettingsError as error:
            near = suggest_words(str(stated), map(str, raw.columns)) if column is None else ""
            at = f"{where} row {row}: " if column is not None else ""
            raise SettingsError(f"{at}{error.what}", near or error.hint) from None
    return {
        "precision_class": pd.Series(
            [f.precision_class if f else "none" for f in found], raw.index
        ),
        "position_error_m": pd.Series([f.metres if f else np.nan for f in found], raw.index),
        "position_basis": pd.Series(
            [f.basis if f else "position error not stated" for f in found], raw.index, dtype=object
        ),
    }


def _check_places(frame: gpd.GeoDataFrame, countries: gpd.GeoDataFrame, where: str) -> None:
    """Refuse sites without any place, and sites that lie in a country only if swapped."""
    placed = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if placed.empty:
        raise SchemaError(
            f"{where}: no row has a coordinate, or all are at 0, 0", "fill in the coordinates"
        )
    if placed["country"].notna().any():
        return
    x, y = placed.geometry.x.to_numpy(), placed.geometry.y.to_numpy()
    tree = shapely.STRtree(countries.geometry.to_numpy())
    swapped = np.unique(tree.query(shapely.points(y, x), predicate="intersects")[0])
    near = np.unique(tree.query(shapely.points(x, y), predicate="dwithin", distance=0.5)[0])
    if len(swapped) == len(placed) and not len(near):
        raise SchemaError(
            f"{where}: no site lies in a country, but each does with latitude and longitude "
            f"interchanged (latitude {y[0]:g}, longitude {x[0]:g} first)",
            "swap the two columns",
        )


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
        taken = any(is_listed(label.casefold(), table) for table in _OUTPUTS)
        name = f"{OWN}{label}" if taken or label.casefold() in _RESERVED else label
        while name.casefold() in used:
            name = f"{OWN}{name}"
        used.add(name.casefold())
        out[label] = name
    return out
