"""Where each cell of the tables comes from: value, record, source and date."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from geo_ree.pipeline.records import Layers, Measures
from geo_ree.schema.columns import arrange, rounded

COLUMNS = ("deposit", "attribute", "value", "record", "source", "date", "retrieved")
"""Columns of the table."""

_ATTRIBUTES = (
    *("name", "name_local", "aliases", "country", "country_reported", "kind", "commodities"),
    *("commodity_tier", "commodity_group", "role", "why_role", "stage", "stage_basis"),
    *("deposit_type", "host_rock", "minerals", "flowsheet", "thorium_uranium"),
    *("status", "operator", "admin_area"),
    *("reference", "source_quality", "notes"),
)
"""What a record says of its deposit; `geo_ree.deposits.merge` names the record of each itself where a
deposit has several."""

_GROUND = ("elevation_m", "slope_deg", "ruggedness_m")

Cell = tuple[object, str, object, object]


def cell_sources(layers: Layers, measures: Measures) -> pd.DataFrame:
    """List where the values of the deposits come from, a row per cell.

    Parameters
    ----------
    layers
        Layers with resolved deposits.
    measures
        What was measured of them; its deposits are listed with those that have no coordinate.

    Returns
    -------
    pandas.DataFrame
        ``deposit`` (id), ``attribute`` (column), ``value``, ``record`` (ids of the records or of the
        nearest feature, separated by ``;``), ``source`` (their sources in words), ``date`` (edition
        of each source) and ``retrieved`` (when each was fetched; blank for packaged data).

    Notes
    -----
    Values that geo_ree derives (points, ranks, flags) follow from these and are not listed. Cost:
    linear in the cells.
    """
    deposits = layers.frames["deposits"]
    listed = set(measures.table["id"]) | set(deposits["id"][deposits.geometry.isna()])
    known = deposits[deposits["id"].isin(listed)]
    published = pd.DataFrame(_published(known, layers), columns=list(COLUMNS[:4]))
    parts = [published, *_measured(measures)]
    table = pd.concat([p.astype(object) for p in parts], ignore_index=True)
    order = {deposit: at for at, deposit in enumerate(known["id"])}
    table = table[table["deposit"].isin(order)]
    table = table.iloc[table["deposit"].map(order).argsort(kind="stable")]
    named = _named_sources(table["record"], layers)
    words = [named[record] for record in table["record"]]
    about = pd.DataFrame(words, table.index, columns=list(COLUMNS[4:]))
    return arrange(table.join(about).reset_index(drop=True), "values")


def _published(deposits: pd.DataFrame, layers: Layers) -> Iterator[Cell]:
    """What sources say: the merge's own account, and the single record of any other deposit."""
    merged = pd.DataFrame() if layers.merged is None else layers.merged.values
    several = set() if merged.empty else set(merged["deposit"])
    if len(merged):
        for deposit, name, value, record in merged[list(COLUMNS[:4])].itertuples(index=False):
            yield deposit, str(name), value, record
    single = deposits[~deposits["id"].isin(several)]
    columns = [c for c in _ATTRIBUTES if c in single]
    for row in single.to_dict("records"):
        record = row.get("sources") or row["id"]
        for name in columns:
            if not _is_blank(row[name]):
                yield row["id"], name, row[name], record
        place = row["geometry"]
        if place is not None and not place.is_empty:
            yield row["id"], "position", f"{place.y:.5f}, {place.x:.5f}", record


def _measured(measures: Measures) -> list[pd.DataFrame]:
    """Distances with the id of the feature that each leads to, and the ground with its raster."""
    table = measures.table
    origins = {f"dist_{name}_km": f"near_{name}_id" for name in measures.targets}
    origins |= dict.fromkeys(_GROUND, "near_elevation")
    here = {column: origin for column, origin in origins.items() if {column, origin} <= {*table}}
    figures = rounded(table[list(here)], "scores")
    parts = []
    for column, origin in here.items():
        values = {"deposit": table["id"], "value": figures[column], "record": table[origin]}
        part = pd.DataFrame(values).assign(attribute=column)
        parts.append(part[part["value"].notna() & part["record"].notna()])
    return parts


def _named_sources(records: pd.Series, layers: Layers) -> dict[object, tuple[str, ...]]:
    """Record ids -> label, edition and day of fetching of their sources, each once."""
    about = {
        i["id"]: (str(i["label"]), str(i["edition"]), str(i["retrieved"] or "")[:10])
        for i in layers.inputs
    }
    by_label = {label: source for source, (label, _, _) in about.items()}
    owners = _owners(layers)
    out: dict[object, tuple[str, ...]] = {}
    for text in records.unique():
        named = by_label.get(text)
        ids = [named] if named else [owners.get(i) for i in str(text).split(";")]
        found = [about[i] for i in dict.fromkeys(ids) if i in about] or [("", "", "")]
        parts = zip(*found, strict=True)
        out[text] = tuple("; ".join(dict.fromkeys(filter(None, part))) for part in parts)
    return out


def _owners(layers: Layers) -> dict[str, str]:
    """Id of each record and feature -> id of the source that it came from."""
    frames = [f for n, f in layers.frames.items() if n != "deposits" and "source_id" in f]
    out = {i: s for f in frames if "id" in f for i, s in zip(f["id"], f["source_id"], strict=True)}
    if layers.merged is not None:
        members = layers.merged.members
        out |= dict(zip(members["record"], members["source_id"], strict=True))
    return out


def _is_blank(value: object) -> bool:
    return value is None or value is pd.NA or value == "" or value != value  # noqa: PLR0124
