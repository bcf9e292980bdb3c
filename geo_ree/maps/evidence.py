"""What stands behind the figures: how the draws fell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_PER_WHOLE = 1_000


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


def _distribution(ranks: pd.Index, shares: Any) -> list[Any] | None:
    there = np.flatnonzero(shares > 0.0)
    if not len(there):
        return None
    first, last = int(there[0]), int(there[-1])
    return [int(ranks[first]), np.rint(shares[first : last + 1] * _PER_WHOLE).astype(int).tolist()]
