"""The headline and the cards: each rule, and what is left out where nothing is known."""

import pandas as pd
import pytest

from geo_ree.maps.finding_cards import cards, read_partner_countries
from geo_ree.maps.headline import REGISTERED, headline, words
from geo_ree.routing.route_answers import DEFAULT_QUESTION

NAMES = ("code", "register", "press", "blank")


def table(ids=NAMES, **columns):
    frame = pd.DataFrame({"id": list(ids), "role": "candidate"})
    frame = frame.assign(
        name=[i.title() for i in frame["id"]],
        country="KAZ",
        score=[60.0, 50.0, 70.0, 40.0][: len(frame)],
        rank_in_role=pd.array([2, 3, 1, 4][: len(frame)], dtype="Int64"),
        latitude=45.0,
        stage="occurrence",
    )
    return frame.assign(**columns)


def resources(*rows, **columns):
    names = ["deposit_id", "substance", "quantity_t", "system_kind"]
    return pd.DataFrame(rows, columns=names).assign(**{"category": "Indicated", **columns})


STATED = resources(
    ("code", "oxide", 1000.0, "reporting_code"),
    ("code", "oxide", 9000.0, "paper"),
    ("register", "oxide", 5000.0, "state"),
    ("register", "ore", 1e8, "state"),
    ("press", "oxide", 1e7, "press"),
    ("nobody", "oxide", 1e9, "state"),
)


def control(*rows):
    columns = ["deposit_id", "holder_status", "owner_country", "partner_country"]
    return pd.DataFrame(rows, columns=columns)


def corridors(**ports):
    rows = [
        (i, q, "middle" if port else "none", port)
        for i, port in ports.items()
        for q in ("any", DEFAULT_QUESTION)
    ]
    return pd.DataFrame(rows, columns=["deposit_id", "question", "corridor", "port"])


def sentence(tables, stem):
    found = [one for one in headline(tables) if one[0].startswith(stem)]
    assert len(found) <= 1
    return found[0] if found else None


def card(tables, question):
    found = [one for one in cards(tables) if one["question"] == question]
    assert len(found) <= 1
    return found[0] if found else None


# The sentences


def test_resources_count_codes_then_registers_and_name_a_few():
    key, values = sentence({"scores": table(), "resources": STATED}, "headline_resources")
    assert key == "headline_resources_named"
    assert values == {"all": 4, "code": 1, "register": 1, "deposits": ["code"]}


def test_no_resource_by_a_code_is_said():
    stated = STATED[STATED["system_kind"] != "reporting_code"]
    key, values = sentence({"scores": table(), "resources": stated}, "headline_resources")
    assert (key, values["code"], values["register"]) == ("headline_resources_none", 0, 1)


def test_many_resources_are_counted_not_named():
    stated = resources(*((i, "ore", 1.0, "reporting_code") for i in NAMES))
    key, values = sentence({"scores": table(), "resources": stated}, "headline_resources")
    assert (key, values["code"]) == ("headline_resources", 4)
    assert "deposits" not in values


def test_a_resource_by_a_code_whose_category_was_not_seen_is_said_to_have_none():
    blank = STATED.assign(category=STATED["category"].where(STATED["deposit_id"] != "code"))
    key, values = sentence({"scores": table(), "resources": blank}, "headline_resources")
    assert key == "headline_resources_named_but"
    assert values["deposits"] == values["uncategorised"] == ["code"]
    many = resources(*((i, "ore", 1.0, "reporting_code") for i in NAMES))
    many["category"] = ["unknown", "Inferred", None, "Inferred"]
    key, values = sentence({"scores": table(), "resources": many}, "headline_resources")
    assert (key, values["code"], values["blank"]) == ("headline_resources_but", 4, 2)


def test_a_code_without_a_quantity_is_no_resource():
    stated = resources(("code", "oxide", None, "reporting_code"))
    key, _ = sentence({"scores": table(), "resources": stated}, "headline_resources")
    assert key == "headline_resources_none"


def test_without_a_table_of_resources_the_ranks_are_counted():
    tables = {"scores": table(), "unranked": table(["far"], rank_in_role=pd.NA, score=None)}
    assert headline(tables)[0] == ("headline_ranked", {"ranked": 4, "all": 5})
    assert cards(tables) == []


