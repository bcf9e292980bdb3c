"""The country of each row of a table, and rows whose point and source disagree about it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.deposits.borders import assign_country, parse_country, split_at_borders
from geo_ree.deposits.column_rules import TableTask
from geo_ree.deposits.coordinates import POINT_LAYERS, find_misprinted, refuse_misprinted
from geo_ree.deposits.misprints import MISPRINTS
from geo_ree.deposits.vocabulary import country_code


def add_country(
    frame: gpd.GeoDataFrame, table: gpd.GeoDataFrame, task: TableTask, countries: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Fill ``country``: as reported, by cutting lines at borders, or by the polygon of a point."""
    if "country_reported" not in frame:
        frame = frame.assign(country_reported=None)
    words = frame["country_reported"]
    named = parse_country(words, countries)
    if words.notna().any():
        codes = {word: country_code(word) for word in words.dropna().unique()}
        known = words.map(codes)  # "" for a word that names no present-day country
        odd = words.notna() & named.isna() & known.isna()
        task.report_unrecognised("country_reported", words[odd])
        named = named.where(named.notna(), known.mask(known == ""))
    if task.source.country_from == "reported" or frame.empty:
        return frame.assign(country=named.astype(object))
    dimensions = np.unique(shapely.get_dimensions(frame.geometry.to_numpy()))
    if 1 in dimensions:
        pieces = split_at_borders(frame, countries)
        task.skip(~frame["row"].isin(pieces["row"]).to_numpy(), "a line without length")
        return pieces
    points = frame.assign(position_error_m=frame.get("position_error_m", 0.0))
    if 2 in dimensions:
        points = points.set_geometry(points.geometry.representative_point())
    assigned = assign_country(points, countries)
    frame = frame.assign(country=assigned["country"])
    if "country_note" in task.layer.column_names():
        frame["country_note"] = assigned["country_note"]
    return _check_country(frame, table, assigned["country_note"], named, task, countries)


def _check_country(
    frame: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    notes: pd.Series,
    named: pd.Series,
    task: TableTask,
    countries: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Handle points outside the country that their source names, and rows without a place."""
    layer = task.layer
    noted = notes.notna().to_numpy()
    keep = np.ones(len(frame), dtype=bool)
    if layer.name in POINT_LAYERS:
        bounds = frame.geometry.bounds.to_numpy()
        found = find_misprinted(table, bounds, noted, task, countries)
        keep = refuse_misprinted(table, bounds, found, task)
        frame = frame.assign(country=frame["country"].mask((found >= 0) & keep, named))
        for number, misprint in enumerate(MISPRINTS):
            as_printed = (found == number) & keep
            remark = f"{misprint.reason}, kept as printed"
            task.note(as_printed, remark)
            if "country_note" in layer.column_names():
                frame["country_note"] = frame["country_note"].mask(as_printed, remark)
        noted = noted & (found < 0)
    task.note(noted & keep, "the source names another country than that of the point")
    if layer.name != "deposits" and not layer.geometry_required:
        abroad = _unplaced(frame) & named.notna() & ~named.isin(countries["country"])
        keep &= task.skip(abroad.to_numpy(), "without a place, in a country elsewhere")
    return frame[keep]


def _unplaced(frame: gpd.GeoDataFrame) -> pd.Series:
    return frame.geometry.isna() | frame.geometry.is_empty
