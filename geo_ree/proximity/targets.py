"""Targets of the distance measures: data, in ``targets.toml`` or in your own file."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo_ree.catalog.toml_files import parse_toml, read_toml
from geo_ree.errors import SchemaError, suggest_words
from geo_ree.schema import CLOSED_KINDS, LAYERS, PRECISION_ERROR_M
from geo_ree.schema.vocabularies import OWN

_UNITS = {"population": "people", "mw": "MW", "kv": "kV"}
"""Word for the unit of a column of sizes, by its name or by what that ends in."""

_SIZED = {"settlement": "town"}
"""What a word becomes when the size is stated behind it."""


class Target(BaseModel):
    """The features that a distance is measured to.

    Attributes
    ----------
    name
        Stem of the columns: ``dist_<name>_km``.
    layer
        Canonical layer that the features are in.
    label
        Description for people.
    kinds, names
        Kinds and names that count; empty for all names, and for all kinds that are in use.
    avoid_neighbours
        Countries (ISO alpha-3) whose gateways do not count: those that lead to them, and their ports.
    at_least
        Numeric column -> least value that counts.
    same_country
        Whether only features of the deposit's own country count.
    max_lateral_error_km
        Lines with a larger error count only where nothing better is near.
    unknown_for_precision
        Precision classes of deposits for which this distance is unknown.
    upper_limit
        What the layer lacks, so that a nearer feature may exist and the distance is an upper limit;
        empty where the layer has all that counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    layer: str
    label: str
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    avoid_neighbours: tuple[str, ...] = ()
    at_least: dict[str, float] = Field(default_factory=dict)
    same_country: bool = True
    max_lateral_error_km: float = float("inf")
    unknown_for_precision: tuple[str, ...] = ()
    upper_limit: str = ""

    def columns_needed(self) -> tuple[str, ...]:
        """Return the columns that the layer must have for `choose`."""
        by_word = {"kind": self.kinds, "name": self.names, "neighbour": self.avoid_neighbours}
        return (*(column for column, words in by_word.items() if words), *self.at_least)

    def size_words(self) -> str:
        """Return the least size that counts, "of 50 MW or more"; empty where any size does."""
        stated = (
            f"{least:,.10g} {_UNITS.get(column.rpartition('_')[2], column.rpartition('_')[2])}"
            for column, least in self.at_least.items()
        )
        words = " and ".join(stated)
        return f"of {words} or more" if words else ""

    def name_with_size(self, word: str) -> str:
        """Return a word for the features with the least size that counts.

        Examples
        --------
        >>> targets = load_targets()
        >>> targets["settlement"].name_with_size("settlement"), targets["road"].name_with_size("road")
        ('town of 5,000 people or more', 'road')
        """
        size = self.size_words()
        return f"{_SIZED.get(word, word)} {size}" if size else word

    def large_enough(self, layer: pd.DataFrame) -> pd.Series:
        """Return a mask of the rows of the canonical layer whose size counts.

        A feature of a file that you provide counts too where its size is not stated: you chose it.
        """
        keep = pd.Series(True, index=layer.index)
        for column, least in self.at_least.items():
            size = pd.to_numeric(layer[column])
            own = (
                layer["source_id"].astype(str).str.startswith(OWN)
                if "source_id" in layer
                else False
            )
            keep &= ((size >= least).fillna(False) | (size.isna() & own)).astype(bool)
        return keep

    def choose(self, layer: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the canonical layer that count."""
        keep = self.large_enough(layer)
        if self.kinds:
            keep &= layer["kind"].isin(self.kinds)
        elif "kind" in layer:
            keep &= ~layer["kind"].isin(CLOSED_KINDS)
        if self.names:
            keep &= layer["name"].isin(self.names)
        if self.avoid_neighbours:
            keep &= ~layer["neighbour"].isin(self.avoid_neighbours)
            if "country" in layer:
                keep &= ~layer["country"].isin(self.avoid_neighbours)
        return layer[keep]


def load_targets(path: Path | str | None = None) -> dict[str, Target]:
    """Read targets from a TOML file.

    Parameters
    ----------
    path
        File in the form of the package's ``targets.toml``, which is read by default.

    Returns
    -------
    dict of str to Target
        By name, in the order of the file.

    Raises
    ------
    SchemaError
        With every mistake and its dotted path.

    Examples
    --------
    >>> list(load_targets())[:2]
    ['railway', 'road']
    """
    name = "targets.toml" if path is None else str(path)
    if path is None:
        text = (files("geo_ree.proximity") / name).read_text(encoding="utf-8")
        tables = parse_toml(text, name, SchemaError)
    else:
        tables = read_toml(path, SchemaError)
    out: dict[str, Target] = {}
    complaints: list[str] = []
    for key, table in tables.items():
        if not isinstance(table, dict):
            complaints.append(f"{key}: is no table, expected [{key}]")
            continue
        try:
            out[key] = Target.model_validate({"name": key, **table})
            complaints += [f"{key}.{line}" for line in _mistakes(out[key])]
        except ValidationError as error:
            complaints += [
                ".".join([key, *map(str, item["loc"])]) + ": " + item["msg"]
                for item in error.errors()
            ]
    if complaints:
        raise SchemaError(f"{name} has mistakes: {'; '.join(complaints)}")
    return out


def _mistakes(target: Target) -> list[str]:
    """Words of a target that match nothing: its layer, kinds, columns and precision classes."""
    if target.layer not in LAYERS:
        return [f"layer: no layer is {_closest(target.layer, LAYERS)}"]
    columns = {c.name: c for c in LAYERS[target.layer].columns}
    kinds = columns["kind"].vocabulary if "kind" in columns else ()
    known = {
        "kinds": (target.kinds, kinds, f"no kind of the layer {target.layer} is"),
        "at_least": (target.at_least, columns, f"no column of the layer {target.layer} is"),
        "unknown_for_precision": (
            *(target.unknown_for_precision, PRECISION_ERROR_M),
            "no precision class is",
        ),
    }
    return [
        f"{name}: {what} {_closest(word, there)}"
        for name, (words, there, what) in known.items()
        for word in words
        if word not in there
    ]


def _closest(word: str, known: Iterable[str]) -> str:
    there = list(known)
    hint = suggest_words(word, there) or f"use one of {', '.join(there)}"
    return f"{word!r} ({hint})"
