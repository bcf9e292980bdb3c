"""What a run depends on, as keys: equal keys mean equal results."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from geo_ree import storage
from geo_ree.catalog.load import load_catalog
from geo_ree.catalog.source import Source
from geo_ree.errors import GeoReeError
from geo_ree.outputs.table_files import library_versions
from geo_ree.scoring import ScoreModel, preset_names
from geo_ree.scoring.raster_columns import by_content
from geo_ree.settings import Options, Settings
from geo_ree.storage.record_files import NotStorableError, record_text

MODEL_CLASSES = (
    "geo_ree.scoring.model:ScoreModel",
    "geo_ree.scoring.criteria:Variant",
    "geo_ree.scoring.criteria:Criterion",
    "geo_ree.scoring.criteria:Veto",
    "geo_ree.reading.raster_band:RasterBand",
    *(f"geo_ree.scoring.decay:{name}" for name in ("Exponential", "Linear", "Logistic", "Step")),
)
"""What a score model consists of."""

_FILES = ("preset", "targets", "catalog")
_MEASURING = ("targets", "gateways", "avoid", "seed")
_SCORING = ("preset", "aggregate", "concentration")
_DRAWS = "draws"
_DIGITS = 24


@dataclass(frozen=True)
class RunKeys:
    """The keys of the stages of a run, and what they are made of.

    Parameters
    ----------
    layers, measures, draws, scores
        A key a stage; each contains those before it.
    parts
        What they are made of: ``code``, ``libraries``, ``options`` and ``inputs``.
    payloads
        Path in the data folder -> size and time of change of each payload.
    """

    layers: str
    measures: str
    draws: str
    scores: str
    parts: Mapping[str, Any]
    payloads: Mapping[str, list[int]]


def run_keys(settings: Settings, options: Options) -> RunKeys:
    """Find the keys of a run without reading its payloads.

    A payload counts by the checksum in its provenance; whether it still has that is for
    `payloads_hold` to say.

    Raises
    ------
    GeoReeError
        When the catalogue is wrong.
    """
    asked = options_by_content(options)
    inputs, payloads = _inputs(load_catalog(options.catalog), settings, options)
    parts = {
        "code": package_fingerprint(),
        "libraries": library_versions(),
        "options": asked,
        "inputs": inputs,
    }
    others = {k: v for k, v in asked.items() if k not in (*_MEASURING, *_SCORING, _DRAWS)}
    layers = _key({**parts, "options": others})
    measures = _key([layers, {name: asked[name] for name in _MEASURING}])
    draws = _key([measures, asked[_DRAWS]])
    scores = _key([draws, {name: asked[name] for name in _SCORING}])
    plain = json.loads(json.dumps(parts, default=str))  # as it is read again
    return RunKeys(layers, measures, draws, scores, plain, payloads)


def what_differs(parts: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    """Name what two runs were made of differently.

    Examples
    --------
    >>> new = {"code": "a", "options": {"draws": 50}, "inputs": {"usgs_ree": "1"}}
    >>> what_differs(new, {"code": "b", "options": {"draws": 90}, "inputs": {"usgs_ree": "1"}})
    ['option draws', 'version of geo_ree']
    """
    out = []
    for name, words in (("options", "option "), ("inputs", "source ")):
        one, other = parts.get(name, {}), others.get(name, {})
        out += [f"{words}{k}" for k in {**one, **other} if one.get(k) != other.get(k)]
    if parts.get("code") != others.get("code"):
        out.append("version of geo_ree")
    if parts.get("libraries") != others.get("libraries"):
        out.append("versions of libraries")
    return out


def payloads_hold(
    settings: Settings, payloads: Mapping[str, list[int]], known: Mapping[str, list[int]]
) -> bool:
    """Whether the payloads are those of their provenance.

    One whose size and time of change are `known` is not read again.
    """
    return all(
        stat == known.get(name) or _has_its_checksum(settings.data_root / name)
        for name, stat in payloads.items()
    )


@cache
def package_fingerprint() -> str:
    """Identify the code and data of the installed package by the sizes and times of its files."""
    home = Path(str(files("geo_ree")))
    about = []
    for folder, folders, names in os.walk(home):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for path in (Path(folder, name) for name in sorted(names)):
            stat = path.stat()
            about.append([path.relative_to(home).as_posix(), stat.st_size, stat.st_mtime_ns])
    return _key(about)


def plain_options(options: Options) -> dict[str, Any]:
    """Options as plain values; a score model in place of a preset's name is written out."""
    return {**asdict(replace(options, preset="")), "preset": str(options.preset)}


def options_by_content(options: Options) -> dict[str, Any]:
    """Options as plain values; files that they name count by their content, not by their path."""
    asked = plain_options(options)
    for name in _FILES:
        given = getattr(options, name)
        path = Path(given) if isinstance(given, str | Path) else Path()  # a model is no path
        if path.is_file() and given not in preset_names():
            asked[name] = storage.sha256_of(path)
    if isinstance(options.preset, ScoreModel):
        asked["preset"] = _key(model_text(options.preset))
    return asked


def model_text(model: ScoreModel) -> str:
    """All of a score model; where a decay is your own, a text that is no other's."""
    try:
        return record_text(by_content(model), MODEL_CLASSES)
    except NotStorableError:
        return f"{model} {uuid.uuid4()}"


def _inputs(
    catalog: Mapping[str, Source], settings: Settings, options: Options
) -> tuple[dict[str, str], dict[str, list[int]]]:
    """The provenance of what was fetched, and sizes and times of the payloads."""
    inputs: dict[str, str] = {}
    payloads: dict[str, list[int]] = {}
    for source_id, source in catalog.items():
        wanted = not options.only or source_id in options.only
        if source.protocol == "starter" or source_id in options.without or not wanted:
            continue
        records = sorted(settings.raw_root.glob(f"{source_id}/[0-9]*/{storage.PROVENANCE}"))
        if records:
            inputs[source_id] = _key([[r.parent.name, r.read_bytes().hex()] for r in records])
        for payload in (p for r in records for p in r.parent.iterdir() if p != r):
            stat = payload.stat()
            name = payload.relative_to(settings.data_root).as_posix()
            payloads[name] = [stat.st_size, stat.st_mtime_ns]
    return inputs, payloads


def _has_its_checksum(payload: Path) -> bool:
    try:
        text = (payload.parent / storage.PROVENANCE).read_text(encoding="utf-8")
        provenance = storage.Provenance.from_json(text)
        return payload.name == provenance.file and storage.sha256_of(payload) == provenance.sha256
    except (OSError, ValueError, GeoReeError):
        return False


def _key(about: object) -> str:
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
