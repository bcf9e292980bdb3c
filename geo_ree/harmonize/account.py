"""What became of each row of a source on the way to its layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

Mask = np.ndarray


@dataclass
class Account:
    """A tally that is kept while one source is normalized.

    Attributes
    ----------
    source
        Its catalogue entry, for messages.
    skip_bad_rows
        Whether a bad row is set aside instead of being an error.
    keep_swapped
        Whether a row with interchanged coordinates is kept as printed, with a remark.
    whole
        Whether what lies outside the region or the scored countries is kept.
    set_aside
        Reason -> number of rows left out.
    noted
        Remark -> number of rows kept that it applies to.
    not_understood
        Canonical column -> {text: number of rows}.
    """

    source: Source
    skip_bad_rows: bool = False
    keep_swapped: bool = False
    whole: bool = False
    set_aside: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    not_understood: dict[str, Counter[str]] = field(default_factory=dict)

    def leave_out(self, out: Mask, reason: str) -> Mask:
        """Count the rows that are left out, and give the mask of those that stay."""
        if out.any():
            self.set_aside[reason] += int(out.sum())
        return ~out

    def refuse(self, bad: Mask, reason: str, tell: Callable[[int], str], cure: str) -> Mask:
        """Leave bad rows out where that is asked for, else raise for the first of them.

        Parameters
        ----------
        bad
            Which rows are bad.
        reason
            Under which they are counted.
        tell
            Gives the message for the position of a row.
        cure
            What to do, beside skipping bad rows.

        Raises
        ------
        SchemaError
            When there is a bad row and bad rows are not skipped.
        """
        if bad.any() and not self.skip_bad_rows:
            raise SchemaError(tell(int(np.flatnonzero(bad)[0])), f"{cure}, or use --skip-bad-rows")
        return self.leave_out(bad, reason)

    def note(self, where: Mask, remark: str) -> None:
        """Count rows that are kept, but about which something has to be said."""
        if where.any():
            self.noted[remark] += int(where.sum())

    def puzzle(self, column: str, texts: Iterable[str]) -> None:
        """Count texts that no rule of the source knows; a mapping gives the counts itself."""
        found = Counter(texts)
        if found:
            self.not_understood.setdefault(column, Counter()).update(found)

    def place(self, table: pd.DataFrame, position: int) -> str:
        """Name a row as a person would look for it: source, file and row in the file."""
        reader = self.source.reader
        where = reader.member or reader.layer or reader.sheet or "payload"
        return f"{self.source.id} ({where}) row {table.index[position]}"
