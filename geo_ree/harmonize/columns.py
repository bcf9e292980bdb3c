"""The columns of a layer, filled from a table by the rules of its catalogue entry."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.harmonize.account import Account
from geo_ree.harmonize.values import as_numbers, as_text, clean_column, latin_name
from geo_ree.harmonize.vocabulary import kind_told
from geo_ree.schema import Column, Layer

PLACE_COLUMNS = ("native_id", "latitude", "longitude")
"""What an entry may name beside the columns of its layer."""


def upstream_columns(
    raw: pd.DataFrame, source: Source, spec: Layer, account: Account
) -> dict[str, str]:
    """Find the column of the file for each canonical column.

    Parameters
    ----------
    raw
        The table as a reader gave it.
    source, spec
        The catalogue entry and the layer that it feeds. Where the entry names no columns, those
        of the file that bear a canonical name are taken.
    account
        Told of columns that the layer does not have.

    Returns
    -------
    dict of str to str
        Canonical column -> label in `raw`.

    Raises
    ------
    SchemaError
        When a column that the entry names is missing; the message lists those that there are.
    """
    have = list(raw.columns)
    further = source.further_columns()
    for name in (*source.columns.values(), *further):
        if name not in have:
            raise SchemaError(
                f"{source.id}: column {name!r} is missing (there are: {', '.join(have)})",
                "the publisher may have renamed it: correct columns in the catalogue entry",
            )
    if source.columns:
        return dict(source.columns)
    own = {*spec.column_names(), *PLACE_COLUMNS} - {"id", "source_id", "geometry"}
    spare = [c for c in have if c not in {*own, *further, "geometry"}]
    if not source.fetchable:  # a file whose writer chose the columns: tell what is not used of it
        account.puzzle("columns", {c: int((raw[c].notna() & (raw[c] != "")).sum()) for c in spare})
    return {name: name for name in have if name in own - set(source.constants)}


def used_columns(upstream: Mapping[str, str], source: Source) -> list[str]:
    """Columns of the file that the entry reads, each once.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> used_columns({"name": "depname"}, load_catalog()["usgs_ree"])
    ['depname', 'lat_dms', 'lon_dms']
    """
    return list(dict.fromkeys([*upstream.values(), *source.further_columns()]))


def nulls_of(source: Source, label: str) -> tuple[str, ...]:
    """Texts that mean "unknown" in one column of the file.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> entry = load_catalog()["usgs_ree"].model_copy(update={"nulls": {"*": ("NA",), "t": ("0",)}})
    >>> nulls_of(entry, "t"), nulls_of(entry, "name")
    (('NA', '0'), ('NA',))
    """
    return (*source.nulls.get("*", ()), *source.nulls.get(label, ()))


def canonical_columns(
    table: pd.DataFrame, upstream: Mapping[str, str], source: Source, spec: Layer, account: Account
) -> pd.DataFrame:
    """Fill the columns of a layer: cleaned, mapped, in its vocabularies.

    Parameters
    ----------
    table
        Rows of the source.
    upstream
        Canonical column -> label in `table`.
    source, spec
        The catalogue entry and its layer.
    account
        Told of every text that no rule of the entry knows.

    Returns
    -------
    pandas.DataFrame
        On the index of `table`, without ids and geometry.
    """
    out = pd.DataFrame(index=table.index)
    for name, label in upstream.items():
        if name not in PLACE_COLUMNS or name in spec.column_names():
            out[name] = clean_column(table[label], nulls_of(source, label))
    for name, value in source.constants.items():
        out[name] = value
    columns = {c.name: c for c in spec.columns}
    for name, mapping in source.values.items():
        if name in out:
            vocabulary = columns[name].vocabulary if name in columns else ()
            out[name] = _mapped(out[name], mapping, name, vocabulary, account)
    for name, words in source.words.items():
        if name in out:
            out[name] = _worded(out[name], words, name, account)
    if source.plant_columns and "kind" in out:
        out["kind"] = out["kind"].mask(_works(table, source), "plant")
    for name, column in columns.items():
        if name in out:
            out[name] = _fitted(out[name], column, account)
    if "name_local" in columns and "name" in out:
        out = _romanized(out)
    return out


def _mapped(
    column: pd.Series,
    mapping: Mapping[str, str],
    name: str,
    vocabulary: tuple[str, ...],
    account: Account,
) -> pd.Series:
    texts = [as_text(value) for value in column.astype(object)]
    other = mapping.get("*", "=")
    if other == "unknown" in vocabulary:
        account.puzzle(name, (t for t in texts if t and t not in mapping))
    found = {t: mapping.get(t, other) for t in set(texts)}
    out = [(t if found[t] == "=" else found[t]) or None for t in texts]
    return pd.Series(out, index=column.index, dtype=object)


def _worded(column: pd.Series, words: str, name: str, account: Account) -> pd.Series:
    texts = [as_text(value) for value in column.astype(object)]
    found = {t: kind_told(t, words) for t in set(texts) if t}
    account.puzzle(name, (t for t in texts if t and found[t] is None))
    return pd.Series([found.get(t) for t in texts], index=column.index, dtype=object)


def _works(table: pd.DataFrame, source: Source) -> pd.Series:
    """Whether any of the columns named for it tells of a works."""
    works = pd.Series(False, index=table.index)
    for label in source.plant_columns:
        texts = clean_column(table[label], nulls_of(source, label))
        works |= texts.map(lambda t: t is not None and kind_told(as_text(t), "works") == "plant")
    return works


def _fitted(column: pd.Series, spec: Column, account: Account) -> pd.Series:
    """Bring a column into its type and vocabulary, and list what does not fit."""
    if spec.kind in ("number", "integer"):
        numbers = as_numbers(column)
        odd = column.notna() & ~numbers.between(spec.low, spec.high)
        account.puzzle(spec.name, (as_text(v) for v in column[odd]))
        return numbers.mask(odd)
    if spec.kind == "flag":
        return column
    texts = pd.Series([as_text(v) or None for v in column.astype(object)], column.index, object)
    if "unknown" in spec.vocabulary:
        odd = texts.notna() & ~texts.isin(spec.vocabulary)
        account.puzzle(spec.name, texts[odd])
        texts = texts.mask(odd | (texts.isna() & spec.required), "unknown")
    return texts


def _romanized(out: pd.DataFrame) -> pd.DataFrame:
    """Give Cyrillic names in Latin letters, and keep them as they are beside it."""
    names = out["name"]
    latin = pd.Series([n and latin_name(n) for n in names], index=out.index, dtype=object)
    changed = names.notna() & (latin != names)
    local = out["name_local"] if "name_local" in out else pd.Series(None, out.index, object)
    kept = local.mask(changed & local.isna(), names)
    return out.assign(name=latin, name_local=kept.astype(object))
