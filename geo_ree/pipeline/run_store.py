"""The stored stages of one run: what fits is loaded, what is computed is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from geo_ree.errors import SchemaError, SettingsError
from geo_ree.pipeline.records import Layers, Measures, Result
from geo_ree.pipeline.run_keys import payloads_hold, run_keys, what_differs
from geo_ree.pipeline.stored_runs import (
    CLASSES,
    HELD_BY_STAGES,
    LAYERS,
    MEASURED,
    MEASURES,
    RUNS,
    STAGES,
    load_measures,
    load_stored,
    prune_runs,
    stored_records,
    title_of,
)
from geo_ree.settings import Options, Settings
from geo_ree.storage import atomic_text, save_layer
from geo_ree.storage.record_files import (
    NotStorableError,
    StoredRecord,
    remove_record,
    sweep_records,
    write_record,
)

T = TypeVar("T")

_MARKER = "layers.json"

KEEP = 20
"""Runs that are kept; older ones are removed when one more is stored."""

_GRACE_S = 3600.0  # a stage so young may belong to a run that another process is computing


class RunStore:
    """What is kept of one run: its stages and its result.

    Parameters
    ----------
    settings, options
        The run.
    tell
        Called with a line on what is reused, or why nothing is.
    fresh
        Reuse nothing.
    keep
        Store what is computed.
    """

    def __init__(
        self,
        settings: Settings,
        options: Options,
        tell: Callable[[str], None],
        *,
        fresh: bool,
        keep: bool,
    ) -> None:
        self.settings, self.options = settings, options
        self.reused: list[str] = []
        self._tell, self._fresh, self._keep = tell, fresh, keep
        self._keys = run_keys(settings, options)

    def result(self) -> Result | None:
        """Load the newest run with these keys; None where there is none."""
        if self._fresh:
            return None
        records = list(stored_records(self.settings, self._tell))
        for record in records:
            if record.about["key"] == self._keys.scores:
                loaded = self._usable(record, lambda r: load_stored(r, self.settings))
                if loaded is not None:
                    self.reused.append("run")
                    self._tell(f"from the stored run {title_of(record)}")
                    return loaded
        if records:
            differs = what_differs(self._keys.parts, records[0].about["parts"])
            words = ", ".join(differs[:3]) + (", ..." if len(differs) > 3 else "")
            self._tell(f"the newest stored run, {title_of(records[0])}, differs: {words or 'data'}")
        return None

    def layers(self, compute: Callable[[], Layers], *, reading: str = "") -> Layers:
        """Load the layers, or compute and store them.

        `reading` names how they are read where that is not as a run does.
        """
        key = f"{self._keys.layers}-{reading}" if reading else self._keys.layers
        record = self._stage(LAYERS, key)
        if record is not None:
            return record.read(LAYERS)
        layers = compute()
        self._store(LAYERS, key, {LAYERS: layers})
        return layers

    def measures(self, layers: Layers, compute: Callable[[], Measures]) -> Measures:
        """Load the measures of these layers, or compute and store them."""
        record = self._stage(MEASURES, self._keys.measures)
        if record is not None:
            return load_measures(record, layers, self.options.seed)
        measures = compute()
        held = {name: getattr(measures, name) for name in MEASURED}
        self._store(MEASURES, self._keys.measures, held)
        return measures

    def save(self, result: Result) -> None:
        """Store a result, and remove the oldest beyond `KEEP`."""
        tables = {k: v for k, v in result.tables.items() if k not in HELD_BY_STAGES}
        held = {"scores": result.scores, "tables": tables, "report": dict(result.report)}
        facts = {name: getattr(self._keys, name) for name in STAGES}
        about = {
            "key": self._keys.scores,
            **facts,
            **run_facts(result),
            "seed": self.options.seed,
            "held_by_stages": [name for name in HELD_BY_STAGES if name in result.tables],
            "parts": self._keys.parts,
        }
        if self._store(RUNS, str(result.report["run_id"]), held, about):
            prune_runs(self.settings, keep=KEEP, grace_s=_GRACE_S)

    def save_layers(self, layers: Layers) -> None:
        """Write the canonical layers for `geo_ree.load`, unless they are there from these inputs."""
        home = self.settings.processed_root
        marker = home / _MARKER
        try:
            written = json.loads(marker.read_text(encoding="utf-8"))
            if written == self._layer_files(layers):
                return
        except (OSError, ValueError):
            pass  # never written, or by another version
        try:
            for name, frame in layers.frames.items():
                save_layer(frame, self.settings, name)
            atomic_text(marker, json.dumps(self._layer_files(layers)))
        except SettingsError as error:
            self._tell(f"warning: the layers are not stored: {error}")

    def _layer_files(self, layers: Layers) -> dict[str, Any]:
        """Key of the layers, and size and time of each file."""
        stats = {
            name: (self.settings.processed_root / f"{name}.parquet").stat()
            for name in layers.frames
        }
        return {
            "key": self._keys.layers,
            "files": {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()},
        }

    def _stage(self, stage: str, key: str) -> StoredRecord | None:
        folder = self.settings.processed_root / stage / key
        if self._fresh or not folder.is_dir():
            return None
        try:
            record = StoredRecord(folder, CLASSES)
        except SchemaError as error:
            self._tell(f"{error.what}: it is computed again")
            return None
        found = self._usable(record, lambda r: r)
        if found is not None:
            self.reused.append(stage)
            self._tell(f"  {stage}: as stored")
        return found

    def _usable(self, record: StoredRecord, load: Callable[[StoredRecord], T]) -> T | None:
        """What `load` gives, None where something is damaged or a payload was changed."""
        try:
            record.verify()
            if payloads_hold(self.settings, self._keys.payloads, record.about["payloads"]):
                return load(record)
        except SchemaError as error:
            self._tell(f"{error.what}: it is computed again")
        return None

    def _store(
        self, stage: str, key: str, held: Mapping[str, Any], about: Mapping[str, Any] | None = None
    ) -> bool:
        if not self._keep or run_keys(self.settings, self.options) != self._keys:
            return False  # the inputs were changed meanwhile
        folder = self.settings.processed_root / stage / key
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        try:
            if folder.exists():
                remove_record(folder)
            known = {**(about or {}), "payloads": self._keys.payloads, "stored": now}
            write_record(folder, known, held, CLASSES)
            sweep_records(folder.parent)
        except (OSError, SettingsError, NotStorableError) as error:
            self._tell(f"warning: the {stage} are not stored: {error}")
            return False
        return True


def run_facts(result: Result) -> dict[str, Any]:
    """What the list of runs shows of a run."""
    report, scores = result.report, result.scores
    names = result.table.set_index("id")["name"]
    leader = scores.influence.leader if scores.influence else None
    return {
        "run_id": str(report["run_id"]),
        "preset": str(report["preset"]),
        "draws": int(report["draws"]),
        "sources": len(result.layers.sources),
        "leader": str(names.get(leader, "")),
    }
