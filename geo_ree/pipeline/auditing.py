"""The audit of positions, run on the available sources, and its files.

`geo_ree.deposits.position_audit` computes it; `geo_ree.cli.console.audit` prints it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from geo_ree import storage
from geo_ree.deposits import Located
from geo_ree.outputs.table_files import write_csv
from geo_ree.pipeline.layers import read_layers, resolve_deposits
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.settings import Options, Settings

logger = logging.getLogger(__name__)

LAYERS = ("deposits", "positions", "published_distances", "countries", "admin1", "water")
"""The layers that the audit needs."""


def audit_deposits(settings: Settings, options: Options, tell: Progress = logger.info) -> Located:
    """Choose and audit the positions of all deposits of the available sources.

    Unlike a run, the audit keeps records with misprinted coordinates.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources to use.
    tell
        Called with a line about each table.

    Returns
    -------
    Located

    Raises
    ------
    GeoReeError
        With the file, the row and a hint.

    Examples
    --------
    >>> located = audit_deposits(Settings(), Options(only=("starter_deposits",)))
    >>> "no_position" in located.audit["flag"].tolist()
    True
    """
    layers = read_layers(settings, options, tell, keep_misprinted=True, only_layers=LAYERS)
    located = resolve_deposits(layers, tell).located
    assert located is not None
    return located


def write_audit(located: Located, folder: Path) -> Mapping[str, int]:
    """Write ``audit.csv``, ``audit.geojson`` and ``areas.geojson``, all or none.

    The GeoJSON files hold the rows with a geometry; of the areas those of published distances, not
    whole countries. Returns the number of rows of each file; raises SettingsError if the folder
    cannot be written.
    """
    table = pd.DataFrame(located.audit.drop(columns="geometry"))
    audit = located.audit[located.audit.geometry.notna()]
    areas = located.areas[located.areas["kind"].isin(("feasible", "contradicting"))]
    with storage.atomic_files(folder) as draft:
        write_csv(table, draft / "audit.csv")
        for name, frame in (("audit", audit), ("areas", areas)):
            text = frame.to_json(na="null", drop_id=True, ensure_ascii=False)
            (draft / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")
    return {"audit.csv": len(table), "audit.geojson": len(audit), "areas.geojson": len(areas)}
