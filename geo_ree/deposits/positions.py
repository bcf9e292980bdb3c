"""The positions that sources print for each deposit: compared, and one chosen with its error."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, distance_m
from geo_ree.deposits.copies import find_witnesses
from geo_ree.deposits.precision import LIMITS
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M

ROUNDING_M = {
    "hundredth_degree": 700.0,
    "arc_minute": 1_200.0,
    "five_minutes": 5_700.0,
    "tenth_degree": 7_000.0,
}
"""Half the printed unit on the diagonal at 45 N: a coarser position this close to a finer one may
be the same, rounded, and does not count again."""

# Verdicts, what became of each position:
#   chosen: the deposit's position
#   copy: the same position again, or one that its table took from the same place
#   counted: its distance from the chosen one counts for the error
#   outvoted: stands alone against a chosen position that was surveyed, that another one supports,
#             or near which another one lies by more than coincidence
#   coarse: names a district or a cell of a grid, and says nothing against a chosen one that is finer
#   distrusted: its own publisher or compiler says not to use it
#   elsewhere: in another country than the source names, or in water
#   refuted: outside the area that published distances allow
#   misprinted: latitude and longitude interchanged, or a wrong sign

_TIERS = {"distrusted": 1, "elsewhere": 1, "refuted": 2, "misprinted": 3}

_STATED = ("surveyed", "approximate")
"""Classes whose error the source states, or its words."""

_TEXTS = (
    "source_id",
    "publication",
    "name",
    "aliases",
    "country_reported",
    "precision_class",
    "position_basis",
    "reference",
)


def add_positions(members: gpd.GeoDataFrame, positions: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Append the rows of the layer ``positions`` to the records of the same deposits.

    ``deposit_id`` of a position may be the id of any record; positions of other deposits are left
    out. Adds the columns ``caveat`` and ``publication`` (the source of a record, the publication of
    a further position).
    """
    if "caveat" not in members:
        members = members.assign(caveat=None)
    members = members.assign(publication=members["source_id"])
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
        "publication": here["source"],
        "caveat": here["caveat"].where(here["caveat"].notna(), None),
    }
    points = shapely.points(here["longitude"].astype(float), here["latitude"].astype(float))
    added = gpd.GeoDataFrame(rows, geometry=points, crs=STORE_CRS)
    for name in ("deposit", "name", "country_reported"):
        added[name] = owner.loc[of, name].to_numpy()
    added = added.reindex(columns=members.columns).astype(object)
    both = pd.concat([pd.DataFrame(members).astype(object), pd.DataFrame(added)], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=STORE_CRS)


def gather_positions(deposits: gpd.GeoDataFrame, members: gpd.GeoDataFrame) -> pd.DataFrame:
    """Collect all printed positions of all deposits in one table.

    `members` has a row per record, those of a deposit in the order of trust; a deposit without a
    member is a record itself. The table, index 0..n-1, has the members' columns, ``longitude``
    and ``latitude`` (degrees), ``caveat``, ``own_error_m``: the error of the precision class,
    or the stated one if the class is surveyed, approximate, coarse or unknown (a stated error may
    contain the disagreement of sources, which must not protect a position from being compared);
    and ``witness``: the label of the position that it repeats, or its own (`find_witnesses`).

    Raises SchemaError if a record belongs to no deposit.
    """
    stray = ~members["deposit"].isin(deposits["id"])
    if stray.any():
        first = members[stray].iloc[0]
        raise SchemaError(
            f"record {first['record']} belongs to {first['deposit']}, which is not a deposit",
            "give members and deposits of the same merge",
        )
    alone = deposits[~deposits["id"].isin(members["deposit"])]
    rows = pd.concat(
        [
            pd.DataFrame(members).astype(object),
            pd.DataFrame(alone).astype(object).assign(record=alone["id"], deposit=alone["id"]),
        ]
    ).reset_index(drop=True)
    shape = gpd.GeoSeries(rows["geometry"], crs=members.crs)
    placed = (shape.notna() & ~shape.is_empty).to_numpy()
    rows, shape = rows[placed], shape[placed]
    out = rows.reindex(columns=["record", "deposit", *_TEXTS, "caveat", "position_error_m"])
    for name in ("caveat", *_TEXTS):
        out[name] = out[name].where(out[name].notna(), None)
    reported = deposits.set_index("id")["country_reported"].astype(object)
    fallback = out["deposit"].map(reported.where(reported.notna(), None))
    known = out["country_reported"].notna()
    out["country_reported"] = out["country_reported"].where(known, fallback)
    out["position_error_m"] = pd.to_numeric(out["position_error_m"]).astype("float64")
    out = out.assign(longitude=shape.x.to_numpy(), latitude=shape.y.to_numpy())
    error = out["precision_class"].map(dict(PRECISION_ERROR_M)).astype("float64")
    coarse = out["precision_class"].isin(("area", "none")) | error.isna()
    error = error.combine(out["position_error_m"].where(coarse), np.fmax)
    stated = out["precision_class"].isin(_STATED) & out["position_error_m"].notna()
    error = error.mask(stated, out["position_error_m"])
    out = out.assign(own_error_m=error.fillna(PRECISION_ERROR_M["area"])).reset_index(drop=True)
    return out.assign(witness=find_witnesses(out))


