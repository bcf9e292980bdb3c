"""Which rows of a table are one record, and by what id each is known."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.harmonize.account import Account
from geo_ree.harmonize.columns import nulls_of, used_columns
from geo_ree.harmonize.values import as_text, clean_column


def record_ids(table: pd.DataFrame, upstream: Mapping[str, str], source: Source) -> pd.Series:
    """Ids of the rows: the publisher's own, or the number of the row where it gives none.

    Returns
    -------
    pandas.Series of str
        ``<namespace>:<id>`` on the index of `table`.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> ree = load_catalog()["usgs_ree"]
    >>> rows = pd.DataFrame({"rec_id": ["4", ""]}, index=[2, 3])
    >>> record_ids(rows, {"native_id": "rec_id"}, ree).tolist()
    ['usgs_ree:4', 'usgs_ree:row-3']
    """
    if "native_id" not in upstream:
        return pd.Series([f"{source.namespace}:{row}" for row in table.index], table.index, object)
    label = upstream["native_id"]
    native = clean_column(table[label], nulls_of(source, label))
    texts = [as_text(v) or f"row-{row}" for row, v in native.items()]
    return pd.Series([f"{source.namespace}:{t}" for t in texts], table.index, dtype=object)


def fold_repeated(
    table: pd.DataFrame,
    ids: pd.Series,
    upstream: Mapping[str, str],
    source: Source,
    account: Account,
) -> pd.DataFrame:
    """Keep the first of rows that say the same under one id.

    Parameters
    ----------
    table, ids
        The rows, and the id of each.
    upstream, source
        Tell which columns count.
    account
        Told of the rows left out.

    Returns
    -------
    pandas.DataFrame
        The rows left; no id stands twice.

    Raises
    ------
    SchemaError
        When two rows that differ have one id, unless bad rows are skipped.
    """
    again = ids.duplicated(keep=False).to_numpy()
    if not again.any():
        return table
    said = pd.DataFrame({"id": ids})
    for label in used_columns(upstream, source):
        said[label] = clean_column(table[label], nulls_of(source, label)).map(as_text)
    if isinstance(table, gpd.GeoDataFrame):
        said["geometry"] = table.geometry.to_wkb()
    stay = account.leave_out(said.duplicated().to_numpy(), "the same record again")
    table, ids = table[stay], ids[stay]
    other = ids.duplicated().to_numpy()

    def tell(position: int) -> str:
        first = int((ids == ids.iloc[position]).to_numpy().argmax())
        native = ids.iloc[position].partition(":")[2]
        return (
            f"{account.place(table, position)}: id {native!r} is that of row "
            f"{table.index[first]} too, and the two differ"
        )

    cure = "correct the row, or name another column as native_id in the catalogue entry"
    return table[account.refuse(other, "another record of the same id", tell, cure)]
