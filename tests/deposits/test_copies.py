"""Records that repeat another one are one witness."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.deposits.copies import find_copies, find_witnesses


def table(**records):
    """Records as label=(name, aliases, precision class, longitude, latitude)."""
    columns = ["name", "aliases", "precision_class", "longitude", "latitude"]
    return pd.DataFrame.from_dict(records, orient="index", columns=columns)


def copies(**records):
    found = find_copies(table(**records))
    return dict(zip(found["copy"], found["original"], strict=True))


def test_the_digits_of_another_table_under_one_of_its_names_are_a_copy():
    got = find_copies(
        table(
            major=("Kalmakyr", None, "arc_minute", 69.66667, 40.8),
            tellurium=("Almalyk", None, "arc_second", 69.66745, 40.83151),
            mrds=("Almalyk Complex", "Sary-Cheku", "named_place", 69.66745, 40.83151),
            rhenium=("Kalmakyr (Almalyk)", None, "arc_second", 69.646389, 40.813889),
            porcu=("Almalyk", None, "arc_second", 69.64639, 40.81389),
        )
    )
    pairs = dict(zip(got["copy"], got["original"], strict=True))
    assert pairs == {"tellurium": "mrds", "porcu": "rhenium"}
    assert got["away_m"].max() < 1.0
    assert set(got["word"]) == {"almalyk"}


def test_a_coarser_coordinate_of_the_same_place_is_a_copy_of_the_finer_one():
    assert copies(
        old=("Dzhezkazgan", "Zhezkazgan", "arc_second", 67.39194, 48.12222),
        new=("Dzhezkazgan", None, "hundredth_degree", 67.392, 48.122),
    ) == {"new": "old"}
    assert copies(
        coarse=("Kumtor", None, "arc_minute", 77.5833, 41.9),
        fine=("Kumtor", None, "arc_second", 77.58381, 41.89812),
    ) == {"coarse": "fine"}


@pytest.mark.parametrize(
    "other",
    [
        ("Kounrad", None, "arc_second", 74.98722, 46.98972),
        ("Made-up Ridge", None, "arc_second", 74.98729, 46.99051),
        ("Qonyrat deposit", None, "arc_second", 74.98729, 46.99051),
        ("Kounrad", None, "none", np.nan, np.nan),
        (None, None, "arc_second", 74.98729, 46.99051),
        ("Kounrad", None, "area", 74.99, 46.99),
    ],
    ids=["other digits", "another name", "another spelling", "no place", "no name", "no digits"],
)
def test_these_are_no_copies(other):
    pit = ("Kounrad deposit", None, "arc_second", 74.98729, 46.99051)
    assert copies(pit=pit, other=other) == {}


def test_a_coarse_coordinate_does_not_link_two_fine_ones():
    witness = find_witnesses(
        table(
            coarse=("Kumtor", None, "arc_minute", 77.5833, 41.9),
            pit=("Kumtor", None, "arc_second", 77.5801, 41.8960),
            camp=("Kumtor", None, "arc_second", 77.5880, 41.9040),
        )
    )
    assert witness.to_dict() == {"coarse": "pit", "pit": "pit", "camp": "camp"}


def test_an_empty_table_has_no_copies():
    nothing = table(a=("Kumtor", None, "arc_second", 77.0, 41.0)).iloc[:0]
    assert len(find_copies(nothing)) == len(find_witnesses(nothing)) == 0


PLACES = st.tuples(
    st.sampled_from(["Kumtor", "Kumtor mine", "Almalyk", None]),
    st.just(None),
    st.sampled_from(["arc_second", "arc_minute", "tenth_degree", "area"]),
    st.sampled_from([77.0, 77.0001, 77.008, 77.04, np.nan]),
    st.sampled_from([41.0, 41.0001, 41.012]),
)


@given(st.lists(PLACES, max_size=12))
def test_an_original_is_never_a_copy_and_a_witness_speaks_for_itself(rows):
    records = table(**{f"r{i}": row for i, row in enumerate(rows)})
    found = find_copies(records)
    assert not found["copy"].duplicated().any()
    assert not set(found["copy"]) & set(found["original"])
    witness = find_witnesses(records)
    assert (witness.loc[witness.unique()] == witness.unique()).all()
    assert (found["away_m"] < 10_000).all()
