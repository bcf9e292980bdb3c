"""How the records of this package show themselves in a notebook."""

from __future__ import annotations

from html import escape

import pandas as pd


def html_table(table: pd.DataFrame, *, caption: str = "", index: bool = False) -> str:
    """Make an HTML table with every text escaped and unknown values named."""
    title = f"<p>{escape(caption)}</p>" if caption else ""
    body = table.to_html(
        index=index,
        escape=True,
        border=0,
        na_rep="unknown",
        float_format=lambda value: f"{value:,.4g}",
    )
    return f"{title}{body}"
