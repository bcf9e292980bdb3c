"""The layers of all sources joined, each deposit once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from geo_ree.harmonize.normal import Normalized
from geo_ree.schema import LAYERS, validate


def join_layers(parts: Sequence[Normalized]) -> dict[str, gpd.GeoDataFrame]:
    """Put the canonical layers of several sources together.

    Parameters
    ----------
    parts
        One for each source, the curated ones first: where two records are the same deposit
        (``same_as``), the earlier one stays and names the later one as a source.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layer by name; deposits have the column ``sources`` beside the canonical ones: the ids
        of all records behind the row, separated by ``;``.

    Raises
    ------
    SchemaError
        When two different sources use one id.

    Examples
    --------
    >>> from geo_ree import pipeline
    >>> len(join_layers([]))
    0
    """
    grouped: dict[str, list[gpd.GeoDataFrame]] = {}
    for part in parts:
        if len(part.frame):
            grouped.setdefault(part.layer, []).append(part.frame)
    out: dict[str, gpd.GeoDataFrame] = {}
    for layer, frames in grouped.items():
        together = pd.concat([f.astype(object) if len(frames) > 1 else f for f in frames])
        if LAYERS[layer].geometries:
            together = gpd.GeoDataFrame(together, geometry="geometry", crs=frames[0].crs)
        together = together.reset_index(drop=True)
        if layer == "deposits":
            folded, sources = _fold(together)
            out[layer] = validate(folded, layer).assign(sources=sources.to_numpy())
        else:
            out[layer] = validate(together, layer)
    return out


def fold_targets(deposits: pd.DataFrame) -> pd.Series:
    """Tell the deposit of each record, by what the sources themselves call the same.

    Parameters
    ----------
    deposits
        ``id`` and ``same_as``, the curated records first.

    Returns
    -------
    pandas.Series
        On the index of `deposits`: id of the record that leads its deposit, its own where the
        leading one is not there.

    Examples
    --------
    >>> two = pd.DataFrame({"id": ["a:1", "b:7"], "same_as": ["b:7", None]})
    >>> fold_targets(two).tolist()
    ['a:1', 'a:1']
    """
    owner: dict[str, str] = {}
    for row_id, same in zip(deposits["id"], deposits["same_as"], strict=True):
        for other in _split(same):
            if _root(row_id, owner) != other:  # two that name each other: the first one leads
                owner.setdefault(other, row_id)
    present = set(deposits["id"])
    target = {i: _root(i, owner) for i in deposits["id"]}
    return deposits["id"].map(lambda i: target[i] if target[i] in present else i)


def _fold(deposits: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.Series]:
    target = fold_targets(deposits)
    members: dict[str, list[str]] = {}
    for row_id, led_by, same in zip(deposits["id"], target, deposits["same_as"], strict=True):
        members.setdefault(led_by, []).extend([row_id, *_split(same)])
    kept = deposits[target == deposits["id"]]
    sources = kept["id"].map(lambda i: ";".join(dict.fromkeys(members[i])))
    return kept, sources


def _split(text: object) -> list[str]:
    return [t for t in text.split(";") if t] if isinstance(text, str) else []


def _root(row_id: str, owner: Mapping[str, str]) -> str:
    seen = {row_id}
    while (above := owner.get(row_id)) is not None and above not in seen:
        seen.add(above)
        row_id = above
    return row_id
