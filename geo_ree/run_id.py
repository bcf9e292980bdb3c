"""The id of a run: the same inputs, options and version have the same one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from geo_ree._version import __version__
from geo_ree.options import Options
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.storage import sha256_of

_FILES = ("preset", "targets", "catalog")
_DIGITS = 16


def identify_run(inputs: Sequence[Mapping[str, Any]], options: Options) -> str:
    """Name a run by what its figures depend on.

    Parameters
    ----------
    inputs
        The inputs of the run: ``id``, ``table``, ``layer``, ``sha256``; their order plays no part.
    options
        What was asked for. Files named in it count by their content, not by their path.

    Returns
    -------
    str
        16 hexadecimal digits: the head of the SHA-256 of the checksums of all inputs, the options and
        the versions of geo_ree and of its schema. Neither clock nor machine is in it.

    Examples
    --------
    >>> table = {"id": "x", "table": "", "layer": "deposits", "sha256": "00"}
    >>> first = identify_run([table], Options())
    >>> first == identify_run([table], Options()), first == identify_run([table], Options(seed=1))
    (True, False)
    """
    asked = asdict(options)
    for name in _FILES:
        path = Path(str(asked.get(name) or ""))
        if path.suffix and path.is_file():
            asked[name] = sha256_of(path)
    read = sorted([str(i.get(k, "")) for k in ("id", "table", "layer", "sha256")] for i in inputs)
    about = {"version": __version__, "schema": SCHEMA_VERSION, "options": asked, "inputs": read}
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
