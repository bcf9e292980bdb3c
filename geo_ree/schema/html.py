"""Small tables of HTML for notebooks, every text escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd


def table_html(head: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "") -> str:
    """Make a table that Jupyter and VS Code show in their own style.

    Parameters
    ----------
    head
        Titles of the columns.
    rows
        Cells by row; numbers go to the right, None and NaN are shown as "unknown".
    caption
        A line above the table.

    Returns
    -------
    str

    Examples
    --------
    >>> print(table_html(["name", "km"], [["<A>", 3.5]]))
    <table><thead><tr><th>name</th><th>km</th></tr></thead><tbody><tr><td \
style="text-align:left">&lt;A&gt;</td><td style="text-align:right">3.5</td></tr></tbody></table>
    """
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    above = f"<p>{escape(caption)}</p>" if caption else ""
    return f"{above}<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    unknown = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    text = "unknown" if unknown else f"{value:,.4g}" if isinstance(value, float) else str(value)
    side = "right" if number else "left"
    return f'<td style="text-align:{side}">{escape(text)}</td>'
