"""Records on disk: a folder with a JSON file and a Parquet file a table, read when a field is first asked for.

No code is stored and none is run: only the classes that the reader names are made.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from geo_ree.errors import GeoReeError, SchemaError
from geo_ree.storage.files import explain_unwritable, make_folder
from geo_ree.storage.frame_files import Note, from_text, read_frame, to_text, write_frame

R = TypeVar("R")

RECORD = "record.json"
FORMAT = 1
_DRAFT = ".draft-"
_OLD_S = 24 * 3600.0

_TABLE, _ARRAY, _CLASS, _TEXT = "table", "array", "class", "text"


class NotStorableError(GeoReeError):
    """A value that cannot be written as JSON and Parquet, for instance a decay of your own."""


def write_record(
    folder: Path, about: Mapping[str, Any], values: Mapping[str, Any], classes: Collection[type]
) -> None:
    """Write values into a new folder, which appears when it is complete.

    Parameters
    ----------
    folder
        Nothing happens where it exists: equal names mean equal content.
    about
        Plain values, readable without the tables.
    values
        Name -> table, array, plain value, mapping of these, or an instance of one of `classes`.
    classes
        Dataclasses and pydantic models that may be in `values`.

    Raises
    ------
    NotStorableError
        When a value is none of these.
    SettingsError
        When the folder cannot be written.
    """
    with explain_unwritable(folder):
        make_folder(folder.parent)
        draft = folder.with_name(f"{_DRAFT}{uuid.uuid4().hex[:8]}")
        draft.mkdir()
    try:
        with explain_unwritable(folder):
            writer = _Writer(draft, frozenset(classes))
            content = {name: writer.code(value) for name, value in values.items()}
            head = {
                "format": FORMAT,
                "about": dict(about),
                "notes": writer.notes,
                "content": content,
                "files": {p.name: _checksum(p) for p in sorted(draft.iterdir())},
            }
            text = json.dumps(head, ensure_ascii=False, indent=1) + "\n"
            (draft / RECORD).write_text(text, encoding="utf-8", newline="\n")
            if not folder.exists():
                draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class StoredRecord:
    """A folder that `write_record` wrote.

    Parameters
    ----------
    folder
        Where it is.
    classes
        Classes that may be made.

    Raises
    ------
    SchemaError
        When it is absent, damaged or of another format.
    """

    def __init__(self, folder: Path, classes: Collection[type] = ()) -> None:
        self.folder = folder
        self._classes = {c.__name__: c for c in classes}
        try:
            head = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            if head["format"] != FORMAT:
                raise ValueError(f"its format is {head['format']}")
            self.about: dict[str, Any] = head["about"]
            self._notes: dict[str, Note] = head["notes"]
            self._content: dict[str, Any] = head["content"]
            self._files: dict[str, list[int]] = head["files"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, error) from error

    def verify(self) -> None:
        """Raise SchemaError unless every file is as it was written."""
        for name, sums in self._files.items():
            try:
                if _checksum(self.folder / name) != sums:
                    raise ValueError(f"{name} was changed")
            except (OSError, ValueError) as error:
                raise _damaged(self.folder, error) from error

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(size for size, _ in self._files.values())

    def read(self, name: str) -> Any:
        """Read one of the values; records and mappings in it read theirs when asked for.

        Raises
        ------
        SchemaError
            When a file is absent or damaged.
        """
        try:
            return self._decode(self._content[name])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(self.folder, error) from error

    def _decode(self, coded: Mapping[str, Any]) -> Any:
        (kind, value), *_ = coded.items()
        if kind == _TEXT:
            return from_text(value)
        if kind == _TABLE:
            return read_frame(self.folder / f"{value}.parquet", self._notes[value])
        if kind == _ARRAY:
            found = pd.read_parquet(self.folder / f"{value}.parquet")["value"]
            shape, dtype = self._notes[value]["shape"], self._notes[value]["type"]
            return found.to_numpy(dtype=dtype).reshape(shape)
        if kind == "map":
            return LazyMapping({from_text(k): partial(self._safely, v) for k, v in value})
        if kind == "list":
            return [self._decode(v) for v in value]
        cls = self._classes[value]
        if issubclass(cls, BaseModel):
            return cls.model_validate_json(coded["fields"])
        return lazily(cls, {k: partial(self._safely, v) for k, v in coded["fields"].items()})

    def _safely(self, coded: Mapping[str, Any]) -> Any:
        try:
            return self._decode(coded)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(self.folder, error) from error


class LazyMapping(Mapping[Any, Any]):
    """A mapping whose values are read when they are first asked for."""

    def __init__(self, readers: Mapping[Any, Callable[[], Any]]) -> None:
        self._readers = dict(readers)
        self._found: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        if key not in self._found:
            self._found[key] = self._readers[key]()
        return self._found[key]

    def __contains__(self, key: object) -> bool:
        return key in self._readers

    def __iter__(self) -> Iterator[Any]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __reduce__(self) -> Any:
        return dict, (list(self.items()),)


def lazily(cls: type[R], readers: Mapping[str, Callable[[], Any]]) -> R:
    """Make an instance of a dataclass whose fields are read when they are first asked for.

    Examples
    --------
    >>> from geo_ree.settings import Options
    >>> lazily(Options, {"draws": lambda: 50}).draws
    50
    """
    members: dict[str, Any] = {"__reduce__": _plain_copy, "__module__": cls.__module__}
    for name, reader in readers.items():
        field = cached_property(partial(_call, reader))
        field.__set_name__(cls, name)
        members[name] = field
    made: Any = type(cls.__name__, (cls,), members)
    return object.__new__(made)  # type: ignore[no-any-return]


def _call(reader: Callable[[], Any], _owner: object) -> Any:
    return reader()


def _plain_copy(self: Any) -> Any:
    values = {f.name: getattr(self, f.name) for f in fields(self)}
    return partial(type(self).__bases__[0], **values), ()


class _Writer:
    """Writes tables and arrays into a folder, and returns what stands for a value in the JSON."""

    def __init__(self, folder: Path, classes: frozenset[type]) -> None:
        self.folder, self._classes = folder, classes
        self.notes: dict[str, Note] = {}

    def code(self, value: Any) -> dict[str, Any]:
        """Return plain values that stand for a value."""
        if isinstance(value, pd.DataFrame):
            return {_TABLE: self._add(lambda path: write_frame(value, path))}
        if isinstance(value, np.ndarray) and value.dtype != object:
            return {_ARRAY: self._add(partial(_write_array, value))}
        if isinstance(value, Mapping):
            return {"map": [[to_text(k), self.code(v)] for k, v in value.items()]}
        cls = next((c for c in self._classes if isinstance(value, c)), None)
        if cls is not None and isinstance(value, BaseModel):
            return {_CLASS: cls.__name__, "fields": value.model_dump_json()}
        if cls is not None and is_dataclass(value):
            held = {f.name: self.code(getattr(value, f.name)) for f in fields(value)}
            return {_CLASS: cls.__name__, "fields": held}
        if isinstance(value, list) and any(not _is_plain(v) for v in value):
            return {"list": [self.code(v) for v in value]}
        try:
            return {_TEXT: to_text(value)}
        except (TypeError, ValueError) as error:
            raise NotStorableError(f"the run cannot be kept: {error}") from error

    def _add(self, write: Callable[[Path], Note]) -> str:
        name = f"table{len(self.notes) + 1}"
        self.notes[name] = {}
        self.notes[name] = write(self.folder / f"{name}.parquet")
        return name


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)


def _write_array(values: np.ndarray, path: Path) -> Note:
    flat = np.ascontiguousarray(values).reshape(-1)
    pd.DataFrame({"value": flat}).to_parquet(path, compression=None, index=False)
    return {"shape": list(values.shape), "type": str(values.dtype)}


def _checksum(path: Path) -> list[int]:
    content = path.read_bytes()
    return [len(content), zlib.crc32(content)]


def _damaged(folder: Path, error: Exception) -> SchemaError:
    words = " ".join(f"{type(error).__name__}: {error}".split())[:160]
    return SchemaError(f"{folder} is damaged ({words})", "give --fresh to compute it again")


def remove_record(folder: Path) -> None:
    """Remove a folder of `write_record`: whole or not at all, as others see it."""
    gone = folder.with_name(f"{_DRAFT}{uuid.uuid4().hex[:8]}")
    with explain_unwritable(folder):
        os.replace(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def sweep_drafts(home: Path) -> None:
    """Remove drafts that killed processes left in a folder a day ago or earlier."""
    for draft in home.glob(f"{_DRAFT}*"):
        try:
            old = time.time() - draft.stat().st_mtime > _OLD_S
        except OSError:
            continue
        if old:
            shutil.rmtree(draft, ignore_errors=True)
