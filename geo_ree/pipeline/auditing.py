"""The audit of all deposits at hand: where reading, harmonizing and locating meet."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from geo_ree import storage
from geo_ree.deposits import Located
from geo_ree.outputs.tables import write_csv
from geo_ree.pipeline.layers import Progress, read_layers, resolve_deposits
from geo_ree.settings import Options, Settings

logger = logging.getLogger(__name__)


LAYERS = ("deposits", "positions", "published_distances", "countries", "water")
"""The layers that the audit needs."""

_DRAWN = ("feasible", "contradicting")


def audit_deposits(settings: Settings, options: Options, tell: Progress = logger.info) -> Located:
    """Choose and audit the positions of all deposits of the chosen sources at hand.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    tell
        Called with a line on each table.

    Returns
    -------
    Located
        ``audit`` and ``areas`` are GeoDataFrames for the map.

    Raises
    ------
    GeoReeError
        With the file, the row and the hint.

    Examples
    --------
    >>> done = audit_deposits(Settings(), Options(only=("starter_deposits",)))
    >>> "no_position" in done.audit["flag"].tolist()
    True
    """
    layers = read_layers(settings, options, tell, keep_swapped=True, only_layers=LAYERS)
    located = resolve_deposits(layers, tell).located
    assert located is not None
    return located


def write_audit(located: Located, folder: Path) -> Mapping[str, int]:
    """Write ``audit.csv``, ``audit.geojson`` and ``areas.geojson``, all or none.

    Parameters
    ----------
    located
        From `audit_deposits`.
    folder
        Made when missing.

    Returns
    -------
    dict of str to int
        Rows in each file. The layers have what has a place; of the areas those that published
        distances leave, not whole countries.

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    plain = pd.DataFrame(located.audit.drop(columns="geometry"))
    audit = located.audit[located.audit.geometry.notna()]
    areas = located.areas[located.areas["kind"].isin(_DRAWN)]
    with storage.atomic_files(folder) as draft:
        write_csv(plain, draft / "audit.csv")
        for name, frame in (("audit", audit), ("areas", areas)):
            text = frame.to_json(na="null", drop_id=True, ensure_ascii=False)
            (draft / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")
    return {"audit.csv": len(plain), "audit.geojson": len(audit), "areas.geojson": len(areas)}
