"""Why a record ranks, and how far its rare earths got, by the rules of its source."""

from __future__ import annotations

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.schema import RANKED_ROLES

_STANDING = {
    "primary": "a main commodity",
    "by_product": "a by-product or a lesser commodity",
    "assay": "only assayed",
}


def add_role_reasons(frame: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Add ``why_role`` to the ranked records that have none, and ``stage_basis`` to stages by rule.

    A stage that a rule reads from the state of a mine is about its main commodity, so it is
    blanked where rare earths are not that. A stage that the source itself states stays.
    """
    if "role" not in frame:
        return frame
    blank = pd.Series(None, frame.index, dtype=object)
    tier, reasons = frame.get("commodity_tier", blank), frame.get("why_role", blank)
    standing = tier.map(_STANDING).where(frame["role"].isin(RANKED_ROLES))
    by_rule = "Rare earths are " + standing + f" of the record. Source: {source.label}"
    out = frame.assign(why_role=reasons.where(reasons.notna(), by_rule).astype(object))
    if "stage" not in source.words or "stage" not in out:
        return out
    stage = out["stage"].where(tier == "primary")
    basis = "Its state is given as: " + out["status"] + f". Source: {source.label}"
    return out.assign(stage=stage.astype(object), stage_basis=basis.where(stage.notna()))
