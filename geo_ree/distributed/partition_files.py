"""The folder that a job over partitions writes: a file for each, and a manifest of what they belong to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from geo_ree.errors import SettingsError
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.files import atomic_text

MANIFEST = "partitions.json"
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
        When it holds other files, or the parts of another key.
    """
    with explain_unwritable(folder / MANIFEST):
        folder.mkdir(parents=True, exist_ok=True)
        there = read_manifest(folder)
        if there is None:
            if any(not path.name.startswith(".") for path in folder.iterdir()):
                raise SettingsError(f"{folder} holds other files", _ANOTHER)
        elif (there.key, there.suffix) != (wanted.key, wanted.suffix):
            raise SettingsError(
                f"{folder} holds the parts of another job: other inputs, options or another version",
                _ANOTHER,
            )
        elif there == wanted:
            return
        else:
            _remove_stale(folder, there, wanted)
        atomic_text(folder / MANIFEST, json.dumps(asdict(wanted), indent=1))


def _remove_stale(folder: Path, there: Manifest, wanted: Manifest) -> None:
    for i, path in enumerate(there.paths(folder)):
        if wanted.stamps[i : i + 1] != there.stamps[i : i + 1]:
            path.unlink(missing_ok=True)


def missing_parts(paths: Sequence[Path]) -> list[int]:
    """Return the numbers of the parts that have no file yet."""
    return [i for i, path in enumerate(paths) if not path.is_file()]
