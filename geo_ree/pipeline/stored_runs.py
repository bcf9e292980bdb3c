"""Runs kept under ``data/processed/runs``: list, load and remove them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any

import pandas as pd

from geo_ree.errors import SchemaError, SettingsError, suggest_words
from geo_ree.pipeline.records import Layers, Measures, Result
from geo_ree.pipeline.run_keys import MODEL_CLASSES
from geo_ree.settings import Settings
from geo_ree.storage.record_files import RECORD, LazyMapping, StoredRecord, lazily, remove_record

RUNS, LAYERS, MEASURES = "runs", "layers", "measures"
STAGES = (LAYERS, MEASURES)

CLASSES = (
    *MODEL_CLASSES,
    "geo_ree.catalog.source:Source",
    "geo_ree.deposits.location:Located",
    "geo_ree.deposits.merging:Merged",
    "geo_ree.pipeline.records:Layers",
    "geo_ree.pipeline.records:Scores",
    "geo_ree.proximity.targets:Target",
    "geo_ree.scoring.sensitivity:Influence",
)
"""What may be made of what is stored."""

HELD_BY_STAGES = {
    "audit": "layers.located.audit",
    "positions": "layers.located.positions",
    "areas": "layers.located.areas",
    "conflicts": "layers.merged.conflicts",
    "corridors": "measures.corridors",
    "access": "measures.access",
}
"""Tables of a run that its layers and measures hold, and where."""

MEASURED = ("table", "targets", "omission_rates", "areas", "corridors", "access")
"""Fields of `Measures` that are stored; the others are built of the layers when they are needed."""

_COLUMNS = ("run_id", "stored", "preset", "draws", "sources", "leader", "mb")


def load_run(run_id: str = "latest", settings: Settings | None = None) -> Result:
    """Load a run that was kept.

    Its tables and layers are read when they are first used.

    Parameters
    ----------
    run_id
        Its id or the beginning of it; ``latest`` for the newest.
    settings
        Where the data are; by default ``Settings()``.

    Returns
    -------
    Result
        Equal to the result that was stored, even if sources or options have changed since.

    Raises
    ------
    SettingsError
        When no run is kept, or none or several have such an id.
    SchemaError
        When it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> load_run(settings=Settings(data_root=tempfile.mkdtemp()))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: no run is kept in ...; run geo-ree run --data ...
    """
    settings = settings or Settings()
    records = list(stored_records(settings))
    if not records:
        raise SettingsError(
            f"no run is kept in {settings.data_root}",
            f"run geo-ree run --data {settings.data_root}",
        )
    ids = [record.folder.name for record in records]
    found = [r for r in records if run_id == "latest" or r.folder.name.startswith(run_id)]
    if run_id != "latest" and len(found) != 1:
        words = suggest_words(run_id, ids) or f"use one of {', '.join(ids)}"
        raise SettingsError(f"{len(found) or 'no'} kept runs are called {run_id!r}", words)
    found[0].verify()
    return load_stored(found[0], settings)


def runs(settings: Settings | None = None) -> pd.DataFrame:
    """List the runs that are kept, the newest first.

    Parameters
    ----------
    settings
        Where the data are; by default ``Settings()``.

    Returns
    -------
    pandas.DataFrame
        ``run_id``, ``stored`` (UTC), ``preset``, ``draws``, ``sources`` (number), ``leader`` (name of
        the first candidate) and ``mb`` (size without the stages that runs share).

    Examples
    --------
    >>> import tempfile
    >>> len(runs(Settings(data_root=tempfile.mkdtemp())))
    0
    """
    rows = [
        {**{name: record.about.get(name) for name in _COLUMNS}, "mb": record.bytes / 1e6}
        for record in stored_records(settings or Settings())
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def prune_runs(settings: Settings, *, keep: int, grace_s: float = 0.0) -> list[str]:
    """Remove all runs but the newest, and the stages that no run needs.

    Parameters
    ----------
    settings
        Where the data are.
    keep
        Number of runs to keep.
    grace_s
        A stage so young stays: a run that is being computed may need it.

    Returns
    -------
    list of str
        Ids of the removed runs.
    """
    records = list(stored_records(settings))
    for record in records[keep:]:
        remove_record(record.folder)
    needed = {r.about[stage] for r in records[:keep] for stage in STAGES}
    for stage in STAGES:
        for folder in (settings.processed_root / stage).glob("[0-9a-f]*"):
            base = folder.name.partition("-")[0]
            if base not in needed and time.time() - folder.stat().st_mtime >= grace_s:
                remove_record(folder)
    return [record.folder.name for record in records[keep:]]


def stored_records(
    settings: Settings, tell: Callable[[str], None] = lambda _: None
) -> Iterator[StoredRecord]:
    """Find the runs that are kept, the newest first; a damaged one is said and left out."""
    found = []
    for path in (settings.processed_root / RUNS).glob(f"[0-9a-f]*/{RECORD}"):
        try:
            found.append(StoredRecord(path.parent, CLASSES))
        except SchemaError as error:
            tell(f"{error.what}: it is left out")
    yield from sorted(found, key=lambda record: str(record.about["stored"]), reverse=True)


def load_stored(record: StoredRecord, settings: Settings) -> Result:
    """Make a result of a stored run and of its stages.

    Raises
    ------
    SchemaError
        When a stage is absent or damaged.
    """
    stages = {
        name: StoredRecord(settings.processed_root / name / record.about[name], CLASSES)
        for name in STAGES
    }
    for stage in stages.values():
        stage.verify()
    report = record.read("report")
    came_in: Layers = stages[LAYERS].read(LAYERS)
    readers = {f.name: partial(getattr, came_in, f.name) for f in fields(Layers)}
    layers = lazily(Layers, {**readers, "inputs": lambda: report["inputs"]})
    measures = load_measures(stages[MEASURES], layers, record.about["seed"])
    return lazily(
        Result,
        {
            "layers": lambda: layers,
            "measures": lambda: measures,
            "scores": partial(record.read, "scores"),
            "tables": partial(_tables, record, {LAYERS: layers, MEASURES: measures}),
            "report": lambda: report,
        },
    )


def load_measures(record: StoredRecord, layers: Layers, seed: int) -> Measures:
    """Make measures of what is stored; the indexes are built when they are first used."""

    def proximity() -> Any:
        from geo_ree.proximity import TargetIndex

        return TargetIndex(
            layers.frames, measures.targets, coverage=layers.coverage, regions=layers.regions
        )

    def missing() -> Any:
        from geo_ree.pipeline.sampling import missing_lines

        rates, countries = measures.omission_rates, layers.frames["countries"]
        return missing_lines(measures.proximity, rates, countries, seed)

    stored: dict[str, Callable[[], Any]] = {
        name: partial(record.read, name) for name in MEASURED if name in record
    }
    if "corridors" not in record:  # kept by a version without routes
        from geo_ree.pipeline.deposit_routes import no_access, no_corridors

        stored |= {"corridors": no_corridors, "access": no_access}
    measures = lazily(Measures, {**stored, "proximity": proximity, "missing": missing})
    return measures


def with_report(result: Result, report: Mapping[str, Any]) -> Result:
    """Return the result with another report; nothing more is read."""
    readers = {f.name: partial(getattr, result, f.name) for f in fields(Result)}
    return lazily(Result, {**readers, "report": lambda: report})


def _tables(record: StoredRecord, stages: Mapping[str, Layers | Measures]) -> LazyMapping:
    stored = record.read("tables")
    # a version without routes had tables of the layers alone
    known = record.about.get("held_by_stages") or record.about["held_by_layers"]
    held = {
        name: partial(_attribute, stages, path)
        for name, path in HELD_BY_STAGES.items()
        if name in known
    }
    return LazyMapping({**{name: partial(stored.__getitem__, name) for name in stored}, **held})


def _attribute(stages: Mapping[str, Layers | Measures], path: str) -> Any:
    stage, names = path.split(".", 1)
    return attrgetter(names)(stages[stage])


def title_of(record: StoredRecord) -> str:
    """Id, preset and time of a stored run.

    Its time is to the minute, UTC.
    """
    when = str(record.about["stored"])[:16].replace("T", " ")
    return f"{record.folder.name} ({record.about['preset']}, {when} UTC)"


def stored_bytes(settings: Settings) -> int:
    """Bytes of all runs and stages that are kept."""
    homes = [settings.processed_root / name for name in (RUNS, *STAGES)]
    return sum(p.stat().st_size for home in homes for p in home.rglob("*") if p.is_file())
