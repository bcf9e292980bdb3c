"""The files of a run: scores as CSV, GeoPackage and GeoParquet, and run.json."""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj

from geo_ree._version import __version__
from geo_ree.deposits import Merged
from geo_ree.pipeline.analysis import Analysis
from geo_ree.proximity.omission import ALL
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.scoring import Influence
from geo_ree.settings import DISCLAIMER

Decimals = Sequence[tuple[str, int]]

SCORE_FILES = ("scores.csv", "scores.gpkg", "scores.parquet")

TERRAIN_STEMS = (
    "elevation_",
    "slope_",
    "ruggedness_",
    "terrain_cell_m",
    "climb_",
    "above_",
    "pass_",
)
"""How the columns of the terrain begin, beside their ``err_`` and ``near_``."""

TERRAIN_DECIMALS = (
    ("err_elevation", 0),
    ("err_slope", 1),
    ("err_ruggedness", 1),
    ("err_climb", 0),
    ("elevation_", 0),
    ("slope_", 1),
    ("ruggedness_", 1),
    ("terrain_cell_m", 1),
    ("climb_", 0),
    ("above_", 0),
    ("pass_", 0),
)

_DECIMALS = (
    ("latitude", 6),
    ("longitude", 6),
    ("position_error_m", 0),
    *TERRAIN_DECIMALS,
    ("dist_", 3),
    ("err_", 3),
    ("abroad_", 3),
    ("value_", 6),
    ("points_", 4),
    ("score", 4),
    ("unknown_weight_pct", 3),
    ("rank_", 1),
    ("p_top", 3),
    ("p_lead", 3),
    ("share", 4),
    ("rate", 4),
    ("alpha", 3),
    ("beta", 3),
    ("length_km", 1),
    ("seen_km", 1),
    ("undecided_km", 1),
    ("stretches", 1),
    ("area_km2", 0),
)

_HEAD = (
    "id",
    "name",
    "aliases",
    "country",
    "country_reported",
    "country_note",
    "role",
    "commodity_group",
    "commodities",
    "latitude",
    "longitude",
    "position_error_m",
    "precision_class",
    "flags",
    "position_basis",
    "score",
    "score_p5",
    "score_p95",
    "unknown_weight_pct",
    "rank",
    "rank_p5",
    "rank_p95",
    "p_top3",
    "p_top5",
    "tie_group",
    "reasons_for",
    "reasons_against",
    "veto",
    "sentence",
)
_TAIL = (
    "stated_quantity_t",
    "stated_substance",
    "stated_grade",
    "stated_category",
    "stated_system",
    "stated_edition",
    "stated_year",
    "stated_id",
    "statements",
    "statements_beside",
    "deposit_type",
    "minerals",
    "status",
    "operator",
    "admin_area",
    "sources",
    "reference",
    "source_quality",
    "notes",
    "schema_version",
    "disclaimer",
)