def pair_positions(table: pd.DataFrame) -> pd.DataFrame:
    """Measure the distances between all positions of each deposit.

    A row per ordered pair: ``first``, ``second`` (labels in `table`), ``away_m``, ``agree``
    (closer than both errors together, or than ``agree_m``), ``copy`` (one may be the other,
    copied or rounded, or both are one witness) and ``apart`` (neither that, nor of one publication:
    two hands).
    """
    several = table[table["deposit"].duplicated(keep=False)]
    side = several[
        ["deposit", "longitude", "latitude", "own_error_m", "witness", "publication"]
    ].assign(step=several["precision_class"].map(ROUNDING_M).fillna(LIMITS["copy_m"]))
    side = side.rename_axis("at").reset_index()
    both = side.merge(side, on="deposit", suffixes=("", "_2"))
    both = both[both["at"] != both["at_2"]]
    away = distance_m(both["longitude"], both["latitude"], both["longitude_2"], both["latitude_2"])
    within = (both["own_error_m"] + both["own_error_m_2"]).clip(lower=LIMITS["agree_m"])
    step = both[["step", "step_2"]].max(axis=1)
    copy = (away <= step.to_numpy()) | (both["witness"] == both["witness_2"]).to_numpy()
    one_hand = both["publication"].notna() & (both["publication"] == both["publication_2"])
    return pd.DataFrame(
        {
            "first": both["at"].to_numpy(),
            "second": both["at_2"].to_numpy(),
            "away_m": away,
            "agree": away <= within.to_numpy(),
            "copy": copy,
            "apart": ~copy & ~one_hand.to_numpy(),
        }
    )


