"""The deposits of one run in another: by the records that they are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

MATCH_COLUMNS = ("before", "after", "match")


def match_deposits(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Find each deposit of a run in another run.

    Two deposits match when they share records; of several, the one that shares most, then the one
    of the same id. Each deposit matches at most one.

    Parameters
    ----------
    before, after
        Deposit id -> ids of its records, separated by ``;``.

    Returns
    -------
    pandas.DataFrame
        ``before`` and ``after`` (ids, None where there is none) and ``match``: ``same`` (the same
        records), ``merged`` (it has gained records), ``split`` (it has lost some), ``changed``
        (both), ``new`` or ``gone``. In the order of `before`, then what is new.

    Notes
    -----
    Cost: linear in the records.

    Examples
    --------
    >>> first = pd.Series({"a:1": "a:1;b:1", "c:1": "c:1"})
    >>> second = pd.Series({"b:1": "b:1;a:1;d:1", "e:1": "e:1"})
    >>> match_deposits(first, second).to_numpy().tolist()
    [['a:1', 'b:1', 'merged'], ['c:1', None, 'gone'], [None, 'e:1', 'new']]
    """
    left, right = _records(before), _records(after)
    owner = {record: deposit for deposit, records in right.items() for record in records}
    pairs = [
        (shared, first == second, first, second)
        for first, records in left.items()
        for second, shared in Counter(owner[r] for r in records if r in owner).items()
    ]
    found: dict[str, str] = {}
    for _, _, first, second in sorted(pairs, key=lambda p: (-p[0], not p[1])):
        if first not in found and second not in found.values():
            found[first] = second
    rows: list[tuple[str | None, str | None, str]] = []
    for first, records in left.items():
        other = found.get(first)
        rows.append((first, other, "gone" if other is None else _kind(records, right[other])))
    taken = set(found.values())
    rows += [(None, second, "new") for second in right if second not in taken]
    return pd.DataFrame(rows, columns=list(MATCH_COLUMNS), dtype=object)


def _records(deposits: pd.Series) -> Mapping[str, frozenset[str]]:
    return {
        str(deposit): frozenset(str(records).split(";")) for deposit, records in deposits.items()
    }


def _kind(before: frozenset[str], after: frozenset[str]) -> str:
    if before == after:
        return "same"
    if before < after:
        return "merged"
    return "split" if after < before else "changed"
