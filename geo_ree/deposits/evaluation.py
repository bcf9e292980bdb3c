"""How well merging agrees with pairs of records that a person has labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Counts over labelled pairs, and what follows from them.

    Parameters
    ----------
    joined_right, joined_wrong
        Pairs labelled same, and different, whose records ended in one deposit.
    apart_wrong, apart_right
        Pairs labelled same, and different, whose records ended in two.
    """

    joined_right: int
    joined_wrong: int
    apart_wrong: int
    apart_right: int

    @property
    def precision(self) -> float:
        """Share of the joined pairs that are labelled same."""
        joined = self.joined_right + self.joined_wrong
        return self.joined_right / joined if joined else float("nan")

    @property
    def recall(self) -> float:
        """Share of the pairs labelled same that were joined."""
        same = self.joined_right + self.apart_wrong
        return self.joined_right / same if same else float("nan")

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}, recall {self.recall:.3f} ({self.joined_right} joined "
            f"rightly, {self.joined_wrong} wrongly, {self.apart_wrong} missed, "
            f"{self.apart_right} kept apart rightly)"
        )


def score_groups(labels: pd.DataFrame, deposit: Mapping[str, str]) -> Agreement:
    """Compare labelled pairs with the deposits that their records ended in.

    Parameters
    ----------
    labels
        Columns ``first``, ``second`` (record ids) and ``label``: same, different or unclear, the
        last of which do not count.
    deposit
        Record id -> id of its deposit. Pairs with a record that is not there do not count.

    Returns
    -------
    Agreement

    Examples
    --------
    >>> pairs = pd.DataFrame({"first": ["a", "a"], "second": ["b", "c"],
    ...                       "label": ["same", "different"]})
    >>> score_groups(pairs, {"a": "a", "b": "a", "c": "c"}).precision
    1.0
    """
    counts = {(label, joined): 0 for label in ("same", "different") for joined in (True, False)}
    for first, second, label in zip(
        labels["first"], labels["second"], labels["label"], strict=True
    ):
        if label != "unclear" and first in deposit and second in deposit:
            counts[label, deposit[first] == deposit[second]] += 1
    return Agreement(
        joined_right=counts["same", True],
        joined_wrong=counts["different", True],
        apart_wrong=counts["same", False],
        apart_right=counts["different", False],
    )
