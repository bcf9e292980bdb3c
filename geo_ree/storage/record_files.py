"""Records on disk: a folder with a JSON file and a Parquet file a table, read when a field is first asked for.

No code is stored and none is run: only the classes that the reader names are made.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from geo_ree.errors import GeoReeError, SchemaError
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.drafts import open_draft, recover
from geo_ree.storage.frame_files import Note, from_text, read_frame, to_text, write_frame

R = TypeVar("R")

RECORD = "record.json"
FORMAT = 2

_TABLE, _ARRAY, _MAP, _TUPLE, _CLASS, _TEXT = "table", "array", "map", "tuple", "class", "text"


class NotStorableError(GeoReeError):
    """A value that cannot be written as JSON and Parquet, for instance a decay of your own."""


def write_record(
    folder: Path, about: Mapping[str, Any], values: Mapping[str, Any], classes: Collection[str]
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
        Dataclasses and pydantic models that may be in `values`, as ``module:name``.

    Raises
    ------
    NotStorableError
        When a value is none of these.
    SettingsError
        When the folder cannot be written.
    """
    with explain_unwritable(folder), open_draft(folder.parent) as home:
        draft = home / "new"
        draft.mkdir()
        writer = _Writer(draft, classes)
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


def record_text(value: Any, classes: Collection[str]) -> str:
    """Write a value without tables as JSON, equal for equal values.

    Raises
    ------
    NotStorableError
        When something in it is neither plain nor of one of the classes.
    """
    return json.dumps(_Writer(Path(), classes).code(value), ensure_ascii=False)


class StoredRecord:
    """A folder that `write_record` wrote.

    Parameters
    ----------
    folder
        Where it is.
    classes
        Classes that may be made, as ``module:name``; imported when they are needed.

    Raises
    ------
    SchemaError
        When it is absent, damaged or of another format.
    """

    def __init__(self, folder: Path, classes: Collection[str] = ()) -> None:
        self.folder = folder
        self._classes = frozenset(classes)
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

    def __contains__(self, name: str) -> bool:
        return name in self._content

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
        found: Any
        if kind == _TEXT:
            found = from_text(value)
        elif kind == _TABLE:
            found = read_frame(self.folder / f"{value}.parquet", self._notes[value])
        elif kind == _ARRAY:
            found = _read_array(self.folder / f"{value}.parquet", self._notes[value])
        elif kind == _MAP:
            found = LazyMapping({from_text(k): partial(self._safely, v) for k, v in value})
        elif kind == _TUPLE:
            found = tuple(self._decode(v) for v in value)
        else:
            found = self._make(value, coded["fields"])
        return found

    def _make(self, name: str, held: Any) -> Any:
        """Make an instance of one of the classes."""
        if name not in self._classes:
            raise ValueError(f"a {name} is not expected")
        module, _, attribute = name.partition(":")
        cls = getattr(import_module(module), attribute)
        if issubclass(cls, BaseModel):
            return cls.model_validate(from_text(held))
        if not any(_holds_tables(v) for v in held.values()):
            return cls(**{k: self._decode(v) for k, v in held.items()})
        return lazily(cls, {k: partial(self._safely, v) for k, v in held.items()})

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
    return object.__new__(made)


def _call(reader: Callable[[], Any], _owner: object) -> Any:
    return reader()


def _plain_copy(self: Any) -> Any:
    values = {f.name: getattr(self, f.name) for f in fields(self)}
    return partial(type(self).__bases__[0], **values), ()


class _Writer:
    """Writes tables and arrays into a folder, and returns what stands for a value in the JSON."""

    def __init__(self, folder: Path, classes: Collection[str]) -> None:
        self.folder, self._classes = folder, frozenset(classes)
        self.notes: dict[str, Note] = {}

    def code(self, value: Any) -> dict[str, Any]:
        """Return plain values that stand for a value."""
        name = _class_name(type(value))
        if isinstance(value, pd.DataFrame):
            coded: dict[str, Any] = {_TABLE: self._add(partial(write_frame, value))}
        elif isinstance(value, np.ndarray) and value.dtype != object:
            coded = {_ARRAY: self._add(partial(_write_array, value))}
        elif isinstance(value, Mapping) and not _is_plain(value):
            coded = {_MAP: [[to_text(k), self.code(v)] for k, v in value.items()]}
        elif name in self._classes:
            coded = {_CLASS: name, "fields": self._fields(value)}
        elif isinstance(value, tuple) and any(map(_is_record, value)):
            coded = {_TUPLE: [self.code(v) for v in value]}
        else:
            try:
                coded = {_TEXT: to_text(value)}
            except (TypeError, ValueError) as error:
                raise NotStorableError(f"the run cannot be kept: {error}") from error
        return coded

    def _fields(self, value: Any) -> Any:
        if isinstance(value, BaseModel):
            return to_text(value.model_dump(by_alias=True, exclude_unset=True))
        return {f.name: self.code(getattr(value, f.name)) for f in fields(value)}

    def _add(self, write: Callable[[Path], Note]) -> str:
        name = f"table{len(self.notes) + 1}"
        self.notes[name] = {}
        self.notes[name] = write(self.folder / f"{name}.parquet")
        return name


def _class_name(cls: type) -> str:
    if cls.__dict__.get("__reduce__") is _plain_copy:  # made by `lazily`
        cls = cls.__bases__[0]
    return f"{cls.__module__}:{cls.__qualname__}"


def _is_plain(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping holds nothing but plain values."""
    try:
        to_text(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_record(value: object) -> bool:
    return is_dataclass(value) or isinstance(value, BaseModel | pd.DataFrame | np.ndarray)


def _holds_tables(coded: Mapping[str, Any]) -> bool:
    """Whether reading a value opens a file, which is put off until it is asked for."""
    (kind, value), *_ = coded.items()
    if kind in (_TABLE, _ARRAY, _MAP):
        return True
    held = coded.get("fields", {}) if kind == _CLASS else value
    parts = held.values() if isinstance(held, dict) else held if kind == _TUPLE else ()
    return any(map(_holds_tables, parts))


def _read_array(path: Path, note: Note) -> np.ndarray:
    values = pd.read_parquet(path)["value"].to_numpy(dtype=note["type"])
    return values.reshape(note["shape"])


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
    with explain_unwritable(folder), open_draft(folder.parent) as draft:
        folder.replace(draft / "gone")


def sweep_records(home: Path) -> None:
    """Remove what killed processes left in a folder."""
    recover(home)