def choose_positions(
    table: pd.DataFrame,
    pairs: pd.DataFrame,
    outside_km: pd.Series,
    elsewhere: pd.Series,
    misprinted: pd.Series,
) -> pd.DataFrame:
    """Choose a position for each deposit, and give every position its verdict.

    Sound positions come before those that are distrusted or elsewhere, then refuted ones (the nearest
    to the allowed area first), then misprinted ones. Among sound ones, those that stand alone
    (`_stand_alone`) come last and surveyed ones first; then the finest precision class wins, then
    the one that more witnesses support, then the order of the records.

    Parameters
    ----------
    table, pairs
        From `gather_positions` and `pair_positions`.
    outside_km
        Distance of each position from the area that published distances allow.
    elsewhere, misprinted
        Whether it is in another country or in water; whether its coordinates are misprinted.

    Returns
    -------
    pandas.DataFrame
        On the index of `table`: ``verdict`` (see the top of this module), ``from_chosen_m`` and ``supporters``
        (other witnesses that agree with it).
    """
    verdict = pd.Series("counted", table.index, dtype=object)
    verdict[table["caveat"].notna()] = "distrusted"
    verdict[elsewhere] = "elsewhere"
    verdict[outside_km > table["own_error_m"] / 1000.0] = "refuted"
    verdict[misprinted] = "misprinted"
    sound = verdict == "counted"
    supporters = _count_supporters(table, pairs, sound)
    surveyed = table["precision_class"] == "surveyed"
    alone = _stand_alone(table, pairs, sound) & (supporters == 0) & ~surveyed
    keys = pd.DataFrame(
        {
            "tier": verdict.map(_TIERS).fillna(0.0),
            "outside": outside_km.where(verdict == "refuted", 0.0),
            "alone": alone,
            "not_surveyed": ~surveyed,
            "error": table["own_error_m"],
            "unsupported": -supporters,
        }
    )
    best = keys.sort_values([str(k) for k in keys], kind="stable").index
    chosen = table.loc[best].drop_duplicates("deposit").index
    of = table["deposit"].map(pd.Series(chosen, index=table.loc[chosen, "deposit"]))
    link = pairs.set_index(["first", "second"])
    link = link.reindex(pd.MultiIndex.from_arrays([of, table.index]))
    link = link.set_axis(table.index)
    against = table[["own_error_m", "precision_class"]].assign(
        surveyed=surveyed, alone=alone, supporters=supporters, away_m=link["away_m"]
    )
    against["agree"] = link["agree"].fillna(value=False).astype(bool)
    verdict[sound] = _judge_against_chosen(against, against.loc[of].set_axis(table.index))[sound]
    verdict[sound & link["copy"].fillna(value=False).astype(bool)] = "copy"
    verdict[chosen] = "chosen"
    away = link["away_m"].astype("float64").fillna(0.0)
    return pd.DataFrame({"verdict": verdict, "from_chosen_m": away, "supporters": supporters})


def _judge_against_chosen(table: pd.DataFrame, chosen: pd.DataFrame) -> pd.Series:
    """Give sound positions their verdict against the chosen one of their deposit (same index)."""
    own, limit = table["own_error_m"], LIMITS["coarse_m"]
    rough = (own >= limit) & (table["precision_class"] != "approximate")
    rough &= chosen["own_error_m"] < limit
    less_sure = chosen["surveyed"] & ~table["surveyed"]
    says_nothing = rough & ((table["away_m"] <= own) | (own >= LIMITS["cell_m"]))
    says_nothing |= less_sure & table["agree"]
    outvoted = (table["supporters"] < chosen["supporters"]) | less_sure
    outvoted |= table["alone"] & ~chosen["alone"]
    verdict = pd.Series("counted", table.index, dtype=object)
    verdict[says_nothing] = "coarse"
    verdict[outvoted & ~table["agree"]] = "outvoted"
    return verdict


def _count_supporters(table: pd.DataFrame, pairs: pd.DataFrame, sound: pd.Series) -> pd.Series:
    """Number of different witnesses among the sound positions that agree with each.

    A copy speaks for its original only: it is the original that must agree.
    """
    here = table["deposit"].reindex(table["witness"]).to_numpy() == table["deposit"].to_numpy()
    copied = here & sound.reindex(table["witness"]).to_numpy() & (table["witness"] != table.index)
    speaks = (sound & ~copied).loc[pairs["second"]].to_numpy()
    on = pairs["agree"] & pairs["apart"] & speaks
    votes = pairs[on].assign(hand=table["publication"].loc[pairs.loc[on, "second"]].to_numpy())
    votes["hand"] = votes["hand"].where(votes["hand"].notna(), votes["second"])
    return votes.groupby("first")["hand"].nunique().reindex(table.index, fill_value=0)


