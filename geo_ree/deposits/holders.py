"""Who holds each deposit: the row of the layer ``control`` that stands for it."""

from __future__ import annotations

import pandas as pd

from geo_ree.deposits.resources.statements import with_owner
from geo_ree.schema import HOLDER_STATUSES

HOLDER_COLUMNS = ("holder", "holder_status", "owner_country", "partner", "control_as_of")
"""Columns that `holder_columns` gives."""


def holder_columns(control: pd.DataFrame, deposits: pd.DataFrame) -> pd.DataFrame:
    """Give the holder of each deposit.

    Parameters
    ----------
    control
        The canonical layer ``control``; a frame without rows where there is none.
    deposits
        Deposits with ``id`` and, if records were merged, ``sources``.

    Returns
    -------
    pandas.DataFrame
        `HOLDER_COLUMNS` on the index of `deposits`. Where several records of a deposit have a row,
        the one with the better ``holder_status`` counts, then the newer one. None in all columns
        means that nobody looked; ``not found`` that no page names a holder.

    Examples
    --------
    >>> rows = pd.DataFrame({"deposit_id": ["y:7", "x:1"], "holder_status": ["found", "not found"],
    ...                      "holder": ["A Ltd", None], "as_of": ["2024", "2026-01"]})
    >>> sites = pd.DataFrame({"id": ["x:1", "x:2"], "sources": ["x:1;y:7", "x:2"]})
    >>> holder_columns(rows, sites)[["holder", "control_as_of"]].values.tolist()
    [['A Ltd', '2024'], [None, None]]
    """
    names = [name for name in HOLDER_COLUMNS if name != "control_as_of"]
    rows = pd.DataFrame(columns=["deposit_id", "as_of", *names])
    if len(control):
        rows = with_owner(control, deposits).reindex(columns=rows.columns)
    order = {status: at for at, status in enumerate(HOLDER_STATUSES)}
    rows = rows.assign(at=rows["holder_status"].map(order)).sort_values(
        ["at", "as_of"], ascending=[True, False], kind="stable"
    )
    first = rows.drop_duplicates("deposit_id").set_index("deposit_id")
    out = first.rename(columns={"as_of": "control_as_of"}).reindex(deposits["id"].astype(object))
    out = out[list(HOLDER_COLUMNS)].astype(object)
    return out.where(out.notna(), None).set_axis(deposits.index)
