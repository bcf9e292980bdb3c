"""What stands behind the figures: how the draws fell, what moved them, what the maps leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.maps.data import columnar, plain_dicts

_PER_WHOLE = 1_000
_ALL = "*"
_INFLUENCE = (
    "kind", "criterion", "first_order", "total", "total_conf", "weight", "weight_needed", "new_leader",
)  # fmt: skip
_OMISSION = ("target", "layer", "source_id", "country", "rate", "rate_low", "rate_high", "basis")


def evidence_values(acceptability: pd.DataFrame | None) -> dict[str, Any]:
    """Rank distributions as the page's script reads them.

    Parameters
    ----------
    acceptability
        Index deposit id, columns ranks: share of the draws on each rank.

    Returns
    -------
    dict
        ``acceptability``: id -> the first rank that occurs, and the draws on it and on each
        following one to the last that occurs, in thousandths.

    Examples
    --------
    >>> draws = pd.DataFrame([[0.0, 0.25, 0.75, 0.0]], index=["a"], columns=[1, 2, 3, 4])
    >>> evidence_values(draws)
    {'acceptability': {'a': [2, [250, 750]]}}
    """
    if acceptability is None:
        return {"acceptability": {}}
    ranks, shares = acceptability.columns, acceptability.to_numpy(dtype=np.float64)
    rows = {
        str(i): _distribution(ranks, row)
        for i, row in zip(acceptability.index, shares, strict=True)
    }
    return {"acceptability": {i: row for i, row in rows.items() if row is not None}}


def doubt_tables(
    central_weights: pd.DataFrame | None,
    influence: Sequence[Mapping[str, Any]] | None,
    omission: pd.DataFrame | None,
) -> dict[str, Any]:
    """Tables on what one has to believe, what moves the ranking and what the maps leave out.

    Parameters
    ----------
    central_weights, influence, omission
        As `geo_ree.maps.PageData` has them. Of the omission, what holds for all countries together
        is taken, and a country by itself where its lines were compared.

    Returns
    -------
    dict
        ``central``, ``influence`` and ``omission``: rows without what is unknown, empty without a
        table.

    Examples
    --------
    >>> weights = pd.DataFrame({"rail": [0.7, np.nan]}, index=["a", "b"])
    >>> doubt_tables(weights, [{"kind": "weight", "criterion": "rail", "total": 0.5}], None)
    {'central': {'columns': ['id', 'rail'], 'rows': [['a', 0.7]]}, 'influence': [{'kind': 'weight', \
'criterion': 'rail', 'total': 0.5}], 'omission': {'columns': [], 'rows': []}}
    """
    central = pd.DataFrame() if central_weights is None else central_weights.dropna(how="all")
    lines = pd.DataFrame() if omission is None else omission
    if "country" in lines:
        compared = lines["state"].ne("assumed") if "state" in lines else lines["rate"].notna()
        lines = lines[lines["country"].eq(_ALL) | (lines["source_id"].eq(_ALL) & compared)]
    return {
        "central": columnar(central.rename_axis("id").reset_index(), ("id", *central.columns)),
        "influence": plain_dicts(influence or (), _INFLUENCE),
        "omission": columnar(lines, _OMISSION),
    }


def _distribution(ranks: pd.Index, shares: Any) -> list[Any] | None:
    there = np.flatnonzero(shares > 0.0)
    if not len(there):
        return None
    first, last = int(there[0]), int(there[-1])
    return [int(ranks[first]), np.rint(shares[first : last + 1] * _PER_WHOLE).astype(int).tolist()]