def _stand_alone(table: pd.DataFrame, pairs: pd.DataFrame, sound: pd.Series) -> pd.Series:
    """Whether other witnesses of the deposit lie so near each other that this position is wrong.

    Wrong positions are distributed at random: that m of them fall within d of another, if they may fall
    within D, has the chance (d / D)^(2m). Where that is below ``coincidence`` for sound positions,
    with D the distance of the nearest of them from this position, they are right. A position is no
    nearer to another than its own error.
    """
    rows = pairs[~pairs["copy"]]
    rows = rows[sound.loc[rows["first"]].to_numpy() & sound.loc[rows["second"]].to_numpy()]
    own = table["own_error_m"]
    errors = [own.loc[rows[c]].to_numpy() for c in ("first", "second")]
    rows = rows.assign(near_m=np.maximum(rows["away_m"].to_numpy(), np.maximum(*errors)))
    deposit = table["deposit"].loc[rows["first"]].set_axis(rows.index)
    rows = rows[rows["apart"].groupby(deposit).transform("any")]  # else there are no others
    out = pd.Series(data=False, index=table.index)
    for _, group in rows.groupby(deposit.loc[rows.index], sort=False):
        links: _Links = {}
        columns = (group[c] for c in ("first", "second", "near_m", "away_m", "apart"))
        for first, second, near, away, apart in zip(*columns, strict=True):
            links.setdefault(first, {})[second] = (near, away, apart)
        ordered = {centre: sorted(o, key=o.__getitem__) for centre, o in links.items()}
        out[[k for k in links if _is_coincidence_unlikely(k, links, ordered)]] = True
    return out


_Links = dict[int, dict[int, tuple[float, float, bool]]]
"""Of each pair of positions: how near they may be (m), how far apart (m), whether of two hands."""


def _is_coincidence_unlikely(this: int, links: _Links, ordered: dict[int, list[int]]) -> bool:
    """Whether positions lie around one of them, and away from this one, by more than coincidence.

    `ordered` has the others of each position, the nearest first.
    """
    for centre, others in links.items():
        if this not in others:
            continue
        members, far = [centre], others[this][1]
        for other in ordered[centre]:
            known = links[other]
            if other == this or this not in known:
                continue
            if all(m in known and known[m][2] for m in members):
                members.append(other)
                far = min(far, known[this][1])
                chance = (others[other][0] / far) ** (2 * (len(members) - 1)) if far > 0.0 else 1.0
                if chance < LIMITS["coincidence"]:
                    return True
    return False


def position_errors(
    table: pd.DataFrame, judged: pd.DataFrame, outside_km: pd.Series
) -> pd.DataFrame:
    """Compute the error of each chosen position, and why it is that large.

    On the labels of the chosen positions: ``error_m``, the largest of the error of the precision
    class, the stated error, the distance to the farthest position of verdict ``counted`` and the
    distance to the area that published distances allow; and ``why``, in words.
    """
    verdict = judged["verdict"]
    chosen = table[verdict == "chosen"]
    counted = judged[verdict == "counted"].assign(deposit=table["deposit"])
    far = counted.sort_values("from_chosen_m", kind="stable").groupby("deposit").tail(1)
    spread = chosen["deposit"].map(far.set_index("deposit")["from_chosen_m"]).fillna(0.0)
    farthest = chosen["deposit"].map(pd.Series(far.index, index=far["deposit"]))
    parts = pd.DataFrame(
        {
            "class": chosen["own_error_m"],
            "stated": chosen["position_error_m"].fillna(0.0),
            "spread": spread,
            "outside": 1000.0 * outside_km.loc[chosen.index].fillna(0.0),
        }
    )
    largest = parts.idxmax(axis=1).astype(str)
    record = farthest.map(table["record"])
    why = []
    for part, away, other, printed in zip(
        largest, spread, record, chosen["precision_class"], strict=True
    ):
        if part == "spread":
            why.append(f"{away / 1000:.1f} km to the farthest position that counts ({other})")
        elif part == "outside":
            why.append("the distance to the area that published distances allow")
        elif part == "stated":
            why.append("as its source states it")
        else:
            why.append(f"precision class {str(printed).replace('_', ' ')}")
    return pd.DataFrame({"error_m": parts.max(axis=1).round(), "why": why}, index=chosen.index)