def test_hosts_and_other_roles_are_not_counted():
    mixed = table(role=["candidate", "by_product_host", "context", "candidate"])
    assert headline({"scores": mixed})[0][1] == {"ranked": 2, "all": 2}


def test_holders_count_the_best_row_of_each_candidate():
    rows = control(
        ("code", "found", "USA", None),
        ("code", "partly", None, None),
        ("press", "partly", None, None),
        ("blank", "not found", None, None),
        ("nobody", "found", "USA", None),
    )
    _, values = sentence({"scores": table(), "control": rows}, "headline_holders")
    assert values == {"all": 4, "found": 1, "partly": 1, "rest": 2}


def test_without_a_table_of_holders_nothing_is_said_of_them():
    tables = {"scores": table(), "resources": STATED}
    assert sentence(tables, "headline_holders") is None
    assert card(tables, "card_partner") is None


def test_routes_name_the_countries_in_which_no_candidate_has_one():
    scores = table(country=["KAZ", "MNG", "MNG", "KAZ"])
    routes = corridors(code="Poti", register=None, press=None, blank=None)
    key, values = sentence({"scores": scores, "corridors": routes}, "headline_routes")
    assert key == "headline_routes_but"
    assert values == {
        "with": 1,
        "placed": 4,
        "without": ["CHN", "RUS", "IRN"],
        "countries": ["MNG"],
    }


def test_routes_from_every_country_are_only_counted():
    routes = corridors(code="Poti", register=None)
    key, values = sentence({"scores": table(), "corridors": routes}, "headline_routes")
    assert (key, values["with"], values["placed"]) == ("headline_routes", 1, 2)


@pytest.mark.parametrize("routes", [pd.DataFrame(), corridors(nobody="Poti")])
def test_without_routes_nothing_is_said_of_them(routes):
    assert sentence({"scores": table(), "corridors": routes}, "headline_routes") is None


@pytest.mark.parametrize(
    ("alike", "key", "count"),
    [
        ("code;blank", "headline_leader", 2),
        ("", "headline_leader_apart", None),
        (None, "headline_leads", None),
    ],
)
def test_the_leader_and_who_cannot_be_told_apart_from_it(alike, key, count):
    scores = table(not_separable_from=[None, None, alike, None])
    found, values = sentence({"scores": scores}, "headline_lead")
    assert (found, values["leader"], values.get("count")) == (key, "press", count)


def test_those_without_a_coordinate_are_counted_beside_the_leader():
    """Of three without a place one cannot have rank 1 anywhere, of one the ranks are unknown."""
    scores = table(not_separable_from=[None, None, "code", None])
    blank = {"score": None, "rank_in_role": pd.NA, "latitude": None}
    lost = table(("here", "there", "where"), **blank, rank_best=[1, 2, None])
    found, values = sentence({"scores": scores, "unranked": lost}, "headline_lead")
    assert found == "headline_leader_open"
    assert values == {"leader": "press", "others": 3, "count": 1, "unplaced": 3, "above": 2}
    found, values = sentence(
        {"scores": scores, "unranked": lost.assign(rank_best=1)}, "headline_lead"
    )
    assert (found, values["unplaced"]) == ("headline_leader_any", 3)
    alone = scores.assign(not_separable_from=[None, None, "", None])
    found, values = sentence({"scores": alone, "unranked": lost}, "headline_lead")
    assert (found, values["above"]) == ("headline_leader_apart_open", 2)
    (said,) = words([(found, values)], {"press": "Press"})
    assert "all 3 others with a coordinate; 3 more have none, and 2 of these may stand" in said


def test_the_largest_by_registers_alone_is_named_where_it_is_another():
    """A register says less of the largest than of another: by registers alone the order turns."""
    stated = resources(
        ("code", "oxide", 9000.0, "reporting_code"),
        ("code", "oxide", 2000.0, "state"),
        ("register", "oxide", 5000.0, "state"),
    )
    values = card({"scores": table(), "resources": stated}, "card_largest")["values"]
    assert (values["registered"], values["registered_t"]) == ("register", 5000.0)
    stated.loc[1, "quantity_t"] = 6000.0
    assert (
        "registered" not in card({"scores": table(), "resources": stated}, "card_largest")["values"]
    )


