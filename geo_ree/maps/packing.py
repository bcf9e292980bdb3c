"""Frames turned into the compact plain values that the page's script reads."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

_DIGITS = 3
_STEM_DIGITS = (("latitude", 5), ("longitude", 5), ("foot_", 5), ("score", 4), ("value_", 6))
_FEW_WORDS = 0.5
_NO_CATEGORY = ("", "unknown", "none", "nan", "not stated")


def plain(value: Any) -> Any:
    """A value as JSON knows it: None for unknown, rounded numbers, text.

    Parameters
    ----------
    value
        A cell of a frame; lists and tuples become one text.

    Returns
    -------
    bool, int, float, str or None

    Examples
    --------
    >>> plain(float("nan")), plain(1.23456), plain(np.int64(3)), plain(["x", "y"])
    (None, 1.235, 3, 'x; y')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), _DIGITS) if np.isfinite(value) else None
    if isinstance(value, list | tuple):
        return "; ".join(str(v) for v in value) or None
    return str(value).replace("\x00", "")


def columnar(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, Any]:
    """Rows without their column names repeated; the script puts the two together again.

    Parameters
    ----------
    frame
        Any table.
    columns
        Names of the columns wanted; those the frame lacks are left out.

    Returns
    -------
    dict
        ``columns`` (names) and ``rows`` (lists of plain values, None for unknown).

    Examples
    --------
    >>> columnar(pd.DataFrame({"a": [1, None], "b": ["x", "y"]}), ["a", "b", "c"])
    {'columns': ['a', 'b'], 'rows': [[1.0, 'x'], [None, 'y']]}
    """
    names = [c for c in dict.fromkeys(columns) if c in frame.columns]
    rows = zip(*(frame[c] for c in names), strict=True) if names else ()
    return {"columns": names, "rows": [[plain(v) for v in row] for row in rows]}


def packed(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, Any]:
    """A long table by columns, so that it stays small when it is compressed.

    Parameters
    ----------
    frame
        Any table.
    columns
        Names of the columns wanted; those the frame lacks, or that hold nothing, are left out.

    Returns
    -------
    dict
        ``length`` and ``packed``: name -> list of values (numbers rounded to what they can
        mean), or ``words`` and ``at``, where the same texts come again and again.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1.23456, None], "b": ["x", "x"], "c": [None, None]})
    >>> packed(table, ["a", "b", "c"])
    {'length': 2, 'packed': {'a': [1.235, None], 'b': {'words': ['x'], 'at': [0, 0]}}}
    """
    out: dict[str, Any] = {}
    for name in dict.fromkeys(columns):
        if name in frame.columns and frame[name].notna().any():
            out[name] = _column(frame[name], name)
    return {"length": len(frame), "packed": out}


def _column(values: pd.Series, name: str) -> Any:
    kind = values.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        if pd.api.types.is_integer_dtype(kind):
            return [None if v is pd.NA else int(v) for v in values.tolist()]
        digits = next((d for stem, d in _STEM_DIGITS if name.startswith(stem)), _DIGITS)
        rounded = values.to_numpy(dtype=np.float64, na_value=np.nan).round(digits) + 0.0
        return [v if np.isfinite(v) else None for v in rounded.tolist()]
    cells = [plain(v) for v in values]
    if not all(c is None or isinstance(c, str) for c in cells):
        return cells
    at, words = pd.factorize(np.array(cells, dtype=object))
    if len(words) > _FEW_WORDS * len(cells):
        return cells
    return {"words": words.tolist(), "at": at.tolist()}


def plain_dicts(items: Iterable[Mapping[Any, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """The named entries of each mapping as plain values, without what is unknown.

    Examples
    --------
    >>> plain_dicts([{"id": "a", "rows": 3, "file": "x"}], ["id", "rows", "edition"])
    [{'id': 'a', 'rows': 3}]
    """
    return [{k: v for k in keys if (v := plain(item.get(k))) is not None} for item in items]


def contained_oxide(resources: pd.DataFrame) -> dict[str, float]:
    """Largest single statement of contained oxide that may size a symbol.

    A statement counts when its substance is ``oxide`` and both its category and whose
    statement it is are known. Statements are compared, never added.

    Parameters
    ----------
    resources
        The canonical layer ``resources``; may be empty.

    Returns
    -------
    dict of str to float
        ``deposit_id`` -> tonnes.

    Examples
    --------
    >>> contained_oxide(pd.DataFrame({
    ...     "deposit_id": ["a", "a", "b"], "substance": ["oxide", "oxide", "oxide"],
    ...     "quantity_t": [42980.0, 3560.0, 9.0], "system": ["JORC", "JORC", "press"],
    ...     "category": ["Measured + Indicated", "Inferred", "unknown"]}))
    {'a': 42980.0}
    """
    needed = {"deposit_id", "substance", "quantity_t", "category", "system"}
    if not needed <= set(resources.columns):
        return {}
    usable = (
        (resources["substance"] == "oxide")
        & (pd.to_numeric(resources["quantity_t"], errors="coerce") > 0)
        & _stated(resources["category"])
        & _stated(resources["system"])
    )
    largest = resources[usable].groupby("deposit_id")["quantity_t"].max()
    return {str(k): float(v) for k, v in largest.items()}


def _stated(words: pd.Series) -> pd.Series:
    known = words.astype(object).where(words.notna(), "")
    return ~known.map(lambda w: str(w).strip().casefold()).isin(_NO_CATEGORY)


def compressed(value: Mapping[str, Any] | Sequence[Any] | str) -> str:
    """JSON, compressed, as text that is safe inside a ``script`` element.

    Parameters
    ----------
    value
        Plain values, as `plain` gives them.

    Returns
    -------
    str
        Base64 of gzip of JSON: letters, digits, ``+``, ``/`` and ``=``, so that nothing in it
        can end the element or become markup. The same value gives the same text.

    Examples
    --------
    >>> text = compressed({"name": "</script><b>"})
    >>> json.loads(gzip.decompress(base64.b64decode(text)))
    {'name': '</script><b>'}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Half of a surrogate pair is no text: UTF-8 has none, and "?" shows that something was there.
    whole = gzip.compress(text.encode("utf-8", "replace"), compresslevel=9, mtime=0)
    return base64.b64encode(whole).decode("ascii")
