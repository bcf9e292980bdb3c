"""The flags of each deposit in a few lines, for balloons and sheets."""

from __future__ import annotations

import pandas as pd

from geo_ree.schema import PUBLISHED_FLAGS


def flag_words(flags: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """Word the flags of each deposit: pairs of severity and facts, the worst first.

    Parameters
    ----------
    flags
        The published table ``flags``.

    Returns
    -------
    dict of str to list of tuple
        Id of the deposit -> severity and the facts of it as one text; a published fact begins with its
        date. Flags of the severity ``unknown`` are their names.

    Examples
    --------
    >>> rows = {"deposit_id": ["x:1"] * 2, "flag": ["park", "no_water_near"], "date": ["2024", ""],
    ...         "severity": ["stop", "unknown"], "fact": ["It lies in a park.", "Not known."]}
    >>> flag_words(pd.DataFrame(rows))["x:1"]
    [('stop', '2024: It lies in a park.'), ('unknown', 'no water near')]
    """
    out: dict[str, list[tuple[str, str]]] = {}
    for (deposit, severity), part in flags.groupby(["deposit_id", "severity"], sort=False):
        if severity == "unknown":
            words = ", ".join(str(name).replace("_", " ") for name in part["flag"])
        else:
            rows = zip(part["flag"], part["date"], part["fact"], strict=True)
            words = " ".join(
                f"{date}: {fact}" if flag in PUBLISHED_FLAGS else str(fact)
                for flag, date, fact in rows
            )
        out.setdefault(str(deposit), []).append((str(severity), words))
    return out
