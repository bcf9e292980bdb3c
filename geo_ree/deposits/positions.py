"""The positions that sources print for a deposit, judged against each other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, distance_m
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M

AGREE_M = 3_000.0
"""Positions so close agree whatever their errors: ore fields are that large (judgement)."""

COPY_M = 100.0
"""Positions so close are one position that was copied, and count as one voice."""

ROUNDING_M = {"hundredth_degree": 700.0, "arc_minute": 1_200.0, "tenth_degree": 7_000.0}
"""Half the printed unit on the diagonal at 45 N: a coarser position so close to a finer one may be
the same, rounded, and is no voice of its own."""

VERDICTS = (
    "chosen",  # the deposit's position
    "copy",  # the same position again
    "counted",  # its distance from the chosen one counts for the error
    "outvoted",  # stands alone against a chosen position that another one supports
    "doubted",  # its own publisher or compiler says not to use it
    "elsewhere",  # in another country than the source names, or in water
    "refuted",  # outside the area that published distances allow
    "swapped",  # latitude and longitude interchanged
)
"""What became of each position."""

_TIERS = {"doubted": 1, "elsewhere": 1, "refuted": 2, "swapped": 3}
_SAME_DEG = 3

_TEXTS = (
    "source_id",
    "name",
    "aliases",
    "country_reported",
    "precision_class",
    "position_basis",
    "reference",
)


def gather_positions(deposits: gpd.GeoDataFrame, members: gpd.GeoDataFrame) -> pd.DataFrame:
    """Put all printed positions of all deposits into one table.

    Parameters
    ----------
    deposits
        A row a deposit, with ``id`` and ``country_reported``.
    members
        A row a record, those of a deposit in the order of trust: ``record``, ``deposit`` and what
        the record says. A deposit without a member is taken as a record itself.

    Returns
    -------
    pandas.DataFrame
        Index 0..n-1: the members' columns, ``longitude``, ``latitude`` (degrees), ``doubt`` and
        ``own_error_m``, the error of the precision class alone.

    Raises
    ------
    SchemaError
        When a record belongs to a deposit that is not there.
    """
    strange = ~members["deposit"].isin(deposits["id"])
    if strange.any():
        first = members[strange].iloc[0]
        raise SchemaError(
            f"record {first['record']} belongs to {first['deposit']}, which is no deposit",
            "give members and deposits of one merge",
        )
    alone = deposits[~deposits["id"].isin(members["deposit"])]
    rows = pd.concat(
        [
            pd.DataFrame(members).astype(object),
            pd.DataFrame(alone).astype(object).assign(record=alone["id"], deposit=alone["id"]),
        ]
    ).reset_index(drop=True)
    shape = gpd.GeoSeries(rows["geometry"], crs=members.crs)
    there = (shape.notna() & ~shape.is_empty).to_numpy()
    rows, shape = rows[there], shape[there]
    out = rows.reindex(columns=["record", "deposit", *_TEXTS, "doubt", "position_error_m"])
    for name in ("doubt", *_TEXTS):
        out[name] = out[name].where(out[name].notna(), None)
    named = deposits.set_index("id")["country_reported"].astype(object)
    fallback = out["deposit"].map(named.where(named.notna(), None))
    out["country_reported"] = out["country_reported"].where(
        out["country_reported"].notna(), fallback
    )
    out["position_error_m"] = pd.to_numeric(out["position_error_m"]).astype("float64")
    out = out.assign(longitude=shape.x.to_numpy(), latitude=shape.y.to_numpy())
    return out.assign(own_error_m=_own_error(out)).reset_index(drop=True)


def _own_error(table: pd.DataFrame) -> pd.Series:
    """Error of the class; the stated one where the class is coarse or says nothing.

    A stated error may hold the disagreement of sources already, which must not shield a position
    from being judged by it.
    """
    error = table["precision_class"].map(dict(PRECISION_ERROR_M)).astype("float64")
    coarse = table["precision_class"].isin(("area", "none")) | error.isna()
    stated = table["position_error_m"].where(coarse)
    return error.combine(stated, np.fmax).fillna(PRECISION_ERROR_M["area"])


def pair_positions(table: pd.DataFrame) -> pd.DataFrame:
    """Distances between all positions of each deposit.

    Parameters
    ----------
    table
        ``deposit``, ``longitude``, ``latitude``, ``precision_class`` and ``own_error_m``.

    Returns
    -------
    pandas.DataFrame
        A row for each ordered pair: ``first``, ``second`` (labels in `table`), ``away_m``,
        ``agree`` (closer than both errors together, or than `AGREE_M`) and ``copy`` (one may be the
        other, copied or rounded).

    Examples
    --------
    >>> two = pd.DataFrame({"deposit": ["a", "a"], "longitude": [76.0, 76.0],
    ...                     "latitude": [42.0, 42.2], "own_error_m": [500.0, 2000.0],
    ...                     "precision_class": ["arc_second", "arc_minute"]})
    >>> pair_positions(two)[["first", "second", "agree"]].values.tolist()
    [[0, 1, False], [1, 0, False]]
    """
    several = table[table["deposit"].duplicated(keep=False)]
    side = several[["deposit", "longitude", "latitude", "own_error_m"]].assign(
        step=several["precision_class"].map(ROUNDING_M).fillna(COPY_M)
    )
    side = side.rename_axis("at").reset_index()
    both = side.merge(side, on="deposit", suffixes=("", "_2"))
    both = both[both["at"] != both["at_2"]]
    away = distance_m(both["longitude"], both["latitude"], both["longitude_2"], both["latitude_2"])
    within = (both["own_error_m"] + both["own_error_m_2"]).clip(lower=AGREE_M)
    step = both[["step", "step_2"]].max(axis=1)
    return pd.DataFrame(
        {
            "first": both["at"].to_numpy(),
            "second": both["at_2"].to_numpy(),
            "away_m": away,
            "agree": away <= within.to_numpy(),
            "copy": away <= step.to_numpy(),
        }
    )


def judge_positions(
    table: pd.DataFrame,
    pairs: pd.DataFrame,
    outside_km: pd.Series,
    elsewhere: pd.Series,
    swapped: pd.Series,
) -> pd.DataFrame:
    """Choose a position for each deposit, and say what became of the others.

    Parameters
    ----------
    table, pairs
        From `gather_positions` and `pair_positions`.
    outside_km
        How far each position is outside the area that published distances allow.
    elsewhere, swapped
        Whether it is in another country or in water; whether its coordinates are interchanged.

    Returns
    -------
    pandas.DataFrame
        On the index of `table`: ``verdict`` of `VERDICTS`, ``from_chosen_m`` and ``supporters``
        (other positions, copies aside, that agree with it).

    Notes
    -----
    The order of choice: sound positions before those that are doubted or elsewhere, then those that
    are refuted (the nearest to the area first), then those that are swapped; then the finest
    precision class; then the order of the records. A position that agrees with fewer others than
    the chosen one, and not with it, is outvoted.
    """
    verdict = pd.Series("counted", table.index, dtype=object)
    verdict[table["doubt"].notna()] = "doubted"
    verdict[elsewhere] = "elsewhere"
    verdict[outside_km > table["own_error_m"] / 1000.0] = "refuted"
    verdict[swapped] = "swapped"
    keys = pd.DataFrame(
        {
            "tier": verdict.map(_TIERS).fillna(0.0),
            "outside": outside_km.where(verdict == "refuted", 0.0),
            "error": table["own_error_m"],
        }
    )
    best = keys.sort_values(["tier", "outside", "error"], kind="stable").index
    chosen = table.loc[best].drop_duplicates("deposit").index
    sound = verdict == "counted"
    supporters = _supporters(table, pairs, sound)
    of = table["deposit"].map(pd.Series(chosen, index=table.loc[chosen, "deposit"]))
    link = pairs.set_index(["first", "second"])
    links = link.reindex(pd.MultiIndex.from_arrays([of, table.index]))
    away = pd.Series(links["away_m"].to_numpy(dtype=np.float64), table.index)
    agree, copied = (
        links[c].fillna(value=False).astype(bool).to_numpy() for c in ("agree", "copy")
    )
    backed = supporters.loc[of].to_numpy()
    verdict[sound & ~agree & (supporters.to_numpy() < backed)] = "outvoted"
    verdict[sound & copied] = "copy"
    verdict[chosen] = "chosen"
    return pd.DataFrame(
        {"verdict": verdict, "from_chosen_m": away.fillna(0.0), "supporters": supporters}
    )


def _supporters(table: pd.DataFrame, pairs: pd.DataFrame, sound: pd.Series) -> pd.Series:
    """Number of different sound positions that agree with each, copies of itself aside."""
    on = pairs["agree"] & ~pairs["copy"] & sound.loc[pairs["second"]].to_numpy()
    place = table[["longitude", "latitude"]].round(_SAME_DEG)
    spot = place.groupby(["longitude", "latitude"], sort=False).ngroup()
    voices = pairs[on].assign(spot=spot.loc[pairs.loc[on, "second"]].to_numpy())
    return voices.groupby("first")["spot"].nunique().reindex(table.index, fill_value=0)


def position_errors(
    table: pd.DataFrame, judged: pd.DataFrame, outside_km: pd.Series
) -> pd.DataFrame:
    """Radius of doubt about each chosen position, and what it comes from.

    Parameters
    ----------
    table, judged
        From `gather_positions` and `judge_positions`.
    outside_km
        As there.

    Returns
    -------
    pandas.DataFrame
        On the labels of the chosen positions: ``error_m``, the largest of the error of the
        precision class, the one that the source states, the distance to the farthest position of
        verdict ``counted``, and the way to the area that published distances allow; and ``why``.
    """
    verdict = judged["verdict"]
    chosen = table[verdict == "chosen"]
    counted = judged[verdict == "counted"].assign(deposit=table["deposit"])
    far = counted.sort_values("from_chosen_m", kind="stable").groupby("deposit").tail(1)
    spread = chosen["deposit"].map(far.set_index("deposit")["from_chosen_m"]).fillna(0.0)
    farthest = chosen["deposit"].map(pd.Series(far.index, index=far["deposit"]))
    outside = 1000.0 * outside_km.loc[chosen.index].fillna(0.0)
    parts = pd.DataFrame(
        {
            "class": chosen["own_error_m"],
            "stated": chosen["position_error_m"].fillna(0.0),
            "spread": spread,
            "outside": outside,
        }
    )
    error = parts.max(axis=1)
    records = farthest.map(table["record"])
    told = zip(parts.idxmax(axis=1), spread, records, chosen["precision_class"], strict=True)
    words = [_why(str(largest), away, record, printed) for largest, away, record, printed in told]
    return pd.DataFrame({"error_m": error.round(), "why": words}, index=chosen.index)


def _why(largest: str, spread: float, farthest: object, printed: object) -> str:
    if largest == "spread":
        return f"{spread / 1000:.1f} km to the farthest position that counts ({farthest})"
    if largest == "outside":
        return "the way to the area that published distances allow"
    if largest == "stated":
        return "as its source states it"
    return f"precision class {str(printed).replace('_', ' ')}"


def spread_of(pairs: pd.DataFrame, table: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Find for each deposit the farthest pair of positions that disagree.

    Parameters
    ----------
    pairs, table, judged
        From `pair_positions`, `gather_positions` and `judge_positions`.

    Returns
    -------
    pandas.DataFrame
        A row a deposit: ``deposit``, ``first``, ``second``, ``away_m``. A pair with the chosen
        position, which is then the first, goes before all others; interchanged coordinates do
        not take part.
    """
    verdict = judged["verdict"]
    one, two = (verdict.loc[pairs[c]].to_numpy() for c in ("first", "second"))
    with_chosen = one == "chosen"
    once = with_chosen | ((pairs["first"] < pairs["second"]).to_numpy() & (two != "chosen"))
    at = pairs[~pairs["agree"] & once & (one != "swapped") & (two != "swapped")]
    at = at.assign(
        deposit=table["deposit"].loc[at["first"]].to_numpy(), other=(~with_chosen)[at.index]
    )
    keys = ["other", "away_m", "first", "second"]
    at = at.sort_values(keys, ascending=[True, False, True, True], kind="stable")
    at = at.drop_duplicates("deposit").reset_index(drop=True)
    return at[["deposit", "first", "second", "away_m"]]