def arrange_scores(scored: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns in their published order and rounded to what they can mean.

    Parameters
    ----------
    scored
        A row per scored deposit, with everything that the stages computed.

    Returns
    -------
    geopandas.GeoDataFrame
        Sorted by role, rank, score and id; with ``schema_version`` and ``disclaimer``.

    Examples
    --------
    >>> import shapely
    >>> row = gpd.GeoDataFrame({"id": ["x:1"], "role": ["candidate"], "rank": [1],
    ...     "score": [61.23456], "dist_road_km": [3.14159]},
    ...     geometry=[shapely.Point(76, 43)], crs=4326)
    >>> float(arrange_scores(row)["dist_road_km"].iloc[0])
    3.142
    """
    out = scored.assign(
        latitude=scored.geometry.y,
        longitude=scored.geometry.x,
        schema_version=SCHEMA_VERSION,
        disclaimer=DISCLAIMER,
    )
    for name, column in rounded(pd.DataFrame(out.drop(columns=out.active_geometry_name))).items():
        out[name] = column
    middle = [
        c
        for stem in ("dist_", "err_", "near_", "abroad_", *TERRAIN_STEMS, "value_", "points_")
        for c in out.columns
        if c.startswith(stem) and not (stem == "near_" and c.startswith("near_abroad_"))
    ]
    middle += [c for c in out.columns if c.startswith("near_abroad_")]
    names = [c for c in (*_HEAD, *middle, *_TAIL) if c in out.columns]
    order = {"candidate": 0, "by_product_host": 1, "reference": 2, "not_ree": 3, "context": 4}
    keys = pd.DataFrame(
        {
            "role": out["role"].map(order),
            "rank": out["rank"].astype("Float64").fillna(np.inf),
            "score": -out["score"].fillna(-1.0),
            "id": out["id"],
        }
    )
    sorted_rows = keys.sort_values(["role", "rank", "score", "id"], kind="stable").index
    return out.loc[sorted_rows, [*names, "geometry"]].reset_index(drop=True)


def write_scores(table: gpd.GeoDataFrame, folder: Path) -> None:
    """Write ``scores.csv``, ``scores.gpkg`` and ``scores.parquet``.

    Parameters
    ----------
    table
        From `arrange_scores`.
    folder
        An existing folder; the caller moves it into place when all is written.

    Notes
    -----
    In the CSV a text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    write_csv(table.drop(columns="geometry"), folder / "scores.csv")
    table.to_parquet(folder / "scores.parquet", compression="zstd")
    _write_geopackage(table, folder / "scores.gpkg", "scores")


def rounded(table: pd.DataFrame, further: Decimals = ()) -> pd.DataFrame:
    """Round the columns that have a published number of decimals to it.

    Parameters
    ----------
    table
        Any table.
    further
        How names of columns begin and their decimals, before those of every table.

    Examples
    --------
    >>> rounded(pd.DataFrame({"p_top3": [0.12345], "other": [0.12345]})).to_numpy().tolist()
    [[0.123, 0.12345]]
    """
    return table.assign(
        **{
            name: table[name].round(digits) + 0.0
            for name in table.columns
            if (digits := _digits(name, further)) is not None
            and pd.api.types.is_float_dtype(table[name].dtype)
        }
    )


def _digits(name: str, further: Decimals = ()) -> int | None:
    return next((d for stem, d in (*further, *_DECIMALS) if name.startswith(stem)), None)


def write_csv(table: pd.DataFrame, path: Path, *, float_format: str | None = None) -> None:
    """Write a table, its texts disarmed; the same table gives the same bytes.

    Parameters
    ----------
    table
        Without geometry; its index is not written.
    path
        File to write.
    float_format
        Of floats that were not rounded before.
    """
    plain = pd.DataFrame(table).copy()
    for name in plain.columns:
        if not pd.api.types.is_numeric_dtype(plain[name].dtype):
            plain[name] = plain[name].map(disarmed)
    plain.to_csv(
        path, index=False, encoding="utf-8", lineterminator="\n", float_format=float_format
    )


def _write_geopackage(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    texts = table.copy()
    for name in texts.columns:
        if texts[name].dtype == object:
            texts[name] = texts[name].astype("str")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        texts.to_file(
            path,
            layer=layer,
            driver="GPKG",
            layer_metadata={"schema_version": SCHEMA_VERSION, "note": DISCLAIMER},
        )


def disarmed(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Examples
    --------
    >>> disarmed("=1+1"), disarmed("Kutessay II")
    ("'=1+1", 'Kutessay II')
    """
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def write_deposits(located: gpd.GeoDataFrame, merged: Merged, folder: Path) -> None:
    """Write the merged table of deposits, and everything that led to it.

    Parameters
    ----------
    located
        The merged deposits with their audited positions.
    merged
        From `geo_ree.deposits.merging`.
    folder
        An existing folder; the caller moves it into place when all is written.

    Notes
    -----
    ``deposits.csv``, ``deposits.gpkg`` and ``deposits.parquet``: a row a deposit. ``records.csv``: a row a
    source record, with its own place and the deposit that it is part of. ``values.csv``: which
    record each merged value came from. ``conflicts.csv``: where records disagree. ``pairs.csv``: the
    pairs that were compared, with probability and reasons.
    """
    deposits = located.assign(
        latitude=located.geometry.y,
        longitude=located.geometry.x,
        schema_version=SCHEMA_VERSION,
        disclaimer=DISCLAIMER,
    )
    records = merged.members.assign(
        latitude=merged.members.geometry.y, longitude=merged.members.geometry.x
    )
    write_csv(deposits.drop(columns="geometry"), folder / "deposits.csv")
    write_csv(records.drop(columns="geometry"), folder / "records.csv")
    for name in ("values", "conflicts", "pairs"):
        write_csv(getattr(merged, name), folder / f"{name}.csv")
    deposits.to_parquet(folder / "deposits.parquet", compression="zstd")
    _write_geopackage(deposits, folder / "deposits.gpkg", "deposits")


def library_versions() -> dict[str, str]:
    """Versions of geo_ree, Python and of what the figures depend on.

    Examples
    --------
    >>> "pyproj" in library_versions()
    True
    """
    names = ("numpy", "pandas", "geopandas", "shapely", "pyogrio", "pyproj", "numba", "folium")
    return {
        "geo_ree": __version__,
        "python": platform.python_version(),
        **{n: version(n) for n in names},
        "gdal": pyogrio.__gdal_version_string__,
        "proj": pyproj.proj_version_str,
    }


def write_run(report: Mapping[str, Any], folder: Path) -> None:
    """Write ``run.json``: how the outputs beside it came about."""
    text = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=False, default=str)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


DOUBT_FILES = (
    "unranked.csv",
    "acceptability.csv",
    "central_weights.csv",
    "influence.csv",
    "omission.csv",
)

_INFLUENCE = (
    "assumption",
    "kind",
    "criterion",
    "first_order",
    "total",
    "total_conf",
    "weight",
    "weight_needed",
    "change",
    "new_leader",
)


def write_doubt(analysis: Analysis, unranked: pd.DataFrame, folder: Path) -> None:
    """Write what stands behind the intervals, each as a table of its own.

    Parameters
    ----------
    analysis
        What measuring and scoring gave.
    unranked
        Deposits without a rank, with the range of their scores.
    folder
        An existing folder; the caller moves it into place when all is written.

    Notes
    -----
    ``unranked.csv``: deposits without a coordinate and the range of their scores.
    ``acceptability.csv``: ``id, rank, share``: how often a deposit took a rank; ranks that it never
    took are left out. ``central_weights.csv``: what one has to believe to put a deposit first;
    those that never come first are left out. ``influence.csv``: see `influence_rows`; blank with
    fewer than two candidates. ``omission.csv``: what each source of lines leaves out.
    """
    shares = pd.DataFrame(
        [
            (deposit, rank, share)
            for deposit, row in analysis.acceptability.iterrows()
            for rank, share in row.items()
            if share > 0
        ],
        columns=["id", "rank", "share"],
    )
    central = analysis.central_weights.dropna(how="all").rename_axis("id").reset_index()
    rows = influence_rows(analysis.influence) if analysis.influence else []
    moved = pd.DataFrame(rows, columns=list(_INFLUENCE))
    write_csv(rounded(unranked), folder / "unranked.csv")
    write_csv(rounded(shares), folder / "acceptability.csv")
    write_csv(central.round(4), folder / "central_weights.csv")
    write_csv(moved.round(4), folder / "influence.csv")
    write_csv(rounded(analysis.omission), folder / "omission.csv")


def influence_rows(influence: Influence) -> list[dict[str, Any]]:
    """Give the influence of every assumption, and what changes the leader, as plain rows.

    Parameters
    ----------
    influence
        From `geo_ree.scoring.influence`.

    Returns
    -------
    list of dict
        A row per assumption, the strongest first: ``assumption, kind`` (weight | kilometres |
        unknown), ``criterion, first_order, total, total_conf``. Those of a weight tell also
        ``weight``, ``weight_needed`` (the nearest share that changes the leader), ``change`` and
        ``new_leader``. A criterion without weight comes last. None where there is nothing.
    """
    rows: list[dict[str, Any]] = [
        {"assumption": name, **{str(k): v for k, v in row.items()}}
        for name, row in influence.assumptions.iterrows()
    ]
    changes = {
        str(name): {str(k): v for k, v in row.items()}
        for name, row in influence.takeovers.iterrows()
    }
    weighted = {row["criterion"] for row in rows if row["kind"] == "weight"}
    rows += [
        {"assumption": f"weight of {name}", "kind": "weight", "criterion": name}
        for name in changes
        if name not in weighted
    ]
    told = [
        {**row, **(changes[row["criterion"]] if row["kind"] == "weight" else {})} for row in rows
    ]
    return [{name: _plain(row.get(name)) for name in _INFLUENCE} for row in told]


def summarize_doubt(analysis: Analysis) -> dict[str, Any]:
    """Say in short what ``run.json`` tells of influence and omission.

    Returns
    -------
    dict
        ``influence``: the leader, the strongest assumption and the smallest change of one weight
        that changes the leader, None where there is none. ``omission``: for each target the share
        of lines that all sources together leave out, by country, and how it is known.
    """
    told: dict[str, Any] = {"influence": None, "omission": {}}
    if analysis.influence:
        rows = influence_rows(analysis.influence)
        changes = [row for row in rows if row["change"] is not None]
        told["influence"] = {
            "leader": analysis.influence.leader,
            "strongest": {k: rows[0][k] for k in ("assumption", "total", "total_conf")},
            "smallest_change": min(changes, key=lambda row: abs(row["change"]), default=None),
        }
    if "source_id" in analysis.omission:
        together = analysis.omission[analysis.omission["source_id"] == ALL]
        for target, rows_of in together.groupby("target", sort=False):
            told["omission"][str(target)] = {
                row["country"]: {
                    k: _plain(row[k]) for k in ("rate", "rate_low", "rate_high", "basis")
                }
                for _, row in rows_of.iterrows()
            }
    return told


def _plain(value: object) -> object:
    """A value that JSON has: None for what is unknown, numbers to four decimals."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return round(float(value), 4) if isinstance(value, float | np.floating) else value
