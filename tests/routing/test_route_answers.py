"""The answer to "not through ...": one rule a test, from small tables of corridors."""

import pandas as pd
import pytest

from geo_ree.errors import RouteError
from geo_ree.routing.route_answers import answer_question, avoided_countries

NO = "no_chn_rus_irn"
NAMES = {
    "CHN": "China",
    "RUS": "Russia",
    "IRN": "Iran",
    "KAZ": "Kazakhstan",
    "KGZ": "Kyrgyzstan",
    "MNG": "Mongolia",
}
WITHOUT = "Without China, Russia and Iran, "
COUNTRIES = {"k1": "KAZ", "k2": "KAZ", "g1": "KGZ", "m1": "MNG", "m2": "MNG"}


def corridors(*rows):
    """Rows of (deposit, corridor, question, USD per tonne)."""
    return pd.DataFrame(rows, columns=["deposit_id", "corridor", "question", "usd_t_p50"])


def both(deposit, any_usd, avoiding_usd):
    """The rows of a deposit under both questions; None is no route."""
    return [
        (deposit, "none" if usd is None else "middle_north", question, usd)
        for question, usd in (("any", any_usd), (NO, avoiding_usd))
    ]


def say(table, question=NO, countries=COUNTRIES):
    return answer_question(table, countries, question).sentence(NAMES)


def test_countries_that_lose_every_route_are_named_with_their_counts():
    table = corridors(*both("m1", 90.0, None), *both("m2", 80.0, None), *both("k1", 100.0, 130.0))
    assert say(table) == (
        f"{WITHOUT}no route is left for deposits in Mongolia (2 of 2); the others (1) keep one, "
        "and the cheapest grows by 30 %."
    )


def test_a_country_that_loses_some_stands_after_the_one_that_loses_more():
    table = corridors(
        *both("k1", 100.0, 100.0),
        *both("k2", 100.0, None),
        *both("m1", 90.0, None),
        *both("m2", 90.0, None),
    )
    answer = answer_question(table, COUNTRIES, NO)
    assert dict(answer.lost) == {"MNG": (2, 2), "KAZ": (1, 2)}
    assert list(answer.lost) == ["MNG", "KAZ"]
    assert "Mongolia (2 of 2) and Kazakhstan (1 of 2)" in answer.sentence(NAMES)
    assert "costs the same" in answer.sentence(NAMES)


def test_growth_compares_the_cheapest_routes_of_each_deposit():
    table = corridors(
        ("k1", "china_dostyk", "any", 100.0),
        ("k1", "middle_north", "any", 150.0),
        ("k1", "middle_north", NO, 150.0),
        *both("k2", 200.0, 210.0),
    )
    answer = answer_question(table, COUNTRIES, NO)
    assert answer.growth_pct == pytest.approx((5.0, 50.0))
    assert answer.cost_usd_t == (150.0, 210.0)
    assert answer.sentence(NAMES) == (
        f"{WITHOUT}all deposits keep a route (2), and the cheapest grows by 5 to 50 %."
    )


def test_nothing_is_left():
    assert say(corridors(*both("m1", 90.0, None))) == f"{WITHOUT}no deposit has a route."


def test_deposits_without_any_route_are_counted_apart():
    table = corridors(*both("k1", 100.0, 110.0), *both("g1", None, None))
    answer = answer_question(table, COUNTRIES, NO)
    assert (answer.deposits, answer.kept, answer.unplaced, dict(answer.lost)) == (1, 1, 1, {})
    assert answer.sentence(NAMES).endswith(" Without a route in either case: 1.")


def test_any_route_counts_and_gives_the_range_of_costs():
    table = corridors(*both("k1", 1234.0, None), *both("k2", 80.4, 81.0), *both("g1", None, None))
    assert (
        say(table, "any")
        == "2 of 3 deposits have a route; the cheapest costs 80 to 1,234 USD per t of product."
    )


def test_a_question_alone_is_compared_with_nothing():
    table = corridors(("k1", "middle_north", NO, 80.0), ("m1", "none", NO, None))
    assert (
        say(table)
        == f"{WITHOUT}1 of 2 deposits have a route; the cheapest costs 80 USD per t of product."
    )


def test_unknown_costs_are_not_compared():
    assert say(corridors(*both("k1", float("nan"), float("nan")))) == (
        f"{WITHOUT}all deposits keep a route (1)."
    )


def test_no_route_at_all():
    assert say(corridors(*both("k1", None, None))) == "No deposit has a route."


def test_deposits_that_are_not_counted_are_ignored():
    table = corridors(*both("k1", 100.0, 110.0), *both("host", 10.0, 900.0))
    assert "grows by 10 %" in say(table)


def test_a_country_without_a_name_is_given_by_its_code():
    table = corridors(*both("k1", 100.0, 100.0))
    assert answer_question(table, COUNTRIES, NO).sentence().startswith("Without CHN, RUS and IRN, ")


def test_a_question_that_the_table_lacks_is_an_error():
    with pytest.raises(RouteError, match="do not answer 'no_chn'") as error:
        answer_question(corridors(*both("k1", 1.0, 1.0)), COUNTRIES, "no_chn")
    assert "any, no_chn_rus_irn" in error.value.hint


@pytest.mark.parametrize("question", ["", "no_", "avoid_chn", "no_china", "no_ch1"])
def test_a_question_that_is_none_is_an_error(question):
    with pytest.raises(RouteError, match="no question about routes"):
        avoided_countries(question)
