"""Trials: which sites are compared as mines and as other sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.studies.validation.mine_labels import COPPER, MATCH_KM

MRDS = "usgs_mrds"
"""A table evaluated by itself, because it is too large to be merged with the others."""

MIN_SITES = 15
"""Least number of sites of each class in a trial."""

NEAR = "a mine of another name within its position error"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A comparison of sites that are mines with other sites.

    Parameters
    ----------
    name
        Short name.
    mines, others
        The two classes, in words.
    table
        Use only sites with a record of this source; empty for all sources but `MRDS`.
    by
        Evidence of a mine: ``icmm`` (joined to a mine of the ICMM dataset), ``status`` (stated by
        its own tables).
    state
        Column with the stated status.
    undeveloped
        Whether the other sites have to be called a prospect or an occurrence; otherwise it is enough
        that they are not known as a mine.
    """

    name: str
    mines: str
    others: str
    table: str = ""
    by: tuple[Literal["icmm", "status"], ...] = ("icmm",)
    state: Literal["stated", "stated_copper"] = "stated"
    undeveloped: bool = True


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        t.name: t
        for t in (
            Trial(
                name="all",
                by=("icmm", "status"),
                mines="joined to an ICMM mine, or called a mine or producer by a table",
                others="called a prospect or occurrence by a table, no mine joined",
            ),
            Trial(
                name="icmm",
                mines="joined to an ICMM mine",
                others="called a prospect or occurrence by a table, no mine joined",
            ),
            Trial(
                name="copper",
                by=("status",),
                table=COPPER,
                state="stated_copper",
                mines="producer or past producer in the copper assessment",
                others="prospect or occurrence in the copper assessment",
            ),
            Trial(
                name="major",
                table="usgs_major_deposits",
                undeveloped=False,
                mines="major deposit joined to an ICMM mine",
                others="major deposit not known as a mine",
            ),
            Trial(
                name="mrds",
                table=MRDS,
                undeveloped=False,
                mines="MRDS record joined to an ICMM mine",
                others="MRDS record not known as a mine",
            ),
        )
    }
)
"""The trials by name; the first is the main one."""


def classify_sites(sites: pd.DataFrame, trial: Trial, *, near_counts: bool = False) -> pd.DataFrame:
    """Assign each site to a class of a trial, or give the reason why it is left out.

    Parameters
    ----------
    sites
        From `mine_labels.label_sites`.
    trial
        The trial.
    near_counts
        Count sites beside a mine of another name as other sites, instead of leaving them out.

    Returns
    -------
    pandas.DataFrame
        On the index of `sites`: ``label`` (``mine``, ``other``, or empty where the site is left out)
        and ``left_out`` (the reason; empty where the site is not in the table of the trial).

    Examples
    --------
    >>> sites = pd.DataFrame({"tables": "t", "stated": ["mine", "undeveloped", "unknown"],
    ...                       "stated_copper": "unknown", "icmm": ["none", "none", "near"]})
    >>> classify_sites(sites, TRIALS["all"])["label"].tolist()
    ['mine', 'other', '']
    """
    tables = sites["tables"].str.split(";")
    in_tables = tables.map(lambda t: trial.table in t if trial.table else MRDS not in t)
    state, icmm = sites[trial.state].to_numpy(), sites["icmm"].to_numpy()
    matched, called = icmm == "matched", state == "mine"
    mine = (("icmm" in trial.by) & matched) | (("status" in trial.by) & called)
    known = matched | called | (sites["stated"].to_numpy() == "mine")
    base = (state == "undeveloped") if trial.undeveloped else np.ones(len(sites), dtype=bool)
    beside = (icmm == "near") & ("icmm" in trial.by) & (not near_counts)
    reasons: list[tuple[NDArray[np.bool_], str]] = [
        (base & ~known & (icmm == "far"), f"joined to a mine farther than {MATCH_KM:g} km"),
        (base & ~known & beside, NEAR),
        (known & ~mine, "known as a mine only by other evidence"),
        (~base & ~known, "no table says whether it was mined"),
    ]
    left = np.full(len(sites), "", dtype=object)
    for where, reason in reversed(reasons):
        left[where] = reason
    left[mine] = ""
    other = base & ~known & (left == "")
    label = np.where(mine, "mine", np.where(other, "other", ""))
    inside = in_tables.to_numpy(dtype=bool)
    return pd.DataFrame(
        {"label": np.where(inside, label, ""), "left_out": np.where(inside, left, "")},
        index=sites.index,
        dtype=object,
    )
