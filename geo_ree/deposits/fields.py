"""What became of each row of a source on the way to its layer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from anyascii import anyascii

from geo_ree.catalog.source import Source
from geo_ree.deposits.vocabulary import kind_told
from geo_ree.errors import SchemaError
from geo_ree.schema import Column, Layer

Mask = np.ndarray


@dataclass
class Account:
    """A tally that is kept while one source is normalized.

    Attributes
    ----------
    source
        Its catalogue entry, for messages.
    skip_bad_rows
        Whether a bad row is set aside instead of being an error.
    keep_swapped
        Whether a row with interchanged coordinates is kept as printed, with a remark.
    whole
        Whether what lies outside the region or the scored countries is kept.
    skipped
        Reason -> number of rows left out.
    noted
        Remark -> number of rows kept that it applies to.
    unrecognised
        Canonical column -> {text: number of rows}.
    """

    source: Source
    skip_bad_rows: bool = False
    keep_swapped: bool = False
    whole: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    unrecognised: dict[str, Counter[str]] = field(default_factory=dict)

    def leave_out(self, out: Mask, reason: str) -> Mask:
        """Count the rows that are left out, and give the mask of those that stay."""
        if out.any():
            self.skipped[reason] += int(out.sum())
        return ~out

    def refuse(self, bad: Mask, reason: str, tell: Callable[[int], str], hint: str) -> Mask:
        """Leave bad rows out where that is asked for, else raise for the first of them.

        Parameters
        ----------
        bad
            Which rows are bad.
        reason
            Under which they are counted.
        tell
            Gives the message for the position of a row.
        hint
            What to do, beside skipping bad rows.

        Raises
        ------
        SchemaError
            When there is a bad row and bad rows are not skipped.
        """
        if bad.any() and not self.skip_bad_rows:
            raise SchemaError(tell(int(np.flatnonzero(bad)[0])), f"{hint}, or use --skip-bad-rows")
        return self.leave_out(bad, reason)

    def note(self, where: Mask, remark: str) -> None:
        """Count rows that are kept, but about which something has to be said."""
        if where.any():
            self.noted[remark] += int(where.sum())

    def puzzle(self, column: str, texts: Iterable[str]) -> None:
        """Count texts that no rule of the source knows; a mapping gives the counts itself."""
        found = Counter(texts)
        if found:
            self.unrecognised.setdefault(column, Counter()).update(found)

    def place(self, table: pd.DataFrame, position: int) -> str:
        """Name a row as a person would look for it: source, file and row in the file."""
        reader = self.source.reader
        where = reader.member or reader.layer or reader.sheet or "payload"
        return f"{self.source.id} ({where}) row {table.index[position]}"


_CONTROL: Mapping[int, str | None] = {
    **{c: bytes([c]).decode("cp1252", "ignore") for c in range(0x80, 0xA0)},
    **dict.fromkeys((*range(9), *range(14, 28), 127)),
}
"""C1 control characters are cp1252 bytes that lost their encoding; C0 ones mean nothing."""

_CYRILLIC = re.compile("[Ѐ-ԯ]+")
_DECIMAL = re.compile(r"-?\d+\.\d*0*$")
_MINUS = str.maketrans("−–", "--")


def clean_text(text: str) -> str:
    r"""Repair control characters, and collapse blanks and line breaks to one blank each.

    Examples
    --------
    >>> clean_text("Cerro  Colorado,\n6\x965 Ma\x00 ")
    'Cerro Colorado, 6–5 Ma'
    """
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_CONTROL)
    return " ".join(text.split())


def clean_column(column: pd.Series, nulls: Collection[str] = ()) -> pd.Series:
    """Clean the values of an upstream column, and blank those that mean "unknown".

    Parameters
    ----------
    column
        Texts, numbers, or a mixture of both (as spreadsheets have it).
    nulls
        Texts that mean "unknown"; a number among them also stands for its other spellings
        (``-9999`` for ``-9999.00``) and for the number itself.

    Returns
    -------
    pandas.Series
        On the same index: numbers with NaN where unknown, or texts with None.

    Examples
    --------
    >>> clean_column(pd.Series([" 0.5", "-9999.0", "NA", ""]), ("NA", "-9999")).tolist()
    ['0.5', None, None, None]
    >>> clean_column(pd.Series([0.5, 0.0]), ("NA", "0")).tolist()
    [0.5, nan]
    """
    if column.dtype.kind in "iuf":
        unknown = [number for n in nulls if (number := _number(n)) is not None]
        return column.where(~column.isin(unknown)) if unknown else column
    plain = {_short(n) for n in nulls} | {""}
    texts = [as_text(value) for value in column.astype(object)]
    kept = [text if _short(text) not in plain else None for text in texts]
    return pd.Series(kept, index=column.index, dtype=object)


def as_text(value: object) -> str:
    """Write a value as a text: blank for a missing one, whole numbers without a point.

    Examples
    --------
    >>> as_text(7.0), as_text(float("nan")), as_text(" a  b")
    ('7', '', 'a b')
    """
    if isinstance(value, str):
        return clean_text(value)
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def latin_name(name: str) -> str:
    """Transliterate the Cyrillic parts of a name.

    Examples
    --------
    >>> latin_name("Верхнее Эспе (Верхне-Espe)")
    'Verkhnee Espe (Verkhne-Espe)'
    """
    return _CYRILLIC.sub(lambda found: anyascii(found.group()), name)


def as_numbers(column: pd.Series) -> pd.Series:
    """Read a column as float64; NaN where it is blank or no number.

    Examples
    --------
    >>> as_numbers(pd.Series(["−23.89", "7", "seven", None])).tolist()
    [-23.89, 7.0, nan, nan]
    """
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    if column.dtype.kind in "iufb" or not numbers.isna().any():
        return numbers
    rest = column[numbers.isna()]
    plain = [v.translate(_MINUS) if isinstance(v, str) else None for v in rest]
    again = pd.to_numeric(pd.Series(plain, rest.index, dtype=object), errors="coerce")
    return numbers.fillna(again.astype("float64"))


def clean_numbers(column: pd.Series, nulls: Collection[str] = ()) -> tuple[pd.Series, pd.Series]:
    """Read a column of numbers, most of which need no cleaning.

    Parameters
    ----------
    column, nulls
        As for `clean_column`.

    Returns
    -------
    tuple of pandas.Series
        The numbers, NaN where unknown, and where there is a text that is no number.

    Examples
    --------
    >>> numbers, wrong = clean_numbers(pd.Series(["43.5", "-9999.0", "north", ""]), ("-9999",))
    >>> numbers.tolist(), wrong.tolist()
    ([43.5, nan, nan, nan], [False, False, True, False])
    """
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    rest = numbers.isna()
    unknown = [number for n in nulls if (number := _number(n)) is not None]
    numbers = numbers.mask(numbers.isin(unknown))
    texts = clean_column(column[rest], nulls)
    again = as_numbers(texts)
    wrong = pd.Series(False, index=column.index)
    wrong[rest] = texts.notna() & again.isna()
    return numbers.fillna(again), wrong


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _short(text: str) -> str:
    """Write ``-9999.00`` as ``-9999``; leave any other text as it is."""
    return text.rstrip("0").removesuffix(".") if _DECIMAL.match(text) else text


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
    >>> from geo_ree.catalog.load import load_catalog
    >>> used_columns({"name": "depname"}, load_catalog()["usgs_ree"])
    ['depname', 'lat_dms', 'lon_dms']
    """
    return list(dict.fromkeys([*upstream.values(), *source.further_columns()]))


def nulls_of(source: Source, label: str) -> tuple[str, ...]:
    """Texts that mean "unknown" in one column of the file.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
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