def with_positions(members: gpd.GeoDataFrame, positions: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Add further published positions to the records of the deposits they are about.

    Parameters
    ----------
    members
        A row a record, as `geo_ree.deposits.location` takes them.
    positions
        The canonical layer ``positions``, or None. ``deposit_id`` may be any record's; a position of a
        deposit that is not among the records is left out.

    Returns
    -------
    geopandas.GeoDataFrame
        With the column ``doubt``; the positions come after the records.
    """
    members = members.assign(doubt=None)
    if positions is None or positions.empty:
        return members
    owner = members.drop_duplicates("record").set_index("record")
    here = positions[positions["deposit_id"].isin(owner.index)].astype(object)
    of = here["deposit_id"].to_numpy()
    rows = {
        "record": here["id"],
        "source_id": here["source_id"],
        "precision_class": here["precision_class"],
        "position_basis": here["source"],
        "doubt": here["doubt"].where(here["doubt"].notna(), None),
    }
    points = shapely.points(here["longitude"].astype(float), here["latitude"].astype(float))
    added = gpd.GeoDataFrame(rows, geometry=points, crs=STORE_CRS)
    added["deposit"] = owner.loc[of, "deposit"].to_numpy()
    added["name"] = owner.loc[of, "name"].to_numpy()
    added["country_reported"] = owner.loc[of, "country_reported"].to_numpy()
    added = added.reindex(columns=members.columns).astype(object)
    both = pd.concat([pd.DataFrame(members).astype(object), pd.DataFrame(added)], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=STORE_CRS)