def test_nothing_known_gives_one_sentence_and_no_card():
    assert headline({}) == [("headline_ranked", {"ranked": 0, "all": 0})]
    assert cards({}) == []


def test_own_sites_alone_are_what_is_said():
    tables = {"scores": table(origin="own"), "corridors": corridors(code="Poti")}
    values = {"all": 4, "ranked": 4, "leader": "press", "rank": 1, "among": 4}
    assert headline(tables) == [("headline_own", values)]
    (only,) = cards(tables)
    assert (only["question"], only["deposit"]) == ("card_own", "press")


def test_own_sites_are_counted_apart_from_the_candidates():
    tables = {"scores": table(origin=["own", None, None, None]), "resources": STATED}
    assert headline(tables)[0] == (
        "headline_own",
        {"all": 1, "ranked": 1, "leader": "code", "rank": 2, "among": 4},
    )
    assert headline(tables)[1][1] == {"all": 3, "code": 0, "register": 1}
    assert card(tables, "card_access")["deposit"] == "register"


def test_own_sites_without_a_score_are_said_to_have_none():
    tables = {"scores": table(origin="own", score=None, rank_in_role=pd.NA)}
    assert headline(tables) == [("headline_own_unranked", {"all": 4})]
    assert cards(tables)[0]["note"] == "card_own_none"


def test_a_leader_without_a_resource_is_told_from_the_best_that_has_one():
    """The highest score is that of press, whose quantity is of no code or register."""
    found = sentence({"scores": table(), "resources": STATED}, "headline_leader_stated")
    assert found == ("headline_leader_stated", {"leader": "code"})
    own = resources(("press", "oxide", 1.0, "state"))
    assert sentence({"scores": table(), "resources": own}, "headline_leader_stated") is None


# The cards


def test_the_best_access_is_that_of_a_deposit_with_a_resource():
    found = card({"scores": table(), "resources": STATED}, "card_access")
    assert found == {"question": "card_access", "deposit": "code", "note": None, "values": {}}


def test_the_largest_has_the_most_oxide_by_a_code_or_register():
    tables = {"scores": table(), "resources": STATED}
    assert card(tables, "card_largest")["deposit"] == "register"
    placeless = {"unranked": table(["register"], latitude=None, score=None, rank_in_role=pd.NA)}
    tables = {"scores": table(["code"]), "resources": STATED, **placeless}
    assert card(tables, "card_largest")["note"] == "card_no_coordinate"


def test_a_question_that_no_deposit_answers_says_so():
    tables = {"scores": table(), "resources": STATED[:0], "control": control()}
    assert {one["question"]: one["note"] for one in cards(tables)} == {
        "card_access": "card_access_none",
        "card_largest": "card_largest_none",
        "card_partner": "card_partner_none",
    }
    assert {one["deposit"] for one in cards(tables)} == {None}


def test_an_owner_comes_before_a_partner_and_found_before_partly():
    rows = control(
        ("press", "found", "KAZ", "GBR"),
        ("code", "partly", "CHN;CAN", None),
        ("register", "found", "KAZ;USA", "USA"),
        ("blank", "found", "CHN", "RUS"),
    )
    found = card({"scores": table(), "control": rows}, "card_partner")
    assert found["deposit"] == "register"
    values = found["values"]
    assert (values["countries"], values["tie"], values["open"]) == (["USA"], "owner", "")
    assert values["others"] == [
        {"id": "code", "countries": ["CAN"], "tie": "owner", "open": "part"},
        {"id": "press", "countries": ["GBR"], "tie": "partner", "open": ""},
    ]
    assert found["note"] is None


def test_of_equal_partners_the_stage_then_the_score_decides():
    rows = control(*((i, "found", "USA", None) for i in NAMES))
    staged = table(stage=["occurrence", "drilled", "drilled", None])
    found = card({"scores": staged, "control": rows}, "card_partner")
    assert found["deposit"] == "press"
    assert [one["id"] for one in found["values"]["others"]] == ["register", "code", "blank"]


