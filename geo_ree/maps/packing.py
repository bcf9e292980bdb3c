"""Tables turned into the compact plain values that the page's script reads."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

_DIGITS = 3
_STEM_DIGITS = (("latitude", 5), ("longitude", 5), ("foot_", 5), ("score", 4), ("value_", 6))
_FEW_WORDS = 0.5
_MARKUP, _PLAIN = b"<>&", b",:."  # letters of base85 that are markup, and letters that it lacks


def plain(value: Any) -> Any:
    """Give a value as JSON has it: None for unknown, a rounded number, or text."""
    if isinstance(value, list | tuple):
        value = "; ".join(str(v) for v in value) or None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), _DIGITS) if np.isfinite(value) else None
    return str(value).replace("\x00", "")


def safe_html(value: Any) -> str:
    """Give a value as text for HTML: escaped, and no rule of a style or half a surrogate in it.

    Examples
    --------
    >>> safe_html("A & B (c)")
    'A &amp; B &#40;c)'
    """
    text = escape(" ".join(str(plain(value)).splitlines()))
    return (
        text.replace("(", "&#40;").replace("@", "&#64;").encode("utf-8", "replace").decode("utf-8")
    )


def columnar(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, Any]:
    """Pack a short table as ``columns`` (those that it has) and ``rows`` of plain values."""
    names = [c for c in dict.fromkeys(columns) if c in frame.columns]
    rows = zip(*(_cells(frame[c], _DIGITS) for c in names), strict=True) if names else ()
    return {"columns": names, "rows": [list(row) for row in rows]}


def packed(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, Any]:
    """Pack a long table by columns, so that it stays small when it is compressed.

    ``packed`` maps the name of each column that is not blank to a list of values, numbers rounded
    to their meaningful digits. A text column with few words becomes ``words`` and ``at``, the
    position of each row's word (-1 for unknown).
    """
    out: dict[str, Any] = {}
    for name in dict.fromkeys(columns):
        if name in frame.columns and frame[name].notna().any():
            digits = next((d for stem, d in _STEM_DIGITS if name.startswith(stem)), _DIGITS)
            out[name] = _words(frame[name]) or _cells(frame[name], digits)
    return {"length": len(frame), "packed": out}


def _cells(values: pd.Series, digits: int) -> list[Any]:
    """Give a column as plain values."""
    if pd.api.types.is_float_dtype(values.dtype):
        rounded = values.to_numpy(dtype=np.float64, na_value=np.nan).round(digits) + 0.0
        return [v if np.isfinite(v) else None for v in rounded.tolist()]
    return [plain(v) for v in values.tolist()]


def _words(values: pd.Series) -> dict[str, Any] | None:
    """Give a text column as its words and their positions; None if it has many words or no text."""
    if pd.api.types.infer_dtype(values, skipna=True) != "string":
        return None
    at, words = pd.factorize(values)
    if len(words) > _FEW_WORDS * len(values):
        return None
    return {"words": [plain(word) for word in words.tolist()], "at": at.tolist()}


def plain_dicts(items: Iterable[Mapping[Any, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Give the known entries of each mapping as plain values."""
    return [{k: v for k in keys if (v := plain(item.get(k))) is not None} for item in items]


def compressed(value: Mapping[str, Any] | Sequence[Any] | str) -> str:
    """Give plain values as base85 of gzipped JSON, which is safe inside a ``script`` element.

    The letters that could end the element or become markup are replaced by others. The same value
    gives the same text. Base85 takes 25 % more than the bytes, base64 33 %.

    Examples
    --------
    >>> decompressed(compressed({"a": [1, "</script>"]}))
    {'a': [1, '</script>']}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # UTF-8 cannot hold half of a surrogate pair; "?" shows that something was there.
    whole = gzip.compress(text.encode("utf-8", "replace"), compresslevel=6, mtime=0)
    return base64.b85encode(whole).translate(bytes.maketrans(_MARKUP, _PLAIN)).decode("ascii")


def decompressed(text: str) -> Any:
    """Give the plain values of `compressed` again."""
    letters = text.encode("ascii").translate(bytes.maketrans(_PLAIN, _MARKUP))
    return json.loads(gzip.decompress(base64.b85decode(letters)))
