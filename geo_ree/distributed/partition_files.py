"""The folder that a job over partitions writes: a file for each, and a manifest; and tables in such files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from geo_ree.errors import SchemaError, SettingsError, import_extra
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.files import atomic_text
from geo_ree.storage.frame_files import from_text, objects, to_text

MANIFEST = "_partitions.json"
"""Readers of a folder of Parquet files pass over names that begin so."""

CODED = "coded"
"""Type of a column of any values, each a text of JSON in the file."""

_ANOTHER = "choose another folder, or remove this one"


@dataclass(frozen=True)
class Manifest:
    """What the files of a folder belong to.

    A part is done when its file is there: files appear whole, and those of another key, or of a part
    with another stamp, are removed before this is written.

    Parameters
    ----------
    key
        Hash of the inputs, options and version that all parts depend on.
    suffix
        Ending of the files.
    stamps
        For each part, a hash of what it alone depends on.
    """

    key: str
    suffix: str
    stamps: tuple[str, ...]

    def paths(self, folder: Path) -> list[Path]:
        """Return the file of each part."""
        return [folder / f"part-{i:05d}{self.suffix}" for i in range(len(self.stamps))]

    def wants(self, path: Path, key: str, stamp: str) -> bool:
        """Whether a file that `paths` returned is of this key, and its part of this stamp."""
        number = int(path.name.removeprefix("part-").removesuffix(self.suffix))
        return key == self.key and self.stamps[number : number + 1] == (stamp,)


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a folder, None where there is none.

    Raises
    ------
    SettingsError
        When it is damaged.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(str(found["key"]), str(found["suffix"]), tuple(found["stamps"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} is damaged", _ANOTHER) from error


def claim_folder(folder: Path, wanted: Manifest) -> None:
    """Make a folder hold the parts of a manifest, and no files of others.

    Raises
    ------
    SettingsError
        When it holds other files, or parts of another key.
    """
    with explain_unwritable(folder / MANIFEST):
        folder.mkdir(parents=True, exist_ok=True)
        refuse_others(folder)
        there = read_manifest(folder)
        if there is None or (there.key, there.suffix) != (wanted.key, wanted.suffix):
            if there is not None and _shown(folder) != {MANIFEST}:
                raise SettingsError(
                    f"{folder} holds the parts of another job: other inputs, options or another version",
                    _ANOTHER,
                )
        elif there == wanted:
            return
        else:
            _remove_stale(folder, there, wanted)
        atomic_text(folder / MANIFEST, json.dumps(asdict(wanted), indent=1))


def refuse_others(folder: Path) -> None:
    """Raise SettingsError when a folder holds files, and these are not the parts of a job."""
    with explain_unwritable(folder / MANIFEST):
        if folder.is_dir() and _shown(folder) and read_manifest(folder) is None:
            raise SettingsError(f"{folder} holds other files", _ANOTHER)


def _shown(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def _remove_stale(folder: Path, there: Manifest, wanted: Manifest) -> None:
    for i, path in enumerate(there.paths(folder)):
        if wanted.stamps[i : i + 1] != there.stamps[i : i + 1]:
            path.unlink(missing_ok=True)


def missing_parts(paths: Sequence[Path]) -> list[int]:
    """Return the numbers of the parts that have no file yet."""
    return [i for i, path in enumerate(paths) if not path.is_file()]


def write_answers(frame: pd.DataFrame, path: Path, coded: Sequence[str] = ()) -> None:
    """Write a table without geometries as Parquet; the values of `coded` columns as texts of JSON."""
    kept = frame.copy(deep=False)
    for name in coded:
        kept[name] = pd.Series([to_text(v) for v in frame[name]], frame.index, dtype=object)
    try:
        kept.to_parquet(path)
    except pa.ArrowException as error:
        line = " ".join(str(error).split())[:200]
        raise SchemaError(
            f"the labels of the points cannot be stored in Parquet ({line})",
            "number the points with reset_index()",
        ) from error


def read_answers(paths: Sequence[Path], types: Mapping[str, Any]) -> Any:
    """Return a Dask frame of files that `write_answers` wrote.

    `types` has the columns whose type a file alone may not say, `CODED` among them.
    """
    dataframe = import_extra("dask.dataframe", "dask")
    meta = read_answer(paths[0], types).iloc[:0]
    with import_extra("dask", "dask").config.set({"dataframe.convert-string": False}):
        return dataframe.from_map(
            read_answer, list(paths), types=types, meta=meta, enforce_metadata=False
        )


def read_answer(path: Path, types: Mapping[str, Any]) -> pd.DataFrame:
    """Read one file that `write_answers` wrote."""
    frame = pd.read_parquet(path)
    for name, kind in types.items():
        if kind == CODED:
            values = [from_text(text) for text in frame[name]]
            frame[name] = pd.Series(objects(values), frame.index, dtype=object)
        elif name in frame:
            frame[name] = frame[name].astype(kind)
    return frame
