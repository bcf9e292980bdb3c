"""Values of the columns of a layer: mapped, in its units, within its limits, in its vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo_ree.deposits.column_rules import (
    PLACE_COLUMNS,
    TableTask,
    as_text,
    as_texts,
    clean_text,
    latin_name,
)
from geo_ree.deposits.vocabulary import match_kind
from geo_ree.errors import SchemaError
from geo_ree.reading.number_text import means_nothing, read_numbers
from geo_ree.schema import Column, units_of


def canonical_columns(table: pd.DataFrame, task: TableTask) -> pd.DataFrame:
    """Fill the columns of the layer, except ids, commodities and geometry.

    In this order: the cells of the file, the constants of the entry, its mappings of values, its
    tables of words, works recognised by name; then each column gets its type and vocabulary.
    """
    source, layer = task.source, task.layer
    out = pd.DataFrame(index=table.index)
    for name, label in task.columns.items():
        if name not in PLACE_COLUMNS or name in layer.column_names():
            out[name] = task.cells(table, label)
    for name, value in source.constants.items():
        out[name] = clean_text(value) if isinstance(value, str) else value
    columns = {c.name: c for c in layer.columns}
    for name, mapping in source.values.items():
        if name in out:
            vocabulary = columns[name].vocabulary if name in columns else ()
            out[name] = _map_values(out[name], mapping, vocabulary, task)
    for name, words in source.words.items():
        if name in out:
            texts = as_texts(out[name])
            kinds = {t: match_kind(t, words) for t in set(texts) if t}
            task.report_unrecognised(name, (t for t in texts if t and kinds[t] is None))
            out[name] = pd.Series([kinds.get(t) for t in texts], index=out.index, dtype=object)
    if "kind" in out:
        for label in source.plant_columns:
            works = [match_kind(t, "works") == "plant" for t in as_texts(task.cells(table, label))]
            out["kind"] = out["kind"].mask(pd.Series(works, out.index, dtype=bool), "plant")
    for name, column in columns.items():
        if name in out:
            out[name] = _fit(out[name], column, task)
    if "name_local" in columns and "name" in out:
        _transliterate(out)
    return out


def _map_values(
    column: pd.Series, mapping: Mapping[str, str], vocabulary: tuple[str, ...], task: TableTask
) -> pd.Series:
    """Replace values by a mapping in which ``*`` is any other value and ``=`` keeps the text."""
    texts = as_texts(column)
    other = mapping.get("*", "=")
    if other == "unknown" in vocabulary:
        task.report_unrecognised(str(column.name), (t for t in texts if t and t not in mapping))
    mapped = {t: mapping.get(t, other) for t in set(texts)}
    out = [(t if mapped[t] == "=" else mapped[t]) or None for t in texts]
    return pd.Series(out, index=column.index, dtype=object)


def _fit(column: pd.Series, spec: Column, task: TableTask) -> pd.Series:
    """Give a column its type and vocabulary; what does not fit is unknown and reported."""
    if spec.kind == "flag":
        return column
    if spec.kind in ("number", "integer"):
        return _fit_numbers(column, spec, task)
    texts = pd.Series([t or None for t in as_texts(column)], column.index, object)
    if "unknown" in spec.vocabulary:
        texts = _read_states(texts, spec.vocabulary)
        odd = texts.notna() & ~texts.isin(spec.vocabulary)
        task.report_unrecognised(spec.name, texts[odd])
        texts = texts.mask(odd | (texts.isna() & spec.required), "unknown")
    return texts


def _read_states(texts: pd.Series, vocabulary: tuple[str, ...]) -> pd.Series:
    """Map words of a state ("abandoned") to its kind: as unknown, the feature would count as open."""
    closed = next((kind for kind in ("disused", "closed") if kind in vocabulary), None)
    if closed is None:
        return texts
    meant: dict[str, str] = {}
    for text in set(texts.dropna()) - set(vocabulary):
        state = match_kind(text.replace("_", " "), "state")
        kind = closed if state == "disused" else state
        if kind in vocabulary:
            meant[text] = str(kind)
    return texts.map(lambda text: meant.get(text, text)) if meant else texts


def _fit_numbers(column: pd.Series, spec: Column, task: TableTask) -> pd.Series:
    """Read numbers in the column's own unit; what is no number is unknown and reported.

    A number beyond the limits of the column is refused: it is misprinted or in another unit.
    """
    factor = 1.0 if spec.name in task.source.constants else task.source.factor_of(spec.name)
    whole = spec.kind == "integer" and factor == 1.0  # 12.5 thousand people are whole
    found = read_numbers(column, whole=whole)
    task.noted.update({f"{spec.name}: {remark}": n for remark, n in found.noted.items()})
    numbers = found.values * factor
    beyond = numbers.notna() & ~numbers.between(spec.low, spec.high)
    if beyond.any() and not task.skip_bad_rows:
        first = int(np.flatnonzero(beyond)[0])
        value = numbers.iloc[first]
        raise SchemaError(
            f"{task.row_name(column, first)}: {spec.name} is {value:.10g}, {spec.describe_limits()}",
            f"{_hint_number(value, spec, task)}, or use --skip-bad-rows",
        )
    nothing = [isinstance(v, str) and means_nothing(v) for v in column.tolist()]
    odd = column.notna() & (numbers.isna() | beyond) & ~np.array(nothing, dtype=bool)
    task.report_unrecognised(spec.name, (as_text(v) for v in column[odd]))
    return numbers.mask(odd)


def _hint_number(value: float, spec: Column, task: TableTask) -> str:
    """Say in which smaller unit a number would be possible, or how to mark it as unknown."""
    if spec.name in task.source.units:
        return f"correct the row, or the unit of {spec.name} in the catalogue entry"
    smaller = sorted((f, u) for u, f in units_of(spec.name).items() if f < 1.0)
    fitting = [unit for factor, unit in smaller if spec.low <= value * factor <= spec.high]
    if not fitting:
        return (
            "correct the row, or give the text that means unknown as nulls in the catalogue entry"
        )
    return (
        f"correct the row, or, if the file has {' or '.join(fitting)}, state it in the catalogue "
        f'entry: units = {{ {spec.name} = "{fitting[-1]}" }}'
    )


def _transliterate(out: pd.DataFrame) -> None:
    """Write Cyrillic names in Latin letters, and keep the original in ``name_local``."""
    names = out["name"]
    latin = pd.Series([n and latin_name(n) for n in names], index=out.index, dtype=object)
    changed = names.notna() & (latin != names)
    local = out["name_local"] if "name_local" in out else pd.Series(None, out.index, object)
    out["name"] = latin
    out["name_local"] = local.mask(changed & local.isna(), names).astype(object)
