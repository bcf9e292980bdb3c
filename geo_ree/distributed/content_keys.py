"""Keys of jobs: a hash of all that the outcome depends on, equal for equal content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import BaseModel


def content_key(*values: Any) -> str:
    """Hash frames, arrays, geometries, models, mappings and plain values.

    Examples
    --------
    >>> one, other = (pd.DataFrame({"km": [1.0, km]}) for km in (2.0, 3.0))
    >>> content_key(one) == content_key(one.copy()), content_key(one) == content_key(other)
    (True, False)
    """
    sums = hashlib.sha256()
    for value in values:
        for part in _parts(value):
            sums.update(len(part).to_bytes(8, "little"))
            sums.update(part)
    return sums.hexdigest()


def _parts(value: Any) -> list[bytes]:
    if isinstance(value, pd.DataFrame):
        return _parts_of_frame(value)
    if isinstance(value, np.ndarray) and value.dtype == object:  # geometries
        return [str(value.shape).encode(), *(w or b"" for w in shapely.to_wkb(value))]
    if isinstance(value, np.ndarray):
        return [f"{value.dtype} {value.shape}".encode(), np.ascontiguousarray(value).tobytes()]
    if isinstance(value, Mapping):
        return [content_key(k, v).encode() for k, v in value.items()]
    if isinstance(value, BaseModel):
        return [value.model_dump_json().encode()]
    return [repr(value).encode()]


def _parts_of_frame(frame: pd.DataFrame) -> list[bytes]:
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    kinds = [str(kind) for kind in frame.dtypes]  # the repr of some holds an address of memory
    out = [f"{list(frame.columns)} {kinds} {len(frame)} {crs}".encode()]
    out.append(pd.util.hash_pandas_object(frame.index.to_series()).to_numpy().tobytes())
    for _, column in frame.items():
        if isinstance(column, gpd.GeoSeries):
            out.append(pd.util.hash_array(column.to_wkb().to_numpy(dtype=object)).tobytes())
            continue
        plain = column.astype(str) if column.dtype == object else column
        out.append(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    return out
