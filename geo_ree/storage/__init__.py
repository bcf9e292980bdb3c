"""Files on disk, written completely or not at all.

`files` writes atomically, `lock` keeps other processes out of a data root, `snapshots` keeps payloads under
``data/raw`` with their provenance, `layer_files` stores canonical layers under ``data/processed``, `geotiff`
writes Cloud-Optimized GeoTIFFs.
"""

from geo_ree.storage.drafts import recover, scratch_folder
from geo_ree.storage.files import (
    atomic_files,
    atomic_path,
    atomic_text,
    check_writable,
    sha256_of,
    starter_path,
)
from geo_ree.storage.layer_files import load, save_layer
from geo_ree.storage.lock import data_lock
from geo_ree.storage.provenance import PROVENANCE, Provenance
from geo_ree.storage.snapshots import (
    Snapshot,
    holding_snapshots,
    latest_snapshot,
    save_snapshot,
    snapshots_of_parts,
    sweep,
    while_reading,
)

__all__ = [
    "PROVENANCE",
    "Provenance",
    "Snapshot",
    "atomic_files",
    "atomic_path",
    "atomic_text",
    "check_writable",
    "data_lock",
    "holding_snapshots",
    "latest_snapshot",
    "load",
    "recover",
    "save_layer",
    "save_snapshot",
    "scratch_folder",
    "sha256_of",
    "snapshots_of_parts",
    "starter_path",
    "sweep",
    "while_reading",
]
