"""Published distances beside those of the network."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import RouteError
from geo_ree.routing.network import build_network
from geo_ree.routing.route_check import CHECKED, MOST_PCT, agrees, check_routes, read_check_table

DATA = Path(__file__).parents[1] / "data" / "routes"
HEAD = "id,mode,from,to,from_lon,from_lat,to_lon,to_lat,published_km,source\n"
GOOD = "X1,rail,Aktogay,Dostyk,,,,,304,km posts\n"


@pytest.fixture(scope="module")
def checked():
    table = read_check_table(DATA / "check_figures.csv")
    return check_routes(table).set_index("id"), table.set_index("id")


def reasons(name):
    return pd.read_csv(DATA / f"check_{name}.csv").set_index("id")["reason"]


def test_four_in_five_published_distances_are_met(checked):
    """Within 5 % or 3 km; the rest within 10 %, or named; figures of another route are excluded."""
    found, table = checked
    excluded, misses = reasons("exclusions"), reasons("misses")
    assert excluded.str.len().min() > 20 and misses.str.len().min() > 20
    kept = found.drop(excluded.index)
    assert agrees(kept).mean() >= 0.8
    given = kept[kept.index.str.startswith(("R", "S", "D"))]
    assert len(given) == 11 and agrees(given).mean() >= 0.8
    far = kept.index[kept["error_pct"].abs() > MOST_PCT]
    assert set(far) == set(misses.index), "no other miss, and none that is none any more"
    assert table["source"].str.len().min() > 5 and found["computed_km"].notna().all()
    assert (found["low_km"] <= found["computed_km"]).all()
    assert (found["computed_km"] <= found["high_km"]).all()


def test_five_further_distances_have_the_address_of_their_source(checked):
    _, table = checked
    more = table[table.index.str.startswith("N")]
    assert len(more) >= 5 and more["source"].str.contains("http").all()
    assert set(more["mode"]) == {"rail", "road"}


def test_ends_are_places_of_the_network_coordinates_in_brackets_or_deposits(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,mode,from,to,published_km,source\n"
        "A,road,granite (42.80833N 75.925E),Kemin (Bystrovka) station,25,a\n"
        "B,road,Upper Kairakty W-Mo deposit,Agadyr,65,b\n"
        "C,road,aktyuz,Kemin,40,c\n"
        "D,rail,Zhezkazgan,Beyneu,988,d\n"
        "E,rail,Zhezkazgan,Nowhere (soon),988,e\n",
        encoding="utf-8",
    )
    found = check_routes(read_check_table(path)).set_index("id")
    assert found.loc[["A", "B"], "error_pct"].abs().max() < 5.0
    assert found["computed_km"].notna().tolist() == [True, True, True, True, False]
    with_place = check_routes(read_check_table(DATA / "check_figures.csv")).set_index("id")
    assert found.loc["D", "computed_km"] == with_place.loc["R06", "computed_km"]  # not the deposit
    assert found.loc["E", "reason"] == "unknown place: Nowhere (soon); give its coordinate"


def test_the_columns_are_those_of_the_contract_in_the_order_of_the_table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        HEAD
        + "B,road,Kabul,Kandahar,,,,,483,a\n"
        + "A,rail,Aktogay,Dostyk,,,,,304,b\n"
        + "C,road,mine,Agadyr,73.21667,48.64861,,,65,c\n",
        encoding="utf-8",
    )
    found = check_routes(read_check_table(path))
    assert tuple(found.columns) == CHECKED and found["id"].tolist() == ["B", "A", "C"]
    assert found["error_pct"].abs().max() < 5


def test_unknown_names_are_listed_and_the_other_rows_computed(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(HEAD + GOOD + "X2,rail,Atlantis,Lemuria,,,,,10,a map\n", encoding="utf-8")
    found = check_routes(read_check_table(path)).set_index("id")
    assert found["computed_km"].notna().tolist() == [True, False]
    assert found.loc["X2", "reason"].startswith("unknown place: Atlantis, Lemuria")
    assert np.isnan(found.loc["X2", "error_pct"])


def test_where_there_is_no_way_the_row_says_so(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        HEAD
        + "X1,rail,island,Dostyk,140.0,0.0,,,304,a\n"
        + "X2,rail,Tokyo,Dostyk,139.77,35.68,,,304,b\n"
        + "X3,rail,Aktogay,Aqtoghay,,,,,304,c\n",
        encoding="utf-8",
    )
    found = check_routes(read_check_table(path))
    assert found["computed_km"].isna().all()
    assert found["reason"].str.startswith(("no way", "the route starts and ends")).all()


def test_a_table_without_rows_has_no_result(tmp_path):
    (tmp_path / "mine.csv").write_text(HEAD, encoding="utf-8")
    network = build_network()
    assert check_routes(read_check_table(tmp_path / "mine.csv"), network).empty


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,mode\nX,rail\n", "has no column from, to, published_km, source"),
        (HEAD + GOOD + GOOD, r"row 3 \(X1\): the id is blank or comes twice"),
        (HEAD + GOOD.replace("rail", "air"), r"row 2 \(X1\): the mode is 'air'; use rail, road"),
        (HEAD + GOOD.replace("304", "far"), r"row 2 \(X1\): published_km is 'far'"),
        (HEAD + GOOD.replace("304", "-3"), "published_km is '-3'; give a positive"),
        (HEAD + GOOD.replace("304", ""), "published_km is ''"),
        (HEAD + GOOD.replace("Dostyk,,,", "Dostyk,82,,"), "only one coordinate of from"),
        (HEAD + GOOD.replace("Aktogay", ""), "from is blank"),
        (HEAD + GOOD.replace("Dostyk,,,", "Dostyk,x,45,"), "from_lon is 'x'; give a number"),
        (HEAD + GOOD.replace("Dostyk,,,", "Dostyk,200,45,"), "from_lon is '200'"),
    ],
)
def test_a_table_that_cannot_be_used_names_file_and_row(tmp_path, text, words):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RouteError, match=words) as caught:
        read_check_table(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RouteError, match=r"none.csv cannot be read"):
        read_check_table(tmp_path / "none.csv")