@pytest.mark.parametrize(
    ("partner", "note", "tie", "perhaps"),
    [
        ("A plc: option on 80 %", None, "option", ""),
        (
            "A plc: farm-in to earn 90 %",
            "whether the farm-in is alive is not known",
            "farm_in",
            "over",
        ),
        ("agreements on concentrate", None, "buyer", ""),
        ("A plc", "paid in full", "partner", ""),
    ],
)
def test_what_ties_a_company_to_a_deposit_is_said_by_the_words_of_its_source(
    partner, note, tie, perhaps
):
    rows = control(("code", "found", None, "GBR")).assign(partner=partner, note=note)
    values = card({"scores": table(), "control": rows}, "card_partner")["values"]
    assert (values["tie"], values["open"]) == (tie, perhaps)


def test_every_partner_country_has_a_reason_a_date_and_a_source():
    countries = read_partner_countries()
    assert countries.notna().all(axis=None)
    assert countries["country"].str.fullmatch("[A-Z]{3}").all()
    assert countries["country"].is_unique
    assert countries["source"].str.startswith("https://").all()
    assert not set(countries["country"]) & {"CHN", "RUS", "IRN"}


# The words


@pytest.mark.parametrize("language", ["en", "ru"])
def test_words_fill_every_place(language):
    scores = table(country=["KAZ", "MNG", "KAZ", "KAZ"], not_separable_from="a;b")
    tables = {
        "scores": scores,
        "resources": STATED,
        "control": control(("code", "found", "USA", None)),
        "corridors": corridors(code="Poti", register=None),
    }
    lines = words(headline(tables), {"code": "Code Hill", "MNG": "Mongolia"}, language=language)
    assert len(lines) == 5  # the leader has no resource: the best of those that have one follows
    assert not any("{" in line for line in lines)
    assert "Code Hill" in lines[0]
    assert "Mongolia" in lines[2]


def test_the_starter_run_has_a_headline_and_three_cards(starter_run):
    tables = dict(starter_run.result.tables)
    assert 2 <= len(headline(tables)) <= 4
    found = {one["question"]: one for one in cards(tables)}
    assert list(found) == ["card_access", "card_largest", "card_partner"]
    everybody = pd.concat([tables["scores"], tables["unranked"]]).set_index("id")
    assert {everybody.loc[one["deposit"], "role"] for one in found.values()} == {"candidate"}
    leading = tables["resources"][tables["resources"]["shown"]].set_index("deposit_id")
    leading = leading[leading["system_kind"].isin(REGISTERED)]
    leading = leading[leading.index.map(everybody["role"]) == "candidate"]
    assert found["card_largest"]["deposit"] == leading["oxide_t"].idxmax()
    placed = tables["scores"].set_index("id")["stated_oxide_t"].dropna()
    both = placed.index.intersection(leading.index)
    assert len(both) and placed[both].tolist() == leading.loc[both, "oxide_t"].tolist()


@pytest.mark.parametrize(
    ("grade", "largest", "beside"),
    [
        (
            0.01,
            "code",
            {
                "published": "register",
                "published_t": 5000.0,
                "registered": "register",
                "registered_t": 5000.0,
            },
        ),
        (1e-5, "register", {"coded": "code", "coded_t": 10.0, "by_grade": True}),
    ],
)
def test_the_largest_stands_beside_what_is_published_and_by_a_code(grade, largest, beside):
    stated = STATED.drop(index=0).assign(grade_text=None)
    ore = resources(("code", "ore", 1e8, "reporting_code"), grade_text=f"{grade:f} % REO")
    tables = {"scores": table(), "resources": pd.concat([stated, ore], ignore_index=True)}
    found = card(tables, "card_largest")
    assert (found["deposit"], found["values"]) == (largest, pytest.approx(beside))


def test_an_ore_without_a_grade_of_oxides_is_no_quantity_of_oxides():
    ore = resources(("code", "ore", 1e8, "reporting_code"), grade_text="0.9 %")
    tables = {"scores": table(), "resources": ore}
    assert card(tables, "card_largest")["note"] == "card_largest_none"
    assert card(tables, "card_access")["deposit"] == "code"
