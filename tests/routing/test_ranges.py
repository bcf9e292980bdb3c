"""Figures with an interval: read with their source, drawn through their quantiles."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.errors import RouteError
from geo_ree.routing import Range, draw, read_ranges

HEADER = "name,p10,p50,p90,unit,year,source,basis\n"
positive = st.floats(0.01, 1e4)


def write(folder: Path, row: str) -> Path:
    path = folder / "costs.csv"
    path.write_text(HEADER + row + "\n", encoding="utf-8")
    return path


@given(st.lists(positive, min_size=3, max_size=3).map(sorted), st.integers(0, 2**31))
def test_draws_go_through_the_three_quantiles(ends, seed):
    p10, p50, p90 = ends
    drawn = draw(Range(name="x", p10=p10, p50=p50, p90=p90, unit="USD"), 4000, seed)
    assert (drawn > 0).all()
    for end, share in zip(ends, (0.1, 0.5, 0.9), strict=True):
        assert (drawn < end * 1.000001).mean() >= share - 0.03
        assert (drawn > end * 0.999999).mean() >= 1 - share - 0.03


def test_draws_of_one_name_are_shared_and_fewer_are_the_first_of_more():
    one = Range(name="rail", p10=2, p50=4, p90=8, unit="USD")
    dearer = Range(name="rail", p10=4, p50=8, p90=16, unit="USD")
    other = Range(name="truck", p10=2, p50=4, p90=8, unit="USD")
    assert np.allclose(2 * draw(one, 50, 3), draw(dearer, 50, 3))
    assert (draw(one, 50, 3) == draw(one, 200, 3)[:50]).all()
    assert abs(np.corrcoef(draw(one, 4000, 3), draw(other, 4000, 3))[0, 1]) < 0.1
    assert (draw(one, 50, 3) != draw(one, 50, 4)).all()


def test_every_row_of_the_package_has_a_source():
    for figure in read_ranges().values():
        assert figure.source
        assert figure.year
        assert 0 <= figure.p10 <= figure.p50 <= figure.p90


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("rail,2,4,8,USD,2022,,published", r"row 2 \(rail\) has no source"),
        ("rail,2,4,8,USD,,x,published", r"row 2 \(rail\) has no year"),
        ("rail,2,4,x,USD,2022,x,published", r"row 2: P10, P50 and P90 are '2', '4', 'x'"),
        ("rail,-2,4,8,USD,2022,x,published", r"-2 to 8 is no range of costs"),
        ("rail,2,4,inf,USD,2022,x,published", r"2 to inf is no range of costs"),
        ("rail,9,4,8,USD,2022,x,published", r"P10 9, P50 4 and P90 8 do not ascend"),
        ("rail,0,4,8,USD,2022,x,published", r"P10 is 0 and P90 is not"),
        ("rail,2,4,8,USD,2022,x,guess", r"the basis is 'guess'"),
        (
            "rail,2,4,8,USD,2022,x,derived\nrail,2,4,8,USD,2022,x,derived",
            r"row 3: rail comes twice",
        ),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, said):
    path = write(tmp_path, row)
    with pytest.raises(RouteError, match=said) as caught:
        read_ranges(path)
    assert str(path) in str(caught.value)


def test_a_table_that_is_none_is_named(tmp_path):
    with pytest.raises(RouteError, match=r"no\.csv cannot be read"):
        read_ranges(tmp_path / "no.csv")
    (tmp_path / "a.csv").write_text("name,p10\n")
    with pytest.raises(RouteError, match=r"a\.csv has no column p50, p90, unit"):
        read_ranges(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("name;p10;p50\nrail;3,1;4\n")
    with pytest.raises(RouteError, match=r"b\.csv separates its columns by semicolons"):
        read_ranges(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((-1.0, 2.0, 3.0), "no range of costs"),
        ((5.0, 2.0, 3.0), "do not ascend"),
        ((0.0, 2.0, 3.0), "P10 is 0"),
    ],
)
def test_a_range_made_in_python_is_checked_too(ends, said):
    low, middle, high = ends
    with pytest.raises(RouteError, match=f"rail: .*{said}"):
        Range(name="rail", p10=low, p50=middle, p90=high, unit="US cents per t-km")
