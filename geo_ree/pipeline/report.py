"""What ``run.json`` says of a run, and the id of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree._version import __version__
from geo_ree.catalog.load import load_catalog
from geo_ree.deposits import Normalized
from geo_ree.outputs.table_files import library_versions
from geo_ree.pipeline.commercial import describe_left_out, left_out, warn_left_out
from geo_ree.pipeline.elevation import RasterSource
from geo_ree.pipeline.gateways import gateway_choices
from geo_ree.pipeline.layers import InputFile, describe_input
from geo_ree.pipeline.records import Layers, Scores
from geo_ree.pipeline.run_keys import options_by_content, plain_options
from geo_ree.proximity import Target
from geo_ree.proximity.omission import ALL
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.scoring.raster_columns import describe_rasters
from geo_ree.settings import DISCLAIMER, SCORED_COUNTRIES, Options, Settings

_DIGITS = 16


def identify_run(inputs: Sequence[Mapping[str, Any]], options: Options) -> str:
    """Name a run by what its figures depend on.

    Parameters
    ----------
    inputs
        The inputs of the run: ``id``, ``table``, ``layer``, ``sha256``, in any order.
    options
        What was asked for. Files named in it count by their content, not by their path.

    Returns
    -------
    str
        16 hexadecimal digits: the head of the SHA-256 of the checksums of all inputs, the options and
        the versions of geo_ree and of its schema. Neither clock nor machine is in it.

    Examples
    --------
    >>> table = {"id": "x", "table": "", "layer": "deposits", "sha256": "00"}
    >>> first = identify_run([table], Options())
    >>> first == identify_run([table], Options()), first == identify_run([table], Options(seed=1))
    (True, False)
    """
    asked = options_by_content(options)
    read = sorted([str(i.get(k, "")) for k in ("id", "table", "layer", "sha256")] for i in inputs)
    about = {"version": __version__, "schema": SCHEMA_VERSION, "options": asked, "inputs": read}
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def raster_inputs(rasters: Sequence[RasterSource]) -> list[dict[str, Any]]:
    """What ``run.json`` says of the rasters, each file a table of one row."""
    out = []
    for raster in rasters:
        payloads = [InputFile.from_snapshot(s) for s in raster.snapshots]
        for payload in payloads or [InputFile.from_starter(path) for path in raster.paths]:
            window = gpd.GeoDataFrame({"file": [payload.path.name]})
            part = Normalized(frame=window, layer=raster.source.layer, rows_read=1, kept=1)
            out.append(describe_input(raster.source, payload, part))
    return out


def make_report(
    settings: Settings,
    options: Options,
    layers: Layers,
    scores: Scores,
    tables: Mapping[str, pd.DataFrame],
    seconds: Mapping[str, float],
    targets: Mapping[str, Target],
) -> dict[str, Any]:
    """Everything that ``run.json`` holds."""
    unranked, table = tables["unranked"], tables["scores"]
    missing = unranked["name"][unranked["role"] == "candidate"].tolist()
    ranked = int((table["role"] == "candidate").sum())
    leader = str(scores.influence.leader) if scores.influence else None
    left = left_out(load_catalog(options.catalog), settings, options)
    return {
        "disclaimer": DISCLAIMER,
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "versions": library_versions(),
        "run_id": identify_run(layers.inputs, options),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": {
            "data_root": settings.data_root.as_posix(),
            **plain_options(options),
            "countries": list(SCORED_COUNTRIES),
        },
        "seed": options.seed,
        "draws": options.draws,
        "concentration": options.concentration,
        "preset": scores.preset,
        "rasters": describe_rasters(scores.model),
        "gateways": _gateways_measured(layers, targets),
        "targets": {
            name: target.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
            for name, target in targets.items()
        },
        "aggregate": scores.model.aggregate,
        "ranked": ranked,
        "candidates": ranked + len(missing),
        "without_coordinate": missing,
        **summarize_uncertainty(tables, leader),
        "inputs": layers.inputs,
        "left_out": describe_left_out(left),
        "timings_s": seconds,
        "warnings": [*warn_left_out(left, options), *scores.warnings],
    }


def _gateways_measured(layers: Layers, targets: Mapping[str, Target]) -> dict[str, Any]:
    """The gateways that distances were measured to, and the neighbours whose gateways were not.

    ``choices`` has the ids of the gateways of each choice that the run compares.
    """
    if "gateways" not in layers.frames or "gateway" not in targets:
        return {"counted": [], "avoided": [], "choices": {}}
    target, gateways = targets["gateway"], layers.frames["gateways"]
    choices = gateway_choices(gateways, target).items() if "id" in gateways else ()
    return {
        "counted": sorted(target.choose(gateways)["name"].astype(str)),
        "avoided": sorted(target.avoid_neighbours),
        "choices": {name: sorted(one.choose(gateways)["id"].astype(str)) for name, one in choices},
    }


def summarize_uncertainty(tables: Mapping[str, pd.DataFrame], leader: str | None) -> dict[str, Any]:
    """What ``run.json`` says of influence and omission.

    Returns
    -------
    dict
        ``influence``: the leader, the strongest assumption and the smallest change of one weight
        that changes the leader, None where there is none. ``omission``: for each target and
        country the share of lines that all sources together omit, and how it is known.
    """
    out: dict[str, Any] = {"influence": None, "omission": {}}
    rows = plain_rows(tables["influence"])
    if rows and leader is not None:
        changes = [row for row in rows if row["change"] is not None]
        out["influence"] = {
            "leader": leader,
            "strongest": {k: rows[0][k] for k in ("assumption", "total", "total_conf")},
            "smallest_change": min(changes, key=lambda row: abs(row["change"]), default=None),
        }
    omission = tables["omission"]
    if "source_id" in omission:
        for row in plain_rows(omission[omission["source_id"] == ALL]):
            of_target = out["omission"].setdefault(str(row["target"]), {})
            of_target[row["country"]] = {
                key: row[key] for key in ("rate", "rate_low", "rate_high", "basis")
            }
    return out


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: None for what is unknown."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
