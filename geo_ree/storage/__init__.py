"""Where files lie and how they are written: whole or not at all, with their provenance."""

from geo_ree.storage.files import atomic_files, atomic_path, atomic_text, sha256_of, starter_path
from geo_ree.storage.layer_files import load, save_layer
from geo_ree.storage.lock import data_lock
from geo_ree.storage.snapshots import (
    Provenance,
    Snapshot,
    latest_snapshot,
    save_snapshot,
    snapshots_of_parts,
    sweep,
)

__all__ = [
    "Provenance",
    "Snapshot",
    "atomic_files",
    "atomic_path",
    "atomic_text",
    "data_lock",
    "latest_snapshot",
    "load",
    "save_layer",
    "save_snapshot",
    "sha256_of",
    "snapshots_of_parts",
    "starter_path",
    "sweep",
]
